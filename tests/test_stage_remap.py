from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import Form

from .common import LeadCase


class TestStageInUse(LeadCase):
    """An archived stage can't be chosen, but its leads keep it; one with leads can't be deleted."""

    def _remap(self, stage, operation, target=None, user=None, **values):
        wizard = (
            self.env["crm.stage.remap"]
            .with_user(user or self.user_manager)
            .create({"stage_id": stage.id, "operation": operation, **values})
        )
        if target:
            wizard.target_stage_id = target
        return wizard

    def test_leads_stay_among_the_stages_of_their_type(self):
        foreign = self.env["crm.stage"].create({"name": "Foreign", "lead_type_ids": self._lead_type().ids})
        self.stage_working.lead_type_ids = self.lead_type
        wizard = self.env["crm.stage.remap"].create({"stage_id": self.stage_working.id})
        self.assertNotIn(foreign, wizard.available_stage_ids)
        foreign.lead_type_ids += self.lead_type
        wizard = self.env["crm.stage.remap"].create({"stage_id": self.stage_working.id})
        self.assertIn(foreign, wizard.available_stage_ids)

    def test_archiving_keeps_leads_and_offers_to_move_them(self):
        lead = self._lead(self.stage_working)
        action = self.stage_working.with_user(self.user_manager).action_archive()
        self.assertFalse(self.stage_working.active)
        self.assertLeadState(lead, self.stage_working, "pending")
        self.assertEqual(action["res_model"], "crm.stage.remap")
        self.assertEqual(action["context"]["default_stage_id"], self.stage_working.id)
        lead.with_user(self.user_manager).write({"name": "Still editable", "stage_id": self.stage_working.id})
        self.assertEqual(lead.name, "Still editable")

    def test_archiving_an_empty_stage_asks_nothing(self):
        self.assertNotIsInstance(self.stage_late.with_user(self.user_manager).action_archive(), dict)
        self.assertFalse(self.stage_late.active)

    def test_archived_stage_with_leads_keeps_its_column(self):
        lead = self._lead(self.stage_working)
        self.stage_working.active = False
        self.assertEqual(self._columns(lead)[self.stage_working.id]["__count"], 1)
        self.assertNotIn(self.stage_working.id, self._columns(self._lead()))

    def test_archived_stage_cant_be_chosen(self):
        self.stage_late.active = False
        lead = self._lead()
        for user in (self.user_manager, self.env.ref("base.user_root")):
            with self.subTest(user=user.login):
                with self.assertRaisesRegex(UserError, "archived"):
                    lead.with_user(user).stage_id = self.stage_late
                with self.assertRaisesRegex(UserError, "archived"):
                    self._lead(self.stage_late, user)
        self.assertLeadState(lead, self.stage_new, "pending")
        self.assertNotIn(self.stage_late, self.env["crm.stage"].search([]))

    def test_archived_stage_is_no_initial_and_no_final_one(self):
        (self.stage_new + self.stage_lost).active = False
        lead = self._lead()
        self.assertLeadState(lead, self.stage_working, "pending")
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=self.stage_working, reason=self.reason)

    def test_deleting_a_stage_with_leads_is_refused(self):
        self._lead(self.stage_working)
        self._lead(self.stage_working, active=False, probability=10)
        with self.assertRaises(RedirectWarning) as caught:
            self.stage_working.with_user(self.user_manager).unlink()
        message, _action, _button, context = caught.exception.args
        self.assertRegex(message, r"\b2\b")
        self.assertEqual(context["default_operation"], "delete")
        self.assertTrue(self.stage_working.exists())
        self.stage_late.with_user(self.user_manager).unlink()
        self.assertFalse(self.stage_late.exists())

    def test_remap_moves_all_leads_and_leaves_each_what_it_is(self):
        here = self._lead(self.stage_working)
        elsewhere = self._lead(
            self.stage_working, company_id=self.other_company.id, user_id=self.user_other_company.id, team_id=False
        )
        archived = self._lead(self.stage_working, probability=10)
        archived.action_archive()
        removed = self._lead(self.stage_working)
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        lost = self._lead(self.stage_working)
        self._lose_by_sql(lost)
        wizard = self._remap(self.stage_working, "archive", self.stage_late, self.user_admin)
        self.assertEqual(wizard.lead_count, 5)
        wizard.action_apply()
        self.assertFalse(self.stage_working.active)
        self.assertLeadState(here + elsewhere, self.stage_late, "pending")
        self.assertLeadState(removed, self.stage_late, "removed")
        self.assertLeadState(lost, self.stage_late, "lost", reason=self.reason)
        self.assertFalse(archived.active)
        self.assertEqual((archived.won_status, archived.stage_id), ("pending", self.stage_late))
        self.assertEqual(str(lost.date_closed), "2025-03-01 08:00:00")

    def test_remap_moves_lost_leads_with_their_dates_and_reasons(self):
        lead = self._lead(self.stage_working)
        with self._at("2026-01-10 08:00:00"):
            lead.action_set_lost(lost_reason_id=self.reason.id)
        self._remap(self.stage_lost, "delete", self.stage_lost_why).action_apply()
        self.assertFalse(self.stage_lost.exists())
        self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=self.stage_working, reason=self.reason)
        self.assertEqual(str(lead.date_closed), "2026-01-10 08:00:00")

    def test_remap_of_lost_leads_asks_for_no_reason(self):
        lead = self._lead(self.stage_lost)
        self._remap(self.stage_lost, "archive", self.stage_lost_why).action_apply()
        self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=self.stage_new)

    def test_remap_moves_won_leads_with_their_dates(self):
        other = self.env["crm.stage"].create({"name": "Booked too", "stage_type": "qualified"})
        with self._at("2026-01-10 08:00:00"):
            lead = self._lead(self.stage_working)
            lead.action_set_won()
        self._remap(self.stage_won, "delete", other).action_apply()
        self.assertLeadState(lead, other, "won")
        self.assertEqual(str(lead.date_closed), "2026-01-10 08:00:00")

    def test_remap_leaves_an_archived_won_lead_archived(self):
        other = self.env["crm.stage"].create({"name": "Booked too", "stage_type": "qualified"})
        lead = self._lead(self.stage_won)
        lead.active = False
        self._remap(self.stage_won, "archive", other).action_apply()
        self.assertEqual((lead.stage_id, lead.active, lead.won_status), (other, False, "won"))

    def test_remap_of_a_removed_lead_in_a_lost_stage(self):
        lead = self._lead(self.stage_lost)
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self._remap(self.stage_lost, "archive", self.stage_lost_why).action_apply()
        self.assertEqual((lead.stage_id, lead.client_status), (self.stage_lost_why, "removed"))

    def test_remap_then_retype(self):
        lead = self._lead(self.stage_working)
        self._remap(self.stage_working, "retype", self.stage_late, new_stage_type="not_interested").action_apply()
        self.assertEqual(self.stage_working.stage_type, "not_interested")
        self.assertLeadState(lead, self.stage_late, "pending")

    def test_remap_is_logged(self):
        lead = self._lead(self.stage_working)
        self._remap(self.stage_working, "archive", self.stage_late).action_apply()
        event = self._events(lead, "stage")
        moved = (event.data["from_stage"], event.data["to_stage"])
        self.assertEqual(moved, (self.stage_working.id, self.stage_late.id))

    def test_remap_offers_only_active_stages_of_the_same_sense(self):
        self._lead(self.stage_working)
        wizard = self._remap(self.stage_working, "archive")
        offered = wizard.available_stage_ids & self.stages
        self.assertEqual(offered, self.stage_new + self.stage_late + self.stage_frozen)
        wizard.target_stage_id = self.stage_lost
        with self.assertRaisesRegex(UserError, "same kind"):
            wizard.action_apply()
        wizard.target_stage_id = False
        with self.assertRaisesRegex(UserError, r"Choose an active stage .+\b1\b"):
            wizard.action_apply()
        self.assertTrue(self.stage_working.active)

    def test_remap_keeps_stages_of_open_and_frozen_leads_apart_from_closed_ones(self):
        wizard = self._remap(self.stage_lost, "archive")
        self.assertEqual(wizard.available_stage_ids & self.stages, self.stage_lost_why + self.stage_abandoned)

    def test_remap_form_is_filled_by_the_warning(self):
        self._lead(self.stage_working)
        with self.assertRaises(RedirectWarning) as caught:
            self.stage_working.unlink()
        wizards = self.env["crm.stage.remap"].with_user(self.user_manager).with_context(**caught.exception.args[3])
        form = Form(wizards)
        form.target_stage_id = self.stage_late
        form.save().action_apply()
        self.assertFalse(self.stage_working.exists())
