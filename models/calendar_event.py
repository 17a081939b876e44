from odoo import api, fields, models
from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG
from odoo.exceptions import AccessError

# an object, not a flag: no client can send it in a context
CUSTOMER = object()
INTERNAL = "base.group_user"
STATES = [("booked", "Agreed"), ("no_show", "Did Not Come"), ("cancelled", "Cancelled")]
# what changes an appointment; Odoo computes some of them from others
AGREED = {"start", "stop", "start_date", "stop_date", "duration", "allday", "active", "user_id", "location"}


class CalendarEvent(models.Model):
    """Appointments are meetings that were agreed in a call: they take the agent's time, and their customer is told
    whatever becomes of them, by whomever and wherever it was done."""

    _inherit = "calendar.event"

    # Of the agent and their colleagues: customers with a login may read the meetings that they attend
    notes = fields.Html(groups=INTERNAL)
    appointment_state = fields.Selection(
        STATES, "Appointment", readonly=True, copy=False, index="btree_not_null", help="Empty for other meetings."
    )
    appointment_slot_ids = fields.One2many(
        "crm.appointment.slot", "event_id", readonly=True, copy=False, groups="base.group_system"
    )
    appointment_call_ids = fields.One2many(
        "crm.call",
        "event_id",
        "Calls",
        readonly=True,
        copy=False,
        groups="crm_lead_lifecycle.group_call_operator,sales_team.group_sale_salesman",
    )
    # Of the call; kept when it was taken back too late to cancel the meeting
    appointment_operator_id = fields.Many2one(
        "res.users",
        "Operator",
        compute="_compute_appointment_call",
        store=True,
        copy=False,
        index="btree_not_null",
        groups=INTERNAL,
        help="Who agreed on the appointment.",
    )
    appointment_campaign_id = fields.Many2one(
        "crm.call.campaign",
        "Call Campaign",
        compute="_compute_appointment_call",
        store=True,
        copy=False,
        groups=INTERNAL,
    )
    appointment_company_id = fields.Many2one(
        "res.company", "Company", compute="_compute_appointment_call", store=True, copy=False, groups=INTERNAL
    )
    appointment_customer = fields.Char(
        "Customer", compute="_compute_appointment_customer", search="_search_appointment_customer"
    )

    @api.depends("appointment_call_ids")
    def _compute_appointment_call(self):
        for event in self:
            call = event.appointment_call_ids[:1]
            event.appointment_operator_id = call.user_id or event.appointment_operator_id
            event.appointment_campaign_id = call.campaign_id or event.appointment_campaign_id
            event.appointment_company_id = call.company_id or event.appointment_company_id

    @api.depends("appointment_state", "opportunity_id", "privacy", "user_id")
    @api.depends_context("uid")
    def _compute_appointment_customer(self):
        for event in self:
            lead = event.sudo().opportunity_id
            is_shown = event.sudo().appointment_state and not event._check_private_event_conditions()
            event.appointment_customer = is_shown and lead and lead._get_customer_name()

    def _search_appointment_customer(self, operator, value):
        return [("appointment_state", "!=", False), ("name", operator, value)]

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        if not self.env.su and any(events.sudo().mapped("appointment_state")):
            self._refuse_appointment_values()
        return events

    def write(self, vals):
        if not self.env.su and any(name.startswith("appointment_") for name in vals):
            self._refuse_appointment_values()
        if vals.get("opportunity_id"):
            self._check_may_move_to(self.env["crm.lead"].browse(vals["opportunity_id"]))
        if AGREED.isdisjoint(vals):
            return super().write(vals)
        before = {
            event: (event.active, event._get_agreed())
            for event in self.sudo()
            if event.appointment_state in ("booked", "cancelled")
        }
        res = super().write(vals)
        for event, (was_active, agreed) in before.items():
            if was_active and not event.active:
                event._end_appointment()
            elif event.active and not was_active:
                event._resume_appointment()
            elif was_active and event._get_agreed() != agreed:
                event._tell_moved(agreed)
        return res

    def unlink(self):
        """Who deletes an appointment cancels it; an uninstallation, which takes demo data along, writes to nobody."""
        for event in self.sudo():
            is_agreed = event.appointment_state == "booked" and event.active
            if is_agreed and not self.env.context.get(MODULE_UNINSTALL_FLAG):
                event.with_context(appointment_deleted=True)._end_appointment()
        return super().unlink()

    def _refuse_appointment_values(self):
        raise AccessError(self.env._("Appointments are agreed in calls. Move or cancel them in the calendar."))

    def _check_may_move_to(self, lead):
        """An appointment names its customer and writes to them, so that nobody gives it one whom they may not see.

        :raise AccessError: for another lead than those that the user may read
        """
        if any(event.appointment_state and event.opportunity_id != lead for event in self.sudo()):
            lead.check_access("read")

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _get_agreed(self):
        return {"start": self.start, "stop": self.stop, "agent": self.user_id, "location": self.location or ""}

    def _is_upcoming(self):
        """Whether there is still something to tell about this appointment."""
        return bool(self.start) and self.start > fields.Datetime.now()

    def _resume_appointment(self):
        """A cancelled appointment that was restored is on again."""
        self.appointment_state = "booked"
        self._accept_for_agent()
        if self._is_upcoming():
            self._get_agent_attendee()._send_invitation_emails()
        self._tell_booked()

    def _end_appointment(self):
        """What was archived or deleted is cancelled."""
        self.appointment_state = "cancelled"
        self._tell_cancelled(self.env.context.get("appointment_reason"))
