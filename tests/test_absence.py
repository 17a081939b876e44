from datetime import datetime

from odoo.fields import Command
from odoo.tests import tagged

from .common import LeadCase

moment = datetime.fromisoformat


@tagged("post_install", "-at_install")
class TestAbsence(LeadCase):
    """Who is there, who works, and what waited for how long. Monday, 1 March 2027; Rome is an hour ahead of UTC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hours = [
            Command.create(
                {"name": "Day", "dayofweek": str(day), "hour_from": 9, "hour_to": 17, "day_period": "full_day"}
            )
            for day in range(5)
        ]
        cls.calendar = cls.env["resource.calendar"].create(
            {"name": "Nine to five", "tz": "Europe/Rome", "attendance_ids": [Command.clear(), *hours]}
        )
        cls.company.resource_calendar_id = cls.calendar
        cls.users = cls.user_own + cls.user_all

    def test_who_is_away_is_absent_until_then(self):
        self.user_own.away_until = "2027-03-02 08:00:00"
        self.assertEqual(self.users._filter_absent(self.company, moment("2027-03-02 07:59")), self.user_own)
        self.assertFalse(self.users._filter_absent(self.company, moment("2027-03-02 08:00")))

    def test_who_works_by_the_own_clock(self):
        self.user_all.tz = "Europe/Lisbon"
        self.assertFalse(self.users._filter_working(self.company, moment("2027-03-01 07:59")))
        self.assertEqual(self.users._filter_working(self.company, moment("2027-03-01 08:00")), self.user_own)
        self.assertEqual(self.users._filter_working(self.company, moment("2027-03-01 16:00")), self.user_all)
        self.assertFalse(self.users._filter_working(self.company, moment("2027-03-06 10:00")))

    def test_who_is_away_does_not_work(self):
        self.user_own.away_until = "2027-03-08 08:00:00"
        self.assertEqual(self.users._filter_working(self.company, moment("2027-03-01 10:00")), self.user_all)

    def test_a_span_of_all_hours(self):
        monday = moment("2027-03-01 09:00")
        self.assertEqual(self.company._get_moment_before(10, monday), moment("2027-02-28 23:00"))

    def test_a_span_of_working_hours_leaves_out_nights_weekends_and_holidays(self):
        monday = moment("2027-03-01 09:00")  # ten o'clock in Rome: the day has lasted an hour
        self.assertEqual(self.company._get_moment_before(3, monday, working=True), moment("2027-02-26 14:00"))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Fair",
                "calendar_id": self.calendar.id,
                "date_from": "2027-02-25 23:00:00",
                "date_to": "2027-02-26 22:59:59",
            }
        )
        self.assertEqual(self.company._get_moment_before(3, monday, working=True), moment("2027-02-25 14:00"))

    def test_without_fixed_hours_all_count(self):
        self.company.resource_calendar_id = False
        monday = moment("2027-03-01 09:00")
        self.assertEqual(self.company._get_moment_before(3, monday, working=True), moment("2027-03-01 06:00"))
