from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

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
