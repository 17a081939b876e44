from odoo.exceptions import UserError

from .call_common import NOW, GateCase, at

NUMBER = "+393337654321"


class TestCallBlacklist(GateCase):
    """A number on Odoo's list of blocked numbers is not called, whatever the path."""

    def setUp(self):
        super().setUp()
        self.enterContext(self._at(NOW))

    def _next(self):
        """The lead of the dialog that "Next contact" opens."""
        action = self.campaign.with_user(self.operator).next_contact()
        return self.env[action["res_model"]].browse(action["res_id"]).lead_id if "res_id" in action else None

    def assertBlocked(self):
        gate = self._gates()["blocked"]
        self.assertIn("The phone number is blocked since 11/26/2026.", gate.sentence)
        self.assertIsNone(gate.lifts)
        with self._tried():
            self.assertFalse(self._claim())
            self.assertIsNone(self._next())

    def assertFree(self):
        self.assertEqual(self._gates(), {})
        with self._tried():
            self.assertEqual(self._claim(), self.entry)

    def test_the_queue_passes_blocked_numbers(self):
        self._block()
        self.assertBlocked()
        other = self._lead(phone="+39 333 7654328", user_id=False)
        self.campaign.add_leads(other)
        self.assertEqual(self._next(), other)

    def test_call_backs_of_blocked_numbers_are_not_given(self):
        self._block()
        self._wait(user=self.operator)
        self.assertBlocked()
        outside = self.env["crm.call.entry"].sudo()._get_outside(self.lead)
        self._wait(outside, user=self.operator)
        self.assertFalse(self._claim())

    def test_who_is_no_longer_blocked_is_called_again(self):
        block = self._block()
        self.assertBlocked()
        block.action_archive()
        self.assertFree()

    def test_the_clients_number_counts_where_the_lead_has_none(self):
        self._set_in_database(self.lead, partner_id=self.client.id)
        self._block(self.client.phone_sanitized)
        self.assertFree()
        self._set_in_database(self.lead, phone=None, phone_sanitized=None)
        self.assertBlocked()

    def test_a_blocked_contact_is_not_opened_by_hand(self):
        self._block()
        for action in (
            self.entry.with_user(self.coordinator).action_call,
            self.lead.with_user(self.coordinator).action_call,
        ):
            with self.assertRaisesRegex(UserError, "Pitch.* can't be called.*blocked since 11/26/2026.*administrator"):
                action()
        self.assertEqual(self.entry.state, "ready")
        self.assertFalse(self.env["crm.call.wizard"].search([("lead_id", "=", self.lead.id)]))

    def test_a_lead_in_no_queue_is_refused_too(self):
        lead = self._lead(phone="+39 333 7654329", user_id=self.operator.id)
        block = self._block(lead.phone_sanitized)
        with self.assertRaisesRegex(UserError, "blocked"):
            lead.with_user(self.operator).action_call()
        block.action_archive()
        self.assertEqual(lead.with_user(self.operator).action_call()["res_model"], "crm.call.wizard")

    def test_a_call_that_is_going_on_is_confirmed(self):
        entry = self._claim()
        dialog = self._dialog(entry, outcome_id=self.recall.id, recall_at=at(2), notes="Has a talk")
        self._block()
        dialog.action_confirm()
        self.assertEqual(entry.call_ids.notes, "Has a talk")
        self.assertEqual(entry.state, "waiting")
        with self._at(str(at(2))):
            self.assertFalse(self._claim())

    def test_a_contact_that_was_blocked_after_it_was_taken_is_not_opened_again(self):
        entry = self._claim()
        self.assertEqual(self._next(), self.lead)
        dialog = self._dialog(entry, outcome_id=self.not_interested.id)
        self._block()
        self.assertIsNone(self._next())
        self.assertEqual((entry.state, entry.exclusion), ("excluded", "do_not_call"))
        dialog.action_confirm()
        self.assertEqual(entry.state, "done", "the dialog that was still open is confirmed")

    def test_who_asks_not_to_be_called_is_not(self):
        self._call(self.do_not_call)
        self.assertEqual(self.lead._get_call_block().number, NUMBER)
        self.lead.action_restore()
        self.entry.with_user(self.coordinator).action_include()
        self.assertBlocked()

    def test_a_lead_without_a_number_is_not_blocked(self):
        self._block()
        self.lead.phone = False
        self.assertEqual(self.lead._get_call_block_notice(), "")
        self.assertFree()
