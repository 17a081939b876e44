from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestNoticeTours(HttpCase):
    """Who is told what, as managers and users choose it in a browser."""

    def test_manager_says_who_is_told(self):
        colleague = new_test_user(
            self.env, "nosy", "sales_team.group_sale_salesman_all_leads", name="Nosy Colleague"
        )  # fmt: skip
        notices = self.env["crm.notice"].search([("company_id", "=", self.env.company.id)])
        notices.write({"to_leader": False, "user_ids": False})
        new_test_user(self.env, "tour_administrator", "base.group_system,sales_team.group_sale_manager")
        self.start_tour("/odoo/action-crm.crm_config_settings_action", "lead_notice_matrix", login="tour_administrator")
        self.assertEqual(notices.filtered("to_leader").mapped("event"), ["assigned"])
        self.assertEqual(notices.filtered(lambda notice: notice.user_ids == colleague).mapped("event"), ["new"])

    def test_salesperson_chooses_for_themselves(self):
        user = new_test_user(self.env, "tour_salesperson", "sales_team.group_sale_salesman")
        self.start_tour("/odoo", "lead_notice_choice", login="tour_salesperson")
        self.assertEqual(user.notice_assigned, "never")
