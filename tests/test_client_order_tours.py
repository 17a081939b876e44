from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

SIGNATURE = "R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs="


@tagged("post_install", "-at_install")
class TestClientOrderTours(HttpCase):
    """What people do with leads and orders, in a browser. The names below are those that the tours look for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Tour Workshop"})
        cls.salesperson = new_test_user(
            cls.env,
            "tour_salesperson",
            "sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        stages = cls.env["crm.stage"].create(
            [
                {"name": "Tour asked", "stage_type": "open", "sequence": 900},
                {"name": "Tour repaired", "stage_type": "qualified", "sequence": 901},
            ]
        )
        cls.lead_type = cls.env["crm.lead.type"].create(
            {"name": "Tour repair", "company_id": cls.company.id, "stage_ids": stages.ids}
        )
        cls.asked, cls.repaired = stages
        cls.customer = cls.env["res.partner"].create(
            {"name": "Tour Customer", "phone": "0565 123456", "country_id": cls.env.ref("base.it").id}
        )

    def _lead(self, name, user=None):
        values = {"name": name, "type": "lead", "phone": "+39 0565 123456", "lead_type_id": self.lead_type.id}
        values.update(user_id=user.id if user else False, company_id=self.company.id, stage_id=self.asked.id)
        return self.env["crm.lead"].create(values)

    def test_link(self):
        machine, grinder = self._lead("Coffee machine drips", self.salesperson), self._lead("Coffee grinder stuck")
        self.start_tour("/odoo/action-sale.action_quotations/new", "client_order", login="tour_salesperson")
        order = self.env["sale.order"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(order.opportunity_id, machine)
        self.assertEqual((machine.stage_id, machine.won_status), (self.repaired, "won"))
        self.assertEqual(grinder.stage_id, self.asked)

    def test_customer_signs_on_the_portal(self):
        lead = self._lead("Coffee machine drips", self.salesperson)
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "opportunity_id": lead.id,
                "require_signature": True,
                "require_payment": False,
                "state": "sent",
                "order_line": [Command.create({"display_type": "line_note", "name": "One repair"})],
            }
        )
        values = {"access_token": order._portal_ensure_token(), "name": "Tour Customer", "signature": SIGNATURE}
        self.authenticate(None, None)
        answer = self.make_jsonrpc_request(f"/my/orders/{order.id}/accept", values)
        self.assertTrue(answer.get("force_refresh"), answer)
        self.assertEqual(order.state, "sale")
        self.assertEqual((lead.stage_id, lead.won_status), (self.repaired, "won"))
