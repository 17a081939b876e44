from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime


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
        "phone_sanitized",
        "email_normalized",
        "partner_id.phone_sanitized",
        "partner_id.email_normalized",
        "company_id",
        "number_company_id",
    )
    def _compute_is_suppressed(self):
        suppressed = self.env["crm.suppression"]._map_rows({lead: lead._get_suppression_contact() for lead in self})
        for lead in self:
            lead.is_suppressed = lead in suppressed

    def _get_suppression_contact(self):
        """By what this lead is known as that of somebody who asked to be erased.

        :return: company, numbers in E.164, normalised addresses
        """
        partner = self.partner_id
        return (
            self.company_id or self.number_company_id,
            list(filter(None, (self.phone_sanitized, partner.phone_sanitized))),
            list(filter(None, (self.email_normalized, partner.email_normalized))),
        )

    # ------------------------------------------------------------
    # FOLLOWING THE LIST
    # ------------------------------------------------------------

    @api.model
    def _follow_suppression(self, phones, emails):
        """Mark the leads of contacts that are suppressed from now on; the queue leaves them out."""
        leads = self.sudo().with_context(active_test=False)
        of_contact = Domain.OR(
            Domain(f"{path}{name}", "in", values)
            for path in ("", "partner_id.")
            for name, values in (("phone_sanitized", phones), ("email_normalized", emails))
            if values
        )
        if phones or emails:
            leads.search(of_contact)._recompute_suppression()

    @api.model
    def _follow_lift(self):
        """Contacts whose suppression was lifted return to the queues that they had left because of it."""
        leads = self.sudo().with_context(active_test=False).search([("is_suppressed", "=", True)])
        leads._recompute_suppression()
        free = leads.filtered(lambda lead: not lead.is_suppressed and lead._is_callable())
        for entry in free.call_entry_ids.filtered(lambda entry: entry.exclusion == "suppressed"):
            entry.write({"state": "waiting" if entry.next_call_at else "ready", "exclusion": False})

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
        if not lead.is_suppressed:
            return ""
        rows = self.env["crm.suppression"]._map_rows({lead: lead._get_suppression_contact()}).get(lead)
        if not rows or (is_answer and lead._is_asked_after(rows[0].date)):
            return ""
        return self.env._(
            "This person asked to be erased on %(date)s. A consent to be called lifts that, or a sales manager in the "
            "list of suppressed contacts.",
            date=format_date(self.env, rows[0].date),
        )

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
