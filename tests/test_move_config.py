from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import TypeCase


class TestMoveOffers(TypeCase):
    """What people are offered is what they may do: stages to start in, to go to and to end in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refused, cls.paid = cls._add_stages(cls.repair, ("Refused", "not_interested"), ("Paid", "qualified"))
        cls.repair_stages = cls.env["crm.stage"].search([("lead_type_ids", "in", cls.repair.ids)])

    # ------------------------------------------------------------
    # WHERE A LEAD STARTS
    # ------------------------------------------------------------

    def test_person_starts_a_lead_in_any_stage_of_its_type(self):
        self._set_moves((self.asked, self.looked))
        for stage in self.repair_stages:
            self.assertEqual(self._repair(stage, self.user_own).stage_id, stage)

    def test_person_starts_no_lead_in_a_stage_of_another_type(self):
        self._set_moves((self.asked, self.looked))
        for stage in (self.stage_working, self.stage_won, self.stage_lost):
            with (
                self.subTest(stage=stage.name),
                self.assertRefuses(f"“{stage.name}” is not a stage of “Repair”"),
            ):
                self._repair(stage, self.user_own)

    def test_machine_is_not_asked_where_a_lead_starts(self):
        self._set_moves((self.asked, self.looked))
        self.assertTrue(self._repair(self.stage_working).number)
        values = {"lead_type_id": self.repair.id, "stage_id": self.stage_working.id}
        mails = self.env["crm.lead"].with_user(self.user_own)
        self.assertTrue(mails.message_new({"subject": "Broken", "from": "a@example.com"}, custom_values=values).number)

    def test_quick_create_in_a_column_gives_the_type_of_the_stage(self):
        leads = self.env["crm.lead"].with_user(self.user_own)
        lead = leads.with_context(default_stage_id=self.looked.id).create({"name": "In a column"})
        self.assertEqual((lead.lead_type_id, lead.stage_id), (self.repair, self.looked))
        by_name = leads.browse(leads.with_context(default_stage_id=self.looked.id).name_create("By name")[0])
        self.assertEqual((by_name.lead_type_id, by_name.stage_id), (self.repair, self.looked))
        both = leads.with_context(default_lead_type_id=self.repair.id).create({"name": "In the menu of the type"})
        self.assertEqual((both.lead_type_id, both.stage_id), (self.repair, self.asked))
        form = Form(leads.with_context(default_stage_id=self.looked.id), "crm.quick_create_opportunity_form")
        form.name = "In the small form"
        lead = form.save()
        self.assertEqual((lead.lead_type_id, lead.stage_id), (self.repair, self.looked))

    def test_quick_create_in_a_foreign_column_of_a_type_starts_where_the_type_does(self):
        leads = self.env["crm.lead"].with_user(self.user_own)
        context = {"default_lead_type_id": self.repair.id, "default_stage_id": self.stage_working.id}
        lead = leads.with_context(**context).create({"name": "In a column that holds an old lead"})
        self.assertEqual((lead.lead_type_id, lead.stage_id), (self.repair, self.asked))

    # ------------------------------------------------------------
    # WHERE IT CAN GO
    # ------------------------------------------------------------

    def test_stages_of_the_type_and_those_that_the_user_may_choose(self):
        managers = self.env.ref("sales_team.group_sale_manager")
        self._set_moves((self.asked, self.looked), (self.asked, self.gone, managers))
        lead = self._repair()
        for user, allowed in (
            (self.user_own, self.asked + self.looked),
            (self.user_manager, self.asked + self.looked + self.gone),
        ):
            as_user = lead.with_user(user)
            self.assertEqual(as_user.type_stage_ids, self.repair_stages)
            self.assertEqual(as_user.allowed_stage_ids, allowed)
        self.user_own.group_ids += self.env.ref("crm_lead_lifecycle.group_stage_override")
        self.env.invalidate_all()
        self.assertEqual(lead.with_user(self.user_own).allowed_stage_ids, self.repair_stages)

    def test_drop_down_offers_the_stages_of_the_type_and_of_the_team(self):
        other_team = self.env["crm.team"].create({"name": "Another desk"})
        everywhere, ours, theirs = self._add_stages(self.repair, ("All", "open"), ("Ours", "open"), ("Theirs", "open"))
        everywhere.lead_type_ids = False
        ours.team_ids, theirs.team_ids = self.team, other_team
        domain = self.env["crm.lead"].fields_get(["stage_id"])["stage_id"]["domain"]
        for team, stages in ((self.team, everywhere + ours), (other_team, everywhere + theirs)):
            values = {"lead_type_id": self.repair.id, "team_id": team.id}
            found = self.env["crm.stage"].with_user(self.user_own).search(safe_eval(domain, values))
            self.assertEqual(found.with_env(self.env), self.repair_stages + stages)

    def test_offers_follow_a_change_of_the_moves_at_once(self):
        self._set_moves((self.asked, self.looked))
        lead = self._repair().with_user(self.user_own)
        self.assertEqual(lead.allowed_stage_ids, self.asked + self.looked)
        self.repair.transition_ids.to_stage_id = self.waiting
        self.env.invalidate_all()
        self.assertEqual(lead.allowed_stage_ids, self.asked + self.waiting)
        self.repair.transition_ids.unlink()
        self.env.invalidate_all()
        self.assertEqual(lead.allowed_stage_ids, self.repair_stages)

    def test_deleted_stage_takes_its_moves_along(self):
        self._set_moves((self.asked, self.waiting), (self.looked, self.repaired))
        lead = self._repair().with_user(self.user_own)
        with self.assertRefuses("can go to: Waiting"):
            lead.stage_id = self.looked
        self.waiting.unlink()
        self.assertEqual(self.repair.transition_ids.from_stage_id, self.looked)
        with self.assertRefuses("out of “Asked”"):
            lead.stage_id = self.looked

    def test_new_lead_may_be_put_into_any_stage_of_its_type(self):
        self._set_moves((self.asked, self.looked))
        leads = self.env["crm.lead"].with_user(self.user_own)
        new = leads.new({"lead_type_id": self.repair.id})
        self.assertEqual(new.allowed_stage_ids._origin, self.repair_stages)

    # ------------------------------------------------------------
    # WHERE IT ENDS
    # ------------------------------------------------------------

    def test_buttons_prefer_a_stage_that_the_moves_lead_to(self):
        self._set_moves((self.asked, self.gone), (self.asked, self.repaired), (self.looked, self.refused),
                        (self.looked, self.paid))  # fmt: skip
        for start, lost, won in ((self.asked, self.gone, self.repaired), (self.looked, self.refused, self.paid)):
            lead = self._repair(start).with_user(self.user_own)
            lead.action_set_lost()
            self.assertEqual(lead.stage_id, lost)
            lead = self._repair(start).with_user(self.user_own)
            lead.action_set_won()
            self.assertEqual(lead.stage_id, won)

    def test_buttons_take_leads_of_several_stages_each_its_way(self):
        self._set_moves((self.asked, self.gone), (self.asked, self.repaired), (self.looked, self.refused),
                        (self.looked, self.paid))  # fmt: skip
        leads = (self._repair() + self._repair(self.looked) + self._lead()).with_user(self.user_own)
        leads.action_set_lost()
        self.assertEqual(list(leads.stage_id), list(self.gone + self.refused + self.stage_lost))
        leads = (self._repair() + self._repair(self.looked) + self._lead()).with_user(self.user_own)
        leads.action_set_won()
        self.assertEqual(list(leads.stage_id), list(self.repaired + self.paid + self.stage_won))

    def _dialog(self, leads):
        wizards = self.env["crm.lead.conclude"].with_user(self.user_own)
        return wizards.create({"lead_ids": leads.ids})

    def test_conclude_offers_what_the_moves_lead_to(self):
        self._set_moves((self.asked, self.refused), (self.looked, self.refused), (self.looked, self.paid))
        asked, looked = self._repair(), self._repair(self.looked)
        self.assertEqual(self._dialog(asked).available_stage_ids, self.refused)
        self.assertEqual(self._dialog(looked).available_stage_ids, self.paid + self.refused)
        both = self._dialog(asked + looked)
        self.assertEqual((both.available_stage_ids, both.lost_stages), (self.refused, "common"))

    def test_conclude_says_that_the_moves_do_not_lead_there(self):
        self._set_moves((self.asked, self.looked), (self.looked, self.refused), (self.waiting, self.gone))
        dialog = self._dialog(self._repair())
        self.assertEqual((dialog.lost_stages, dialog.available_stage_ids), ("barred", self.env["crm.stage"]))
        for others in (self._repair(self.looked), self._lead()):
            self.assertEqual(self._dialog(self._repair() + others).lost_stages, "some")
        self.assertEqual(self._dialog(self._repair(self.looked) + self._repair(self.waiting)).lost_stages, "some")

    # ------------------------------------------------------------
    # SPEED
    # ------------------------------------------------------------

    def test_queries_do_not_grow_with_the_leads(self):
        common = self.env["crm.stage"].create({"name": "Everywhere", "sequence": 300})
        lead_types = self.repair.browse()
        for number in range(5):
            lead_type = self._lead_type(name=f"Type {number}")
            first, _second = self._add_stages(lead_type, ("First", "open"), ("Second", "open"))
            lead_type.initial_stage_id = first
            self._set_moves((first, common), lead_type=lead_type)
            lead_types += lead_type

        def leads(count):
            values = [{"name": "Many", "lead_type_id": lead_type.id} for lead_type in lead_types] * (count // 5)
            return self.env["crm.lead"].create(values).with_user(self.user_manager)

        def move(leads):
            self.env.invalidate_all()
            return self._count_queries(lambda: leads.write({"stage_id": common.id}))

        move(leads(5))
        few, many = leads(10), leads(200)
        few_count, many_count = move(few), move(many)
        self.assertEqual((few + many).stage_id, common)
        self.assertLessEqual(many_count, few_count + 3)


class TestMoveConfiguration(TypeCase):
    """What makes no sense is refused in words."""

    def assertRefusedByDatabase(self, record, error, words, function):
        with mute_logger("odoo.sql_db"), self.assertRaises(error) as caught, self.env.cr.savepoint():
            function()
            self.env.flush_all()
        self.assertIn(words, record._sql_error_to_message(caught.exception))

    def test_move_to_itself(self):
        with self.assertRefuses("from “Asked” to itself"):
            self._set_moves((self.asked, self.asked))

    def test_move_from_or_to_a_stage_of_another_type(self):
        for move in ((self.asked, self.stage_working), (self.stage_working, self.asked)):
            with self.assertRefuses("“At work” is not a stage of “Repair”"):
                self._set_moves(move)

    def test_stage_of_every_type_can_be_moved_to(self):
        self.stage_working.lead_type_ids = [Command.clear()]
        self._set_moves((self.asked, self.stage_working))
        self.assertEqual(self.repair.transition_ids.to_stage_id, self.stage_working)

    def test_same_move_twice(self):
        moves = self.env["crm.stage.transition"]
        move = (self.asked, self.looked)
        self.assertRefusedByDatabase(moves, UniqueViolation, "listed already", lambda: self._set_moves(move, move))

    def test_stage_that_is_moved_from_or_to_stays_in_the_type(self):
        self._set_moves((self.waiting, self.looked))
        (self.waiting + self.looked).lead_type_ids += self.lead_type
        for stage in (self.waiting, self.looked):
            with self.subTest(stage=stage.name, side="type"), self.assertRefuses(stage.name):
                self.repair.with_user(self.user_manager).stage_ids = [Command.unlink(stage.id)]
            with self.subTest(stage=stage.name, side="stage"), self.assertRefuses(stage.name):
                stage.with_user(self.user_manager).lead_type_ids = self.lead_type
        self._set_moves()
        self.waiting.lead_type_ids = self.lead_type
        self.assertNotIn(self.waiting, self.repair.stage_ids)

    def test_stage_without_which_a_type_would_be_free_stays(self):
        self._set_moves((self.asked, self.waiting), (self.waiting, self.looked))
        with self.assertRefuses("All moves of “Repair” begin or end in “Waiting”"):
            self.waiting.with_user(self.user_manager).unlink()
        self._set_moves((self.asked, self.looked), (self.waiting, self.looked))
        self.waiting.with_user(self.user_manager).unlink()
        self.assertEqual(self.repair.transition_ids.from_stage_id, self.asked)

    def test_initial_stage_stays_in_the_type(self):
        with self.assertRefuses("“Asked” is not a stage of “Repair”"):
            self.asked.with_user(self.user_manager).lead_type_ids = self.lead_type
        self.asked.lead_type_ids += self.lead_type
        with self.assertRefuses("“Asked” is not a stage of “Repair”"):
            self.repair.with_user(self.user_manager).stage_ids = [Command.unlink(self.asked.id)]

    def test_initial_stage_of_another_type(self):
        with self.assertRefuses("“At work” is not a stage of “Repair”"):
            self.repair.initial_stage_id = self.stage_working

    def test_impossible_days(self):
        for days in (-1, 3651, 2_000_000_000):
            self.assertRefusedByDatabase(
                self.repair, CheckViolation, "1 to 3650 days", lambda days=days: self.repair.write({"due_days": days})
            )
            with self.assertRefuses("1 to 3650 days"):
                self.asked.rotting_threshold_days = days

    def test_moves_are_configured_by_managers_of_the_company(self):
        self._set_moves((self.asked, self.looked))
        move = self.repair.transition_ids
        for user in (self.user_own, self.user_all):
            self.assertEqual(move.with_user(user).display_name, "Asked → Looked at")
            with self.assertRaises(AccessError):
                move.with_user(user).to_stage_id = self.waiting
            with self.assertRaises(AccessError):
                move.with_user(user).unlink()
        move.with_user(self.user_manager).to_stage_id = self.waiting
        self.repair.company_id = self.company
        with self.assertRaises(AccessError):
            move.with_user(self.user_other_company).read(["to_stage_id"])

    def test_manager_copies_a_type_with_its_moves(self):
        self._set_moves((self.asked, self.looked))
        copied = self.repair.with_user(self.user_manager).copy().with_env(self.env)
        self.assertEqual((copied.transition_ids.from_stage_id, copied.stage_ids), (self.asked, self.repair.stage_ids))
        self.assertEqual(copied.initial_stage_id, self.asked)
