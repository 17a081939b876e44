from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form

from .common import TypeCase

OVERRIDE = "crm_lead_lifecycle.group_stage_override"


class TestMovePaths(TypeCase):
    """Whichever way a person moves a lead, the moves of its type say whether it may; machines and rules go any way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.managers = cls.env.ref("sales_team.group_sale_manager")
        cls.group = cls.env["res.groups"].create({"name": "Movers"})
        # path: (stage before, stage after, how)
        cls.paths = {
            "write": (cls.asked, cls.looked, cls._go_write),
            "several at once": (cls.asked, cls.looked, cls._go_several),
            "form": (cls.asked, cls.looked, cls._go_form),
            "import": (cls.asked, cls.looked, cls._go_import),
            "won": (cls.asked, cls.repaired, lambda self, lead: lead.action_set_won()),
            "rainbow man": (cls.asked, cls.repaired, lambda self, lead: lead.action_set_won_rainbowman()),
            "lost": (cls.asked, cls.gone, lambda self, lead: lead.action_set_lost()),
            "lost in a stage": (cls.asked, cls.gone, lambda self, lead: lead.action_set_lost(stage_id=self.gone.id)),
            "Odoo's dialog": (cls.asked, cls.gone, cls._go_lost_wizard),
            "lost in Odoo's words": (cls.asked, cls.gone, cls._go_archive),
            "conclude well": (cls.asked, cls.repaired, cls._go_conclude_won),
            "conclude badly": (cls.asked, cls.gone, cls._go_conclude_lost),
            "reopen a lost one": (cls.gone, cls.looked, cls._go_write),
            "reopen a won one": (cls.repaired, cls.looked, cls._go_write),
        }

    def _go_write(self, lead):
        lead.write({"stage_id": self.looked.id})

    def _go_several(self, lead):
        (lead + self._repair(self.looked).with_env(lead.env)).write({"stage_id": self.looked.id, "priority": "1"})

    def _go_form(self, lead):
        with Form(lead) as form:
            form.stage_id = self.looked

    def _go_import(self, lead):
        self._load(lead, **{"stage_id/.id": self.looked.id})

    def _go_lost_wizard(self, lead):
        wizards = self.env["crm.lead.lost"].with_env(lead.env)
        wizards.create({"lead_ids": lead.ids, "lost_reason_id": self.reason.id}).action_lost_reason_apply()

    def _go_archive(self, lead):
        lead.write({"active": False, "probability": 0})

    def _conclude(self, lead, stage):
        wizards = self.env["crm.lead.conclude"].with_env(lead.env)
        wizards.create({"lead_ids": lead.ids, "stage_id": stage.id}).action_apply()

    def _go_conclude_won(self, lead):
        self._conclude(lead, self.repaired)

    def _go_conclude_lost(self, lead):
        self._conclude(lead, self.gone)

    def _walk(self, name, leads_of, *groups, listed=True):
        """Go a path with a lead; its move is listed for these groups, beside one to Waiting that is always there.

        :param leads_of: what gives the lead as who goes, such as ``lambda lead: lead.with_user(user)``
        :return: the stage in which the lead is, and the stage where the path leads
        """
        before, after, go = self.paths[name]
        self._set_moves((before, self.waiting), *([(before, after, *groups)] if listed else []))
        lead = self._repair(before)
        self.env.flush_all()
        self.env.invalidate_all()
        go(self, leads_of(lead))
        self.env.flush_all()
        self.env.invalidate_all()
        return lead.stage_id, after

    def assertGoes(self, leads_of, *groups, listed=True, paths=None):
        for name in paths or self.paths:
            with self.subTest(path=name):
                stage, after = self._walk(name, leads_of, *groups, listed=listed)
                self.assertEqual(stage, after)

    def assertRefused(self, leads_of, *groups, listed=True):
        for name, (before, after, _go) in self.paths.items():
            with self.subTest(path=name):
                with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
                    self._walk(name, leads_of, *groups, listed=listed)
                self.env.invalidate_all()
                self.assertIn(after.name, str(caught.exception))
                if not name.startswith("conclude"):  # that dialog does not even offer it
                    for words in (before.name, "Repair", "Waiting"):
                        self.assertIn(words, str(caught.exception))

    def _as(self, user, **context):
        return lambda lead: lead.with_user(user).with_context(**context)

    def test_person_makes_no_move_that_is_not_listed(self):
        self.assertRefused(self._as(self.user_own), listed=False)

    def test_manager_and_administrator_have_no_other_right_by_default(self):
        for user in (self.user_manager, self.user_admin, self.env.ref("base.user_admin")):
            self.assertFalse(user.has_group(OVERRIDE), user.login)
            self.assertRefused(self._as(user), listed=False)

    def test_person_makes_a_move_of_everybody(self):
        self.assertGoes(self._as(self.user_own))

    def test_person_makes_the_moves_of_a_group_of_theirs(self):
        self.user_own.group_ids += self.group
        self.assertGoes(self._as(self.user_own), self.managers, self.group)

    def test_person_makes_no_move_of_others(self):
        self.assertRefused(self._as(self.user_own), self.managers, self.group)

    def test_override_makes_every_move_within_the_type(self):
        self.user_own.group_ids += self.env.ref(OVERRIDE)
        self.assertGoes(self._as(self.user_own), listed=False)

    def test_machines_make_every_move(self):
        machines = {
            "superuser": lambda lead: lead.with_user(SUPERUSER_ID),
            "portal": lambda lead: lead.with_user(self.user_portal).sudo(),
            "public": lambda lead: lead.with_user(self.user_public).sudo(),
        }
        for name, leads_of in machines.items():
            with self.subTest(machine=name):
                paths = [path for path in self.paths if path != "form" or name == "superuser"]
                self.assertGoes(leads_of, listed=False, paths=paths)

    def test_person_with_sudo_is_a_person(self):
        self.assertRefused(lambda lead: lead.with_user(self.user_own).sudo(), listed=False)

    def test_configured_rule_makes_every_move(self):
        paths = [path for path in self.paths if not path.startswith("conclude")]  # a dialog is a person's
        self.assertGoes(lambda lead: lead.with_user(self.user_own)._by_rule(), listed=False, paths=paths)

    def test_client_gains_nothing_by_its_context(self):
        for key in ("lead_move", "lead_machine", "lead_remapping", "import_file", "merge_team_id", "module"):
            for value in (True, 1, "BY_RULE"):
                with self.subTest(key=key, value=value):
                    lead = self._repair()
                    self._set_moves((self.asked, self.waiting))
                    with self.assertRefuses("You can't move"):
                        lead.with_user(self.user_own).with_context(**{key: value}).stage_id = self.looked

    def test_detours_lead_nowhere(self):
        self._set_moves((self.asked, self.waiting))
        detours = {
            "empty the stage first": ({"stage_id": False}, {"stage_id": self.looked.id}),
            "name the type again": ({"stage_id": self.looked.id, "lead_type_id": self.repair.id},),
            "lose by halves": ({"probability": 0}, {"active": False}),
            "lose by the other half": ({"active": False}, {"probability": 0}),
            "by removal": (
                {"client_status": "removed", "removal_reason_id": self.removal_reason.id},
                {"active": True, "stage_id": self.looked.id},
            ),
        }
        for name, writes in detours.items():
            lead = self._repair().with_user(self.user_own)
            with self.subTest(detour=name), self.assertRefuses("“Asked” to “|not move|stage"):
                for values in writes:
                    lead.write(values)

    def test_refused_batch_is_refused_whole_and_in_one_message(self):
        self._set_moves((self.asked, self.waiting), (self.looked, self.repaired))
        leads = self._repair(name="May not") + self._repair(self.looked, name="May") + self._repair(name="Neither")
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            leads.with_user(self.user_own).write({"stage_id": self.repaired.id, "priority": "3"})
        self.env.invalidate_all()
        self.assertEqual([lead.stage_id for lead in leads], [self.asked, self.looked, self.asked])
        self.assertNotIn("3", leads.mapped("priority"))
        self.assertFalse(self._events(leads, "stage", "conclude"))
        for name in ("May not", "Neither"):
            self.assertIn(name, str(caught.exception))
        self.assertEqual(str(caught.exception).count("You can't move"), 1)

    def test_refusal_says_when_nothing_leads_on(self):
        self._set_moves((self.looked, self.waiting))
        with self.assertRefuses("out of “Asked”"):
            self._repair(name="Stuck").with_user(self.user_own).stage_id = self.looked

    def test_dialog_that_has_nothing_to_offer_says_so(self):
        self._set_moves((self.asked, self.looked))
        with self.assertRaises(UserError) as caught:
            self._conclude(self._repair().with_user(self.user_own), self.repaired)
        self.assertFalse(str(caught.exception).rstrip().endswith(":"), str(caught.exception))

    def test_move_in_place_is_none(self):
        self._set_moves((self.looked, self.waiting))
        lead = self._repair().with_user(self.user_own)
        lead.write({"stage_id": self.asked.id, "name": "Still saved"})
        self.assertEqual(lead.name, "Still saved")

    def test_moves_are_logged_whoever_makes_them(self):
        self._set_moves((self.asked, self.looked))
        lead = self._repair()
        lead.with_user(self.user_own).stage_id = self.looked
        lead.with_user(self.user_own)._by_rule().stage_id = self.waiting
        lead.stage_id = self.asked
        events = self._events(lead, "stage")
        steps = [(self.asked, self.looked), (self.looked, self.waiting), (self.waiting, self.asked)]
        logged = [(event.data["from_stage"], event.data["to_stage"]) for event in events]
        self.assertEqual(logged, [(before.id, after.id) for before, after in steps])
        self.assertEqual(list(events.mapped("user_id")), [self.user_own, self.env.user])

    def test_type_without_moves_is_free_among_its_stages(self):
        lead = self._repair().with_user(self.user_own)
        for stage in (self.repaired, self.waiting, self.gone, self.looked):
            lead.stage_id = stage
            self.assertEqual(lead.stage_id, stage)
        with self.assertRefuses("not a stage of “Repair”"):
            lead.stage_id = self.stage_working

    def test_stage_of_another_type_is_refused_to_every_person(self):
        self._set_moves((self.asked, self.looked))
        self.user_all.group_ids += self.env.ref(OVERRIDE)
        for user in (self.user_own, self.user_all, self.user_manager, self.user_admin):
            for stage in (self.stage_working, self.stage_won, self.stage_lost):
                lead = self._repair(user_id=False)
                with (
                    self.subTest(user=user.login, stage=stage.name),
                    self.assertRefuses(f"“{stage.name}” is not a stage of “Repair”"),
                ):
                    lead.with_user(user).stage_id = stage

    def test_stage_of_another_type_is_refused_on_every_path(self):
        lead = self._repair().with_user(self.user_own)
        for go in (
            lambda: self._load(lead, **{"stage_id/.id": self.stage_working.id}),
            lambda: lead.action_set_lost(stage_id=self.stage_lost.id),
            lambda: self._conclude(lead, self.stage_won),
            lambda: lead.write({"active": False, "probability": 0, "stage_id": self.stage_lost.id}),
        ):
            with self.assertRefuses("is not a stage of “Repair”|does not conclude"):
                go()
            self.assertEqual(lead.stage_id, self.asked)

    def test_stage_for_every_type_is_one_of_each(self):
        self.stage_working.lead_type_ids = [Command.clear()]
        lead = self._repair().with_user(self.user_own)
        lead.stage_id = self.stage_working
        self.assertLeadState(lead.with_env(self.env), self.stage_working, "pending")

    def test_lead_in_a_foreign_stage_gets_back_to_its_type(self):
        self._set_moves((self.asked, self.looked))
        for stage in (self.asked, self.looked, self.repaired):
            lead = self._repair()
            self._set_in_database(lead, stage_id=self.stage_working.id)
            with self.assertRefuses("not a stage of “Repair”"):
                lead.with_user(self.user_own).stage_id = self.stage_late
            lead.with_user(self.user_own).stage_id = stage
            self.assertEqual(lead.stage_id, stage)

    def test_portal_user_moves_nothing_without_the_system(self):
        with self.assertRaises(AccessError):
            self._repair().with_user(self.user_portal).stage_id = self.looked


class TestMoveRules(TypeCase):
    """What a configured rule moves is not refused, but logged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.stage.transition"].create(
            {"lead_type_id": cls.repair.id, "from_stage_id": cls.asked.id, "to_stage_id": cls.waiting.id}
        )

    def assertMoved(self, lead, stage, kind):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(lead.stage_id, stage)
        self.assertIn(kind, self._events(lead).mapped("kind"))

    def test_restore(self):
        lead = self._repair(self.looked)
        lead.action_set_lost()
        with self.assertRefuses("out of “Gone”"):
            lead.with_user(self.user_own).stage_id = self.looked
        lead.with_user(self.user_own).action_restore()
        self.assertMoved(lead, self.looked, "restore")

    def test_restore_of_a_removed_lead(self):
        lead = self._repair(self.looked)
        lead.action_set_lost()
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        lead.with_user(self.user_own).action_restore()
        self.assertMoved(lead, self.looked, "restore")

    def test_remapping(self):
        lead = self._repair(self.looked)
        wizards = self.env["crm.stage.remap"].with_user(self.user_manager)
        wizards.create({"stage_id": self.looked.id, "target_stage_id": self.waiting.id}).action_apply()
        self.assertMoved(lead, self.waiting, "stage")

    def test_merge_into_a_team_with_stages_of_its_own(self):
        team = self.env["crm.team"].create({"name": "Groups", "company_id": False, "user_id": self.user_manager.id})
        (self.asked + self.looked).team_ids = self.team
        own = self._add_stages(self.repair, ("Group asks", "open"))
        own.team_ids = team
        leads = self._repair(self.looked, team_id=self.team.id) + self._repair(self.asked, team_id=self.team.id)
        wizards = self.env["crm.merge.opportunity"].with_user(self.user_manager).with_context(active_ids=leads.ids)
        wizards.create({"user_id": self.user_manager.id, "team_id": team.id}).action_merge()
        self.assertMoved(leads.exists(), own, "merge")
        self.assertIn(own.id, [data.get("to_stage") for data in self._events(leads.exists(), "stage").mapped("data")])

    def test_change_of_team(self):
        team = self.env["crm.team"].create({"name": "Groups", "company_id": False, "member_ids": self.user_own.ids})
        (self.asked + self.looked).team_ids = self.team
        own = self._add_stages(self.repair, ("Group asks", "open"))
        own.team_ids = team
        lead = self._repair(self.looked, team_id=self.team.id)
        lead.with_user(self.user_own).team_id = team
        self.assertMoved(lead, own, "stage")

    def test_change_of_type(self):
        default_stage = self.stage_working
        other = self._lead(default_stage)
        default_stage.name = "Looked at"
        other.with_user(self.user_own).lead_type_id = self.repair
        self.assertMoved(other, self.looked, "type")
        other.with_user(self.user_own).lead_type_id = self.lead_type
        self.assertMoved(other, default_stage, "type")

    def test_succession_follows_an_allowed_move_alone(self):
        sale = self._lead_type(name="Sale")
        start, _later = self._add_stages(sale, ("Start", "open"), ("Later", "open"))
        self.repair.next_type_id = sale
        lead = self._repair()
        with self.assertRefuses("You can't move"):
            lead.with_user(self.user_own).stage_id = self.repaired
        self._set_moves((self.asked, self.repaired))
        lead.with_user(self.user_own).stage_id = self.repaired
        self.assertMoved(lead, start, "succeed")
