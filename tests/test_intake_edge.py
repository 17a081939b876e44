import gzip
import hashlib
import hmac
import http.client
import json
import time
from unittest.mock import patch
from urllib.parse import urlsplit

from psycopg2 import InterfaceError, OperationalError
from psycopg2.pool import PoolError

from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.intake_json import find
from .test_intake import IntakeCase

GOOD = json.dumps({"email_from": "a@example.org"}).encode()


class EdgeCase(IntakeCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.secret = cls.channel._new_secret()

    def _ask(self, method="POST", path="/lead_intake/our-web-site", body=GOOD, headers=(), chunked=False):
        """A request as it is written here, without what a library would mend.

        :return: status, headers and what the JSON of the answer holds
        """
        self.env.flush_all()
        parts = urlsplit(self.base_url())
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self.addCleanup(connection.close)
        connection.putrequest(method, path, skip_accept_encoding=True)
        given = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        names = {name.lower() for name, _value in headers}
        length = [] if chunked or "content-length" in names else [("Content-Length", str(len(body)))]
        for name, value in [*((n, v) for n, v in given.items() if n.lower() not in names), *length, *headers]:
            connection.putheader(name, value)
        with self.allow_requests():
            connection.putheader("Cookie", "; ".join(f"{name}={value}" for name, value in self.opener.cookies.items()))
            connection.endheaders()
            connection.send(body)
            response = connection.getresponse()
            text = response.read().decode()
        self.assertNotIn("Traceback", text)
        self.assertNotIn("<", text, "an HTML page")
        self.assertTrue(response.headers["Content-Type"].startswith("application/json"), response.headers)
        return response.status, response.headers, json.loads(text) if text else None


@tagged("post_install", "-at_install")
class TestIntakeEdge(EdgeCase):
    """Whatever is sent to the address of a channel: the answer is short, in JSON, and never that of an error inside."""

    def test_a_plain_request(self):
        status, _headers, answer = self._ask()
        self.assertEqual((status, answer["status"]), (201, "created"))

    def test_other_methods(self):
        for path, allowed in (
            ("/lead_intake/our-web-site", "POST"),
            ("/lead_intake/our-web-site/openapi.json", "GET, HEAD"),
            ("/lead_intake/health", "GET, HEAD"),
        ):
            for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "POST"):
                if method in allowed:
                    continue
                status, headers, answer = self._ask(method, path, b"")
                self.assertEqual((status, headers["Allow"]), (405, allowed), method)
                if method != "HEAD":
                    self.assertEqual(answer["error"], "method_not_allowed")

    def test_what_is_compressed_is_not_unpacked(self):
        bomb = gzip.compress(b" " * 10_000_000)
        for encoding in ("gzip", "deflate", "br", "gzip, identity", "GZIP"):
            status, headers, answer = self._ask(body=bomb, headers=[("Content-Encoding", encoding)])
            self.assertEqual((status, answer["error"]), (415, "unsupported_media_type"), encoding)
            self.assertEqual(headers["Accept-Encoding"], "identity")
        self.assertEqual(self._ask(headers=[("Content-Encoding", "identity")])[0], 201)

    def test_other_kinds_and_characters(self):
        for kind in (
            "application/json; charset=iso-8859-1",
            "application/json; charset=utf-16",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "",
        ):
            status, _headers, answer = self._ask(headers=[("Content-Type", kind)])
            self.assertEqual((status, answer["error"]), (415, "unsupported_media_type"), kind)
        self.assertFalse(self.channel.request_ids)
        self.assertEqual(self._ask(headers=[("Content-Type", 'application/json; charset="UTF-8"')])[0], 201)

    def test_doubled_headers(self):
        token = ("Authorization", f"Bearer {self.secret}")
        self.assertEqual(self._ask(headers=[token, ("Authorization", "Bearer x")])[0], 401)
        self.assertEqual(self._ask(headers=[("X-Signature", "a"), ("X-Signature", "b")])[0], 401)
        status, _headers, answer = self._ask(headers=[("Idempotency-Key", "1"), ("Idempotency-Key", "2")])
        self.assertEqual((status, answer["status"]), (201, "created"))

    def test_headers_that_hold_what_no_database_stores(self):
        for value in ("\x01", "\x7f", "\xff\xfe", "a\x00b", "\t"):
            with self.subTest(value):
                status, _headers, _answer = self._ask(
                    body=json.dumps({"email_from": f"a{len(value)}@example.org"}).encode(),
                    headers=[("Idempotency-Key", value), ("User-Agent", value), ("X-Request-Id", value)],
                )
                self.assertIn(status, (200, 201, 400, 409))

    def test_bodies_in_pieces(self):
        def pieces(body):
            return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

        coding = [("Transfer-Encoding", "chunked")]
        self.assertEqual(self._ask(body=pieces(GOOD), headers=coding, chunked=True)[0], 201)
        status, _headers, answer = self._ask(body=pieces(b" " * 300_000), headers=coding, chunked=True)
        self.assertEqual((status, answer["error"]), (413, "too_large"))

    def test_bodies_of_a_wrong_length(self):
        for length in ("x", "-5", "9" * 30):
            status, _headers, _answer = self._ask(body=b"", headers=[("Content-Length", length)])
            self.assertIn(status, (400, 401, 413), length)
        self.assertFalse(self.channel.request_ids.lead_id)

    def test_codes_that_are_none(self):
        for code in ("x" * 5000, "%00", "a%00", "%ff", "%27%20or%201=1", "Our-Web-Site", "our-web-site%0a", "a%20b"):
            status, _headers, answer = self._ask(path=f"/lead_intake/{code}")
            self.assertEqual((status, answer["error"]), (404, "not_found"), code)
            self.assertEqual(self._ask("GET", f"/lead_intake/{code}/openapi.json", b"")[0], 404, code)

    def test_keys_that_hold_what_no_database_stores(self):
        for key in ("\\ud800", "\\u0000", "x" * 500):
            status, _headers, answer = self._ask(body=b'{"%s": 1, "%s": 2}' % (key.encode(), key.encode()))
            self.assertEqual((status, answer["error"]), (400, "malformed"))

    def test_wait_a_minute(self):
        with patch.object(type(self.channel), "_is_within_rate", lambda channel: False):
            status, headers, answer = self._ask()
        self.assertEqual((status, headers["Retry-After"], answer["error"]), (429, "60", "too_many_requests"))

    def test_who_gets_no_answer_from_the_database_tries_again(self):
        for error in (OperationalError, InterfaceError, PoolError):
            fail = patch.object(type(self.channel), "_is_within_rate", side_effect=error("secret detail"))
            with self.subTest(error), fail, mute_logger("odoo.http", "odoo.sql_db"):
                status, headers, answer = self._ask()
                self.assertEqual((status, headers["Retry-After"], answer["error"]), (503, "5", "unavailable"))
                self.assertNotIn("secret detail", str(answer))

    def test_errors_of_our_own_tell_nothing(self):
        def fail(_channel):
            raise ZeroDivisionError("secret detail")

        with patch.object(type(self.channel), "_is_within_rate", fail), mute_logger("odoo.http"):
            status, _headers, answer = self._ask()
        self.assertEqual((status, answer["error"]), (500, "internal"))
        self.assertNotIn("secret detail", str(answer))


@tagged("post_install", "-at_install")
class TestIntakeDescription(EdgeCase):
    """The OpenAPI description of a channel, made from its field map."""

    def _describe(self):
        status, _headers, description = self._ask("GET", "/lead_intake/our-web-site/openapi.json", b"")
        self.assertEqual(status, 200)
        return description["paths"]["/lead_intake/our-web-site"]["post"], description

    def test_who_reads_it(self):
        path = "/lead_intake/our-web-site/openapi.json"
        self.assertEqual(self._ask("GET", path, b"", [("Authorization", "Bearer x")])[0], 401)
        self.assertEqual(self._ask("GET", path, b"", [("Authorization", "")])[0], 401)
        secret, stamp = self.channel._new_secret("hmac"), str(int(time.time()))
        signature = hmac.new(secret.encode(), f"{stamp}.".encode(), hashlib.sha256).hexdigest()
        headers = [("Authorization", ""), ("X-Timestamp", stamp), ("X-Signature", signature)]
        self.assertEqual(self._ask("GET", path, b"", headers)[0], 200)
        for login, status in (("lead_manager", 200), ("lead_own", 401), ("lead_other", 401), ("lead_portal", 401)):
            self.authenticate(login, login)
            self.assertEqual(self._ask("GET", path, b"", [("Authorization", "")])[0], status, login)

    def test_it_names_every_answer(self):
        post, description = self._describe()
        self.assertEqual(description["openapi"], "3.0.3")
        self.assertEqual(
            set(post["responses"]),
            {"200", "201", "202", "400", "401", "404", "405", "409", "413", "415", "422", "429", "503"},
        )

    def test_without_a_field_map(self):
        schema = self._describe()[0]["requestBody"]["content"]["application/json"]["schema"]["properties"]
        self.assertEqual(
            schema["email_from"], {"type": "string", "maxLength": 500, "format": "email", "description": "Email"}
        )
        self.assertEqual(schema["target_year"]["type"], "integer")
        self.assertNotIn("user_id", schema)

    def test_it_follows_the_field_map(self):
        rows = (
            ("who.name", "contact_name"),
            ("who.mails[0].value", "email_from"),
            ("who.mails[0].kind", "function"),
            ("tags[0]", "referred"),
            ("level", "priority"),
        )
        self.channel.mapping_ids = [Command.create({"path": path, "target": target}) for path, target in rows]
        self.channel.mapping_ids[-1].translations = "high = 3\nlow = 0"
        content = self._describe()[0]["requestBody"]["content"]["application/json"]
        properties = content["schema"]["properties"]
        self.assertEqual(set(properties), {"who", "tags", "level", "external_id"})
        mails = properties["who"]["properties"]["mails"]
        self.assertEqual((mails["type"], set(mails["items"]["properties"])), ("array", {"value", "kind"}))
        for path, _target in rows:
            self.assertIsNotNone(find(content["example"], path), path)
        self.assertNotIn("enum", properties["level"])
        status, _headers, _answer = self._ask(body=json.dumps(content["example"]).encode())
        self.assertEqual(status, 201, "the example works")
        self.assertNotIn("x-sample", json.dumps(content))
