from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestConfigurationTours(HttpCase):
    """From the settings page to a file, and back from it."""

    def test_export_change_and_import(self):
        company = self.env["res.company"].create({"name": "Tour Resorts"})
        new_test_user(
            self.env,
            "tour_administrator",
            "base.group_system,sales_team.group_sale_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        reason = self.env["crm.removal.reason"].create({"name": "A tour", "sequence": 7})
        self.start_tour("/odoo/action-crm.crm_config_settings_action", "configuration", login="tour_administrator")
        self.assertEqual(reason.sequence, 7, "the change was not taken back")
        self.assertEqual(reason.name, "A tour")
