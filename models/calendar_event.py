from odoo import fields, models


class CalendarEvent(models.Model):
    """Appointments are meetings that were agreed in a call: they take the agent's time."""

    _inherit = "calendar.event"

    appointment_state = fields.Selection(
        [("booked", "Agreed"), ("no_show", "Did Not Come"), ("cancelled", "Cancelled")],
        "Appointment",
        readonly=True,
        copy=False,
        index="btree_not_null",
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
