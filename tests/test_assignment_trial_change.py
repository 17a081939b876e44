from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .test_assignment_trial import TrialCase


@tagged("post_install", "-at_install")
class TestAssignmentTrialChange(TrialCase):
    """A rule that is changed in the trial, who may try rules, and what can't be tried."""

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
