from lxml import etree

from odoo.tests import Form
from odoo.tools.safe_eval import safe_eval

from .test_client_link import ClientCase

VIEW = "crm.crm_lead_view_form"
ASSIGN, ASK, CONCLUDE = "action_link_client", "action_request_client", "action_conclude"
QUOTATION, CONVERT = "action_sale_quotations_new", "Convert to Opportunity"


class TestNextStep(ClientCase):
    """The form of a lead highlights the next step and nothing else, for every role and however the lead stands."""

    def setUp(self):
        super().setUp()
        self.viewers = self.user_own + self.user_all + self.user_manager + self.user_admin + self.user_detach

    def _hide_clients(self):
        """From who has "Own Documents"."""
        self.env["res.config.settings"].create({"group_client_viewer": False}).execute()
        self._forget()

    def _buttons(self, lead, user):
        """The buttons in the header that a user sees, as ``(name, whether it is highlighted)``; an action's name is
        what stands on it."""
        lead = lead.with_user(user)
        arch = etree.fromstring(lead.get_view(self.env.ref(VIEW).id, "form")["arch"])
        names = [node.get("name") for node in arch.xpath("//field[not(ancestor::field)]")]
        values = {**lead.read(names)[0], "uid": user.id}
        values = {name: value[0] if isinstance(value, tuple) else value for name, value in values.items()}
        return [
            (
                button.get("name") if button.get("type") == "object" else button.get("string"),
                not {"oe_highlight", "btn-primary"}.isdisjoint((button.get("class") or "").split()),
            )
            for button in arch.xpath("//header//button")
            if not safe_eval(button.get("invisible") or "0", values)
        ]

    def assertHighlights(self, lead, *names, users):
        self._forget()
        for user in users:
            with self.subTest(user=user.login):
                buttons = self._buttons(lead, user)
                self.assertEqual([name for name, is_highlighted in buttons if is_highlighted], [*names])
                shown = [name for name, _is_highlighted in buttons]
                self.assertEqual(len(shown), len(set(shown)), "a button is there twice")

    def assertOffers(self, lead, name, user):
        """A button is there without being highlighted."""
        self._forget()
        self.assertIn((name, False), self._buttons(lead, user))

    def test_without_a_client_it_is_the_client(self):
        for kind in ("opportunity", "lead"):
            for stage in (self.stage_new, self.stage_frozen):
                lead = self._inquiry(type=kind, stage_id=stage.id, company_id=self.company.id)
                self.assertHighlights(lead, ASSIGN, users=self.viewers)
        self.assertOffers(lead, CONVERT, self.user_own)
        self.assertOffers(lead, CONCLUDE, self.user_own)

    def test_who_may_not_see_clients_asks_for_one_once(self):
        opportunity, lead = self._inquiry(), self._inquiry(type="lead")
        self._hide_clients()
        for asked, then in ((opportunity, CONCLUDE), (lead, CONVERT)):
            self.assertHighlights(asked, ASK, users=self.user_own)
            asked.with_user(self.user_own).action_request_client()
            self.assertHighlights(asked, then, users=self.user_own)
            self.assertHighlights(asked, ASSIGN, users=self.user_all)

    def test_with_a_client_it_is_the_quotation(self):
        lead = self._inquiry(company_id=self.company.id)
        self._link(lead, self._client())
        self.assertHighlights(lead, QUOTATION, users=self.viewers)
        self.assertOffers(lead, CONCLUDE, self.user_own)
        self._hide_clients()
        self.assertHighlights(lead, QUOTATION, users=self.user_own)

    def test_with_a_client_a_lead_is_converted_first(self):
        lead = self._inquiry(type="lead", company_id=self.company.id)
        self._link(lead, self._client())
        self.assertHighlights(lead, CONVERT, users=self.viewers)

    def test_with_a_quotation_it_is_the_end(self):
        client = self._client(email="ada@example.com")
        lead = self._inquiry(partner_id=client.id)
        order = self._order(client, opportunity_id=lead.id, user_id=self.user_own.id)
        self.assertHighlights(lead, CONCLUDE, users=self.user_own + self.user_all)
        self.assertOffers(lead, QUOTATION, self.user_own)
        order.action_cancel()
        self.assertHighlights(lead, QUOTATION, users=self.user_own + self.user_all)

    def test_an_order_that_does_not_win_leaves_the_end(self):
        client = self._client()
        lead = self._inquiry(partner_id=client.id)
        self._order(client, opportunity_id=lead.id, user_id=self.user_own.id).state = "sale"
        lead.stage_id = self.stage_working
        self.assertHighlights(lead, CONCLUDE, users=self.user_own)

    def test_closed_leads_highlight_nothing(self):
        client = self._client()
        for values in ({}, {"partner_id": client.id}, {"type": "lead"}):
            won, lost, removed, archived = (self._inquiry(company_id=self.company.id, **values) for _number in range(4))
            won.stage_id = self.stage_won
            lost.action_set_lost()
            self.env["crm.lead.remove"].create(
                {"lead_ids": removed.ids, "removal_reason_id": self.removal_reason.id}
            ).action_apply()
            archived.active = False
            for lead in (won, lost, removed, archived):
                self.assertHighlights(lead, users=self.viewers)
            self.assertOffers(lost, "action_restore", self.user_own)
            self.assertOffers(removed, "action_restore", self.user_own)

    def test_won_leads_may_still_get_their_client(self):
        lead = self._inquiry(stage_id=self.stage_won.id)
        self.assertOffers(lead, ASSIGN, self.user_own)
        self._hide_clients()
        self.assertOffers(lead, ASK, self.user_own)

    def test_it_follows_what_is_typed(self):
        client = self._client()
        form = Form(self.env["crm.lead"].with_user(self.user_own).with_context(default_type="opportunity"), VIEW)
        self.assertFalse(form.next_step, "nothing to look for yet")
        form.partner_id = client
        self.assertEqual(form.next_step, "quotation")
        form.name = "A pump"
        self.assertEqual(form.save().next_step, "quotation")
