from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from ..data.crm_lead_type_presets import PRESETS
from .common import LeadCase


class PresetCase(LeadCase):
    """Two companies of one sales manager, none of which has loaded anything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the demo data have loaded all presets
        loaded = cls.env["crm.lead.type"].with_context(active_test=False).search([("preset_key", "!=", False)])
        loaded.next_type_id = False
        loaded.preset_key = False
        cls.env["crm.stage"].with_context(active_test=False).search([("preset_key", "!=", False)]).preset_key = False
        cls.lake, cls.hills = cls.companies = cls.env["res.company"].create([{"name": "Lake"}, {"name": "Hills"}])
        cls.boss = cls._user("lead_boss", "sales_team.group_sale_manager")
        cls.clerk = cls._user("lead_clerk", "sales_team.group_sale_salesman")

    @classmethod
    def _user(cls, login, groups):
        companies = {"company_id": cls.lake.id, "company_ids": [Command.set(cls.companies.ids)]}
        return new_test_user(cls.env, login, groups, **companies)

    def _load(self, key, company=None, user=None, **values):
        """Load a preset through its dialog; returns the type."""
        company = company or self.lake
        wizards = self.env["crm.lead.type.preset"].with_user(user or self.boss).with_company(company)
        form = Form(wizards)
        form.preset = key
        for name, value in values.items():
            form[name] = value
        form.save().action_load()
        return self._loaded(key, company)

    def _loaded(self, key, company):
        lead_types = self.env["crm.lead.type"].with_context(active_test=False)
        return lead_types.search([("preset_key", "=", key), ("company_id", "=", company.id)]).with_env(self.env)

    def _stages(self, lead_type):
        """The stages of a type by their keys, in the order of the pipeline."""
        return {stage.preset_key: stage for stage in lead_type.stage_ids.sorted("sequence")}


class TestTypePreset(PresetCase):
    """Each company loads the ready lead types that it needs."""

    def test_manager_loads_each_for_each_company(self):
        for key, preset in PRESETS.items():
            stages = None
            for company in self.companies:
                with self.subTest(preset=key, company=company.name):
                    lead_type = self._load(key, company)
                    self.assertEqual((len(lead_type), lead_type.company_id), (1, company))
                    self.assertEqual(list(self._stages(lead_type)), [stage["key"] for stage in preset["stages"]])
                    self.assertEqual(lead_type.stage_ids, stages or lead_type.stage_ids)
                    stages = lead_type.stage_ids
                    self.assertEqual(stages.lead_type_ids & self._loaded(key, company), lead_type)
                    self.assertTrue(lead_type.menu_id)
                    self.assertTrue(lead_type.description)

    def test_dialog_tells_what_it_loads(self):
        form = Form(self.env["crm.lead.type.preset"].with_user(self.boss))
        for key, preset in PRESETS.items():
            form.preset = key
            self.assertEqual(form.stage_names.split(" → "), [stage["name"]._source for stage in preset["stages"]])
            self.assertFalse(form.is_loaded)
        self._load("service")
        form = Form(self.env["crm.lead.type.preset"].with_user(self.boss).with_company(self.lake))
        form.preset = "service"
        self.assertTrue(form.is_loaded)
        form.company_id = self.hills
        self.assertFalse(form.is_loaded)

    def test_second_load_changes_nothing(self):
        lead_type = self._load("booking")
        lead_type.name = "Stays"
        lead_type.due_days = 9
        stages = self.env["crm.stage"].search([])
        moves = lead_type.transition_ids
        moves[0].unlink()
        self.assertEqual(self._load("booking"), lead_type)
        self.assertEqual((lead_type.name, lead_type.due_days), ("Stays", 9))
        self.assertEqual(self.env["crm.stage"].search([]), stages)
        self.assertEqual(lead_type.transition_ids, moves.exists())

    def test_archived_type_and_stages_come_back(self):
        lead_type = self._load("prospect")
        stages = lead_type.stage_ids
        lead_type.active = False
        stages[-1].active = False
        self.assertEqual(self._load("prospect"), lead_type)
        self.assertTrue(lead_type.active)
        other = self._load("prospect", self.hills)
        self.assertEqual(other.with_context(active_test=False).stage_ids, stages)
        self.assertEqual(set(stages.mapped("active")), {True})

    def test_stages_sort_after_all_others(self):
        for stage in self.stages:
            stage.sequence = 50 - stage.sequence
        self.stages[0].write({"sequence": 10050, "active": False})
        before = self.env["crm.stage"].with_context(active_test=False).search([])
        last = max(before.mapped("sequence"))
        for key in PRESETS:
            stages = self._load(key).stage_ids
            self.assertGreater(min(stages.mapped("sequence")), last)
            last = max(stages.mapped("sequence"))

    def test_salesperson_may_not(self):
        for user in (self.clerk, self.user_all):
            with self.assertRaises(AccessError):
                self.env["crm.lead.type.preset"].with_user(user).create({"preset": "booking"}).action_load()
            with self.assertRaises(AccessError):
                self.env["crm.lead.type"].with_user(user)._load_preset("booking", self.lake)
        self.assertFalse(self._loaded("booking", self.lake))

    def test_manager_loads_nothing_for_a_company_of_others(self):
        wizards = self.env["crm.lead.type.preset"].with_user(self.boss)
        with self.assertRaises(AccessError):
            wizards.create({"preset": "booking", "company_id": self.company.id}).action_load()

    def test_default_for_new_leads_is_that_of_the_company(self):
        self._load("telesales")
        lead = self.env["crm.lead"].with_user(self.boss).with_company(self.lake).create({"name": "Before"})
        self.assertEqual(lead.lead_type_id.with_env(self.env), self.lead_type)
        lead_type = self._load("service", make_default=True)
        for company, expected in ((self.lake, lead_type), (self.hills, self.lead_type)):
            leads = self.env["crm.lead"].with_user(self.boss).with_company(company)
            self.assertEqual(leads.create({"name": "After"}).lead_type_id.with_env(self.env), expected)

    def test_what_a_preset_shows_is_switched_on(self):
        everybody = self.env.ref("base.group_user")
        names = ("group_target_year", "group_lead_location", "group_lead_types")
        groups = self.env["res.groups"].concat(*(self.env.ref(f"crm_lead_lifecycle.{name}") for name in names))
        for group in groups:
            everybody._remove_group(group)
        self._load("booking")
        self.assertLessEqual(groups, everybody.all_implied_ids)

    def test_lead_that_comes_in_has_the_properties(self):
        for key, preset in PRESETS.items():
            lead_type = self._load(key)
            lead = self._lead(lead_type_id=lead_type.id, company_id=self.lake.id, team_id=False, user_id=False)
            labels = [item["string"] for item in lead.read(["type_properties"])[0]["type_properties"]]
            self.assertEqual(labels, [item["string"]._source for item in preset["properties"]])

    # ------------------------------------------------------------
    # WHAT THEY ARE
    # ------------------------------------------------------------

    def _moves(self, lead_type):
        """``{(name before, name after): for everybody}``"""
        return {
            (move.from_stage_id.preset_key, move.to_stage_id.preset_key): not move.group_ids
            for move in lead_type.transition_ids
        }

    def test_booking_desk(self):
        lead_type = self._load("booking")
        stages = self._stages(lead_type)
        kinds = [stage.stage_type for stage in stages.values()]
        self.assertEqual(kinds, ["open"] * 4 + ["qualified", "not_interested"])
        self.assertEqual(lead_type.initial_stage_id, stages["booking_new"])
        moves = self._moves(lead_type)
        for before in ("booking_new", "booking_preparing", "booking_ready", "booking_sent"):
            self.assertTrue(moves[before, "booking_not_booked"], "nothing comes of it")
        for step in (
            ("booking_new", "booking_preparing"),
            ("booking_preparing", "booking_ready"),
            ("booking_ready", "booking_sent"),
        ):
            self.assertTrue(moves[step])
        self.assertIn("user_id", lead_type.required_field_ids.mapped("name"))

    def test_stage_engine(self):
        lead_type = self._load("prospect")
        stages = self._stages(lead_type)
        self.assertEqual(
            [(stage.name, stage.stage_type) for stage in stages.values()],
            [
                ("Frozen", "frozen"),
                ("Open", "open"),
                ("To be contacted", "open"),
                ("In work", "open"),
                ("Qualified prospect", "qualified"),
                ("Cancelled", "not_interested"),
                ("Abandoned", "abandoned"),
            ],
        )
        self.assertEqual(lead_type.initial_stage_id, stages["prospect_open"])
        for stage in stages.values():
            with self.subTest(stage=stage.name):
                self.assertEqual(bool(stage.rotting_threshold_days), stage.stage_type == "open")
                self.assertFalse(stage.lost_reason_required)

    def test_service_desk(self):
        lead_type = self._load("service")
        stages = self._stages(lead_type)
        kinds = [stage.stage_type for stage in stages.values()]
        self.assertEqual(kinds, ["open"] * 2 + ["qualified"] * 2 + ["not_interested"] * 3)
        new, working, *closed = stages.values()
        self.assertEqual(lead_type.initial_stage_id, new)
        moves = {(move.from_stage_id, move.to_stage_id) for move in lead_type.transition_ids}
        self.assertEqual(moves, {(new, working), *((working, stage) for stage in closed)})
        self.assertFalse(lead_type.transition_ids.group_ids)

    def test_every_preset_can_be_worked_from_its_start_to_each_of_its_ends(self):
        for key in PRESETS:
            lead_type = self._load(key)
            for target in lead_type.stage_ids:
                with self.subTest(preset=key, target=target.name):
                    lead = self._new_lead(lead_type)
                    for stage in self._way(lead_type, lead.stage_id, target):
                        values = {"lost_reason_id": self.reason.id} if stage.lost_reason_required else {}
                        lead.write({"stage_id": stage.id, **values})
                    self.assertEqual(lead.stage_id, target)

    def _new_lead(self, lead_type):
        """A lead as a clerk makes it in the form, with all that is asked for."""
        leads = self.env["crm.lead"].with_user(self.clerk).with_company(self.lake)
        form = Form(leads.with_context(default_lead_type_id=lead_type.id))
        form.name = "By hand"
        form.phone = "+39 0471 123456"
        if "source_id" in lead_type.sudo().required_field_ids.mapped("name"):
            form.source_id = self.env["utm.source"].create({"name": f"Source {lead_type.id}"})
        lead = form.save()
        self.assertEqual((lead.lead_type_id, lead.stage_id), (lead_type, lead_type.initial_stage_id))
        self.assertFalse(lead.is_incomplete)
        return lead

    def _way(self, lead_type, start, target):
        """The shortest way from one stage to another by the moves of everybody."""
        ways = [[start]]
        for way in ways:
            if way[-1] == target:
                return way[1:]
            moves = lead_type.transition_ids.filtered(
                lambda move, way=way: not move.group_ids and move.from_stage_id == way[-1]
            )
            ways += [[*way, move.to_stage_id] for move in moves if move.to_stage_id not in way]
        raise AssertionError(f"no way from {start.name} to {target.name}")

    def test_every_preset_can_be_concluded(self):
        for key in PRESETS:
            lead_type = self._load(key)
            for stage in lead_type.stage_ids.filtered(lambda stage: stage.stage_type == "open"):
                lead = self._lead(
                    stage,
                    lead_type_id=lead_type.id,
                    company_id=self.lake.id,
                    user_id=self.clerk.id,
                    team_id=False,
                    phone="1",
                )
                dialog = self.env["crm.lead.conclude"].with_user(self.clerk).create({"lead_ids": lead.ids})
                with self.subTest(preset=key, stage=stage.name):
                    on = lead.with_user(self.clerk).allowed_stage_ids - stage
                    self.assertTrue(dialog.available_stage_ids or on.filtered(lambda other: other.stage_type == "open"))
