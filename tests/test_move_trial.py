from odoo.exceptions import AccessError

from .common import TypeCase


class TestTryMoves(TypeCase):
    """Before the moves of a type are saved they can be tried: where its leads could go now, and where then."""

    def _move(self, from_stage, to_stage, *groups):
        return {
            "from_stage_id": from_stage and from_stage.id,
            "to_stage_id": to_stage and to_stage.id,
            "group_ids": [group.id for group in groups],
        }

    def _try(self, *moves, stages=None, user=None):
        stages = self.repair.stage_ids if stages is None else stages
        answer = self.repair.with_user(user or self.user_manager).try_moves(list(moves), stages.ids)
        return {line["id"]: line for line in answer}

    def _targets(self, line, when):
        return [target["id"] for target in line[when]]

    def test_now_and_then(self):
        self._set_moves((self.asked, self.looked))
        managers = self.env.ref("sales_team.group_sale_manager")
        lines = self._try(self._move(self.asked, self.waiting), self._move(self.looked, self.gone, managers))
        self.assertEqual(self._targets(lines[self.asked.id], "now"), self.looked.ids)
        self.assertEqual(self._targets(lines[self.asked.id], "then"), self.waiting.ids)
        self.assertEqual(lines[self.asked.id]["then"][0]["who"], [])
        self.assertEqual(self._targets(lines[self.looked.id], "now"), [])
        self.assertEqual(lines[self.looked.id]["then"][0]["who"], [managers.display_name])
        self.assertEqual((lines[self.asked.id]["name"], lines[self.asked.id]["stage_type"]), ("Asked", "open"))

    def test_counts_the_open_leads(self):
        self._set_moves((self.asked, self.looked))
        self._repair() + self._repair() + self._repair(self.waiting) + self._lead()
        (self._repair() + self._repair()).action_set_lost()
        self._repair().write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        lines = self._try(self._move(self.asked, self.looked))
        self.assertEqual(lines[self.asked.id]["lead_count"], 2)
        self.assertEqual(lines[self.waiting.id]["lead_count"], 1)
        self.assertEqual(self._targets(lines[self.waiting.id], "then"), [])

    def test_without_moves_every_stage_can_follow(self):
        self._repair()
        everything = [stage.id for stage in self.repair.stage_ids.sorted("sequence") if stage != self.asked]
        lines = self._try()
        self.assertEqual(self._targets(lines[self.asked.id], "now"), everything)
        self.assertEqual(self._targets(lines[self.asked.id], "then"), everything)

    def test_rows_that_are_not_complete_yet_say_nothing(self):
        self._repair()
        lines = self._try(self._move(self.asked, False), self._move(False, self.looked))
        self.assertEqual(self._targets(lines[self.asked.id], "then"), self._targets(lines[self.asked.id], "now"))

    def test_tells_of_leads_in_a_stage_that_is_being_taken_away(self):
        self._repair(self.waiting)
        lines = self._try(self._move(self.asked, self.looked), stages=self.asked + self.looked)
        self.assertEqual(lines[self.waiting.id]["lead_count"], 1)
        self.assertNotIn(self.waiting.id, self._targets(lines[self.asked.id], "then"))

    def test_saves_nothing(self):
        self._set_moves((self.asked, self.looked))
        before = self.repair.transition_ids
        self._try(self._move(self.asked, self.waiting), stages=self.asked + self.waiting)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.repair.transition_ids, before)
        self.assertEqual((before.from_stage_id, before.to_stage_id), (self.asked, self.looked))
        self.assertIn(self.looked, self.repair.stage_ids)

    def test_is_for_who_may_change_types(self):
        for user in (self.user_own, self.user_all, self.user_portal, self.user_other_company):
            self.repair.company_id = self.company
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._try(self._move(self.asked, self.looked), user=user)
        self.assertTrue(self._try(self._move(self.asked, self.looked), user=self.user_admin))
