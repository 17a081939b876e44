from datetime import datetime, timedelta

from psycopg2.errors import ReadOnlySqlTransaction

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from .test_client_link import ClientCase

NOW = "2027-03-10 09:30:00"  # a Wednesday, 10:30 in Rome
MIDNIGHT = "2027-03-09 23:00:00"


class DashboardCase(ClientCase):
    """The days are Rome's. Only leads of one team count, since there may be others in the database."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = "Europe/Rome"
        cls.source = cls.env["utm.source"].create({"name": "Fair of tents"})
        cls.env["res.lang"]._lang_get("en_US").week_start = "1"

    def _at_work(self, stage=None, created=MIDNIGHT, stamps=None, **values):
        """A lead of the team with moments, as the database has them."""
        lead = self._lead(stage, **{"team_id": self.team.id, **values})
        self._set_in_database(lead, create_date=created, **(stamps or {}))
        return lead

    def _answered(self, minutes, created=MIDNIGHT, **values):
        """A lead to be answered within an hour, missed after four; answered after so many minutes, None for not yet."""
        begin = datetime.fromisoformat(created)
        touched = minutes is not None and begin + timedelta(minutes=minutes)
        stamps = {
            "date_sla_within": begin + timedelta(hours=1),
            "date_sla_late": begin + timedelta(hours=4),
            "date_first_touch": touched or None,
            "minutes_to_first_touch": minutes,
            "working_minutes_to_first_touch": minutes and minutes / 2,
        }
        return self._at_work(created=created, stamps=stamps, **values)

    def _dashboard(self, span="today", user=None, now=NOW, team="ours", companies=None):
        """What the page shows; each figure on it counts what it opens."""
        user = user or self.user_manager
        dashboard = self.env["crm.lead.dashboard"].with_user(user)
        if companies:
            dashboard = dashboard.with_context(allowed_company_ids=companies.ids)
        self._forget()
        with self._at(now):
            found = dashboard.get_dashboard(span, self.team.id if team == "ours" else team)
            figures = list(self._figures(found))
            self.assertGreater(len(figures), 25)
            for figure in figures:
                self.assertEqual(dashboard.env["crm.lead"].search_count(figure["domain"]), figure["count"], figure)
        return found

    def _figures(self, found):
        if isinstance(found, dict):
            if "domain" in found:
                yield found
            found = list(found.values())
        if isinstance(found, list):
            for part in found:
                yield from self._figures(part)

    def _flows(self, *names, **options):
        """Figures of now and before."""
        flows = self._dashboard(**options)["flows"]
        return {name: (flows[name]["count"], flows[name]["before"]["count"]) for name in names}

    def _standing(self, *names, **options):
        """Figures of now, and of that what is new."""
        standing = self._dashboard(**options)["standing"]
        return {name: (standing[name]["count"], standing[name]["new"]["count"]) for name in names}

    def _rows(self, field, **options):
        (table,) = (table for table in self._dashboard(**options)["tables"] if table["field"] == field)
        return {
            row.get("others") or row["name"]: {name: figure["count"] for name, figure in row["figures"].items()}
            for row in table["rows"]
        }

    def assertFlow(self, name, count, before=0, **options):
        self.assertEqual(self._flows(name, **options), {name: (count, before)})


class TestDashboard(DashboardCase):
    """What the figures count."""

    def test_what_happened_today_and_yesterday_until_this_hour(self):
        yesterday = "2027-03-09 08:00:00"
        self._at_work()
        self._at_work(created=yesterday, stamps={"date_first_touch": yesterday})
        for status, moment in (("linked", MIDNIGHT), ("converted", MIDNIGHT), ("linked", yesterday)):
            self._at_work(created="2027-03-01 08:00:00", stamps={"client_status": status, "date_client": moment})
        for stage, moment in ((self.stage_won, MIDNIGHT), (self.stage_lost, MIDNIGHT), (self.stage_lost, yesterday)):
            self._at_work(stage, created="2027-03-01 08:00:00", stamps={"date_closed": moment})
        flows = self._flows("came", "taken", "linked", "converted", "won", "lost")
        self.assertEqual(
            flows,
            {
                "came": (1, 1),
                "taken": (0, 1),
                "linked": (1, 1),
                "converted": (1, 0),
                "won": (1, 0),
                "lost": (1, 1),
            },
        )

    def test_answers_in_time(self):
        for minutes in (10, 60, 61, 241, None):
            self._answered(minutes)
        self._answered(None, created="2027-03-10 09:00:00")
        self._at_work()  # without an answer time
        self._answered(30, created="2027-03-09 08:00:00")
        names = ("decided", "within", "late", "missed", "running")
        self.assertEqual(
            self._flows(*names),
            {"decided": (5, 1), "within": (2, 1), "late": (1, 0), "missed": (2, 0), "running": (1, 0)},
        )

    def test_first_touch_in_percentiles(self):
        for minutes in (10, 20, 30, 40, 50):
            self._answered(minutes)
        self._answered(7, created="2027-03-09 08:00:00")
        self._answered(1000, created="2027-03-01 08:00:00")
        self.assertEqual(
            self._dashboard()["first_touch"],
            {
                "minutes": {"median": 30, "p90": 46, "before": {"median": 7, "p90": 7}},
                "working_minutes": {"median": 15, "p90": 23, "before": {"median": 3.5, "p90": 3.5}},
            },
        )

    def test_first_touch_is_unknown_where_there_was_none(self):
        found = self._dashboard()["first_touch"]["minutes"]
        self.assertEqual(found, {"median": None, "p90": None, "before": {"median": None, "p90": None}})

    def test_what_waits(self):
        old = "2027-02-01 08:00:00"
        for due in ("2027-03-10 08:00:00", "2027-03-08 08:00:00", "2027-03-11 08:00:00"):
            self._at_work(created=old, date_due=due)
        self._at_work(self.stage_lost, created=old, date_due="2027-03-08 08:00:00")
        self.stage_late.rotting_threshold_days = 5
        for since in ("2027-03-05 08:00:00", "2027-03-01 08:00:00", "2027-03-06 08:00:00"):
            self._at_work(self.stage_late, created=old, stamps={"date_last_stage_update": since})
        self._at_work(stamps={"client_status": "linked", "date_client": old})
        self._at_work(self.stage_frozen)
        self._at_work()
        self.assertEqual(
            self._standing("overdue", "expired", "without_client"),
            {"overdue": (2, 1), "expired": (2, 1), "without_client": (7, 1)},
        )

    def test_proposals_to_send(self):
        self.lead_type.proposal_ready_stage_id = self.stage_working
        self._at_work(self.stage_working, stamps={"date_last_stage_update": MIDNIGHT})
        self._at_work(self.stage_working, stamps={"date_last_stage_update": "2027-03-08 08:00:00"})
        self._at_work(self.stage_late)
        self.assertEqual(self._standing("ready"), {"ready": (2, 1)})

    def test_only_leads_of_the_team(self):
        other = self.env["crm.team"].create({"name": "Elsewhere"})
        ours, theirs = self._at_work(), self._at_work(team_id=other.id)
        for team, leads in ((self.team, ours), (other, theirs)):
            came = self._dashboard(team=team.id)["flows"]["came"]
            self.assertEqual(self.env["crm.lead"].search(came["domain"]), leads)
        self.assertGreaterEqual(self._dashboard(team=False)["flows"]["came"]["count"], 2)

    def test_it_begins_empty(self):
        self._at_work()
        self.assertFalse(self._dashboard(user=self.user_own)["is_empty"])
        leads = self.env["crm.lead"].with_context(active_test=False)
        seen = leads.search([("user_id", "in", [self.user_own.id, False])])
        self._set_in_database(seen, user_id=self.user_all.id)
        self.assertTrue(self._dashboard(user=self.user_own)["is_empty"])

    # ------------------------------------------------------------
    # WHAT HAPPENS TO LEADS
    # ------------------------------------------------------------

    def test_detach_and_undo_take_back_what_was_linked(self):
        client = self._client()
        lead = self._inquiry(team_id=self.team.id)
        other = self._inquiry(contact_name="Bea Neri", phone=False, email_from="bea@example.org", team_id=self.team.id)
        with self._at("2027-03-10 08:00:00"):
            self._link(lead, client)
            self._convert(other)
        self.assertEqual(self._flows("linked", "converted"), {"linked": (1, 0), "converted": (1, 0)})
        with self._at("2027-03-10 09:00:00"):
            lead.with_user(self.user_detach).action_detach_client()
            other.with_user(self.user_detach).action_undo_client()
        self.assertEqual(self._flows("linked", "converted"), {"linked": (0, 0), "converted": (0, 0)})

    def test_removed_leads_are_none_until_they_are_restored(self):
        lead = self._answered(10, date_due="2027-03-10 08:00:00")
        names = ("came", "taken", "within")
        for is_removed in (False, True, False):
            if is_removed:
                values = {"lead_ids": lead.ids, "removal_reason_id": self.removal_reason.id}
                self.env["crm.lead.remove"].with_user(self.user_manager).create(values).action_apply()
            elif lead.client_status == "removed":
                lead.with_user(self.user_manager).action_restore()
            count = int(not is_removed)
            self.assertEqual(self._flows(*names), dict.fromkeys(names, (count, 0)))
            self.assertEqual(self._standing("overdue"), {"overdue": (count, count)})

    def test_merged_leads_are_one(self):
        leads = self._answered(10) + self._answered(20)
        self.assertFlow("taken", 2)
        leads.merge_opportunity()
        self.assertFlow("taken", 1)
        self.assertFlow("came", 1)

    def test_won_and_lost_leads_count_until_they_are_restored(self):
        won, lost = self._at_work(), self._at_work()
        with self._at("2027-03-10 08:00:00"):
            won.with_user(self.user_own).stage_id = self.stage_won
            lost.with_user(self.user_own).stage_id = self.stage_lost
        self.assertEqual(self._flows("won", "lost", "came"), {"won": (1, 0), "lost": (1, 0), "came": (2, 0)})
        lost.with_user(self.user_own).action_restore()
        self.assertFlow("lost", 0)

    def test_whoever_acts_takes_a_lead_in_charge(self):
        lead = self._at_work()
        self.assertFlow("taken", 0)
        with self._at("2027-03-10 08:00:00"):
            lead.with_user(self.user_own).stage_id = self.stage_working
        self.assertFlow("taken", 1)
        self.assertEqual(self._dashboard()["first_touch"]["minutes"]["median"], 540)

    # ------------------------------------------------------------
    # TABLES
    # ------------------------------------------------------------

    def test_by_salesperson_and_source(self):
        self._answered(10, source_id=self.source.id)
        self._answered(100, source_id=self.source.id, date_due="2027-03-01 08:00:00")
        self._answered(10, user_id=False)
        self._at_work(self.stage_won, user_id=self.user_all.id, stamps={"date_closed": MIDNIGHT})
        columns = ("came", "taken", "decided", "within", "won", "overdue")
        rows = self._rows("user_id")
        self.assertEqual(list(rows), [self.user_own.name, False, self.user_all.name], "most leads come first")
        self.assertEqual(rows[self.user_own.name], dict(zip(columns, (2, 2, 2, 1, 0, 1), strict=True)))
        self.assertEqual(rows[False], dict(zip(columns, (1, 1, 1, 1, 0, 0), strict=True)))
        self.assertEqual(rows[self.user_all.name], dict(zip(columns, (1, 0, 0, 0, 1, 0), strict=True)))
        rows = self._rows("source_id")
        self.assertEqual(rows["Fair of tents"], dict(zip(columns, (2, 2, 2, 1, 0, 1), strict=True)))
        self.assertEqual(rows[False], dict(zip(columns, (2, 1, 1, 1, 1, 0), strict=True)))

    def test_ten_rows_and_all_others(self):
        sources = self.env["utm.source"].create([{"name": f"Portal {number}"} for number in range(12)])
        for source in sources:
            self._at_work(source_id=source.id)
        self._at_work(source_id=sources[11].id)
        rows = self._rows("source_id")
        self.assertEqual(list(rows), ["Portal 11", *(f"Portal {number}" for number in range(9)), 2])
        self.assertEqual(rows[2]["came"], 2)

    def test_others_hold_what_has_no_source(self):
        sources = self.env["utm.source"].create([{"name": f"Portal {number}"} for number in range(10)])
        for source in sources:
            for _twice in range(2):
                self._at_work(source_id=source.id)
        self._at_work()
        self.assertEqual(self._rows("source_id")[1]["came"], 1)

    # ------------------------------------------------------------
    # ASKING
    # ------------------------------------------------------------

    def test_what_can_be_asked_for(self):
        dashboard = self.env["crm.lead.dashboard"].with_user(self.user_manager)
        for span in ("year", "", None, ["today"], 7):
            with self.assertRaisesRegex(UserError, "this week or this month"):
                dashboard.get_dashboard(span)
        for team in ("1", [1], {"id": 1}, True, 1.5):
            with self.assertRaisesRegex(UserError, "named by its id"):
                dashboard.get_dashboard("today", team)
        self.assertEqual(dashboard.get_dashboard("today", -1)["flows"]["came"]["count"], 0)

    def test_it_only_reads(self):
        self._answered(10)
        self.assertTrue(type(self.env["crm.lead.dashboard"]).get_dashboard._readonly)
        self._forget()
        with self.assertRaises(ReadOnlySqlTransaction), mute_logger("odoo.sql_db"), self.env.cr.savepoint(flush=False):
            self.env.cr.execute("SET TRANSACTION READ ONLY")
            self.env["crm.lead.dashboard"].with_user(self.user_manager).get_dashboard()
            self.env.cr.execute("UPDATE crm_lead SET name = name WHERE FALSE")

    def test_as_many_queries_for_many_leads_as_for_one(self):
        dashboard = self.env["crm.lead.dashboard"].with_user(self.user_manager)
        self._answered(10, source_id=self.source.id)

        def queries():
            self._forget()
            with self._at(NOW):
                return self._count_queries(lambda: dashboard.get_dashboard("today", self.team.id))

        queries()
        few = queries()
        sources = self.env["utm.source"].create([{"name": f"Portal {number}"} for number in range(15)])
        for source in sources:
            self._answered(10, source_id=source.id, user_id=self.user_all.id)
        self.assertEqual(queries(), few)
        self.assertLessEqual(few, 24)
