from lxml import etree

from .test_client_link import ClientCase


class TestClientLeads(ClientCase):
    """The form of a client leads to all its leads and to its timeline."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_client = cls.env["res.partner"].create({"name": "Rossi Campings", "is_company": True})
        cls.contact = cls.env["res.partner"].create({"name": "Anna", "parent_id": cls.company_client.id})

    def _view(self, user, view, view_type):
        view = self.env.ref(view)
        return etree.fromstring(self.env[view.model].with_user(user).get_view(view.id, view_type)["arch"])

    def test_all_states_and_those_of_contacts(self):
        won, lost, removed = (self._lead(partner_id=self.contact.id) for _index in range(3))
        won.action_set_won()
        lost.action_set_lost(lost_reason_id=self.reason.id)
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        leads = won + lost + removed + self._lead(partner_id=self.company_client.id)
        self._lead(partner_id=self._client().id)
        client = self.company_client.with_user(self.user_own)
        action = client.action_view_client_leads()
        found = self.env["crm.lead"].with_user(self.user_own).with_context(**action["context"]).search(action["domain"])
        self.assertEqual(found.sorted("id").ids, leads.ids)
        self.assertEqual((client.client_lead_count, self.contact.client_lead_count), (4, 3))
        self.assertEqual(action["views"][0][0], self.env.ref("crm_lead_lifecycle.crm_lead_view_list_client").id)

    def test_status_and_detachment_stand_in_the_list(self):
        for user, is_allowed in ((self.user_manager, False), (self.user_detach, True)):
            view = self._view(user, "crm_lead_lifecycle.crm_lead_view_list_client", "list")
            self.assertTrue(view.xpath("//field[@name='client_status']") and view.xpath("//field[@name='number']"))
            self.assertEqual(bool(view.xpath("//button[@name='action_detach_client']")), is_allowed)

    def test_buttons_are_among_the_first(self):
        """Odoo puts those that come later under "More"."""
        view = self._view(self.user_own, "base.view_partner_form", "form")
        names = [button.get("name") for button in view.xpath("//div[@name='button_box']/button")]
        self.assertLessEqual({"action_open_client_timeline", "action_view_client_leads"}, set(names[:3]))
