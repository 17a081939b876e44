from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .crm_call_confirm import FREE


class CalendarEvent(models.Model):
    """Customers who did not come: they are called again."""

    _inherit = "calendar.event"

    can_mark_no_show = fields.Boolean(compute="_compute_can_mark_no_show", export_string_translation=False)
    can_mark_came = fields.Boolean(compute="_compute_can_mark_no_show", export_string_translation=False)

    @api.depends("appointment_state", "start", "user_id", "opportunity_id.user_id")
    @api.depends_context("uid")
    def _compute_can_mark_no_show(self):
        for event in self:
            event.can_mark_no_show = not event._get_no_show_refusal()
            event.can_mark_came = not event._get_came_refusal()

    def _may_mark(self):
        """Agents their own appointments, salespeople those of their leads, coordinators those of their companies."""
        user, event = self.env.user, self.sudo()
        is_coordinator = user.has_group("crm_lead_lifecycle.group_call_coordinator")
        return user in (event.user_id, event.opportunity_id.user_id) or (
            is_coordinator and event._get_appointment_company() in user.company_ids
        )

    def _get_no_show_refusal(self):
        """Why the user can't say that the customer did not come, as a sentence; empty if it is possible."""
        event = self.sudo()
        if not event.appointment_state:
            return self.env._("This meeting is no appointment that was agreed in a call.")
        if not self._may_mark():
            return self._get_mark_refusal()
        if event.appointment_state == "no_show":
            return self.env._("This is noted already.")
        if event.appointment_state == "cancelled":
            return self.env._("This appointment was cancelled: nobody was expected.")
        if not event.start or event.start > fields.Datetime.now():
            return self.env._("The appointment has not begun yet.")
        return ""

    def _get_came_refusal(self):
        event = self.sudo()
        if event.appointment_state != "no_show":
            return self.env._("Nobody has said that the customer did not come.")
        if not self._may_mark():
            return self._get_mark_refusal()
        marked = event._get_no_show_event()
        if marked and event.opportunity_id.call_ids.filtered(lambda call: call.date_end > marked.date):
            return self.env._("The customer has been called again since.")
        return ""

    def _get_mark_refusal(self):
        return self.env._(
            "Whether a customer has come is said by the agent, the salesperson of the lead or a coordinator."
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_no_show(self):
        """The customers of these appointments did not come: their contacts go back in the queue.

        :return: a notification of what became of them
        :raise UserError: for an appointment that has not begun, was cancelled or is marked already
        """
        self.check_access("read")
        self._check_mark("_get_no_show_refusal")
        notes = []
        for event in self.sudo():
            entries = {}
            event.appointment_state = "no_show"
            notes.append(event._call_again(entries))
            event._log_appointment("appointment_no_show", entries=entries)
        return self._get_notification(notes)

    def action_came(self):
        """Undo a wrong “Did not come”, as long as nobody has called the customer again.

        :raise UserError: when somebody has
        """
        self.check_access("read")
        self._check_mark("_get_came_refusal")
        notes = []
        for event in self.sudo():
            marked = event._get_no_show_event()
            event.appointment_state = "booked"
            notes += event._undo_call_again((marked.data or {}).get("entries") or {})
            event._log_appointment("appointment_came")
        return self._get_notification(notes)

    def action_open_appointment_lead(self):
        """Open the lead of this appointment.

        :return: a window action
        """
        self.ensure_one()
        return self.opportunity_id._get_records_action()

    def _check_mark(self, get_refusal):
        refusals = {event: getattr(event, get_refusal)() for event in self}
        if not any(refusals.values()):
            return
        lines = [f"{event.display_name}: {refusal}" for event, refusal in refusals.items() if refusal]
        may = all(event._may_mark() for event in self)
        raise (UserError if may else AccessError)("\n".join(lines))

    def _get_notification(self, notes):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": "\n".join(notes) or self.env._("Done."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------
    # CALLING AGAIN
    # ------------------------------------------------------------

    def _call_again(self, entries):
        """Put the contact of an appointment back in its queue, or plan a call back of the operator's.

        :param dict entries: is filled with what it was before and is now
        :return: a sentence on it
        """
        lead, entry = self.opportunity_id, self.appointment_call_ids.entry_id[:1]
        if not lead:
            return self.env._("%(appointment)s: there is no lead any more.", appointment=self.name)
        names = {"customer": lead._get_customer_name(), "campaign": entry.campaign_id.name}
        if not lead._is_callable():
            return self.env._("%(customer)s is not called again: the lead is closed.", **names)
        if entry.state == "excluded":
            return self.env._("%(customer)s is not called again: the contact was taken out of the queue.", **names)
        if not entry.campaign_id:
            entry = self.env["crm.call.entry"]._get_outside(lead)
        if entry.state != "done":
            return self.env._("%(customer)s is in line already.", **names)
        values = self._prepare_again_values(entry)
        before = entry._get_call_state()
        entry.write({**values, **FREE})
        entries[str(entry.id)] = {"before": before, "after": entry._get_call_state()}
        if entry.campaign_id:
            return self.env._("%(customer)s is back in the queue of “%(campaign)s”.", **names)
        if entry.recall_user_id:
            return self.env._("%(user)s calls %(customer)s back.", user=entry.recall_user_id.name, **names)
        return self.env._("Anybody may call %(customer)s back.", **names)

    def _prepare_again_values(self, entry):
        """In a campaign it is fresh again and where it stood in line, before those that came later. Outside of any the
        operator calls back at once."""
        operator = self.appointment_operator_id
        values = {"exclusion": False, "is_recall": False, "recall_user_id": False}
        if entry.campaign_id:
            return {**values, "state": "ready", "next_call_at": False}
        is_operator = bool(operator.active) and entry._takes_calls(operator)
        return {
            **values,
            "state": "waiting",
            "next_call_at": fields.Datetime.now(),
            "is_recall": not is_operator,
            "recall_user_id": is_operator and operator.id,
        }

    def _get_no_show_event(self):
        """The event of the lead's history that notes the last “Did not come”."""
        return self.opportunity_id.event_ids.filtered(
            lambda event: event.kind == "appointment_no_show" and (event.data or {}).get("event") == self.id
        )[:1]

    def _undo_call_again(self, entries):
        """
        :return: sentences on what stays
        """
        notes = []
        for entry_id, change in entries.items():
            entry = self.env["crm.call.entry"].browse(int(entry_id)).exists()
            if entry and entry._get_call_state() == change["after"]:
                entry.write(change["before"])
            elif entry and entry.state != "done":
                notes.append(
                    self.env._(
                        "%(customer)s stays in line: the contact has been changed since.",
                        customer=entry.lead_id._get_customer_name(),
                    )
                )
        return notes
