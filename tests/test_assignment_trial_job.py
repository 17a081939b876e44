from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.crm_lead_lifecycle.wizards import crm_assignment_trial, crm_assignment_trial_run
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_assignment_trial import TrialCase


@tagged("post_install", "-at_install")
class TestAssignmentTrialJob(TrialCase):
    """Trials with many leads, in the background."""

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
        ours = "odoo.addons.crm_lead_lifecycle"
        with mute_logger(f"{ours}.wizards.crm_assignment_trial_job", f"{ours}.models.crm_assignment_rule"):
            self._run_job()
        self.assertEqual(trial.state, "failed")
        self.assertTrue(trial.failure)
        self.assertEqual(other.state, "done")

    def test_conditions_that_were_changed_while_it_waited_are_checked_again(self):
        """The job looks at the leads as superuser: nobody learns from it what they may not read."""
        rule = self._rule(self.user_own)
        self._inquiries()
        trial = self._wait(rule_id=rule.id)
        trial.domain = "[('partner_id.signup_type', '=', 'reset')]"
        self.env.flush_all()
        with mute_logger("odoo.addons.crm_lead_lifecycle.wizards.crm_assignment_trial_job"):
            self._run_job()
        self.assertEqual(trial.state, "failed")
        self.assertFalse(trial.line_ids)

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
