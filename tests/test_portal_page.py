import re
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from ..controllers.request import to_visitor
from .portal_common import GONE, PortalCase


@tagged("post_install", "-at_install")
class TestPortalPage(PortalCase):
    """What customers see of their requests, by link or login."""

    # ------------------------------------------------------------
    # THE PAGE
    # ------------------------------------------------------------

    def test_the_link_leads_to_a_clean_address(self):
        token = self.lead._portal_ensure_token()
        response = self._get(f"{self._path()}?access_token={token}&pid=1&hash=x", allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith(self._path()))
        response = self._get(self._path())
        self.assertEqual(response.status_code, 200)
        self.assertNotIn(token, response.text)
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(response.headers["X-Robots-Tag"], "noindex, nofollow")

    def test_the_request_in_the_customers_words(self):
        tag = self.env["crm.tag"].create({"name": "Hidden tag"})
        self.lead.write({"probability": 37, "tag_ids": [Command.link(tag.id)], "description": "Hidden notes"})
        self.lead.with_user(self.user_own).message_post(body="Hidden remark", subtype_xmlid="mail.mt_note")
        text = self._follow().text
        for words in ("Marco Rossi", "Two weeks in July", "We have received your request", self.lead.number):
            self.assertIn(words, text)
        for hidden in (
            "Hidden", "37.0", self.stage_new.name, self.lead_type.name, "Anna Desk", "anna@desk.example.com", "mt_note"
        ):  # fmt: skip
            self.assertNotIn(hidden, text)

    def test_a_proposal_with_its_amount_and_a_way_to_accept_it(self):
        order = self._propose(validity_date=fields.Date.add(fields.Date.today(), days=9))
        response = self._follow()
        text = self._text(response)
        self.assertIn(order.name, text)
        self.assertIn("300.00", text)
        self.assertIn("Valid to", text)
        self.assertIn("Our proposals are waiting for you", text)
        url = self._page(response).xpath("//a[contains(., 'See and accept')]/@href")[0]
        self.assertIn(f"/my/orders/{order.id}?access_token=", url)
        self.assertEqual(self._get(url).status_code, 200)

    def test_which_proposals_are_shown(self):
        names = {
            "draft": self._propose(state="draft").name,
            "expired": self._propose(validity_date=self._yesterday()).name,
            "cancelled": self._propose().name,
            "never sent": self._propose(state="draft").name,
        }
        orders = self.env["sale.order"].search([("name", "in", [names["cancelled"], names["never sent"]])])
        orders._action_cancel()
        response = self._follow()
        text = self._text(response)
        self.assertIn(names["expired"], text)
        self.assertIn("Expired on", text)
        self.assertIn(names["cancelled"], text)
        self.assertIn("No longer on offer", text)
        self.assertNotIn(names["draft"], text)
        self.assertNotIn(names["never sent"], text)
        self.assertNotIn("See and accept", text)

    def test_states(self):
        def state(lead):
            return lead.sudo()._get_customer_state()

        self.assertEqual(state(self.lead), "received")
        self._propose(state="draft")
        self.assertEqual(state(self.lead), "preparing")
        order = self._propose()
        self.assertEqual(state(self.lead), "proposed")
        self.lead.order_ids.validity_date = self._yesterday()
        self.assertEqual(state(self.lead), "over")
        order.action_confirm()
        self.assertEqual(state(self.lead), "confirmed")
        lost = self._request()
        lost.action_set_lost(lost_reason_id=self.reason.id, stage_id=self.stage_lost.id)
        self.assertEqual(state(lost), "closed")

    def test_the_customers_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self._set_in_database(self.lead, create_date="2026-11-20 12:00:00")
        self.client.lang = "it_IT"
        response = self._follow()
        self.assertEqual(self._page(response).get("lang"), "it-IT")
        self.assertIn("20 novembre 2026", self._text(response))

    def test_the_scripts_are_translated_too(self):
        names = self.env["ir.http"]._get_translation_frontend_modules_name()
        self.assertIn("crm_lead_lifecycle", names)

    def test_reading_changes_nothing(self):
        self._follow()
        before = self.lead.read()
        for path in ("", "?before=7", "?before=x", "/messages", "/messages?after=x"):
            self.assertIn(self._get(self._path(path=path)).status_code, (200, 204), path)
        self.assertEqual(self.lead.read(), before)

    # ------------------------------------------------------------
    # LINKS
    # ------------------------------------------------------------

    def test_what_does_not_open_is_all_alike(self):
        token = self.lead._portal_ensure_token()
        other = self._request()
        revoked = self._request()
        revoked_token = revoked._portal_ensure_token()
        revoked._revoke_access()
        addresses = (
            f"{self._path()}?access_token={token}x",
            f"{self._path()}?access_token=",
            f"{self._path()}?access_token=ä%00",
            self._path(),
            f"{self._path(other)}?access_token={token}",
            f"{self._path(revoked)}?access_token={revoked_token}",
            "/my/requests/0",
            "/my/requests/2147483647?access_token=x",
            "/my/requests/99999999999999999999",
        )
        pages = set()
        for address in addresses:
            response = self._get(address)
            self.assertEqual(response.status_code, 404, address)
            self.assertIn(GONE, response.text)
            pages.add(re.sub(r'csrf_token: "[^"]*"|[0-9a-f]{40}o?\d*|requests/\d+|\?v=\d+', "", response.text))
        self.assertEqual(len(pages), 1)

    def test_a_link_that_ends_shuts_the_open_page(self):
        self._follow()
        self.assertEqual(self._get(self._path()).status_code, 200)
        self.lead._revoke_access()
        for path in ("", "/messages", "/files/1"):
            self.assertEqual(self._get(self._path(path=path)).status_code, 404)
        self._set_in_database(self.lead, access_token="kept", date_access_end="2020-01-01 00:00:00")
        self.assertEqual(self._get(f"{self._path()}?access_token=kept").status_code, 404)

    def test_an_old_link_in_a_browser_that_has_a_newer_one(self):
        self._follow()
        response = self._get(f"{self._path()}?access_token=old")
        self.assertEqual(response.status_code, 200)
        self.assertTrue(response.url.endswith(self._path()), response.url)

    def test_the_button_in_mails(self):
        def view(token, lead_id):
            return self._get(f"/mail/view?model=crm.lead&res_id={lead_id}&access_token={token}&pid=3&hash=x")

        token = self.lead._portal_ensure_token()
        response = view(token, self.lead.id)
        self.assertEqual(response.status_code, 200)
        self.assertTrue(response.url.endswith(self._path()), response.url)
        self.lead._revoke_access()
        self.assertIn(GONE, view(token, self.lead.id).text)
        self.assertEqual(view(token, 2147483647).status_code, 404)

    def test_an_old_link_in_a_mail_makes_no_new_one(self):
        token = self.lead._portal_ensure_token()
        self._set_in_database(self.lead, date_access_end="2020-01-01 00:00:00")
        response = self._get(f"/mail/view?model=crm.lead&res_id={self.lead.id}&access_token={token}")
        self.assertEqual(response.status_code, 404)
        self.assertEqual(self.lead.access_token, token)
        self.assertEqual(self.lead.date_access_end, fields.Datetime.to_datetime("2020-01-01"))
        self.assertNotIn("access_token", self.lead._get_access_action(force_website=True)["url"])

    # ------------------------------------------------------------
    # A NEW LINK
    # ------------------------------------------------------------

    def _ask(self, lead_id=None, **values):
        path = f"/my/requests/{lead_id or self.lead.id}"
        return self._post(f"{path}/link", token=self._csrf(path), is_script=False, **values)

    def test_a_new_link_goes_to_the_address_that_is_there(self):
        response = self._ask(email="thief@example.org", email_to="thief@example.org")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Look into your mail", response.text)
        mail = self._send_links()
        self.assertEqual(mail.email_to, "marco@example.org")
        self.assertIn(f"{self._path()}?access_token={self.lead.access_token}", mail.body_html)
        self.assertFalse(self._send_links(), "it is sent once")

    def test_a_link_that_can_not_be_sent_holds_no_other_up(self):
        other, leads = self._request(), type(self.env["crm.lead"])
        for lead in self.lead + other:
            lead._ask_for_link(lead.id)

        def send(lead):
            if lead == other:
                raise ValueError("no such language")
            return send_link(lead)

        send_link = leads._send_link
        logged = self.assertLogs("odoo.addons.crm_lead_lifecycle.models.crm_lead_link", "ERROR")
        with patch.object(leads, "_send_link", send), logged:
            mails = self._send_links()
        self.assertEqual(mails.mapped("res_id"), self.lead.ids)
        self.assertFalse(self._send_links())

    def test_the_answer_is_the_same_without_such_a_request(self):
        removed = self._request(partner_id=False, email_from="robot@example.org")
        wizard = self.env["crm.lead.remove"].with_user(self.user_manager)
        wizard.create({"lead_ids": removed.ids, "removal_reason_id": self.removal_reason.id}).action_apply()
        nobody = self._request(partner_id=False, email_from=False, phone="+39 333 1234567")
        answers = {
            re.sub(r'csrf_token: "[^"]*"|[0-9a-f]{40}o?\d*|\?v=\d+', "", self._ask(lead_id).text)
            for lead_id in (self.lead.id, removed.id, nobody.id, 2147483647)
        }
        self.assertEqual(len(answers), 1)
        self.assertEqual(self._send_links().mapped("email_to"), ["marco@example.org"])

    def test_three_new_links_an_hour(self):
        for number in range(4):
            self._ask()
            self.assertEqual(len(self._send_links()), int(number < 3))
        with self.mock_datetime_and_now(fields.Datetime.add(fields.Datetime.now(), hours=1)):
            self.assertTrue(self.env["crm.lead.rate"]._count("link", self.lead.id))

    def test_ten_new_links_an_hour_for_a_visitor(self):
        leads = [self._request() for _number in range(11)]
        for lead in leads:
            self._ask(lead.id)
        self.assertEqual(len(self._send_links()), 10)

    def test_all_addresses_of_a_network_are_one_visitor(self):
        self.assertEqual(to_visitor("2001:db8:1:2:3::4"), to_visitor("2001:db8:1:2:ffff::1"))
        self.assertNotEqual(to_visitor("2001:db8:1:2::1"), to_visitor("2001:db8:1:3::1"))
        self.assertEqual(to_visitor("::ffff:192.0.2.1"), to_visitor("192.0.2.1"))
        self.assertNotEqual(to_visitor("192.0.2.1"), to_visitor("192.0.2.2"))
        self.assertEqual([to_visitor(None), to_visitor("a proxy")], [None, "a proxy"])

    def test_the_desk_sends_links(self):
        with self.mock_mail_gateway():
            self.lead.with_user(self.user_own).action_send_link()
        self.assertEqual(self._new_mails.email_to, "marco@example.org")
        self.assertTrue(self.lead._is_access_open())

    # ------------------------------------------------------------
    # LOGIN
    # ------------------------------------------------------------

    def test_the_list_shows_the_own_requests(self):
        self.assertIn("/web/login", self._get("/my/requests").url)
        other = self._request(request="Of another", partner_id=self.user_own.partner_id.id)
        lost = self._request(request="A lost one")
        lost.action_set_lost(lost_reason_id=self.reason.id)
        self.authenticate("lead_portal", "lead_portal")
        text = self._text(self._get("/my/requests"))
        self.assertIn("Two weeks in July", text)
        self.assertIn("A lost one", text)
        self.assertNotIn("Of another", text)
        self.assertNotIn("Hidden title", text)
        self.assertEqual(self._get(self._path()).status_code, 200)
        self.assertEqual(self._get(self._path(other)).status_code, 404)

    def test_the_home_page_counts_without_making_links(self):
        self.authenticate("lead_portal", "lead_portal")
        self.assertIn("/my/requests", self._get("/my/home").text)
        self.assertEqual(self._rpc("/my/counters", counters=["request_count"]), {"request_count": 1})
        self.assertFalse(self.lead.access_token)

    def test_an_empty_list(self):
        self.lead.partner_id = self.user_own.partner_id
        self.authenticate("lead_portal", "lead_portal")
        self.assertIn("You have not sent us a request yet", self._text(self._get("/my/requests")))

    def test_the_list_has_pages(self):
        for _number in range(81):
            self._request()
        self.authenticate("lead_portal", "lead_portal")
        first, second = self._get("/my/requests"), self._get("/my/requests/page/2")
        self.assertEqual([text.text.count("list-group-item-action") for text in (first, second)], [80, 2])

    def test_the_desk_only_looks(self):
        self.authenticate("lead_own", "lead_own")
        self.assertEqual(self._get(self._path()).status_code, 404, "the desk has the lead itself")
        response = self._follow()
        self.assertIn("This is the customer's page", response.text)
        self.assertNotIn("<textarea", response.text)
        token = re.search(r'csrf_token: "([^"]*)"', response.text)[1]
        self.assertEqual(self._write("As the customer", token=token).status_code, 404)
        self.assertFalse(self._messages())
