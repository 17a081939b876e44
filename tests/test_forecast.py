from ast import literal_eval
from datetime import datetime, timedelta

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .test_deadline import NOW, DeadlineCase

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


class ForecastCase(DeadlineCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stages.rotting_threshold_days = 7
        cls.stage_late.rotting_threshold_days = 0
        # what was there before does not count
        cls.env["crm.lead"].with_context(active_test=False).search([]).write(
            {"date_due": False, "proposal_deadline": False}
        )
        cls.env["crm.stage"].with_context(active_test=False).search([("id", "not in", cls.stages.ids)]).write(
            {"rotting_threshold_days": 0}
        )

    def _rows(self, *domain, user=None, **context):
        self.env.flush_all()
        self.env.invalidate_all()
        forecast = self.env["crm.lead.forecast"].with_user(user or self.user_manager).with_context(**context)
        return forecast.search(list(domain))

    def _since(self, moment, stage=None, **values):
        lead = self._lead(stage or self.stage_new, **values)
        self._set_in_database(lead, date_last_stage_update=moment)
        return lead


class TestForecast(ForecastCase):
    """What will expire, fall due or end, and what has."""

    def test_one_row_for_each_thing_that_runs_out(self):
        with self._now():
            lead = self._since(NOW, date_due=NOW + 3 * DAY, proposal_deadline="2026-06-20")
            rows = self._rows(("lead_id", "=", lead.id))
            self.assertEqual(
                [(row.kind, row.date, row.is_past) for row in rows],
                [
                    ("due", NOW + 3 * DAY, False),
                    ("proposals", datetime.fromisoformat("2026-06-20 21:59:59"), False),
                    ("expires", NOW + 7 * DAY, False),
                ],
            )
            self.assertEqual(len(set(rows.ids)), 3)
            self.assertEqual(rows.user_id, self.user_own)
            self.assertEqual(rows.stage_id, self.stage_new)
            self.assertEqual(rows.lead_type_id, self.lead_type)
            self.assertEqual((rows.team_id, rows.company_id), (lead.team_id, lead.company_id))

    def test_lead_without_any_limit_has_no_row(self):
        with self._now():
            self.assertFalse(self._rows(("lead_id", "=", self._since(NOW, self.stage_late).id)))

    def test_past_is_what_the_filters_find(self):
        """Of every sort of lead, on both sides of the border, at any age."""
        with self._now():
            ages = (timedelta(), SECOND, 7 * DAY, 7 * DAY + SECOND, 400 * DAY)
            leads, by_age = self._leads_of_every_sort(ages)
            for age, some in by_age.items():
                moment = NOW - age
                self._set_in_database(some, date_last_stage_update=moment, date_due=moment, proposal_deadline=moment)
            for kind, field in (
                ("expires", "is_rotting"),
                ("due", "is_overdue"),
                ("proposals", "is_proposal_expired"),
            ):
                for user in (self.env.user, self.user_manager):
                    found = leads.with_user(user).search([("id", "in", leads.ids), (field, "=", True)])
                    past = self._rows(("kind", "=", kind), ("is_past", "=", True), user=user).lead_id
                    self.assertTrue(past)
                    self.assertEqual(sorted(past.ids), sorted(found.ids), kind)
            self.assertEqual(set(self._rows(("is_past", "=", True)).lead_id.mapped("type")), {"lead", "opportunity"})

    def test_frozen_closed_and_archived_leads_are_not_in_it(self):
        with self._now():
            archived, removed = self._since(NOW, probability=10), self._since(NOW)
            archived.active = False
            removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
            stages = (self.stage_frozen, self.stage_won, self.stage_lost, self.stage_abandoned)
            leads = archived + removed + archived.concat(*(self._since(NOW, stage) for stage in stages))
            lost_in_place = self._since(NOW)
            self._lose_by_sql(lost_in_place)
            leads += lost_in_place
            self._set_in_database(leads, date_due=NOW - DAY, proposal_deadline="2026-06-01")
            self.assertFalse(self._rows(("lead_id", "in", leads.ids)))

    def test_it_follows_what_changes(self):
        with self._now():
            lead = self._since(NOW, date_due=NOW + DAY)
            expires = self._rows(("lead_id", "=", lead.id), ("kind", "=", "expires"))
            self.stage_new.rotting_threshold_days = 10
            self.assertEqual(self._rows(("id", "=", expires.id)).date, NOW + 10 * DAY)
            lead.date_due = NOW - DAY
            self.assertTrue(self._rows(("lead_id", "=", lead.id), ("kind", "=", "due")).is_past)
            lead.stage_id = self.stage_frozen
            self.assertFalse(self._rows(("lead_id", "=", lead.id)))

    def test_changes_that_are_not_yet_in_the_database(self):
        with self._now():
            lead = self._lead(self.stage_late)
            forecast = self.env["crm.lead.forecast"]
            self.assertFalse(forecast.search([("lead_id", "=", lead.id)]))
            lead.date_due = NOW + DAY
            self.assertEqual(forecast.search([("lead_id", "=", lead.id)]).date, NOW + DAY)

    def test_proposals_end_with_their_last_day_where_the_reader_is(self):
        lead = self._lead(self.stage_late, proposal_deadline="2026-06-15")
        for clock, zone, is_past in (
            ("2026-06-15 21:59:59", "Europe/Rome", False),
            ("2026-06-15 22:00:00", "Europe/Rome", True),
            ("2026-06-15 22:00:00", "America/New_York", False),
            ("2026-06-16 04:00:00", "America/New_York", True),
        ):
            with self._at(clock):
                row = self._rows(("lead_id", "=", lead.id), tz=zone)
                self.assertEqual(row.is_past, is_past, (clock, zone))
                (group,) = row.formatted_read_group([("lead_id", "=", lead.id)], ["date:day"])
                self.assertEqual(group["date:day"][1], "15 Jun 2026")

    def test_opens_the_lead(self):
        with self._now():
            lead = self._since(NOW)
            action = self._rows(("lead_id", "=", lead.id)).action_open_lead()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", lead.id))


class TestForecastFilters(ForecastCase):
    """The filters of the view, at their borders."""

    def _found(self, name):
        arch = etree.fromstring(self.env["crm.lead.forecast"].get_view(view_type="search")["arch"])
        (node,) = arch.xpath(f"//filter[@name='{name}']")
        leads = self._rows(*literal_eval(node.get("domain").replace("uid", str(self.user_manager.id)))).lead_id
        return {lead.name for lead in leads}

    def test_days(self):
        # Monday begins at 22:00 UTC of Sunday
        midnight = datetime.fromisoformat("2026-06-14 22:00:00")
        for name, moment in (
            ("yesterday", midnight - SECOND),
            ("this morning", midnight),
            ("just over", NOW - SECOND),
            ("now", NOW),
            ("tonight", midnight + DAY - SECOND),
            ("tomorrow", midnight + DAY),
            ("in six days", midnight + 7 * DAY - SECOND),
            ("in seven days", midnight + 7 * DAY),
            ("in 29 days", midnight + 30 * DAY - SECOND),
            ("in 30 days", midnight + 30 * DAY),
        ):
            self._lead(self.stage_late, name=name, date_due=moment)
        today = {"this morning", "just over", "now", "tonight"}
        week = today | {"tomorrow", "in six days"}
        with self._now():
            self.assertEqual(self._found("past"), {"yesterday", "this morning", "just over"})
            self.assertEqual(self._found("today"), today)
            self.assertEqual(self._found("next_7_days"), week)
            self.assertEqual(self._found("next_30_days"), week | {"in seven days", "in 29 days"})

    def test_days_that_nobody_means(self):
        with self._now():
            lead = self._since(NOW)
            mine = ("lead_id", "=", lead.id)
            self.assertTrue(self._rows(mine, ("date", ">", "0001-01-01")))
            self.assertFalse(self._rows(mine, ("date", "<", "0001-01-01 00:00:01")))
            self.assertFalse(self._rows(mine, ("date", ">", "9999-12-31")))

    def test_kinds_and_people(self):
        with self._now():
            self._lead(self.stage_late, name="due", date_due=NOW, user_id=self.user_manager.id)
            self._lead(self.stage_late, name="proposed", proposal_deadline="2026-06-15", user_id=False)
            self._since(NOW, name="expires")
            for name, found in (
                ("due", "due"),
                ("proposals", "proposed"),
                ("expires", "expires"),
                ("mine", "due"),
                ("unassigned", "proposed"),
            ):
                self.assertIn(found, self._found(name))
                self.assertFalse({"due", "proposed", "expires"} - {found} & self._found(name), name)

    def test_report_opens_with_the_next_days(self):
        action = self.env.ref("crm_lead_lifecycle.crm_lead_forecast_action")
        self.assertEqual(literal_eval(action.context), {"search_default_next_7_days": 1})


class TestForecastRights(ForecastCase):
    """It shows of leads what the reader may see of them, on every way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {"stage": cls.stage_late, "date_due": NOW}
        cls.own = cls._lead(name="Own", company_id=cls.company.id, **values)
        cls.free = cls._lead(name="Free", user_id=False, team_id=False, **values)
        cls.others = cls._lead(name="Others", user_id=cls.user_all.id, company_id=cls.company.id, **values)
        cls.foreign = cls._lead(
            name="Foreign",
            user_id=cls.user_other_company.id,
            company_id=cls.other_company.id,
            team_id=False,
            **values,
        )
        cls.leads = cls.own + cls.free + cls.others + cls.foreign

    def _names(self, user, **context):
        return set(self._rows(("lead_id", "in", self.leads.ids), user=user, **context).sudo().lead_id.mapped("name"))

    def test_own_all_and_company(self):
        self.assertEqual(self._names(self.user_own), {"Own", "Free"})
        self.assertEqual(self._names(self.user_all), {"Own", "Free", "Others"})
        self.assertEqual(self._names(self.user_admin), {"Own", "Free", "Others"})
        self.assertEqual(self._names(self.user_other_company), {"Free", "Foreign"})

    def test_companies_that_are_chosen(self):
        for companies, names in (
            (self.company, {"Own", "Free", "Others"}),
            (self.other_company, {"Free", "Foreign"}),
            (self.company + self.other_company, {"Own", "Free", "Others", "Foreign"}),
        ):
            self.assertEqual(self._names(self.user_manager, allowed_company_ids=companies.ids), names)

    def test_rules_that_were_changed_count_here_too(self):
        self.env.ref("crm.crm_rule_personal_lead").domain_force = "[('user_id', '=', user.id)]"
        self.assertEqual(self._names(self.user_own), {"Own"})

    def test_groups_and_exports_show_no_more(self):
        self.user_own.group_ids += self.env.ref("base.group_allow_export")
        forecast = self.env["crm.lead.forecast"].with_user(self.user_own)
        domain = [("lead_id", "in", self.leads.ids)]
        groups = forecast.formatted_read_group(domain, ["user_id", "date:day"], ["__count"])
        self.assertEqual(sum(group["__count"] for group in groups), 2)
        self.assertEqual(forecast.search_count(domain), 2)
        self.assertEqual(len(forecast.search(domain).export_data(["lead_id/name", "date"])["datas"]), 2)

    def test_rows_of_others_can_not_be_read_by_their_ids(self):
        rows = self._rows(("lead_id", "in", self.leads.ids), user=self.env.user)
        hidden = rows.filtered(lambda row: row.lead_id in self.others + self.foreign)
        self.assertEqual(len(hidden), 2)
        self.user_own.group_ids += self.env.ref("base.group_allow_export")
        for row in hidden.with_user(self.user_own):
            self.env.invalidate_all()
            self.assertEqual(row.read(["lead_id", "date"]), [])
            self.assertEqual(row.web_read({"lead_id": {}, "date": {}}), [])
            for work in (lambda row=row: row.mapped("date"), lambda row=row: row.export_data(["date"])):
                with self.assertRaises(UserError):
                    work()
            with self.assertRaises(UserError):
                row.action_open_lead()

    def test_nobody_else_has_access(self):
        employee = new_test_user(self.env, "forecast_gardener", "base.group_user")
        operator = new_test_user(self.env, "forecast_operator", "crm_lead_lifecycle.group_call_operator")
        for user in (self.user_portal, self.user_public, employee, operator):
            with self.assertRaises(AccessError, msg=user.login):
                self.env["crm.lead.forecast"].with_user(user).search([])

    def test_nobody_writes(self):
        row = self._rows(("lead_id", "=", self.own.id), user=self.user_manager)
        for operation in ("write", "create", "unlink"):
            for user in (self.user_own, self.user_manager, self.user_admin):
                self.assertFalse(row.with_user(user).has_access(operation))
        with self.assertRaises(AccessError):
            row.date = NOW
        with self.assertRaises(AccessError):
            row.unlink()


class TestForecastPlan(ForecastCase):
    def _plan(self, *domain):
        self.env.flush_all()
        query = self.env["crm.lead.forecast"].with_user(self.user_own)._search(list(domain)).select()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(f"EXPLAIN (COSTS OFF) {query.code}", query.params)
        return "\n".join(line for (line,) in self.env.cr.fetchall())

    def test_days_are_looked_up_among_the_leads(self):
        """Where there are many, through the index of their due dates."""
        plan = self._plan(("kind", "=", "due"), ("date", ">=", NOW), ("date", "<", NOW + DAY))
        self.assertRegex(plan, r"(Filter|Index Cond): (?=.*date_due >= )(?=.*date_due < )")
        self.assertNotIn("crm_stage", plan, "other kinds are left out")

    def test_days_lead_to_when_stages_were_entered(self):
        """Through their index too; what the context of a client says is not asked."""
        plan = self._plan(("kind", "=", "expires"), ("date", ">=", NOW), ("date", "<", NOW + DAY))
        entered = NOW - 7 * DAY
        self.assertIn(f"date_last_stage_update >= '{entered}'", plan)
        self.assertIn(f"date_last_stage_update < '{entered + DAY}'", plan)
        self.assertNotIn(str(entered), self._plan(("date", ">=", NOW), "|", ("kind", "=", "due"), ("date", "<", NOW)))
        with self._now():
            lead = self._since(NOW)
            for context in ("x", [("id", "=", 0)]):
                self.assertTrue(self._rows(("lead_id", "=", lead.id), forecast_entered=context).mapped("date"))

    def test_groups_take_one_query_and_one_for_the_stages(self):
        forecast = self.env["crm.lead.forecast"].with_user(self.user_manager)

        def group():
            forecast._read_group([("date", "<", NOW)], ["user_id", "kind", "date:day"], ["__count"])

        group()
        self.assertEqual(self._count_queries(group), 2)
