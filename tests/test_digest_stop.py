import ast

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import hash_sign

from .digest_common import MORNING, DigestCase


@tagged("post_install", "-at_install")
class TestDigestStop(HttpCase, DigestCase):
    """The link by which people stop their digest, and their preference."""

    def setUp(self):
        super().setUp()
        self.path = self.user_own._get_digest_stop_path()
        self.authenticate(None, None)

    def _is_on(self):
        self.env.invalidate_all()
        return self.user_own.lead_digest

    def _text(self, response):
        return " ".join(html.fromstring(response.content).find(".//main").text_content().split())

    def test_following_the_link_changes_nothing_the_button_does(self):
        response = self.url_open(self.path)
        self.assertEqual(response.status_code, 200)
        self.assertIn("Olga Own will get no e-mail", self._text(response))
        self.assertEqual(response.headers["X-Robots-Tag"], "noindex, nofollow")
        self.assertTrue(self._is_on())
        (form,) = html.fromstring(response.content).xpath("//main//form[@method='post']")
        self.assertFalse(form.get("action"), "the form goes to the page that it is on")
        response = self.url_open(self.path, data={"button": ""})
        self.assertIn("is stopped", self._text(response))
        self.assertFalse(self._is_on())

    def test_the_mail_program_stops_it_with_one_click(self):
        with self._at(MORNING):
            self._expired()
            self._send()
        headers = ast.literal_eval(self._digests(self.user_own).headers)
        self.assertEqual(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        address = headers["List-Unsubscribe"].strip("<>")
        self.assertEqual(self._links(self.user_own)["Stop this e-mail"], address)
        self.assertTrue(address.startswith(self.company.get_base_url()))
        path = address.removeprefix(self.company.get_base_url())
        response = self.url_open(path, data={"List-Unsubscribe": "One-Click"})
        self.assertEqual(response.status_code, 200)
        self.assertFalse(self._is_on())
        with self._at("2027-03-02 06:00:00"):
            self._send()
        self.assertEqual(len(self._digests(self.user_own)), 1)

    def test_a_link_that_we_have_not_made_changes_nothing(self):
        token = self.path.rpartition("/")[2]
        other = hash_sign(self.env(su=True), "something else", self.user_own.id)
        for wrong in (other, token[:-3], f"{token}xx", "x", "é", "AQ", token[:15] + "A" + token[16:]):
            for method in ("GET", "POST"):
                with self.subTest(wrong, method=method):
                    response = self.url_open(f"/lead_digest/stop/{wrong}", method=method, data=None)
                    self.assertEqual(response.status_code, 404)
                    self.assertIn("does not work", self._text(response))
        self.assertTrue(self._is_on())

    def test_the_link_of_a_user_who_was_deleted_leads_nowhere(self):
        path = self.user_own.browse(2**31 - 1)._get_digest_stop_path()
        self.assertEqual(self.url_open(path).status_code, 404)

    def test_the_preference_stands_with_the_notices(self):
        me = self.user_own.with_user(self.user_own)
        arch = me.get_view(self.env.ref("base.view_users_form_simple_modif").id, "form")["arch"]
        (field,) = html.fromstring(arch).xpath("//field[@name='lead_digest']")
        self.assertTrue(field.xpath("ancestor::group[@name='lead_notices']"))
        self.assertNotEqual(field.get("readonly"), "1")

    def test_everybody_may_change_the_own_preference_alone(self):
        me = self.user_own.with_user(self.user_own)
        self.assertTrue(me.lead_digest)
        me.lead_digest = False
        self.assertFalse(me.lead_digest)
        with self.assertRaises(AccessError):
            self.user_all.with_user(me).lead_digest = False
        with self.assertRaises(AccessError):
            me.write({"lead_digest_date": "2027-03-01"})
