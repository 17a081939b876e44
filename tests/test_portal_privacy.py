from odoo.tests import new_test_user, tagged

from .portal_common import GONE, PortalCase


@tagged("post_install", "-at_install")
class TestPortalPrivacy(PortalCase):
    """Attempts to reach what is another's."""

    def assertShut(self, lead, token=None):
        """Neither the page nor anything beneath it opens."""
        query = f"?access_token={token}" if token else ""
        response = self._get(f"{self._path(lead)}{query}")
        self.assertEqual(response.status_code, 404)
        self.assertIn(GONE, response.text)
        csrf = self._page(response).xpath("//input[@name='csrf_token']/@value")[0]
        for path in ("/messages", "/files/1"):
            self.assertEqual(self._get(self._path(lead, f"{path}{query}")).status_code, 404, path)
        before = len(self._messages(lead)) if lead.exists() else 0
        for path in ("/messages", "/seen"):
            response = self._post(self._path(lead, f"{path}{query}"), token=csrf, text="Forged", message_id=1)
            self.assertEqual(response.status_code, 404, path)
        self.assertEqual(len(self._messages(lead)) if lead.exists() else 0, before)

    # ------------------------------------------------------------
    # WHOSE IT IS
    # ------------------------------------------------------------

    def test_the_link_of_another(self):
        other = self._request(partner_id=self.user_own.partner_id.id)
        self._follow()
        self.assertShut(other)
        self.assertShut(other, self.lead.access_token)
        self.assertEqual(self._get(self._path()).status_code, 200)

    def test_many_links_in_one_browser(self):
        leads = [self._request() for _number in range(22)]
        for lead in leads:
            self._follow(lead)
        self.assertEqual(self._get(self._path(leads[-1])).status_code, 200)
        self.assertEqual(self._get(self._path(leads[0])).status_code, 404, "the oldest is forgotten")

    def test_a_merged_lead(self):
        other = self._request()
        tokens = {lead: lead._portal_ensure_token() for lead in self.lead + other}
        for lead in tokens:
            self._follow(lead)
        merged = (self.lead + other).merge_opportunity(auto_unlink=False)
        gone = self.lead + other - merged
        self.assertShut(gone, tokens[gone])
        gone.unlink()
        self.assertShut(gone, tokens[gone])
        self.assertEqual(self._get(f"{self._path(gone)}?access_token={tokens[merged]}").status_code, 404)

    def test_a_removed_lead(self):
        token = self.lead._portal_ensure_token()
        self._follow()
        wizard = self.env["crm.lead.remove"].with_user(self.user_manager)
        wizard.create({"lead_ids": self.lead.ids, "removal_reason_id": self.removal_reason.id}).action_apply()
        self.assertShut(self.lead, token)
        self.authenticate("lead_portal", "lead_portal")
        self.assertShut(self.lead)
        self.assertNotIn(self.lead.number, self._get("/my/requests").text)

    def test_a_detached_lead(self):
        detach = self.env.ref("crm_lead_lifecycle.group_client_detach")
        user = new_test_user(self.env, "lead_detacher", "sales_team.group_sale_manager")
        user.group_ids += detach
        lead = self._request(partner_id=False, email_from="anna@example.org")
        wizard = (
            self.env["crm.lead.link.client"].with_user(user).create({"lead_id": lead.id, "partner_id": self.client.id})
        )
        wizard.action_link()
        self.assertEqual(lead.partner_id, self.client)
        lead._post_from_customer("From the wrong client")
        token = lead._portal_ensure_token()
        self._follow(lead)
        lead.with_user(user).action_detach_client()
        self.assertShut(lead, token)
        self.authenticate("lead_portal", "lead_portal")
        self.assertShut(lead)

    def test_the_next_client_sees_nothing_of_the_one_before(self):
        self.lead._post_from_customer("From Marco")
        self.lead.with_user(self.user_own).post_to_customer("To Marco")
        order = self._propose()
        anna = self.env["res.partner"].create({"name": "Anna Nowak", "email": "anna@example.org"})
        self.lead.partner_id = anna
        self.lead.with_user(self.user_own).post_to_customer("To Anna")
        text = self._follow().text
        self.assertIn("To Anna", text)
        for words in ("From Marco", "To Marco", order.name):
            self.assertNotIn(words, text)
        self.lead.partner_id = self.client
        self.assertIn("From Marco", self._follow().text)

    def test_what_a_stranger_writes_into_the_thread(self):
        stranger = self.env["res.partner"].create({"name": "A stranger", "email": "stranger@example.org"})
        self.lead.message_post(
            body="Of my own", message_type="email", subtype_xmlid="mail.mt_comment", author_id=stranger.id
        )
        self.assertNotIn("Of my own", self._follow().text)
        self.assertEqual(len(self._messages()), 1, "the desk has it")

    def test_what_somebody_who_is_nobody_in_odoo_writes_into_the_thread(self):
        lead = self._request(partner_id=False, email_from="Anna <anna@example.org>")
        values = {"message_type": "email", "subtype_xmlid": "mail.mt_comment", "author_id": False}
        for sender in ("stranger@example.org", "joanna@example.org", "<anna@example.org.evil.example>"):
            lead.message_post(body="Of my own", email_from=sender, **values)
        for sender in ("ANNA@example.org", "Nowak <anna@example.org>"):
            lead.message_post(body="Of Anna", email_from=sender, **values)
        text = self._follow(lead).text
        self.assertNotIn("Of my own", text)
        self.assertEqual(text.count("Of Anna"), 2)

    def test_the_next_address_sees_nothing_of_the_one_before(self):
        lead = self._request(partner_id=False, email_from="Anna <anna@example.org>")
        self._follow(lead)
        self._write("From Anna", lead=lead)
        lead.with_user(self.user_own).post_to_customer("To Anna")
        lead.email_from = "bob@example.org"
        text = self._follow(lead).text
        self.assertNotIn("From Anna", text)
        self.assertNotIn("To Anna", text)
        lead.email_from = "anna@example.org"
        text = self._follow(lead).text
        self.assertIn("From Anna", text)
        self.assertIn("To Anna", text)

    def test_without_any_address(self):
        lead = self._request(partner_id=False, email_from=False)
        self._follow(lead)
        self._write("From nowhere", lead=lead)
        self.assertIn("From nowhere", self._get(self._path(lead)).text)

    def test_a_colleague_of_the_client(self):
        company = self.env["res.partner"].create({"name": "Rossi Ltd", "is_company": True})
        colleague = new_test_user(self.env, "portal_colleague", "base.group_portal")
        (self.client + colleague.partner_id).parent_id = company
        self.authenticate("portal_colleague", "portal_colleague")
        self.assertShut(self.lead)
        self.lead.partner_id = company
        self.assertShut(self.lead)
        self.assertIn("You have not sent us a request yet", self._get("/my/requests").text)

    def test_a_client_who_is_deleted(self):
        client = self.env["res.partner"].create({"name": "Soon gone", "email": "gone@example.org"})
        lead = self._request(partner_id=client.id)
        token = lead._portal_ensure_token()
        self._follow(lead)
        client.unlink()
        self.assertShut(lead, token)

    def test_a_client_without_a_login_any_more(self):
        self.authenticate("lead_portal", "lead_portal")
        self.assertEqual(self._get(self._path()).status_code, 200)
        self.user_portal.active = False
        self.assertEqual(self._get(self._path()).status_code, 404)

    def test_another_company(self):
        lead = self._request(company_id=self.other_company.id, user_id=self.user_other_company.id)
        self._follow()
        self.assertShut(lead)
        self.assertNotIn("Other Campings", self._get(self._path()).text)

    # ------------------------------------------------------------
    # GAMES
    # ------------------------------------------------------------

    def test_paths(self):
        self._follow()
        for path in (
            "/my/requests/0",
            "/my/requests/-1",
            f"/my/requests/{self.lead.id}.json",
            f"/my/requests/{self.lead.id}/../{self.lead.id + 1}",
            f"/my/requests/{self.lead.id}x",
            "/my/requests/99999999999999999999999999/messages",
            "/my/requests/None",
            f"/my/requests/{self.lead.id}/files/0",
            f"/my/requests/{self.lead.id}/files/99999999999999999999",
            f"/my/requests/{self.lead.id}/files/-1",
        ):
            self.assertEqual(self._get(path).status_code, 404, path)
        for after in ("-1", "99999999999999999999999999", "1;DROP", "²", "%00", ""):
            self.assertIn(self._poll(after=after).status_code, (200, 204), after)

    def test_methods(self):
        self._follow()
        token = self._csrf()
        for path in ("/link", "/seen"):
            self.assertEqual(self._get(self._path(path=path)).status_code, 405, path)
        for path in ("", "/files/1"):
            self.assertEqual(self._post(self._path(path=path), token=token).status_code, 405, path)
        for method in ("PUT", "DELETE", "PATCH"):
            self.assertEqual(self._get(self._path(), method=method).status_code, 405, method)

    def test_fields_that_nobody_asked_for(self):
        self._follow()
        boss = self.user_own.partner_id
        foreign = self.env["ir.attachment"].create({"name": "Hidden.txt", "raw": b"Hidden"})
        other = self._request()
        self._write(
            "Hello",
            author_id=boss.id,
            res_id=other.id,
            model="res.partner",
            subtype_id=self.env.ref("mail.mt_note").id,
            subtype_xmlid="mail.mt_note",
            is_internal="1",
            message_type="notification",
            partner_ids=boss.id,
            attachment_ids=foreign.id,
            email_from="anna@desk.example.com",
            stage_id=self.stage_won.id,
            access_token="mine",
        )
        message = self._messages()
        self.assertEqual(
            (message.author_id, message.res_id, message.message_type, message.is_internal),
            (self.client, self.lead.id, "comment", False),
        )
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertFalse(message.attachment_ids or message.partner_ids)
        self.assertIn("marco@example.org", message.email_from)
        self.assertEqual(self.lead.stage_id, self.stage_new)
        self.assertFalse(self._messages(other))

    def test_the_same_names_twice(self):
        self._follow()
        token = self._csrf()
        response = self._get(
            self._path(path="/messages?text=Forged"),
            data={"csrf_token": token, "text": "Hello"},
            headers={"Accept": "application/json"},
        )
        self.assertEqual(response.status_code, 200)
        self.assertEqual(len(self._messages()), 1)
        files = [("text", ("a.txt", b"a file")), ("key", ("b.txt", b"a file"))]
        response = self._get(
            self._path(path="/messages"),
            data={"csrf_token": token},
            files=files,
            headers={"Accept": "application/json"},
        )
        self.assertEqual(response.status_code, 422)
