from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .ageing_common import AgeingCase


@tagged("post_install", "-at_install")
class TestFreeze(AgeingCase):
    """A lead rests until a day, then wakes by itself where it was."""

    def setUp(self):
        super().setUp()
        self.lead = self._repair(self.looked, team_id=self.team.id)

    def _freeze(self, leads, day="2027-03-12", user=None, **values):
        """As a person does in the dialog."""
        with self._at("2027-03-01 10:00:00"):
            dialog = self.env["crm.lead.freeze"].with_user(user or self.user_own)
            dialog.create({"lead_ids": leads.ids, "date_until": day, **values}).action_apply()

    def _wake_at(self, moment):
        with self._at(moment):
            self._run_job("wake")

    def assertFrozen(self, leads, until, stage=None, came_from=None):
        self.assertLeadState(leads, stage or self.waiting, "pending")
        for lead in leads:
            self.assertEqual(str(lead.frozen_until), until)
            self.assertEqual(lead.frozen_from_stage_id, came_from or self.looked)

    def assertAwake(self, leads, stage=None):
        self.assertLeadState(leads, stage or self.looked, "pending")
        for lead in leads:
            self.assertFalse(lead.frozen_until or lead.frozen_from_stage_id)

    # ------------------------------------------------------------
    # FREEZE
    # ------------------------------------------------------------

    def test_it_rests_until_work_begins_that_day(self):
        self._freeze(self.lead, note="Decides\nafter <the> fair")
        self.assertFrozen(self.lead, "2027-03-12 08:00:00")
        event = self._events(self.lead, "freeze")
        self.assertEqual(
            event.data,
            {"until": "2027-03-12 08:00:00", "from_stage": self.looked.id, "to_stage": self.waiting.id},
        )
        self.assertEqual(event.user_id, self.user_own)
        self.assertEqual(event.with_context(lang="en_US").summary, "Frozen until 03/12/2027")
        note = self.lead.message_ids.filtered(lambda message: "Decides" in message.body)
        self.assertIn("after &lt;the&gt; fair", note.body)

    def test_on_a_day_off_at_eight_by_the_clock_of_the_company(self):
        self._freeze(self.lead, "2027-03-14")  # a Sunday
        self.assertFrozen(self.lead, "2027-03-14 07:00:00")

    def test_in_summer_time(self):
        self._freeze(self.lead, "2027-03-29")
        self.assertFrozen(self.lead, "2027-03-29 07:00:00")

    def test_without_working_hours_at_eight(self):
        self.company.resource_calendar_id = False
        self.company.partner_id.tz = "America/New_York"
        self._freeze(self.lead, "2027-03-12")
        self.assertFrozen(self.lead, "2027-03-12 13:00:00")

    def test_each_company_by_its_own_clock(self):
        self._set_hours(self.other_company, 12, 20)
        other = self._repair(self.looked, user_id=False, company_id=self.other_company.id)
        self._freeze(self.lead + other, user=self.user_manager)
        self.assertFrozen(self.lead, "2027-03-12 08:00:00")
        self.assertFrozen(other, "2027-03-12 11:00:00")

    def test_several_types_go_to_their_own_frozen_stages(self):
        other = self._lead(self.stage_working, team_id=self.team.id)
        self._freeze(self.lead + other)
        self.assertFrozen(self.lead, "2027-03-12 08:00:00")
        self.assertFrozen(other, "2027-03-12 08:00:00", self.stage_frozen, self.stage_working)

    def test_with_several_frozen_stages_one_is_chosen(self):
        second = self._add_stages(self.repair, ("On holiday", "frozen"))
        second.sequence = 200
        dialog = self.env["crm.lead.freeze"].with_user(self.user_own).create({"lead_ids": self.lead.ids})
        self.assertEqual(dialog.available_stage_ids, self.waiting + second)
        self.assertEqual((dialog.stage_id, dialog.stage_count), (self.waiting, 2))
        self._freeze(self.lead, stage_id=second.id)
        self.assertFrozen(self.lead, "2027-03-12 08:00:00", second)
        form = Form(self.env["crm.lead.freeze"].with_user(self.user_own).with_context(default_lead_ids=self.lead.ids))
        self.assertEqual(form.stage_id, second)

    def test_a_second_time_changes_the_day_alone(self):
        self._freeze(self.lead)
        self._freeze(self.lead, "2027-04-12")
        self.assertFrozen(self.lead, "2027-04-12 07:00:00")
        self.assertEqual(len(self._events(self.lead, "freeze")), 2)
        self.assertEqual(len(self._events(self.lead, "stage")), 1)

    def test_refusals(self):
        lost, won = self._repair(self.gone), self._repair(self.repaired)
        bare = self._lead_type(name="Bare")
        start = self._add_stages(bare, ("Start", "open"))
        self.stage_frozen.lead_type_ids = self.lead_type
        for stage in self.env["crm.stage"].search([("stage_type", "=", "frozen"), ("lead_type_ids", "=", False)]):
            stage.lead_type_ids = self.lead_type
        unfreezable = self._lead(start, lead_type_id=bare.id)
        for leads, day, words in (
            (self.lead, "2027-02-28", "is over"),
            (self.lead, "2027-03-01", "is over, or has begun"),
            (self.lead, "2032-03-02", "5 years"),
            (self.lead, "9999-12-31", "5 years"),
            (self.lead, False, "Choose until when"),
            (self.env["crm.lead"], "2027-03-12", "Choose the leads"),
            (lost, "2027-03-12", "these are closed"),
            (won, "2027-03-12", "these are closed"),
            (unfreezable, "2027-03-12", "no frozen stage"),
        ):
            with self.assertRefuses(words):
                self._freeze(leads, day)
        self._freeze(self.lead, "2032-03-01")

    def test_the_button_is_there_where_it_can_be_frozen(self):
        lost = self._repair(self.gone)
        removed = self._repair(self.looked)
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self.assertTrue(self.lead.can_freeze)
        self.assertFalse(lost.can_freeze or removed.can_freeze)
        self._set_moves((self.looked, self.repaired))
        self.lead.invalidate_recordset()
        self.assertFalse(self.lead.with_user(self.user_own).can_freeze)

    def test_the_moves_of_the_type_apply(self):
        self._set_moves((self.asked, self.waiting))
        with self.assertRefuses("You can't move"):
            self._freeze(self.lead)

    def test_who_may_write_the_lead_may_freeze_it(self):
        foreign = self._repair(self.looked, user_id=self.user_all.id)
        with self.assertRaises(AccessError):
            self._freeze(foreign)
        operator = new_test_user(self.env, "freeze_operator", "crm_lead_lifecycle.group_call_operator")
        with self.assertRaises(AccessError):
            self._freeze(self.lead, user=operator)

    def test_the_day_can_be_written_too_with_the_same_rules(self):
        lead = self.lead.with_user(self.user_own)
        with self._at("2027-03-01 10:00:00"):
            with self.assertRefuses("is not frozen", ValidationError):
                lead.frozen_until = "2027-03-12 08:00:00"
            lead.write({"stage_id": self.waiting.id, "frozen_until": "2027-03-12 08:00:00"})
            self.assertFrozen(self.lead, "2027-03-12 08:00:00")
            with self.assertRefuses("is over", ValidationError):
                lead.frozen_until = "2027-02-12 08:00:00"
            with self.assertRefuses("Frozen In", UserError):
                lead.frozen_from_stage_id = self.asked

    def test_moved_by_hand_it_has_no_end_until_one_is_chosen(self):
        self.lead.with_user(self.user_own).stage_id = self.waiting
        self.assertFalse(self.lead.frozen_until)
        self._wake_at("2029-03-01 10:00:00")
        self.assertLeadState(self.lead, self.waiting, "pending")
        self._freeze(self.lead)
        self.assertFrozen(self.lead, "2027-03-12 08:00:00")

    def test_moved_out_by_hand_it_forgets(self):
        self._freeze(self.lead)
        self.lead.with_user(self.user_own).stage_id = self.asked
        self.assertAwake(self.lead, self.asked)
        self._wake_at("2027-03-12 08:00:00")
        self.assertFalse(self._events(self.lead, "wake"))

    def test_moved_out_by_the_write_that_names_a_day_it_is_not_noted_as_frozen(self):
        self._freeze(self.lead)
        with self._at("2027-03-01 11:00:00"):
            self.lead.with_user(self.user_own).write({"stage_id": self.asked.id, "frozen_until": "2027-03-13 08:00:00"})
        self.assertAwake(self.lead, self.asked)
        self.assertEqual(self._events(self.lead, "freeze").mapped("summary"), ["Frozen until 03/12/2027"])

    def test_created_frozen_it_is_noted_and_starts_when_it_wakes(self):
        with self._at("2027-03-01 10:00:00"):
            lead = self._repair(self.waiting, user=self.user_own, frozen_until="2027-03-12 08:00:00")
        self.assertEqual(self._events(lead, "freeze").mapped("summary"), ["Frozen until 03/12/2027"])
        self._wake_at("2027-03-12 08:00:00")
        self.assertAwake(lead, self.asked)

    def test_lost_it_forgets(self):
        self._freeze(self.lead)
        self.lead.with_user(self.user_own).action_set_lost(stage_id=self.gone.id)
        self.assertFalse(self.lead.frozen_until or self.lead.frozen_from_stage_id)

    def test_a_copy_is_not_frozen(self):
        self._freeze(self.lead)
        self.assertFalse(self.lead.copy().frozen_until)

    # ------------------------------------------------------------
    # WAKE
    # ------------------------------------------------------------

    def test_it_wakes_where_it_was_with_an_activity(self):
        self._freeze(self.lead)
        self._wake_at("2027-03-12 07:59:59")
        self.assertFrozen(self.lead, "2027-03-12 08:00:00")
        self._wake_at("2027-03-12 08:00:00")
        self.assertAwake(self.lead)
        activity = self.lead.activity_ids
        self.assertEqual(activity.summary, "Go on with this lead")
        self.assertEqual((activity.user_id, activity.date_deadline), (self.user_own, date(2027, 3, 12)))
        event = self._events(self.lead, "wake")
        self.assertEqual(event.data, {"from_stage": self.waiting.id, "to_stage": self.looked.id})
        self.assertEqual(event.summary, "Woke by itself: went on in Looked at")

    def test_once_and_late(self):
        self._freeze(self.lead)
        self._wake_at("2027-03-20 23:30:00")
        self._wake_at("2027-03-20 23:45:00")
        self.assertEqual(len(self._events(self.lead, "wake")), 1)
        self.assertEqual(self.lead.activity_ids.date_deadline, date(2027, 3, 21))

    def test_the_moves_of_the_type_do_not_hold_it_back(self):
        self._freeze(self.lead)
        self._set_moves((self.waiting, self.gone))
        self._wake_at("2027-03-12 08:00:00")
        self.assertAwake(self.lead)

    def test_without_its_stage_it_starts_anew(self):
        closed, foreign, gone = leads = self.env["crm.lead"].concat(
            *(
                self._repair(stage, team_id=self.team.id)
                for stage in self._add_stages(
                    self.repair, ("Closed soon", "open"), ("Foreign soon", "open"), ("Gone soon", "open")
                )
            )
        )
        self._freeze(leads)
        closed.frozen_from_stage_id.active = False
        foreign.frozen_from_stage_id.lead_type_ids = self.lead_type
        gone.frozen_from_stage_id.unlink()
        self._wake_at("2027-03-12 08:00:00")
        self.assertAwake(leads, self.asked)

    def test_without_any_open_stage_it_stays_without_an_end(self):
        self._freeze(self.lead)
        self.repair.initial_stage_id = self.waiting
        open_stages = self.env["crm.stage"].search([("stage_type", "=", "open")])
        open_stages.filtered(lambda stage: self.repair._takes_stage(stage)).active = False
        self._wake_at("2027-03-12 08:00:00")
        self.assertLeadState(self.lead, self.waiting, "pending")
        self.assertFalse(self.lead.frozen_until)
        self.assertFalse(self.lead.activity_ids)

    def test_the_activity_speaks_the_language_of_who_gets_it(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.env["ir.module.module"]._load_module_terms(["crm_lead_lifecycle"], ["it_IT"])
        self.user_own.lang = "it_IT"
        self._freeze(self.lead)
        self._wake_at("2027-03-12 08:00:00")
        translated = self.lead.with_context(lang="it_IT").env._("Go on with this lead")
        self.assertEqual(self.lead.activity_ids.summary, translated)

    def test_a_language_that_was_switched_off_keeps_nothing_asleep(self):
        self._freeze(self.lead)
        self._set_in_database(self.user_own.partner_id, lang="it_IT")
        self._wake_at("2027-03-12 08:00:00")
        self.assertAwake(self.lead)
        self.assertEqual(self.lead.activity_ids.user_id, self.user_own)

    def test_for_who_is_gone_the_leader_goes_on(self):
        self._freeze(self.lead)
        self.user_own.active = False
        self._wake_at("2027-03-12 08:00:00")
        self.assertEqual(self.lead.activity_ids.user_id, self.leader)

    def test_where_there_is_nobody_it_wakes_all_the_same(self):
        self._freeze(self.lead)
        (self.user_own + self.leader).active = False
        self._wake_at("2027-03-12 08:00:00")
        self.assertAwake(self.lead)
        self.assertFalse(self.lead.activity_ids)

    def test_archived_and_removed_ones_sleep_on(self):
        removed = self._repair(self.looked)
        self._freeze(self.lead + removed)
        self.lead.write({"active": False, "probability": 10})
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self._wake_at("2027-03-12 08:00:00")
        self.assertFalse(self._events(self.lead + removed, "wake"))
        removed.action_restore()
        self._wake_at("2027-03-13 08:00:00")
        self.assertAwake(removed)

    def test_nobody_is_written_to(self):
        self._freeze(self.lead)
        subtype = self.env.ref("crm.mt_lead_stage")
        self.lead.message_subscribe(partner_ids=self.leader.partner_id.ids, subtype_ids=subtype.ids)
        self.flush_tracking()
        with self.mock_mail_gateway(), self.mock_mail_app(), self._at("2027-03-12 08:00:00"):
            self.env["crm.lead"].with_context(tracking_disable=False, mail_notrack=False)._wake_batch()
            self.flush_tracking()
        self.assertAwake(self.lead)
        self.assertFalse(self._new_notifs)

    def test_in_batches(self):
        leads = self.env["crm.lead"].concat(*(self._repair(self.looked) for _number in range(5)))
        self._freeze(leads)
        with self._batches_of(2):
            with self._at("2027-03-12 08:00:00"):
                self.assertEqual(self.env["crm.lead"]._wake_batch(), 2)
            self._wake_at("2027-03-12 08:00:00")
        self.assertAwake(leads)
        self.assertEqual(len(leads.activity_ids), 5)
        self.assertEqual(len(self._events(leads, "wake")), 5)

    def test_waking_it_is_not_touched_and_can_be_abandoned_only_after_its_time(self):
        self.repair.abandon_hours = 24
        self.repair.abandon_since = "2027-01-01 08:00:00"
        lead = self._old_lead("2027-03-01 08:00:00")
        with self._at("2027-03-01 10:00:00"):  # frozen by a machine: nobody has touched it
            lead.write({"stage_id": self.waiting.id, "frozen_until": "2027-03-12 08:00:00"})
        self._wake_at("2027-03-12 08:00:00")
        self.assertFalse(lead.date_first_touch)
        with self._at("2027-03-13 08:00:00"):
            self._run_job("abandon")
        self.assertAwake(lead, self.asked)
        with self._at("2027-03-13 08:00:01"):
            self._run_job("abandon")
        self.assertEqual(lead.stage_id, self.given_up)

    def test_frozen_filter(self):
        self._freeze(self.lead)
        for xmlid in ("crm.view_crm_case_opportunities_filter", "crm.view_crm_case_leads_filter"):
            arch = self.env["crm.lead"].get_view(self.env.ref(xmlid).id, "search")["arch"]
            self.assertIn('name="frozen"', arch)

    def test_team_of_the_stage(self):
        other_team = self.env["crm.team"].create({"name": "Elsewhere"})
        self._freeze(self.lead)
        self.looked.team_ids = [Command.set(other_team.ids)]
        self._wake_at("2027-03-12 08:00:00")
        self.assertAwake(self.lead, self.asked)
