from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestDashboardTours(HttpCase):
    """From a figure to its leads and back, in a browser. The names below are those that the tour looks for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader = new_test_user(cls.env, "tour_leader", "sales_team.group_sale_salesman_all_leads")
        cls.salesperson = new_test_user(
            cls.env, "tour_salesperson", "sales_team.group_sale_salesman", name="Tour Salesperson"
        )
        cls.team = cls.env["crm.team"].create(
            {
                "name": "Tour Team",
                "user_id": cls.leader.id,
                "member_ids": [Command.set((cls.leader + cls.salesperson).ids)],
            }
        )
        values = {"type": "opportunity", "team_id": cls.team.id, "user_id": cls.salesperson.id}
        late = fields.Datetime.now() - timedelta(days=3)
        cls.env["crm.lead"].create(
            [
                {**values, "name": "Tour in time"},
                {**values, "name": "Tour too late", "date_due": late},
                {**values, "name": "Tour of nobody", "user_id": False},
            ]
        )

    def test_dashboard(self):
        self.start_tour("/odoo", "lead_dashboard", login="tour_leader")

    def test_no_leads_yet(self):
        stranger = new_test_user(self.env, "tour_stranger", "sales_team.group_sale_salesman")
        seen = self.env["crm.lead"].with_context(active_test=False)
        seen.search([("user_id", "in", [stranger.id, False])]).with_context(tracking_disable=True).unlink()
        self.start_tour("/odoo", "lead_dashboard_empty", login="tour_stranger")
