from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .call_common import CallCase

NOON = "2026-06-17 10:00:00"
LATER = "2026-06-17 10:09:00"


class TestCallTakeBack(CallCase):
    def _take_back(self, call, user=None):
        """Take a call back, and give the dialog that opens again.

        :return: the dialog, and what was kept as the notification says it
        """
        action = call.with_user(user or self.operator).action_take_back()
        message = action.get("params", {}).get("message", "")
        if message:
            action = action["params"]["next"]
        return self.env["crm.call.wizard"].with_user(user or self.operator).browse(action["res_id"]), message

    def _state(self, entry):
        """Everything that a call may change of a contact and its lead."""
        self.env.invalidate_all()
        return entry._get_call_state() | {"state": None}, entry.lead_id._get_call_state(), entry.lead_id.active

    def test_everything_goes_and_the_dialog_opens_again(self):
        self.campaign.step_ids = [Command.create({"name": "Why", "question": "Why us?"})]
        before = self._state(self.entries[0])
        with self._at(NOON):
            entry = self._claim()
            dialog = self._dialog(entry, outcome_id=self.not_interested.id, notes="No, thank you")
            dialog.answer_ids.answer_text = "By chance"
            dialog.action_confirm()
        call = entry.call_ids
        with self._at(LATER):
            dialog, message = self._take_back(call)
        self.assertFalse(message)
        self.assertFalse(call.exists())
        self.assertEqual(self._state(entry), before)
        self.assertEqual((entry.state, entry.claimed_by_id), ("claimed", self.operator))
        self.assertEqual((dialog.notes, dialog.answer_ids.answer_text), ("No, thank you", "By chance"))
        self.assertLeadState(self.leads[0], self.stage_new, "pending")
        self.assertEqual(self._events(self.leads[0], "call_undo").summary, "Call taken back: Not interested")
        with self._at(LATER):
            dialog.outcome_id = self.busy
            dialog.action_confirm()
        self.assertEqual((entry.state, entry.attempts, len(entry.call_ids)), ("waiting", 1, 1))

    def test_each_outcome_goes_without_a_trace(self):
        self.appointment.stage_id = self.stage_late
        self.no_answer.write({"max_attempts": 1, "when_exhausted": "abandon"})
        for outcome in (
            self.appointment,
            self.recall,
            self.no_answer,
            self.busy,
            self.not_interested,
            self.wrong_number,
            self.do_not_call,
        ):
            with self.subTest(outcome=outcome.name):
                lead = self._lead(user_id=False, phone="+39 333 9999999")
                entry = self._campaign(lead).entry_ids
                counts, before = self._counts(), self._state(entry)
                entry.write(entry._prepare_claim_values(self.operator))
                values = {"recall_at": "2099-01-01 10:00:00"} if outcome == self.recall else {}
                call = self._call(outcome, entry, **values)
                self._take_back(call)[0].action_stop()
                self.env.flush_all()
                after = self._counts()
                for name in ("crm.lead.event", "mail.message"):  # the log says what was done and undone
                    counts.pop(name), after.pop(name)
                counts["phone.blacklist"] = after["phone.blacklist"]  # Odoo archives what it unblocks
                self.assertEqual(after, counts)
                now = self._state(entry)
                self.assertEqual(now[1:], before[1:])
                self.assertEqual(now[0] | {"date_queued": None}, before[0] | {"date_queued": None})
                self.assertEqual(entry.state, "ready")

    def test_the_number_may_be_called_again(self):
        other = self._campaign(self.leads)
        self._take_back(self._call(self.do_not_call))
        self.assertFalse(self.env["phone.blacklist"].search([("number", "=", self.leads[0].phone_sanitized)]))
        self.assertEqual(other.entry_ids.mapped("state"), ["ready"] * 3)

    def test_a_number_that_was_blocked_before_stays_blocked(self):
        self.env["phone.blacklist"].add(self.leads[0].phone_sanitized)
        self._take_back(self._call(self.do_not_call, self.entries[0]))
        self.assertTrue(self.env["phone.blacklist"].search([("number", "=", self.leads[0].phone_sanitized)]))

    def test_the_planned_call_is_planned_again(self):
        activity = self.leads[0].activity_schedule("mail.mail_activity_data_call", user_id=self.operator.id)
        call = self._call(self.busy)
        self.assertFalse(activity.active)
        messages = self.leads[0].message_ids
        self._take_back(call)
        self.assertTrue(activity.active)
        self.assertFalse(activity.date_done)
        self.assertEqual(len(messages - self.leads[0].message_ids), 1)

    def test_what_somebody_else_has_done_since_is_kept_and_named(self):
        self.appointment.stage_id = self.stage_late
        with self._at(NOON):
            call = self._call(self.appointment)
            self.leads[0].with_user(self.user_manager).stage_id = self.stage_working
            entry = call.entry_id
            entry.with_user(self.coordinator).action_include()
        with self._at(LATER):
            _dialog, message = self._take_back(call)
        self.assertRegex(message, "stays in At work: lead_manager.* has moved it since")
        self.assertRegex(message, "“Summer” stays as it is")
        self.assertEqual((self.leads[0].stage_id, entry.state), (self.stage_working, "claimed"))

    def test_only_within_some_minutes(self):
        self.company.call_take_back_minutes = 5
        with self._at(NOON):
            call = self._call(self.busy)
            self.assertTrue(call.with_user(self.operator).can_take_back)
        with self._at("2026-06-17 10:06:00"), self.assertRaisesRegex(UserError, "within 5 minutes"):
            call.with_user(self.operator).action_take_back()

    def test_only_the_last_call(self):
        first = self._call(self.busy, self.entries[0])
        self._call(self.busy, self.entries[0])
        with self.assertRaisesRegex(UserError, "called again since"):
            first.with_user(self.operator).action_take_back()

    def test_only_the_own_call_or_as_a_coordinator(self):
        call = self._call(self.busy)
        self.leads[0].user_id = self.rival
        with self.assertRaisesRegex(AccessError, "Only a coordinator"):
            call.with_user(self.rival).action_take_back()
        self._take_back(call, self.coordinator)
        self.assertEqual(self.entries[0].claimed_by_id, self.coordinator)

    def test_not_while_somebody_else_calls(self):
        with self._at(NOON):
            call = self._call(self.recall, recall_at="2026-06-17 10:01:00", recall_scope="public")
        with self._at("2026-06-17 10:02:00"):
            self.assertEqual(self._claim(self.rival), self.entries[0])
            with self.assertRaisesRegex(UserError, "call_rival.* is in a call"):
                call.with_user(self.operator).action_take_back()
        self.assertEqual(self.entries[0].next_call_at, datetime.fromisoformat("2026-06-17 10:01"))

    def test_what_was_planned_after_the_planned_call_goes(self):
        chained = self.env["mail.activity.type"].create(
            {
                "name": "Call, then write",
                "category": "phonecall",
                "chaining_type": "trigger",
                "triggered_next_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            }
        )
        activity = self.leads[0].activity_schedule(activity_type_id=chained.id, user_id=self.operator.id)
        call = self._call(self.busy)
        self.assertEqual(len(self.leads[0].activity_ids), 1)
        self.assertNotEqual(self.leads[0].activity_ids, activity)
        self._take_back(call)
        self.assertEqual(self.leads[0].activity_ids, activity)

    def test_the_lead_that_it_was_merged_into_stays_where_it_is(self):
        self.appointment.stage_id = self.stage_late
        winner = self._lead(self.stage_late, user_id=False)
        call = self._call(self.appointment)
        (winner + self.leads[0]).with_user(self.user_manager).merge_opportunity()
        self.assertEqual(call.lead_id, winner)
        _dialog, message = self._take_back(call)
        self.assertRegex(message, "stays in Proposal out: lead_manager.* has moved it since")
        self.assertEqual(winner.stage_id, self.stage_late)

    def test_a_call_whose_event_was_blanked_is_taken_back_all_the_same(self):
        call = self._call(self.busy)
        self._set_in_database(self._events(self.leads[0], "call"), data=None)
        self._take_back(call)
        self.assertFalse(call.exists())
