import hashlib
import hmac
import json
import time
from datetime import date, timedelta
from unittest.mock import patch

from psycopg2.errors import CheckViolation, ProgramLimitExceeded

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError, MissingError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_intake import IntakeCase


@tagged("post_install", "-at_install")
class TestIntakeMisuse(IntakeCase, HttpCase):
    """Senders that lie, that break off, or that come in each other's way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secret = cls.channel._new_secret()

    def _send(self, body, headers=None):
        headers = {"Content-Type": "application/json", **(headers or {"Authorization": f"Bearer {self.secret}"})}
        return self.url_open("/lead_intake/our-web-site", data=body, headers=headers)

    @mute_logger("odoo.service.model", "odoo.http")
    def test_what_odoo_repeats_is_written_down_and_counted_once(self):
        channels, requests = type(self.channel), type(self.env["crm.intake.request"])
        payload = json.dumps({"email_from": "a@example.org"})
        intake, _is_repeat = self.env["crm.intake.request"]._receive(self.channel._at_work(), payload)
        work, broken = requests._process, [ConcurrencyError("another one was faster")]

        def break_once(intake, **options):
            if broken:
                raise broken.pop()
            return work(intake, **options)

        with (
            patch.object(requests, "_receive", return_value=(intake, False)) as receive,
            patch.object(requests, "_process", break_once),
            patch.object(channels, "_is_within_rate", return_value=True) as count,
            patch("odoo.service.model.time.sleep"),
        ):
            response = self._send(b"{}")
        self.assertFalse(broken)
        self.assertEqual((receive.call_count, count.call_count), (1, 1))
        self.assertEqual((response.status_code, response.json()["status"]), (201, "created"))

    def test_a_signature_is_good_for_one_request(self):
        """The number in the header is not signed: with another one it is the same request."""
        secret, stamp, body = self.channel._new_secret("hmac"), str(int(time.time())), b'{"phone": "0612345678"}'
        signature = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        answers = [
            self._send(body, {"X-Timestamp": stamp, "X-Signature": given, **headers})
            for given, headers in (
                (signature, {"Idempotency-Key": "1"}),
                (signature, {"Idempotency-Key": "2"}),
                (f"sha256={signature.upper()}", {"Idempotency-Key": "3"}),
                (signature, {}),
            )
        ]
        self.assertEqual([answer.status_code for answer in answers], [201, 200, 200, 200])
        self.assertEqual(len({answer.json()["number"] for answer in answers}), 1)
        self.assertEqual(len(self.channel.request_ids.lead_id), 1)

    def test_characters_that_are_not_utf_8(self):
        response = self._send('{"email_from": "a@example.org", "request": "caffè"}'.encode("latin-1"))
        self.assertEqual((response.status_code, response.json()["error"]), (400, "malformed"))
        self.assertIn("caff", self.channel.request_ids.payload)

    def test_errors_of_the_lead_desk_are_for_the_journal(self):
        words = "Record does not exist or has been deleted.\n(Record: crm.lead.type(5,), User: 1)"
        with patch.object(type(self.env["crm.lead"]), "create", side_effect=MissingError(words)):
            response = self._send(b'{"email_from": "a@example.org"}')
        self.assertEqual((response.status_code, response.json()["error"]), (422, "invalid"))
        self.assertNotIn("crm.lead.type", response.text)
        self.assertEqual(self.channel.request_ids.error, words)

    def test_who_repeats_what_was_corrected_in_the_meantime(self):
        old = self._receive({"email_from": "nobody"}, "7")
        new = self._receive({"email_from": "a@example.org"}, "7")
        requests = type(old)
        with patch.object(requests, "_receive", return_value=(old.with_env(new.env), True)):
            response = self._send(b"{}")
        self.assertEqual((response.status_code, response.json()["number"]), (200, new.lead_id.number))


@tagged("post_install", "-at_install")
class TestIntakeJournal(IntakeCase):
    """Nothing that was written down is lost, whoever comes in its way."""

    def test_a_new_body_for_what_was_erased_before_it_became_a_lead(self):
        for number, content in (("1", {"email_from": "nobody"}), ("2", {"request": "Call me"})):
            self._receive(content, number)._erase()
            intake = self._receive({"email_from": "a@example.org"}, number)
            self.assertEqual((intake.state, intake.lead_id.email_from), ("done", "a@example.org"))

    def test_what_was_erased_waits_for_nobody(self):
        self._receive({"email_from": "nobody"})._erase()
        self._receive({"request": "Call me"})._erase()
        self.assertEqual((self.channel.failed_count, self.channel.quarantined_count), (0, 0))
        self.env["crm.intake.channel"]._tell_trouble()
        self.assertFalse(self.channel.date_told)

    def test_a_request_that_says_nothing_is_released(self):
        intake = self._receive({"shoe_size": 42})
        self.assertEqual(intake.state, "quarantined")
        intake.with_user(self.user_manager).action_release()
        self.assertEqual((intake.state, intake.lead_id.name), ("done", "Our web site"))

    def test_the_journal_says_what_happened(self):
        intake = self._receive({"email_from": "nobody"}).with_user(self.user_manager)
        for values in ({"state": "done"}, {"date": "2020-01-01"}, {"lead_id": False}, {"external_id": "1"}):
            with self.assertRaises(AccessError):
                intake.write(values)
        intake.payload = "{}"

    @mute_logger("odoo.sql_db")
    def test_repeats_are_known_no_longer_than_requests_are_kept(self):
        """What was erased without a number of its own would make a second lead."""
        self.channel.write({"keep_days": 1, "repeat_hours": 24})
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.channel.repeat_hours = 25
            self.channel.flush_recordset()
        self.channel.invalidate_recordset()
        self.channel.write({"keep_days": 0, "repeat_hours": 1000})

    @mute_logger("odoo.addons.crm_lead_lifecycle.models.crm_intake_request")
    def test_one_that_the_database_refuses_stops_no_others(self):
        intakes = self.env["crm.intake.request"]
        for name in ("bad", "good"):
            payload = json.dumps({"email_from": f"{name}@example.org"})
            intakes += intakes._receive(self.channel._at_work(), payload)[0]
        intakes.date = fields.Datetime.now() - timedelta(minutes=5)
        create = type(self.env["crm.lead"]).create

        def refuse(leads, vals_list):
            if vals_list["email_from"].startswith("bad"):
                raise ProgramLimitExceeded("index row is too large")
            return create(leads, vals_list)

        with patch.object(type(self.env["crm.lead"]), "create", refuse):
            self.env["crm.intake.request"]._cron_finish()
        self.assertEqual(intakes.mapped("state"), ["failed", "done"])
        self.assertEqual(intakes[0].error_status, 503)


@tagged("post_install", "-at_install")
class TestIntakeValues(IntakeCase):
    """What senders write, in their own way."""

    def _map(self, **rows):
        self.channel.mapping_ids = [
            Command.clear(),
            Command.create({"path": "email_from", "target": "email_from"}),
            *(Command.create({"path": path, **row}) for path, row in rows.items()),
        ]

    def _lead(self, **content):
        intake = self._receive({"email_from": "a@example.org", **content})
        self.assertEqual(intake.state, "done", intake.error)
        return intake.lead_id

    def test_a_day_is_that_of_the_sender(self):
        for text in ("2027-07-01T00:00:00+02:00", "2027-07-01T23:30:00-05:00", "2027-07-01"):
            self.assertEqual(self._lead(proposal_deadline=text).proposal_deadline, date(2027, 7, 1))
        self.assertEqual(self._lead(date_due="2027-07-01T00:00:00+02:00").date_due.day, 30)

    def test_money_as_it_is_written(self):
        for text, amount in {
            "1.234": 1234,
            "1,234": 1234,
            "1.234,50": 1234.5,
            "1,234.50": 1234.5,
            "1.234.567": 1234567,
            "350 000 zł": 350000,
            "350\xa0000,00 PLN": 350000,
            "€ 1.200": 1200,
            "1'200.50": 1200.5,
            "12,5": 12.5,
            "1234.56": 1234.56,
            "0.125": 0.13,
        }.items():
            self.assertAlmostEqual(self._lead(expected_revenue=text).expected_revenue, amount, 2, text)
        for text in ("1.23.456", "1,2,3", "12 months", "1.234.56"):
            self.assertEqual(self._receive({"email_from": "a@example.org", "expected_revenue": text}).state, "failed")

    def test_numbers_and_yes_and_no_are_translated(self):
        self._map(level={"target": "priority", "translations": "7 = 3\ntrue = 2"})
        self.assertEqual(self._lead(level=7).priority, "3")
        self.assertEqual(self._lead(level=True).priority, "2")

    def test_days_and_long_texts_of_the_type(self):
        self.lead_type.property_definition = [
            {"name": "arrival", "type": "date", "string": "Arrival"},
            {"name": "call_at", "type": "datetime", "string": "Call at"},
            {"name": "wishes", "type": "text", "string": "Wishes"},
        ]
        self._map(
            arrival={"target": "property", "property_name": "Arrival"},
            call_at={"target": "property", "property_name": "Call at"},
            wishes={"target": "property", "property_name": "Wishes"},
        )
        lead = self._lead(arrival="2027-07-01", call_at="2027-07-01T10:00:00+02:00", wishes="Sea\nand sun")
        self.assertEqual(lead.type_properties["arrival"], "2027-07-01")
        self.assertEqual(lead.type_properties["call_at"], "2027-07-01 08:00:00")
        self.assertEqual(lead.type_properties["wishes"], "Sea\nand sun")

    def test_a_state_is_one_of_the_country(self):
        states = self.env["res.country.state"]
        countries = [self.env.ref("base.it"), self.env.ref("base.es")]
        for country in countries:
            states.create({"name": "Twin Land", "code": "TWIN", "country_id": country.id})
        for country in countries:
            for text in ("twin", "Twin Land"):
                lead = self._lead(state_id=text, country_id=country.code)
                self.assertEqual(lead.state_id.country_id, country)

    def test_very_many_tags(self):
        """Each is looked for, and whoever fills in a form may send any number."""
        self.env["crm.tag"].create({"name": "Sea"})
        lead = self._lead(tag_ids="Sea, sea", priority="1")
        self.assertEqual(lead.tag_ids.mapped("name"), ["Sea"])
        self.channel.kind = "form"
        with self.assertQueryCount(500):
            intake = self._receive({"email_from": "b@example.org", "tag_ids": "Sea," * 10_000})
        self.assertEqual((intake.state, intake.lead_id.tag_ids.ids), ("done", []))

    def test_a_language_that_was_uninstalled(self):
        language = self.env["res.lang"]._activate_lang("fr_FR")
        self.channel.write({"kind": "form", "lang_id": language.id})
        language.active = False
        self.env.invalidate_all()
        self.assertIn("<form", self.channel.form_html)
