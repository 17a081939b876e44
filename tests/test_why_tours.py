from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL


@tagged("post_install", "-at_install")
class TestWhyTours(HttpCase):
    """Why a lead is expired, and what comes next, in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = new_test_user(cls.env, "tour_salesperson", "sales_team.group_sale_salesman")
        stage = cls.env["crm.stage"].create({"name": "Incoming", "sequence": 1, "rotting_threshold_days": 7})
        # nobody's leads would be in the salesperson's report
        cls.env["crm.lead"].search([("user_id", "=", False)]).user_id = cls.env.ref("base.user_admin")
        now = fields.Datetime.now()
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Two weeks in July",
                "user_id": cls.salesperson.id,
                "stage_id": stage.id,
                "date_due": now + timedelta(days=1, hours=1),
            }
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET date_last_stage_update = %s WHERE id = %s",
                now - timedelta(days=12, hours=1),
                cls.lead.id,
            )
        )
        cls.env.invalidate_all()

    def test_why(self):
        self.start_tour(f"/odoo/lead-desk/{self.lead.id}", "why_expired", login="tour_salesperson")

    def test_report(self):
        self.start_tour("/odoo", "forecast_report", login="tour_salesperson")
