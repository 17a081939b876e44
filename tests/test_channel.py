from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .channel_common import ChannelCase


@tagged("post_install", "-at_install")
class TestChannel(ChannelCase):
    """The catalogue, what a lead offers, and what opens an application of the user's own."""

    # ------------------------------------------------------------
    # THE CATALOGUE
    # ------------------------------------------------------------

    def test_what_the_module_brings_along(self):
        names = ("sms", "phone", "whatsapp", "viber")
        channels = [self.env.ref(f"crm_lead_lifecycle.crm_lead_channel_{name}") for name in names]
        self.assertEqual([channel.kind for channel in channels], ["sms", "phone", "link", "link"])
        number = {"phone": "+39 333 814 2907"}
        whatsapp, viber = channels[2:]
        (whatsapp + viber).active = True
        self.assertEqual(
            self._send(whatsapp, "Hello & bye?", self._lead(**number))["params"]["url"],
            "https://wa.me/393338142907?text=Hello%20%26%20bye%3F",
        )
        self.assertEqual(
            self._send(viber, "Hello", self._lead(**number))["params"]["url"], "viber://chat?number=%2B393338142907"
        )

    def test_links_that_are_none(self):
        for url in (
            False,
            "wa.me/{phone}",
            "https://wa.me/",
            "javascript:alert('{phone}')",
            "JavaScript:alert('{phone}')",
            "data:text/html,{phone}",
            "https://wa.me/{phone.__class__}",
            "https://wa.me/{phone}?x={secret}",
        ):
            with self.subTest(url=url), self.assertRaises(ValidationError):
                self.channels.create({"name": "Broken", "url": url})

    def test_icons_are_names(self):
        with self.assertRaises(ValidationError):
            self.link.icon = "fa-user onclick"

    def test_managers_set_up_and_others_read(self):
        self.link.with_user(self.user_manager).name = "WhatsApp"
        for user in (self.user_own, self.user_all):
            self.assertTrue(self.link.with_user(user).name)
            with self.assertRaises(AccessError):
                self.link.with_user(user).name = "Mine"
        for user in (self.user_portal, self.user_public):
            with self.assertRaises(AccessError):
                self.channels.with_user(user).search([])

    def test_form_asks_for_a_link(self):
        form = Form(self.channels.with_user(self.user_manager))
        form.name = "Signal"
        with self.assertRaises(AssertionError):
            form.save()
        form.url = "https://signal.example/{phone}"
        self.assertEqual(form.save().kind, "link")

    # ------------------------------------------------------------
    # WHAT A LEAD OFFERS
    # ------------------------------------------------------------

    def test_only_what_is_set_up_and_in_use(self):
        self._sms_account("unregistered")
        self.assertEqual(self._offered(), ["Ring", "WhatsUp"])
        self.link.active = False
        self.assertEqual(self._offered(), ["Ring"])
        with self.assertRaises(UserError):
            self._send(self.link)

    def test_nothing_without_a_number(self):
        lead = self._lead(email_from="marco@example.org")
        self.assertFalse(self._offered(lead))
        with self.assertRaisesRegex(UserError, "no phone number"):
            self._send(self.link, lead=lead)

    def test_number_of_the_client(self):
        client = self.env["res.partner"].create({"name": "Marco Rossi"})
        lead = self._lead(partner_id=client.id)
        client.phone = "+39 333 814 2907"
        self._set_in_database(lead, phone=None, phone_sanitized=None)
        self.assertIn("WhatsUp", self._offered(lead))
        self.assertIn("/393338142907?", self._send(self.link, lead=lead)["params"]["url"])

    def test_calls_make_do_with_any_number(self):
        lead = self._lead(phone="12 34-5 ext. 6")
        self.assertFalse(lead.phone_sanitized)
        self.assertEqual(self._offered(lead), ["Ring"])
        self.assertEqual(self._send(self.call, lead=lead)["params"]["url"], "tel:123456")

    def test_nothing_on_removed_leads(self):
        self._set_in_database(self.lead, client_status="removed")
        self.assertFalse(self._offered())
        for channel in self.call + self.link:
            with self.assertRaisesRegex(UserError, "removed"):
                self._send(channel)

    def test_lost_leads_are_reached(self):
        self.lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertIn("WhatsUp", self._offered())
        self._send(self.link)

    def test_companies(self):
        other = self._lead(phone="+39 333 814 2908", company_id=self.other_company.id, user_id=self.user_manager.id)
        self.lead.company_id = self.company
        self.link.company_id = self.other_company
        self.assertNotIn("WhatsUp", self._offered())
        self.assertIn("WhatsUp", self._offered(other, self.user_other_company))
        both = self.user_manager
        self.assertNotIn("WhatsUp", self._offered(user=both))
        with self.assertRaisesRegex(UserError, "company of this lead"):
            self._send(self.link, user=both)
        with self.assertRaises(AccessError):
            self.link.with_user(self.user_own).read(["name"])
        with self.assertRaises(AccessError):
            self.lead.with_user(self.user_own).action_open_channel(self.link.id)

    def test_many_leads_ask_as_often_as_one(self):
        self._sms_account()
        leads = self.env["crm.lead"].union(*(self._lead(phone=f"+39 333 814 29{n}") for n in range(10, 30)))

        def count(leads):
            self.env.invalidate_all()
            return self._count_queries(lambda: leads.with_user(self.user_own).mapped("channel_ids"))

        count(leads)  # what is cached for good
        self.assertEqual(count(leads), count(leads[:2]))
        self.assertEqual([len(lead.with_user(self.user_own).channel_ids) for lead in leads], [3] * 20)

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_who_may_not_write_to_the_lead_reaches_nobody(self):
        self.env["ir.rule"].create(
            {
                "name": "Nobody changes this lead",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "domain_force": [("id", "!=", self.lead.id)],
                "perm_read": False,
            }
        )
        self.assertFalse(self._offered())
        for channel in self.call + self.link:
            with self.assertRaises(AccessError):
                self._send(channel)
            with self.assertRaises(AccessError):
                self.lead.with_user(self.user_own).action_open_channel(channel.id)
        self.assertFalse(self._conversation())

    def test_portal_and_public_have_nothing_of_it(self):
        for user in (self.user_portal, self.user_public):
            with self.assertRaises(AccessError):
                self.lead.with_user(user).action_open_channel(self.call.id)
            for model in ("crm.lead.channel", "crm.lead.message", "crm.lead.message.line"):
                self.assertFalse(self.env[model].with_user(user).has_access("read"))

    def test_channels_that_are_gone(self):
        gone = self.link.copy()
        gone.unlink()
        with self.assertRaisesRegex(UserError, "no more"):
            self.lead.with_user(self.user_own).action_open_channel(gone.id)

    # ------------------------------------------------------------
    # CALLS
    # ------------------------------------------------------------

    def test_call_opens_the_telephone_and_is_told(self):
        self.assertFalse(self.lead.date_first_touch)
        action = self.lead.with_user(self.user_own).action_open_channel(self.call.id)
        self.assertEqual(action["params"]["url"], "tel:+393338142907")
        self.env.invalidate_all()
        self.assertTrue(self.lead.date_first_touch)
        cards = self.lead.with_user(self.user_own).get_conversation()["cards"]
        self.assertEqual([card["text"] for card in cards], ["+393338142907 was opened to call"])
        rows = self.lead.with_user(self.user_own).get_history("calls")["rows"]
        self.assertEqual([row["kind"] for row in rows], ["dial"])
        self.assertFalse(self._conversation(), "the customer is told nothing")

    def test_blocked_numbers(self):
        self.env["phone.blacklist"]._add(["+393338142907"])
        for channel in self.call + self.link:
            with self.assertRaisesRegex(UserError, "blocked since"):
                self._send(channel)
        self.assertFalse(self.lead.event_ids.filtered(lambda event: event.kind == "dial"))
        self.assertFalse(self._conversation())
        self.assertIn("WhatsUp", self._offered(), "the dialog says why not")

    # ------------------------------------------------------------
    # LINKS
    # ------------------------------------------------------------

    def _dialog(self, channel=None, user=None):
        action = self.lead.with_user(user or self.user_own).action_open_channel((channel or self.link).id)
        model = self.env["crm.lead.message"].with_user(user or self.user_own)
        return Form(model.with_context(**action["context"]))

    def test_link_opens_with_the_text_and_is_told(self):
        self.lead._post_from_customer("Is it free?")
        mails = self._mails()
        dialog = self._dialog()
        self.assertEqual(dialog.number, "+393338142907")
        dialog.body = "Yes & no,\nask Anna"
        wizard = dialog.save()
        action = wizard.action_send()
        self.assertEqual(
            action["params"]["url"], "https://example.org/393338142907?text=Yes%20%26%20no%2C%0Aask%20Anna"
        )
        theirs, ours = self._conversation()
        self.assertFalse(theirs["channel"])
        self.assertTrue(ours["is_ours"])
        self.assertEqual(ours["channel"], "opened in WhatsUp")
        self.assertIn("Yes &amp; no,<br>ask Anna", ours["body"])
        self.assertEqual(ours["author"], self.user_own.name)
        self.assertEqual(self._mails(), mails)
        self.assertFalse(self.lead._get_conversation()[1].notification_ids)
        self.assertFalse(self.lead.is_unread)
        self.assertTrue(self.lead.date_first_touch)
        row = self.lead.with_user(self.user_own).get_history("messages")["rows"][0]
        self.assertEqual(row["title"], "To the customer (opened in WhatsUp)")

    def test_clicked_twice_is_written_once(self):
        dialog = self._dialog()
        dialog.body = "Hello"
        wizard = dialog.save()
        wizard.action_send()
        self.assertEqual(wizard.action_send()["type"], "ir.actions.act_window_close")
        self.assertEqual(len(self._conversation()), 1)

    def test_followers_get_no_mail(self):
        self.lead.message_subscribe(self.user_all.partner_id.ids)
        self._send(self.link)
        self.assertFalse(self._mails())
        self.lead.with_user(self.user_own).post_to_customer("By mail")
        self.assertTrue(self._mails(), "what is written in the conversation is mailed as before")

    def test_the_customer_sees_it_and_the_next_one_does_not(self):
        first, second = self.env["res.partner"].create(
            [{"name": name, "email": f"{name}@example.org", "phone": self.lead.phone} for name in ("marco", "lucia")]
        )
        self.lead.partner_id = first
        self._send(self.link)

        def seen():
            return self.lead._get_conversation(domain=self.lead._get_customer_conversation_domain())

        self.assertEqual(len(seen()), 1)
        self.lead.partner_id = second
        self.assertFalse(seen())

    def test_texts_that_are_none(self):
        for body in ("", "  \n", "\x00", None, "x" * 1501):
            with self.subTest(body=body), self.assertRaises(UserError):
                self._send(self.link, body)
        self.assertFalse(self._conversation())

    def test_html_is_text(self):
        self._send(self.link, "<b onclick=x>1 < 2</b>")
        self.assertIn("&lt;b onclick=x&gt;1 &lt; 2&lt;/b&gt;", self._conversation()[0]["body"])

    def test_dialog_says_whether_the_text_goes_along(self):
        self.assertTrue(self._dialog().has_text)
        self.link.url = "viber://chat?number={phone}"
        self.assertFalse(self._dialog().has_text)

    def test_one_customer_at_a_time(self):
        other = self._lead(phone="+39 333 814 2908")
        wizard = (
            self.env["crm.lead.message"]
            .with_user(self.user_own)
            .create({"lead_ids": (self.lead + other).ids, "channel_id": self.link.id, "body": "Hello"})
        )
        with self.assertRaisesRegex(UserError, "one customer at a time"):
            wizard.action_send()
        self.assertFalse(self._conversation())

    # ------------------------------------------------------------
    # CONSENTS
    # ------------------------------------------------------------

    def _consent(self, state="given", **values):
        values = {"purpose_id": self.link.purpose_id.id, "state": state, "lead_id": self.lead.id, **values}
        self.env["crm.consent"].create(values)
        self.env.invalidate_all()

    def test_consents(self):
        self.link.purpose_id = self.env["crm.consent.purpose"].create({"name": "Letters"})
        other = self.env["crm.consent.purpose"].create({"name": "Guessing"})
        with self.assertRaisesRegex(UserError, "has not given the consent “Letters”"):
            self._send(self.link)
        self.assertIn("Letters", self._dialog().problem)
        self._consent(purpose_id=other.id)
        with self.assertRaisesRegex(UserError, "has not given"):
            self._send(self.link)
        self._consent()
        self._send(self.link)
        self._consent("withdrawn")
        with self.assertRaisesRegex(UserError, "withdrew the consent “Letters”"):
            self._send(self.link)
        self._send(self.call)
        self.assertEqual(len(self._conversation()), 1)

    def test_what_the_client_withdrew_counts_for_who_sees_no_clients(self):
        self.env["res.config.settings"].create({"group_client_viewer": False}).execute()
        self.link.purpose_id = self.env["crm.consent.purpose"].create({"name": "Letters"})
        client = self.env["res.partner"].create({"name": "Marco Rossi", "phone": self.lead.phone})
        self._consent()
        self.lead.partner_id = client
        self._consent("withdrawn", lead_id=False, partner_id=client.id)
        with self.assertRaisesRegex(UserError, "withdrew"):
            self._send(self.link)

    # ------------------------------------------------------------
    # OTHER KINDS
    # ------------------------------------------------------------

    def test_gateways_add_a_kind(self):
        """As the model's docstring says, with what a module would add."""
        sent = []

        def send(channel, lead, body):
            sent.append((channel._get_number(lead), body))
            channel._post(lead, body)

        self.startPatcher(patch.object(type(self.channels), "_send_gateway", send, create=True))
        self._set_in_database(self.link, kind="gateway")
        dialog = self._dialog()
        dialog.body = "Hello"
        self.assertEqual(dialog.save().action_send()["type"], "ir.actions.act_window_close")
        self.assertEqual(sent, [("+393338142907", "Hello")])
        self.assertEqual(self._conversation()[0]["channel"], "WhatsUp")
