from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize_all, split_every

from .crm_lead_personal import NOTHING

BATCH = 500
# what tells of a quotation whose it was
QUOTATION_FIELDS = (
    "note", "client_order_ref", "reference", "signed_by", "signature", "access_token", "customizable_pdf_form_fields",
)  # fmt: skip


class CrmPerson(models.AbstractModel):
    """Erasing a person: what goes, what has to stay and why."""

    _inherit = "crm.person"

    # ------------------------------------------------------------
    # BEFORE
    # ------------------------------------------------------------

    @api.model
    def _tell_erasure(self, leads, partners):
        """What erasing leads and contacts would do.

        :return: two lists of sentences: what goes, and what stays and why
        """
        shared = self._get_shared(leads, partners)
        records = self._get_records(leads, partners - shared)
        open_leads = self._filter_open(leads)
        lawful = self._get_lawful(records)
        others = leads.sudo().partner_id - partners.sudo()
        counts = {name: len(found) for name, found in records.items()}
        contacts = len(partners - shared - lawful)
        goes = [
            (counts["leads"], self.env._("Leads, anonymised: %(count)s", count=counts["leads"])),
            (
                len(open_leads),
                self.env._("of them still at work, closed as lost: %(count)s", count=len(open_leads)),
            ),
            (contacts, self.env._("Contacts: %(count)s", count=contacts)),
            (counts["messages"], self.env._("Messages and notes: %(count)s", count=counts["messages"])),
            (counts["activities"], self.env._("Activities: %(count)s", count=counts["activities"])),
            (counts["files"], self.env._("Files: %(count)s", count=counts["files"])),
            (counts["calls"], self.env._("Notes and answers of calls: %(count)s", count=counts["calls"])),
            (
                counts["meetings"],
                self.env._("Meetings and appointments, the name of the person: %(count)s", count=counts["meetings"]),
            ),
            (counts["requests"], self.env._("Requests from outside: %(count)s", count=counts["requests"])),
            (counts["consents"], self.env._("Consents: %(count)s", count=counts["consents"])),
            (
                counts["quotations"],
                self.env._("Quotations, cancelled and without the person: %(count)s", count=counts["quotations"]),
            ),
        ]
        stays = [
            counts["orders"]
            and self.env._(
                "Confirmed orders and contracts with their messages, which the law asks to keep: %(count)s",
                count=counts["orders"],
            ),
            counts["invoices"]
            and self.env._(
                "Invoices and bills with their messages, which the law asks to keep: %(count)s",
                count=counts["invoices"],
            ),
            lawful
            and self.env._(
                "Name, address and bank accounts of contacts that these are made out to, in the archive: %(count)s",
                count=len(lawful),
            ),
            others
            and self.env._(
                "Clients of these leads that you have not chosen, but for what a link filled in there: %(count)s",
                count=len(others),
            ),
            shared
            and self.env._(
                "Contacts that leads or orders belong to which you have not chosen or may not see: %(count)s",
                count=len(shared),
            ),
            self._count_blocked(leads, partners)
            and self.env._("Phones and e-mails on Odoo's lists of those who want no calls and mails."),
            self.env._(
                "Numbers, dates, stages and sources of the leads, by which nobody is known: reports count them."
            ),
            self.env._(
                "A hash of phones and e-mails, from which nobody can read them: it keeps the person from being called."
            ),
        ]
        return [line for count, line in goes if count], [line for line in stays if line]

    @api.model
    def _count_blocked(self, leads, partners):
        """How many phones and e-mails are on Odoo's own lists, which hold them in plain."""
        phones, emails = self._get_contact_data(leads.sudo(), partners.sudo())
        return self.env["phone.blacklist"].sudo().search_count([("number", "in", list(phones))]) + self.env[
            "mail.blacklist"
        ].sudo().search_count([("email", "in", list(emails))])

    @api.model
    def _filter_open(self, leads):
        return leads.filtered(lambda lead: lead.active and lead.won_status == "pending")

    @api.model
    def _get_shared(self, leads, partners):
        """Contacts that stay as they are: other leads belong to them, or documents of companies that the user does not
        work in.

        :return: res.partner as superuser
        """
        others = self.env["crm.lead"].sudo().with_context(active_test=False)
        others = others.search([("partner_id", "in", partners.ids), ("id", "not in", leads.ids)])
        elsewhere = Domain("company_id", "not in", self.env.companies.ids)
        orders = self.env["sale.order"].sudo().search(self._get_order_domain(partners) & elsewhere)
        return partners.sudo() & (
            others.partner_id | self._get_named(orders, self._search_invoices(partners, elsewhere))
        )

    @api.model
    def _get_lawful(self, records):
        """Contacts that orders and invoices are made out to.

        :param dict records: of the person, as :meth:`_get_records` gives them
        :return: res.partner as superuser
        """
        return records["partners"] & self._get_named(records["orders"], records["invoices"])

    @api.model
    def _get_named(self, orders, invoices):
        named = orders.partner_id | orders.partner_invoice_id | orders.partner_shipping_id
        if invoices._name == "account.move":
            named |= invoices.partner_id | invoices.partner_shipping_id
        return named

    # ------------------------------------------------------------
    # ERASING
    # ------------------------------------------------------------

    @api.model
    def _erase(self, leads, partners):
        """Erase a person, in one transaction.

        :param leads: crm.lead, which the user may write to
        :param partners: res.partner, likewise
        :return: sentences on what was done
        :raise UserError: in words, for colleagues and companies, and when nothing is left to erase
        """
        self._check_officer()
        leads, partners = leads.exists(), partners.exists()
        leads.check_access("write")
        partners.check_access("write")
        for partner in partners.sudo():
            if problem := self._get_partner_problem(partner):
                raise UserError(
                    self.env._("%(contact)s can't be erased. %(problem)s", contact=partner.name, problem=problem)
                )
        leads._lock_for_client()  # of two at once the second finds it done
        leads = leads.filtered(lambda lead: not lead.date_anonymised)
        if not leads and not partners:
            raise UserError(self.env._("There is nothing left to erase. Somebody else may have done it."))
        leads, partners = (records.sudo().with_context(active_test=False) for records in (leads, partners))
        shared = self._get_shared(leads, partners)
        persons = partners - shared.filtered("is_company")
        partners -= shared
        records = self._get_records(leads, partners)
        message_ids = records["messages"].ids
        lawful = self._get_lawful(records)
        self._take_back_filled_in(leads.filtered(lambda lead: lead.partner_id - partners))
        phones, emails = self._get_contact_data(leads, partners)
        suppressed = self._get_suppressed(leads, persons)
        self._forget_origins(leads.order_ids | records["quotations"] | records["orders"])
        self._end_work(leads, records)
        self._end_logins(partners)
        self._erase_letters(partners, phones, emails)
        records["requests"]._erase()
        for batch in split_every(BATCH, leads.ids, leads.browse):
            batch._anonymise()
        self._erase_quotations(records["quotations"])
        self._erase_meetings_of(partners, records["meetings"].exists())
        self._erase_mentions(partners - lawful)
        self._erase_histories(partners)
        self._erase_payments(partners, lawful)
        self._erase_partners(partners, lawful)
        self._erase_blocks(phones, emails)
        self._erase_pending(message_ids)
        companies = self.env.companies | leads.company_id | leads.number_company_id
        self.env["crm.suppression"]._suppress(companies, *suppressed)
        return [
            self.env._(
                "Erased. Leads: %(leads)s, contacts: %(contacts)s.",
                leads=len(leads),
                contacts=len(partners - lawful),
            ),
            *([self.env._("Kept in the archive, by law: %(count)s contacts.", count=len(lawful))] if lawful else []),
        ]

    @api.model
    def _end_work(self, leads, records):
        """Nobody works for the person any more: leads are lost, proposals and appointments are cancelled."""
        reason = self.env.ref("crm_lead_lifecycle.crm_lost_reason_erased", raise_if_not_found=False)
        live = records["quotations"].filtered(lambda order: order.state in ("draft", "sent"))
        live.with_context(disable_cancel_warning=True)._action_cancel()
        records["meetings"].filtered(
            lambda event: event.active and event.opportunity_id in leads and event._is_upcoming()
        ).write({"active": False})
        self._filter_open(leads)._quietly().action_set_lost(**({"lost_reason_id": reason.id} if reason else {}))
        self.env.flush_all()
        for tracked in (records["quotations"], records["meetings"], records["partners"]):
            tracked._track_finalize()  # now: at the end of the transaction the old values would come back

    @api.model
    def _get_suppressed(self, leads, partners):
        """By what the person is kept from being approached. What a client or a company that stays has is theirs, even
        where it stands on the person's leads: Odoo copies it there.

        :param partners: contacts of the person, whether they go or others need them
        :return: numbers and addresses, as two sets
        """
        clients = leads.partner_id | partners
        others = (clients | clients.commercial_partner_id) - partners
        own = [
            *(lead._get_own_suppression_contact() for lead in leads),
            *(partner._get_suppression_contact() for partner in partners),
        ]
        kept = [partner._get_suppression_contact() for partner in others]
        return tuple(
            {value for contact in own for value in contact[place]}.difference(*(contact[place] for contact in kept))
            for place in (1, 2)
        )

    @api.model
    def _forget_origins(self, orders):
        """Odoo gives an order the name of its lead as its source, in the words of who asked."""
        for order in orders.filtered(lambda order: order.opportunity_id and order.origin == order.opportunity_id.name):
            order.with_context(tracking_disable=True).origin = order.opportunity_id.number

    @api.model
    def _erase_letters(self, partners, phones, emails):
        """What waits to be sent to the person, or was and is still there."""
        to_person = Domain.OR(
            [Domain("recipient_ids", "in", partners.ids), *(Domain("email_to", "ilike", email) for email in emails)]
        )
        found = self.env["mail.mail"].sudo().search(to_person)
        mails = found.filtered(
            lambda mail: mail.recipient_ids & partners or not emails.isdisjoint(email_normalize_all(mail.email_to))
        )
        own = ("mail.compose.message", "mail.message", False)
        mails.attachment_ids.filtered(lambda file: file.res_model in own).unlink()
        mails.unlink()
        if "sms.sms" in self.env:
            of_person = Domain("number", "in", list(phones)) | Domain("partner_id", "in", partners.ids)
            self.env["sms.sms"].sudo().search(of_person).unlink()

    @api.model
    def _erase_quotations(self, orders):
        orders = orders.with_context(tracking_disable=True)
        orders.write({name: False for name in QUOTATION_FIELDS if name in orders._fields})
        for line in orders.order_line:  # what was agreed stands below the product, and in lines of its own
            line.name = line.product_id.display_name or NOTHING
        self._erase_threads("sale.order", orders.ids)

    @api.model
    def _erase_blocks(self, phones, emails):
        """Why a phone or e-mail is on Odoo's lists, where it stays."""
        for model, name, values in (("phone.blacklist", "number", phones), ("mail.blacklist", "email", emails)):
            blocked = self.env[model].sudo().with_context(active_test=False).search([(name, "in", list(values))])
            self._erase_threads(model, blocked.ids)

    @api.model
    def _erase_meetings_of(self, partners, events):
        """Meetings that the person took part in without a lead: without anybody else of outside they are the person's
        own, else the person leaves them."""
        internal = self.env["res.users"].sudo().with_context(active_test=False)
        colleagues = internal.search([("partner_id", "in", events.partner_ids.ids), ("share", "=", False)]).partner_id
        own = events.filtered(lambda event: not event.opportunity_id and event.partner_ids <= partners | colleagues)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE calendar_event SET name = %s, description = NULL, notes = NULL, location = NULL,
                       videocall_location = NULL, access_token = NULL WHERE id = ANY(%s)
                """,
                self.env._("Meeting"),
                own.ids,
            )
        )
        self._erase_attendees(own.ids)
        self.env.cr.execute(SQL("DELETE FROM calendar_attendee WHERE partner_id = ANY(%s)", partners.ids))
        self.env.cr.execute(
            SQL("DELETE FROM calendar_event_res_partner_rel WHERE res_partner_id = ANY(%s)", partners.ids)
        )
        self.env.invalidate_all()
