from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import Form
from odoo.tools.safe_eval import safe_eval

from .test_client_link import ClientCase


class TestConcludeClient(ClientCase):
    """Whoever concludes a lead well is offered to assign it to a client, or to make one out of it."""

    def _wizard(self, leads, stage=None, user=None):
        wizards = self.env["crm.lead.conclude"].with_user(user or self.user_own)
        return wizards.create({"lead_ids": leads.ids, "stage_id": stage and stage.id})

    def _is_offered(self, leads, stage=None, user=None):
        """Whether the dialog has the button, in a browser."""
        wizard = self._wizard(leads, stage, user)
        arch = etree.fromstring(wizard.get_view(view_type="form")["arch"])
        [button] = arch.xpath("//button[@name='action_apply_and_link_client']")
        self.assertNotIn("btn-primary", button.get("class"))
        return not safe_eval(button.get("invisible"), {"offers_client": wizard.offers_client})

    def assertOpensFor(self, action, leads):
        """The action opens the dialog that assigns these leads."""
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(action["target"], "new")
        if len(leads) == 1:
            self.assertEqual((dialog._name, dialog.lead_id.with_env(self.env)), ("crm.lead.link.client", leads))
        else:
            self.assertEqual(dialog._name, "crm.lead.link.client.mass")
            self.assertEqual(dialog.line_ids.lead_id.with_env(self.env), leads)

    def test_offered_after_a_good_end_alone(self):
        lead = self._inquiry()
        for user in (self.user_own, self.user_all, self.user_manager):
            self.assertTrue(self._is_offered(lead, self.stage_won, user))
            self.assertFalse(self._is_offered(lead, self.stage_lost, user))
            self.assertFalse(self._is_offered(lead, None, user))

    def test_follows_the_choice(self):
        lead = self._inquiry()
        form = Form(self.env["crm.lead.conclude"].with_user(self.user_own).with_context(default_lead_ids=lead.ids))
        self.assertFalse(form.offers_client)
        form.stage_id = self.stage_won
        self.assertTrue(form.offers_client)
        form.stage_id = self.stage_lost
        self.assertFalse(form.offers_client)

    def test_not_offered_where_there_is_a_client(self):
        linked, other = self._inquiry(partner_id=self._client().id), self._inquiry()
        self.assertFalse(self._is_offered(linked, self.stage_won))
        self.assertTrue(self._is_offered(linked + other, self.stage_won))

    def test_one_lead(self):
        lead = self._inquiry()
        action = self._wizard(lead, self.stage_won).action_apply_and_link_client()
        self.assertLeadState(lead, self.stage_won, "won")
        self.assertOpensFor(action, lead)
        dialog = self.env[action["res_model"]].with_user(self.user_own).browse(action["res_id"])
        client = self.env["res.partner"].browse(dialog.action_create()["res_id"])
        self.assertClient(lead, client, "converted")
        self.assertLeadState(lead, self.stage_won, "won")

    def test_leaving_the_dialog_leaves_the_lead_concluded(self):
        lead = self._inquiry()
        self._wizard(lead, self.stage_won).action_apply_and_link_client()
        self.assertClient(lead, self._client()[:0], "new")

    def test_many_leads(self):
        leads = self._inquiry() + self._inquiry() + self._inquiry(partner_id=self._client().id)
        self.assertOpensFor(self._wizard(leads, self.stage_won).action_apply_and_link_client(), leads[:2])
        self.assertLeadState(leads, self.stage_won, "won")

    def test_the_only_one_of_many_without_a_client(self):
        leads = self._inquiry() + self._inquiry(partner_id=self._client().id)
        self.assertOpensFor(self._wizard(leads, self.stage_won).action_apply_and_link_client(), leads[0])
        self.assertLeadState(leads, self.stage_won, "won")

    def test_a_lead_that_goes_on(self):
        self.repair.next_type_id = self.lead_type
        lead = self._inquiry(lead_type_id=self.repair.id)
        self.assertTrue(self._is_offered(lead, self.repaired))
        self.assertOpensFor(self._wizard(lead, self.repaired).action_apply_and_link_client(), lead)
        self.assertEqual((lead.lead_type_id, lead.won_status), (self.lead_type, "pending"))

    def test_refused_after_a_bad_end(self):
        lead = self._inquiry()
        wizard = self._wizard(lead, self.stage_lost)
        with self.assertRefuses("end well and have none yet"):
            wizard.action_apply_and_link_client()
        self.assertLeadState(lead, self.stage_new, "pending")

    def test_refused_where_all_have_a_client(self):
        lead = self._inquiry(partner_id=self._client().id)
        wizard = self._wizard(lead, self.stage_won)
        with self.assertRefuses("end well and have none yet"):
            wizard.action_apply_and_link_client()
        self.assertLeadState(lead, self.stage_new, "pending")

    def test_refused_without_a_choice(self):
        wizard = self._wizard(self._inquiry())
        with self.assertRefuses("Choose how it ended"):
            wizard.action_apply_and_link_client()

    def test_who_may_not_see_clients_is_not_offered_any(self):
        lead = self._inquiry()
        self.env["res.config.settings"].create({"group_client_viewer": False}).execute()
        self._forget()
        self.assertFalse(self._is_offered(lead, self.stage_won))
        wizard = self._wizard(lead, self.stage_won)
        with self.assertRefuses("You may not see clients here", AccessError):
            wizard.action_apply_and_link_client()
        self.assertLeadState(lead, self.stage_new, "pending")
        wizard.action_apply()
        self.assertLeadState(lead, self.stage_won, "won")
