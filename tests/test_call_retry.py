from datetime import datetime, timedelta

from odoo.fields import Command

from .call_common import CallCase

NOON = "2026-06-17 10:00:00"  # a Wednesday, noon in Rome


class TestCallRetry(CallCase):
    """Nobody was reached, or does not want to be called."""

    # ------------------------------------------------------------
    # FURTHER ATTEMPTS
    # ------------------------------------------------------------

    def test_further_attempts_follow_the_schedule(self):
        entry, at = self.entries[0], datetime.fromisoformat(NOON)
        for minutes in (30, 120, 1440, 1440):
            with self._at(str(at)):
                call = self._call(self.no_answer, entry)
            self.assertEqual((entry.state, entry.next_call_at), ("waiting", at + timedelta(minutes=minutes)))
            self.assertEqual((call.recall_at, call.recall_scope, call.is_contact), (entry.next_call_at, False, False))
            at = entry.next_call_at
        self.assertEqual(entry.attempts, 4)

    def test_a_further_attempt_is_anybodys_and_waits_for_its_time(self):
        with self._at(NOON):
            entry = self._call(self.no_answer).entry_id
            self.assertEqual(self._claim(self.rival), self.entries[1])
        with self._at("2026-06-17 10:29:00"):
            self.assertEqual(self._claim(self.rival), self.entries[1])
        with self._at("2026-06-17 10:30:00"):
            self.assertEqual(self._claim(self.rival), entry)

    def test_a_further_attempt_waits_for_the_calling_hours(self):
        self.campaign.window_ids = [
            Command.create({"weekday": weekday, "hour_from": 9, "hour_to": 12.25}) for weekday in ("2", "3")
        ]
        with self._at(NOON):
            entry = self._call(self.no_answer).entry_id
        self.assertEqual(entry.next_call_at, datetime.fromisoformat("2026-06-18 07:00"))

    def test_another_outcome_follows_the_last_attempt(self):
        self.no_answer.max_attempts = 2
        self.unreachable.stage_id = self.stage_lost
        entry = self.entries[0]
        self._call(self.no_answer, entry)
        self.assertEqual(entry.state, "waiting")
        self._call(self.no_answer, entry)
        self.assertEqual(entry.state, "done")
        self.assertLeadState(entry.lead_id, self.stage_lost, "lost", lost_from=self.stage_new)

    def test_the_lead_is_abandoned_after_the_last_attempt(self):
        self.no_answer.write({"max_attempts": 1, "when_exhausted": "abandon"})
        entry = self._call(self.no_answer).entry_id
        self.assertEqual(entry.state, "done")
        self.assertLeadState(entry.lead_id, self.stage_abandoned, "lost", lost_from=self.stage_new)

    def test_the_lead_stays_after_the_last_attempt(self):
        self.no_answer.write({"max_attempts": 1, "when_exhausted": "done"})
        entry = self._call(self.no_answer).entry_id
        self.assertEqual(entry.state, "done")
        self.assertLeadState(entry.lead_id, self.stage_new, "pending")

    def test_other_outcomes_do_not_count_as_attempts_of_this_one(self):
        self.no_answer.max_attempts = 2
        entry = self.entries[0]
        for outcome in (self.busy, self.no_answer, self.busy):
            self._call(outcome, entry)
        self.assertEqual((entry.state, entry.attempts), ("waiting", 3))

    # ------------------------------------------------------------
    # DO NOT CALL
    # ------------------------------------------------------------

    def test_who_does_not_want_to_be_called_leaves_all_queues(self):
        other = self._campaign(self.leads)
        self._call(self.do_not_call)
        self.assertEqual(
            self.env["phone.blacklist"].search([("number", "=", self.leads[0].phone_sanitized)]).number, "+393331234000"
        )
        entry = other.entry_ids.filtered(lambda entry: entry.lead_id == self.leads[0])
        self.assertEqual((entry.state, entry.exclusion), ("excluded", "do_not_call"))
        self.assertEqual(self.entries.mapped("state"), ["done", "ready", "ready"])
