from .common import LeadCase


class TestCreate(LeadCase):
    """A lead that is made in any kind of stage has stage, won and lost in agreement from the start."""

    def test_create_in_each_kind_of_stage(self):
        self.assertLeadState(self._lead(self.stage_working), self.stage_working, "pending")
        self.assertLeadState(self._lead(self.stage_frozen), self.stage_frozen, "pending")
        self.assertLeadState(self._lead(self.stage_won, is_urgent=True), self.stage_won, "won")
        for stage in (self.stage_lost, self.stage_abandoned):
            self.assertLeadState(self._lead(stage), stage, "lost", lost_from=self.stage_new)
        lead = self._lead(self.stage_lost_why, self.user_manager, lost_reason_id=self.reason.id)
        self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=self.stage_new, reason=self.reason)

    def test_create_in_a_batch_of_all_kinds(self):
        stages = self.stages
        leads = self.env["crm.lead"].create([{"name": stage.name, "stage_id": stage.id} for stage in stages])
        for lead, stage in zip(leads, stages, strict=True):
            status = {"qualified": "won", "open": "pending", "frozen": "pending"}.get(stage.stage_type, "lost")
            self.assertLeadState(lead, stage, status, lost_from=self.stage_new if status == "lost" else None)

    def test_create_lost_without_naming_a_stage(self):
        lead = self._lead(active=False, probability=0)
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_new)

    def test_create_lost_in_an_open_stage(self):
        lead = self._lead(self.stage_late, active=False, probability=0, lost_reason_id=self.reason.id)
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_late, reason=self.reason)

    def test_create_archived_is_not_lost(self):
        lead = self._lead(self.stage_late, active=False, probability=30)
        self.assertEqual((lead.active, lead.won_status, lead.stage_id), (False, "pending", self.stage_late))

    def test_create_archived_before_scoring_knows_anything_agrees(self):
        self.env["crm.lead.scoring.frequency"].search([]).unlink()
        lead = self._lead(self.stage_late, active=False)
        self.env.flush_all()
        lost_kind = lead.stage_type in ("not_interested", "abandoned")
        self.assertEqual(lead.won_status == "lost", lost_kind, f"{lead.won_status} in {lead.stage_id.name}")

    def test_create_active_in_a_lost_stage_is_lost(self):
        self.assertLeadState(
            self._lead(self.stage_lost, active=True), self.stage_lost, "lost", lost_from=self.stage_new
        )
        lead = self._lead(self.stage_lost, probability=60)
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_new)

    def test_create_lost_like_stock(self):
        self._stage_like_stock()
        lead = self._lead(self.stage_late, active=False, probability=0)
        self.assertLeadState(lead, self.stage_late, "lost")

    def test_import_creates_leads_in_each_kind(self):
        stages = self.stage_working + self.stage_frozen + self.stage_won + self.stage_lost + self.stage_lost_why
        result = (
            self.env["crm.lead"]
            .with_user(self.user_manager)
            .with_context(import_file=True, active_test=False)
            .load(["name", "stage_id/.id"], [[stage.name, str(stage.id)] for stage in stages])
        )
        self.assertTrue(result["ids"], result["messages"])
        leads = self.env["crm.lead"].browse(result["ids"])
        self.assertLeadState(leads[0], self.stage_working, "pending")
        self.assertLeadState(leads[1], self.stage_frozen, "pending")
        self.assertLeadState(leads[2], self.stage_won, "won")
        self.assertLeadState(leads[3], self.stage_lost, "lost", lost_from=self.stage_new)
        self.assertLeadState(leads[4], self.stage_lost_why, "lost", lost_from=self.stage_new)
