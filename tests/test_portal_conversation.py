from lxml import html

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.crm_lead_rate import LIMITS
from .portal_common import PortalCase


@tagged("post_install", "-at_install")
class TestPortalConversation(PortalCase):
    """Writing and reading on the customer's page."""

    def setUp(self):
        super().setUp()
        self._follow()

    def _bodies(self, answer):
        return [
            " ".join(el.text_content().split()) for el in html.fromstring(answer["html"]).xpath("//*[@data-id]/div")
        ]

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    def test_what_the_desk_writes_shows(self):
        self.assertEqual(self._poll().status_code, 204)
        self.lead.with_user(self.user_own).post_to_customer("The pitch is free")
        response = self._poll()
        self.assertEqual(self._bodies(response.json()), ["The pitch is free"])
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(self._poll(after=response.json()["last_id"]).status_code, 204)
        self.assertIn("The pitch is free", self._text(self._get(self._path())))
        self.assertIn("Anna Desk", response.json()["html"])

    def test_what_the_desk_has_read_shows(self):
        self._write("Is it free?")
        last = self._messages().id
        self.assertEqual(self._poll(after=last, is_read=0).status_code, 204)
        self.lead.with_user(self.user_own).mark_conversation_read()
        self.assertTrue(self._poll(after=last, is_read=0).json()["is_read"])

    def test_old_messages_stand_on_pages_before(self):
        for number in range(35):
            self.lead._post_from_customer(f"Message {number}!")
        response = self._get(self._path())
        self.assertNotIn("Message 4!", response.text)
        earlier = self._page(response).xpath("//a[contains(., 'Earlier messages')]/@href")[0]
        text = self._text(self._get(earlier))
        self.assertIn("Message 4!", text)
        self.assertNotIn("Message 5!", text)
        self.assertIn("Newest messages", text)

    def test_seen_up_to_what_there_is(self):
        self.lead.with_user(self.user_own).post_to_customer("The pitch is free")
        last = self._messages().id
        self.assertFalse(self.lead.customer_seen_id)
        response = self._post(self._path(path="/seen"), message_id=last + 1000)
        self.assertEqual(response.status_code, 204)
        self.assertEqual(self.lead.customer_seen_id, last)

    def test_the_desk_does_not_see_for_the_customer(self):
        self.lead.with_user(self.user_own).post_to_customer("The pitch is free")
        token = self._csrf()
        self.authenticate("lead_own", "lead_own")
        self._follow()
        self._post(self._path(path="/seen"), token=token, message_id=self._messages().id)
        self.assertFalse(self.lead.customer_seen_id)

    # ------------------------------------------------------------
    # WRITING
    # ------------------------------------------------------------

    def test_a_message_by_script(self):
        response = self._write("Is it free?", key="11111111-a", after=0)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self._bodies(response.json()), ["Is it free?"])
        message = self._messages()
        self.assertEqual((message.author_id, message.message_type), (self.client, "comment"))
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertTrue(self.lead.is_unread)

    def test_a_message_by_the_form_alone(self):
        response = self._write("Is it free?", is_script=False)
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith(f"{self._path()}#newest"))
        response = self._write(" ", is_script=False)
        self.assertEqual(response.status_code, 422)
        self.assertIn("Write something first", response.text)
        self.assertEqual(len(self._messages()), 1)

    def test_sent_twice_it_stands_once(self):
        for _time in range(2):
            self.assertEqual(self._write("Is it free?", key="22222222-b").status_code, 200)
        self.assertEqual(len(self._messages()), 1)

    def test_a_request_without_a_client(self):
        lead = self._request(partner_id=False, email_from="anna@example.org", contact_name="Anna Nowak")
        self._follow(lead)
        self.assertEqual(self._write("Is it free?", lead, token=self._csrf(self._path(lead))).status_code, 200)
        message = self._messages(lead)
        self.assertFalse(message.author_id)
        self.assertIn("You", self._poll(lead=lead).json()["html"])

    def test_refused_in_words(self):
        for values in ({"text": ""}, {"text": "x" * 10_001}, {"text": "Hello", "key": "'; DROP"}):
            response = self._write(**values)
            self.assertEqual(response.status_code, 422, values)
            self.assertTrue(response.json()["problem"])
        self.assertFalse(self._messages())

    def test_without_the_token_of_the_form(self):
        for path in ("/messages", "/seen", "/link"):
            response = self._post(self._path(path=path), token="forged", text="Hello")
            self.assertEqual(response.status_code, 400, path)
        self.assertFalse(self._messages())

    def test_what_is_typed_is_text(self):
        self._write("<script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} <t t-out='1'/>")
        answer = self._poll().json()
        self.assertNotIn("<script", answer["html"])
        self.assertNotIn("<img", answer["html"])
        self.assertIn("<script>alert(1)</script>", self._bodies(answer)[0])

    def test_what_the_desk_writes_is_cleaned(self):
        self.lead.with_user(self.user_own).post_to_customer(
            "<p onclick='alert(1)'>Yes<script>alert(1)</script><iframe src='x'></iframe>"
            "<form action='https://example.com'><input name='card'/></form><a href='javascript:alert(1)'>x</a></p>"
        )
        text = self._poll().json()["html"]
        for bad in ("<script", "onclick", "<iframe", "<form", "<input", "javascript:"):
            self.assertNotIn(bad, text)

    # ------------------------------------------------------------
    # LIMITS
    # ------------------------------------------------------------

    def _use_up(self, scope, lead=None):
        lead = lead or self.lead
        for _time in range(LIMITS[scope][0]):
            self.assertTrue(self.env["crm.lead.rate"]._count(scope, f"{lead.id} {self.user_public.id}"))

    def test_twenty_messages_in_ten_minutes(self):
        token = self._csrf()
        self._use_up("message")
        response = self._write("One more", token=token)
        self.assertEqual(response.status_code, 429)
        self.assertTrue(response.json()["problem"])
        response = self._write("One more", token=token, is_script=False)
        self.assertEqual(response.status_code, 429)
        self.assertIn("One more", self._page(response).find(".//textarea").text, "what was typed stays")
        self.assertFalse(self._messages())
        other = self._request()
        self._follow(other)
        self.assertEqual(self._write("Another", other, token=token).status_code, 200)

    def test_questions_in_ten_minutes(self):
        self._use_up("poll")
        self.assertEqual(self._poll().status_code, 429)
        self.assertEqual(self._get(self._path()).status_code, 200, "the page itself can be read")

    def test_counts_are_forgotten(self):
        rate = self.env["crm.lead.rate"]
        with self._at("2027-03-01 09:05:00"):
            self._use_up("message")
            self.assertFalse(rate._count("message", f"{self.lead.id} {self.user_public.id}"))
        with self._at("2027-03-01 09:10:00"):
            self.assertTrue(rate._count("message", f"{self.lead.id} {self.user_public.id}"))
        with self._at("2027-03-02 09:10:00"):
            rate._gc_spans()
            self.assertFalse(rate.search([("date", "<", "2027-03-02")]))

    def test_nothing_tells_who_was_counted(self):
        self.env["crm.lead.rate"]._count("visitor", "192.0.2.1")
        self.assertNotIn("192.0.2.1", self.env["crm.lead.rate"].search([]).mapped("key"))

    def test_too_much_at_once(self):
        with mute_logger("odoo.http"):
            response = self._write("Big", files=[("files", ("a.txt", b"x" * 61 * 1024 * 1024))])
        self.assertEqual(response.status_code, 413)
