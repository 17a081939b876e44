from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestPersonTours(HttpCase):
    """An officer exports and erases a person, in a browser. The names below are those that the tours look for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = new_test_user(cls.env, "tour_officer", "crm_lead_lifecycle.group_person_officer")
        cls.client = cls.env["res.partner"].create({"name": "Tour Ottavia", "email": "tour.ottavia@example.org"})
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Tour of Ottavia",
                "type": "opportunity",
                "contact_name": "Tour Ottavia",
                "email_from": "tour.ottavia@example.org",
                "partner_id": cls.client.id,
                "user_id": cls.officer.id,
            }
        )
        cls.lead.contact_name = "Tour Ottavia"
        product = cls.env["product.product"].create({"name": "Tour stay", "type": "service"})
        order = cls.env["sale.order"].create(
            {
                "partner_id": cls.client.id,
                "opportunity_id": cls.lead.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        order.action_confirm()
        cls.lead.with_context(tracking_disable=True).write({"active": True})
        cls.url = f"/odoo/crm.lead/{cls.lead.id}"

    def test_erase(self):
        self.start_tour(self.url, "person_erase", login="tour_officer")
        self.env.invalidate_all()
        self.assertTrue(self.lead.date_anonymised)
        self.assertEqual((self.client.name, self.client.email, self.client.active), ("Tour Ottavia", False, False))

    def test_erase_a_contact(self):
        partner = self.env["res.partner"].create({"name": "Tour Bruno", "email": "tour.bruno@example.org"})
        self.start_tour(f"/odoo/res.partner/{partner.id}", "person_erase_contact", login="tour_officer")
        self.assertFalse(partner.exists())

    def test_export(self):
        self.start_tour(self.url, "person_export", login="tour_officer")
        self.env.invalidate_all()
        self.assertFalse(self.lead.date_anonymised)
        self.assertIn("was exported", self.lead.message_ids.sorted("id")[-1].body)
