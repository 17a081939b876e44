import json
from unittest.mock import patch

from lxml import html
from psycopg2.errors import UniqueViolation

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.crm_intake_form import TRAP
from ..models.crm_lead_rate import LIMITS
from .test_intake import IntakeCase

SITE = "https://www.example.org"


class IntakeFormCase(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.kind = "form"


@tagged("post_install", "-at_install")
class TestIntakeFormHtml(IntakeFormCase):
    """The form to paste, and what a channel for forms can be told."""

    def _get_form(self):
        return html.fragment_fromstring(self.channel.form_html)

    def test_the_usual_fields(self):
        form = self._get_form()
        self.assertEqual(form.get("action"), f"{self.channel.get_base_url()}/lead_intake/our-web-site/form")
        self.assertEqual([node.get("name") for node in form.xpath("//label//*[@name]")],
                         ["contact_name", "email_from", "phone", "request"])  # fmt: skip
        self.assertEqual(form.xpath("//textarea/@name"), ["request"])
        self.assertTrue(form.xpath(f"//input[@name='{TRAP}']"))

    def test_the_mapped_fields_and_nothing_that_breaks_out(self):
        self.channel.mapping_ids = [
            Command.create({"how": "form", "path": 'a"><b', "target": "priority"}),
            Command.create({"how": "form", "path": "mail", "target": "email_from"}),
            Command.create({"how": "form", "path": "pets", "target": "property", "property_name": "<Pets>"}),
        ]
        form = self._get_form()
        self.assertEqual([node.get("name") for node in form.xpath("//label//*[@name]")], ['a"><b', "mail", "pets"])
        self.assertGreater(len(form.xpath("//select/option")), 2)
        self.assertFalse(form.xpath("//b"))
        self.assertIn("<Pets>", form.text_content())

    def test_the_consent_shows_its_words(self):
        purpose = self.env["crm.consent.purpose"].create(
            {"name": "News", "wording": "I want <news>", "wording_version": "3"}
        )
        self.channel.consent_purpose_id = purpose
        form = self._get_form()
        self.assertEqual(form.xpath("//input[@name='consent']/@value"), ["3"])
        self.assertIn("I want <news>", form.text_content())

    def test_other_kinds_have_none(self):
        self.channel.kind = "json"
        self.assertFalse(self.channel.form_html)

    def test_one_channel_of_a_company_is_for_the_web_site(self):
        self.channel.is_website_form = True
        other = self.channel.copy({"code": "other"})
        self.assertFalse(other.is_website_form)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            other.is_website_form = True
            other.flush_recordset()

    def test_a_pasted_sample_is_read(self):
        intake = self._receive("email_from=z%40example.org&contact_name=Zo%C3%AB")
        self.assertEqual((intake.lead_id.email_from, intake.lead_id.contact_name), ("z@example.org", "Zoë"))

    def test_the_form_speaks_the_language_of_its_channel(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.channel.lang_id = self.env.ref("base.lang_it")
        purpose = self.env["crm.consent.purpose"].create({"name": "News", "wording": "I want news"})
        purpose.with_context(lang="it_IT").wording = "Voglio notizie"
        self.channel.consent_purpose_id = purpose
        self.assertIn("Voglio notizie", self.channel.form_html)

    def test_sites_and_pages(self):
        self.channel.allowed_origins = f"{SITE}/\n\nhttp://localhost:8000"
        for origin in ("example.org", "https://", "*", f"{SITE}/page", "ftp://example.org"):
            with self.assertRaises(ValidationError, msg=origin):
                self.channel.allowed_origins = origin
        for url in ("javascript:alert(1)", "/thanks", "https://"):
            with self.assertRaises(ValidationError, msg=url):
                self.channel.thanks_url = url


@tagged("post_install", "-at_install")
class TestIntakeWebsite(IntakeFormCase):
    """The form of Odoo's own web site."""

    def test_type_and_source(self):
        values = {"email_from": "a@example.org"}
        leads = self.env["crm.lead"]
        self.assertEqual(self._filter(values), values, "there is no channel for it")
        lead_type = self.env["crm.lead.type"].create({"name": "From the web"})
        self.channel.write({"is_website_form": True, "lead_type_id": lead_type.id})
        filtered = self._filter(values)
        self.assertEqual(filtered["lead_type_id"], lead_type.id)
        self.assertEqual(self.env["utm.source"].browse(filtered["source_id"]).name, "Our web site")
        source = self.env["utm.source"].create({"name": "Known already"})
        self.assertEqual(self._filter({"source_id": source.id})["source_id"], source.id)
        self.assertEqual(leads.create({**filtered, "name": "x"}).lead_type_id, lead_type)
        self.channel.company_id = self.other_company
        self.assertNotIn("lead_type_id", self._filter(values))

    def _filter(self, values):
        """Without the module of the web site, whose own filter needs its request."""
        lead_class = type(self.env["crm.lead"])
        for parent in lead_class.__mro__:
            if "website_crm" in parent.__module__ and "website_form_input_filter" in vars(parent):
                self.patch(parent, "website_form_input_filter", lambda _self, _request, values: values)
        return self.env["crm.lead"].website_form_input_filter(None, dict(values))


@tagged("post_install", "-at_install")
class TestIntakeFormHttp(IntakeFormCase, HttpCase):
    """What visitors send."""

    def _send(self, form=None, code="our-web-site", method="POST", files=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in {"Accept": "application/json", **headers}.items()}
        url = f"{self.base_url()}/lead_intake/{code}/form"
        form = {"email_from": "a@example.org"} if form is None else form
        return self.opener.request(method, url, data=form, files=files, headers=headers, allow_redirects=False)

    def _send_lead(self, form, **options):
        self.assertEqual(self._send(form, **options).status_code, 200)
        return self.channel.request_ids[:1].lead_id

    def test_a_form_becomes_a_lead(self):
        response = self._send({"contact_name": "Zoë", "email_from": "z@example.org", "request": "May?\nJune?"})
        self.assertEqual((response.status_code, response.json()), (200, {"status": "received"}))
        lead = self.channel.request_ids.lead_id
        self.assertEqual((lead.contact_name, lead.request, lead.source_id.name), ("Zoë", "May?\nJune?", "Our web site"))

    def test_in_parts(self):
        lead = self._send_lead(
            {"email_from": "z@example.org"}, files={"a_file": ("x.txt", b"x"), "contact_name": (None, "Zoë")}
        )
        self.assertEqual((lead.email_from, lead.contact_name), ("z@example.org", "Zoë"))

    def test_mapped_fields(self):
        self.channel.mapping_ids = [Command.create({"how": "form", "path": "your-mail", "target": "email_from"})]
        lead = self._send_lead({"your-mail": "z@example.org", "phone": "0612345678", "user_id": "2"})
        self.assertEqual((lead.email_from, lead.phone, lead.user_id.id), ("z@example.org", False, False))

    def test_sent_twice_it_is_one(self):
        first = self._send_lead({"email_from": "a@example.org", "seconds_to_fill": "9"})
        self._send({"email_from": "a@example.org", "seconds_to_fill": "11"})
        self.assertEqual(self.channel.request_ids.lead_id, first)
        self.assertEqual(self.channel.request_ids.mapped("state"), ["duplicate", "done"])

    def test_the_page_that_says_thank_you(self):
        response = self._send(Accept="text/html")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Thank you", response.text)
        self.channel.thanks_url = f"{SITE}/thanks"
        response = self._send({"email_from": "b@example.org"}, Accept="text/html")
        self.assertEqual((response.status_code, response.headers["Location"]), (303, f"{SITE}/thanks"))

    def test_robots_get_the_same_answer_and_nothing_comes_in(self):
        good = self._send({"email_from": "a@example.org", "seconds_to_fill": "30"})
        for name, value in ((TRAP, "x"), ("seconds_to_fill", "1"), ("seconds_to_fill", "-5"), ("seconds_to_fill", "²")):
            response = self._send({"email_from": "robot@example.org", name: value})
            self.assertEqual((response.status_code, response.text), (good.status_code, good.text), value)
        self.assertEqual(len(self.channel.request_ids), 1)
        self.assertEqual(self.env["crm.intake.refusal"].search([("channel_id", "=", self.channel.id)]).count, 4)
        self.channel.fill_seconds = 0
        self.assertTrue(self._send_lead({"email_from": "b@example.org", "seconds_to_fill": "1"}))

    def test_sites(self):
        response = self._send(Origin=SITE)
        self.assertNotIn("Access-Control-Allow-Origin", response.headers, "no site is named")
        self.channel.allowed_origins = SITE
        for method, status in (("POST", 200), ("OPTIONS", 204)):
            response = self._send({"email_from": "b@example.org"}, method=method, Origin=SITE)
            self.assertEqual((response.status_code, response.headers["Access-Control-Allow-Origin"]), (status, SITE))
            for origin in ("https://example.org", f"{SITE}.evil.example", "http://www.example.org", "null"):
                response = self._send({"email_from": "c@example.org"}, method=method, Origin=origin)
                self.assertEqual(response.status_code, 403, origin)
                self.assertNotIn("Access-Control-Allow-Origin", response.headers)
        self.assertEqual(len(self.channel.request_ids), 2)
        self.assertEqual(self._send({"email_from": "d@example.org"}, Origin=self.base_url()).status_code, 200)

    def test_the_rate_of_an_address(self):
        self.startPatcher(patch.dict(LIMITS, intake_form=(2, 525_600, 1)))
        statuses = [self._send({"email_from": f"a{number}@example.org"}).status_code for number in range(3)]
        self.assertEqual(statuses, [200, 200, 429])
        self.assertEqual(len(self.channel.request_ids), 2)
        self.assertIn("many", self._send(Accept="text/html").text)

    def test_refusals(self):
        self.assertEqual(self._send(code="no-such").status_code, 404)
        self.assertEqual(self._send(b"{}", Content_Type="application/json").status_code, 415)
        self.assertEqual(self._send({"request": "x" * 100_000}).status_code, 413)
        self.assertIn(self.url_open("/lead_intake/our-web-site/form").status_code, (404, 405))
        self.channel.active = False
        self.assertEqual(self._send().status_code, 404)
        self.assertFalse(self.channel.request_ids)

    def test_bad_values_are_no_error(self):
        for form in (
            {"email_from": "nobody", "phone": "0612345678"},
            {"email_from": "a@example.org", "request": "a\x00b", "self": "1", "code": "x", "env": "y"},
            b"email_from=b%40example.org&request=%ff%fe%ed%a0%80&%00=1",
            {"email_from": "c@example.org", "utm_source": "a\x01\nb", "page": "http://[", "consent": "x" * 5000},
            {f"field{number}": "x" for number in range(500)},
        ):
            options = {"Content_Type": "application/x-www-form-urlencoded"} if isinstance(form, bytes) else {}
            self.assertEqual(self._send(form, **options).status_code, 200, form)
        self.assertEqual(set(self.channel.request_ids.mapped("state")), {"done", "quarantined"})

    def test_where_a_visitor_comes_from(self):
        page = f"{SITE}/rooms?utm_source=News&utm_medium=Mail&utm_campaign=Spring"
        lead = self._send_lead({"email_from": "a@example.org"}, Referer=page)
        self.assertEqual((lead.source_id.name, lead.medium_id.name, lead.campaign_id.name), ("News", "Mail", "Spring"))
        self.assertEqual(lead.referred, page)
        lead = self._send_lead({"email_from": "b@example.org", "utm_source": "Fair", "page": f"{SITE}/b"}, Referer=page)
        self.assertEqual((lead.source_id.name, lead.referred), ("Fair", f"{SITE}/b"))

    def test_consent(self):
        purpose = self.env["crm.consent.purpose"].create(
            {"name": "News", "wording": "I want news", "wording_version": "3"}
        )
        self.channel.consent_purpose_id = purpose
        self.assertFalse(self._send_lead({"email_from": "a@example.org"}).consent_ids)
        consent = self._send_lead({"email_from": "b@example.org", "consent": "3"}, Referer=f"{SITE}/rooms").consent_ids
        self.assertEqual((consent.state, consent.wording, consent.wording_version), ("given", "I want news", "3"))
        self.assertIn(f"{SITE}/rooms", consent.proof)
        # the form was pasted before the words changed
        purpose.write({"wording": "I want much news", "wording_version": "4"})
        consent = self._send_lead({"email_from": "c@example.org", "consent": "3"}).consent_ids
        self.assertEqual((consent.wording, consent.wording_version), ("I want news", "3"))
        consent = self._send_lead({"email_from": "d@example.org", "consent": "2"}).consent_ids
        self.assertEqual((consent.wording, consent.wording_version), (False, "2"))

    def test_what_was_sent_is_kept(self):
        self._send({"email_from": "a@example.org", TRAP: "", "unmapped": "x"}, User_Agent="Browser")
        intake = self.channel.request_ids
        self.assertEqual(json.loads(intake.payload), {"email_from": "a@example.org", "unmapped": "x"})
        self.assertEqual(intake.headers["User-Agent"], "Browser")
