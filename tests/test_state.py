from odoo.exceptions import ValidationError

from .common import LeadCase


class TestEnterAndLeave(LeadCase):
    """Each path into and out of each kind of stage leaves stage, won and lost in agreement."""

    def _lost(self, stage=None, **values):
        lead = self._lead(stage or self.stage_working, **values)
        lead.action_set_lost(lost_reason_id=self.reason.id)
        return lead

    # ------------------------------------------------------------
    # DRAG: a write of the stage
    # ------------------------------------------------------------

    def test_drag_from_each_kind_to_each_kind(self):
        kinds = (self.stage_working, self.stage_frozen, self.stage_won, self.stage_lost, self.stage_abandoned)
        status = {"qualified": "won", "not_interested": "lost", "abandoned": "lost"}
        for source in kinds:
            for target in kinds:
                if source == target:
                    continue
                with self.subTest(source=source.name, target=target.name):
                    lead = self._lead(self.stage_late)
                    lead.stage_id = source
                    lead.with_user(self.user_manager).write({"stage_id": target.id})
                    lost_from = None
                    if target.stage_type in ("not_interested", "abandoned"):
                        lost_from = source if source in self.stage_working + self.stage_frozen else self.stage_late
                    self.assertLeadState(lead, target, status.get(target.stage_type, "pending"), lost_from=lost_from)

    def test_drag_of_leads_of_all_kinds_at_once(self):
        for target, status in ((self.stage_late, "pending"), (self.stage_won, "won")):
            leads = self.env["crm.lead"].create(
                [{"name": stage.name, "stage_id": stage.id} for stage in self.stages - self.stage_lost_why]
            )
            leads.write({"stage_id": target.id})
            self.assertLeadState(leads, target, status)

    def test_drag_between_lost_kinds_keeps_date_reason_and_origin(self):
        with self._at("2026-01-10 08:00:00"):
            lead = self._lost()
        lead.stage_id = self.stage_abandoned
        self.assertLeadState(lead, self.stage_abandoned, "lost", lost_from=self.stage_working, reason=self.reason)
        self.assertEqual(str(lead.date_closed), "2026-01-10 08:00:00")

    def test_drag_out_of_a_lost_stage_takes_the_reason_off(self):
        lead = self._lost()
        lead.stage_id = self.stage_late
        self.assertLeadState(lead, self.stage_late, "pending")
        self.assertTrue(lead.active)

    def test_drag_to_won_clears_urgent(self):
        lead = self._lead(is_urgent=True)
        lead.stage_id = self.stage_late
        self.assertTrue(lead.is_urgent)
        lead.stage_id = self.stage_won
        self.assertFalse(lead.is_urgent)

    def test_rewriting_the_same_stage_changes_nothing(self):
        with self._at("2026-01-10 08:00:00"):
            lead = self._lost()
        lead.write({"stage_id": self.stage_lost.id, "name": "Same stage"})
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_working, reason=self.reason)
        self.assertEqual(str(lead.date_closed), "2026-01-10 08:00:00")

    # ------------------------------------------------------------
    # IMPORT
    # ------------------------------------------------------------

    def _load(self, fields, rows, user=None):
        leads = self.env["crm.lead"].with_user(user or self.user_manager)
        result = leads.with_context(import_file=True, active_test=False).load(fields, rows)
        self.assertTrue(result["ids"], result["messages"])
        return self.env["crm.lead"].browse(result["ids"])

    def test_import_moves_leads(self):
        lead = self._lead()
        self._load([".id", "stage_id/.id"], [[str(lead.id), str(self.stage_lost.id)]])
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_new)
        self._load([".id", "stage_id/.id"], [[str(lead.id), str(self.stage_late.id)]])
        self.assertLeadState(lead, self.stage_late, "pending")
        self._load([".id", "stage_id/.id"], [[str(lead.id), str(self.stage_won.id)]])
        self.assertLeadState(lead, self.stage_won, "won")

    def test_import_that_changes_leads_is_its_users(self):
        lead = self._lead()
        leads = self.env["crm.lead"].with_user(self.user_manager).with_context(import_file=True)
        result = leads.load([".id", "stage_id/.id"], [[str(lead.id), str(self.stage_lost_why.id)]])
        self.assertFalse(result["ids"])
        self.assertIn("needs a reason", result["messages"][0]["message"])
        self.assertLeadState(lead, self.stage_new, "pending")

    # ------------------------------------------------------------
    # ODOO'S BUTTONS AND WIZARDS
    # ------------------------------------------------------------

    def test_set_lost_goes_to_the_first_not_interested_stage(self):
        for stage in (self.stage_new, self.stage_frozen):
            lead = self._lead(stage)
            lead.action_set_lost()
            self.assertLeadState(lead, self.stage_lost, "lost", lost_from=stage)

    def test_set_lost_of_leads_of_several_types_at_once(self):
        other_type = self._lead_type()
        other_lost = self.env["crm.stage"].create(
            {"name": "Cancelled", "sequence": 0, "stage_type": "not_interested", "lead_type_ids": other_type.ids}
        )
        leads = self._lead() + self._lead(lead_type_id=other_type.id)
        leads.action_set_lost()
        self.assertLeadState(leads[0], self.stage_lost, "lost", lost_from=self.stage_new)
        self.assertLeadState(leads[1], other_lost, "lost", lost_from=self.stage_new)

    def test_set_lost_in_a_stage_of_choice(self):
        lead = self._lead(self.stage_late)
        lead.action_set_lost(stage_id=self.stage_lost_why.id, lost_reason_id=self.reason.id)
        self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=self.stage_late, reason=self.reason)

    def test_set_lost_without_a_lost_stage_stays_like_stock(self):
        self._stage_like_stock()
        lead = self._lead(self.stage_late)
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertLeadState(lead, self.stage_late, "lost", reason=self.reason)
        lead.action_restore()
        self.assertLeadState(lead, self.stage_late, "pending")

    def test_set_lost_of_a_won_lead_is_refused_like_stock(self):
        lead = self._lead(self.stage_won)
        with self.assertRaisesRegex(ValidationError, "Won stage cannot be lost"):
            lead.action_set_lost()
        self._stage_like_stock()
        with self.assertRaisesRegex(ValidationError, "Won stage cannot be lost"):
            lead.action_set_lost()

    def test_set_lost_of_a_won_lead_in_a_stage_of_choice(self):
        lead = self._lead(self.stage_late)
        lead.action_set_won()
        lead.action_set_lost(stage_id=self.stage_lost.id)
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_late)

    def test_set_lost_of_archived_leads(self):
        lead = self._lead(self.stage_late, probability=10)
        lead.action_archive()
        lead.action_set_lost()
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_late)

    def test_set_lost_twice_keeps_the_date(self):
        with self._at("2026-01-10 08:00:00"):
            lead = self._lost()
        with self._at("2026-02-10 08:00:00"):
            lead.action_set_lost()
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_working, reason=self.reason)

    def test_odoos_lost_wizard(self):
        leads = self._lead(self.stage_working) + self._lead(self.stage_frozen)
        wizard = self.env["crm.lead.lost"].with_user(self.user_manager)
        wizard.create({"lead_ids": leads.ids, "lost_reason_id": self.reason.id}).action_lost_reason_apply()
        self.assertLeadState(leads[0], self.stage_lost, "lost", lost_from=self.stage_working, reason=self.reason)
        self.assertLeadState(leads[1], self.stage_lost, "lost", lost_from=self.stage_frozen, reason=self.reason)

    def test_set_won(self):
        for lead in (self._lead(self.stage_frozen), self._lost(), self._lead(self.stage_abandoned)):
            lead.is_urgent = True
            lead.with_user(self.user_manager).action_set_won()
            self.assertLeadState(lead, self.stage_won, "won")
            self.assertFalse(lead.is_urgent)

    def test_set_won_rainbowman(self):
        lead = self._lead(self.stage_working, self.user_own)
        lead.with_user(self.user_own).action_set_won_rainbowman()
        self.assertLeadState(lead, self.stage_won, "won")

    def test_restore_returns_to_the_last_open_stage(self):
        for stage in (self.stage_late, self.stage_frozen):
            lead = self._lost(stage)
            lead.with_user(self.user_manager).action_restore()
            self.assertLeadState(lead, stage, "pending")

    def test_restore_returns_to_the_initial_stage_when_the_last_one_is_gone(self):
        archived, deleted, closed = self.env["crm.stage"].create([{"name": name} for name in ("Old", "Gone", "Shut")])
        leads = self._lost(archived) + self._lost(deleted) + self._lost(closed)
        archived.active = False
        deleted.unlink()
        closed.stage_type = "abandoned"
        leads.action_restore()
        self.assertLeadState(leads, self.stage_new, "pending")

    def test_restore_of_a_lead_born_lost_returns_to_the_initial_stage(self):
        lead = self._lead(self.stage_lost)
        lead.action_restore()
        self.assertLeadState(lead, self.stage_new, "pending")

    def test_restore_of_a_lead_that_was_won_before_it_was_lost(self):
        lead = self._lead(self.stage_late)
        lead.stage_id = self.stage_won
        lead.stage_id = self.stage_lost
        lead.action_restore()
        self.assertLeadState(lead, self.stage_late, "pending")

    def test_unarchive_restores_a_lost_lead(self):
        lead = self._lost(self.stage_late)
        lead.with_user(self.user_manager).action_unarchive()
        self.assertLeadState(lead, self.stage_late, "pending")

    def test_archive_alone_neither_loses_nor_moves(self):
        lead = self._lead(self.stage_late, probability=10)
        lead.with_user(self.user_manager).action_archive()
        self.assertEqual((lead.active, lead.won_status, lead.stage_id), (False, "pending", self.stage_late))
        lead.action_unarchive()
        self.assertEqual((lead.active, lead.won_status, lead.stage_id), (True, "pending", self.stage_late))

    # ------------------------------------------------------------
    # BARE WRITES, AS RPC SENDS THEM
    # ------------------------------------------------------------

    def test_write_of_odoos_lost_fields_and_back(self):
        lead = self._lead(self.stage_late).with_user(self.user_manager)
        lead.write({"active": False, "probability": 0})
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_late)
        lead.write({"active": True, "probability": 40})
        self.assertLeadState(lead, self.stage_late, "pending")
        self.assertEqual(lead.probability, 40)

    def test_write_of_odoos_lost_fields_one_after_the_other(self):
        lead = self._lead(self.stage_late, probability=10).with_user(self.user_manager)
        lead.active = False
        lead.probability = 0
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_late)

    def test_write_of_a_probability_reopens_a_lost_lead(self):
        lead = self._lost(self.stage_late).with_user(self.user_manager)
        lead.write({"probability": 20})
        stage_lost = lead.stage_type in ("not_interested", "abandoned")
        self.assertEqual(stage_lost, lead.won_status == "lost", f"{lead.won_status} in {lead.stage_id.name}")

    def test_write_of_a_stage_wins_over_what_contradicts_it(self):
        lead = self._lead(self.stage_late).with_user(self.user_manager)
        lead.write({"stage_id": self.stage_lost.id, "active": True, "probability": 50})
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_late)
        lead.write({"stage_id": self.stage_working.id, "active": False, "probability": 0})
        lost_kind = lead.stage_type in ("not_interested", "abandoned")
        self.assertEqual(lost_kind, lead.won_status == "lost", f"{lead.won_status} in {lead.stage_id.name}")

    def test_won_lead_cant_lose_its_certainty_in_place(self):
        lead = self._lead(self.stage_won)
        with self.assertRaises(ValidationError):
            lead.probability = 50
            self.env.flush_all()

    def test_write_in_a_batch_of_lost_and_open_leads(self):
        leads = self._lead(self.stage_late) + self._lost(self.stage_frozen) + self._lead(self.stage_working)
        leads.write({"active": False, "probability": 0})
        for lead, stage in zip(leads, (self.stage_late, self.stage_frozen, self.stage_working), strict=True):
            reason = self.reason if lead == leads[1] else None
            self.assertLeadState(lead, self.stage_lost, "lost", lost_from=stage, reason=reason)
        leads.write({"active": True})
        for lead, stage in zip(leads, (self.stage_late, self.stage_frozen, self.stage_working), strict=True):
            self.assertLeadState(lead, stage, "pending")

    # ------------------------------------------------------------
    # CONVERSION AND ASSIGNMENT
    # ------------------------------------------------------------

    def test_conversion_to_an_opportunity_keeps_the_stage(self):
        for stage in (self.stage_working, self.stage_frozen):
            lead = self._lead(stage, type="lead")
            lead.convert_opportunity(self.env["res.partner"].create({"name": "Anna"}))
            self.assertEqual(lead.type, "opportunity")
            self.assertLeadState(lead, stage, "pending")

    def test_conversion_leaves_closed_leads_alone(self):
        won, lost = self._lead(self.stage_won, type="lead"), self._lead(self.stage_lost, type="lead")
        (won + lost).convert_opportunity(self.env["res.partner"])
        self.assertEqual((won + lost).mapped("type"), ["lead", "lead"])
        self.assertLeadState(won, self.stage_won, "won")
        self.assertLeadState(lost, self.stage_lost, "lost", lost_from=self.stage_new)

    def test_odoos_assignment_takes_open_leads_only_and_keeps_their_stage(self):
        self.env["crm.team"].search([("id", "!=", self.team.id)]).active = False
        self.env["crm.lead"].search([("user_id", "=", False)]).active = False
        self.team.write({"use_leads": True, "assignment_domain": "[('name', '=', 'To assign')]"})
        self.team.crm_team_member_ids.write({"assignment_max": 300, "assignment_domain": False})
        values = {"name": "To assign", "type": "lead", "user_id": False, "team_id": False}
        opened, frozen, lost, won = (
            self._lead(stage, **values)
            for stage in (self.stage_working, self.stage_frozen, self.stage_lost, self.stage_won)
        )
        removed = self._lead(self.stage_working, **values)
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self.team.with_user(self.user_manager)._action_assign_leads()
        self.assertIn(opened.user_id, self.team.member_ids)
        self.assertEqual(opened.type, "opportunity")
        self.assertLeadState(opened, self.stage_working, "pending")
        self.assertLeadState(frozen, self.stage_frozen, "pending")
        self.assertFalse((lost + won + removed).user_id)
        self.assertLeadState(lost, self.stage_lost, "lost", lost_from=self.stage_new)
        self.assertLeadState(won, self.stage_won, "won")
        self.assertLeadState(removed, self.stage_working, "removed")
