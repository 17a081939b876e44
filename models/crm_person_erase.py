from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize_all, split_every

BATCH = 500
# what goes of a contact that has to stay, since orders or invoices name it; and what of one that only a row is left of
CLEARED_FIELDS = (
    "email", "phone", "website", "function", "comment", "image_1920", "properties", "ref", "barcode", "user_id",
)  # fmt: skip
ADDRESS_FIELDS = (
    "street", "street2", "zip", "city", "state_id", "vat", "company_name", "company_registry", "parent_id",
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
        records = self._get_records(leads, partners)
        open_leads = self._filter_open(leads)
        kept = self._get_kept_partners(records)
        counts = {name: len(found) for name, found in records.items()}
        contacts = len(partners - kept["shared"] - kept["law"])
        goes = [
            (counts["leads"], self.env._("Leads, anonymised: %(count)s", count=counts["leads"])),
            (
                len(open_leads),
                self.env._("of them still at work, closed as lost: %(count)s", count=len(open_leads)),
            ),
            (contacts, self.env._("Contacts: %(count)s", count=contacts)),
            (counts["messages"], self.env._("Messages and notes: %(count)s", count=counts["messages"])),
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
                "Confirmed orders and contracts, which the law asks to keep: %(count)s", count=counts["orders"]
            ),
            counts["invoices"]
            and self.env._("Invoices and bills, which the law asks to keep: %(count)s", count=counts["invoices"]),
            kept["law"]
            and self.env._(
                "Name and address of contacts that these are made out to, in the archive: %(count)s",
                count=len(kept["law"]),
            ),
            kept["shared"]
            and self.env._(
                "Contacts that other leads belong to, which you have not chosen or may not see: %(count)s",
                count=len(kept["shared"]),
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
    def _get_kept_partners(self, records):
        """Contacts that have to stay.

        :param dict records: of the person, as :meth:`_get_records` gives them
        :return: dict of res.partner as superuser: ``law``, for orders and invoices; ``shared``, as other leads belong
            to them
        """
        partners, orders = records["partners"], records["orders"]
        named = orders.partner_id | orders.partner_invoice_id | orders.partner_shipping_id
        if "account.move" in self.env:
            named |= records["invoices"].partner_id | records["invoices"].partner_shipping_id
        others = self.env["crm.lead"].sudo().with_context(active_test=False)
        others = others.search([("partner_id", "in", partners.ids), ("id", "not in", records["leads"].ids)])
        shared = partners & others.partner_id
        return {"law": (partners & named) - shared, "shared": shared}

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
        records = self._get_records(leads, partners)
        kept = self._get_kept_partners(records)
        phones, emails = self._get_contact_data(leads, partners)
        partners -= kept["shared"]
        self._end_work(leads, records)
        self._end_logins(partners)
        self._erase_letters(partners, phones, emails)
        records["requests"]._erase()
        for batch in split_every(BATCH, leads.ids, leads.browse):
            batch._anonymise()
        self._erase_quotations(records["quotations"])
        self._erase_meetings_of(partners, records["meetings"].exists())
        self._erase_partners(partners, kept["law"])
        self.env["crm.suppression"]._suppress(self.env.companies, phones, emails)
        return [
            self.env._("Erased. Leads: %(leads)s, contacts: %(contacts)s.", leads=len(leads), contacts=len(partners)),
            *(
                [self.env._("Kept in the archive, by law: %(count)s contacts.", count=len(kept["law"]))]
                if kept["law"]
                else []
            ),
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
        for lead in self._filter_open(leads):
            lead._quietly().action_set_lost(**({"lost_reason_id": reason.id} if reason else {}))

    @api.model
    def _end_logins(self, partners):
        for user in partners.user_ids:
            user.write({"active": False, "login": f"erased-{user.id}", "password": "", "signature": False})

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
        orders.with_context(tracking_disable=True).write(
            {"note": False, "client_order_ref": False, "signed_by": False, "signature": False, "access_token": False}
        )
        self._erase_threads("sale.order", orders.ids)

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

    @api.model
    def _erase_partners(self, partners, kept):
        """Contacts are deleted; one that documents refer to stays in the archive, without anything that tells who it
        is, or with name and address where the law asks for it."""
        self._erase_threads("res.partner", partners.ids)
        self.env.cr.execute(SQL("UPDATE mail_message SET email_from = NULL WHERE author_id = ANY(%s)", partners.ids))
        self.env.cr.execute(SQL("DELETE FROM mail_followers WHERE partner_id = ANY(%s)", partners.ids))
        partners.consent_ids.unlink()
        partners.client_phone_ids.unlink()
        needed = kept | self._filter_referred(partners)
        (partners - needed).unlink()
        # Odoo asks for users who are still active
        quietly = needed.with_context(tracking_disable=True, active_test=True)
        quietly.write({**dict.fromkeys(self._get_known(CLEARED_FIELDS), False), "category_id": [(5,)], "active": False})
        shells = quietly - kept
        shells.bank_ids.unlink()
        shells.write({**dict.fromkeys(self._get_known(ADDRESS_FIELDS), False), "name": self.env._("Erased contact")})
        for partner in needed:
            partner._message_log(body=self.env._("Erased on the person's request."))

    @api.model
    def _get_known(self, names):
        return [name for name in names if name in self.env["res.partner"]._fields]

    @api.model
    def _filter_referred(self, partners):
        """Those of these contacts that documents refer to."""
        self.env.flush_all()
        found = set()
        for table, column in partners._get_referring_columns():
            self.env.cr.execute(
                SQL(
                    "SELECT DISTINCT %(column)s FROM %(table)s WHERE %(column)s = ANY(%(ids)s)",
                    table=SQL.identifier(table),
                    column=SQL.identifier(column),
                    ids=partners.ids,
                )
            )
            found.update(partner_id for (partner_id,) in self.env.cr.fetchall())
        children = partners.search([("parent_id", "in", partners.ids), ("id", "not in", partners.ids)])
        return partners.browse(found) | children.parent_id
