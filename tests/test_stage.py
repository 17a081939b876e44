from psycopg2.errors import CheckViolation

from odoo.exceptions import RedirectWarning, ValidationError
from odoo.tests import Form
from odoo.tools import mute_logger

from .common import LeadCase


class TestStageType(LeadCase):
    """A stage's type and Odoo's `is_won` say the same, whoever writes which."""

    def _stage(self, **values):
        return self.env["crm.stage"].create({"name": "A stage", **values})

    def assertStage(self, stage, stage_type, is_won):
        self.env.flush_all()
        stage.invalidate_recordset()
        self.assertEqual((stage.stage_type, stage.is_won), (stage_type, is_won))

    def test_new_stage_is_open(self):
        self.assertStage(self._stage(), "open", False)

    def test_new_stage_gets_is_won_from_its_type_and_the_other_way_round(self):
        self.assertStage(self._stage(stage_type="qualified"), "qualified", True)
        self.assertStage(self._stage(is_won=True), "qualified", True)
        self.assertStage(self._stage(is_won=False, stage_type="frozen"), "frozen", False)

    def test_write_of_either_is_followed_by_the_other(self):
        stage = self._stage()
        stage.is_won = True
        self.assertStage(stage, "qualified", True)
        stage.is_won = False
        self.assertStage(stage, "open", False)
        stage.stage_type = "qualified"
        self.assertStage(stage, "qualified", True)
        stage.stage_type = "not_interested"
        self.assertStage(stage, "not_interested", False)

    def test_is_won_false_leaves_other_types_alone(self):
        for stage_type in ("frozen", "not_interested", "abandoned"):
            stage = self._stage(stage_type=stage_type)
            stage.is_won = False
            self.assertStage(stage, stage_type, False)

    def test_write_on_stages_of_several_types(self):
        stages = self._stage(stage_type="qualified") + self._stage(stage_type="frozen") + self._stage()
        stages.write({"stage_type": "frozen", "requirements": "Call back"})
        for stage in stages:
            self.assertStage(stage, "frozen", False)
        self.assertEqual(stages.mapped("requirements"), ["Call back"] * 3)

    def test_contradiction_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "if and only if"):
            self._stage(stage_type="open", is_won=True)
        with self.assertRaisesRegex(ValidationError, "if and only if"):
            self._stage().write({"stage_type": "qualified", "is_won": False})

    def test_contradiction_is_refused_by_the_database(self):
        stage = self._stage()
        self.env.flush_all()
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE crm_stage SET is_won = true WHERE id = %s", [stage.id])

    def test_types_are_a_fixed_list(self):
        self.assertEqual(
            [value for value, _label in self.env["crm.stage"]._fields["stage_type"].selection],
            ["open", "frozen", "qualified", "not_interested", "abandoned"],
        )
        with self.assertRaises(ValueError):
            self._stage(stage_type="on_holiday")

    def test_lost_kinds_are_folded_columns(self):
        self.assertTrue(self._stage(stage_type="not_interested").fold)
        self.assertTrue(self._stage(stage_type="abandoned").fold)
        self.assertFalse(self._stage().fold)
        stage = self._stage()
        stage.stage_type = "not_interested"
        self.assertTrue(stage.fold)

    def test_lost_kinds_stay_drop_targets_of_the_pipeline(self):
        lead = self._lead()
        columns = self._columns(lead)
        self.assertEqual(columns[self.stage_new.id]["__count"], 1)
        for stage in self.stage_lost + self.stage_abandoned:
            self.assertEqual(columns[stage.id]["__count"], 0)
            self.assertTrue(columns[stage.id]["__fold"])

    def test_form_of_a_stage_needs_only_its_name(self):
        stages = self.env["crm.stage"].with_user(self.user_manager)
        # Odoo warns of the change of `is_won` before anything is changed
        with mute_logger("odoo.tests.form.onchange"), Form(stages) as form:
            form.name = "Only a name"
        self.assertStage(form.record.with_env(self.env), "open", False)
        with Form(form.record) as form:
            form.stage_type = "qualified"
        self.assertStage(form.record.with_env(self.env), "qualified", True)


class TestRetype(LeadCase):
    def test_no_longer_won_changes_won_stages_only(self):
        won, lost = self.env["crm.stage"].create(
            [{"name": "Won too", "is_won": True}, {"name": "Lost too", "stage_type": "not_interested"}]
        )
        (won + lost).write({"is_won": False, "sequence": 77})
        self.assertEqual((won + lost).mapped("stage_type"), ["open", "not_interested"])
        self.assertEqual((won + lost).mapped("sequence"), [77, 77])

    """A change of a stage's type neither wins, loses nor reopens the leads in it."""

    def assertRefused(self, stage, count, **values):
        with self.assertRaises(RedirectWarning) as caught:
            stage.with_user(self.user_manager).write(values)
        message, action, _button, context = caught.exception.args
        self.assertIn(stage.name, message)
        self.assertRegex(message, rf"\b{count}\b")
        self.assertEqual(action, self.env.ref("crm_lead_lifecycle.crm_stage_remap_action").id)
        self.assertEqual(context["default_stage_id"], stage.id)
        wizard = self.env["crm.stage.remap"].with_user(self.user_manager).with_context(**context).create({})
        self.assertEqual((wizard.stage_id, wizard.operation, wizard.lead_count), (stage, "retype", count))
        self.assertEqual(wizard.new_stage_type, values.get("stage_type") or "qualified")

    def test_open_stage_with_leads_becomes_no_closed_one(self):
        leads = self._lead(self.stage_working) + self._lead(self.stage_working, active=False, probability=10)
        for stage_type in ("qualified", "not_interested", "abandoned"):
            self.assertRefused(self.stage_working, 2, stage_type=stage_type)
        self.assertRefused(self.stage_working, 2, is_won=True)
        self.assertLeadState(leads[0], self.stage_working, "pending")

    def test_leads_of_other_companies_count(self):
        self._lead(self.stage_working, company_id=self.other_company.id, user_id=self.user_other_company.id)
        with self.assertRaises(RedirectWarning):
            self.stage_working.with_user(self.user_admin).stage_type = "qualified"

    def test_closed_stage_with_leads_becomes_no_open_one(self):
        won = self._lead(self.stage_won)
        lost = self._lead(self.stage_lost)
        self.assertRefused(self.stage_won, 1, stage_type="open")
        self.assertRefused(self.stage_won, 1, stage_type="not_interested")
        self.assertRefused(self.stage_lost, 1, stage_type="open")
        self.assertRefused(self.stage_lost, 1, stage_type="qualified")
        self.assertLeadState(won, self.stage_won, "won")
        self.assertLeadState(lost, self.stage_lost, "lost", lost_from=self.stage_new)

    def test_between_open_and_frozen_leads_stay_open(self):
        lead = self._lead(self.stage_working)
        self.stage_working.with_user(self.user_manager).stage_type = "frozen"
        self.assertLeadState(lead, self.stage_working, "pending")
        self.stage_working.with_user(self.user_manager).stage_type = "open"
        self.assertLeadState(lead, self.stage_working, "pending")

    def test_between_the_lost_kinds_leads_stay_lost(self):
        lead = self._lead(self.stage_lost)
        self.stage_lost.with_user(self.user_manager).stage_type = "abandoned"
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_new)

    def test_leads_lost_by_odoo_alone_stay_put_between_open_and_frozen(self):
        lead = self._lead(self.stage_working)
        self._lose_by_sql(lead)
        self.stage_working.stage_type = "frozen"
        self.assertLeadState(lead, self.stage_working, "lost", reason=self.reason)

    def test_empty_stage_takes_any_type(self):
        for stage_type in ("frozen", "qualified", "abandoned", "not_interested", "open"):
            self.stage_late.with_user(self.user_manager).stage_type = stage_type
            self.assertEqual(self.stage_late.is_won, stage_type == "qualified")


class TestLeadStage(LeadCase):
    """Where a lead starts and where a change of its team puts it."""

    def test_lead_starts_in_the_first_open_stage(self):
        self.assertLeadState(self._lead(), self.stage_new, "pending")
        self.assertLeadState(self._lead(type="lead"), self.stage_new, "pending")

    def test_lead_never_starts_in_a_closed_stage_that_comes_first(self):
        self.stage_lost.write({"sequence": 0, "fold": False})
        self.stage_won.sequence = 0
        self.assertLeadState(self._lead(), self.stage_new, "pending")

    def test_initial_stage_of_the_type_comes_first(self):
        self.lead_type.initial_stage_id = self.stage_late
        self.assertLeadState(self._lead(), self.stage_late, "pending")

    def test_lead_uses_the_stages_of_its_type_and_those_of_no_type(self):
        other_type = self._lead_type()
        self.stage_new.lead_type_ids = other_type
        self.assertLeadState(self._lead(), self.stage_working, "pending")
        self.assertLeadState(self._lead(lead_type_id=other_type.id), self.stage_new, "pending")

    def _team_with_stages(self):
        team = self.env["crm.team"].create({"name": "Groups", "company_id": False})
        stages = self.env["crm.stage"].create(
            [
                {"name": f"Group {stage_type}", "sequence": 0, "stage_type": stage_type, "team_ids": team.ids}
                for stage_type in ("open", "frozen", "qualified", "not_interested")
            ]
        )
        return team, dict(zip(("open", "frozen", "qualified", "not_interested"), stages, strict=True))

    def test_change_of_team_keeps_the_kind_of_stage_and_is_logged(self):
        team, stages = self._team_with_stages()
        for stage in self.stages:
            stage.team_ids = self.team
        status = {"open": "pending", "frozen": "pending", "qualified": "won", "not_interested": "lost"}
        for stage in (self.stage_late, self.stage_frozen, self.stage_won, self.stage_lost):
            with self.subTest(stage_type=stage.stage_type):
                lead = self._lead(stage, team_id=self.team.id)
                before = self._events(lead)
                lead.team_id = team
                target = stages[stage.stage_type]
                lost_from = lead.lost_from_stage_id
                self.assertLeadState(lead, target, status[stage.stage_type], lost_from=lost_from)
                event = self._events(lead) - before
                self.assertEqual(event.kind, "stage")
                self.assertEqual(event.data, {"from_stage": stage.id, "to_stage": target.id})

    def test_change_of_team_leaves_a_closed_lead_when_the_team_has_no_such_stage(self):
        team = self.env["crm.team"].create({"name": "Groups", "company_id": False})
        self.stage_lost.team_ids = self.stage_lost_why.team_ids = self.stage_abandoned.team_ids = self.team
        lead = self._lead(self.stage_lost, team_id=self.team.id)
        lead.team_id = team
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_new)

    def test_change_of_team_queries_do_not_grow_with_the_leads(self):
        team, _stages = self._team_with_stages()
        self.stage_late.team_ids = self.team

        def leads(count):
            return self.env["crm.lead"].create(
                [{"name": "Many", "stage_id": self.stage_late.id, "team_id": self.team.id}] * count
            )

        few, many = leads(2), leads(40)
        few_count = self._count_queries(lambda: few.write({"team_id": team.id}))
        many_count = self._count_queries(lambda: many.write({"team_id": team.id}))
        self.assertLessEqual(many_count, few_count + 3)
