from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.tools import mute_logger

from .call_common import NOW, GateCase, at


class TestCallCaps(GateCase):
    """How often a contact is called a day, in 24 hours and in all."""

    def setUp(self):
        super().setUp()
        self.enterContext(self._at(NOW))
        self.campaign.window_ids = False

    def assertFree(self):
        self.assertEqual(self._gates(), {})
        with self._tried():
            self.assertEqual(self._claim(), self.entry)

    def assertLimited(self, key, lifts, words):
        gates = self._gates()
        self.assertEqual(list(gates), [key])
        self.assertEqual(gates[key].lifts, lifts)
        self.assertIn(words, self._words(gates[key].sentence))
        with self._tried():
            self.assertFalse(self._claim())

    def test_no_limits(self):
        for hours in range(1, 6):
            self._make_call(hours)
        self.entry.attempts = 5
        self.assertFree()

    def test_calls_a_day(self):
        self.campaign.max_calls_day = 2
        self._make_call(3)
        self._make_call(12)
        self.assertFree()  # 23:00 in Rome was yesterday
        self._make_call(2)
        self.assertLimited("day", at(13), "The limit of calls a day is 2: the next from 11/27/26, 12:00 AM.")
        with self._at(str(at(13))):
            self.assertFree()

    def test_the_day_is_the_customers(self):
        self.campaign.max_calls_day = 1
        self._make_call(1)
        self.lead.phone = "+44 20 7946 0958"
        self.assertLimited(
            "day", at(14), "the next from 11/27/26, 1:00 AM (for the customer 11/27/26, 12:00 AM in London)"
        )

    def test_of_several_zones_the_day_must_be_over_in_all(self):
        self.campaign.max_calls_day = 1
        self.lead.write({"phone": False, "country_id": self.env.ref("base.es").id})
        self._make_call(1)
        self.assertLimited("day", at(14), "the next from 11/27/26, 1:00 AM")
        with self._at(str(at(13))):
            self.assertLimited("day", at(14), "the next from")
        with self._at(str(at(14))):
            self.assertFree()

    def test_the_day_on_which_clocks_are_set(self):
        """25 October 2026 has 25 hours in Rome."""
        self.campaign.max_calls_day = 1
        with self._at("2026-10-25 10:00:00"):
            moment = "2026-10-24 22:30:00"
            self._make_call(date_start=moment, date_end=moment)
            self.assertEqual(str(self._gates()["day"].lifts), "2026-10-25 23:00:00")

    def test_calls_in_24_hours(self):
        self.campaign.max_calls_24h = 2
        self._make_call(24)
        self._make_call(23)
        self.assertFree()
        self._make_call(2)
        self.assertLimited("rolling", at(1), "The limit of calls in 24 hours is 2: the next from 12:00 PM.")
        with self._at(str(at(1) - timedelta(seconds=1))):
            self.assertLimited("rolling", at(1), "the next from 12:00 PM")
        with self._at(str(at(1))):
            self.assertFree()

    def test_calls_in_all(self):
        self.campaign.max_calls = 3
        self.entry.attempts = 2
        self.assertFree()
        self.entry.attempts = 3
        self.assertLimited("attempts", None, "3 of 3 calls made")

    def test_calls_of_other_campaigns_and_from_the_lead_count_for_the_day(self):
        self.campaign.max_calls_day = 2
        self._make_call(1, entry=self._campaign(self.lead, name="Winter").entry_ids)
        self._make_call(2, entry_id=False, campaign_id=False)
        self._make_call(2, entry=self.entries[0])
        places = {place.campaign: [gate.key for gate in place.gates] for place in self._places()}
        self.assertEqual(places[self.campaign], ["day"])
        self.assertFalse(self._claim())

    def test_agreed_call_backs_are_not_refused_for_the_limits_of_a_day(self):
        self.campaign.write({"max_calls_day": 1, "max_calls_24h": 1})
        self._make_call(1)
        self.assertEqual(list(self._gates()), ["day", "rolling"])
        self._wait(user=self.operator)
        self.assertFree()
        self._wait(is_recall=False)
        self.assertEqual(list(self._gates()), ["day", "rolling"])

    def test_agreed_call_backs_end_with_the_calls_in_all(self):
        self.campaign.max_calls = 1
        self._wait(user=self.operator, attempts=1)
        self.assertLimited("attempts", None, "1 of 1 calls made")

    def test_the_latest_limit_says_when_it_can_be_called(self):
        self.campaign.write({"max_calls_day": 1, "max_calls_24h": 2})
        self._make_call(5)
        self._make_call(1)
        (place,) = self._places()
        self.assertEqual({gate.key: gate.lifts for gate in place.gates}, {"day": at(13), "rolling": at(19)})
        self.assertEqual(place.earliest, at(19))

    def test_confirmed_calls_fill_the_limit(self):
        self.campaign.max_calls_day = 2
        self._call(self.no_answer)
        retry = self.entry.next_call_at
        with self._at(str(retry)):
            self._call(self.no_answer)
        with self._at(str(self.entry.next_call_at)):
            self.assertLimited("day", at(13), "The limit of calls a day is 2")

    def test_limits_below_zero_are_refused(self):
        for name in ("max_calls", "max_calls_day", "max_calls_24h"):
            with self.subTest(name), mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self._tried():
                self.campaign[name] = -1
                self.env.flush_all()
