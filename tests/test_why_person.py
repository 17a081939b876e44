from datetime import datetime, timedelta
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .test_deadline import NOW
from .test_why import WhyCase


class TestTouchReasons(WhyCase):
    """Who took the lead in charge, or for how long it has waited for that."""

    def _came(self, text, **values):
        with self._at(text):
            lead = self._lead(**values)
        self._set_in_database(lead, create_date=datetime.fromisoformat(text))
        return lead

    def test_touched_by_somebody(self):
        lead = self._lead()
        with self._now():
            lead.with_user(self.user_own).stage_id = self.stage_working
        with self._at("2026-06-20 12:00:00"):
            lead.with_user(self.user_all).stage_id = self.stage_late
            self.assertReason(
                lead,
                "First touch",
                "success",
                f"First touched on June 15, 2026, 2:00 PM by {self.user_own.name}.",
            )

    def test_touched_by_a_message(self):
        lead = self._lead()
        with self._now():
            lead.with_user(self.user_own).message_post(
                body="Good morning", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
            self.assertReason(
                lead,
                "First touch",
                "success",
                f"First touched on June 15, 2026, 2:00 PM by {self.user_own.name}.",
            )

    def test_what_a_machine_did_at_that_time_names_nobody(self):
        lead = self._lead()
        with self._now():
            lead.stage_id = self.stage_working  # as the superuser
            self._set_in_database(lead, date_first_touch=NOW)
            self.assertReason(lead, "First touch", "success", "First touched on June 15, 2026, 2:00 PM.")

    def test_waits_by_the_hours_of_the_company(self):
        # Friday 15:00 in Rome: 2 hours on Friday, 6 on Monday
        lead = self._came("2026-06-12 13:00:00")
        words = "Nobody has taken it in charge yet. It has waited for 8 hours of working time."
        with self._now():
            self.assertReason(lead, "First touch", "warning", words)

    def test_waits_by_the_hours_of_its_own_company(self):
        self.other_company.resource_calendar_id = self._office_hours(13, 20)
        lead = self._came("2026-06-12 13:00:00", company_id=self.other_company.id, user_id=False, team_id=False)
        words = "Nobody has taken it in charge yet. It has waited for 6 hours of working time."
        with self._now():
            self.assertReason(lead, "First touch", "warning", words, user=self.user_other_company)

    def test_waits_by_the_hours_of_its_team(self):
        self.team.resource_calendar_id = self._office_hours(13, 20)
        lead = self._came("2026-06-12 13:00:00", team_id=self.team.id)
        words = "Nobody has taken it in charge yet. It has waited for 6 hours of working time."
        with self._now():
            self.assertReason(lead, "First touch", "warning", words)

    def test_waits_by_the_clock_where_no_hours_are_kept(self):
        lead = self._came("2026-06-14 09:00:00")
        words = "Nobody has taken it in charge yet. It has waited for 1 day."
        with self._now():
            self.company.resource_calendar_id = False
            self.assertReason(lead, "First touch", "warning", words)

    def test_days_are_told_of_a_long_time(self):
        lead = self._came("2025-05-01 09:00:00")
        words = "Nobody has taken it in charge yet. It has waited for 410 days."
        with self._now():
            self.assertReason(lead, "First touch", "warning", words)

    def test_came_in_outside_of_working_hours(self):
        lead = self._came("2026-06-14 09:00:00")
        words = "Nobody has taken it in charge yet. No working time has passed since it came in."
        with self._at("2026-06-15 06:00:00"):
            self.assertReason(lead, "First touch", "info", words)
        with self._at("2026-06-15 06:01:00"):
            self.assertEqual(self._sections(lead)["First touch"][0][0], "warning")

    def test_leads_that_rest_wait_for_nobody(self):
        with self._now():
            for stage in (self.stage_frozen, self.stage_lost):
                self.assertReason(self._lead(stage), "First touch", "info", "Nobody has taken it in charge.")


class TestAssignmentReasons(WhyCase):
    """Why the lead belongs to its salesperson."""

    def _told(self, lead, user=None):
        (reason,) = self._sections(lead, user)["Salesperson"]
        self.assertEqual(reason[0], "info")
        return reason[1]

    def test_assigned(self):
        own, manager = self.user_own.name, self.user_manager.name
        with self._at("2026-06-03 12:00:00"):
            lead = self._lead(user_id=False)
            lead.with_user(self.user_manager).user_id = self.user_own
            self.assertEqual(self._told(lead), f"Assigned to {own} on June 3, 2026 by {manager}.")
        with self._now():
            lead.with_user(self.user_manager).user_id = False
            self.assertEqual(self._told(lead), f"It has had no salesperson since June 15, 2026: {manager} decided so.")
            lead.with_user(self.user_own).user_id = self.user_own
            self.assertEqual(self._told(lead), f"{own} took it on June 15, 2026.")

    def test_assigned_by_a_machine(self):
        with self._now():
            lead = self._lead(user_id=self.user_all.id)
            lead.user_id = self.user_own
            self.assertEqual(self._told(lead), f"Assigned to {self.user_own.name} on June 15, 2026, automatically.")
            lead.user_id = False
            self.assertEqual(self._told(lead), "It has had no salesperson since June 15, 2026.")

    def test_created_for_somebody(self):
        own, manager = self.user_own.name, self.user_manager.name
        with self._now():
            lead = self._lead(user=self.user_manager, user_id=self.user_own.id)
            self.assertEqual(self._told(lead), f"Created on June 15, 2026 by {manager} for {own}.")
            self.assertEqual(self._told(self._lead(user=self.user_own)), f"{own} created it on June 15, 2026.")
            lead = self._lead()
            self.assertEqual(self._told(lead), f"It has belonged to {own} since it came in on June 15, 2026.")

    def test_created_for_nobody(self):
        with self._now():
            lead = self._lead(user=self.user_manager, user_id=False)
            self.assertEqual(
                self._told(lead), f"Created on June 15, 2026 by {self.user_manager.name} without a salesperson."
            )
            lead = self._lead(user_id=False)
            self.assertEqual(self._told(lead), "It has had no salesperson since it came in on June 15, 2026.")

    def test_without_a_history(self):
        lead, nobodys = self._lead(), self._lead(user_id=False)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM crm_lead_event WHERE lead_id = ANY(%s)", [(lead + nobodys).ids])
        self.assertEqual(self._told(lead), f"It belongs to {self.user_own.name}.")
        self.assertEqual(self._told(nobodys), "It has no salesperson.")

    def test_whose_history_was_blanked(self):
        lead = self._lead(user_id=self.user_all.id)
        lead.user_id = self.user_own
        self._set_in_database(self._events(lead), data=None)
        self.assertEqual(self._told(lead), f"It belongs to {self.user_own.name}.")

    def test_history_of_merged_leads_is_not_taken_for_the_own_one(self):
        with self._at("2026-06-03 12:00:00"):
            lead = self._lead(user_id=False, priority="3")
            lead.with_user(self.user_manager).user_id = self.user_own
        with self._now():
            other = self._lead(user_id=False)
            other.with_user(self.user_manager).user_id = self.user_all
            self._events(other).flush_recordset()
            self.env.cr.execute("UPDATE crm_lead_event SET lead_id = %s WHERE lead_id = %s", [lead.id, other.id])
            self.assertEqual(
                self._told(lead),
                f"Assigned to {self.user_own.name} on June 3, 2026 by {self.user_manager.name}.",
            )


class TestWhoIsTold(WhyCase):
    """The tab is for whoever may see the lead, in the own language and by the own clock."""

    def test_whoever_sees_the_lead_is_told(self):
        lead = self._lead(user_id=self.user_own.id, company_id=self.company.id)
        operator = new_test_user(self.env, "why_operator", "crm_lead_lifecycle.group_call_operator")
        for user in (self.user_own, self.user_all, self.user_manager, self.user_admin):
            self.assertIn("Just in", lead.with_user(user).reasons, user.login)
        for user in (operator, self.user_other_company, self.user_portal, self.user_public):
            with self.assertRaises(AccessError, msg=user.login):
                lead.with_user(user).read(["reasons"])
        lead.user_id = operator
        self.assertIn("Just in", lead.with_user(operator).reasons, "though they may not read the history")
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own).read(["reasons"])

    def test_nothing_is_said_of_clients(self):
        self.user_own.group_ids -= self.env.ref("crm_lead_lifecycle.group_client_viewer")
        self.env.ref("sales_team.group_sale_salesman").implied_ids -= self.env.ref(
            "crm_lead_lifecycle.group_client_viewer"
        )
        client = self.env["res.partner"].create({"name": "Marta Verdi"})
        lead = self._lead(user=self.user_manager, user_id=self.user_own.id, partner_id=client.id)
        lead.with_user(self.user_manager).stage_id = self.stage_working
        self.assertNotIn("Marta", lead.with_user(self.user_own).reasons)

    def test_colleagues_of_another_company_have_their_names(self):
        lead = self._lead(user_id=False, team_id=False)
        lead.with_user(self.user_other_company).user_id = self.user_other_company
        self.assertIn(self.user_other_company.name, lead.with_user(self.user_admin).reasons)

    def test_words_and_dates_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.user_own.lang = "it_IT"
        with self._now():
            lead = self._lead(date_due=NOW - timedelta(days=2))
            self._set_in_database(lead, date_last_stage_update=NOW - timedelta(days=12))
            self.stage_new.with_context(lang="it_IT").name = "Appena arrivato"
            told = self._sections(lead.with_context(lang="it_IT"))
        (_level, stage), (_level, due) = told[next(iter(told))][0], list(told.values())[1][0]
        for words in ("“Appena arrivato”", "3 giugno 2026", "12 giorni", "7 giorni", "5 giorni fa"):
            self.assertIn(words, stage)
        for words in ("13 giugno 2026, 14:00", "2 giorni"):
            self.assertIn(words, due)

    def test_days_by_the_readers_clock(self):
        lead = self._lead()
        self._set_in_database(lead, date_last_stage_update=datetime.fromisoformat("2026-06-02 22:30:00"))
        with self._now():
            self.assertIn("since June 3, 2026", self._sections(lead)["Stage"][0][1])
            self.assertIn("since June 2, 2026", self._sections(lead, tz="America/New_York")["Stage"][0][1])

    def test_names_are_escaped(self):
        self.stage_new.name = "<b id='x'>Just in</b>"
        reasons = self._lead().with_user(self.user_own).reasons
        self.assertIn("&lt;b id=", reasons)
        self.assertNotIn("<b id", reasons)

    def test_badges_have_words(self):
        with self._now():
            lead = self._lead(date_due=NOW - timedelta(days=2))
            lead.with_user(self.user_own).stage_id = self.stage_working
            self._set_in_database(lead, date_last_stage_update=NOW - timedelta(days=6, hours=1))
            reasons = lead.with_user(self.user_own).reasons
        self.assertRegex(reasons, r'text-bg-danger">\s*Late')
        self.assertRegex(reasons, r'text-bg-success">\s*In order')
        self.assertRegex(reasons, r'text-bg-warning">\s*Attention')
        self.assertRegex(reasons, r'text-bg-info">\s*Note')

    def test_section_that_says_nothing_is_not_shown(self):
        lead = self._lead().with_user(self.user_own)
        with patch.object(type(lead), "_get_ageing_reasons", lambda self: []):
            self.assertNotIn("By itself", lead.reasons)
        lead.invalidate_recordset(["reasons"])
        with patch.object(type(lead), "_get_ageing_reasons", lambda self: [("warning", "It wakes tomorrow.")]):
            self.assertIn("By itself", lead.reasons)
            self.assertIn("It wakes tomorrow.", lead.reasons)

    def test_lead_that_is_being_made_has_no_reasons_yet(self):
        self.assertFalse(self.env["crm.lead"].with_user(self.user_own).new({"name": "Pitch"}).reasons)

    def test_form_has_calls_for_operators_alone(self):
        form = self.env.ref("crm.crm_lead_view_form")
        for groups, calls in (("", False), (",crm_lead_lifecycle.group_call_operator", True)):
            user = new_test_user(self.env, f"why_{calls}", "sales_team.group_sale_salesman" + groups)
            arch = etree.fromstring(self.env["crm.lead"].with_user(user).get_view(form.id, "form")["arch"])
            self.assertTrue(arch.xpath("//page[@name='why']/field[@name='reasons']"))
            self.assertEqual(bool(arch.xpath("//page[@name='why']//field[@name='call_reasons']")), calls)

    def test_long_history_needs_no_more_queries(self):
        def ask(lead):
            self.env.flush_all()
            self.env.invalidate_all()
            reader = lead.with_user(self.user_own)
            return self._count_queries(lambda: reader.reasons)

        lead, eventful = self._lead(), self._lead()
        for _round in range(20):
            eventful.user_id = self.user_all
            eventful.user_id = self.user_own
        ask(lead)
        self.assertEqual(ask(eventful), ask(lead))
