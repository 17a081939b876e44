import json
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..models.crm_webhook import PRIVATE_HOSTS
from ..models.crm_webhook_queue import WAITS
from .fake_server import FakeServer
from .webhook_common import START, WebhookCase


@tagged("post_install", "-at_install")
class TestWebhookDelivery(WebhookCase):
    """What is to be told arrives, whatever happens to the receiver."""

    # ------------------------------------------------------------
    # TROUBLE
    # ------------------------------------------------------------

    def test_who_is_down_for_a_day_gets_everything_in_order(self):
        with self._at(START):
            webhook, other = self._webhook(), self._webhook(name="Other", url=f"{self.receiver.url}/other")
            lead = self._lead(self.stage_new)
            lead.stage_id = self.stage_working
            lead.action_set_won()
        keys = self._waiting(webhook).mapped("key")
        self._answer(503)
        tries = 0
        for hour in range(24):
            self._deliver_after(START, hours=hour, minutes=1)
            tries = len(self.receiver.requests)
        self.assertEqual(len(self._waiting(webhook)), 3)
        self.assertEqual(tries, 2 * 24, "one try an hour for each receiver, of the first that waits")
        self.assertEqual(set(self._said()), {"created"})
        self.assertEqual(webhook.date_failing, fields.Datetime.to_datetime(START) + timedelta(minutes=1))
        self.assertIn("503", webhook.problem)
        self._answer(204)
        self.receiver.requests.clear()
        self._deliver_after(START, hours=25)
        of_webhook = [asked for asked in self.receiver.requests if asked["path"] == "/leads"]
        self.assertEqual([json.loads(asked["body"])["event"] for asked in of_webhook], ["created", "stage", "won"])
        self.assertEqual([asked["headers"]["X-Delivery"] for asked in of_webhook], keys)
        self.assertFalse(self._waiting(webhook) + self._waiting(other))
        self.assertEqual((webhook.failures, webhook.problem, webhook.date_retry), (0, False, False))

    def test_one_who_is_down_holds_up_nobody_else(self):
        self._webhook(url="http://127.0.0.1:1/")
        healthy = self._webhook()
        self._lead()
        self.webhooks._cron_deliver()
        self.assertEqual(self._said(), ["created"])
        self.assertFalse(self._waiting(healthy))

    def test_it_waits_longer_and_longer(self):
        with self._at(START):
            webhook = self._webhook()
            self._lead()
        self._answer(500)
        moment = fields.Datetime.to_datetime(START)
        for minutes in (*WAITS, WAITS[-1]):
            with self.capture_triggers("crm_lead_lifecycle.crm_webhook_deliver_cron") as triggers:
                self._deliver_after(moment)
            self.assertEqual(webhook.date_retry, moment + timedelta(minutes=minutes))
            self.assertEqual(triggers.records.mapped("call_at"), [webhook.date_retry])
            count = len(self.receiver.requests)
            self._deliver_after(webhook.date_retry, seconds=-1)
            self.assertEqual(len(self.receiver.requests), count, "before its time nothing is tried")
            moment = webhook.date_retry
        self.assertEqual(webhook.delivery_ids.attempts, len(WAITS) + 1)

    def test_only_2xx_is_taken(self):
        with self._at(START):
            webhook = self._webhook()
            self._lead()
        later = 0
        for status in (301, 302, 307, 400, 401, 404, 410, 422, 429, 500):
            later += 2
            self._answer(status)
            self._deliver_after(START, hours=later)
            self.assertEqual(webhook.delivery_ids.state, "waiting", status)
            self.assertIn(str(status), webhook.problem)
            self.assertEqual(webhook.delivery_ids.status, status)
        for status in (200, 201, 299):
            webhook.delivery_ids.action_send_again()
            self._answer(status)
            self._deliver_after(START, hours=later)
            self.assertEqual(webhook.delivery_ids.state, "done", status)

    def test_redirects_lead_nowhere(self):
        elsewhere = self.enterContext(FakeServer(lambda asked: (200, b"", {})).running())
        self.receiver.answer, answer = lambda asked: (307, b"", {"Location": elsewhere.url}), self.receiver.answer
        self.addCleanup(setattr, self.receiver, "answer", answer)
        webhook = self._webhook()
        self._lead()
        self.webhooks._cron_deliver()
        self.assertFalse(elsewhere.requests)
        self.assertEqual(webhook.delivery_ids.state, "waiting")

    def test_after_days_it_is_given_up_and_said_once(self):
        with self._at(START):
            webhook = self._webhook(give_up_days=2)
            self._lead()
        self._answer(500)
        self._deliver_after(START, days=1)
        with self.mock_mail_gateway():
            self._deliver_after(START, days=2, hours=1)
            said = self.env["mail.message"].search([("partner_ids", "in", self.user_manager.partner_id.ids)], limit=1)
        self.assertEqual(webhook.delivery_ids.state, "given_up")
        self.assertIn("Warehouse", said.subject)
        self.assertIn("500", said.body)
        with self._at("2026-05-06 10:00:00"):
            self._lead()
        self._deliver_after(START, days=5)
        self.assertEqual(set(webhook.delivery_ids.mapped("state")), {"given_up"})
        again = self.env["mail.message"].search([("partner_ids", "in", self.user_manager.partner_id.ids)], limit=1)
        self.assertEqual(again, said, "once a run of trouble")
        self._answer(200)
        webhook.delivery_ids.action_send_again()
        self._deliver_after(START, days=6)
        self.assertEqual(set(webhook.delivery_ids.mapped("state")), {"done"})
        self.assertFalse(webhook.is_told)

    def test_an_archived_one_waits(self):
        webhook = self._webhook()
        self._lead()
        webhook.active = False
        self._lead()
        self.webhooks._cron_deliver()
        self.assertFalse(self.receiver.requests)
        webhook.active = True
        self.webhooks._cron_deliver()
        self.assertEqual(self._said(), ["created"])

    def test_an_archived_one_waits_whoever_asks_first(self):
        webhook = self._webhook()
        webhook.active = False
        self.env["crm.lead"].with_context(active_test=False).create({"name": "Imported"})
        self._lead()
        self.assertFalse(webhook.delivery_ids)

    def test_two_workers_never_have_the_same_receiver(self):
        self._webhook()
        self._lead()
        calls = []

        def lock(records, **options):
            calls.append(options)
            return records.browse()

        with patch.object(self.env.registry["crm.webhook"], "try_lock_for_update", lock):
            self.assertEqual(self.webhooks._deliver_next(), 0, "another one has it")
        self.assertEqual(calls, [{"allow_referencing": True, "limit": 1}])
        self.assertFalse(self.receiver.requests)

    # ------------------------------------------------------------
    # WHERE TO
    # ------------------------------------------------------------

    def test_addresses(self):
        self.env["ir.config_parameter"].set_param(PRIVATE_HOSTS, "")
        for url in ("http://example.com", "https://127.0.0.1/", "https://user:pw@example.com", "leads"):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self._webhook(url=url)
        self._webhook(url="https://example.com/leads")

    def test_an_address_that_has_become_private_gets_nothing(self):
        webhook = self._webhook()
        self._lead()
        self.env["ir.config_parameter"].set_param(PRIVATE_HOSTS, "")
        self.webhooks._cron_deliver()
        self.assertFalse(self.receiver.requests)
        self.assertTrue(webhook.problem)
        self.assertEqual(webhook.delivery_ids.state, "waiting")

    # ------------------------------------------------------------
    # THE LOG OF DELIVERIES
    # ------------------------------------------------------------

    def test_send_again(self):
        webhook = self._webhook()
        self._lead()
        self.webhooks._cron_deliver()
        webhook.delivery_ids.with_user(self.user_manager).action_send_again()
        self.webhooks._cron_deliver()
        first, second = self.receiver.requests
        self.assertEqual(first["body"], second["body"])
        self.assertEqual(first["headers"]["X-Delivery"], second["headers"]["X-Delivery"])

    def test_giving_one_up_lets_the_others_go_on(self):
        webhook = self._webhook()
        lead = self._lead(self.stage_new)
        lead.stage_id = self.stage_working
        self._waiting(webhook)[0].with_user(self.user_manager).action_give_up()
        self.webhooks._cron_deliver()
        self.assertEqual(self._said(), ["stage"])

    def test_what_is_over_is_deleted(self):
        with self._at(START):
            webhook = self._webhook(keep_days=10)
            self._lead()
        with self._at("2026-06-01 08:00:00"):
            self.env["crm.webhook.delivery"]._gc_over()
            self.assertEqual(len(webhook.delivery_ids), 1, "it still waits")
            self.webhooks._cron_deliver()
            self.env["crm.webhook.delivery"]._gc_over()
        self.assertFalse(webhook.delivery_ids.exists())


@tagged("post_install", "-at_install")
class TestWebhookTurns(WebhookCase):
    """Turns are taken by receivers, so that a long queue starves nobody."""

    def test_turns(self):
        self._webhook(name="A", url=f"{self.receiver.url}/a")
        self._webhook(name="B", url=f"{self.receiver.url}/b")
        with self._at(START):
            for _number in range(2):
                self._lead()
        for second in range(4):
            with self.mock_datetime_and_now(fields.Datetime.to_datetime(START) + timedelta(seconds=second)):
                self.webhooks._deliver_next()
        self.assertEqual([asked["path"] for asked in self.receiver.requests], ["/a", "/b", "/a", "/b"])
