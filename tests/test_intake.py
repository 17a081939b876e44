import hashlib
import hmac
import json
import time
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, ConcurrencyError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models import crm_lead_rate
from ..models.intake_json import JsonProblem, find, read_object
from .common import LeadCase


class IntakeCase(LeadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel = cls.env["crm.intake.channel"].create({"name": "Our web site", "code": "our-web-site"})

    def _receive(self, content, external_id=None, channel=None):
        """Write something down and make a lead of it."""
        channel = (channel or self.channel)._at_work()
        payload = content if isinstance(content, str) else json.dumps(content)
        intake, _is_repeat = self.env["crm.intake.request"]._receive(channel, payload, external_id)
        intake._process()
        return intake


@tagged("post_install", "-at_install")
class TestIntakeJson(LeadCase):
    """What is read as JSON, and what is refused."""

    def test_read(self):
        self.assertEqual(read_object(b'\xef\xbb\xbf{"a": [1, {"b": "\xc3\xa9"}]}'), {"a": [1, {"b": "é"}]})

    def test_refused(self):
        for raw, word in {
            b"\xff\xfe{}": "encoding",
            b"": "syntax",
            b"{": "syntax",
            b"[]": "object",
            b"null": "object",
            b'{"a": 1, "a": 2}': "key",
            b'{"a": NaN}': "number",
            b'{"a": 1e999}': "number",
            b'{"a": ' + b"9" * 5000 + b"}": "number",
            b'{"a": "\\u0000"}': "character",
            b'{"\\ud800": 1}': "character",
            b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}": "depth",
            b"[" * 100_000: "depth",
            b'{"a": [' + b"1," * 10_000 + b"1]}": "size",
        }.items():
            with self.subTest(raw[:30]), self.assertRaises(JsonProblem) as refused:
                read_object(raw)
            self.assertEqual(refused.exception.word, word, raw[:30])

    def test_find(self):
        value = {"contact": {"emails": [{"value": "a@example.org"}]}}
        self.assertEqual(find(value, "contact.emails[0].value"), "a@example.org")
        for path in ("contact.emails[1].value", "contact.phones", "contact.emails.value", "contact.emails[-1]"):
            self.assertIsNone(find(value, path))


@tagged("post_install", "-at_install")
class TestIntakeRequest(IntakeCase):
    """Requests are written down, and become leads once."""

    def test_an_inquiry_becomes_a_lead(self):
        intake = self._receive({"contact_name": "Marco", "email_from": "marco@example.org", "request": "A week in May"})
        lead = intake.lead_id
        self.assertEqual(intake.state, "done")
        self.assertEqual(lead.name, "A week in May")
        self.assertEqual(lead.source_id.name, "Our web site")
        self.assertEqual(lead.company_id, self.company)
        self.assertEqual((lead.contact_name, lead.email_from, lead.user_id.id), ("Marco", "marco@example.org", False))

    def test_what_is_not_named_goes_nowhere(self):
        lead = self._receive(
            {"email_from": "a@example.org", "user_id": 2, "partner_id": 1, "stage_id": 1, "id": 1, "company_id": 5}
        ).lead_id
        self.assertFalse(lead.user_id)
        self.assertFalse(lead.partner_id)
        self.assertEqual(lead.company_id, self.company)

    def test_the_same_again_is_a_repeat(self):
        first = self._receive({"email_from": "a@example.org"})
        second = self._receive({"email_from": "a@example.org"})
        self.assertEqual(second, first)
        self.assertEqual(self.channel.request_ids.mapped("state"), ["duplicate", "done"])
        self.channel.repeat_hours = 0
        self.assertNotEqual(self._receive({"email_from": "a@example.org"}).lead_id, first.lead_id)

    def test_two_numbers_are_two_requests(self):
        leads = [self._receive({"email_from": "a@example.org"}, number).lead_id for number in ("1", "2", "1")]
        self.assertEqual(leads[0], leads[2])
        self.assertNotEqual(leads[0], leads[1])

    def test_without_phone_and_address_it_waits(self):
        intake = self._receive({"request": "Call me"})
        self.assertEqual(intake.state, "quarantined")
        self.assertFalse(intake.lead_id)
        intake._process()
        self.assertEqual(intake.state, "quarantined", "only a person releases it")
        intake.with_user(self.user_manager).action_release()
        self.assertEqual(intake.lead_id.request, "Call me")

    def test_what_is_no_inquiry_is_set_aside_and_can_be_taken_back(self):
        intakes = self._receive({"request": "Buy our lists"}) + self._receive({"email_from": "nobody"})
        with self.assertRaises(AccessError):
            intakes.with_user(self.user_all).action_set_aside()
        intakes.with_user(self.user_manager).action_set_aside()
        self.assertEqual(intakes.mapped("state"), ["done", "done"])
        self.assertIn(self.user_manager.name, intakes[0].error)
        self.assertFalse(intakes.lead_id)
        self.assertEqual(self._receive({"request": "Buy our lists"}), intakes[0], "nor does a repeat wait")
        intakes[0].with_user(self.user_manager).action_release()
        self.assertEqual(intakes[0].lead_id.request, "Buy our lists")

    def test_what_failed_is_mended_and_tried_again(self):
        intake = self._receive({"email_from": "nobody"})
        self.assertEqual((intake.state, intake.error_field), ("failed", "email_from"))
        intake = intake.with_user(self.user_manager)
        intake.payload = json.dumps({"email_from": "a@example.org"})
        intake.action_replay()
        self.assertEqual(intake.lead_id.email_from, "a@example.org")
        lead = intake.lead_id
        intake.action_replay()
        self.assertEqual(intake.lead_id, lead)

    def test_what_came_in_stays_as_it_came(self):
        done, waiting = self._receive({"email_from": "a@example.org"}), self._receive({"request": "Call me"})
        lead = self._lead(company_id=self.other_company.id, user_id=False)
        for intake, values in (
            (done, {"payload": "{}"}),
            (done + waiting, {"payload": "{}"}),
            (waiting, {"state": "done"}),
            (waiting, {"lead_id": lead.id}),
            (waiting, {"payload": "{}", "external_id": "7"}),
        ):
            with self.assertRaises(AccessError):
                intake.with_user(self.user_manager).write(values)
        waiting.with_user(self.user_manager).write({"payload": "{}"})

    def test_a_failed_one_can_be_corrected_by_its_sender(self):
        self._receive({"email_from": "nobody"}, "7")
        intake = self._receive({"email_from": "a@example.org"}, "7")
        self.assertEqual(intake.state, "done")
        self.assertEqual(self.channel.request_ids.mapped("state"), ["done", "duplicate"])

    @mute_logger("odoo.addons.crm_lead_lifecycle.models.crm_intake_request")
    def test_what_goes_wrong_leaves_nothing_half_made(self):
        self.patch(type(self.env["crm.lead"]), "create", _break)
        intake = self._receive({"email_from": "a@example.org"})
        self.assertEqual(intake.state, "failed")
        self.assertNotIn("secret detail", intake.error)

    @mute_logger("odoo.sql_db", "odoo.addons.crm_lead_lifecycle.models.crm_intake_request")
    def test_a_source_that_another_request_makes_at_the_same_moment(self):
        """The loser of that race is repeated, as it sees the source then; other collisions would come again."""
        for table, column in (("utm_source", "name"), ("crm_intake_channel", "code")):
            intake, _is_repeat = self.env["crm.intake.request"]._receive(
                self.channel._at_work(), json.dumps({"email_from": "a@example.org", "function": table})
            )

            def collide(*_args, table=table, column=column):
                self.env.flush_all()
                names = [name for name, field in self.env[table.replace("_", ".")]._fields.items()
                         if field.store and field.column_type and name != "id"]  # fmt: skip
                row = ", ".join(f'"{name}"' for name in names)
                self.env.cr.execute(f"INSERT INTO {table} ({row}) SELECT {row} FROM {table} LIMIT 1")

            with patch.object(type(self.env["crm.lead"]), "create", collide):
                if column == "name":
                    with self.assertRaises(ConcurrencyError):
                        intake._process()
                else:
                    intake._process()
            self.assertEqual(intake.state, "received" if column == "name" else "failed")

    def test_a_repeat_that_was_none_becomes_a_lead(self):
        first = self._receive({"email_from": "a@example.org"})
        self._receive({"email_from": "a@example.org"})
        repeat = self.channel.request_ids - first
        repeat.with_user(self.user_manager).action_release()
        self.assertEqual(repeat.state, "done")
        self.assertNotEqual(repeat.lead_id, first.lead_id)

    def test_who_asks_again(self):
        self.channel.again_days = 30
        first = self._receive({"email_from": "a@example.org", "request": "May?"}).lead_id
        second = self._receive({"email_from": "A@example.org", "request": "June?"}).lead_id
        self.assertEqual(second.again_lead_id, first)
        self.channel.again = "message"
        self.assertEqual(self._receive({"email_from": "a@example.org", "request": "July?"}).lead_id, second)
        self.assertIn("July?", second._get_conversation().body)

    def test_a_long_message_of_who_asks_again(self):
        self.channel.write({"again_days": 30, "again": "message"})
        lead = self._receive({"email_from": "a@example.org"}).lead_id
        self.assertEqual(self._receive({"email_from": "a@example.org", "request": "word " * 3_000}).lead_id, lead)
        self.assertEqual(len(lead._get_conversation()), 2)

    def test_the_number_of_what_was_erased_is_known(self):
        intake = self._receive({"email_from": "a@example.org"}, "7")
        intake._erase()
        self.assertEqual(self._receive({"email_from": "a@example.org"}, "7"), intake)

    def test_a_copy_has_an_address_of_its_own(self):
        copies = [self.channel.copy(), self.channel.copy()]
        self.assertEqual([copy.code for copy in copies], ["our-web-site-2", "our-web-site-3"])

    def test_interrupted_work_is_finished(self):
        payload = json.dumps({"email_from": "a@example.org"})
        intake, _is_repeat = self.env["crm.intake.request"]._receive(self.channel._at_work(), payload)
        self.env["crm.intake.request"]._cron_finish()
        self.assertEqual(intake.state, "received", "somebody may be at it")
        intake.date = fields.Datetime.subtract(fields.Datetime.now(), minutes=5)
        self.env["crm.intake.request"]._cron_finish()
        self.assertEqual(intake.state, "done")

    def test_old_ones_are_erased(self):
        intake = self._receive({"email_from": "a@example.org"})
        intake.date = fields.Datetime.subtract(fields.Datetime.now(), days=100)
        self.env["crm.intake.request"]._cron_erase()
        self.assertTrue(intake.is_erased)
        self.assertFalse(intake.payload)
        self.assertEqual((intake.state, bool(intake.lead_id)), ("done", True))


def _break(*_args):
    raise ZeroDivisionError("secret detail")


@tagged("post_install", "-at_install")
class TestIntakeHttp(IntakeCase, HttpCase):
    """The address of a channel."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secret = cls.channel._new_secret()

    def _send(self, content, secret=None, code="our-web-site", **headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.secret if secret is None else secret}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.url_open(f"/lead_intake/{code}", data=body, headers={key: v for key, v in headers.items() if v})

    def test_created_and_repeated(self):
        response = self._send({"email_from": "a@example.org"})
        self.assertEqual((response.status_code, response.json()["status"]), (201, "created"))
        lead = self.channel.request_ids.lead_id
        self.assertEqual(response.json()["number"], lead.number)
        response = self._send({"email_from": "a@example.org"})
        self.assertEqual((response.status_code, response.json()["status"]), (200, "repeated"))
        self.assertEqual(response.json()["number"], lead.number)

    def test_numbers_of_the_sender(self):
        first = self._send({"email_from": "a@example.org", "external_id": 17}).json()
        self.assertEqual(
            self._send({"email_from": "a@example.org", "external_id": 17}).json()["number"], first["number"]
        )
        response = self._send({"email_from": "b@example.org", "external_id": 17})
        self.assertEqual((response.status_code, response.json()["field"]), (409, "external_id"))
        response = self._send({"email_from": "b@example.org", "external_id": 17}, Idempotency_Key="18")
        self.assertEqual(response.status_code, 201)

    def test_quarantined(self):
        response = self._send({"request": "Call me"})
        self.assertEqual((response.status_code, response.json()), (202, {"status": "quarantined"}))

    def test_who_has_no_secret_is_counted_and_not_written_down(self):
        for secret in ("", "wrong", self.secret[:-1]):
            self.assertEqual(self._send({"email_from": "a@example.org"}, secret).status_code, 401)
        self.assertFalse(self.channel.request_ids)
        self.assertEqual(self.env["crm.intake.refusal"].search([("channel_id", "=", self.channel.id)]).count, 3)

    def test_two_secrets_live(self):
        second = self.channel._new_secret()
        third = self.channel._new_secret()
        content = {"email_from": "a@example.org"}
        self.assertEqual(self._send(content).status_code, 401)
        self.assertEqual(self._send(content, second).status_code, 201)
        self.assertEqual(self._send(content, third).status_code, 200)
        self.assertNotIn(third, str(self.channel.secret_ids.sudo().mapped("value")))

    def test_signatures(self):
        secret = self.channel._new_secret("hmac")
        body = b'{"email_from": "a@example.org"}'

        def send(moment, signed=body):
            stamp = str(int(moment))
            signature = hmac.new(secret.encode(), stamp.encode() + b"." + signed, hashlib.sha256).hexdigest()
            return self._send(body, "", X_Timestamp=stamp, X_Signature=f"sha256={signature}").status_code

        self.assertEqual(send(time.time()), 201)
        self.assertEqual(send(time.time() - 400), 401)
        self.assertEqual(send(time.time() + 400), 401)
        self.assertEqual(send(time.time(), b"other"), 401)

    def test_what_is_wrong_is_named_and_nothing_leaks(self):
        for content, status, field in (
            (b"{", 400, None),
            (b"\xff", 400, None),
            ({"email_from": "nobody"}, 422, "email_from"),
            ({"email_from": "a@example.org", "target_year": "x"}, 422, "target_year"),
            ({"email_from": "a@example.org", "country_id": 3}, 422, "country_id"),
        ):
            response = self._send(content)
            self.assertEqual(response.status_code, status, content)
            self.assertEqual(response.json().get("field"), field)
            self.assertNotIn("Traceback", response.text)
        self.assertEqual(set(self.channel.request_ids.mapped("state")), {"failed"})
        self.assertEqual(len(self.channel.request_ids), 5, "what came in is not lost")

    def test_other_refusals(self):
        content = {"email_from": "a@example.org"}
        self.assertEqual(self._send(content, code="no-such").status_code, 404)
        self.assertEqual(self._send(content, Content_Type="text/plain").status_code, 415)
        self.assertEqual(self._send(b" " * 300_000).status_code, 413)
        self.channel.active = False
        self.assertEqual(self._send(content).status_code, 404)
        self.assertFalse(self.channel.request_ids)

    def test_the_rate(self):
        self.channel.rate = 2
        self.patch(crm_lead_rate, "LIMITS", {**crm_lead_rate.LIMITS, "intake": (60, 60 * 24, 1)})
        statuses = [self._send({"email_from": f"a{number}@example.org"}).status_code for number in range(3)]
        self.assertEqual(statuses, [201, 201, 429])
