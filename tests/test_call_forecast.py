from odoo.exceptions import AccessError
from odoo.fields import Command

from .call_common import NOW, GateCase, at


class TestCallForecast(GateCase):
    """How many contacts can be called in which hour of today."""

    def setUp(self):
        super().setUp()
        self.enterContext(self._at(NOW))

    def _forecast(self, tz="Europe/Rome", campaign=None):
        self.env.invalidate_all()
        campaign = (campaign or self.campaign).with_user(self.coordinator).with_context(tz=tz)
        return [(" ".join(bar["hour"].split()), bar["count"]) for bar in campaign.call_forecast]

    def _counts(self, **options):
        return [count for _hour, count in self._forecast(**options)]

    def _add(self, number, **values):
        leads = self.env["crm.lead"].create([{"name": "Pitch", "user_id": False, **values} for _ in range(number)])
        return self.campaign.add_leads(leads)

    def test_the_hours_that_are_left_of_today_by_the_readers_clock(self):
        hours = [hour for hour, _count in self._forecast()]
        self.assertEqual((hours[0], hours[1], hours[-1], len(hours)), ("11:00 AM", "12:00 PM", "11:00 PM", 13))
        hours = [hour for hour, _count in self._forecast(tz="Asia/Kolkata")]
        self.assertEqual((hours[0], hours[-1], len(hours)), ("3:00 PM", "11:00 PM", 9))

    def test_fresh_contacts_can_be_called_while_the_hours_last(self):
        self._add(2, phone="+39 333 7654330")
        self.assertEqual(self._counts(), [3] * 9 + [0] * 4)

    def test_each_zone_has_its_hours(self):
        self._add(10, phone="+44 20 7946 0958")
        self.assertEqual(self._counts(), [11] * 9 + [10] + [0] * 3)
        with self._at("2026-11-26 06:10:00"):
            self.assertEqual(self._counts()[:5], [0, 0, 1, 11, 11])

    def test_an_hour_counts_in_which_the_hours_begin_or_end(self):
        self.campaign.window_ids.write({"hour_from": 12.5, "hour_to": 13.25})
        self.assertEqual(self._counts()[:4], [0, 1, 1, 0])

    def test_waiting_contacts_join_when_they_are_due(self):
        entries = self._add(4, phone="+39 333 7654331")
        for entry, hours in zip(entries, (-20, 0.25, 2, 30), strict=True):
            self._wait(entry, hours=hours, is_recall=False)
        self.assertEqual(self._counts(), [3, 3] + [4] * 7 + [0] * 4)

    def test_contacts_that_are_not_in_line_do_not_count(self):
        entries = self._add(3, phone="+39 333 7654331")
        entries[0].state = "done"
        entries[1].action_exclude()
        entries[2].write({"state": "claimed", "claimed_by_id": self.rival.id, "claimed_until": at(1)})
        self.assertEqual(self._counts()[0], 1)

    def test_holidays(self):
        self.campaign.skip_holidays = True
        self.company.resource_calendar_id.tz = "Europe/Rome"
        self.env["resource.calendar.leaves"].create(
            {"company_id": self.company.id, "date_from": at(2), "date_to": at(6)}
        )
        self.assertEqual(self._counts()[:9], [1, 1, 0, 0, 0, 0, 1, 1, 1])

    def test_a_day_on_which_clocks_are_set(self):
        self.campaign.window_ids = False
        for moment, number in (("2026-10-24 22:00:00", 25), ("2026-03-28 23:00:00", 23)):
            with self._at(moment):
                self.assertEqual(self._counts(), [1] * number)

    def test_half_an_hour_is_in_its_own_hour(self):
        self._wait(hours=1, is_recall=False)  # 12:00 in Rome, 16:30 in Kolkata
        self.assertEqual(self._counts(tz="Asia/Kolkata")[:3], [0, 1, 1])

    def test_many_campaigns_in_one_query(self):
        campaigns = self.campaign + self._campaign(self.lead, name="Winter")
        few = self._count_queries(lambda: self._counts())
        hours = campaigns._get_hours_of_today()
        self.assertEqual(self._count_queries(lambda: campaigns._count_by_zone_and_hour(hours)), 1)
        self.assertLess(few, 25)
        forecasts = campaigns.mapped("call_forecast")
        self.assertEqual([bool(forecast) for forecast in forecasts], [True, True])

    def test_a_campaign_that_is_being_made(self):
        self.assertFalse(self.env["crm.call.campaign"].new({"name": "Autumn"}).call_forecast)


class TestCallNobody(GateCase):
    """What "Next contact" says when there is nobody."""

    def setUp(self):
        super().setUp()
        self.enterContext(self._at(NOW))

    def _reason(self, user=None, campaign=None):
        self.env.invalidate_all()
        user = user or self.operator
        return self._words((self.campaign if campaign is None else campaign).with_user(user)._get_nobody_reason())

    def test_the_notice_has_the_reason(self):
        self.entry.state = "done"
        notice = self.campaign.with_user(self.operator).next_contact()
        self.assertEqual(notice["params"]["message"], "All contacts are done.")

    def test_campaigns_that_do_not_run_or_are_of_others(self):
        self.assertIn("in no campaign", self._reason(self.coordinator))
        self.campaign.action_pause()
        self.assertEqual(self._reason(), "“Summer” is not running.")
        self.assertIn("in no campaign", self._reason(campaign=self.campaign.browse()))

    def test_who_waits_and_until_when(self):
        self._wait(hours=4)
        self.assertEqual(self._reason(), "Waiting for their time: 1 (the next until 3:00 PM).")

    def test_who_is_outside_the_hours_and_when_they_begin(self):
        self.campaign.window_ids.hour_from = 14
        portugal = self.campaign.add_leads(self._lead(phone="+44 20 7946 0958", user_id=False))
        self._wait(portugal, is_recall=False)
        self.assertEqual(self._reason(), "Outside their calling hours: 2 (they begin at 2:00 PM).")

    def test_who_is_with_others_or_blocked(self):
        leads = self.env["crm.lead"].create(
            [{"name": "Pitch", "phone": f"+39 333 76544{number:02d}", "user_id": False} for number in range(3)]
        )
        entries = self.campaign.add_leads(leads)
        self._wait(entries[0], user=self.rival)
        entries[1].write({"state": "claimed", "claimed_by_id": self.rival.id, "claimed_until": at(1)})
        self.campaign.max_calls = 1
        (self.entry + entries[2]).attempts = 1
        self.assertFalse(self._claim())
        self.assertEqual(
            self._reason(),
            "Called back by others: 1. In a call: 1. Blocked, or called as often as allowed: 2.",
        )

    def test_in_one_query(self):
        self.campaign.window_ids.hour_from = 14
        now = at()
        hours_only = self._count_queries(self.campaign._get_hours)
        queries = self._count_queries(lambda: self.campaign._count_by_obstacle(self.operator, now))
        self.assertLessEqual(queries, 2 + hours_only)
        self.assertLess(self._count_queries(lambda: self._reason()), 25)


class TestCallForecastRights(GateCase):
    def test_the_figures_are_those_of_campaigns_that_one_may_see(self):
        foreign = self.env["crm.call.campaign"].create(
            {"name": "Elsewhere", "company_id": self.other_company.id, "user_ids": [Command.clear()]}
        )
        with self.assertRaises(AccessError):
            foreign.with_user(self.operator).read(["call_forecast"])
        self.assertTrue(self.campaign.with_user(self.operator).call_forecast)
