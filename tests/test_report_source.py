from ast import literal_eval

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user

from .report_common import DAY, FEBRUARY, HOUR, JANUARY, ReportCase

COUNTS = ("leads", "open_leads", "won", "lost", "removed", "linked", "converted")


def sums(*names):
    return [f"{name}:sum" for name in names]


class TestSourceReport(ReportCase):
    """What becomes of leads, by where they come from."""

    def test_counts(self):
        nowhere = self.env["utm.source"]
        figures = self._figures("source_id", *sums(*COUNTS))
        self.assertEqual(figures, {self.fair: (4, 1, 1, 1, 1, 1, 0), nowhere: (2, 1, 1, 0, 0, 1, 0)})
        self.assertEqual(self._figures(None, *sums(*COUNTS)), (6, 2, 2, 1, 1, 2, 0))
        self.assertEqual(
            self._figures("outcome", "leads:sum"), {"open": (2,), "won": (2,), "lost": (1,), "removed": (1,)}
        )
        reasons = {"Too far away": (1,), "A robot": (1,), False: (4,)}
        self.assertEqual(self._figures("reason", "leads:sum"), reasons)
        self.assertEqual(self._figures("lost_reason_id", "lost:sum")[self.reason], (1,))
        self.assertEqual(self._figures("removal_reason_id", "removed:sum")[self.removal_reason], (1,))

    def test_months_are_those_of_the_reader(self):
        self._set_columns(self.dear, create_date="2026-01-31 23:30:00")
        rome = {"tz": "Europe/Rome"}
        months = {month.month: row for month, row in self._figures("create_date:month", "leads:sum", **rome).items()}
        self.assertEqual(months, {1: (2,), 2: (4,)})

    def test_rates_are_sums_over_sums(self):
        """The average of the won rates of the two sources would be 75, in a total as well."""
        rates = ["won_rate:mean", "client_rate:mean", "in_time_rate:mean", "kept_rate:mean", "removed_rate:mean"]
        by_source = self._figures("source_id", *rates)
        for figures, expected in (
            (by_source[self.fair], (50, 100 / 3, 50, 50, 25)),
            (by_source[self.env["utm.source"]], (100, 50, 0, 0, 0)),
            (self._figures(None, *rates), (200 / 3, 40, 100 / 3, 100 / 3, 100 / 6)),
        ):
            for figure, value in zip(figures, expected, strict=True):
                self.assertAlmostEqual(figure, value)

    def test_beside_a_rate_stands_of_how_many_it_is(self):
        """Each row counts for a rate if it counts among those that the rate is of."""
        self.assertEqual(self._figures(None, *sums("concluded", "decided")), (3, 3))
        for count, rate in (("concluded", "won_rate"), ("decided", "in_time_rate")):
            for view in self.env["ir.ui.view"].search(
                [("model", "=", "crm.lead.source.report"), ("type", "=", "pivot")]
            ):
                names = view._get_combined_arch().xpath("//field[@type='measure']/@name")
                self.assertTrue(rate not in names or names.index(count) < names.index(rate), view.name)
            for row in self.env["crm.lead.source.report"].search([("id", "in", self.leads.ids)]):
                self.assertEqual(bool(row[count]), row[rate] is not False, row.name)

    def test_pivot_has_right_totals(self):
        report = self.env["crm.lead.source.report"].with_user(self.user_manager)
        total, by_source = report.formatted_read_grouping_sets(
            [("id", "in", self.leads.ids)], [[], ["source_id"]], ["won_rate:mean", "median_to_client:median"]
        )
        self.assertEqual(
            [(row["won_rate:mean"], row["median_to_client:median"]) for row in by_source], [(50, 15), (100, 40)]
        )
        self.assertAlmostEqual(total[0]["won_rate:mean"], 200 / 3)
        self.assertEqual(total[0]["median_to_client:median"], 20)

    def test_a_rate_of_nothing_is_unknown(self):
        self.assertEqual(
            self._figures(None, "won_rate:mean", "in_time_rate:mean", "median_to_client:median", leads=self.fresh),
            (False, False, False),
        )

    def test_answers(self):
        figures = self._figures(None, *sums("answered", "in_time", "late", "missed"))
        self.assertEqual(figures, (3, 1, 1, 1))
        status = self._figures("sla_status", "leads:sum")
        self.assertEqual(status, {"within": (1,), "late": (1,), "missed": (1,), "running": (1,), False: (2,)})
        rows = self.env["crm.lead.source.report"].search([("id", "in", self.leads.ids)])
        self.assertEqual(
            {row.id: row.sla_status for row in rows},
            {lead.id: lead.sla_status for lead in self.leads},
            "as on the lead",
        )

    def test_removed_leads_had_no_answer_to_get(self):
        self._set_columns(self.spam, date_sla_within=FEBRUARY + HOUR, date_sla_late=FEBRUARY + 2 * HOUR)
        figures = self._figures(None, "missed:sum", "in_time_rate:mean", leads=self.spam)
        self.assertEqual(figures, (0, False))

    def test_languages(self):
        english = self.env["res.lang"]._lang_get("en_US")
        self._set_columns(self.leads, lang_id=None)
        self._set_columns(self.sold + self.dear, lang_id=english.id)
        figures = self._figures("lang_id", "leads:sum", "won_rate:mean")
        self.assertEqual(figures, {english: (2, 50), english[:0]: (4, 100)})

    def test_deadlines(self):
        self.assertEqual(self._figures("deadline", "leads:sum"), {"kept": (1,), "missed": (2,), "none": (3,)})
        self.assertEqual(self._figures(None, *sums("deadlines_kept", "deadlines_missed", "overdue")), (1, 2, 1))
        self.assertTrue(self.guest.is_overdue)
        self._set_columns(self.guest, date_due=fields.Datetime.now() + DAY)
        self.assertEqual(self._figures("deadline", "leads:sum", leads=self.guest), {"running": (1,)})

    def test_a_frozen_lead_misses_no_deadline(self):
        self.guest.stage_id = self.stage_frozen
        self.assertEqual(self._figures("deadline", "leads:sum", leads=self.guest), {"running": (1,)})

    def test_what_is_unknown_meets_no_condition(self):
        report = self.env["crm.lead.source.report"]
        for condition, leads in (
            (("minutes_to_client", "<=", 20), self.sold + self.dear),
            (("won_rate", "=", 0), self.dear),
            (("won_rate", "!=", False), self.sold + self.dear + self.gift),
        ):
            with self.subTest(condition=condition):
                found = report.search([("id", "in", self.leads.ids), condition])
                self.assertEqual(sorted(found.ids), sorted(leads.ids))

    def test_minutes(self):
        specs = ["minutes_to_client:mean", "median_to_client:median", "p90_to_client:p90", "count_to_client:sum"]
        figures = self._figures("source_id", *specs)
        self.assertEqual(figures[self.fair], (15, 15, 19, 2))
        self.assertEqual(figures[self.env["utm.source"]], (40, 40, 40, 1))
        average, median, p90, count = self._figures(None, *specs)
        self.assertAlmostEqual(average, 70 / 3)
        self.assertEqual((median, p90, count), (20, 36, 3))
        self.assertEqual(self._figures(None, "median_to_first_touch:median", "count_to_first_touch:sum"), (90, 3))

    def test_money(self):
        specs = ["revenue:sum", "cost:sum", "cost_per_lead:mean", "cost_per_won:per_won"]
        figures = self._figures("source_id", *specs)
        self.assertEqual(figures[self.fair], (1000, 90, 30, 90))
        self.assertEqual(figures[self.env["utm.source"]], (False, False, False, False))
        self.assertEqual(self._figures(None, *specs), (1000, 90, 30, 90), "leads without a campaign dilute nothing")
        self.assertEqual(self._figures(None, *specs, leads=self.dear), (False, 30, 30, False), "none of them is won")

    def test_only_confirmed_orders_are_revenue(self):
        self._order(self.gift, 500)
        self.assertEqual(self._figures(None, "revenue:sum"), (1000,))
        self.order._action_cancel()
        self.assertEqual(self._figures(None, "revenue:sum"), (False,))

    def test_what_is_not_set_says_so(self):
        names = ["source_id", "campaign_id", "user_id", "lost_reason_id", "sla_status"]
        described = self.env["crm.lead.source.report"].fields_get(names)
        self.assertEqual({field["falsy_value_label"] for field in described.values()}, {"Not set"})

    def test_detached_and_undone_links_do_not_count(self):
        lead, admin = self.fresh, self.user_admin
        admin.group_ids += self.env.ref("crm_lead_lifecycle.group_client_detach")
        dialog = self.env["crm.lead.link.client"].with_user(admin).create({"lead_id": lead.id})
        dialog.partner_id = self.client
        dialog.action_link()
        self.assertEqual(self._figures(None, *sums("linked", "count_to_client"), leads=lead), (1, 1))
        lead.with_user(admin).action_detach_client()
        self.assertEqual(self._figures(None, *sums("linked", "count_to_client"), leads=lead), (0, 0))
        lead.with_user(admin).action_undo_client()
        self.assertEqual(self._figures(None, *sums("linked", "count_to_client"), leads=lead), (1, 1))

    def test_merged_leads_are_one(self):
        other = self._lead(name="once more")
        winner = (self.fresh + other).merge_opportunity()
        both = self.fresh + other
        self.assertEqual(self._figures(None, "leads:sum", leads=both), (1,))
        self.assertEqual(winner, both.exists())

    def test_restored_lead_is_open_again(self):
        self.spam.action_restore()
        self.assertEqual(self._figures(None, *sums("removed", "open_leads"), leads=self.spam), (0, 1))


class TestSourceReportRights(ReportCase):
    def test_rows_are_those_of_readable_leads(self):
        self.guest.user_id = self.user_all
        self.fresh.user_id = False
        self._set_columns(self.fresh, company_id=self.company.id)  # without one it would be everybody's
        foreign = self._lead(user_id=False)
        self._set_columns(foreign, company_id=self.other_company.id)
        everything = self.leads + foreign
        report = self.env["crm.lead.source.report"]
        for user, expected in (
            (self.user_own, self.leads - self.guest),
            (self.user_all, self.leads),
            (self.user_other_company, foreign),
        ):
            rows = report.with_user(user).search([("id", "in", everything.ids)])
            self.assertEqual(set(rows.ids), set(expected.ids), user.login)
            self.assertEqual(
                set(rows.ids),
                set(
                    self.env["crm.lead"]
                    .with_user(user)
                    .with_context(active_test=False)
                    .search([("id", "in", everything.ids)])
                    .ids
                ),
            )
            self.assertEqual(self._figures(None, "leads:sum", user=user, leads=everything), (len(expected),))

    def test_orders_that_are_hidden_are_no_revenue(self):
        self.order.user_id = self.user_all
        self.assertEqual(self._figures(None, "revenue:sum", user=self.user_own), (False,))
        self.assertEqual(self._figures(None, "revenue:sum", user=self.user_all), (1000,))

    def test_what_is_hidden_opens_nothing(self):
        self.guest.user_id = self.user_all
        report = self.env["crm.lead.source.report"].with_user(self.user_own)
        self.assertEqual(report.browse(self.sold.id).action_open_lead()["res_id"], self.sold.id)
        with self.assertRaises(AccessError):
            report.browse(self.guest.id).action_open_lead()

    def test_nobody_else_has_access_and_nobody_writes(self):
        report = self.env["crm.lead.source.report"]
        employee = new_test_user(self.env, "report_gardener", "base.group_user")
        operator = new_test_user(self.env, "report_operator", "crm_lead_lifecycle.group_call_operator")
        for user in (self.user_portal, self.user_public, employee, operator):
            with self.assertRaises(AccessError, msg=user.login):
                report.with_user(user).formatted_read_group([], ["source_id"], ["leads:sum"])
        for user in (self.user_own, self.user_manager, self.user_admin):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(report.with_user(user).has_access(operation))

    def test_each_company_has_its_cost(self):
        self.spring.with_company(self.other_company).cost = 50
        foreign = self._lead(user_id=False, campaign_id=self.spring.id)
        self._set_columns(foreign, company_id=self.other_company.id)
        foreign = foreign + self.leads
        companies = (self.company + self.other_company).ids
        both = {"allowed_company_ids": companies}
        self.assertEqual(self._figures(None, "cost:sum", "cost_per_lead:mean", leads=foreign, **both), (140, 35))
        one = {"allowed_company_ids": self.company.ids}
        self.assertEqual(self._figures(None, "cost:sum", "cost_per_lead:mean", leads=foreign, **one), (90, 30))

    def test_other_currencies_are_converted(self):
        currency = self.env["res.currency"].create({"name": "LEA", "symbol": "L"})
        self.env["res.currency.rate"].create(
            {"name": "2020-01-01", "currency_id": currency.id, "rate": 2, "company_id": False}
        )
        self.other_company.currency_id = currency
        self.spring.with_company(self.other_company).cost = 50
        foreign = self._lead(user_id=False, campaign_id=self.spring.id)
        self._set_columns(foreign, company_id=self.other_company.id)
        both = {"allowed_company_ids": (self.company + self.other_company).ids}
        self.assertEqual(self._figures(None, "cost:sum", leads=foreign, **both), (25,))
        other_first = {"allowed_company_ids": (self.other_company + self.company).ids}
        self.assertEqual(
            self._figures(None, "cost:sum", "revenue:sum", leads=foreign + self.sold, **other_first), (110, 2000)
        )


class TestCampaignFigures(ReportCase):
    def test_they_are_those_of_the_report(self):
        campaign = self.spring.with_user(self.user_manager)
        names = ["desk_lead_count", "desk_won_count", "cost_per_lead", "cost_per_won", "revenue"]
        self.assertEqual([campaign[name] for name in names], [3, 1, 30, 90, 1000])
        row = self._figures(
            "campaign_id", "leads:sum", "won:sum", "cost_per_lead:mean", "cost_per_won:per_won", "revenue:sum"
        )
        self.assertEqual(row[self.spring], (3, 1, 30, 90, 1000))
        with Form(campaign) as form:
            form.cost = 120
            self.assertEqual((form.desk_lead_count, form.desk_won_count), (3, 1), "while it is edited")
        self.assertEqual((campaign.cost_per_lead, campaign.cost_per_won), (40, 120))

    def test_a_campaign_without_leads_or_cost(self):
        empty = self.env["utm.campaign"].create({"name": "Autumn", "title": "Autumn", "cost": 10})
        self.assertEqual((empty.cost_per_lead, empty.desk_lead_count, empty.revenue), (0, 0, 0))
        self.spring.cost = 0
        self.assertEqual((self.spring.cost_per_lead, self.spring.cost_per_won, self.spring.revenue), (0, 0, 1000))

    def test_it_costs_nothing_at_least(self):
        with self.assertRaises(ValidationError):
            self.spring.cost = -1

    def test_button_opens_its_leads(self):
        action = self.spring.with_user(self.user_own).action_open_lead_report()
        rows = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(set(rows.ids), set((self.sold + self.dear + self.spam).ids))


class TestReportViews(ReportCase):
    def test_every_menu_and_favourite_reads(self):
        """All that a view or a favourite asks for by default is there, for the least of the readers."""
        actions = self.env["ir.actions.act_window"].search(
            [("res_model", "in", ("crm.lead.source.report", "crm.lead.stage.report"))]
        )
        self.assertEqual(len(actions), 9)
        for action in actions:
            report = self.env[action.res_model].with_user(self.user_own)
            self.assertTrue(self.env["ir.ui.menu"].search([("action", "=", f"{action._name},{action.id}")]))
            views = report.get_views([*action.views, (action.search_view_id.id, "search")])["views"]
            self.assertIn("list", views)
            self.assertEqual(set(action.view_mode.split(",")), views.keys() - {"search"})
            for name in literal_eval(action.context):
                self.assertIn(f'name="{name.removeprefix("search_default_")}"', views["search"]["arch"])
        filters = self.env["ir.filters"].search(
            [("model_id", "in", ("crm.lead.source.report", "crm.lead.stage.report"))]
        )
        self.assertGreater(len(filters), 5)
        for favourite in filters:
            context = literal_eval(favourite.context)
            report = self.env[favourite.model_id].with_user(self.user_own)
            aggregates = [f"{name}:{report._fields[name].aggregator}" for name in context["pivot_measures"]]
            groupby = context["pivot_row_groupby"] + context["pivot_column_groupby"]
            report.formatted_read_grouping_sets(literal_eval(favourite.domain), [[], groupby], aggregates)
            self.assertFalse(favourite.user_ids)
            self.assertIn(favourite.name, [found["name"] for found in self._filters_of(favourite)])

    def _filters_of(self, favourite):
        filters = self.env["ir.filters"].with_user(self.user_own)
        return filters.get_filters(favourite.model_id, favourite.action_id.id)

    def test_last_90_days(self):
        self._set_columns(self.leads, create_date=fields.Datetime.now() - 91 * DAY)
        self._set_columns(self.sold, create_date=fields.Datetime.now() - 89 * DAY)
        domain = [("create_date", ">=", "today -90d"), ("id", "in", self.leads.ids)]
        self.assertEqual(self.env["crm.lead.source.report"].search(domain).ids, self.sold.ids)

    def test_rows_come_newest_first(self):
        rows = self.env["crm.lead.source.report"].search([("id", "in", self.leads.ids)])
        dates = rows.mapped("create_date")
        self.assertEqual((dates[0], dates[-1]), (FEBRUARY, JANUARY))
