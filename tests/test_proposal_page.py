from odoo.fields import Command
from odoo.tests import tagged

from ..models.sale_order_conversation import SIGNING
from .portal_common import PortalCase
from .test_proposal import ProposalCase

SIGNATURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
class TestProposalPage(PortalCase, ProposalCase):
    """Odoo's own page of a quotation, for customers of the desk."""

    def setUp(self):
        super().setUp()
        self.company.write({"portal_confirmation_sign": True, "portal_confirmation_pay": False})
        self.lead = self._request(lead_type_id=self.booking.id)
        self.order, self.other = self._propose(), self._propose()

    def _back(self, order=None):
        """Where the page of a quotation leads back to, None if it does not."""
        response = self._get((order or self.order).get_portal_url())
        links = self._page(response).xpath("//a[contains(@class, 'o_request_back')]/@href")
        self.assertIn((order or self.order).name, response.text)
        return links[0] if links else None

    def _order_post(self, path, **values):
        values = {"csrf_token": self._csrf(self.order.get_portal_url()), **values}
        return self._get(f"{self.order.get_portal_url(suffix=path)}", data=values)

    # ------------------------------------------------------------
    # THE WAY BACK
    # ------------------------------------------------------------

    def test_the_way_back_by_the_link(self):
        self._follow()
        self.assertEqual(self._back(), self._path())

    def test_the_way_back_by_login(self):
        self.authenticate("lead_portal", "lead_portal")
        self.assertEqual(self._back(), self._path())

    def test_no_way_to_a_request_that_the_visitor_may_not_see(self):
        self.assertIsNone(self._back(), "the link of a quotation opens this one alone")
        self._follow()
        self.lead._revoke_access()
        self.assertIsNone(self._back())

    def test_no_way_to_the_request_of_a_colleague(self):
        other = self.env["res.partner"].create({"name": "Lucia Rossi", "parent_id": self.client.id})
        lead = self._request(lead_type_id=self.booking.id, partner_id=other.id)
        order = self._propose(lead)
        self.authenticate("lead_portal", "lead_portal")
        self.assertIsNone(self._back(order))

    def test_a_quotation_without_a_request(self):
        self.order.opportunity_id = False
        self.authenticate("lead_portal", "lead_portal")
        self.assertIsNone(self._back())

    # ------------------------------------------------------------
    # ACCEPTED AND REFUSED
    # ------------------------------------------------------------

    def test_signed(self):
        self._follow()
        path = f"/my/orders/{self.order.id}/accept"
        answer = self._rpc(path, access_token=self.order._portal_ensure_token(), name="Marco", signature=SIGNATURE)
        self.assertIn("sign_ok", answer["redirect_url"])
        self.assertEqual((self.order.state, self.other.state), ("sale", "cancel"))
        self.assertEqual((self.lead.stage_id, self.lead.won_status), (self.booked, "won"))
        page = self._text(self._get(self._path()))
        for text in ("Confirmed", "Accepted", "No longer on offer"):
            self.assertIn(text, page)
        self.assertFalse(self._messages(), "that it was signed is no message")
        self.assertFalse(self.lead.is_unread)

    def test_signed_by_nobody(self):
        self._follow()
        path = f"/my/orders/{self.order.id}/accept"
        answer = self._rpc(path, access_token="wrong", name="Marco", signature=SIGNATURE, proposal_signing=True)
        self.assertIn("error", answer)
        self.assertEqual(self.order.state, "sent")

    def test_refused(self):
        """Why is part of the conversation."""
        self._follow()
        self._order_post("/decline", decline_message="Too dear for us")
        self.assertEqual(self.order.state, "cancel")
        self.assertEqual(self.lead.proposal_status, "sent", "the other one still stands")
        message = self._messages()
        self.assertIn("Too dear for us", message.body)
        self.assertFalse(self.lead._filter_from_desk(message))
        self.assertTrue(self.lead.is_unread)
        self.assertIn("Too dear for us", self._text(self._get(self._path())))

    def test_all_refused(self):
        self.other.action_cancel()
        self._follow()
        self._order_post("/decline", decline_message="No thank you")
        self.assertEqual((self.lead.proposal_status, self.lead.next_step), ("over", "conclude"))
        self.assertEqual(self.lead.stage_id, self.sent, "it does not close by itself")


@tagged("post_install", "-at_install")
class TestProposalConversation(ProposalCase):
    """What customers write on a proposal is part of the conversation of its lead."""

    def setUp(self):
        super().setUp()
        self.order = self._proposal()

    def _write(self, author, order=None, **values):
        return (order or self.order).message_post(
            **{
                "body": "Is breakfast included?",
                "message_type": "comment",
                "subtype_xmlid": "mail.mt_comment",
                "author_id": author.id,
                **values,
            }
        )

    def test_what_the_customer_writes_there(self):
        self._write(self.client, attachments=[("menu.txt", b"Bread")])
        message = self.lead._get_conversation()
        self.assertIn("Is breakfast included?", message.body)
        self.assertEqual(message.author_id, self.client)
        self.assertEqual((message.attachment_ids.res_model, message.attachment_ids.res_id), ("crm.lead", self.lead.id))
        self.assertTrue(self.lead.is_unread)

    def test_whoever_is_told_by_the_conversation_is_not_told_by_the_order(self):
        followers = self.user_own + self.user_all
        self.lead.user_id = self.user_own
        self.order.message_subscribe(followers.partner_id.ids)
        self.assertEqual(self._write(self.client).notified_partner_ids, self.user_all.partner_id)
        self.user_own.notice_wrote = "never"
        self.assertEqual(self._write(self.client).notified_partner_ids, followers.partner_id, "as Odoo does")
        self.assertEqual(self._write(self.env.user.partner_id).notified_partner_ids, followers.partner_id)

    def test_whoever_is_told_of_the_acceptance_is_not_told_of_the_signature(self):
        self.lead.user_id = self.user_own
        self.order.message_subscribe((self.user_own + self.user_all).partner_id.ids)
        self.order = self.order.with_context(proposal_signing=SIGNING)
        told = (self.user_own + self.user_all).partner_id
        self.assertEqual(self._write(self.client).notified_partner_ids, told, "it is still to be paid")
        self.order.action_confirm()
        self.assertEqual(self._write(self.client).notified_partner_ids, self.user_all.partner_id)

    def test_an_answer_to_its_mail(self):
        self._write(self.client, message_type="email")
        self.assertEqual(len(self.lead._get_conversation()), 1)

    def test_nothing_that_somebody_else_writes(self):
        colleague = self.env["res.partner"].create({"name": "Lucia Rossi", "parent_id": self.client.id})
        for author in (self.user_own.partner_id, colleague):
            self._write(author)
        self.assertFalse(self.lead._get_conversation())

    def test_no_notes(self):
        self._write(self.client, subtype_xmlid="mail.mt_note")
        self._write(self.client, message_type="notification")
        self.assertFalse(self.lead._get_conversation())

    def test_not_after_the_lead_has_become_anothers(self):
        self.lead.partner_id = self.env["res.partner"].create({"name": "Lucia Bianchi"})
        self._write(self.client)
        self.assertFalse(self.lead._get_conversation())

    def test_orders_without_a_lead(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.client.id, "order_line": [Command.create({"product_id": self.product.id})]}
        )
        self._write(self.client, order)
        self.assertFalse(self.lead._get_conversation())
