from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import LeadCase


@tagged("post_install", "-at_install")
class TestConversation(LeadCase):
    """What customer and desk write to each other on a lead."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.env["res.partner"].create({"name": "Marco Rossi", "email": "marco@example.org"})
        cls.lead = cls._lead(partner_id=cls.client.id, user_id=cls.user_own.id)

    def _texts(self, lead=None):
        return [
            str(message["body"]) for message in (lead or self.lead)._format_conversation(self.lead._get_conversation())
        ]

    def test_what_the_customer_writes_is_unread_until_somebody_reads(self):
        self.lead._post_from_customer("Is the pitch free?", key="11111111-a")
        self.assertTrue(self.lead.is_unread)
        answer = self.lead.with_user(self.user_own).get_conversation()
        self.assertEqual([message["is_ours"] for message in answer["messages"]], [False])
        self.lead.with_user(self.user_own).mark_conversation_read()
        self.assertFalse(self.lead.is_unread)

    def test_an_answer_makes_it_read(self):
        self.lead._post_from_customer("Is the pitch free?")
        answer = self.lead.with_user(self.user_own).post_to_customer("Yes", key="22222222-b")
        self.assertFalse(answer["is_unread"])
        self.assertEqual([message["is_ours"] for message in answer["messages"]], [False, True])

    def test_sent_twice_it_stands_once(self):
        for _time in range(2):
            self.lead._post_from_customer("Hello", key="33333333-c")
            self.lead.with_user(self.user_own).post_to_customer("Hello", key="44444444-d")
        self.assertEqual(len(self.lead._get_conversation()), 2)

    def test_notes_stay_inside(self):
        self.lead.with_user(self.user_own).message_post(body="A difficult one", subtype_xmlid="mail.mt_note")
        self.lead.stage_id = self.stage_working
        self.assertFalse(self.lead._get_conversation())

    def test_scripts_are_text(self):
        self.lead._post_from_customer("<script>alert(1)</script>")
        self.assertNotIn("<script", self._texts()[0])
        self.lead.with_user(self.user_own).post_to_customer("<b>Yes</b><script>alert(1)</script>")
        self.assertIn("<b>Yes</b>", self._texts()[1])
        self.assertNotIn("<script", self._texts()[1])

    def test_refused(self):
        for text in ("", "  ", "\x00", "x" * 10_001):
            with self.assertRaises(UserError):
                self.lead._post_from_customer(text)
        with self.assertRaises(UserError):
            self.lead._post_from_customer("Hello", key="'; DROP")

    def test_seen(self):
        self.lead.with_user(self.user_own).post_to_customer("Yes")
        message = self.lead._get_conversation()
        self.assertFalse(self.lead._format_conversation(message)[0]["is_seen"])
        self.lead._mark_seen_by_customer(message.id)
        self.assertTrue(self.lead._format_conversation(message)[0]["is_seen"])
        self.lead._mark_seen_by_customer(message.id - 1)
        self.assertEqual(self.lead.customer_seen_id, message.id, "seen stays seen")

    def test_a_mail_of_the_customer_is_the_same(self):
        self.lead.message_post(
            body="By mail", message_type="email", subtype_xmlid="mail.mt_comment", author_id=self.client.id
        )
        self.assertTrue(self.lead.is_unread)
        self.assertEqual(len(self.lead._get_conversation()), 1)

    def test_rights(self):
        lead = self._lead(user_id=self.user_all.id).with_user(self.user_own)
        for call in (lead.get_conversation, lead.mark_conversation_read, lambda: lead.post_to_customer("Hello")):
            with self.assertRaises(AccessError):
                call()

    def test_pages(self):
        for number in range(35):
            self.lead._post_from_customer(f"Message {number}")
        lead = self.lead.with_user(self.user_own)
        page = lead.get_conversation()
        self.assertEqual((len(page["messages"]), page["has_more"]), (30, True))
        before = lead.get_conversation(before=page["messages"][0]["id"])
        self.assertEqual((len(before["messages"]), before["has_more"]), (5, False))
        after = lead.get_conversation(after=page["messages"][-2]["id"])
        self.assertEqual(len(after["messages"]), 1)
