from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestReportTours(HttpCase):
    """From a figure to its leads, in a browser."""

    def test_from_a_figure_to_a_lead(self):
        reader = new_test_user(self.env, "tour_reader", "sales_team.group_sale_salesman")
        self.env["crm.lead"].with_context(active_test=False).search([("user_id", "=", False)]).user_id = self.env.ref(
            "base.user_admin"
        )
        source = self.env["utm.source"].create({"name": "Spring fair"})
        leads = self.env["crm.lead"]
        leads.create({"name": "Two weeks in July", "user_id": reader.id, "source_id": source.id})
        leads.create({"name": "A pitch near the sea", "user_id": reader.id})
        self.start_tour("/odoo", "report_to_lead", login="tour_reader")
