from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestIntakeTours(HttpCase):
    """A manager connects a sender without any code."""

    def test_from_a_channel_to_its_first_lead(self):
        groups = "sales_team.group_sale_manager,crm_lead_lifecycle.group_lead_types"
        new_test_user(self.env, "tour_manager", groups)
        leads = self.env["crm.lead"].search([])
        self.start_tour("/odoo/intake-channels", "intake_channel", login="tour_manager")
        lead = self.env["crm.lead"].search([]) - leads
        self.assertEqual(len(lead), 1, "the trial left a lead")
        self.assertEqual((lead.contact_name, lead.source_id.name), ("Giulia Neri", "Harbour Portal"))
        self.assertEqual(lead.intake_ids.state, "done")
