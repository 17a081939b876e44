import hashlib
import hmac
import json

from odoo.tests import HttpCase, tagged

from .facebook_common import APP_SECRET, FORM, PAGE, FacebookCase

ADDRESS = "/lead_intake/fb/facebook"


@tagged("post_install", "-at_install")
class TestIntakeFacebookHttp(FacebookCase, HttpCase):
    """The address that Facebook calls."""

    def _notification(self, *numbers, **values):
        changes = [
            {"field": "leadgen", "value": {"leadgen_id": number, "page_id": PAGE, "form_id": FORM, "created_time": 1}}
            for number in numbers
        ]
        return {"object": "page", "entry": [{"id": PAGE, "time": 1, "changes": changes}], **values}

    def _send(self, content, secret=APP_SECRET, address=ADDRESS, **headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature, **headers}
        return self.url_open(address, data=body, headers={name: value for name, value in headers.items() if value})

    def _subscribe(self, address=ADDRESS, **values):
        return self.url_open(f"{address}?" + "&".join(f"hub.{name}={value}" for name, value in values.items()))

    def test_subscription(self):
        token = self.channel.with_user(self.user_manager).action_new_verify_token()["context"]["default_value"]
        response = self._subscribe(mode="subscribe", verify_token=token, challenge="1158201444")
        self.assertEqual((response.status_code, response.text), (200, "1158201444"))
        response = self._subscribe(mode="subscribe", verify_token=token, challenge="<script>alert(1)</script>")
        self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))
        for values, status in (
            ({"mode": "subscribe", "verify_token": "wrong", "challenge": "1"}, 403),
            ({"mode": "subscribe", "challenge": "1"}, 403),
            ({"mode": "unsubscribe", "verify_token": token, "challenge": "1"}, 400),
            ({"mode": "subscribe", "verify_token": token, "challenge": "1" * 1000}, 400),
            ({}, 400),
        ):
            response = self._subscribe(**values)
            self.assertEqual(response.status_code, status, values)
            self.assertNotIn("1" * 10, response.text)
        response = self._subscribe("/lead_intake/nobody/facebook", mode="subscribe", verify_token=token, challenge="1")
        self.assertEqual(response.status_code, 404)

    def test_without_a_token_nobody_subscribes(self):
        self.assertEqual(self._subscribe(mode="subscribe", verify_token="", challenge="1").status_code, 403)

    def test_what_is_told_is_written_down_and_answered_at_once(self):
        response = self._send(self._notification("11", "12"))
        self.assertEqual(response.status_code, 200)
        self.assertEqual(set(self.channel.request_ids.mapped("external_id")), {"11", "12"})
        self.assertEqual(set(self.channel.request_ids.mapped("state")), {"received"})
        self.assertFalse(self.graph.requests)
        self.graph.add("11")
        self.graph.add("12")
        self.assertEqual(self._send(self._notification("12", "11")).status_code, 200)
        self.requests._cron_fetch()
        self.assertEqual(len(self.channel.request_ids.lead_id), 2)

    def test_who_does_not_sign_is_counted_and_not_written_down(self):
        body = self._notification("11")
        raw = json.dumps(body).encode()
        for headers in (
            {"X-Hub-Signature-256": None},
            {"X-Hub-Signature-256": ""},
            {"X-Hub-Signature-256": "sha256=" + "0" * 64},
            {"X-Hub-Signature-256": hmac.new(APP_SECRET.encode(), raw, hashlib.sha256).hexdigest()},
            {"X-Hub-Signature-256": "sha1=" + hmac.new(APP_SECRET.encode(), raw, hashlib.sha1).hexdigest()},
        ):
            self.assertEqual(self._send(raw, **headers).status_code, 401, headers)
        self.assertEqual(self._send(body, secret="other").status_code, 401)
        self.channel.sudo().app_secret = False
        self.assertEqual(self._send(body, secret="").status_code, 401, "without a secret nobody is believed")
        self.assertFalse(self.channel.request_ids)
        refusals = self.env["crm.intake.refusal"].search([("channel_id", "=", self.channel.id)])
        self.assertEqual(refusals.count, 7)

    def test_other_refusals(self):
        body = self._notification("11")
        self.assertEqual(self._send(body, address="/lead_intake/nobody/facebook").status_code, 404)
        self.assertEqual(self._send(b" " * 2_000_000).status_code, 413)
        for raw in (b"", b"{", b"[]", b"\xff", b'{"a": 1, "a": 2}', b"[" * 50_000):
            response = self._send(raw)
            self.assertEqual(response.status_code, 400, raw[:20])
            self.assertNotIn("Traceback", response.text)
        self.channel.rate = 1
        statuses = [self._send(body).status_code for _number in range(2)]
        self.assertEqual(statuses[-1], 429)
        self.channel.active = False
        self.assertEqual(self._send(body).status_code, 404)

    def test_a_channel_of_another_kind_has_no_such_address(self):
        self.channel.kind = "json"
        self.assertEqual(self._send(self._notification("11")).status_code, 404)
        self.channel.kind = "facebook"
        self.assertEqual(self.url_open("/lead_intake/fb", data=b"{}").status_code, 404)

    def test_what_is_no_lead_is_left(self):
        for content in (
            {"object": "page"},
            {"object": "page", "entry": "x"},
            {"object": "page", "entry": [1, {"changes": 5}, {"changes": [None, {"field": "leadgen", "value": 3}]}]},
            {"entry": [{"changes": [{"field": "feed", "value": {"leadgen_id": "11"}}]}]},
            {"entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": "../11"}}]}]},
            {"entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": True}}]}]},
        ):
            self.assertEqual(self._send(content).status_code, 200, content)
        self.assertFalse(self.channel.request_ids)

    def test_many_at_once(self):
        numbers = [str(number) for number in range(1000, 1500)]
        self.assertEqual(self._send(self._notification(*numbers)).status_code, 200)
        self.assertEqual(len(self.channel.request_ids), 500)
