import random
from datetime import datetime, timedelta
from unittest.mock import patch

import phonenumbers
import pytz
from phonenumbers.timezone import time_zones_for_number

from odoo.tests import BaseCase, freeze_time, tagged

from ..models import call_hours
from ..models.call_hours import day_start, main_zone, simplify_zones, zones_of_country, zones_of_number
from ..models.call_state_zones import STATE_ZONES

ROME, NEW_YORK, LOS_ANGELES = ("Europe/Rome",), ("America/New_York",), ("America/Los_Angeles",)


@tagged("post_install", "-at_install")
class TestCallZones(BaseCase):
    """By which clocks somebody lives, as far as phone number and address tell."""

    def test_zones_of_a_number(self):
        for number, zones in (
            ("+390612345678", ROME),
            ("+393331234567", ("Europe/Rome", "Europe/Vatican")),
            ("+12125551234", NEW_YORK),
            ("+351912345678", ("Atlantic/Azores", "Europe/Lisbon")),
            ("+351212345678", ("Europe/Lisbon",)),
            ("+87812345678", ()),
            ("+390", ()),
            ("+000123", ()),
            ("0612345678", ()),
            ("+39 06 12345678", ()),
            ("+", ()),
            ("call me", ()),
            ("", ()),
            (None, ()),
            (False, ()),
        ):
            with self.subTest(number):
                self.assertEqual(zones_of_number(number), zones)

    def test_what_is_remembered_of_numbers_is_what_decides(self):
        rng = random.Random(8)
        examples = {
            phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            for region in phonenumbers.SUPPORTED_REGIONS
            for kind in phonenumbers.PhoneNumberType.values()
            if (example := phonenumbers.example_number_for_type(region, kind))
        }
        # of these places only the eighth digit tells the zone
        examples |= {"+558130134321", "+558130191234", "+61255053123", "+61255041234"}
        for example in sorted(examples):
            number = example[:8] + "".join(rng.choice("0123456789") for _digit in example[8:])
            parsed = [phonenumbers.parse(text) for text in (example, number)]
            for text, one in zip((example, number), parsed, strict=True):
                if phonenumbers.is_valid_number(one):
                    expected = tuple(zone for zone in time_zones_for_number(one) if zone != "Etc/Unknown")
                    self.assertEqual(zones_of_number(text), expected, text)

    def test_invalid_numbers_and_their_neighbours(self):
        invalid, valid, too_short = "+594594166981", "+594594101234", "+59459410123"
        with patch.object(call_hours, "_KNOWN_NUMBERS", {}):
            self.assertEqual(zones_of_number(invalid), ())
            self.assertEqual(zones_of_number(valid), ("America/Cayenne",))
            self.assertEqual(zones_of_number(too_short), ())

    def test_numbers_that_begin_alike_are_parsed_once(self):
        with patch.object(call_hours, "_KNOWN_NUMBERS", {}):
            zones = zones_of_number("+393331234567")
            with patch.object(phonenumbers, "parse", side_effect=AssertionError("parsed again")):
                self.assertEqual(zones_of_number("+393331299999"), zones)

    def test_what_is_remembered_of_numbers_stays_small(self):
        known = {}
        with patch.object(call_hours, "_KNOWN_NUMBERS", known), patch.object(call_hours, "_MOST_KNOWN_NUMBERS", 2):
            for area in ("212", "213", "312", "415", "617"):
                self.assertTrue(zones_of_number(f"+1{area}5551234"))
                self.assertLessEqual(len(known), 2)

    def test_zones_of_a_country(self):
        self.assertEqual(zones_of_country("IT"), ROME)
        self.assertEqual(zones_of_country("it"), ROME)
        self.assertEqual(set(zones_of_country("PT")), {"Europe/Lisbon", "Atlantic/Madeira", "Atlantic/Azores"})
        for code in ("XX", "", None, False):
            self.assertEqual(zones_of_country(code), (), code)
            self.assertEqual(zones_of_country(code, "CA"), (), code)

    def test_zones_of_a_state(self):
        for country, state, zones in (
            ("US", "NY", NEW_YORK),
            ("US", "CA", LOS_ANGELES),
            ("us", "ca", LOS_ANGELES),
            ("US", "TN", ("America/Chicago", "America/New_York")),
            ("ES", "GC", ("Atlantic/Canary",)),
            ("ES", "M", ("Europe/Madrid",)),
            ("PT", "20", ("Atlantic/Azores",)),
            ("IT", "TO", ROME),
        ):
            self.assertEqual(zones_of_country(country, state), zones, (country, state))
        for state in ("AE", "??", "", None, False):  # of the armed forces, unknown, none
            self.assertEqual(zones_of_country("US", state), tuple(pytz.country_timezones["US"]), state)

    def test_the_states_leave_out_no_clock_of_their_country(self):
        for country, by_zone in STATE_ZONES.items():
            self.assertLessEqual(set(by_zone), pytz.all_timezones_set, country)
            clocks = simplify_zones({*by_zone, *pytz.country_timezones[country]})
            self.assertEqual(len(simplify_zones(by_zone)), len(clocks), country)

    def test_zones_with_the_same_clock_are_one(self):
        for zones, simple in (
            (("Europe/Vatican", "Europe/Rome"), ROME),
            (("Europe/Rome", "Europe/Paris", "Europe/Lisbon"), ("Europe/Lisbon", "Europe/Paris")),
            # the same offset in winter only
            (("America/Phoenix", "America/Denver"), ("America/Denver", "America/Phoenix")),
            # the same offsets, set on other days
            (("America/New_York", "America/Havana"), ("America/Havana", "America/New_York")),
            (("Mars/Olympus", "Europe/Rome", "", None, False), ROME),
            (("Mars/Olympus",), ()),
            ((), ()),
        ):
            with self.subTest(zones):
                self.assertEqual(simplify_zones(zones), simple)
                self.assertEqual(simplify_zones(list(zones)), simple)

    def test_of_several_zones_that_of_the_capital_is_shown(self):
        for zones, main in (
            (("Atlantic/Azores", "Europe/Lisbon"), "Europe/Lisbon"),
            (("Atlantic/Canary", "Europe/Madrid"), "Europe/Madrid"),
            (("UTC",), "UTC"),
            ((None,), None),
        ):
            with self.subTest(zones):
                self.assertEqual(main_zone(zones), main)

    def test_the_same_clock_in_this_and_the_next_year_only(self):
        """Volgograd left Moscow's time on 28 October 2018 and came back to it on 27 December 2020."""
        zones = ("Europe/Moscow", "Europe/Volgograd")
        for today, simple in (
            ("2016-12-31", ("Europe/Moscow",)),
            ("2017-01-01", zones),
            ("2020-12-31", zones),
            ("2021-01-01", ("Europe/Moscow",)),
        ):
            with freeze_time(today):
                self.assertEqual(simplify_zones(zones), simple, today)

    # ------------------------------------------------------------
    # THE DAY OF WHOEVER IS CALLED
    # ------------------------------------------------------------

    def test_start_of_the_day(self):
        for now, zones, start in (
            ("2026-11-30 09:00", ROME, "2026-11-29 23:00"),
            ("2026-11-30 23:00", ROME, "2026-11-30 23:00"),
            ("2026-11-30 22:59:59", ROME, "2026-11-29 23:00"),
            ("2026-11-30 03:00", NEW_YORK, "2026-11-29 05:00"),
            ("2027-03-28 20:00", ROME, "2027-03-27 23:00"),  # a day of 23 hours
            ("2027-10-31 22:59", ROME, "2027-10-30 22:00"),  # a day of 25 hours
            ("2026-11-30 09:00", (), "2026-11-30 00:00"),
            ("2027-03-29 20:00", ROME, "2027-03-28 22:00"),  # and the days after them
            ("2027-11-01 20:00", ROME, "2027-10-31 23:00"),
            ("2026-11-30 09:00", ("Asia/Kathmandu",), "2026-11-29 18:15"),
            ("2026-11-30 09:00", ("Pacific/Kiritimati",), "2026-11-29 10:00"),
            ("2026-11-30 09:00", ("Pacific/Pago_Pago",), "2026-11-29 11:00"),
            # there is no midnight in Beirut on 28 March 2027: the day begins at one o'clock
            ("2027-03-28 10:00", ("Asia/Beirut",), "2027-03-27 22:00"),
            # and two in Havana on 7 November 2027: it begins with the first
            ("2027-11-07 12:00", ("America/Havana",), "2027-11-07 04:00"),
            ("2027-11-07 05:30", ("America/Havana",), "2027-11-07 04:00"),
            ("2011-12-30 20:00", ("Pacific/Apia",), "2011-12-30 10:00"),
        ):
            with self.subTest(now=now, zones=zones):
                self.assertEqual(day_start(datetime.fromisoformat(now), zones), datetime.fromisoformat(start))

    def test_a_day_starts_when_its_date_does(self):
        rng = random.Random(27)
        for _number in range(400):
            zone = rng.choice(pytz.common_timezones)
            now = datetime.fromisoformat("2027-01-01") + timedelta(minutes=rng.randrange(365 * 24 * 60))
            start = day_start(now, (zone,))
            before, first, local = (
                pytz.utc.localize(one).astimezone(pytz.timezone(zone)).date()
                for one in (start - timedelta(seconds=1), start, now)
            )
            with self.subTest(zone=zone, now=now):
                self.assertLessEqual(start, now)
                self.assertEqual(first, local)
                self.assertLess(before, local)

    def test_by_several_clocks_the_earliest_start(self):
        for zones in (NEW_YORK + LOS_ANGELES, LOS_ANGELES + NEW_YORK):
            self.assertEqual(
                day_start(datetime.fromisoformat("2026-11-30 12:00"), zones), datetime.fromisoformat("2026-11-30 05:00")
            )
            # in Los Angeles it is still the day before
            self.assertEqual(
                day_start(datetime.fromisoformat("2026-11-30 06:00"), zones), datetime.fromisoformat("2026-11-29 08:00")
            )
