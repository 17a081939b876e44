import random
from datetime import datetime, timedelta
from unittest.mock import patch

import pytz

from odoo.tests import BaseCase, tagged

from ..models import call_hours
from ..models.call_hours import HORIZON, CallingHours

ROME, NEW_YORK, LOS_ANGELES = ("Europe/Rome",), ("America/New_York",), ("America/Los_Angeles",)
LISBON_AND_AZORES = ("Europe/Lisbon", "Atlantic/Azores")
KOLKATA, KATHMANDU = ("Asia/Kolkata",), ("Asia/Kathmandu",)
MONDAY, TUESDAY, SATURDAY, SUNDAY = 0, 1, 5, 6


def moment(text):
    return datetime.fromisoformat(text)


def every_day(*windows):
    return [(weekday, start, end) for weekday in range(7) for start, end in windows]


@tagged("post_install", "-at_install")
class TestCallHours(BaseCase):
    """Calling hours by the clocks of those who are called; all moments are UTC, holidays are local."""

    def assertIntervals(self, hours, start, stop, zones, expected):
        intervals = hours.open_intervals(moment(start), moment(stop), zones)
        self.assertEqual(intervals, [(moment(opening), moment(closing)) for opening, closing in expected])

    # ------------------------------------------------------------
    # WINDOWS
    # ------------------------------------------------------------

    def test_open_from_the_start_to_before_the_end(self):
        hours = CallingHours([(MONDAY, 9.0, 12.5)])
        for text, is_open in (
            ("2026-11-30 07:59:59", False),
            ("2026-11-30 08:00:00", True),
            ("2026-11-30 11:29:59", True),
            ("2026-11-30 11:30:00", False),
            ("2026-12-01 09:00:00", False),
        ):
            with self.subTest(text):
                self.assertEqual(hours.is_open(moment(text), ROME), is_open)

    def test_next_opening(self):
        hours = CallingHours([(MONDAY, 9.0, 12.5), (MONDAY, 15.0, 18.0)])
        for text, opening in (
            ("2026-11-28 10:00:00", "2026-11-30 08:00:00"),
            ("2026-11-30 10:00:00", "2026-11-30 10:00:00"),
            ("2026-11-30 11:30:00", "2026-11-30 14:00:00"),
            ("2026-11-30 17:00:00", "2026-12-07 08:00:00"),
        ):
            with self.subTest(text):
                self.assertEqual(hours.next_open(moment(text), ROME), moment(opening))

    def test_closing_of_an_open_moment_only(self):
        hours = CallingHours(every_day((9.0, 12.5)))
        self.assertEqual(hours.closes_at(moment("2026-11-30 10:00"), ROME), moment("2026-11-30 11:30"))
        self.assertIsNone(hours.closes_at(moment("2026-11-30 11:30"), ROME))

    def test_adjoining_and_overlapping_windows_are_one(self):
        hours = CallingHours([(MONDAY, 9.0, 12.0), (MONDAY, 11.0, 14.0), (MONDAY, 14.0, 18.0), (MONDAY, 10.0, 11.0)])
        self.assertEqual(hours.closes_at(moment("2026-11-30 08:00"), ROME), moment("2026-11-30 17:00"))

    def test_a_window_to_midnight_closes_at_midnight(self):
        hours = CallingHours([(MONDAY, 20.0, 24.0)])
        self.assertTrue(hours.is_open(moment("2026-11-30 22:59:59"), ROME))
        self.assertFalse(hours.is_open(moment("2026-11-30 23:00:00"), ROME))
        self.assertEqual(hours.closes_at(moment("2026-11-30 20:00"), ROME), moment("2026-11-30 23:00"))

    def test_windows_join_over_midnight(self):
        hours = CallingHours([(MONDAY, 20.0, 24.0), (TUESDAY, 0.0, 2.0)])
        self.assertIntervals(
            hours, "2026-11-30 00:00", "2026-12-03 00:00", ROME, [("2026-11-30 19:00", "2026-12-01 01:00")]
        )
        self.assertEqual(hours.closes_at(moment("2026-11-30 19:00"), ROME), moment("2026-12-01 01:00"))

    def test_sunday_joins_monday(self):
        hours = CallingHours([(SUNDAY, 22.0, 24.0), (MONDAY, 0.0, 1.0)])
        self.assertEqual(hours.closes_at(moment("2026-11-29 21:00"), ROME), moment("2026-11-30 00:00"))

    def test_intervals_are_cut_to_what_is_asked(self):
        hours = CallingHours(every_day((9.0, 12.0)))
        expected = [("2026-11-30 09:00", "2026-11-30 11:00"), ("2026-12-01 08:00", "2026-12-01 08:30")]
        self.assertIntervals(hours, "2026-11-30 09:00", "2026-12-01 08:30", ROME, expected)
        self.assertIntervals(hours, "2026-11-30 11:00", "2026-12-01 08:00", ROME, [])
        self.assertIntervals(hours, "2026-11-30 09:00", "2026-11-30 09:00", ROME, [])

    def test_no_windows_are_any_time(self):
        hours, now = CallingHours(), moment("2026-11-30 03:00")
        self.assertTrue(hours.is_open(now, ROME))
        self.assertEqual(hours.next_open(now, ROME), now)
        self.assertIsNone(hours.closes_at(now, ROME))
        self.assertIntervals(
            hours, "2026-11-30 03:00", "2027-11-30 03:00", ROME, [("2026-11-30 03:00", "2027-11-30 03:00")]
        )

    def test_no_zone_is_utc(self):
        hours = CallingHours([(MONDAY, 9.0, 10.0)])
        for zones in ((), []):
            self.assertEqual(hours.next_open(moment("2026-11-30 00:00"), zones), moment("2026-11-30 09:00"))

    def test_hours_are_those_of_the_screen(self):
        hours = CallingHours([(MONDAY, 9.33, 23.999)])  # shown as 09:20 and 24:00
        self.assertIntervals(
            hours, "2026-11-30 00:00", "2026-12-01 00:00", (), [("2026-11-30 09:20", "2026-12-01 00:00")]
        )

    def test_windows_that_are_none_are_refused(self):
        for window in (
            (MONDAY, 12.0, 9.0),
            (MONDAY, 9.0, 9.0),
            (MONDAY, -1.0, 9.0),
            (MONDAY, 9.0, 24.5),
            (7, 9.0, 12.0),
            (-1, 9.0, 12.0),
            ("0", 9.0, 12.0),
        ):
            with self.subTest(window), self.assertRaises(ValueError):
                CallingHours([window])

    # ------------------------------------------------------------
    # TIME ZONES
    # ------------------------------------------------------------

    def test_nine_stays_nine_in_summer(self):
        hours = CallingHours(every_day((9.0, 10.0)))
        for zones, before, after in (
            (ROME, "2027-03-27 08:00", "2027-03-28 07:00"),
            (ROME, "2027-10-30 07:00", "2027-10-31 08:00"),
            (NEW_YORK, "2027-03-13 14:00", "2027-03-14 13:00"),
            (NEW_YORK, "2027-11-06 13:00", "2027-11-07 14:00"),
        ):
            with self.subTest(zones=zones, day=after):
                first = hours.next_open(moment(before), zones)
                self.assertEqual(first, moment(before))
                self.assertEqual(hours.next_open(first + timedelta(hours=1), zones), moment(after))

    def test_the_hour_that_does_not_exist(self):
        """In Rome 02:00 becomes 03:00 on 28 March 2027, in New York on 14 March."""
        for zones, day, change in ((ROME, "2027-03-28", "01:00"), (NEW_YORK, "2027-03-14", "07:00")):
            with self.subTest(zones):
                start, stop, change = f"{day} 00:00", f"{day} 12:00", moment(f"{day} {change}")
                self.assertIntervals(CallingHours([(SUNDAY, 2.0, 3.0)]), start, stop, zones, [])
                half = CallingHours([(SUNDAY, 2.5, 3.5)])
                expected = [(change, change + timedelta(minutes=30))]
                self.assertEqual(half.open_intervals(moment(start), moment(stop), zones), expected)
                whole = CallingHours([(SUNDAY, 1.0, 4.0)])
                expected = [(change - timedelta(hours=1), change + timedelta(hours=1))]
                self.assertEqual(whole.open_intervals(moment(start), moment(stop), zones), expected)

    def test_the_hour_that_comes_twice_is_open_twice(self):
        """In Rome 03:00 becomes 02:00 on 31 October 2027; in New York 02:00 becomes 01:00 on 7 November."""
        for zones, day, first_hour, change in ((ROME, "2027-10-31", 2, "01:00"), (NEW_YORK, "2027-11-07", 1, "06:00")):
            with self.subTest(zones):
                start, stop, change = moment(f"{day} 00:00"), moment(f"{day} 12:00"), moment(f"{day} {change}")
                hour, quarter = timedelta(hours=1), timedelta(minutes=15)
                whole = CallingHours([(SUNDAY, first_hour, first_hour + 1)])
                self.assertEqual(whole.open_intervals(start, stop, zones), [(change - hour, change + hour)])
                self.assertEqual(whole.closes_at(change - hour, zones), change + hour)
                half = CallingHours([(SUNDAY, first_hour + 0.25, first_hour + 0.75)])
                expected = [(turn - 3 * quarter, turn - quarter) for turn in (change, change + hour)]
                self.assertEqual(half.open_intervals(start, stop, zones), expected)

    def test_several_clocks_the_strictest_counts(self):
        hours = CallingHours(every_day((9.0, 19.0)))
        for zones, opening, closing in (
            (LISBON_AND_AZORES, "2026-11-30 10:00", "2026-11-30 19:00"),
            (NEW_YORK + LOS_ANGELES, "2026-11-30 17:00", "2026-12-01 00:00"),
        ):
            with self.subTest(zones):
                for order in (zones, zones[::-1]):
                    self.assertEqual(hours.next_open(moment("2026-11-30 09:00"), order), moment(opening))
                    self.assertEqual(hours.closes_at(moment(opening), order), moment(closing))
                    self.assertFalse(hours.is_open(moment(opening) - timedelta(seconds=1), order))

    def test_clocks_that_are_never_open_together(self):
        hours = CallingHours(every_day((9.0, 10.0)))
        self.assertIsNone(hours.next_open(moment("2026-11-30 09:00"), NEW_YORK + LOS_ANGELES))

    def test_zones_of_half_and_quarter_hours(self):
        hours = CallingHours([(MONDAY, 9.0, 10.0)])
        self.assertEqual(hours.next_open(moment("2026-11-29 00:00"), KOLKATA), moment("2026-11-30 03:30"))
        self.assertEqual(hours.next_open(moment("2026-11-29 00:00"), KATHMANDU), moment("2026-11-30 03:15"))
        # on Lord Howe the clock is set by half an hour: 02:00 becomes 01:30 on 4 April 2027
        howe = CallingHours([(SUNDAY, 1.5, 2.0)])
        self.assertIntervals(
            howe, "2027-04-03 00:00", "2027-04-05 00:00", ("Australia/Lord_Howe",),
            [("2027-04-03 14:30", "2027-04-03 15:30")],
        )  # fmt: skip

    def test_on_both_sides_of_the_date_line(self):
        hours = CallingHours([(MONDAY, 9.0, 10.0)])
        for zone, opening in (
            ("Pacific/Kiritimati", "2026-11-29 19:00"),
            ("Pacific/Apia", "2026-11-29 20:00"),
            ("Pacific/Pago_Pago", "2026-11-30 20:00"),
        ):
            self.assertEqual(hours.next_open(moment("2026-11-28 12:00"), (zone,)), moment(opening), zone)
        # no moment is Monday, 9 o'clock on both sides
        self.assertIsNone(hours.next_open(moment("2026-11-28 12:00"), ("Pacific/Kiritimati", "Pacific/Pago_Pago")))

    def test_a_day_that_a_country_skips(self):
        """Samoa crossed the date line: 30 December 2011, a Friday, did not exist there."""
        hours = CallingHours(every_day((9.0, 10.0)))
        self.assertIntervals(
            hours, "2011-12-29 12:00", "2011-12-31 12:00", ("Pacific/Apia",),
            [("2011-12-29 19:00", "2011-12-29 20:00"), ("2011-12-30 19:00", "2011-12-30 20:00")],
        )  # fmt: skip
        self.assertIntervals(
            CallingHours([(4, 0.0, 24.0)]), "2011-12-29 00:00", "2012-01-01 00:00", ("Pacific/Apia",), []
        )

    def test_an_unknown_zone_is_refused(self):
        with self.assertRaises(pytz.UnknownTimeZoneError):
            CallingHours().is_open(moment("2026-11-30 09:00"), ("Mars/Olympus",))

    # ------------------------------------------------------------
    # HOLIDAYS
    # ------------------------------------------------------------

    def test_a_holiday_goes_by_the_local_clock(self):
        hours = CallingHours(holidays=[(moment("2026-12-25"), moment("2026-12-26"))])
        for text, in_rome, in_new_york in (
            ("2026-12-24 22:59:59", True, True),
            ("2026-12-24 23:00:00", False, True),
            ("2026-12-25 05:00:00", False, False),
            ("2026-12-25 23:00:00", True, False),
            ("2026-12-26 05:00:00", True, True),
        ):
            with self.subTest(text):
                self.assertEqual(hours.is_open(moment(text), ROME), in_rome)
                self.assertEqual(hours.is_open(moment(text), NEW_YORK), in_new_york)
                self.assertEqual(hours.is_open(moment(text), ROME + NEW_YORK), in_rome and in_new_york)

    def test_a_holiday_cuts_a_window(self):
        hours = CallingHours(every_day((9.0, 18.0)), [(moment("2026-12-24 12:00"), moment("2026-12-26 10:30"))])
        expected = [("2026-12-24 08:00", "2026-12-24 11:00"), ("2026-12-26 09:30", "2026-12-26 17:00")]
        self.assertIntervals(hours, "2026-12-24 00:00", "2026-12-27 00:00", ROME, expected)
        self.assertEqual(hours.closes_at(moment("2026-12-24 09:00"), ROME), moment("2026-12-24 11:00"))
        self.assertEqual(hours.next_open(moment("2026-12-24 11:00"), ROME), moment("2026-12-26 09:30"))

    def test_a_holiday_in_the_middle_of_a_window_and_overlapping_ones(self):
        holidays = [
            (moment("2026-11-30 12:00"), moment("2026-11-30 13:00")),
            (moment("2026-11-30 12:30"), moment("2026-11-30 14:00")),
            (moment("2026-11-30 16:00"), moment("2026-11-30 16:00")),  # of no length
        ]
        hours = CallingHours([(MONDAY, 9.0, 18.0)], iter(holidays))
        expected = [("2026-11-30 08:00", "2026-11-30 11:00"), ("2026-11-30 13:00", "2026-11-30 17:00")]
        self.assertIntervals(hours, "2026-11-30 00:00", "2026-12-01 00:00", ROME, expected)

    def test_no_opening_within_the_horizon(self):
        now = moment("2026-11-30 09:00")
        closed = CallingHours(holidays=[(now - timedelta(days=2), now + HORIZON + timedelta(days=2))])
        self.assertIsNone(closed.next_open(now, ROME))
        self.assertFalse(closed.is_open(now, ROME))
        almost = CallingHours(holidays=[(now - timedelta(days=2), now + HORIZON - timedelta(days=1))])
        self.assertEqual(almost.next_open(now, ()), now + HORIZON - timedelta(days=1))
        later = CallingHours(holidays=[(now + HORIZON - timedelta(days=1), now + HORIZON)])
        self.assertEqual(later.closes_at(now, ()), now + HORIZON - timedelta(days=1))

    # ------------------------------------------------------------
    # WHAT MUST HOLD ALWAYS
    # ------------------------------------------------------------

    def _random_hours(self, rng):
        windows = []
        for _number in range(rng.randrange(12)):
            start, end = sorted(rng.sample(range(24 * 4 + 1), 2))
            windows.append((rng.randrange(7), start / 4, end / 4))
        holidays = []
        for _number in range(rng.randrange(3)):
            start = moment("2027-01-01") + timedelta(hours=rng.randrange(365 * 24))
            holidays.append((start, start + timedelta(hours=rng.choice((12, 24, 60)))))
        return windows, holidays

    def _is_open_on_the_wall(self, windows, holidays, now, zone):
        local = pytz.utc.localize(now).astimezone(pytz.timezone(zone)).replace(tzinfo=None)
        hour = (local - local.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(hours=1)
        in_window = any(weekday == local.weekday() and start <= hour < end for weekday, start, end in windows)
        return (in_window or not windows) and not any(start <= local < stop for start, stop in holidays)

    def test_all_answers_agree_with_the_clock_on_the_wall(self):
        rng = random.Random(19)
        changes = ("2027-03-28 01:00", "2027-10-31 01:00", "2027-03-14 07:00", "2027-11-07 06:00", "2027-04-03 15:00")
        for number in range(400):
            windows, holidays = self._random_hours(rng)
            hours = CallingHours(windows, holidays)
            zones = tuple(
                rng.sample(pytz.common_timezones + ["Europe/Rome", "America/New_York"], rng.choice((1, 1, 2)))
            )
            around = moment(rng.choice(changes)) if number % 2 else moment("2027-07-01")
            now = around + timedelta(
                minutes=rng.randrange(-2000, 2000) if number % 2 else rng.randrange(-260000, 260000)
            )
            with self.subTest(windows=windows, holidays=holidays, zones=zones, now=now):
                is_open = all(self._is_open_on_the_wall(windows, holidays, now, zone) for zone in zones)
                self.assertEqual(hours.is_open(now, zones), is_open)
                opening = hours.next_open(now, zones)
                self.assertEqual(opening == now, is_open)
                intervals = hours.open_intervals(now - timedelta(days=3), now + timedelta(days=3), zones)
                self.assertEqual(any(start <= now < stop for start, stop in intervals), is_open)
                for (_start, stop), (start, _stop) in zip(intervals, intervals[1:], strict=False):
                    self.assertLess(stop, start)
                if opening:
                    self.assertTrue(hours.is_open(opening, zones))
                if opening and opening > now:
                    self.assertFalse(hours.is_open(opening - timedelta(seconds=1), zones))
                closing = hours.closes_at(now, zones)
                if closing:
                    self.assertTrue(hours.is_open(closing - timedelta(seconds=1), zones))
                    self.assertFalse(hours.is_open(closing, zones))
                if not is_open:
                    self.assertIsNone(closing)

    def test_other_hours_have_other_answers(self):
        """What is remembered for one campaign is not taken for another's."""
        now = moment("2026-11-30 09:00")
        self.assertTrue(CallingHours([(MONDAY, 9.0, 12.0)]).is_open(now, ROME))
        self.assertFalse(CallingHours([(MONDAY, 11.0, 12.0)]).is_open(now, ROME))
        self.assertFalse(CallingHours([(MONDAY, 9.0, 12.0)]).is_open(now, NEW_YORK))
        holidays = [(moment("2026-11-30"), moment("2026-12-01"))]
        self.assertFalse(CallingHours([(MONDAY, 9.0, 12.0)], holidays).is_open(now, ROME))

    def test_the_same_question_is_worked_out_once(self):
        def ask():
            hours = CallingHours(every_day((9.0, 12.5), (14.5, 19.0)))
            return [hours.is_open(moment("2026-11-30 09:00"), (zone,)) for zone in pytz.common_timezones[:20]]

        answers = ask()
        with patch.object(call_hours, "_clock", side_effect=AssertionError("worked out again")):
            self.assertEqual(ask(), answers)
