import io
import zipfile
from unittest.mock import patch

from odoo.exceptions import ConcurrencyError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.crm_lead_customer_file import _clean_name
from .portal_common import PNG, PortalCase


@tagged("post_install", "-at_install")
class TestPortalFile(PortalCase):
    """Files that customers send and get."""

    def setUp(self):
        super().setUp()
        self._follow()

    def _send(self, *files, **values):
        return self._write(files=[("files", file) for file in files], **{"text": "", **values})

    def _get_file(self, file, lead=None):
        return self._get(self._path(lead, f"/files/{file.id}"))

    def _document(self, folder):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr(f"{folder}/document.xml", "<x/>")
        return content.getvalue()

    def test_several_files_at_once(self):
        response = self._send(
            ("pass.png", PNG), ("plan.pdf", b"%PDF-1.4 x"), ("list.docx", self._document("word")), text="Here they are"
        )
        self.assertEqual(response.status_code, 200)
        files = self._messages().attachment_ids
        self.assertEqual(sorted(files.mapped("name")), ["list.docx", "pass.png", "plan.pdf"])
        self.assertEqual(set(files.mapped("res_model")), {"crm.lead"})
        self.assertEqual(set(files.mapped("res_id")), {self.lead.id})
        self.assertFalse(any(files.mapped("public")))
        self.assertIn("Files (3)", self._text(self._get(self._path())))

    def test_what_can_not_be_sent(self):
        svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
        for name, content in (
            ("page.html", b"<html><script>alert(1)</script></html>"),
            ("picture.png", svg),
            ("picture.svg", svg),
            ("program.pdf", b"MZ\x90\x00" + b"\x00" * 100),
            ("all.zip", b"PK\x05\x06" + b"\x00" * 18),
            ("empty.txt", b""),
            ("large.txt", b"x" * (10 * 1024 * 1024 + 1)),
        ):
            response = self._send((name, content), text="See this")
            self.assertEqual(response.status_code, 422, name)
            self.assertIn(name, response.json()["problem"])
        response = self._send(*((f"{number}.png", PNG) for number in range(6)))
        self.assertEqual(response.status_code, 422)
        self.assertFalse(self._messages())
        self.assertFalse(self.env["ir.attachment"].search([("name", "=", "picture.png")]))

    def test_a_file_has_the_ending_of_its_content(self):
        self._send(("picture.html", PNG), ("run.js", b"alert(1)"))
        self.assertEqual(sorted(self._messages().attachment_ids.mapped("name")), ["picture.html.png", "run.js.txt"])

    def test_names_are_cleaned(self):
        for name, clean in (
            ("../../etc/passwd", "passwd"),
            ("C:\\secret\\a.png", "a.png"),
            ("a\r\nX-Evil: 1.png", "aX-Evil: 1.png"),
            ("a\u202egnp.exe", "agnp.exe"),
            ("..", "file"),
            (None, "file"),
        ):
            self.assertEqual(_clean_name(name), clean)
        self.assertLessEqual(len(_clean_name("x" * 300 + ".png")), 100)
        self.assertTrue(_clean_name("x" * 300 + ".png").endswith(".png"))

    def test_sent_twice_it_is_kept_once(self):
        for _time in range(2):
            self._send(("pass.png", PNG), key="33333333-c")
        self.assertEqual(len(self._messages()), 1)
        self.assertEqual(self.env["ir.attachment"].search_count([("name", "=", "pass.png")]), 1)

    def test_after_a_conflict_all_files_are_read_again(self):
        leads, read = type(self.env["crm.lead"]), []

        def conflict(lead, text, files, key):
            read.append([content for _name, content in files])
            if len(read) == 1:
                raise ConcurrencyError
            return write(lead, text, files, key)

        write = leads._write_from_customer
        at_once = patch("odoo.service.model.random.uniform", return_value=0)
        with patch.object(leads, "_write_from_customer", conflict), at_once, mute_logger("odoo.service.model"):
            self._send(("a.png", PNG), ("b.png", PNG))
        self.assertEqual(read, [[PNG, PNG]] * 2)

    def test_pictures_show_and_the_rest_is_saved(self):
        self._send(("pass.png", PNG), ("plan.pdf", b"%PDF-1.4 x"))
        png, pdf = self._messages().attachment_ids.sorted("name")
        response = self._get_file(png)
        self.assertEqual((response.status_code, response.content), (200, PNG))
        self.assertNotIn("attachment", response.headers.get("Content-Disposition", ""))
        response = self._get_file(pdf)
        self.assertIn("attachment", response.headers["Content-Disposition"])
        for header, value in (
            ("X-Content-Type-Options", "nosniff"),
            ("Content-Security-Policy", "default-src 'none'"),
            ("Cache-Control", "no-store"),
        ):
            self.assertEqual(response.headers[header], value)

    def test_a_page_of_the_desk_never_runs_there(self):
        files = (
            self.env["ir.attachment"]
            .with_user(self.user_own)
            .create(
                [
                    {"name": "a.svg", "raw": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "mimetype": "image/svg+xml"},
                    {"name": "a.html", "raw": b"<script>alert(1)</script>", "mimetype": "text/html"},
                ]
            )
        )
        self.lead.with_user(self.user_own).post_to_customer("See", attachment_ids=files.ids)
        for file in files:
            response = self._get_file(file)
            self.assertEqual(response.status_code, 200)
            self.assertIn("attachment", response.headers["Content-Disposition"])

    def test_files_that_the_customer_has_not_got(self):
        def attach(lead, subtype):
            file = self.env["ir.attachment"].create({"name": "Hidden.png", "raw": PNG})
            lead.message_post(body="See", subtype_xmlid=subtype, attachment_ids=file.ids)
            return file

        other = self._request(partner_id=self.user_own.partner_id.id)
        loose = self.env["ir.attachment"].create(
            {"name": "Loose.png", "raw": PNG, "res_model": "crm.lead", "res_id": self.lead.id}
        )
        link = self.env["ir.attachment"].create({"name": "Link", "type": "url", "url": "https://example.com/x"})
        self.lead.message_post(body="See", subtype_xmlid="mail.mt_comment", attachment_ids=link.ids)
        for file in (attach(self.lead, "mail.mt_note"), attach(other, "mail.mt_comment"), loose, link):
            self.assertEqual(self._get_file(file).status_code, 404)
            self.assertEqual(self._get_file(file, other).status_code, 404)
        self.assertEqual(self._get(self._path(path="/files/999999999999")).status_code, 404)
        self.assertNotIn("Hidden.png", self._get(self._path()).text)
