from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestChannelTours(HttpCase):
    """The names below are those that the tour looks for."""

    browser_size = "1920x1080"

    def test_write_by_a_linked_application(self):
        channels = self.env["crm.lead.channel"]
        channels.search([]).active = False
        channels.create({"name": "Tour Messenger", "url": "https://example.org/{phone}?text={text}"})
        seller = new_test_user(self.env, "tour_seller", "sales_team.group_sale_salesman", name="Tour Seller")
        lead = self.env["crm.lead"].create(
            {"name": "Tour chalet", "type": "opportunity", "user_id": seller.id, "phone": "+39 333 814 2907"}
        )
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "channel_link", login="tour_seller")
        (message,) = lead._format_conversation(lead._get_conversation())
        self.assertIn("The chalet is free", message["body"])
        self.assertEqual(message["channel"], "opened in Tour Messenger")
        self.assertFalse(self.env["mail.mail"].search([("mail_message_id", "in", lead.message_ids.ids)]))
