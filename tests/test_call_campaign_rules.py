from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .call_common import CallCase


@tagged("post_install", "-at_install")
class TestCallCampaignRules(CallCase):
    """Rules come from the cache: what they are made of is changed here after they have been read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create({"name": "Office", "tz": "Europe/Rome"})
        cls.company.resource_calendar_id = cls.calendar
        cls.campaign.window_ids = [Command.create({"weekday": "0", "hour_from": 9, "hour_to": 12})]
        cls.monday = fields.Datetime.now().replace(hour=10, minute=0, second=0, microsecond=0)
        cls.monday += timedelta(days=7 - cls.monday.weekday())

    def _is_open(self):
        return self.campaign._get_hours().is_open(self.monday, ("UTC",))

    def _rules(self):
        return self.campaign._get_rules()

    def test_calling_hours_that_are_changed_added_and_taken_away(self):
        self.assertTrue(self._is_open())
        self.campaign.window_ids.hour_from = 11
        self.assertFalse(self._is_open())
        self.campaign.window_ids = [Command.create({"weekday": "0", "hour_from": 10, "hour_to": 11})]
        self.assertTrue(self._is_open())
        self.campaign.window_ids.filtered(lambda window: window.hour_from == 10).unlink()
        self.assertFalse(self._is_open())

    def test_public_holidays_and_the_clock_by_which_they_are(self):
        self.campaign.skip_holidays = True
        self.assertTrue(self._is_open())
        holiday = self.env["resource.calendar.leaves"].create(
            {
                "name": "Feast",
                "calendar_id": self.calendar.id,
                "date_from": self.monday.replace(hour=0),
                "date_to": self.monday,  # after ten by the clock of Rome
            }
        )
        self.assertFalse(self._is_open())
        self.calendar.tz = "Pacific/Honolulu"  # the holiday ends at midnight there
        self.assertTrue(self._is_open())
        self.calendar.tz = "Europe/Rome"
        self.assertFalse(self._is_open())
        self.company.resource_calendar_id = self.env["resource.calendar"].create({"name": "Other"})
        self.assertTrue(self._is_open())
        self.company.resource_calendar_id = self.calendar
        self.campaign.skip_holidays = False
        self.assertTrue(self._is_open())
        self.campaign.skip_holidays = True
        holiday.date_from = self.monday
        self.assertTrue(self._is_open())
        holiday.date_from = self.monday.replace(hour=0)
        self.assertFalse(self._is_open())
        holiday.unlink()
        self.assertTrue(self._is_open())

    def test_operators(self):
        self.campaign.user_ids = False
        self.assertIn(self.rival.id, self._rules().taker_ids)
        self.campaign.user_ids = self.operator
        self.assertEqual(self._rules().taker_ids, tuple(self.operator.ids))
        self.assertFalse(self.campaign._get_of_user(self.rival))
        self.assertEqual(self.campaign._get_of_user(self.operator), self.campaign)
        self.operator.active = False
        self.assertFalse(self._rules().taker_ids)

    def test_state_and_archiving(self):
        self.assertTrue(self._rules().is_running)
        self.campaign.action_pause()
        self.assertFalse(self._rules().is_running)
        self.campaign.action_start()
        self.campaign.action_archive()
        self.assertFalse(self._rules().is_running)

    def test_limits(self):
        self.assertFalse(self._rules().limits)
        self.campaign.write({"max_calls_24h": 2, "max_calls": 5})
        self.assertEqual(self._rules().limits, {"rolling", "attempts"})
        self.campaign.write({"max_calls": 0, "max_calls_24h": 0, "max_calls_day": 1})
        self.assertEqual(self._rules().limits, {"day"})
