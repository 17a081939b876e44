from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime
from odoo.tools.mail import email_escape_char

# where a lead has phones
PHONE_PATHS = ("", "partner_id.", "partner_id.client_phone_ids.")


class CrmLead(models.Model):
    """A lead of somebody who asked to be erased: whatever list brings it in again, no campaign calls it and nobody
    writes to it. Whoever asks again by themselves is answered, and no more."""

    _inherit = "crm.lead"

    is_suppressed = fields.Boolean(
        "Asked to Be Erased",
        compute="_compute_is_suppressed",
        store=True,
        copy=False,
        help="The phone number or e-mail address is that of somebody who asked to be erased. Campaigns leave the lead "
        "out; it can be answered if that person has asked again.",
    )

    _suppressed_idx = models.Index("(id) WHERE is_suppressed IS TRUE")

    @api.depends(
        "phone",
        "phone_sanitized",
        "email_from",
        "partner_id.phone_sanitized",
        "partner_id.phone",
        "partner_id.email",
        "partner_id.client_phone_ids.phone_sanitized",
        "company_id",
        "number_company_id",
    )
    def _compute_is_suppressed(self):
        suppressed = self._map_suppressions()
        for lead in self:
            lead.is_suppressed = lead in suppressed

    def _map_suppressions(self):
        """
        :return: ``{lead: crm.suppression}`` as superuser, of those that are somebody's who asked to be erased
        """
        suppressions = self.env["crm.suppression"]
        if not suppressions._get_company_ids():  # nobody: nothing is read
            return {}
        return suppressions._map_rows({lead: lead._get_suppression_contact() for lead in self})

    def _get_suppression_contact(self):
        """By what this lead is known as that of somebody who asked to be erased.

        :return: company, numbers in E.164 or their digits, normalised addresses
        """
        company, phones, emails = self._get_own_suppression_contact()
        _company, client_phones, client_emails = self.partner_id._get_suppression_contact()
        return company, phones + client_phones, emails + client_emails

    def _get_own_suppression_contact(self):
        """The same without its client."""
        phones, emails = self.env["crm.suppression"]._get_written(
            [(self, self.phone_sanitized, self.phone)], [self.email_from]
        )
        return self.company_id or self.number_company_id, phones, emails

    # ------------------------------------------------------------
    # FOLLOWING THE LIST
    # ------------------------------------------------------------

    @api.model
    def _follow_suppression(self, phones, emails):
        """Mark the leads of contacts that are suppressed from now on; the queue leaves them out."""
        leads = self.sudo().with_context(active_test=False)
        parts = [
            *(Domain(f"{path}phone_sanitized", "in", phones) for path in PHONE_PATHS),
            *(  # what can't be read has its last digit at least, whatever stands between its digits
                Domain(f"{path}phone_sanitized", "=", False) & Domain(f"{path}phone", "ilike", digit)
                for path in PHONE_PATHS
                for digit in {number[-1] for number in phones}
            ),
            *(
                Domain(f"{path}{name}", "=ilike", f"%{email_escape_char(user)}%@{email_escape_char(domain)}%")
                for path, name in (("", "email_from"), ("partner_id.", "email"))
                for user, _at, domain in (email.rpartition("@") for email in emails)
            ),
        ]
        if phones or emails:
            leads.search(Domain.OR(parts))._recompute_suppression()

    @api.model
    def _follow_lift(self):
        """Contacts whose suppression was lifted return to the queues that they had left because of it."""
        leads = self.sudo().with_context(active_test=False).search([("is_suppressed", "=", True)])
        leads._recompute_suppression()
        free = leads.filtered(lambda lead: not lead.is_suppressed and lead._is_callable())
        for entry in free.call_entry_ids.filtered(lambda entry: entry.exclusion == "suppressed"):
            entry.write({"state": "waiting" if entry.next_call_at else "ready", "exclusion": False})

    def _mark_suppressed(self):
        """Mark those of these leads that nobody has marked: an import that began before an erasure was committed did
        not know of it.

        :return: whether there was one
        """
        missed = self.browse().union(*self._map_suppressions()).filtered(lambda lead: not lead.is_suppressed)
        missed._recompute_suppression()
        return bool(missed)

    def _recompute_suppression(self):
        self.env.add_to_compute(self._fields["is_suppressed"], self)
        self.flush_recordset(["is_suppressed"])

    # ------------------------------------------------------------
    # APPROACHING
    # ------------------------------------------------------------

    def _get_suppression_notice(self, is_answer=True):
        """Why this person is not approached, as a sentence; empty if they may be.

        :param bool is_answer: whether it would be about this inquiry; campaigns call for reasons of their own
        """
        lead = self.sudo()
        rows = lead._map_suppressions().get(lead)
        if not rows or (is_answer and lead._is_asked_after(max(rows.mapped("date")))):
            return ""
        return rows._get_notice()

    def _is_asked_after(self, moment):
        """Whether the person has asked, or written, by themselves since then: what comes in by channel, mail or web
        page is theirs, what a colleague has typed or imported need not be."""
        if self.date_customer_wrote and self.date_customer_wrote >= moment:
            return True
        if self.create_date < moment:
            return False
        creation = self.event_ids.filtered(lambda event: event.kind == "create")[-1:]
        maker = creation.user_id
        return bool(self.intake_ids) or bool(maker) and (maker.id == SUPERUSER_ID or not maker._is_internal())

    def _get_call_block_notice(self):
        return super()._get_call_block_notice() or self._get_suppression_notice()

    def _get_mail_block_notice(self):
        """Why nobody writes to this customer's e-mail address, as a sentence; empty if it may be written to."""
        lead = self.sudo()
        address = lead._get_customer_address()
        if address and self.env["mail.blacklist"].sudo().search_count([("email", "=", address)], limit=1):
            return self.env._("%(address)s wants no e-mails.", address=address)
        return self._get_suppression_notice()

    def _get_conversation_obstacle(self):
        return super()._get_conversation_obstacle() or self._get_suppression_notice() or False

    def _get_send_problem(self):
        return super()._get_send_problem() or self._get_suppression_notice()


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    def _get_customer_address(self):
        """None of who wants no mails."""
        lead = self.opportunity_id
        return "" if lead and lead._get_mail_block_notice() else super()._get_customer_address()


class CalendarAttendee(models.Model):
    _inherit = "calendar.attendee"

    def _should_notify_attendee(self, notify_author=False):
        """Nor does Odoo remind them."""
        lead = self.event_id.sudo().opportunity_id
        if lead and self.partner_id == lead.partner_id and lead._get_mail_block_notice():
            return False
        return super()._should_notify_attendee(notify_author=notify_author)


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        if self.kind == "appointment" and data.get("unwanted"):
            return self.env._(
                "Appointment with %(agent)s on %(time)s, no invitation: the customer wants no e-mails",
                agent=data.get("agent") or "–",
                time=format_datetime(self.env, data["time"], dt_format="short") if data.get("time") else "–",
            )
        return super()._get_summary(data, names)


class CrmCall(models.Model):
    _inherit = "crm.call"

    def _get_notice(self):
        lead = self.event_id.opportunity_id
        if lead and lead._get_customer_address() and (reason := lead._get_mail_block_notice()):
            return self.env._("No invitation was sent: %(reason)s", reason=reason)
        return super()._get_notice()
