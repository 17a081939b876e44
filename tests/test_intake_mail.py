import json
from datetime import timedelta
from email.message import EmailMessage
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import file_open, mute_logger

from .test_intake import IntakeCase, _break

GATEWAY = "odoo.addons.mail.models.mail_thread"


@tagged("post_install", "-at_install")
class TestIntakeMail(IntakeCase):
    """Mails to a channel become leads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domains = cls.env["mail.alias.domain"].search([])
        domains.write({"sequence": 99})
        cls.domain = domains.create({"name": "leads.example", "company_ids": [Command.link(cls.company.id)]})
        cls.channel = cls.env["crm.intake.channel"].create(
            {
                "name": "A portal",
                "code": "a-portal",
                "kind": "mail",
                "alias_name": "portal",
                "alias_domain_id": cls.domain.id,
                "mapping_ids": [
                    Command.create({"how": "label", "path": label, "target": target})
                    for label, target in (
                        ("Name", "contact_name"),
                        ("E-mail", "email_from"),
                        ("Phone", "phone"),
                        ("Message", "request"),
                    )  # fmt: skip
                ],
            }
        )

    def _send(self, text="", sender="Portal <no-reply@portal.example>", html=None, files=(), **headers):
        """Send a mail to the channel.

        :return: the leads that there are since
        """
        message = EmailMessage()
        values = {
            "From": sender,
            "To": "portal@leads.example",
            "Message-Id": "<1@portal.example>",
            "Subject": "Inquiry",
        }
        values.update({name.replace("_", "-"): value for name, value in headers.items()})
        for name, value in values.items():
            if value:
                message[name] = value
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        for name, content in files:
            message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        return self._deliver(message.as_bytes())

    def _deliver(self, raw):
        before = self.env["crm.lead"].search([])
        with self.mock_mail_gateway(), mute_logger(GATEWAY):
            self.env["mail.thread"].message_process(None, raw)
        return self.env["crm.lead"].search([]) - before

    # ------------------------------------------------------------
    # UNDERSTANDING
    # ------------------------------------------------------------

    def test_what_labels_say(self):
        lead = self._send("Name: Anna\nE-mail: anna@example.org\nPhone: 0612345678\nMessage: A week\nin May")
        self.assertEqual((lead.contact_name, lead.email_from, lead.phone), ("Anna", "anna@example.org", "0612345678"))
        self.assertEqual((lead.name, lead.request, lead.source_id.name), ("Inquiry", "A week\nin May", "A portal"))
        self.assertEqual((lead.company_id, lead.user_id.id), (self.company, False))

    def test_the_mail_is_on_the_lead_with_its_files(self):
        lead = self._send("Phone: 0612345678", files=[("plan.pdf", b"%PDF")])
        message = lead.message_ids.filtered(lambda message: message.message_type == "email")
        self.assertEqual((message.message_id, message.subject), ("<1@portal.example>", "Inquiry"))
        self.assertEqual(message.attachment_ids.mapped(lambda file: (file.name, file.raw, file.res_model, file.res_id)),
                         [("plan.pdf", b"%PDF", "crm.lead", lead.id)])  # fmt: skip
        self.assertIn("0612345678", message.body)

    def test_what_no_row_understands_becomes_a_lead(self):
        lead = self._send("We would like to come.", sender="Carla <carla@example.org>", files=[("plan.pdf", b"%PDF")])
        self.assertEqual((lead.contact_name, lead.email_from), ("Carla", "carla@example.org"))
        self.assertEqual(lead.request, "We would like to come.")
        self.assertEqual(lead.message_attachment_count, 1)
        self.assertIn("fits", lead.intake_ids.remarks)

    def test_without_a_map_the_sender_asks(self):
        self.channel.mapping_ids.unlink()
        lead = self._send(
            "Hello\n\nOn Mon, 7 Jun 2027 Desk wrote:\n> Old", sender="c@example.org", Reply_To="d@example.org"
        )
        self.assertEqual((lead.email_from, lead.request), ("d@example.org", "Hello"))
        self.assertFalse(lead.intake_ids.remarks)

    def test_a_portal_is_no_customer(self):
        lead = self._send("Name: Anna\nPhone: 0612345678")
        self.assertFalse(lead.email_from)
        self._send("Name: Anna", Message_Id="<2@portal.example>", Reply_To="help@portal.example")
        self.assertEqual(self.channel.request_ids[0].state, "quarantined")
        lead = self._send("Name: Anna", Message_Id="<3@portal.example>", Reply_To="anna@example.org")
        self.assertEqual((lead.email_from, lead.contact_name), ("anna@example.org", "Anna"))

    def test_expressions_and_the_subject(self):
        self.channel.mapping_ids = [
            Command.clear(),
            Command.create({"how": "regex", "path": r"\d{10}", "target": "phone"}),
            Command.create({"how": "regex", "path": r"from (\w+)", "target": "city"}),
        ]
        lead = self._send("Call 0612345678", sender="c@example.org", Subject="Somebody from Rome")
        self.assertEqual((lead.phone, lead.city, lead.email_from), ("0612345678", "Rome", "c@example.org"))

    def test_what_makes_no_sense_is_left_out(self):
        lead = self._send("E-mail: nobody\nPhone: 0612345678")
        self.assertFalse(lead.email_from)
        self.assertIn("E-mail", lead.intake_ids.remarks)

    def test_endless_and_empty_mails(self):
        self.assertEqual(len(self._send("x" * 100_000, sender="c@example.org").request), 20_000)
        lead = self._send("", sender="c@example.org", Subject=None, Message_Id="<2@portal.example>")
        self.assertEqual((lead.name, lead.email_from), ("c@example.org", "c@example.org"))

    def test_headers_that_make_no_sense(self):
        lead = self._deliver(
            b"From: c@example.org\nTo: portal@leads.example\nMessage-Id: <1@x>\n"
            b"Subject: =?utf-8?q?A=00b?= =?x-none?q?c?=\n"
            b'Date: Mon, 31 Dec 9999 23:59:59 -2359\nReply-To: "\n\nHello'
        )
        self.assertEqual((lead.email_from, lead.request), ("c@example.org", "Hello"))
        self.assertTrue(lead.name.startswith("Ab"))

    def test_what_is_dangerous_is_cleaned(self):
        lead = self._send("x", sender="c@example.org", html="<p>x</p><script>alert(1)</script><img src=x onerror=a()>")
        self.assertNotIn("script", lead.message_ids[:1].body)
        self.assertNotIn("onerror", str(lead.message_ids.mapped("body")))

    # ------------------------------------------------------------
    # ONCE, AND NONE LOST
    # ------------------------------------------------------------

    def test_the_same_mail_makes_one_lead(self):
        self.assertTrue(self._send("Phone: 0612345678"))
        self.assertFalse(self._send("Phone: 0612345678"))
        self.assertTrue(self._send("Phone: 0612345678", Message_Id="<2@portal.example>"))

    def test_a_mail_is_written_down_first(self):
        self.patch(type(self.env["crm.lead"]), "create", _break)
        with mute_logger("odoo.addons.crm_lead_lifecycle.models.crm_intake_request"):
            self.assertFalse(self._send("Phone: 0612345678", files=[("plan.pdf", b"%PDF")]))
        intake = self.channel.request_ids
        self.assertEqual((intake.state, intake.external_id), ("failed", "<1@portal.example>"))
        self.assertEqual(json.loads(intake.payload)["subject"], "Inquiry")
        self.assertEqual(intake.file_ids.mapped("name"), ["plan.pdf"])
        self.env.registry.clear_cache()

    def test_what_failed_is_tried_again_with_its_files(self):
        with (
            patch.object(type(self.env["crm.lead"]), "create", _break),
            mute_logger("odoo.addons.crm_lead_lifecycle.models.crm_intake_request"),
        ):
            self._send("Phone: 0612345678", files=[("plan.pdf", b"%PDF")])
        intake = self.channel.request_ids
        intake.with_user(self.user_manager).action_replay()
        self.assertEqual(intake.lead_id.message_attachment_count, 1)

    def test_files_are_erased_with_the_request(self):
        self._send("Name: Anna", files=[("plan.pdf", b"%PDF")])
        intake = self.channel.request_ids
        self.assertEqual(intake.state, "quarantined")
        intake.date = fields.Datetime.now() - timedelta(days=100)
        self.env["crm.intake.request"]._cron_erase()
        self.assertFalse(intake.file_ids)

    def test_who_asks_again(self):
        self.channel.write({"again_days": 30, "again": "message"})
        first = self._send("E-mail: anna@example.org\nMessage: May?")
        more = self._send("E-mail: anna@example.org\nMessage: June?", Message_Id="<2@portal.example>")
        self.assertFalse(more)
        self.assertIn("June?", first._get_conversation().body)

    def test_the_lead_is_made_after_the_gateway(self):
        channel = self.channel._at_work()
        payload = json.dumps({"text": "Phone: 0612345678"})
        intake, _is_repeat = self.env["crm.intake.request"]._receive(channel, payload, "1")
        with patch("odoo.addons.crm_lead_lifecycle.models.crm_intake_mail.module.current_test", None):
            self.assertFalse(intake._process_after_commit(self.env.cr))
        self.assertEqual(intake.state, "received")
        with self.enter_registry_test_mode():
            self.env.cr.postcommit.run()
        intake.invalidate_recordset()
        self.assertEqual((intake.state, intake.lead_id.phone), ("done", "0612345678"))

    def test_unknown_characters_lose_no_mail(self):
        raw = b"From: c@example.org\nTo: portal@leads.example\nContent-Type: text/plain; charset=x-none\n\nPhone: 061"
        self.assertEqual(self._deliver(raw).phone, "061")

    def test_a_pasted_mail_is_read_as_well(self):
        channel = self.channel._at_work()
        for number, pasted in enumerate(
            ("Phone: 0612345678", "From: c@example.org\nSubject: x\n\nPhone: 0612345678", "<p>Phone: 0612345678</p>")
        ):
            intake = self._receive(pasted, str(number), channel)
            self.assertEqual(intake.lead_id.phone, "0612345678", pasted)

    # ------------------------------------------------------------
    # WHAT IS NO INQUIRY
    # ------------------------------------------------------------

    def test_an_answer_goes_to_its_lead(self):
        lead = self._send("Phone: 0612345678")
        message = lead.message_post(body="When?", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.assertFalse(
            self._send(
                "In May", sender="c@example.org", Message_Id="<2@x>", In_Reply_To=message.message_id, Subject="Re"
            )
        )
        self.assertIn("In May", lead.message_ids[0].body)
        self.assertEqual(len(self.channel.request_ids), 1)
        # the first mail is known as well
        self._send("In June", sender="c@example.org", Message_Id="<3@x>", References="<1@portal.example>")
        self.assertIn("In June", lead._get_conversation()[-1:].body)

    def test_bounces_and_answers_of_machines(self):
        self.assertFalse(self._send("Phone: 0612345678", sender="MAILER-DAEMON@portal.example"))
        self.assertFalse(self._send("Phone: 0612345678", Auto_Submitted="auto-replied"))
        self.assertFalse(self._send("Phone: 0612345678", Auto_Submitted="auto-generated", In_Reply_To="<unknown@x>"))
        self.assertFalse(self.channel.request_ids)
        self.assertTrue(self._send("Phone: 0612345678", Auto_Submitted="auto-generated"), "portals write by themselves")

    def test_loops_make_no_lead_and_lose_none(self):
        self.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", "2")
        sender = "c@example.org"
        made = [self._send("Hello", sender=sender, Message_Id=f"<{number}@x>") for number in range(4)]
        self.assertEqual([len(leads) for leads in made], [1, 1, 0, 0])
        self.assertEqual(self.channel.request_ids.mapped("state"), ["quarantined", "quarantined", "done", "done"])

    # ------------------------------------------------------------
    # THE ADDRESS
    # ------------------------------------------------------------

    def test_a_manager_gives_a_channel_its_address(self):
        channel = self.env["crm.intake.channel"].with_user(self.user_manager)
        channel = channel.create({"name": "Mails", "code": "mails", "kind": "mail", "alias_name": "Mails Here"})
        self.assertEqual(channel.alias_name, "mails-here")
        self.assertEqual(channel.alias_id.sudo().alias_model_id.model, "crm.lead")
        channel.alias_name = "others"
        self.assertEqual(channel.alias_id.alias_name, "others")
        with self.assertRaises(AccessError):
            channel.with_user(self.user_all).alias_name = "mine"

    def test_other_mails_are_odoos_own(self):
        self.channel.active = False
        self.assertTrue(self._send("Phone: 0612345678", sender="c@example.org"))
        self.assertFalse(self.channel.request_ids)


@tagged("post_install", "-at_install")
class TestIntakePortals(IntakeCase):
    """The channels that come with the module, and mails in the style of their portals."""

    def _read(self, portal):
        """
        :return: the leads that the three mails of a portal become
        """
        channel = self.env.ref(f"crm_lead_lifecycle.crm_intake_channel_{portal[0]}")
        self.assertFalse(channel.active)
        channel.write({"active": True, "alias_name": portal[0], "company_id": self.company.id})
        domain = self.env["mail.alias.domain"].search([], limit=1) or self.env["mail.alias.domain"].create(
            {"name": "l.example"}
        )
        channel.alias_domain_id = domain
        leads = self.env["crm.lead"]
        for number in (1, 2, 3):
            with file_open(f"crm_lead_lifecycle/tests/mails/{portal[1]}_{number}.eml", "rb") as mail:
                raw = mail.read().replace(b"To: biuro@deweloper.example", f"To: {channel.alias_email}".encode(), 1)
            with self.mock_mail_gateway(), mute_logger(GATEWAY):
                self.env["mail.thread"].message_process(None, raw)
            leads += channel.request_ids[0].lead_id
            self.assertFalse(channel.request_ids[0].remarks)
        return leads

    def _assert_leads(self, leads, expected):
        names = ("contact_name", "email_from", "phone", "request", "referred")
        self.assertEqual([tuple(lead[name] for name in names) for lead in leads], expected)

    def test_lines_with_labels(self):
        leads = self._read(("tabela_ofert", "label"))
        self._assert_leads(
            leads,
            [
                ("Małgorzata Źrebięcka", "malgorzata.zrebiecka@poczta.example", "+48 601 222 333",
                 "Dzień dobry, interesuje mnie mieszkanie B.12.\n\nCzy cena obejmuje miejsce postojowe?",
                 "Osiedle Brzozowe, Gdańsk"),
                ("Łukasz", "lukasz.wozny@poczta.example", False,
                 "Proszę o przesłanie rzutów mieszkań\ndwupokojowych z ogródkiem.", "Nowa Przystań"),
                ("Jagoda Śliwa", "jagoda.sliwa@poczta.example", "512 000 111", "Proszę o telefon po 17.",
                 "Wzgórze Łabędzie"),
            ],
        )  # fmt: skip
        self.assertEqual(leads.mapped("name")[0], "Nowe zapytanie: Osiedle Brzozowe, mieszkanie B.12")

    def test_tables(self):
        leads = self._read(("obido", "table"))
        self._assert_leads(
            leads,
            [
                ("Ewa Kąkol", "ewa.kakol@poczta.example", "+48 700 100 200",
                 "Czy są jeszcze trzy pokoje?\nDo jakiej ceny?", "Park Żurawi"),
                ("Tomasz Wójcik", "tomasz.wojcik@poczta.example", "603 444 555", "Proszę o cennik.", False),
                ("Żaneta Brzęk", "zaneta.brzek@poczta.example", "604 777 888", "W załączeniu przesyłam plan.",
                 "Zielone Tarasy"),
            ],
        )  # fmt: skip
        self.assertEqual(leads.mapped("message_attachment_count"), [0, 0, 1])

    def test_sentences(self):
        leads = self._read(("rynekpierwotny", "text"))
        self._assert_leads(
            leads,
            [
                ("Paweł Gęś", "pawel.ges@poczta.example", "605 121 314",
                 "Czy w cenie mieszkania jest komórka lokatorska i kiedy odbiór?", "Leśny Zakątek"),
                ("Iwona Śnieg", "iwona.snieg@poczta.example", "+48 606 717 818",
                 "Szukam mieszkania na parterze, najlepiej z tarasem.", "Aleja Klonowa"),
                ("Bożena Mróz", "bozena.mroz@poczta.example", "607 919 020",
                 "Kiedy można obejrzeć mieszkanie pokazowe?", "Słoneczne Wzgórze"),
            ],
        )  # fmt: skip
