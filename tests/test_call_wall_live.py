import json

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from .test_call_wall import NOW, WallCase

BUS_TYPE = "crm_call_wall"


class TestCallWallNow(WallCase):
    """What operators do at the moment."""

    def test_calling_wrapping_up_and_idle(self):
        with self._at(NOW):
            dialog = self._dialog(self._claim())
            self.assertEqual(self._state(), ("calling", NOW))
            self.assertEqual(self._tile()["campaign"], "Summer")
        with self._at("2026-07-08 08:02:00"):
            dialog.tell_wrap_up(True)
            self.assertEqual(self._state(), ("wrapping_up", "2026-07-08 08:02:00"))
        with self._at("2026-07-08 08:02:30"):
            dialog.tell_wrap_up(True)
            self.assertEqual(self._state(), ("wrapping_up", "2026-07-08 08:02:00"), "another outcome: it goes on")
            dialog.tell_wrap_up(False)
            self.assertEqual(self._state(), ("calling", NOW))
            dialog.outcome_id = self.not_interested
            dialog.action_confirm()
            self.assertEqual(self._state(), ("idle", "2026-07-08 08:02:30"))
            self.assertFalse(self._tile()["campaign"])
            self.assertEqual(self._tile()["calls"], 1)

    def test_stopped_call_leaves_nothing(self):
        with self._at(NOW):
            dialog = self._dialog(self._claim())
            dialog.tell_wrap_up(True)
            dialog.action_stop()
            self.assertFalse(self._tiles())

    def test_call_outside_of_the_queues(self):
        lead = self._lead(user_id=self.operator.id, company_id=False)
        with self._at(NOW):
            self._dialog(lead_id=lead.id)
            self.assertEqual(self._state(), ("calling", NOW))
            self.assertFalse(self._tile()["campaign"])

    def test_dialog_that_is_not_heard_of_counts_no_more(self):
        with self._at(NOW):
            dialog = self._dialog(self._claim())
        with self._at("2026-07-08 08:02:59"):
            self.assertEqual(self._state()[0], "calling")
        with self._at("2026-07-08 08:03:00"):
            self.assertFalse(self._tiles())
            dialog.keep_claim()
            self.assertEqual(self._state(), ("calling", NOW), "a computer that has slept")

    def test_latest_dialog_counts(self):
        with self._at(NOW):
            self._dialog(self._claim()).tell_wrap_up(True)
        with self._at("2026-07-08 08:01:00"):
            self._dialog(self._claim())
            self.assertEqual(self._state(), ("calling", "2026-07-08 08:01:00"))

    def test_dialogs_of_others_can_not_be_told_of(self):
        dialog = self._dialog(self._claim())
        with self.assertRaises(AccessError):
            dialog.with_user(self.rival).tell_wrap_up(True)

    def test_who_is_online(self):
        self._be("online")
        self._be("away", self.rival)
        self._be("online", self.coordinator)
        self._be("online", self.user_own)
        self._be("online", self.operator_other_company)
        with self._at(NOW):
            states = {tile["name"]: (tile["state"], tile["since"]) for tile in self._wall()["operators"]}
            self.assertEqual(states, {"Anna": ("idle", False), "Bruno": ("away", False)})
            self._made(self.sale, user=self.coordinator)
            self.assertIn("Carla", {tile["name"] for tile in self._wall()["operators"]}, "who calls is shown")

    def test_who_has_gone(self):
        self._be("offline")
        self._be("offline", self.rival)
        self._made(self.sale)
        with self._at(NOW):
            self.assertEqual(self._state(), ("offline", NOW))
            self.assertNotIn(self.rival.id, self._tiles())
            self._dialog(self._claim())
            self.assertEqual(self._state()[0], "calling", "the dialog knows better")


class TestCallWallBus(WallCase):
    """The walls are told when something happens."""

    def _told(self, action):
        """What the bus tells, and to whom, of what happens in ``action``."""
        self._reset_bus()
        action()
        self.env.flush_all()
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([("message", "like", f'"{BUS_TYPE}"')])
        coordinators = self.env.ref("crm_lead_lifecycle.group_call_coordinator")
        for message in messages:
            self.assertEqual(json.loads(message.channel), [self.env.cr.dbname, "res.groups", coordinators.id])
        return [json.loads(message.message)["payload"] for message in messages]

    def test_coordinators_are_told_of_what_happens(self):
        entry, here = self._claim(), [{"company_id": self.company.id}]
        mine = entry.with_user(self.operator)
        self.assertEqual(self._told(mine.action_call), here, "opened")
        dialog = self.env["crm.call.wizard"].search([("entry_id", "=", entry.id)]).with_user(self.operator)
        self.assertEqual(self._told(lambda: dialog.tell_wrap_up(True)), here, "an outcome chosen")
        self.assertEqual(self._told(lambda: dialog.tell_wrap_up(True)), [], "another one")
        self.assertEqual(self._told(lambda: dialog.tell_wrap_up(False)), here, "none any more")
        self.assertEqual(self._told(dialog.keep_claim), [], "goes on")
        dialog.outcome_id = self.not_interested
        self.assertEqual(self._told(dialog.action_confirm), here, "confirmed")
        self.assertEqual(self._told(entry.call_ids.with_user(self.operator).action_take_back), here, "taken back")
        dialog = self.env["crm.call.wizard"].search([("entry_id", "=", entry.id)]).with_user(self.operator)
        self.assertEqual(self._told(dialog.action_stop), here, "stopped")

    def test_other_companies_are_told_of_theirs_alone(self):
        lead = self._lead(user_id=self.operator_other_company.id, company_id=self.other_company.id)

        def call():
            self._dialog(user=self.operator_other_company, lead_id=lead.id, outcome_id=self.not_interested.id)

        self.assertEqual(self._told(call), [{"company_id": self.other_company.id}])

    def test_call_of_a_lead_of_no_company_is_of_the_operators(self):
        lead = self._lead(user_id=self.operator.id, company_id=False)
        self.assertEqual(self._told(lambda: self._dialog(lead_id=lead.id)), [{"company_id": self.company.id}])

    def test_taking_the_next_contact_tells_nothing(self):
        self.assertEqual(self._told(self._claim), [], "opening its call does")

    def test_coordinators_hear_it(self):
        """Odoo has users listen to the groups that they have, by implication too."""
        group = self.env.ref("crm_lead_lifecycle.group_call_coordinator")
        self.assertIn(group, self.coordinator.all_group_ids)
        self.assertIn(group, self.user_manager.all_group_ids)
        self.assertNotIn(group, self.operator.all_group_ids)


@tagged("post_install", "-at_install")
class TestCallWallTours(HttpCase):
    """The wall in a browser. The names below are those that the tours look for."""

    def setUp(self):
        super().setUp()
        self.env["crm.call"].sudo().search([])._confirmed().unlink()  # of the demo data
        self.coordinator = new_test_user(
            self.env, "tour_coordinator", "crm_lead_lifecycle.group_call_coordinator", name="Tour Coordinator"
        )
        self.operator = new_test_user(
            self.env, "tour_operator", "crm_lead_lifecycle.group_call_operator", name="Tour Operator"
        )
        self.lead = self.env["crm.lead"].create(
            {
                "name": "Tour pitch",
                "contact_name": "Tour Customer",
                "phone": "+39 333 1234567",
                "user_id": self.coordinator.id,
            }
        )

    def test_call_that_is_confirmed_meanwhile_appears(self):
        now = fields.Datetime.now()
        self.env["crm.call"]._record_past(
            [
                {
                    "lead_id": self.lead.id,
                    "user_id": self.operator.id,
                    "company_id": self.env.company.id,
                    "outcome_id": self.env.ref("crm_lead_lifecycle.crm_call_outcome_no_answer").id,
                    "date_start": now,
                    "date_end": now,
                }
            ]
        )
        self.start_tour("/odoo", "call_wall", login="tour_coordinator", timeout=120)
        call = self.lead.call_ids.filtered(lambda call: call.user_id == self.coordinator)
        self.assertEqual(call.outcome_id, self.env.ref("crm_lead_lifecycle.crm_call_outcome_not_interested"))

    def test_operators_have_no_wall(self):
        self.start_tour("/odoo", "call_wall_absent", login="tour_operator", timeout=120)
