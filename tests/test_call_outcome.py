from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.tools import mute_logger

from .call_common import CallCase


class TestCallOutcome(CallCase):
    def _make_outcome(self, **values):
        return self.env["crm.call.outcome"].create({"name": "Something", "kind": "recall", **values})

    def test_name_and_kind_are_enough(self):
        for kind in ("recall", "negative", "closing", "appointment"):
            self.assertTrue(self._make_outcome(kind=kind))

    def test_the_retry_schedule_is_a_list_of_minutes(self):
        outcome = self._make_outcome(retry_minutes=" 30, 120,1440 ")
        self.assertEqual([outcome._get_retry_delay(attempt) for attempt in (1, 2, 3, 4)], [30, 120, 1440, 1440])
        self.assertIsNone(self._make_outcome()._get_retry_delay(1))

    def test_what_is_no_list_of_minutes_is_refused(self):
        for text in ("soon", "30;60", "30,-5", "0", "1.5", "30,,x", "99999999"):
            with self.subTest(text=text), self.assertRaisesRegex(ValidationError, "list of minutes"):
                self._make_outcome(retry_minutes=text)

    def test_negative_numbers_of_attempts_are_refused(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self._make_outcome(max_attempts=-1)

    def test_after_the_last_attempt_only_a_no_follows(self):
        with self.assertRaisesRegex(ValidationError, "Choose which outcome"):
            self._make_outcome(retry_minutes="30", max_attempts=1, when_exhausted="outcome")
        with self.assertRaisesRegex(ValidationError, "kind “No”"):
            self._make_outcome(when_exhausted="outcome", exhausted_outcome_id=self.recall.id)
        followed = self._make_outcome(kind="negative")
        self._make_outcome(when_exhausted="outcome", exhausted_outcome_id=followed.id)
        with self.assertRaisesRegex(ValidationError, "follows the last attempt"):
            followed.kind = "recall"

    def test_a_stage_that_needs_a_reason_gets_one(self):
        with self.assertRaisesRegex(ValidationError, "needs a reason"):
            self._make_outcome(kind="negative", stage_id=self.stage_lost_why.id)
        self._make_outcome(kind="negative", stage_id=self.stage_lost_why.id, lost_reason_id=self.reason.id)

    def test_only_managers_change_outcomes(self):
        for user in (self.operator, self.coordinator, self.user_own, self.user_all):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.busy.with_user(user).name = "Occupied"
        self.busy.with_user(self.user_manager).name = "Occupied"
        self.assertEqual(self.busy.with_user(self.operator).name, "Occupied")

    def test_outcomes_of_other_companies_are_out_of_sight(self):
        outcome = self._make_outcome(company_id=self.other_company.id)
        outcomes = self.env["crm.call.outcome"]
        self.assertNotIn(outcome, outcomes.with_user(self.operator).search([]))
        self.assertIn(outcome, outcomes.with_user(self.operator_other_company).search([]))
        self.assertNotIn(outcome, self._dialog(self._claim()).available_outcome_ids)
