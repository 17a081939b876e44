from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .portal_common import PNG, PortalCase

HIDDEN = ("Hidden", "anna@desk.example.com", "37.0")


@tagged("post_install", "-at_install")
class TestPortalNative(PortalCase):
    """Odoo's own routes, tried with a link that works, with a signature that Odoo puts into mails, and with the login
    of the client: what the page does not show, they do not show either, and nothing is written past it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["crm.tag"].create({"name": "Hidden tag"})
        # the name stands in the subjects of Odoo's mails
        values = {"name": "Pitch by the sea", "probability": 37, "tag_ids": cls.tag.ids, "description": "Hidden notes"}
        cls.lead.write(values)
        files = cls.env["ir.attachment"].with_user(cls.user_own)
        file = files.create({"name": "Hidden.png", "raw": PNG})
        cls.note = cls.lead.with_user(cls.user_own).message_post(
            body="Hidden remark", subtype_xmlid="mail.mt_note", attachment_ids=file.ids
        )
        cls.lead.with_user(cls.user_own).post_to_customer("The pitch is free")
        cls.answer = cls.lead._get_conversation()
        cls.token = cls.lead._portal_ensure_token()
        cls.thread = {"thread_model": "crm.lead", "thread_id": cls.lead.id}

    def setUp(self):
        super().setUp()
        # in the database, where Odoo's routes look
        self.keys = (
            {},
            {"token": "wrong"},
            {"token": self.token},
            {"pid": self.client.id, "hash": self.lead._sign_token(self.client.id)},
            {"pid": self.user_own.partner_id.id, "hash": self.lead._sign_token(self.client.id), "token": self.token},
        )

    def _each_visitor(self):
        """With every key, as anybody and as the client."""
        for login in (None, "lead_portal"):
            self.authenticate(login, login)
            yield from self.keys

    def assertNothingHidden(self, answer):
        text = str(answer)
        for hidden in HIDDEN:
            self.assertNotIn(hidden, text)

    def _count(self):
        return self.env["mail.message"].search_count([("model", "=", "crm.lead"), ("res_id", "=", self.lead.id)])

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    def test_the_thread(self):
        wanted = [
            "followers",
            "attachments",
            "activities",
            "suggestedRecipients",
            "scheduledMessages",
            "contact_fields",
        ]
        for keys in self._each_visitor():
            self.assertNothingHidden(self._rpc("/mail/chatter_fetch", **self.thread, **keys))
            self.assertNothingHidden(self._rpc("/portal/chatter_init", **self.thread, **keys))
            self.assertNothingHidden(self._rpc("/mail/thread/messages", **self.thread))
            self.assertNothingHidden(self._rpc("/mail/thread/recipients", **self.thread))
            answer = self._rpc(
                "/mail/data",
                fetch_params=[["mail.thread", {**self.thread, "request_list": wanted, "access_params": keys}]],
            )
            self.assertNothingHidden(answer)
            for thread in (answer or {}).get("mail.thread", []):
                self.assertFalse(thread.get("hasReadAccess"))
                self.assertFalse(set(wanted) & thread.keys())

    def test_strangers_get_nothing_at_all(self):
        self.authenticate(None, None)
        for keys in self.keys:
            answer = self._rpc("/mail/chatter_fetch", **self.thread, **keys)
            self.assertFalse(answer and answer["messages"])

    def test_pictures_and_files(self):
        attachment = self.note.attachment_ids
        for login in (None, "lead_portal"):
            self.authenticate(login, login)
            for path in (
                f"/web/content/{attachment.id}",
                f"/web/content/{attachment.id}?access_token={self.token}",
                f"/web/image/ir.attachment/{attachment.id}/raw",
                f"/web/content/crm.lead/{self.lead.id}/description",
                f"/web/content?model=crm.lead&id={self.lead.id}&field=description",
                f"/mail/attachment/pdf_first_page/{attachment.id}?access_token={self.token}",
            ):
                response = self._get(path)
                self.assertNotEqual(response.content, PNG, path)
                self.assertNothingHidden(response.text)
            avatar = f"/mail/avatar/mail.message/{self.note.id}/author_avatar/50x50?access_token={self.token}"
            self.assertNothingHidden(self._get(avatar).text)

    # ------------------------------------------------------------
    # WRITING
    # ------------------------------------------------------------

    def test_posting(self):
        boss = self.user_own.partner_id
        for keys in self._each_visitor():
            before = self._count()
            for data in (
                {"body": "Forged"},
                {"body": "Forged", "subtype_xmlid": "mail.mt_note"},
                {"body": "Forged", "subtype_xmlid": "mail.mt_comment", "message_type": "notification"},
                {"body": "Forged", "author_id": boss.id, "email_from": boss.email, "partner_ids": boss.ids},
                {"body": "Forged", "subtype_xmlid": "mail.mt_comment", "partner_emails": ["x@example.org"]},
            ):
                self.assertIsNone(self._rpc("/mail/message/post", **self.thread, post_data=data, **keys))
            self.assertEqual(self._count(), before)

    def test_changing(self):
        for keys in self._each_visitor():
            for message in self.note + self.answer:
                data = {"body": "Forged", "attachment_ids": []}
                self._rpc("/mail/message/update_content", message_id=message.id, update_data=data, **keys)
                self.assertNotIn("Forged", message.body)
                self._rpc("/mail/message/reaction", message_id=message.id, content="x", action="add", **keys)
            self.assertFalse(self.note.sudo().reaction_ids)
            self._rpc("/mail/update_is_internal", message_id=self.note.id, is_internal=False)
            self._rpc("/mail/thread/subscribe", res_model="crm.lead", res_id=self.lead.id, partner_ids=self.client.ids)
            self.assertFalse(
                self.lead.message_follower_ids.filtered(lambda follower: follower.partner_id == self.client)
            )

    def test_uploading(self):
        for keys in self._each_visitor():
            before = self.env["ir.attachment"].search_count([])
            data = {**self.thread, **keys, "csrf_token": self._csrf()}
            response = self._get("/mail/attachment/upload", data=data, files=[("ufile", ("a.svg", b"<svg/>"))])
            self.assertEqual(response.status_code, 404)
            self.assertEqual(self.env["ir.attachment"].search_count([]), before)

    # ------------------------------------------------------------
    # THE CLIENT'S LOGIN
    # ------------------------------------------------------------

    def test_records(self):
        self.authenticate("lead_portal", "lead_portal")
        order = self._propose(self._request(partner_id=self.user_own.partner_id.id))
        for model, records in (
            ("crm.lead", self.lead),
            ("crm.lead.event", self.lead.event_ids),
            ("crm.lead.rate", self.env["crm.lead.rate"]),
            ("crm.call", self.env["crm.call"]),
            ("crm.tag", self.tag),
            ("mail.message", self.note),
            ("mail.followers", self.lead.message_follower_ids),
            ("ir.attachment", self.note.attachment_ids),
            ("res.users", self.user_own),
            ("sale.order", order),
        ):
            for method, args in (
                ("read", [records.ids]),
                ("search_read", [[["id", "in", records.ids]]]),
                ("web_search_read", [[["id", "in", records.ids]], {"display_name": {}}]),
            ):
                answer = self._call(model, method, args)
                self.assertNothingHidden(answer)
                self.assertNotIn(order.name, str(answer))
        for method in ("get_conversation", "mark_conversation_read", "action_send_link", "action_revoke_access"):
            self.assertIsNone(self._call("crm.lead", method, [self.lead.ids]), method)
        for method in ("_portal_ensure_token", "_get_conversation", "_find_for_customer", "_write_from_customer"):
            self.assertIsNone(self._call("crm.lead", method, [self.lead.ids]), method)
        self.assertIsNone(self._call("crm.lead", "write", [self.lead.ids, {"access_token": "mine"}]))
        self.assertEqual(self.lead.access_token, self.token)

    def _call(self, model, method, args):
        params = {"model": model, "method": method, "args": args, "kwargs": {}}
        return self._rpc(f"/web/dataset/call_kw/{model}/{method}", **params)

    def test_the_own_messages(self):
        """What Odoo lets whoever wrote or got a message read of it."""
        self.lead._post_from_customer("Is it free?")
        messages = self.answer + self.lead._get_conversation()[-1]
        self.answer.partner_ids += self.client
        messages.starred_partner_ids += self.client
        self.authenticate("lead_portal", "lead_portal")
        names = ["body", "record_name", "display_name", "subject", "author_id", "partner_ids"]
        boxes = [self._rpc(f"/mail/{box}/messages") for box in ("history", "inbox", "starred")]
        read = [
            self._call("mail.message", "search_read", [[["id", "in", messages.ids]], names]),
            self._call("mail.message", "read", [messages.ids, names]),
        ]
        for answer in boxes + read:
            self.assertNotIn(self.lead.name, str(answer))
            self.assertNothingHidden(answer)
        for answer in boxes[-1:] + read:
            self.assertIn("Is it free?", str(answer))

    def test_the_lead_of_the_own_proposal(self):
        order = self._propose()
        self.authenticate("lead_portal", "lead_portal")
        for method, args in (
            ("read", [order.ids, ["opportunity_id", "origin"]]),
            ("web_read", [order.ids, {"opportunity_id": {"fields": {"display_name": {}}}}]),
            ("formatted_read_group", [[], ["opportunity_id"], ["__count"]]),
        ):
            answer = str(self._call("sale.order", method, args))
            self.assertIn(self.lead.number, answer)
            self.assertNotIn(self.lead.name, answer)

    def test_nobody_makes_a_link_of_what_they_may_not_see(self):
        other = self._request(partner_id=self.user_own.partner_id.id)
        self.authenticate("lead_portal", "lead_portal")
        for lead in self.lead + other:
            self.assertIsNone(self._call("crm.lead", "get_portal_url", [lead.ids]))
        self.assertFalse(other.access_token)
        with self.assertRaises(AccessError):
            other.with_user(new_test_user(self.env, "lead_nobody", "base.group_user")).get_portal_url()

    def test_the_message_of_another_as_ones_own(self):
        self.authenticate("lead_portal", "lead_portal")
        values = {
            "model": "crm.lead",
            "res_id": self.lead.id,
            "body": "Forged",
            "author_id": self.user_own.partner_id.id,
        }
        self._call("mail.message", "create", [[values]])
        self.assertFalse(self.env["mail.message"].search([("body", "like", "Forged"), ("model", "=", "crm.lead")]))

    def test_the_interface_of_programs(self):
        with mute_logger("odoo.http"):
            for method in ("search_read", "read", "get_conversation"):
                response = self._get(f"/json/2/crm.lead/{method}", json={"ids": self.lead.ids}, headers={})
                self.assertIn(response.status_code, (401, 403, 404))
                self.assertNothingHidden(response.text)
