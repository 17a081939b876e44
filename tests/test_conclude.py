from odoo.exceptions import UserError
from odoo.tests import Form

from .common import LeadCase


class TestLostReason(LeadCase):
    """A stage that requires the reason refuses people without one, never machines."""

    def assertAsks(self, function, lead):
        with self.assertRaisesRegex(UserError, "needs a reason"):
            function()
        self.env.invalidate_all()
        if lead:
            self.assertLeadState(lead, self.stage_new, "pending")

    def assertAsksOnEveryPath(self, user, lead):
        as_user = lead.with_user(user)
        wizard = self.env["crm.lead.lost"].with_user(user).create({"lead_ids": lead.ids})
        self.assertAsks(lambda: as_user.write({"stage_id": self.stage_lost_why.id}), lead)
        self.assertAsks(lambda: as_user.write({"active": False, "probability": 0}), lead)
        self.assertAsks(lambda: as_user.action_set_lost(), lead)
        self.assertAsks(lambda: as_user.action_set_lost(stage_id=self.stage_lost_why.id), lead)
        self.assertAsks(wizard.action_lost_reason_apply, lead)
        self.assertAsks(lambda: self._lead(self.stage_lost_why, user), None)

    def test_person_is_asked_on_every_path(self):
        self.stage_lost.active = False
        lead = self._lead(user_id=self.user_own.id)
        for user in (self.user_own, self.user_manager, self.user_admin):
            with self.subTest(user=user.login):
                self.assertAsksOnEveryPath(user, lead)

    def test_sudo_of_a_person_is_a_person(self):
        lead = self._lead()
        as_person = lead.with_user(self.user_own).sudo()
        self.assertAsks(lambda: as_person.write({"stage_id": self.stage_lost_why.id}), lead)
        self.assertAsks(lambda: as_person.create({"name": "New", "stage_id": self.stage_lost_why.id}), lead)

    def test_machine_is_not_asked(self):
        root = self.env.ref("base.user_root")
        for user in (root, self.user_portal, self.user_public):
            with self.subTest(user=user.login):
                lead = self._lead()
                lead.with_user(user).sudo().stage_id = self.stage_lost_why
                self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=self.stage_new)

    def test_reason_given_before_or_along_is_enough(self):
        along = self._lead()
        along.with_user(self.user_own).write({"stage_id": self.stage_lost_why.id, "lost_reason_id": self.reason.id})
        before = self._lead(lost_reason_id=self.reason.id)
        before.with_user(self.user_own).stage_id = self.stage_lost_why
        for lead in (along, before):
            self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=self.stage_new, reason=self.reason)

    def test_reason_taken_away_along_is_missed(self):
        lead = self._lead(lost_reason_id=self.reason.id)
        with self.assertRaisesRegex(UserError, "needs a reason"):
            lead.with_user(self.user_own).write({"stage_id": self.stage_lost_why.id, "lost_reason_id": False})

    def test_one_lead_without_a_reason_stops_the_batch(self):
        leads = self._lead(lost_reason_id=self.reason.id) + self._lead(name="The one without")
        with self.assertRaisesRegex(UserError, "The one without"):
            leads.with_user(self.user_manager).stage_id = self.stage_lost_why
        self.env.invalidate_all()
        self.assertEqual(leads.stage_id, self.stage_new)

    def test_optional_reason_is_not_asked(self):
        lead = self._lead()
        lead.with_user(self.user_own).stage_id = self.stage_lost
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_new)


class TestConclude(LeadCase):
    """The dialog that ends the work on leads."""

    def _wizard(self, leads, user=None, **values):
        return (
            self.env["crm.lead.conclude"].with_user(user or self.user_manager).create({"lead_ids": leads.ids, **values})
        )

    def test_action_opens_the_dialog_for_the_leads(self):
        leads = self._lead() + self._lead()
        action = leads.with_user(self.user_own).action_conclude()
        self.assertEqual((action["res_model"], action["target"]), ("crm.lead.conclude", "new"))
        wizard = self.env["crm.lead.conclude"].with_user(self.user_own).with_context(**action["context"]).create({})
        self.assertEqual((wizard.lead_ids, wizard.lead_count), (leads, 2))

    def test_offers_only_active_final_stages_green_ones_first(self):
        lead = self._lead()
        wizard = self._wizard(lead)
        offered = wizard.available_stage_ids & self.stages
        self.assertEqual(list(offered), list(self.stage_won + self.stage_lost + self.stage_lost_why))
        self.assertEqual(set(wizard.available_stage_ids.mapped("stage_type")), {"qualified", "not_interested"})
        self.stage_lost.active = False
        self.assertNotIn(self.stage_lost, self._wizard(lead).available_stage_ids)

    def test_offers_what_all_leads_may_end_in(self):
        other_type = self._lead_type()
        wizard = self._wizard(self._lead() + self._lead(lead_type_id=other_type.id))
        self.assertNotIn(self.stage_lost, wizard.available_stage_ids)
        self.assertIn(self.stage_lost_why, wizard.available_stage_ids)

    def test_says_when_only_some_leads_have_a_lost_stage(self):
        self.stage_lost_why.lead_type_ids = self.lead_type
        wizard = self._wizard(self._lead() + self._lead(lead_type_id=self._lead_type().id))
        self.assertEqual(wizard.lost_stages, "some")

    def test_says_when_there_is_no_lost_stage(self):
        self.assertEqual(self._wizard(self._lead()).lost_stages, "common")
        self._stage_like_stock()
        self.assertEqual(self._wizard(self._lead()).lost_stages, "none")

    def test_green(self):
        leads = self._lead(user_id=self.user_own.id, is_urgent=True) + self._lead(self.stage_frozen)
        self._wizard(leads, self.user_own, stage_id=self.stage_won.id).action_apply()
        self.assertLeadState(leads, self.stage_won, "won")
        self.assertFalse(leads[0].is_urgent)

    def test_red_with_its_reason(self):
        leads = self._lead(self.stage_late) + self._lead(self.stage_frozen)
        wizard = self._wizard(leads, self.user_own, stage_id=self.stage_lost_why.id, lost_reason_id=self.reason.id)
        wizard.action_apply()
        for lead, stage in zip(leads, (self.stage_late, self.stage_frozen), strict=True):
            self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=stage, reason=self.reason)

    def test_red_asks_for_a_required_reason(self):
        lead = self._lead()
        with self.assertRaisesRegex(UserError, "needs a reason"):
            self._wizard(lead, stage_id=self.stage_lost_why.id).action_apply()
        self._wizard(lead, stage_id=self.stage_lost.id).action_apply()
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_new)

    def test_red_after_lost_in_place_like_stock(self):
        lead = self._lead(self.stage_late)
        self._lose_by_sql(lead)
        self._wizard(lead, stage_id=self.stage_lost.id, lost_reason_id=self.reason.id).action_apply()
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_late, reason=self.reason)

    def test_form_demands_the_reason_of_a_stage_that_requires_it(self):
        lead = self._lead()
        wizards = self.env["crm.lead.conclude"].with_user(self.user_own).with_context(default_lead_ids=lead.ids)
        form = Form(wizards)
        form.stage_id = self.stage_lost_why
        with self.assertRaisesRegex(AssertionError, "lost_reason_id is a required field"):
            form.save()
        form.lost_reason_id = self.reason
        form.save().action_apply()
        self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=self.stage_new, reason=self.reason)

    def test_form_drops_the_reason_of_what_is_won_after_all(self):
        lead = self._lead()
        form = Form(self.env["crm.lead.conclude"].with_user(self.user_own).with_context(default_lead_ids=lead.ids))
        form.stage_id = self.stage_lost
        form.lost_reason_id = self.reason
        form.stage_id = self.stage_won
        form.save().action_apply()
        self.assertLeadState(lead, self.stage_won, "won")

    def test_refuses_what_it_does_not_offer(self):
        lead = self._lead()
        for stage in (self.stage_working, self.stage_abandoned):
            with self.assertRaisesRegex(UserError, "does not conclude these leads"):
                self._wizard(lead, stage_id=stage.id).action_apply()
        with self.assertRaisesRegex(UserError, "Choose how it ended"):
            self._wizard(lead).action_apply()
        self.assertLeadState(lead, self.stage_new, "pending")

    def test_won_lead_gets_its_rainbow_man(self):
        lead = self._lead(user_id=self.user_own.id)
        result = self._wizard(lead, self.user_own, stage_id=self.stage_won.id).action_apply()
        self.assertEqual(result["type"], "ir.actions.act_window_close")
        self.assertEqual(result["effect"]["type"], "rainbow_man")
