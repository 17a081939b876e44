import secrets
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS
from odoo.tools import consteq

from .crm_appointment_free import HORIZON, _round_up

# how long a customer's link holds at most
LINK = timedelta(days=90)


class CalendarEvent(models.Model):
    """The link by which a customer moves or cancels an appointment. Who has it needs nothing else, so that nobody else
    gets to read it: it stands in the customer's mail alone."""

    _inherit = "calendar.event"

    appointment_token = fields.Char(groups=NO_ACCESS, copy=False, export_string_translation=False)
    appointment_link_until = fields.Datetime(groups=NO_ACCESS, copy=False, export_string_translation=False)

    def _renew_link(self):
        """Let the link hold anew. It stays the same when an appointment is moved: customers take the first mail that
        they find."""
        self.appointment_token = self.appointment_token or secrets.token_urlsafe(32)
        self.appointment_link_until = fields.Datetime.now() + LINK

    def _get_link(self):
        """
        :return: the address of the customer's page
        """
        return f"{self.get_base_url()}{self._get_link_path()}"

    def _get_link_path(self):
        self._check_field_access(self._fields["appointment_token"], "read")
        return f"/my/appointment/{self.id}/{self.appointment_token}"

    @api.model
    def _find_by_link(self, event_id, token):
        """The appointment of a link, with the rights of the superuser.

        :return: calendar.event; an empty set for a link that is wrong, has expired or whose appointment is over
        """
        event = self.sudo().search([("id", "=", event_id), ("appointment_state", "=", "booked")])
        # compared in any case: how long it takes tells nothing
        is_right = consteq((event.appointment_token or secrets.token_urlsafe(32)).encode(), token.encode())
        is_agreed = event._takes_time() and event._is_upcoming()
        holds = is_right and is_agreed and event.appointment_link_until >= fields.Datetime.now()
        return event if holds else self.browse()

    # ------------------------------------------------------------
    # OTHER TIMES
    # ------------------------------------------------------------

    def _get_proposed(self, first, days):
        """When the customer can have this appointment instead, as long as it is.

        :param first: the first day, by the clock of the context
        :param int days: how many
        :return: list of datetimes in UTC, by time
        """
        slots = self._get_appointment_agent()._get_slots(
            self._from_clock(first),
            self._from_clock(first + timedelta(days=days)),
            ignored_slots=self.appointment_slot_ids,
            length=self.stop - self.start,
        )
        return [start for _agent, start, _stop in slots if start != self.start]

    def _is_possible(self, moment):
        """Whether the customer can have a time, of those at a quarter of an hour."""
        now = fields.Datetime.now()
        if not now < moment < now + HORIZON or moment != _round_up(moment) or moment == self.start:
            return False
        stop = moment + (self.stop - self.start)
        try:
            self._get_appointment_agent()._check_free(moment, stop, self.appointment_slot_ids)
        except UserError:
            return False
        return True

    def _from_clock(self, day):
        """The beginning of a day by the clock of the context, in UTC."""
        zone = pytz.timezone(self.env.context.get("tz") or "UTC")
        return zone.localize(datetime.combine(day, time())).astimezone(pytz.utc).replace(tzinfo=None)
