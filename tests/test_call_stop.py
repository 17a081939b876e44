from datetime import datetime

from odoo.exceptions import UserError
from odoo.fields import Command

from .call_common import CallCase

NOON = "2026-06-17 10:00:00"  # a Wednesday, noon in Rome


class TestCallStop(CallCase):
    """Calls that end without an outcome, and two dialogs on one contact."""

    # ------------------------------------------------------------
    # STOP
    # ------------------------------------------------------------

    def test_stop_leaves_nothing(self):
        self.campaign.step_ids = [Command.create({"name": "Why", "question": "Why us?"})]
        before = self._counts()
        entry = self._claim()
        dialog = self._dialog(entry, outcome_id=self.recall.id, notes="x", recall_at="2099-01-01 10:00:00")
        dialog.answer_ids.answer_text = "Because"
        dialog.action_stop()
        self.env.flush_all()
        self.assertEqual(self._counts(), before)
        self.assertEqual((entry.state, entry.attempts, entry.claimed_by_id.id), ("ready", 0, False))

    def test_after_stop_the_others_come_first(self):
        for number, minutes in enumerate((0, 1, 2)):
            with self._at(f"2099-06-17 10:{minutes:02d}:00"):
                entry = self._claim()
                self.assertEqual(entry, self.entries[number])
                self._dialog(entry).action_stop()
        with self._at("2099-06-17 10:03:00"):
            self.assertEqual(self._claim(), self.entries[0])

    def test_stop_keeps_the_time_of_a_call_back(self):
        with self._at(NOON):
            entry = self._call(self.recall, recall_at="2026-06-18 08:30:00").entry_id
        with self._at("2026-06-18 08:31:00"):
            self._dialog(self._claim()).action_stop()
        self.assertEqual((entry.state, entry.next_call_at), ("waiting", datetime.fromisoformat("2026-06-18 08:30")))

    # ------------------------------------------------------------
    # TWO DIALOGS
    # ------------------------------------------------------------

    def test_a_contact_that_went_to_somebody_else_is_theirs(self):
        with self._at(NOON):
            entry = self._claim()
            dialog = self._dialog(entry, outcome_id=self.not_interested.id)
        with self._at("2026-06-17 10:06:00"):
            self.assertEqual(self._claim(self.rival), entry)
            before = self._counts()
            with self.assertRaisesRegex(UserError, "call_rival.* is in a call"):
                dialog.action_confirm()
            self.assertEqual(self._counts(), before)
            self._call(self.busy, entry, self.rival)
            with self.assertRaisesRegex(UserError, "call_rival.* has called"):
                dialog.action_confirm()

    def test_a_lapsed_call_can_be_confirmed(self):
        with self._at(NOON):
            entry = self._claim()
            dialog = self._dialog(entry, outcome_id=self.not_interested.id)
        with self._at("2026-06-17 10:30:00"):
            self.env["crm.call.entry"]._release_lapsed()
            self.assertEqual(entry.state, "ready")
            dialog.action_confirm()
        self.assertEqual((entry.state, entry.attempts), ("done", 1))

    def test_a_call_is_confirmed_once(self):
        entry = self._claim()
        first, second = self._dialog(entry, outcome_id=self.busy.id), self._dialog(entry, outcome_id=self.busy.id)
        first.action_confirm()
        with self.assertRaisesRegex(UserError, "has called"):
            second.action_confirm()
        self.assertEqual(len(entry.call_ids), 1)

    def test_a_lead_in_somebodys_call_is_not_called(self):
        entry = self._claim(self.rival)
        entry.lead_id.user_id = self.operator
        with self.assertRaisesRegex(UserError, "call_rival.* is in a call"):
            entry.lead_id.with_user(self.operator).action_call()

    def test_a_call_from_the_lead_counts_in_its_campaign(self):
        self.leads[1].user_id = self.operator
        action = self.leads[1].with_user(self.operator).action_call()
        dialog = self.env["crm.call.wizard"].browse(action["res_id"])
        self.assertEqual(dialog.entry_id, self.entries[1])
        self.assertEqual(self.entries[1].claimed_by_id, self.operator)
