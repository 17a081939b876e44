from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_appointment_free import DAY

# what of a meeting says whose time it takes, and when
FOLLOWED = {"start", "stop", "start_date", "stop_date", "duration", "allday", "active", "user_id", "appointment_state"}


class CalendarEvent(models.Model):
    """Appointments take the time of their agent, wherever they are made, moved, given away, archived or deleted."""

    _inherit = "calendar.event"

    # What is in the calendars from now on: without it PostgreSQL goes through all that the agents have ever attended
    _busy_idx = models.Index("(stop) WHERE active AND show_as = 'busy'")

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._get_appointments()._take_time()
        return events

    def write(self, vals):
        appointments = self.browse()
        if not FOLLOWED.isdisjoint(vals):
            appointments = self if "appointment_state" in vals else self._get_appointments()
        res = super().write(vals)
        if appointments:
            appointments.exists()._take_time()
        return res

    def _get_appointments(self):
        """Those of these meetings that are appointments; of meetings that are private, too."""
        return self.sudo().filtered("appointment_state").with_env(self.env)

    # ------------------------------------------------------------
    # TIME TAKEN
    # ------------------------------------------------------------

    def _take_time(self):
        for event in self.sudo():
            self.env["crm.appointment.slot"]._follow(event)

    def _takes_time(self):
        """Whether this meeting is an appointment that somebody keeps. Shown as free in the calendar it is one too."""
        return self.active and self.appointment_state == "booked" and bool(self.user_id)

    def _get_taken_time(self):
        """From when to when; on all of its days by the agent's clock."""
        if self.allday:
            return self.user_id._get_day_start(self.start_date), self.user_id._get_day_start(self.stop_date + DAY)
        return self.start, self.stop

    # ------------------------------------------------------------
    # BY AGREEMENT
    # ------------------------------------------------------------

    def _get_appointment_agent(self):
        """Whose time it takes: the res.users, as superuser and in the company of the call."""
        event = self.sudo()
        return event.user_id.with_company(event._get_appointment_company())

    def _move_appointment(self, start, stop):
        """Give an appointment another time, by the rules by which it was agreed.

        :param start: datetime in UTC, as ``stop``
        :raise UserError: in words, when it is none any more or the agent is not free
        """
        self._check_agreed()
        event, agent = self.sudo(), self._get_appointment_agent()
        agent._check_free(start, stop, event.appointment_slot_ids)
        event.write({"start": start, "stop": stop, "allday": False})
        event._accept_for_agent()

    def _cancel_appointment(self, reason_text=None):
        """Give the time of an appointment free.

        :param str reason_text: why, in the words of who cancels
        :raise UserError: when it is none any more
        """
        self._check_agreed()
        event = self.sudo().with_context(appointment_reason=reason_text)
        event.write({"appointment_state": "cancelled", "active": False})

    def _check_agreed(self):
        self.ensure_one()
        event = self.sudo()
        if not event.exists() or not event._takes_time():
            raise UserError(self.env._("This appointment is not agreed any more."))
        if event.stop < fields.Datetime.now():
            raise UserError(self.env._("This appointment is over."))

    def _accept_for_agent(self):
        """The agent keeps what was agreed for them: Odoo asks whoever is invited by others."""
        self._get_agent_attendee().state = "accepted"

    def _get_agent_attendee(self):
        return self.attendee_ids.filtered(lambda attendee: attendee.partner_id == self.user_id.partner_id)

    # ------------------------------------------------------------
    # MADE BY A CALL
    # ------------------------------------------------------------

    @api.model
    def _make_appointment(self, values):
        """The meeting of an appointment that was agreed in a call. Its agent hears of it as Odoo tells of meetings.

        :param dict values: of the calendar.event, with ``user_id`` for the agent
        :return: the calendar.event, as superuser
        :raise UserError: in words, when the time has just been taken
        """
        quiet = self.sudo().with_context(no_mail_to_attendees=True)
        event = quiet.create({**values, "appointment_state": "booked"}).with_context(no_mail_to_attendees=False)
        event._accept_for_agent()
        event._get_agent_attendee()._send_invitation_emails()
        return event
