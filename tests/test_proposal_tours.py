from odoo.fields import Command
from odoo.tests import tagged

from .browsers_common import BrowsersCase
from .portal_common import PortalCase
from .test_proposal import ProposalCase


@tagged("post_install", "-at_install")
class TestProposalBrowsers(BrowsersCase, PortalCase, ProposalCase):
    """The desk and a customer at the same time, in two browsers."""

    def test_they_talk_and_the_customer_accepts(self):
        self.user_own.write({"email": "anna@desk.example.com"})
        self.company.write({"portal_confirmation_sign": True, "portal_confirmation_pay": False})
        lead = self._request(lead_type_id=self.booking.id)
        pitch, chalet = (
            self._propose(lead, order_line=[Command.create({"product_id": self.product.id, "price_unit": price})])
            for price in (100, 200)
        )
        self.start_tours(
            {"tour": "proposal_desk", "path": f"/odoo/crm.lead/{lead.id}", "login": "lead_own", "size": "1920x1080"},
            {
                "tour": "proposal_customer",
                "path": f"/my/requests/{lead.id}?access_token={lead._portal_ensure_token()}",
                "login": None,
                "size": "390x844",
                "is_phone": True,
            },
        )
        self.assertEqual((chalet.state, pitch.state), ("sale", "cancel"))
        self.assertEqual(chalet.signed_by, "Marco Rossi")
        self.assertEqual((lead.stage_id, lead.won_status), (self.booked, "won"))
        messages = lead._get_conversation()
        self.assertEqual(
            [message in lead._filter_from_desk(messages) for message in messages],
            [False, True, False],
            "each one once; that it was signed is no message",
        )


@tagged("post_install", "-at_install")
class TestProposalTours(PortalCase, ProposalCase):
    """Sending, in a browser. The addresses below are those that the tour looks for."""

    def test_send_many(self):
        self.env["crm.lead"].search([("is_ready_to_send", "=", True)]).active = False  # of the demo data
        leads = self.env["crm.lead"]
        for email in ("now@example.org", "later@example.org", "nowhere"):
            client = self.env["res.partner"].create({"name": email.split("@")[0].title(), "email": email})
            lead = self._request(lead_type_id=self.booking.id, partner_id=client.id)
            self._propose(lead, state="draft", user_id=self.user_own.id)
            lead.stage_id = self.ready
            leads += lead
        self.start_tour("/odoo/proposals-to-send", "proposal_batch", login="lead_own")
        self.env.invalidate_all()
        self.assertEqual(leads.order_ids.sorted("id").mapped("state"), ["sent", "draft", "draft"])
        self.assertEqual(leads.stage_id, self.sent + self.ready)
