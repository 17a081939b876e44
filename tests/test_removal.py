from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import Form
from odoo.tools import mute_logger

from .common import LeadCase


class TestRemoval(LeadCase):
    """Spam, tests and mistakes are no losses: they keep their stage, teach nothing, and can be restored."""

    def _remove(self, leads, user=None):
        wizards = self.env["crm.lead.remove"].with_user(user or self.user_manager)
        wizards.create({"lead_ids": leads.ids, "removal_reason_id": self.removal_reason.id}).action_apply()

    def test_removed_lead_keeps_its_stage(self):
        for stage in (self.stage_late, self.stage_frozen):
            lead = self._lead(stage)
            self._remove(lead)
            self.assertLeadState(lead, stage, "removed")
            self.assertEqual(lead.removal_reason_id, self.removal_reason)

    def test_many_at_once_by_the_form(self):
        leads = self._lead(self.stage_late) + self._lead(self.stage_working)
        action = leads.with_user(self.user_own).action_remove()
        form = Form(self.env["crm.lead.remove"].with_user(self.user_own).with_context(**action["context"]))
        with self.assertRaisesRegex(AssertionError, "removal_reason_id is a required field"):
            form.save()
        form.removal_reason_id = self.removal_reason
        form.save().action_apply()
        self.assertLeadState(leads[0], self.stage_late, "removed")
        self.assertLeadState(leads[1], self.stage_working, "removed")

    def test_reason_is_demanded(self):
        lead = self._lead()
        wizard = self.env["crm.lead.remove"].with_user(self.user_own).create({"lead_ids": lead.ids})
        with self.assertRaisesRegex(UserError, "Choose why"):
            wizard.action_apply()
        with self.assertRaisesRegex(UserError, "Choose why"):
            lead.client_status = "removed"
        self.env.invalidate_all()
        self.assertLeadState(lead, self.stage_new, "pending")

    def test_removed_with_probability_zero_is_no_loss(self):
        lead = self._lead(self.stage_late)
        lead.probability = 0
        self._remove(lead)
        self.assertLeadState(lead, self.stage_late, "removed")
        self.assertEqual(lead.probability, 0)
        self.assertNotIn(
            lead, self.env["crm.lead"].with_context(active_test=False).search([("won_status", "=", "lost")])
        )
        lead.probability = 0
        self.assertLeadState(lead, self.stage_late, "removed")

    def test_reason_goes_with_a_removed_lead_only(self):
        lead = self._lead()
        with self.assertRaises(UserError):
            lead.with_user(self.user_manager).removal_reason_id = self.removal_reason
        with self.assertRaises(UserError):
            self._lead(removal_reason_id=self.removal_reason.id)
        self._remove(lead)
        with self.assertRaises(UserError):
            lead.with_user(self.user_manager).removal_reason_id = False
        self.env.invalidate_all()
        self.assertEqual(lead.removal_reason_id, self.removal_reason)

    def test_won_lead_is_refused(self):
        lead = self._lead(self.stage_won)
        with self.assertRaisesRegex(UserError, "is won and can't be removed"):
            self._remove(lead)

    def test_lost_lead_stays_where_it_is_and_is_no_longer_lost(self):
        lead = self._lead(self.stage_late)
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self._remove(lead)
        self.env.flush_all()
        self.assertEqual((lead.client_status, lead.won_status, lead.active), ("removed", "pending", False))
        self.assertEqual(lead.stage_id, self.stage_lost)

    def test_restore_gives_back_what_was(self):
        linked = self._lead(self.stage_late, partner_id=self.env["res.partner"].create({"name": "Anna"}).id)
        new = self._lead(self.stage_frozen)
        self.assertEqual((linked + new).mapped("client_status"), ["linked", "new"])
        self._remove(linked + new)
        (linked + new).with_user(self.user_manager).action_restore()
        self.assertLeadState(linked, self.stage_late, "pending")
        self.assertLeadState(new, self.stage_frozen, "pending")
        self.assertEqual((linked + new).mapped("client_status"), ["linked", "new"])
        self.assertFalse((linked + new).removal_reason_id)

    def test_unarchive_restores(self):
        lead = self._lead(self.stage_late)
        self._remove(lead)
        lead.with_user(self.user_manager).action_unarchive()
        self.assertLeadState(lead, self.stage_late, "pending")
        self.assertEqual(lead.client_status, "new")

    def test_restored_automatic_probability_goes_on(self):
        lead = self._lead(self.stage_late)
        automatic = lead.is_automated_probability
        self._remove(lead)
        lead.action_restore()
        self.assertEqual(lead.is_automated_probability, automatic)

    def test_restore_leaves_open_leads_as_they_are(self):
        lead = self._lead(probability=42)
        removed = self._lead()
        self._remove(removed)
        (lead + removed).action_restore()
        self.assertEqual(lead.probability, 42)
        self.assertTrue(removed.active)

    def test_restore_of_removed_and_lost_leads_together(self):
        removed, lost = self._lead(self.stage_frozen), self._lead(self.stage_late)
        self._remove(removed)
        lost.action_set_lost(lost_reason_id=self.reason.id)
        (removed + lost).with_user(self.user_manager).action_restore()
        self.assertLeadState(removed, self.stage_frozen, "pending")
        self.assertLeadState(lost, self.stage_late, "pending")

    def test_restore_of_a_lead_that_was_lost_before_returns_to_its_open_stage(self):
        lead = self._lead(self.stage_late)
        lead.action_set_lost()
        self._remove(lead)
        lead.action_restore()
        self.assertLeadState(lead, self.stage_late, "pending")

    def test_removed_lead_is_not_moved_lost_or_won(self):
        lead = self._lead(self.stage_late)
        self._remove(lead)
        for stage in (self.stage_working, self.stage_won, self.stage_lost):
            with self.assertRaisesRegex(UserError, "Restore it"):
                lead.stage_id = stage
        self.env.invalidate_all()
        self.assertLeadState(lead, self.stage_late, "removed")

    def test_no_client_can_pretend_to_remap(self):
        lead = self._lead(self.stage_late)
        self._remove(lead)
        for pretended in (True, "REMAPPING", {}):
            with self.assertRaisesRegex(UserError, "Restore it"):
                lead.with_user(self.user_manager).with_context(lead_remapping=pretended).stage_id = self.stage_working

    def test_losing_a_removed_lead_leaves_it_removed(self):
        lead = self._lead(self.stage_late)
        self._remove(lead)
        lead.action_set_lost()
        self.assertLeadState(lead, self.stage_late, "removed")

    def test_winning_a_removed_lead_takes_it_back(self):
        lead = self._lead(self.stage_late)
        self._remove(lead)
        lead.action_set_won()
        self.assertLeadState(lead, self.stage_won, "won")
        self.assertEqual(lead.client_status, "new")

    def test_removing_twice_keeps_the_first_reason_and_event(self):
        lead = self._lead()
        self._remove(lead)
        self._remove(lead)
        self.assertEqual(len(self._events(lead, "remove")), 1)

    def test_client_status_cant_be_written_otherwise(self):
        lead = self._lead()
        for status in ("linked", "converted"):
            with self.assertRaisesRegex(UserError, "client status can't be written"):
                lead.with_user(self.user_manager).client_status = status
            with self.assertRaisesRegex(UserError, "client status can't be written"):
                self._lead(client_status=status)
        with self.assertRaises(UserError):
            self._lead(client_status="removed", removal_reason_id=self.removal_reason.id)
        self.assertEqual(self._lead(client_status="new").client_status, "new")

    def test_removed_leads_are_no_duplicates(self):
        values = {"email_from": "anna.rossi@camping.example.com"}
        lead, other, spam = (self._lead(**values) for _index in range(3))
        self._remove(spam)
        self.env.flush_all()
        lead.invalidate_recordset()
        self.assertEqual(lead.duplicate_lead_ids, lead + other)
        self.assertEqual(lead.duplicate_lead_count, 1)
        found = self.env["crm.lead"]._get_lead_duplicates(email=values["email_from"], include_lost=True)
        self.assertEqual(found, lead + other)

    def test_removed_leads_leave_the_pipeline_but_can_be_found(self):
        lead = self._lead()
        self._remove(lead)
        domain = [("id", "=", lead.id)]
        self.assertFalse(self.env["crm.lead"].search(domain))
        everywhere = self.env["crm.lead"].with_context(active_test=False)
        self.assertEqual(everywhere.search([*domain, ("client_status", "=", "removed")]), lead)

    def test_reason_in_use_is_archived_not_deleted(self):
        lead = self._lead()
        self._remove(lead)
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.removal_reason.unlink()
        self.removal_reason.active = False
        self.assertEqual(lead.removal_reason_id, self.removal_reason)
