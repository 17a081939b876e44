import re
from dataclasses import dataclass

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from . import client_names

OFFICER_GROUP = "crm_lead_lifecycle.group_person_officer"


@dataclass(frozen=True)
class Match:
    """A lead or a contact that may be the person's: why, whether that is likely, and why it can't be erased."""

    record: models.BaseModel
    reason: str
    is_likely: bool = True
    problem: str = ""


class CrmPerson(models.AbstractModel):
    """Whoever asks what is known of them, or to be erased: found over leads and contacts, as far as the user may see
    them."""

    _inherit = "crm.person"

    @api.model
    def _check_officer(self):
        """
        :raise AccessError: for who may neither export nor erase persons
        """
        if not self.env.user.has_group(OFFICER_GROUP):
            raise AccessError(
                self.env._("You may neither export nor erase a person's data. Ask an administrator for that right.")
            )

    @api.model
    def _find(self, lead, partner):
        """Leads and contacts of the same person as a lead or a contact: the client and its contacts, and whatever has
        the same phone or e-mail.

        :param lead: crm.lead, at most one
        :param partner: res.partner, at most one
        :return: list of :class:`Match`, and how many leads and contacts the user may not see
        """
        self._check_officer()
        lead.check_access("read")
        partner.check_access("read")
        lead, partner = (record.sudo().with_context(active_test=False) for record in (lead, partner))
        given = partner | lead.partner_id
        persons = given.filtered(lambda contact: not contact.is_company or contact == partner)
        family = persons | persons.search([("id", "child_of", persons.ids)])
        known = family if not partner.is_company else partner
        phones, emails = self._get_contact_data(lead, known)
        names = {*client_names.name_tokens(lead.contact_name or "")}
        for contact in known:
            names.update(client_names.name_tokens(contact.name or ""))

        contacts = family | family.search(self._get_partner_domain(phones, emails)) | lead.partner_id
        matches = [self._match_partner(contact, partner, given, family, emails, names) for contact in contacts]
        clients = persons.union(*(match.record for match in matches if match.is_likely))
        leads = lead | lead.search(
            (self._get_lead_domain(phones, emails) | Domain("partner_id", "in", clients.ids))
            & Domain("date_anonymised", "=", False)
        )
        matches += [self._match_lead(found, lead, clients, emails, names) for found in leads]
        # many leads at once: they are asked for together
        seen = {
            *contacts.with_env(self.env)._filtered_access("write"),
            *leads.with_env(self.env)._filtered_access("write"),
        }
        found = [match for match in map(self._as_user, matches) if match.record in seen]
        return found, len(matches) - len(found)

    @api.model
    def _as_user(self, match):
        return Match(match.record.with_env(self.env), match.reason, match.is_likely, match.problem)

    @api.model
    def _get_contact_data(self, leads, partners):
        """
        :return: numbers in E.164 and normalised addresses of leads and contacts, as two sets
        """
        phones = {
            *leads.mapped("phone_sanitized"),
            *partners.mapped("phone_sanitized"),
            *partners.client_phone_ids.mapped("phone_sanitized"),
        }
        emails = {*leads.mapped("email_normalized"), *partners.mapped("email_normalized")}
        return phones - {False}, emails - {False}

    @api.model
    def _get_lead_domain(self, phones, emails):
        return Domain("phone_sanitized", "in", list(phones)) | Domain("email_normalized", "in", list(emails))

    @api.model
    def _get_partner_domain(self, phones, emails):
        of_lines = self.env["crm.client.phone"].sudo()._search([("phone_sanitized", "in", list(phones))])
        return self._get_lead_domain(phones, emails) | Domain("client_phone_ids", "in", of_lines)

    @api.model
    def _match_partner(self, contact, partner, given, family, emails, names):
        same_email = contact.email_normalized and contact.email_normalized in emails
        same_name = not names.isdisjoint(client_names.name_tokens(contact.name or ""))
        if contact in given:
            reason, is_likely = self.env._("The client"), not contact.is_company or contact == partner
        elif contact in family:
            reason = self.env._("Belongs to the client")
            is_likely = not contact.parent_id.is_company or contact.type != "contact"
        elif same_email:
            reason, is_likely = self.env._("Same e-mail"), not contact.is_company
        elif same_name:
            reason, is_likely = self.env._("Same phone, a like name"), not contact.is_company
        else:
            reason, is_likely = self.env._("Same phone, another name"), False
        problem = self._get_partner_problem(contact)
        return Match(contact, reason, is_likely and not problem, problem)

    @api.model
    def _get_partner_problem(self, contact):
        """Why a contact can't be erased, in words; empty if it can."""
        if contact.user_ids.filtered(lambda user: not user.share):
            return self.env._("A colleague with a login. An administrator has to see to that.")
        if self.env["res.company"].sudo().search_count([("partner_id", "=", contact.id)], limit=1):
            return self.env._("One of your own companies.")
        return ""

    @api.model
    def _match_lead(self, found, given, clients, emails, names):
        words = client_names.name_tokens(found.contact_name or "")
        if found == given:
            return Match(found, self.env._("The lead"))
        if found.partner_id and found.partner_id in clients:
            return Match(found, self.env._("Lead of the client"))
        if found.email_normalized and found.email_normalized in emails:
            return Match(found, self.env._("Same e-mail"))
        if not words or not names.isdisjoint(words):
            return Match(found, self.env._("Same phone"))
        return Match(found, self.env._("Same phone, another name"), is_likely=False)

    # ------------------------------------------------------------
    # WHAT IS KNOWN
    # ------------------------------------------------------------

    @api.model
    def _get_records(self, leads, partners):
        """All that belongs to leads and contacts of a person.

        :return: ``{name: records}`` as superuser
        """
        leads, partners = (records.sudo().with_context(active_test=False) for records in (leads, partners))

        def search(model, domain, order=None):
            return self.env[model].sudo().with_context(active_test=False).search(domain, order=order)

        events = search("calendar.event", Domain("opportunity_id", "in", leads.ids))
        own = Domain("company_id", "in", self.env.companies.ids)
        orders = search("sale.order", self._get_order_domain(partners) & own, order="id")
        quotations = orders.filtered(lambda order: order.state != "sale")
        threads = (
            ("crm.lead", leads),
            ("res.partner", partners),
            ("calendar.event", events),
            ("sale.order", quotations),
        )
        of_threads = Domain.OR(
            Domain("model", "=", model) & Domain("res_id", "in", records.ids) for model, records in threads
        )
        messages = search("mail.message", of_threads, order="id")
        of_documents = Domain.OR(
            Domain("res_model", "=", model) & Domain("res_id", "in", records.ids) for model, records in threads
        )
        kept = Domain("model", "=", "sale.order") & Domain("res_id", "in", (orders - quotations).ids)
        return {
            "partners": partners,
            "leads": leads,
            "messages": messages,
            "kept_messages": search("mail.message", kept, order="id"),
            "activities": search("mail.activity", of_documents),
            "files": messages.attachment_ids | search("ir.attachment", of_documents),
            "calls": search("crm.call", [("lead_id", "in", leads.ids)], order="date_start"),
            "meetings": events | search("calendar.event", [("partner_ids", "in", partners.ids)]),
            "consents": search(
                "crm.consent", Domain("lead_id", "in", leads.ids) | Domain("partner_id", "in", partners.ids)
            ),
            "requests": self._search_requests(leads, partners),
            "quotations": quotations,
            "orders": orders - quotations,
            "invoices": self._search_invoices(partners, own),
        }

    @api.model
    def _get_order_domain(self, partners):
        return Domain.OR(
            Domain(name, "in", partners.ids) for name in ("partner_id", "partner_invoice_id", "partner_shipping_id")
        )

    @api.model
    def _search_requests(self, leads, partners):
        """Requests that became one of the leads, or in which the person's e-mail or phone stands and that became no
        lead of somebody else."""
        requests = self.env["crm.intake.request"].sudo()
        phones, emails = self._get_contact_data(leads, partners)
        phones |= {*leads.mapped("phone"), *partners.mapped("phone")}
        phones = {phone for phone in phones if client_names.last_digits(phone)}  # others write few digits, too
        of_leads = Domain("lead_id", "in", leads.ids) | Domain("original_id.lead_id", "in", leads.ids)
        kept = Domain("is_erased", "=", False)
        found = requests.search(kept & of_leads)
        if phones or emails:
            # an address goes on behind a dot or a hyphen
            texts = [*map(re.escape, phones), *(rf"{re.escape(email)}(?![.-]\w)" for email in emails)]
            whole = re.compile(rf"(?<![\w.+-])({'|'.join(texts)})(?!\w)", re.IGNORECASE)
            mentions = Domain.OR(Domain("payload", "ilike", text) for text in sorted(phones | emails))
            of_nobody = Domain("lead_id", "=", False) & ~Domain("original_id.lead_id", "!=", False)
            own = Domain("channel_id.company_id", "in", self.env.companies.ids)
            mentioning = requests.search(kept & own & of_nobody & mentions)
            found |= mentioning.filtered(lambda intake: whole.search(intake.payload))
        return found.sorted("id")

    @api.model
    def _search_invoices(self, partners, own):
        """
        :param own: domain of the companies
        """
        if "account.move" not in self.env:
            return self.env["res.partner"].browse()
        moves = self.env["account.move"].sudo()
        of_partners = Domain("partner_id", "in", partners.ids) | Domain("partner_shipping_id", "in", partners.ids)
        return moves.search(of_partners & own)
