from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestConversationTours(HttpCase):
    """The pane in a browser. The names below are those that the tours look for."""

    browser_size = "1920x1080"

    def test_read_answer_and_look_back(self):
        seller = new_test_user(
            self.env, "tour_seller", "sales_team.group_sale_salesman", name="Tour Seller", email="seller@example.org"
        )
        lead = self.env["crm.lead"].create(
            {"name": "Tour chalet", "type": "opportunity", "user_id": seller.id, "email_from": "tour@example.org"}
        )
        lead._post_from_customer("Is the chalet free?")
        self.start_tour("/odoo", "conversation_pane", login="tour_seller")
        messages = lead._format_conversation(lead._get_conversation())
        self.assertEqual([message["is_ours"] for message in messages], [False, True])
        self.assertIn("Yes, it is free", messages[-1]["body"])
        self.assertFalse(lead.is_unread)


@tagged("post_install", "-at_install")
class TestConversationToursBelow(HttpCase):
    """Where the pane lies below the form, nothing is read before it is on the screen."""

    def test_unread_until_it_is_on_the_screen(self):
        seller = new_test_user(self.env, "tour_seller", "sales_team.group_sale_salesman")
        lead = self.env["crm.lead"].create(
            {"name": "Tour chalet", "type": "opportunity", "user_id": seller.id, "email_from": "tour@example.org"}
        )
        lead._post_from_customer("Is the chalet free?")
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "conversation_below", login="tour_seller")
        self.assertFalse(lead.is_unread)
