from unittest.mock import patch

from lxml import html

from odoo.tests import tagged

from .portal_common import PortalCase


@tagged("post_install", "-at_install")
class TestPortalTours(PortalCase):
    """The customer's page in a browser, on a phone."""

    browser_size = "390x844"
    touch_enabled = True

    def _start(self, tour, token):
        self.start_tour(f"{self._path()}?access_token={token}", tour, timeout=180)
        self.env.invalidate_all()

    def test_the_customer_reads_writes_and_sees_the_answer(self):
        self._propose()
        self.lead.with_user(self.user_own).post_to_customer("The pitch is free")
        rate_class = self.env.registry["crm.lead.rate"]
        count, author = rate_class._count, self.user_own.partner_id.id

        def count_and_answer(rate, scope, subject):
            """The desk answers while the page is open, and reads what comes after that."""
            lead = rate.env["crm.lead"].sudo().browse(self.lead.id)
            written = len(lead._get_conversation())
            if scope == "poll" and written == 4:
                lead._mark_read()
            elif scope == "poll" and written == 2:
                values = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment", "author_id": author}
                lead.message_post(body="Dogs are welcome", **values)
            return count(rate, scope, subject)

        with patch.object(rate_class, "_count", count_and_answer):
            self._start("request_conversation", self.lead._portal_ensure_token())
        messages = self._messages()
        self.assertEqual(len(messages), 4, "once each, whatever is asked how often")
        self.assertEqual(messages.attachment_ids.name, "dog.txt")
        desk = self.lead._filter_from_desk(messages)
        self.assertEqual(self.lead.customer_seen_id, max(desk.ids))

    def test_an_answer_that_is_lost(self):
        self._start("request_answer_lost", self.lead._portal_ensure_token())
        self.assertEqual(len(self._messages()), 1)

    def test_the_link_has_ended(self):
        token = self.lead._portal_ensure_token()
        self.lead._revoke_access()
        self._start("request_link_ended", token)
        self.assertTrue(self.lead.is_link_asked)
        [link] = {
            link for link in html.fromstring(self._send_links().body_html).xpath("//a/@href") if "access_token=" in link
        }
        self.assertNotIn(token, link)
        self.start_tour(link.removeprefix(self.base_url()), "request_link_new")
