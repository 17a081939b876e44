from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestAssignmentTours(HttpCase):
    """A rule is built in a browser and gives a lead its person. The names below are those that the tours look for."""

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
