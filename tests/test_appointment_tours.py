from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .call_tour_common import CallTourCase


@tagged("post_install", "-at_install")
class TestAppointmentTours(CallTourCase):
    """Appointments as operators agree on them, in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        calendar = cls.env["resource.calendar"].create(
            {
                "name": "Tour hours",
                "company_id": cls.company.id,
                "tz": "Europe/London",
                "attendance_ids": [
                    Command.create({"name": "Morning", "dayofweek": str(day), "hour_from": 9, "hour_to": 12})
                    for day in range(7)
                ],
            }
        )
        cls.anna, cls.bruno = (
            cls._user(name, "sales_team.group_sale_salesman") for name in ("Tour Anna", "Tour Bruno")
        )
        (cls.anna + cls.bruno).working_calendar_id = calendar
        cls.campaign.agent_ids = cls.anna + cls.bruno

    def _get_booked(self):
        """The call of the first contact, which has an appointment now and nothing is kept any more."""
        call = self.entries[0].call_ids
        self.assertEqual(call.outcome_id.kind, "appointment")
        slot = self.env["crm.appointment.slot"].search([("event_id", "=", call.event_id.id)])
        self.assertEqual((slot.user_id, slot.start), (call.event_id.user_id, call.event_id.start))
        self.assertFalse(self.env["crm.appointment.slot"].search([("held_by_id", "=", self.operator.id)]))
        return call

    def test_book_by_clicking(self):
        self._start("appointment_by_clicking")
        event = self._get_booked().event_id
        self.assertEqual((event.user_id, event.opportunity_id), (self.bruno, self.leads[0]))
        self.assertEqual((event.location, event.duration), ("At the lake", 1))
        self.assertIn("Bring the plan", event.notes)

    def test_book_by_keyboard(self):
        self._start("appointment_by_keyboard")
        self.assertEqual(self._get_booked().event_id.user_id, self.anna)

    def test_take_back_and_book_again(self):
        self._start("appointment_taken_back")
        event = self._get_booked().event_id
        self.assertEqual((event.user_id, event.location), (self.bruno, "At the lake"))

    def test_lose_a_race(self):
        """A time that was free when it was read is taken by somebody else before it is clicked."""
        wizard_class = self.env.registry["crm.call.wizard"]
        rival = self._user("Tour Rival", "base.group_user")
        read, lost = wizard_class.get_agenda, []

        def read_and_lose(wizard, *args, **kwargs):
            agenda = read(wizard, *args, **kwargs)
            if not lost:
                slot = next(slot for slot in agenda["slots"] if slot["agent_id"] == self.anna.id)
                start, stop = lost[:] = [fields.Datetime.to_datetime(slot[name]) for name in ("start", "stop")]
                slots = wizard.env["crm.appointment.slot"].with_user(rival)
                slots._hold(slots.env["res.users"].sudo().browse(self.anna.id), start, stop, self.leads[2])
            return agenda

        with patch.object(wizard_class, "get_agenda", read_and_lose), mute_logger("odoo.http"):
            self._start("appointment_lost")
        call = self._get_booked()
        self.assertEqual((call.event_id.user_id, call.notes), (self.anna, "Comes with her sister"))
        held = self.env["crm.appointment.slot"].search([("held_by_id", "=", rival.id)])
        self.assertEqual([held.start, held.stop], lost)
        self.assertNotEqual(call.event_id.start, held.start)
