import time
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..models import intake_expression
from ..models.intake_mail import read_words
from .test_intake import IntakeCase


@tagged("post_install", "-at_install")
class TestIntakeMailMisuse(IntakeCase):
    """Mails that nobody writes by mistake."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create({"name": "hard.example"})
        cls.channel.write({"kind": "mail", "alias_name": "hard", "alias_domain_id": domain.id})

    def _deliver(self, body=b"Phone 0612345678", number=b"<1@b.example>", **headers):
        """
        :return: the requests that there are of the channel
        """
        lines = {b"From": b"a@b.example", b"To": b"hard@hard.example", b"Message-Id": number, b"Subject": b"Inquiry"}
        lines |= {name.replace("_", "-").encode(): value for name, value in headers.items()}
        raw = b"".join(b"%s: %s\r\n" % line for line in lines.items() if line[1])
        with self.mock_mail_gateway(), mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(None, raw + b"\r\n" + body)
        return self.env["crm.intake.request"].search([("channel_id", "=", self.channel.id)])

    def test_characters_that_are_none(self):
        for name in (b"zip", b"base64", b"undefined", b"idna", b"punycode", b"x-nobody", b"*=utf-8''a%00b"):
            kind = b"text/plain; charset" + (name if name.startswith(b"*") else b"=" + name)
            intake = self._deliver(b"Caff\xc3\xa8, please", b"<%d@b.example>" % id(name), Content_Type=kind)[:1]
            self.assertEqual((intake.state, intake.lead_id.request), ("done", "Caffè, please"), name)

    def test_headers_and_names_of_files_that_no_database_stores(self):
        body = (
            b"--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n--x\r\nContent-Type: application/pdf\r\n"
            b"Content-Disposition: attachment; filename*=utf-8''a%00b.pdf\r\n\r\n%PDF\r\n--x--\r\n"
        )
        kind = b"multipart/mixed; boundary=x"
        intake = self._deliver(
            body, Content_Type=kind, List_Id=b"a\x00b\xff", Delivered_To=b"\x00", MIME_Version=b"1.0"
        )
        self.assertEqual(intake.state, "done")
        self.assertEqual(intake.lead_id.message_ids.attachment_ids.mapped("name"), ["ab.pdf"])

    def test_long_numbers_that_begin_alike(self):
        for end in (b"1", b"2", b"2"):
            self._deliver(number=b"<%s%s@b.example>" % (b"a" * 300, end))
        self.assertEqual(len(self.channel.request_ids.lead_id), 2)

    def test_a_colleague_forwards_it(self):
        """Or somebody says so: the desk has not touched the lead by that, and the message is not the desk's."""
        self.channel.write({"again_days": 30, "again": "message"})
        colleague = b"Desk <%s>" % self.user_own.email_normalized.encode()
        body = b"---------- Forwarded message ---------\r\nFrom: c@cust.example\r\n\r\nA week in May?"
        lead = self._deliver(body, From=colleague, Subject=b"Fwd: Inquiry").lead_id
        self.assertEqual((lead.email_from, lead.date_first_touch), ("c@cust.example", False))
        intake = self._deliver(body, b"<2@b.example>", From=colleague, Subject=b"Fwd: Inquiry")[:1]
        self.assertEqual(intake.lead_id, lead)
        self.assertFalse(lead.date_first_touch)
        self.assertTrue(lead.is_unread)

    def test_a_name_that_turns_the_line(self):
        lead = self._deliver(From="\u202eelif <r@b.example>".encode()).lead_id
        self.assertEqual(lead.contact_name, "elif")

    def test_nobody_sends_it(self):
        self.assertEqual(self._deliver(From=None).state, "quarantined")

    def test_an_expression_that_never_ends(self):
        self.channel.mapping_ids = [
            Command.create({"how": "regex", "path": r"^(\w+\s?)+$x", "target": "contact_name"}),
            Command.create({"how": "regex", "path": r"Phone (\d+)", "target": "phone"}),
        ]
        began = time.monotonic()
        with patch.object(intake_expression, "LONGEST", 0.5):
            intake = self._deliver(b"word " * 40 + b"!\r\nPhone 0612345678")
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual((intake.state, intake.lead_id.phone), ("done", "0612345678"))
        self.assertIn("takes too long", intake.remarks)


@tagged("post_install", "-at_install")
class TestIntakeMailLong(BaseCase):
    """What stands in a mail is read in time, whatever it is."""

    def _read(self, **mail):
        began = time.monotonic()
        words = read_words({"subject": "Fwd: Inquiry", **mail})
        self.assertLess(time.monotonic() - began, 5)
        return words

    def test_a_line_of_stars(self):
        self._read(text="From:" + "*" * 100_000)

    def test_a_sender_of_brackets(self):
        self.assertFalse(self._read(text="From: " + "(" * 5_000 + "a@b.example\n\nHello")["sender"][1])

    def test_tables_in_tables(self):
        depth = 80
        html = "<table><tr><td>x</td><td>" * depth + "<b>y</b>" * 20_000 + "</td></tr></table>" * depth
        self._read(html=html)

    def test_a_value_in_a_table_of_its_own(self):
        html = "<table><tr><td>Phone</td><td><table><tr><td>061</td></tr></table></td></tr></table>"
        self.assertIn(("Phone", "061"), self._read(html=html)["cells"])
