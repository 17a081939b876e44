from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Command

from .appointment_common import AppointmentCase, at

FREE = ["08:00-12:00", "13:00-17:00"]


class TestAppointmentFree(AppointmentCase):
    """When an agent is free."""

    # ------------------------------------------------------------
    # WORKING HOURS
    # ------------------------------------------------------------

    def test_working_hours_of_the_company(self):
        self.assertEqual(self._friday(), FREE)
        self.assertEqual(self._free("28 00:00", "30 00:00"), [], "a weekend")

    def test_nothing_in_the_past(self):
        self.assertEqual(self._free("26 00:00", "27 00:00"), ["26 10:00-12:00", "26 13:00-17:00"])

    def test_own_hours_come_before_those_of_the_company(self):
        self.agent.working_calendar_id = self._calendar("Evenings", hours=((18, 22),))
        self.assertEqual(self._friday(), ["17:00-21:00"])

    def test_hours_of_the_employee_come_first(self):
        self.agent.working_calendar_id = self._calendar("Evenings", hours=((18, 22),))
        self._resource(calendar_id=self._calendar("Mornings", hours=((6, 8),)).id)
        self.assertEqual(self._friday(), ["05:00-07:00"])

    def test_an_employee_without_hours_keeps_the_others(self):
        self._resource(calendar_id=False)
        self.assertEqual(self._friday(), FREE)

    def test_hours_of_the_company_that_calls(self):
        self.agent.company_ids += self.other_company
        self.other_company.resource_calendar_id = self._calendar("Early", self.other_company, hours=((6, 8),))
        self.assertEqual(self._friday(), FREE)
        self.assertEqual(self._friday(company=self.other_company), ["05:00-07:00"])

    def test_the_employee_of_the_company_that_calls(self):
        self.agent.company_ids += self.other_company
        self._resource(calendar_id=self._calendar("Mornings", hours=((6, 8),)).id)
        nights = self._calendar("Nights", self.other_company, hours=((20, 22),))
        self._resource(company_id=self.other_company.id, calendar_id=nights.id)
        self.assertEqual(self._friday(), ["05:00-07:00"])
        self.assertEqual(self._friday(company=self.other_company), ["19:00-21:00"])

    def test_without_fixed_hours_the_usual_ones_count(self):
        self.agent.working_calendar_id = self._calendar("As you like", schedule_type="flexible", hours_per_day=6)
        self.assertEqual(self._friday(), ["08:00-17:00"])
        self.assertEqual(self._free("28 00:00", "30 00:00"), [], "a weekend")
        # the same whatever the range asked for
        self.assertEqual(self._free("27 14:00", "27 15:00"), ["27 14:00-15:00"])

    def test_without_any_calendar_the_usual_hours_count(self):
        self.env["res.company"].search([]).resource_calendar_id = False
        self.assertEqual(self._friday(), ["08:00-17:00"])

    def test_a_calendar_of_two_weeks(self):
        self.agent.working_calendar_id = calendar = self._calendar("Fortnight", hours=())
        calendar.switch_calendar_type()
        weeks = self.env["resource.calendar.attendance"]
        this_week = str(weeks.get_week_type(at("27 00:00").date()))
        calendar.attendance_ids = [
            Command.create({"name": "Work", "dayofweek": "4", "hour_from": 10, "hour_to": 11, "week_type": this_week})
        ]
        calendar.attendance_ids.filtered(lambda line: line.week_type != this_week and not line.display_type).unlink()
        self.assertIn("27 09:00-10:00", self._free("27 00:00", "28 00:00"))
        self.assertEqual(self._free("2026-12-04 00:00", "2026-12-05 00:00"), [])

    def test_until_midnight_is_the_whole_evening(self):
        self.agent.working_calendar_id = self._calendar("Nights", hours=((0, 4), (20, 24)), days=range(7))
        self.assertEqual(self._free("26 12:00", "27 12:00"), ["26 19:00-03:00"])

    # ------------------------------------------------------------
    # CLOCKS
    # ------------------------------------------------------------

    def test_agents_work_by_their_own_clock(self):
        self.agent.tz = "America/New_York"
        self.assertEqual(self._free("27 00:00", "28 00:00"), ["27 14:00-18:00", "27 19:00-23:00"])

    def test_without_a_clock_of_their_own_by_that_of_the_calendar(self):
        self.agent.tz = False
        self.calendar.tz = "Asia/Tokyo"
        self.assertEqual(self._free("27 00:00", "28 00:00"), ["27 00:00-04:00", "27 05:00-09:00"])

    def test_summer_time(self):
        """9 o'clock stays 9 o'clock, on both sides of the change on Sunday, 28 March 2027."""
        self.assertEqual(self._free("2027-03-26 00:00", "2027-03-27 00:00"), ["26 08:00-12:00", "26 13:00-17:00"])
        self.assertEqual(self._free("2027-03-29 00:00", "2027-03-30 00:00"), ["29 07:00-11:00", "29 12:00-16:00"])

    def test_the_nights_of_the_change(self):
        """An hour less, an hour more; nothing is free twice."""
        self.agent.working_calendar_id = self._calendar("Nights", hours=((0, 6),), days=range(7))
        self.assertEqual(self._free("2027-03-27 12:00", "2027-03-28 12:00"), ["27 23:00-04:00"])
        self.assertEqual(self._free("2027-10-30 12:00", "2027-10-31 12:00"), ["30 22:00-05:00"])

    # ------------------------------------------------------------
    # ABSENCE AND HOLIDAYS
    # ------------------------------------------------------------

    def _resource(self, **values):
        return self.env["resource.resource"].create(
            {"name": "Gianni", "user_id": self.agent.id, "company_id": self.company.id, **values}
        )

    def _leave(self, start="26 23:00", stop="27 22:59", **values):
        return self.env["resource.calendar.leaves"].create(
            {"name": "Off", "date_from": at(start), "date_to": at(stop), "calendar_id": False, **values}
        )

    def test_away_until(self):
        self.agent.away_until = at("27 10:00")
        self.assertEqual(self._friday(), ["10:00-12:00", "13:00-17:00"])
        self.agent.away_until = at("20 10:00")
        self.assertEqual(self._friday(), FREE)

    def test_absence_of_the_agent(self):
        resource = self._resource(calendar_id=self.calendar.id)
        self._leave("27 09:00", "27 15:00", resource_id=resource.id)
        self.assertEqual(self._friday(), ["08:00-09:00", "15:00-17:00"])

    def test_absence_counts_for_every_company(self):
        self.agent.company_ids += self.other_company
        resource = self._resource(calendar_id=self.calendar.id)
        self._leave(resource_id=resource.id)
        self.assertEqual(self._friday(company=self.other_company), [])

    def test_absence_of_others_does_not_count(self):
        other = self.env["resource.resource"].create({"name": "Else", "user_id": self.user_all.id})
        self._leave(resource_id=other.id)
        self._leave(time_type="other", resource_id=self._resource(calendar_id=self.calendar.id).id)
        self.assertEqual(self._friday(), FREE)

    def test_public_holiday_of_the_company(self):
        leave = self._leave(company_id=self.company.id)
        self.assertEqual(self._friday(), [])
        leave.calendar_id = self.calendar
        self.assertEqual(self._friday(), [])
        leave.calendar_id = self._calendar("Others'")
        self.assertEqual(self._friday(), FREE)

    def test_public_holiday_of_another_company(self):
        self.agent.company_ids += self.other_company
        self._leave().company_id = self.other_company
        self.assertEqual(self._friday(), FREE)
        self.assertEqual(self._friday(company=self.other_company), [])

    # ------------------------------------------------------------
    # THE CALENDAR
    # ------------------------------------------------------------

    def test_a_meeting(self):
        self._meeting("27 09:00", "27 10:30")
        self.assertEqual(self._friday(), ["08:00-09:00", "10:30-12:00", "13:00-17:00"])

    def test_a_private_meeting_of_a_colleague_counts_too(self):
        self._meeting("27 08:00", "27 12:00", attendees=self.agent + self.user_all, privacy="private")
        self.assertEqual(self._friday(), FREE[1:])

    def test_meetings_that_do_not_count(self):
        self._meeting("27 08:00", "27 12:00", attendees=self.user_all)
        self._meeting("27 08:00", "27 12:00", show_as="free")
        self._meeting("27 08:00", "27 12:00").active = False
        declined = self._meeting("27 08:00", "27 12:00", attendees=self.agent + self.user_all)
        declined.attendee_ids.filtered(lambda attendee: attendee.partner_id == self.agent.partner_id).do_decline()
        self.assertEqual(self._friday(), FREE)

    def test_somebody_with_two_users_is_one_person(self):
        second = self._agent("Gianni too", partner_id=self.agent.partner_id.id)
        self._meeting("27 08:00", "27 12:00")
        self._book("27 13:00")
        both = (self.agent + second)._map_free(at("27 00:00"), at("28 00:00"))
        self.assertEqual({len(free) for free in both.values()}, {1})
        self.assertEqual(self._friday(agent=second), ["14:00-17:00"])

    def test_who_makes_a_meeting_for_others_is_free(self):
        self._meeting("27 08:00", "27 12:00", attendees=self.user_all, user_id=self.agent.id)
        self.assertEqual(self._friday(), FREE)

    def test_a_whole_day_by_the_agents_clock(self):
        self.agent.tz = "Pacific/Auckland"
        self._meeting("27 00:00", "27 00:00", allday=True, start_date="2026-11-27", stop_date="2026-11-27")
        days = self._free("26 00:00", "2026-12-01 12:00")
        self.assertEqual(days, ["29 20:00-00:00", "30 01:00-05:00", "30 20:00-00:00", "01 01:00-05:00"])

    def test_several_days(self):
        self._meeting("27 00:00", "27 00:00", allday=True, start_date="2026-11-20", stop_date="2026-11-30")
        self.assertEqual(self._free("27 00:00", "2026-12-02 00:00"), ["01 08:00-12:00", "01 13:00-17:00"])

    def test_a_recurrent_meeting(self):
        self._meeting(
            "20 08:00", "20 12:00", recurrency=True, rrule_type="weekly", fri=True, end_type="count", count=3
        )  # fmt: skip
        self.assertEqual(self._friday(), FREE[1:])
        self.assertEqual(self._free("2026-12-04 00:00", "2026-12-05 00:00"), ["04 13:00-17:00"])
        self.assertEqual(len(self._free("2026-12-11 00:00", "2026-12-12 00:00")), 2)

    def test_one_after_the_other(self):
        self._meeting("27 08:00", "27 09:00")
        self._meeting("27 10:00", "27 12:00")
        self.agent._check_free(at("27 09:00"), at("27 10:00"))
        for start, stop in (("27 08:59", "27 09:30"), ("27 09:30", "27 10:01"), ("27 08:30", "27 10:30")):
            with self.subTest(start=start), self.assertRaisesRegex(UserError, "Gianni is not free at"):
                self.agent._check_free(at(start), at(stop))

    def test_pause_before_and_after(self):
        self.agent.appointment_buffer_minutes = 30
        self._meeting("27 09:00", "27 10:00")
        self.assertEqual(self._friday(), ["08:00-08:30", "10:30-12:00", "13:00-17:00"])
        self._meeting("27 12:15", "27 12:45")
        self.assertEqual(self._friday(), ["08:00-08:30", "10:30-11:45", "13:15-17:00"])

    def test_notice(self):
        self.agent.appointment_lead_minutes = 24 * 60
        self.assertEqual(self._free("26 00:00", "28 00:00"), ["27 10:00-12:00", "27 13:00-17:00"])

    # ------------------------------------------------------------
    # PROPOSALS
    # ------------------------------------------------------------

    def _proposals(self, minutes=60, start="27 00:00", stop="28 00:00"):
        slots = self.agent._get_slots(at(start), at(stop), minutes)
        return [f"{begin:%H:%M}-{end:%H:%M}" for _agent, begin, end in slots]

    def test_proposals(self):
        self.assertEqual(self._proposals(120), ["08:00-10:00", "10:00-12:00", "13:00-15:00", "15:00-17:00"])
        self._meeting("27 08:00", "27 09:50")
        self.assertEqual(self._proposals(120), ["10:00-12:00", "13:00-15:00", "15:00-17:00"])
        self.agent.appointment_minutes = 90
        self.agent.appointment_buffer_minutes = 15
        self.assertEqual(self._proposals(120), ["10:15-11:45", "13:00-14:30", "14:45-16:15"])

    def test_no_proposals_beyond_a_year(self):
        self.assertEqual(self._proposals(60, "2028-01-10 00:00", "2028-01-11 00:00"), [])
        with self.assertRaisesRegex(UserError, "for a year ahead"):
            self.agent._check_free(at("2028-01-10 08:00"), at("2028-01-10 09:00"))

    def test_refusals_in_words(self):
        for start, stop, words in (
            ("27 09:00", "27 09:00", "ends after it begins"),
            ("27 10:00", "27 09:00", "ends after it begins"),
            ("26 09:00", "26 11:00", "This time is over"),
            ("28 09:00", "28 10:00", "Gianni is not free at"),
        ):
            with self.subTest(start=start), self.assertRaisesRegex(UserError, words):
                self.agent._check_free(at(start), at(stop))

    def test_every_proposal_can_be_agreed(self):
        self.agent.appointment_buffer_minutes = 20
        self._meeting("27 09:10", "27 10:00")
        slots = self.agent._get_slots(at("26 00:00"), at("30 00:00"), 45)
        self.assertGreater(len(slots), 8)
        for _agent, start, stop in slots:
            self.agent._check_free(start, stop)

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_no_more_queries_for_more_agents(self):
        def ask(agents):
            self.env.invalidate_all()
            return self._count_queries(lambda: agents._get_slots(at("27 00:00"), at("27 00:00") + timedelta(28), 60))

        few = self.agent + self._agent("second")
        many = few.concat(*(self._agent(f"more_{number}") for number in range(6)))
        ask(few)
        self.assertEqual(ask(many), ask(few))
        many[-1].working_calendar_id = self._calendar("Evenings", hours=((18, 22),))
        self.assertLessEqual(ask(many), ask(few) + 3)
