from odoo import fields
from odoo.tests import tagged

from .test_conversation_mail import ConversationMailCase
from .test_notice import NoticeCase
from .test_proposal import ProposalCase


@tagged("post_install", "-at_install")
class TestConversationNotice(ConversationMailCase):
    """Who is told what a customer wrote, besides followers: the notices say it, and the message itself is what they
    get."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead.message_unsubscribe(cls.user_all.partner_id.ids)
        cls.notice = cls.env["crm.notice"].search(
            [("company_id", "=", cls.lead.number_company_id.id), ("event", "=", "wrote")]
        )
        cls.user_manager.write({"notification_type": "email", "email": "manager@company.example"})
        cls.lead.team_id.user_id = cls.user_manager

    def _write(self):
        return self._deliver(lambda: self.lead._post_from_customer("Is it free?"))

    def assertTold(self, *users):
        self.assertEqual(self._write(), {user.partner_id.email_formatted for user in users})

    def test_the_salesperson_is_told_without_any_setting(self):
        self.assertTrue(self.notice.to_salesperson)
        self.assertTold(self.user_own)

    def test_the_mail_says_which_lead(self):
        self._write()
        mail = next(mail for mail in self._mails if "own@" in str(mail["email_to"]))
        self.assertEqual(mail["subject"], f"The customer wrote: {self.lead.display_name}")
        self.assertIn("Is it free?", mail["body"])

    def test_a_note_to_a_colleague_is_about_the_lead(self):
        with self.mock_mail_gateway():
            self.lead.with_user(self.user_own).message_post(body="Look", partner_ids=self.user_all.partner_id.ids)
        self.assertEqual({mail["subject"] for mail in self._mails}, {self.lead.display_name})

    def test_also_one_who_does_not_follow_the_lead(self):
        self.lead.message_unsubscribe(self.user_own.partner_id.ids)
        self.assertTold(self.user_own)

    def test_where_the_company_does_not_want_it_the_salesperson_is_not_told(self):
        self.notice.to_salesperson = False
        self.assertTold()
        self.lead.message_subscribe(self.user_all.partner_id.ids)
        self.assertTold(self.user_all)  # who asked for it by following
        self.user_own.notice_wrote = "always"
        self.assertTold(self.user_own, self.user_all)

    def test_who_wants_none_gets_none(self):
        self.lead.message_subscribe(self.user_all.partner_id.ids)
        (self.user_own + self.user_all).notice_wrote = "never"
        self.assertTold()

    def test_the_leader_and_colleagues(self):
        self.notice.write({"to_salesperson": False, "to_leader": True, "user_ids": self.user_all.ids})
        self.assertTold(self.user_manager, self.user_all)

    def test_the_leader_where_the_salesperson_is_away(self):
        self.user_own.away_until = fields.Date.add(fields.Date.today(), days=3)
        self.assertTold(self.user_own, self.user_manager)

    def test_the_leader_where_there_is_no_salesperson(self):
        self.lead.message_unsubscribe(self.user_own.partner_id.ids)
        self.lead.user_id = False
        self.assertTold(self.user_manager)

    def test_who_may_not_see_the_lead_is_not_told(self):
        stranger = self.user_own.copy({"login": "stranger", "email": "stranger@company.example"})
        self.notice.user_ids = stranger
        self.assertFalse(self.lead.with_user(stranger).has_access("read"))
        self.assertTold(self.user_own)

    def test_what_the_desk_writes_is_told_by_no_notice(self):
        self.notice.user_ids = self.user_all
        self.assertNotIn(self.user_all.partner_id.email_formatted, self._deliver(self._post))


@tagged("post_install", "-at_install")
class TestAcceptanceNotice(NoticeCase, ProposalCase):
    """Who is told that a customer has accepted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.notice = cls._notice("accepted")
        cls.notice.to_salesperson = True
        cls.public = cls.env.ref("base.public_user")

    def setUp(self):
        super().setUp()
        self.lead.user_id = self.user_own
        self.orders = self._proposal() + self._proposal()
        self.orders.state = "sent"

    def _accept(self, user=None):
        order = self.orders[0].with_env(self.loud).with_user(user or self.public).sudo()
        return self._told(order.action_confirm)

    def _get_summaries(self):
        return self.lead.event_ids.filtered(lambda event: event.kind in ("order", "proposal")).mapped("summary")

    def test_the_salesperson_is_told_what_the_customer_accepted(self):
        message = self._accept()
        self.assertTold(message, self.user_own)
        self.assertIn("Proposal accepted", message.subject)
        self.assertEqual(self.lead.stage_id, self.booked)
        self.assertIn(f"The customer accepted the proposal {self.orders[0].name}", self._get_summaries())

    def test_the_others_are_cancelled_and_not_refused(self):
        self._accept()
        self.assertEqual(self.orders.mapped("state"), ["sale", "cancel"])
        self.assertIn(f"Proposal {self.orders[1].name} was cancelled", self._get_summaries())

    def test_what_the_customer_cancels_is_refused(self):
        self.orders.with_user(self.public).sudo()._action_cancel()
        self.assertIn(f"The customer refused the proposal {self.orders[0].name}", self._get_summaries())
        self.assertEqual(self.lead.proposal_status, "over")
        self.assertTrue(self.lead.active)

    def test_whoever_confirms_is_not_told(self):
        self.assertFalse(self._accept(self.user_own))
        self.assertIn(f"Order {self.orders[0].name} was confirmed", self._get_summaries())

    def test_a_colleague_who_confirms_tells_the_salesperson(self):
        self.assertTold(self._accept(self.user_manager), self.user_own)

    def test_paid_online_it_is_accepted_by_the_customer(self):
        self.orders[0].transaction_ids = self.env["payment.transaction"].create(
            {
                "provider_id": self.env["payment.provider"].search([], limit=1).id,
                "payment_method_id": self.env["payment.method"].with_context(active_test=False).search([], limit=1).id,
                "reference": "paid online",
                "amount": 100,
                "currency_id": self.company.currency_id.id,
                "partner_id": self.client.id,
                "state": "done",
            }
        )
        self._accept(self.env.ref("base.user_root"))
        self.assertIn(f"The customer accepted the proposal {self.orders[0].name}", self._get_summaries())
