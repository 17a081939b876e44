from odoo import models
from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG


class CrmLead(models.Model):
    """Appointments go along with their lead."""

    _inherit = "crm.lead"

    def unlink(self):
        if not self.env.context.get(MODULE_UNINSTALL_FLAG):
            self._cancel_appointments()
        return super().unlink()

    def _write_states(self, vals):
        """What is removed was no inquiry: nobody goes there."""
        there = self.filtered(lambda lead: lead.client_status != "removed")
        res = super()._write_states(vals)
        there.filtered(lambda lead: lead.client_status == "removed")._cancel_appointments()
        return res

    def _cancel_appointments(self):
        events = self.env["calendar.event"].sudo().search(
            [("opportunity_id", "in", self.ids), ("appointment_state", "=", "booked")]
        )  # fmt: skip
        for event in events.filtered(lambda event: event._is_upcoming()):
            event._cancel_appointment(self.env._("The inquiry was deleted or removed."))

    def _merge_dependences(self, opportunities):
        """Odoo moves meetings that are in the calendar; cancelled appointments belong to the history all the same."""
        events = self.env["calendar.event"].sudo().with_context(active_test=False)
        appointments = events.search([("opportunity_id", "in", opportunities.ids), ("appointment_state", "!=", False)])
        res = super()._merge_dependences(opportunities)
        appointments.opportunity_id = self
        return res
