from odoo import fields, models
from odoo.tools import format_datetime

from .calendar_event import CUSTOMER

KINDS = ("appointment", "appointment_move", "appointment_cancel", "appointment_no_show", "appointment_came")


class CalendarEvent(models.Model):
    """What became of an appointment, told to all whom it concerns: the history of the lead, the customer, the agent
    and the operator."""

    _inherit = "calendar.event"

    def _tell_booked(self):
        """It was agreed, or a cancelled one is on again."""
        address = self._get_customer_address()
        is_unwanted = not address and bool(self.opportunity_id._get_customer_address())
        self._log_appointment("appointment", mail=address or None, **({"unwanted": True} if is_unwanted else {}))
        self._send_invitation()

    def _tell_moved(self, before):
        """
        :param dict before: what was agreed until now, as :meth:`_get_agreed` gives it
        """
        after = self._get_agreed()
        if (before["start"], before["stop"], before["agent"]) != (after["start"], after["stop"], after["agent"]):
            self._log_appointment(
                "appointment_move",
                from_time=fields.Datetime.to_string(before["start"]),
                from_agent=before["agent"].name,
            )
        if not self._is_upcoming():
            return
        self.appointment_sequence += 1
        self._accept_for_agent()
        self._notify_people("moved", before)
        self._send_invitation(moved=True)

    def _tell_cancelled(self, reason=None):
        self._log_appointment("appointment_cancel", reason=reason or None)
        if not self._is_upcoming():
            return
        self.appointment_sequence += 1
        self._notify_people("cancelled", self._get_agreed(), reason)
        self._send_cancellation()

    def _log_appointment(self, kind, **data):
        if not self.opportunity_id:
            return
        is_by_customer = self.env.context.get("appointment_by") is CUSTOMER
        self.env["crm.lead.event"]._log(
            kind,
            {
                self.opportunity_id: {
                    "event": self.id,
                    "agent": self.user_id.name,
                    "time": fields.Datetime.to_string(self.start),
                    **({"by_customer": True} if is_by_customer else {}),
                    **data,
                }
            },
        )


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        if self.kind not in KINDS:
            return super()._get_summary(data, names)
        values = {
            key: format_datetime(self.env, data[key], dt_format="short") if data.get(key) else "–"
            for key in ("time", "from_time")
        }
        values |= {key: data.get(key) or "–" for key in ("agent", "from_agent", "reason", "mail")}
        match self.kind:
            case "appointment" if data.get("mail"):
                return self.env._("Appointment with %(agent)s on %(time)s, invitation to %(mail)s", **values)
            case "appointment":
                return self.env._(
                    "Appointment with %(agent)s on %(time)s, no invitation: there is no e-mail address", **values
                )
            case "appointment_move" if data.get("from_agent") != data.get("agent"):
                return self.env._(
                    "Appointment moved from %(from_agent)s, %(from_time)s to %(agent)s, %(time)s", **values
                )
            case "appointment_move" if data.get("by_customer"):
                return self.env._(
                    "The customer has moved the appointment with %(agent)s from %(from_time)s to %(time)s", **values
                )
            case "appointment_move":
                return self.env._("Appointment with %(agent)s moved from %(from_time)s to %(time)s", **values)
            case "appointment_cancel" if data.get("by_customer") and data.get("reason"):
                return self.env._(
                    "The customer has cancelled the appointment with %(agent)s on %(time)s: %(reason)s", **values
                )
            case "appointment_cancel" if data.get("by_customer"):
                return self.env._("The customer has cancelled the appointment with %(agent)s on %(time)s", **values)
            case "appointment_cancel" if data.get("reason"):
                return self.env._("Appointment with %(agent)s on %(time)s cancelled: %(reason)s", **values)
            case "appointment_cancel":
                return self.env._("Appointment with %(agent)s on %(time)s cancelled", **values)
            case "appointment_no_show":
                return self.env._("Did not come to the appointment with %(agent)s on %(time)s", **values)
        return self.env._("Came to the appointment with %(agent)s on %(time)s after all", **values)


class CrmCall(models.Model):
    _inherit = "crm.call"

    def _apply_appointment(self, effects, wizard):  # pylint: disable=missing-return
        super()._apply_appointment(effects, wizard)
        self.event_id._tell_booked()

    def _get_notice(self):
        event = self.event_id
        if not event or event._get_customer_address():
            return super()._get_notice()
        return self.env._("No invitation was sent: there is no e-mail address of the customer.")
