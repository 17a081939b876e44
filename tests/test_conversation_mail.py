from datetime import timedelta

from odoo import fields
from odoo.addons.mail.tests.common import MailCommon
from odoo.tests import tagged

from .common import LeadCase

MAIL = """Return-Path: {return_path}
To: {to}
From: {email_from}
Subject: {subject}
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Message-ID: {msg_id}
In-Reply-To: {reply_to}
References: {reply_to}

Then I come
"""


class ConversationMailCase(LeadCase, MailCommon):
    """A conversation whose mails go out here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.env["res.partner"].create({"name": "Marco Rossi", "email": "marco@example.org"})
        cls.lead = cls._lead(partner_id=cls.client.id, user_id=cls.user_own.id)
        cls.lead.message_subscribe((cls.user_own + cls.user_all).partner_id.ids)
        (cls.user_own + cls.user_all).notification_type = "email"
        cls.user_own.email, cls.user_all.email = "own@company.example", "all@company.example"

    def _deliver(self, act, meanwhile=lambda: None, minutes=3):
        """Do something, wait for some minutes and run what Odoo sends by then.

        :return: the addresses that got a mail
        """
        with self.mock_mail_gateway():
            act()
            self.assertFalse(self._mails, "nothing goes out at once")
            meanwhile()
            leads = self.env["crm.lead"].search([("id", ">=", self.lead.id)])
            due = self.env["mail.message.schedule"].search(
                [
                    ("mail_message_id.model", "=", "crm.lead"),
                    ("mail_message_id.res_id", "in", leads.ids),
                    ("scheduled_datetime", "<=", fields.Datetime.now() + timedelta(minutes=minutes)),
                ]
            )
            due.with_user(self.env.ref("base.user_root"))._send_notifications()
        return {address for mail in self._mails for address in mail["email_to"]}

    def _post(self, lead=None):
        return (lead or self.lead).with_user(self.user_own).post_to_customer("Yes, it is")

    def _see(self, lead=None):
        lead = lead or self.lead
        lead._mark_seen_by_customer(lead._get_conversation()[-1].id)


@tagged("post_install", "-at_install")
class TestConversationMail(ConversationMailCase):
    """Whoever is not there gets a mail, and can answer it."""

    def test_the_customer_who_is_not_there_gets_a_mail_after_two_minutes(self):
        schedules = self.env["mail.message.schedule"]
        self._post()
        waiting = schedules.search([("mail_message_id.res_id", "=", self.lead.id)])
        wait = waiting.scheduled_datetime - fields.Datetime.now()
        self.assertAlmostEqual(wait.total_seconds(), 120, delta=5)
        self.assertTrue(self.env.ref("mail.ir_cron_send_scheduled_message").active, "it goes by itself")
        self.assertFalse(self._deliver(lambda: None, minutes=1))
        self.assertIn('"Marco Rossi" <marco@example.org>', self._deliver(lambda: None))

    def test_the_customer_who_has_seen_it_gets_none(self):
        self.assertNotIn('"Marco Rossi" <marco@example.org>', self._deliver(self._post, self._see))

    def test_only_what_was_seen_is_dropped(self):
        def act():
            self._post()
            self._see()
            self.lead.with_user(self.user_own).post_to_customer("And one more")

        self._deliver(act)
        mails = [mail for mail in self._mails if "marco@example.org" in str(mail["email_to"])]
        self.assertEqual(len(mails), 1)
        self.assertIn("And one more", mails[0]["body"])

    def test_colleagues_who_follow_get_theirs_all_the_same(self):
        self.assertIn(self.user_all.partner_id.email_formatted, self._deliver(self._post, self._see))

    def test_a_lead_without_client(self):
        lead = self._lead(user_id=self.user_own.id, email_from="Marco <marco@example.org>")
        self.assertTrue(self._deliver(lambda: self._post(lead)) & {"marco@example.org", '"Marco" <marco@example.org>'})
        other = self._lead(user_id=self.user_own.id, email_from="anna@example.org")
        self.assertNotIn("anna@example.org", str(self._deliver(lambda: self._post(other), lambda: self._see(other))))

    def test_the_mail_leads_to_the_customers_page_and_to_nobody_elses(self):
        with_client, without = self.lead, self._lead(user_id=self.user_own.id, email_from="anna@example.org")
        without.message_subscribe(self.user_all.partner_id.ids)
        for lead, address in ((with_client, "marco@example.org"), (without, "anna@example.org")):
            self._deliver(lambda lead=lead: self._post(lead))
            self.assertTrue(lead.access_token)
            for mail in self._mails:
                is_customers = address in str(mail["email_to"])
                self.assertEqual(lead.access_token in mail["body"], is_customers, mail["email_to"])
                self.assertEqual("See and answer" in mail["body"], is_customers)
            self.assertIn(address, str([mail["email_to"] for mail in self._mails]))

    def test_a_customers_mail_names_no_address_of_a_colleague(self):
        """Nor who wrote, where an address of the company takes the answers."""
        self._deliver(self._post)
        mail = next(mail for mail in self._mails if "marco@example.org" in str(mail["email_to"]))
        self.assertNotIn("@company.example", str(mail))
        self.assertEqual(mail["email_from"], f'"{self.user_own.name}" <{mail["reply_to"]}>')
        self.assertEqual(self.lead._get_conversation().author_id, self.user_own.partner_id)

    def test_a_colleague_who_is_called_by_the_address_is_not_named(self):
        self.user_own.name = "own@company.example"
        self._deliver(self._post)
        mail = next(mail for mail in self._mails if "marco@example.org" in str(mail["email_to"]))
        self.assertNotIn("own@company.example", mail["email_from"])

    def test_the_mail_with_the_link_names_neither_the_lead_nor_an_address_of_a_colleague(self):
        self.lead.name = "Grumpy Marco"
        with self.mock_mail_gateway():
            self.lead.with_user(self.user_own).action_send_link()
        mail = self._new_mails
        for hidden in ("@company.example", "Grumpy", "Your Lead"):
            self.assertNotIn(hidden, str(mail.read(["email_from", "reply_to", "subject", "body_html", "headers"])))
        self.assertIn(self.user_own.name, mail.email_from)

    def test_a_customers_mail_names_nobody_else_who_gets_it(self):
        supplier = self.env["res.partner"].create({"name": "A supplier", "email": "supplier@example.org"})
        self.lead.message_subscribe(supplier.ids)
        self._deliver(self._post)
        mails = [mail for mail in self._mails if "marco@example.org" in str(mail["email_to"])]
        self.assertEqual(len(mails), 1)
        self.assertNotIn("supplier@example.org", str(mails))

    def test_an_answer_from_another_address_is_not_the_customers(self):
        self._post()
        sent = self.lead._get_conversation()
        with self.mock_mail_gateway():
            self.format_and_process(
                MAIL, "friend@elsewhere.example", "leads@example.com", target_model="crm.lead", reply_to=sent.message_id
            )
        message = self.lead._get_conversation()[-1]
        row = self.lead._format_conversation(message)[0]
        self.assertEqual((row["is_ours"], row["author"]), (False, "friend@elsewhere.example"))
        shown = self.lead._get_conversation(domain=self.lead._get_customer_conversation_domain())
        self.assertNotIn(message, shown, "nor on the page")

    def test_what_the_desk_calls_the_lead_stands_in_no_mail_to_the_customer(self):
        self.lead.write({"name": "Grumpy Marco", "date_deadline": "2031-05-17"})
        for act in (
            self._post,
            lambda: self.lead.with_user(self.user_own).message_post(  # in Odoo's own chatter
                body="Hello",
                subtype_xmlid="mail.mt_comment",
                partner_ids=self.client.ids,
                scheduled_date=fields.Datetime.now() + timedelta(minutes=1),
            ),
        ):
            self._deliver(act)
            mail = next(mail for mail in self._mails if "marco@example.org" in str(mail["email_to"]))
            self.assertEqual(mail["subject"], f"Your request {self.lead.number}")
            self.assertIn(f"Your request {self.lead.number}", mail["body"])
            self.assertNotIn("Grumpy", str(mail))
            self.assertNotIn("2031", str(mail["body"]))

    def test_without_an_address_of_the_company_answers_go_to_who_wrote(self):
        self.env["mail.alias.domain"].search([]).company_ids = False
        self._deliver(self._post)
        mail = next(mail for mail in self._mails if "marco@example.org" in str(mail["email_to"]))
        self.assertIn("own@company.example", mail["email_from"])
        self.assertIn("own@company.example", mail["reply_to"])

    def test_the_salesperson_who_reads_at_once_gets_no_mail(self):
        got = self._deliver(
            lambda: self.lead._post_from_customer("Is it free?"),
            self.lead.with_user(self.user_own).mark_conversation_read,
        )
        self.assertEqual(got, {self.user_all.partner_id.email_formatted}, "who has not read it")

    def test_whoever_is_not_there_gets_the_customers_message(self):
        got = self._deliver(lambda: self.lead._post_from_customer("Is it free?"))
        self.assertEqual(got, {user.partner_id.email_formatted for user in self.user_own + self.user_all})

    def test_reading_twice_does_no_harm(self):
        lead = self.lead.with_user(self.user_own)
        self.lead._post_from_customer("One")
        lead.mark_conversation_read()
        self.lead._post_from_customer("Two")
        lead.mark_conversation_read()
        read = self.env["mail.notification"].search(
            [("res_partner_id", "=", self.user_own.partner_id.id), ("mail_message_id.res_id", "=", self.lead.id)]
        )
        self.assertEqual(len(read), 2)

    def test_answers_by_mail_land_in_the_thread(self):
        self._post()
        sent = self.lead._get_conversation()
        with self.mock_mail_gateway():
            self.format_and_process(
                MAIL, "marco@example.org", "leads@example.com", target_model="crm.lead", reply_to=sent.message_id
            )
        messages = self.lead._format_conversation(self.lead._get_conversation())
        self.assertEqual([message["is_ours"] for message in messages], [True, False])
        self.assertIn("Then I come", messages[-1]["body"])
        self.assertTrue(self.lead.is_unread)
