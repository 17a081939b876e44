from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestAssignmentTours(HttpCase):
    """What managers do with assignment rules, in a browser. The names below are those that the tours look for."""

    def test_rule(self):
        self.env["crm.assignment.rule"].search([]).active = False
        manager = new_test_user(self.env, "tour_manager", "sales_team.group_sale_manager")
        salesperson = new_test_user(
            self.env, "tour_salesperson", "sales_team.group_sale_salesman", name="Tour Salesperson"
        )
        action = self.env.ref("crm_lead_lifecycle.crm_assignment_rule_action")
        self.start_tour(f"/odoo/action-{action.id}", "assignment_rule_build", login=manager.login)
        rule = self.env["crm.assignment.rule"].search([])
        self.assertEqual((rule.name, rule.user_ids, rule.member_ids.daily_max), ("Flats of the portal", salesperson, 5))
        lead = self.env["crm.lead"].create({"name": "Flat 3B", "type": "opportunity"})
        self.assertEqual(lead.user_id, salesperson)
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "assignment_lead", login=salesperson.login)

    def test_trial(self):
        company = self.env["res.company"].create({"name": "Tour Resorts"})
        anna, bruno, _manager = (
            new_test_user(
                self.env,
                login,
                group,
                name=name,
                company_id=company.id,
                company_ids=[Command.set(company.ids)],
            )
            for login, name, group in (
                ("tour_anna", "Tour Anna", "sales_team.group_sale_salesman"),
                ("tour_bruno", "Tour Bruno", "sales_team.group_sale_salesman"),
                ("tour_manager", "Tour Manager", "sales_team.group_sale_manager"),
            )
        )
        self.env["crm.assignment.rule"].search([]).active = False
        rule = self.env["crm.assignment.rule"].create(
            {"name": "Fairs", "company_id": company.id, "sequence": 1, "user_ids": [Command.set(anna.ids)]}
        )
        leads = self.env["crm.lead"].create(
            [{"name": "Stand at the fair", "type": "opportunity", "company_id": company.id}] * 2
        )
        self.assertEqual(leads.user_id, anna)
        action = "crm_lead_lifecycle.crm_assignment_rule_action"
        self.start_tour(f"/odoo/action-{action}", "assignment_trial", login="tour_manager")
        self.assertEqual((rule.name, rule.user_ids), ("Fairs", bruno))
        self.assertEqual(leads.user_id, anna)
        self.assertFalse(self.env["crm.assignment.rule"].search([("name", "=", "Everything")]))
