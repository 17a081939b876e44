import json
from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .call_common import CallCase

NOW = "2026-07-08 08:00:00"  # a Wednesday, 10:00 in Rome


class WallCase(CallCase):
    """The clock of the company's working hours is Rome's; the calls of the demo data are not ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = "Europe/Rome"
        cls.env["crm.call"].sudo().search([])._confirmed().unlink()
        cls.env["crm.call.wizard"].search([]).unlink()
        cls.env["mail.presence"].search([]).unlink()
        cls.operator.name, cls.rival.name, cls.coordinator.name = "Anna", "Bruno", "Carla"

    def _made(self, outcome, end=NOW, user=None, minutes=2, **values):
        """A call that was made before."""
        end = datetime.fromisoformat(end)
        return self.env["crm.call"]._record_past(
            [
                {
                    "lead_id": self.leads[0].id,
                    "user_id": (user or self.operator).id,
                    "company_id": self.company.id,
                    "outcome_id": outcome.id,
                    "date_start": end - timedelta(minutes=minutes),
                    "date_end": end,
                    **values,
                }
            ]
        )

    def _wall(self, user=None, companies=None, campaigns=None):
        wall = self.env["crm.call.wall"].with_user(user or self.coordinator)
        if companies:
            wall = wall.with_context(allowed_company_ids=companies.ids)
        self.env.invalidate_all()
        return wall.get_wall(campaigns and campaigns.ids)

    def _tiles(self, **options):
        return {tile["id"]: tile for tile in self._wall(**options)["operators"]}

    def _tile(self, user=None, **options):
        return self._tiles(**options)[(user or self.operator).id]

    def _state(self, user=None, **options):
        tile = self._tile(user, **options)
        return tile["state"], tile["since"]

    def _be(self, status, user=None):
        """What Odoo knows of where a user is."""
        self.env["mail.presence"].create({"user_id": (user or self.operator).id, "status": status})


class TestCallWall(WallCase):
    def test_who_is_no_coordinator_is_refused(self):
        for user in (self.operator, self.user_all, self.user_portal, self.user_public):
            wall = self.env["crm.call.wall"].with_user(user)
            for method in (wall.get_wall, wall.get_campaigns):
                with self.assertRaises(AccessError):
                    method()
        for user in (self.coordinator, self.user_manager):
            self.assertEqual(self._wall(user)["operators"], [])

    def test_menu_is_for_coordinators(self):
        menu = self.env.ref("crm_lead_lifecycle.crm_call_menu_wall")
        for user, is_seen in ((self.operator, False), (self.user_all, False), (self.coordinator, True)):
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            self.assertEqual(menu.id in visible, is_seen, user.login)

    def test_what_has_come_of_the_calls_of_today(self):
        for outcome in (self.sale, self.appointment, self.not_interested, self.no_answer, self.no_answer, self.busy):
            self._made(outcome, "2026-07-08 07:30:00")
        self._made(self.sale, user=self.rival)
        with self._at(NOW):
            tile = self._tile()
            self.assertEqual([row["name"] for row in self._wall()["operators"]], ["Anna", "Bruno"])
            self.assertEqual(self._wall()["now"], NOW)
        figures = {name: tile[name] for name in ("calls", "contacts", "appointments", "contracts")}
        self.assertEqual(figures, {"calls": 6, "contacts": 3, "appointments": 1, "contracts": 1})
        self.assertEqual((tile["contact_rate"], tile["closing_rate"]), (50, 33))

    def test_nothing_of_customers_is_told(self):
        self.leads.contact_name = "Marco Rossi"
        with self._at(NOW):
            self._made(self.sale, notes="Secret")
            self._dialog(self._claim())
            told = json.dumps(self._wall())
        for secret in ("Rossi", "Secret", self.leads[0].name, self.leads[0].phone, self.leads[0].number):
            self.assertNotIn(secret, told)

    def test_bad_input(self):
        wall = self.env["crm.call.wall"].with_user(self.coordinator)
        for campaign_ids in ("1", 1, ["1"], [None], [True], {"id": 1}):
            with self.assertRaises(UserError):
                wall.get_wall(campaign_ids)

    # ------------------------------------------------------------
    # TODAY
    # ------------------------------------------------------------

    def _calls_today(self, now, *ends, **options):
        """How many of the calls that ended at these moments, a minute after they began, are of today."""
        for end in ends:
            self._made(self.sale, end, minutes=1)
        with self._at(now):
            tile = self._tiles(**options).get(self.operator.id)
            return tile["calls"] if tile else 0

    def test_today_begins_at_midnight_of_the_company(self):
        # in Rome 00:00 of the 8th is 22:00 of the 7th
        self.assertEqual(self._calls_today(NOW, "2026-07-07 22:00:00", "2026-07-07 22:01:00"), 1)
        self.company.resource_calendar_id.tz = "America/New_York"
        self.assertEqual(self._calls_today(NOW), 0, "there it is 04:00: both were at 18:00 of the day before")

    def test_today_when_the_clock_changes(self):
        # on 29 March midnight is at UTC + 1, noon at UTC + 2; on 25 October the other way round
        self.assertEqual(
            self._calls_today(
                "2026-03-29 10:00:00", "2026-03-28 22:30:00", "2026-03-28 23:30:00", "2026-03-29 08:00:00"
            ),
            2,
        )
        self.env["crm.call"].sudo().search([])._confirmed().unlink()
        self.assertEqual(
            self._calls_today(
                "2026-10-25 22:30:00", "2026-10-24 21:30:00", "2026-10-24 22:30:00", "2026-10-25 22:00:00"
            ),
            2,
        )
        self.assertEqual(self._calls_today("2026-10-25 23:00:00"), 0, "the next day has begun: 25 hours later")

    def test_last_hour_goes_on_over_midnight(self):
        self._made(self.sale, "2026-07-07 21:50:00")
        with self._at("2026-07-07 22:10:00"):
            tile = self._tile()
        self.assertEqual(tile["calls"], 0)
        self.assertEqual([outcome["count"] for outcome in tile["outcomes"]], [1])

    def test_no_call_is_corrected_into_the_future(self):
        """It would stand on the wall as one of the last hour until then."""
        call = self._made(self.sale).with_user(self.coordinator)
        with self._at(NOW):
            with self.assertRaisesRegex(UserError, "in the future"):
                call.date_end = "2099-07-08 08:00:00"
            call.write({"date_start": "2026-07-08 07:00:00", "date_end": "2026-07-08 07:58:00"})
            self.assertEqual(self._state(), ("idle", "2026-07-08 07:58:00"))

    # ------------------------------------------------------------
    # THE LAST HOUR
    # ------------------------------------------------------------

    def _outcomes(self, now=NOW):
        with self._at(now):
            return [(outcome["name"], outcome["count"]) for outcome in self._tile()["outcomes"]]

    def test_prevailing_outcome_comes_first(self):
        for outcome, end in (
            (self.sale, "2026-07-08 06:59:00"),
            (self.sale, "2026-07-08 07:00:00"),
            (self.no_answer, "2026-07-08 07:10:00"),
            (self.busy, "2026-07-08 07:20:00"),
        ):
            self._made(outcome, end)
        self.assertEqual(self._outcomes(), [("Busy", 1), ("No answer", 1)], "as many: the later one; sales are too old")
        self._made(self.no_answer, "2026-07-08 07:30:00")
        self.assertEqual(self._outcomes(), [("No answer", 2), ("Busy", 1)])
        self._made(self.busy, "2026-07-08 07:25:00")
        self.assertEqual(self._outcomes(), [("No answer", 2), ("Busy", 2)], "as many: the later one")
        self._made(self.busy, "2026-07-08 07:31:00")
        self.assertEqual(self._outcomes(), [("Busy", 3), ("No answer", 2)])

    def test_outcomes_have_their_colours_and_the_readers_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.sale.with_context(lang="it_IT").name = "Venduto"
        self.sale.color = 5
        self._made(self.sale)
        self.coordinator.lang = "it_IT"
        with self._at(NOW):
            wall = self.env["crm.call.wall"].with_user(self.coordinator).with_context(lang="it_IT").get_wall()
        self.assertEqual(
            wall["operators"][0]["outcomes"], [{"id": self.sale.id, "name": "Venduto", "color": 5, "count": 1}]
        )

    # ------------------------------------------------------------
    # COMPANIES AND CAMPAIGNS
    # ------------------------------------------------------------

    def test_companies_are_apart(self):
        lead = self._lead(user_id=self.operator_other_company.id, company_id=self.other_company.id)
        self._made(self.sale, user=self.operator_other_company, company_id=self.other_company.id, lead_id=lead.id)
        self._made(self.sale)
        both, here, there = self.company + self.other_company, self.company, self.other_company
        with self._at(NOW):
            self._dialog(user=self.operator_other_company, lead_id=lead.id)
            self.assertEqual(list(self._tiles()), [self.operator.id])
            self.assertEqual(list(self._tiles(user=self.user_other_company)), [self.operator_other_company.id])
            for companies, count in ((both, 2), (here, 1), (there, 1)):
                self.assertEqual(len(self._tiles(user=self.user_manager, companies=companies)), count)
            with self.assertRaises(AccessError):
                self._wall(companies=there)

    def test_who_calls_for_another_company_is_busy_without_a_name(self):
        self.operator.company_ids += self.other_company
        lead = self._lead(user_id=self.operator.id, company_id=self.other_company.id)
        campaign = self._campaign(lead, name="Secret", company_id=self.other_company.id, user_ids=False)
        self._made(self.sale)
        with self._at(NOW):
            self._dialog(campaign.entry_ids)
            tile = self._tile()
        self.assertEqual((tile["state"], tile["campaign"]), ("calling", False))

    def test_one_campaign(self):
        other = self._campaign(self._lead(), name="Winter", user_ids=[Command.set(self.rival.ids)])
        self._made(self.sale, campaign_id=self.campaign.id)
        self._made(self.no_answer, "2026-07-08 07:50:00", campaign_id=other.id)
        self._be("online", self.rival)
        with self._at(NOW):
            self.assertEqual(self._tile(campaigns=other)["calls"], 1)
            self.assertEqual([row["name"] for row in self._tile(campaigns=other)["outcomes"]], ["No answer"])
            self.assertEqual(self._state(campaigns=other), ("idle", NOW), "since the last call of any campaign")
            self.assertEqual(self._tile(self.rival, campaigns=other)["calls"], 0, "takes its contacts")
            self.campaign.user_ids = self.operator
            self.assertNotIn(self.rival.id, self._tiles(campaigns=self.campaign))

    def test_campaign_of_another_company_shows_nobody(self):
        campaign = self._campaign(name="Secret", company_id=self.other_company.id, user_ids=False)
        self._made(self.sale)
        with self._at(NOW):
            self.assertFalse(self._tiles(campaigns=campaign))
            self.assertNotIn("Secret", [row["name"] for row in self._campaigns()])

    def _campaigns(self):
        self.env.invalidate_all()
        return self.env["crm.call.wall"].with_user(self.coordinator).get_campaigns()

    def test_what_is_left_of_campaigns(self):
        self._campaign(name="Draft", state="draft")
        with self._at(NOW):
            self._claim()
            self.entries.filtered(lambda entry: entry.state == "ready")[0].write(
                {"state": "waiting", "next_call_at": "2026-07-08 12:00:00", "date_queued": "2026-07-08 12:00:00"}
            )
            rows = {row["id"]: row for row in self._campaigns()}
        self.assertEqual(rows[self.campaign.id], {"id": self.campaign.id, "name": "Summer", "left": 3, "callable": 1})
        self.assertNotIn("Draft", [row["name"] for row in rows.values()])

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def _room(self, count):
        users = self.env["res.users"].create(
            [
                {
                    "name": f"Room {number}",
                    "login": f"room_{count}_{number}",
                    "group_ids": [Command.set(self.env.ref("crm_lead_lifecycle.group_call_operator").ids)],
                }
                for number in range(count)
            ]
        )
        for user in users:
            self._made(self.sale, user=user)
            self._made(self.no_answer, user=user)
            self._be("online", user)
            lead = self._lead(user_id=user.id)
            self._dialog(user=user, lead_id=lead.id)

    def test_number_of_queries_is_constant(self):
        with self._at(NOW):
            self._room(2)
            self._wall()
            few = self._count_queries(self._wall)
            self._room(18)
            self.assertEqual(len(self._wall()["operators"]), 20)
            self.assertEqual(self._count_queries(self._wall), few)
            self.assertLessEqual(few, 4)
