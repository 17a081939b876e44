from odoo import fields
from odoo.fields import Command

from .call_common import GateCase


class TestCallWindow(GateCase):
    """Nobody is called outside the hours of a campaign, by the own clock; the gate says when they begin."""

    def _set_hours(self, hour_from, hour_to, weekdays=(0, 1, 2, 3, 4, 5, 6)):
        self.campaign.window_ids = [
            Command.clear(),
            *(Command.create({"weekday": str(day), "hour_from": hour_from, "hour_to": hour_to}) for day in weekdays),
        ]

    def _move(self, **values):
        """A contact elsewhere: a lead with these values instead."""
        self.entry.unlink()
        self.lead = self._lead(**{"user_id": False, **values})
        self.entry = self.campaign.add_leads(self.lead)

    def assertOpens(self, *moments):
        """At each moment (UTC) the hours begin: not a second earlier, which is when the gate names this moment."""
        for moment in map(fields.Datetime.to_datetime, moments):
            with self._at(str(fields.Datetime.subtract(moment, seconds=1))), self._tried():
                gates = self._gates()
                self.assertIn(list(gates), (["hours"], ["holiday"]), moment)
                self.assertEqual([gate.lifts for gate in gates.values()], [moment])
                self.assertFalse(self._claim())
            with self._at(str(moment)), self._tried():
                self.assertEqual(self._gates(), {}, moment)
                self.assertEqual(self._claim(), self.entry)

    def assertCloses(self, *moments):
        for moment in map(fields.Datetime.to_datetime, moments):
            with self._at(str(fields.Datetime.subtract(moment, seconds=1))), self._tried():
                self.assertEqual(self._gates(), {}, moment)
                self.assertEqual(self._claim(), self.entry)
            with self._at(str(moment)), self._tried():
                self.assertEqual(list(self._gates()), ["hours"], moment)
                self.assertFalse(self._claim())

    def test_hours_of_the_week(self):
        self.assertOpens("2026-11-26 08:00:00", "2026-11-30 08:00:00")
        self.assertCloses("2026-11-26 19:00:00", "2026-11-27 19:00:00")
        with self._at("2026-11-27 19:00:00"):
            self.assertEqual(str(self._gates()["hours"].lifts), "2026-11-30 08:00:00", "over the week-end")

    def test_without_windows_at_any_time(self):
        self.campaign.window_ids = False
        with self._at("2026-11-29 02:00:00"):
            self.assertEqual(self._gates(), {})
            self.assertEqual(self._claim(), self.entry)

    def test_clocks_set_forward(self):
        """In Rome 02:00 became 03:00 on 29 March 2026, a Sunday."""
        self._set_hours(9, 20)
        self.assertOpens("2026-03-28 08:00:00", "2026-03-29 07:00:00")
        self.assertCloses("2026-03-28 19:00:00", "2026-03-29 18:00:00")
        self._set_hours(2, 4, [6])
        self.assertOpens("2026-03-29 01:00:00")
        self.assertCloses("2026-03-29 02:00:00")
        self._set_hours(2, 3, [6])
        with self._at("2026-03-29 00:00:00"):
            self.assertEqual(str(self._gates()["hours"].lifts), "2026-04-05 00:00:00", "there is no such hour")

    def test_clocks_set_back(self):
        """In Rome 03:00 became 02:00 on 25 October 2026, a Sunday."""
        self._set_hours(9, 20)
        self.assertOpens("2026-10-24 07:00:00", "2026-10-25 08:00:00")
        self._set_hours(2, 3, [6])
        self.assertOpens("2026-10-25 00:00:00")
        self.assertCloses("2026-10-25 02:00:00")

    def test_the_phones_zone_before_the_address_before_the_companys(self):
        self.company.resource_calendar_id.tz = "Asia/Tokyo"
        california = {
            "country_id": self.env.ref("base.us").id,
            "state_id": self.env.ref("base.state_us_5").id,
        }
        self._move(phone="+44 20 7946 0958", **california)
        self.assertOpens("2026-11-26 09:00:00")
        self._move(**california)
        self.assertOpens("2026-11-26 17:00:00")
        self._move(country_id=False)
        self.assertOpens("2026-11-26 00:00:00")

    def test_the_clients_phone_and_address_where_the_lead_has_none(self):
        self.client.phone = "+44 20 7946 0958"
        self._move()
        self._set_in_database(self.lead, partner_id=self.client.id)
        self.entry.unlink()
        self.entry = self.campaign.add_leads(self.lead)
        self.assertOpens("2026-11-26 09:00:00")

    def test_another_number_is_another_clock(self):
        self.assertOpens("2026-11-26 08:00:00")
        self.lead.phone = "+44 20 7946 0958"
        self.assertOpens("2026-11-26 09:00:00")

    def test_of_several_zones_the_strictest_counts(self):
        """Of Spain it may be the Canaries, an hour behind."""
        self._move(country_id=self.env.ref("base.es").id)
        self.assertOpens("2026-11-26 09:00:00")
        self.assertCloses("2026-11-26 19:00:00")

    def test_the_gate_names_both_clocks(self):
        self._move(phone="+44 20 7946 0958")
        with self._at("2026-11-26 03:00:00"):
            words = self._words(self._gates()["hours"].sentence)
            self.assertIn("begin at 10:00 AM (for the customer 9:00 AM in London)", words)
        self._move(country_id=self.env.ref("base.es").id)
        with self._at("2026-11-26 03:00:00"):
            words = self._words(self._gates()["hours"].sentence)
            self.assertIn("begin at 10:00 AM (for the customer 9:00 AM in Canary – 10:00 AM in", words)
        self._move(phone="+39 333 7654321")
        with self._at("2026-11-26 03:00:00"):
            words = self._words(self._gates()["hours"].sentence)
            self.assertTrue(words.endswith("begin at 9:00 AM."), "the same clock is named once")

    def test_public_holidays(self):
        self.campaign.skip_holidays = True
        holiday = self.env["resource.calendar.leaves"].create(
            {
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": "2026-11-25 23:00:00",
                "date_to": "2026-11-26 22:59:59",
            }
        )
        self.company.resource_calendar_id.tz = "Europe/Rome"
        with self._at("2026-11-26 10:00:00"):
            gate = self._gates()["holiday"]
            self.assertIn("A public holiday", gate.sentence)
            self.assertEqual(str(gate.lifts), "2026-11-27 08:00:00")
            self.assertFalse(self._claim())
        with self._at("2026-11-26 20:00:00"):
            self.assertEqual(list(self._gates()), ["hours"], "after hours it is no matter of the holiday")
        self.assertOpens("2026-11-27 08:00:00")
        self.campaign.skip_holidays = False
        self.assertOpens("2026-11-26 08:00:00")
        self.campaign.skip_holidays = True
        holiday.resource_id = self.env["resource.resource"].create({"name": "Anna"})
        self.assertOpens("2026-11-26 08:00:00")

    def test_hours_that_never_come(self):
        self._set_hours(2, 2.5, [6])
        self.campaign.skip_holidays = True
        self.env["resource.calendar.leaves"].create(
            {"company_id": self.company.id, "date_from": "2026-11-01 00:00:00", "date_to": "2027-02-28 00:00:00"}
        )
        with self._at("2026-11-26 10:00:00"):
            (place,) = self._places()
            self.assertIn("none in the next 60 days", place.gates[0].sentence)
            self.assertIsNone(place.earliest)

    def test_call_backs_outside_of_campaigns_have_no_hours(self):
        entry = self.env["crm.call.entry"].sudo()._get_outside(self._lead(phone="+39 333 7654326"))
        with self._at("2026-11-29 02:00:00"):
            entry.write({"state": "waiting", "next_call_at": "2026-11-29 01:00:00", "recall_user_id": self.operator.id})
            self.assertEqual(self._gates(lead=entry.lead_id), {})
            self.assertEqual(self._claim(), entry)
