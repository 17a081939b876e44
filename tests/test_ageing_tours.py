from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestAgeingTours(HttpCase):
    """What people do with leads that rest, in a browser. The names below are those that the tours look for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = new_test_user(cls.env, "tour_salesperson", "sales_team.group_sale_salesman")
        cls.manager = new_test_user(cls.env, "tour_manager", "sales_team.group_sale_manager")
        cls.team = cls.env["crm.team"].create(
            {"name": "Tours", "member_ids": [Command.set((cls.salesperson + cls.manager).ids)]}
        )
        # ours come first, so that they are on the screen
        old_stages = cls.env["crm.stage"].search([])
        old_stages.sequence = 9999
        old_stages.filtered(lambda stage: stage.stage_type == "frozen").active = False
        cls.stage_incoming, cls.stage_frozen = cls.env["crm.stage"].create(
            [
                {"name": "Incoming", "sequence": 1, "rotting_threshold_days": 3},
                {"name": "On ice", "sequence": 2, "stage_type": "frozen"},
            ]
        )
        cls.lead, cls.other_lead = cls.env["crm.lead"].create(
            [
                {
                    "name": name,
                    "type": "opportunity",
                    "user_id": cls.salesperson.id,
                    "team_id": cls.team.id,
                    "stage_id": cls.stage_incoming.id,
                }
                for name in ("Two weeks in July", "Another request")
            ]
        )

    def test_freeze(self):
        self.start_tour("/odoo", "lead_freeze", login="tour_salesperson")
        self.assertEqual(self.lead.stage_id, self.stage_frozen)
        self.assertEqual(self.lead.frozen_from_stage_id, self.stage_incoming)
        self.assertTrue(self.lead.frozen_until)

    def test_escalation(self):
        url = f"/odoo/action-crm.crm_stage_action/{self.stage_incoming.id}"
        self.start_tour(url, "stage_escalation", login="tour_manager")
        self.assertEqual(self.stage_incoming.escalation_ids.mapped("days"), [2])
