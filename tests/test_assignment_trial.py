from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged, users
from odoo.tools import SQL, mute_logger

from odoo.addons.crm_lead_lifecycle.wizards import crm_assignment_trial, crm_assignment_trial_run

from .test_assignment import AssignmentCase


class TrialCase(AssignmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # no other leads than those of the test
        cls.env.cr.execute("UPDATE crm_lead SET create_date = '2020-01-01'")
        cls.env.invalidate_all()
        cls.team.user_id = False

    def _trial(self, user=None, **values):
        trials = self.env["crm.assignment.trial"].with_user(user or self.user_manager)
        return trials.with_context(allowed_company_ids=self.company.ids).create(values)

    def _numbers(self, trial, kind="user"):
        """``{name: (as they are, with the change, really)}``"""
        lines = trial[f"{kind}_line_ids"]
        return {line.name: (line.saved, line.changed, line.real) for line in lines}

    def _state(self):
        """All that a trial may not change."""
        self.env.flush_all()
        queries = (
            "SELECT * FROM crm_lead ORDER BY id",
            "SELECT * FROM crm_assignment_rule ORDER BY id",
            "SELECT * FROM crm_assignment_member ORDER BY id",
            "SELECT count(*), max(id) FROM crm_lead_event",
            "SELECT count(*), max(id) FROM mail_message",
            "SELECT count(*), max(id) FROM mail_mail",
            "SELECT sequencename, last_value FROM pg_sequences WHERE sequencename LIKE 'ir_sequence_%%' ORDER BY 1",
        )
        return [self.env.execute_query(SQL(query)) for query in queries]


@tagged("post_install", "-at_install")
class TestAssignmentTrial(TrialCase):
    """What rules would do, changing nothing."""

    # ------------------------------------------------------------
    # ALL LEADS OF SOME DAYS
    # ------------------------------------------------------------

    def test_who_would_get_how_many(self):
        rule = self._rule(self.user_own, self.user_all)
        rule.member_ids[1].weight = 2
        self._inquiries(6, user_id=self.user_manager.id)
        trial = self._trial()
        trial.action_try()
        self.assertEqual(trial.state, "done")
        self.assertEqual(trial.lead_count, 6)
        self.assertEqual(
            self._numbers(trial),
            {self.user_all.name: (4, 0, 0), self.user_own.name: (2, 0, 0), self.user_manager.name: (0, 0, 6)},
        )
        self.assertEqual(self._numbers(trial, "rule"), {"Portal": (6, 0, 0), "Without a rule": (0, 0, 6)})

    def test_really_is_who_has_them(self):
        self._rule(self.user_own)
        leads = self._inquiries(3)
        leads[0].user_id = self.user_all
        trial = self._trial()
        trial.action_try()
        self.assertEqual(self._numbers(trial), {self.user_own.name: (3, 0, 2), self.user_all.name: (0, 0, 1)})
        self.assertEqual(self._numbers(trial, "rule"), {"Portal": (3, 0, 2), "Without a rule": (0, 0, 1)})

    def test_leads_behind_a_number(self):
        self._rule(self.user_own, domain=f"[('source_id', '=', {self.source.id})]")
        theirs = self._inquiries(2, source_id=self.source.id)
        others = self._inquiries(user_id=self.user_all.id)
        trial = self._trial()
        trial.action_try()
        rows = self.env["crm.assignment.trial.lead"].with_user(self.user_manager)

        def leads(line, case):
            return rows.search(line.get_leads(case)["domain"]).lead_id

        by_name = {line.name: line for line in trial.line_ids}
        self.assertEqual(leads(by_name[self.user_own.name], "saved"), theirs)
        self.assertEqual(leads(by_name["Portal"], "saved"), theirs)
        self.assertEqual(leads(by_name["Portal"], "real"), theirs)
        self.assertEqual(leads(by_name[self.user_all.name], "real"), others)
        for line in trial.line_ids.filtered(lambda line: line.name == "Nobody"):
            self.assertEqual(leads(line, "saved"), others)
        with self.assertRaises(UserError):
            by_name["Portal"].get_leads("lead_id")

    def test_fallbacks_and_nobody(self):
        self._rule(self.user_own, domain="[('name', '=', 'No such')]")
        self.source.lead_user_id = self.user_all
        self._inquiries(2, source_id=self.source.id, user_id=self.user_manager.id, team_id=self.team.id)
        self._inquiries(user_id=self.user_manager.id, team_id=self.team.id)
        trial = self._trial()
        trial.action_try()
        numbers = self._numbers(trial)
        self.assertEqual((numbers[self.user_all.name][0], numbers["Nobody"][0]), (2, 1))
        numbers = self._numbers(trial, "rule")
        self.assertEqual((numbers["Without a rule"][0], numbers["Nobody"][0]), (2, 1))
        self.team.user_id = self.user_own
        trial.action_try()
        self.assertEqual(self._numbers(trial)[self.user_own.name][0], 1)

    def test_the_most_per_day_counts_for_the_day_of_each_lead(self):
        rule = self._rule(self.user_own, self.user_all, method="fixed")
        rule.member_ids[0].daily_max = 1
        leads = self._inquiries(4, user_id=self.user_manager.id)
        # half past eleven in the evening, and half past midnight, by the company's clock
        self.company.resource_calendar_id.tz = "Europe/Rome"
        evening = fields.Datetime.now().replace(hour=20, minute=30) - timedelta(days=3)
        self._set_in_database(leads[:2], create_date=evening)
        self._set_in_database(leads[2:], create_date=evening + timedelta(hours=4))
        trial = self._trial()
        trial.action_try()
        self.assertEqual({name: saved for name, (saved, *_rest) in self._numbers(trial).items()},
                         {rule.member_ids[0].user_id.name: 2, rule.member_ids[1].user_id.name: 2,
                          self.user_manager.name: 0})  # fmt: skip

    def test_fewest_open_leads_begins_with_those_of_today(self):
        self._rule(self.user_own, self.user_all, method="least_open")
        old = self._lead(user=self.user_own) + self._lead(user=self.user_own)
        self._set_in_database(old, create_date="2020-01-01")
        self._inquiries(2, user_id=self.user_manager.id)
        trial = self._trial()
        trial.action_try()
        self.assertEqual(self._numbers(trial)[self.user_all.name][0], 2)

    def test_spam_and_older_leads_are_left_out(self):
        self._rule(self.user_own)
        leads = self._inquiries(4)
        self.env["crm.lead.remove"].create(
            {"lead_ids": leads[1].ids, "removal_reason_id": self.removal_reason.id}
        ).action_apply()
        self._set_in_database(leads[2], create_date=fields.Datetime.now() - timedelta(days=10))
        leads[3].action_set_lost(lost_reason_id=self.reason.id)
        trial = self._trial(days=7)
        trial.action_try()
        self.assertEqual(
            trial.env["crm.assignment.trial.lead"].search([("trial_id", "=", trial.id)]).lead_id, leads[0] + leads[3]
        )

    def test_no_leads(self):
        self._rule(self.user_own)
        trial = self._trial()
        trial.action_try()
        self.assertEqual((trial.state, trial.lead_count), ("done", 0))
        self.assertFalse(trial.line_ids)

    def test_no_rules(self):
        self._inquiries(user_id=self.user_manager.id)
        trial = self._trial()
        trial.action_try()
        self.assertEqual(self._numbers(trial)["Nobody"][0], 1)

    def test_nothing_is_changed(self):
        rule = self._rule(self.user_own, self.user_all)
        rule.member_ids[0].daily_max = 1
        lead = self._inquiries(3)[0]
        before = self._state()
        trial = self._trial(rule_id=rule.id)
        trial.method = "least_open"
        trial.member_ids[0].weight = 7
        trial.action_try()
        trial.write({"mode": "lead", "lead_id": lead.id})
        trial.action_try()
        new = self._trial(is_new=True, name="New", sequence=1, domain="[]", method="round_robin")
        new.member_ids = [Command.create({"user_id": self.user_all.id})]
        new.action_try()
        self.assertEqual(self._state(), before)

    def test_a_trial_takes_as_many_queries_for_many_leads_as_for_few(self):
        self._rule(self.user_own, self.user_all, method="least_open")
        self._inquiries(2, user_id=self.user_manager.id)
        trial = self._trial()
        trial.action_try()
        few = self._count_queries(trial.action_try)
        self._inquiries(50, user_id=self.user_manager.id)
        self.assertLessEqual(self._count_queries(trial.action_try), few)

    # ------------------------------------------------------------
    # ONE LEAD
    # ------------------------------------------------------------

    def test_why_this_person_and_not_the_others(self):
        self._rule(self.user_own, self.user_other_company, name="First", sequence=1)
        self._rule(self.user_all, name="Elsewhere", sequence=2, domain="[('name', '=', 'No such')]")
        self._rule(self.user_all, self.user_manager, name="Second", sequence=3, method="fixed")
        self.user_own.sudo().away_until = "2100-01-01"
        lead = self._lead()
        trial = self._trial(mode="lead", lead_id=lead.id)
        trial.action_try()
        (case,) = trial.result["cases"]
        self.assertEqual(case["user"], self.user_all.name)
        self.assertEqual(
            [tuple(sentence) for sentence in case["sentences"]],
            [
                ("success", "By the rule “Second”: the first of its list who can have it."),
                ("muted", f"{self.user_manager.name}: comes later in the list."),
                ("info", "The rule “First” is for it too, but has nobody who can have it."),
                ("muted", f"{self.user_own.name}: is away."),
                ("muted", f"{self.user_other_company.name}: does not work in this company."),
                ("muted", "The rule “Elsewhere” is not for this lead."),
            ],
        )
        self.assertIn(self.user_all.name, trial.lead_result)
        self.assertEqual(lead.user_id, self.user_own)

    def test_one_lead_with_a_change(self):
        rule = self._rule(self.user_own, name="Mine")
        lead = self._lead()
        trial = self._trial(mode="lead", lead_id=lead.id, rule_id=rule.id, method="fixed")
        trial.member_ids = [Command.create({"user_id": self.user_all.id, "sequence": 1})]
        trial.action_try()
        before, after = trial.result["cases"]
        self.assertEqual((before["user"], after["user"]), (self.user_own.name, self.user_all.name))
        self.assertEqual(before["sentences"], [["success", "By the rule “Mine”, in turn."]])
        self.assertEqual(
            after["sentences"],
            [
                ["success", "By the rule “Mine”: the first of its list who can have it."],
                ["muted", f"{self.user_own.name}: comes later in the list."],
            ],
        )

    def test_whose_turn_it_is_really(self):
        self._rule(self.user_own, self.user_all)
        self._inquiries()
        trial = self._trial(mode="lead", lead_id=self._lead(user=self.user_manager).id)
        for _again in range(2):
            trial.action_try()
            self.assertEqual(trial.result["cases"][0]["user"], self.user_all.name)
        self.assertEqual(self._inquiries().user_id, self.user_all)

    def test_sentences_of_an_event_are_those_of_a_trial(self):
        self._rule(self.user_own, self.user_all, method="least_open")
        lead = self._inquiries()
        why = self._events(lead, "assign").data["why"]
        sentences = self.env["crm.lead"]._get_choice_sentences(why)
        self.assertEqual(sentences[0][0], "success")
        self.assertIn("fewest open leads", sentences[0][1])
        self.assertEqual(sentences[1], ("muted", f"{self.user_all.name}: has 0 open leads."))

    def test_fallback_in_words(self):
        self._rule(self.user_own, domain="[('name', '=', 'No such')]")
        self.source.lead_user_id = self.user_all
        for source, words in ((self.source, "By the source"), (self.env["utm.source"], "nobody gets it")):
            lead = self._lead(source_id=source.id, team_id=self.team.id)
            trial = self._trial(mode="lead", lead_id=lead.id)
            trial.action_try()
            sentences = trial.result["cases"][0]["sentences"]
            self.assertIn(words, sentences[0][1])
            self.assertEqual(sentences[1], ["info", "No rule is for this lead."])

    # ------------------------------------------------------------
    # A CHANGE
    # ------------------------------------------------------------

    def test_a_change_beside_the_rule_as_it_is(self):
        rule = self._rule(self.user_own)
        self._inquiries(2)
        self._inquiries(source_id=self.source.id)
        trial = self._trial(rule_id=rule.id)
        self.assertEqual(trial.member_ids.user_id, self.user_own)
        self.assertFalse(trial.can_use)
        trial.action_try()
        self.assertFalse(trial.is_compared)
        trial.domain = f"[('source_id', '=', {self.source.id})]"
        self.assertTrue(trial.is_outdated)
        trial.member_ids = [Command.clear(), Command.create({"user_id": self.user_all.id})]
        self.assertTrue(trial.can_use)
        trial.action_try()
        self.assertFalse(trial.is_outdated)
        self.assertTrue(trial.is_compared)
        self.assertEqual(
            self._numbers(trial),
            {self.user_own.name: (3, 0, 3), self.user_all.name: (0, 1, 0), "Nobody": (0, 2, 0)},
        )
        self.assertEqual(self._numbers(trial, "rule"), {"Portal": (3, 1, 3), "Nobody": (0, 2, 0)})
        self.assertEqual(rule.user_ids, self.user_own)

    def test_use_this(self):
        rule = self._rule(self.user_own, name="Mine")
        trial = self._trial(rule_id=rule.id)
        with Form(trial) as form:
            form.method = "fixed"
            with form.member_ids.new() as member:
                member.user_id = self.user_all
                member.daily_max = 3
        action = trial.action_use()
        self.assertEqual(action["infos"], {"rule_id": rule.id})
        self.assertEqual((rule.name, rule.method), ("Mine", "fixed"))
        self.assertEqual(rule.member_ids.mapped("daily_max"), [0, 3])
        self.assertEqual(self._inquiries().user_id, self.user_own)
        self.assertFalse(trial.can_use)

    def test_a_new_rule_before_it_is_saved(self):
        rule = self._rule(self.user_own)
        self._inquiries(2)
        values = {"is_new": True, "name": "Better", "sequence": 1, "company_id": self.company.id, "domain": "[]",
                  "method": "round_robin", "member_ids": [Command.create({"user_id": self.user_all.id})]}  # fmt: skip
        trial = self._trial(**values)
        trial.action_try()
        self.assertEqual(self._numbers(trial, "rule"), {"Portal": (2, 0, 2), "Better": (0, 2, 0)})
        (line,) = trial.line_ids.filtered(lambda line: line.name == "Better")
        rows = trial.env["crm.assignment.trial.lead"].search(line.get_leads("changed")["domain"])
        self.assertEqual(rows.changed_user_id, self.user_all)
        new = rule.browse(trial.action_use()["infos"]["rule_id"])
        self.assertEqual((new.name, new.user_ids, new.sequence), ("Better", self.user_all, 1))

    def test_the_dialog_takes_a_copy_of_the_rule(self):
        rule = self._rule(self.user_own, self.user_all, domain="[('name', '!=', False)]")
        rule.member_ids[1].weight = 5
        action = rule.with_user(self.user_manager).action_try()
        with Form.from_action(self.env(user=self.user_manager), action) as form:
            self.assertEqual(form.domain, rule.domain)
            self.assertEqual([line["weight"] for line in form.member_ids._records], [1, 5])
            form.rule_id = self.env["crm.assignment.rule"]
            self.assertFalse(form.member_ids._records)

    def test_a_rule_of_another_company_does_not_act_here(self):
        rule = self._rule(self.user_manager, company_id=self.other_company.id)
        self._inquiries(user_id=self.user_own.id)
        trial = self._trial()
        trial = trial.with_context(allowed_company_ids=(self.company + self.other_company).ids)
        trial.rule_id = rule
        trial.method = "fixed"
        trial.action_try()
        self.assertEqual(self._numbers(trial), {self.user_own.name: (0, 0, 1), "Nobody": (1, 1, 0)})

    # ------------------------------------------------------------
    # WHAT CAN'T BE TRIED
    # ------------------------------------------------------------

    @mute_logger("odoo.sql_db")
    def test_what_makes_no_sense_is_refused_in_words(self):
        rule = self._rule(self.user_own)
        for domain in ("nonsense", "[('no_such_field', '=', 1)]", "[('id', '=', 'x')]", "7"):
            trial = self._trial(rule_id=rule.id, domain=domain)
            with self.assertRaisesRegex(UserError, "can't be used"), self.env.cr.savepoint():
                trial.action_try()
            with self.assertRaisesRegex(UserError, "can't be used"), self.env.cr.savepoint():
                trial.action_use()
        for values in ({"days": 0}, {"days": 367}, {"days": -1}, {"mode": "lead"}):
            with self.assertRaisesRegex(UserError, "Choose"):
                self._trial(**values).action_try()
        with self.assertRaisesRegex(UserError, "Choose the rule"):
            self._trial().action_use()

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_managers_alone(self):
        rule = self._rule(self.user_own)
        for user in (self.user_own, self.user_all, self.user_portal, self.user_public):
            with self.assertRaises(AccessError):
                self._trial(user)
            with self.assertRaises(AccessError):
                rule.with_user(user).action_try()
            with self.assertRaises(AccessError):
                self.env["crm.assignment.trial.lead"].with_user(user).search([])

    def test_a_trial_is_its_users(self):
        self._rule(self.user_own)
        self._inquiries()
        trial = self._trial()
        trial.action_try()
        other = self.env(user=self.user_admin)
        for records in (trial, trial.line_ids, trial.member_ids):
            self.assertFalse(records.with_env(other).search([]))
        self.assertFalse(other["crm.assignment.trial.lead"].search([]))
        with self.assertRaises(AccessError):
            trial.with_env(other).action_try()
        with self.assertRaises(AccessError):
            trial.line_ids[0].with_env(other).get_leads("saved")
        with self.assertRaises(AccessError):
            trial.env["crm.assignment.trial.lead"].create({"trial_id": trial.id})

    def test_leads_of_other_companies_are_neither_counted_nor_named(self):
        self._rule(self.user_own, company_id=False)
        mine = self._inquiries()
        secret = self._inquiries(company_id=self.other_company.id, user_id=self.user_other_company.id)
        trial = self._trial(self.user_admin)
        trial.action_try()
        self.assertEqual(trial.lead_count, 1)
        rows = self.env["crm.assignment.trial.lead"].with_user(self.user_admin).search([])
        self.assertEqual(rows.lead_id, mine)
        self.assertNotIn(self.user_other_company.name, self._numbers(trial))
        with self.assertRaises(AccessError):
            self._trial(self.user_admin, mode="lead", lead_id=secret.id).action_try()
        # one that goes away later
        mine.sudo().write({"company_id": self.other_company.id, "user_id": False, "team_id": False})
        self.assertFalse(rows.search([]))

    def test_rules_and_teams_of_other_companies_are_closed_to_a_trial(self):
        rule = self._rule(self.user_other_company, company_id=self.other_company.id)
        team = self.env["crm.team"].create({"name": "Theirs", "company_id": self.other_company.id})
        lead = self._lead()
        for values in ({"rule_id": rule.id}, {"is_new": True, "domain": "[]", "team_id": team.id}):
            with self.assertRaises(AccessError):
                self._trial(self.user_admin, mode="lead", lead_id=lead.id, **values).action_try()

    # ------------------------------------------------------------
    # IN THE BACKGROUND
    # ------------------------------------------------------------

    def _wait(self, **values):
        with patch.object(crm_assignment_trial, "BACKGROUND_FROM", 1):
            trial = self._trial(**values)
            trial.action_try()
        self.assertEqual(trial.state, "waiting")
        return trial

    def _run_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_lead_lifecycle.crm_assignment_trial_cron").method_direct_trigger()
        self.env.invalidate_all()

    def test_many_leads_in_the_background(self):
        self._rule(self.user_own, self.user_all)
        self._inquiries(4)
        trial = self._wait()
        self.assertEqual(trial.action_look(), True)
        with patch.object(crm_assignment_trial_run, "CHUNK", 3):
            self._run_job()
        self.assertEqual((trial.state, trial.progress, trial.lead_count), ("done", 4, 4))
        self.assertEqual(self._numbers(trial), {self.user_own.name: (2, 0, 2), self.user_all.name: (2, 0, 2)})
        # the user comes back
        action = self.env["crm.assignment.rule"].with_user(self.user_manager).action_try()
        self.assertEqual(action["res_id"], trial.id)
        action = self.env["crm.assignment.rule"].with_user(self.user_manager).action_try()
        self.assertFalse(action.get("res_id"), "seen, so that the next one is a new one")

    def test_the_user_is_told(self):
        self._rule(self.user_own)
        self._inquiries()
        trial = self._wait()
        with patch.object(type(self.env["res.users"]), "_bus_send", autospec=True) as send:
            trial.sudo()._run(commit=lambda: None)
        (user, kind, notice), _options = send.call_args
        self.assertEqual((user, kind, notice["type"]), (self.user_manager, "simple_notification", "success"))
        self.assertIn("Leads tried: 1.", notice["message"])

    def test_one_at_a_time(self):
        self._rule(self.user_own)
        self._inquiries()
        trial = self._wait()
        with patch.object(crm_assignment_trial, "BACKGROUND_FROM", 1), self.assertRaisesRegex(UserError, "still"):
            self._trial().action_try()
        self.assertEqual(self.env["crm.assignment.rule"].with_user(self.user_manager).action_try()["res_id"], trial.id)
        trial.action_stop()
        self.assertEqual(trial.state, "draft")
        self._wait()
        self._run_job()
        self.assertEqual(trial.state, "draft")

    def test_a_job_that_was_killed_begins_again(self):
        self._rule(self.user_own)
        self._inquiries(3)
        trial = self._wait()

        def killed():
            if trial.progress:
                raise KeyboardInterrupt

        # what was committed stays, unlike in assertRaises
        with patch.object(crm_assignment_trial_run, "CHUNK", 1), suppress(KeyboardInterrupt):
            trial.sudo()._run(commit=killed)
        self.assertEqual((trial.state, trial.progress), ("running", 1))
        self._run_job()
        self.assertEqual((trial.state, trial.progress), ("done", 3))
        self.assertEqual(trial.env["crm.assignment.trial.lead"].search_count([]), 3)
        self._run_job()
        self.assertEqual(trial.env["crm.assignment.trial.lead"].search_count([]), 3)

    def test_a_trial_that_fails_says_so_and_keeps_no_other_waiting(self):
        rule = self._rule(self.user_own)
        self._inquiries()
        trial = self._wait(rule_id=rule.id)
        other = self._wait(user=self.user_admin)
        trial.sudo().domain = "[('no_such_field', '=', 1)]"
        self.env.flush_all()
        with mute_logger("odoo.addons.crm_lead_lifecycle.wizards.crm_assignment_trial_job"):
            self._run_job()
        self.assertEqual(trial.state, "failed")
        self.assertTrue(trial.failure)
        self.assertEqual(other.state, "done")

    def test_a_user_who_lost_the_right_meanwhile(self):
        self._rule(self.user_own)
        self._inquiries()
        trial = self._wait()
        self.user_manager.group_ids -= self.env.ref("sales_team.group_sale_manager")
        self.env.flush_all()
        with mute_logger("odoo.addons.crm_lead_lifecycle.wizards.crm_assignment_trial_job"):
            self._run_job()
        self.assertEqual(trial.sudo().state, "failed")
        self.assertFalse(trial.sudo().line_ids)

    def test_old_trials_go_with_all_that_they_found(self):
        self._rule(self.user_own)
        self._inquiries()
        trial = self._trial()
        trial.action_try()
        self._set_in_database(trial, write_date=fields.Datetime.now() - timedelta(hours=23))
        self.env["crm.assignment.trial"]._transient_vacuum()
        self.assertTrue(trial.exists())
        self._set_in_database(trial, write_date=fields.Datetime.now() - timedelta(hours=25))
        self.env["crm.assignment.trial"]._transient_vacuum()
        self.assertFalse(trial.exists())
        self.assertFalse(self.env["crm.assignment.trial.lead"].search([]))
