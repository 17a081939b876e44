import json
from datetime import timedelta

from odoo import fields
from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from ..models.crm_webhook import PRIVATE_HOSTS
from .common import LeadCase
from .fake_server import FakeServer

START = "2026-05-04 08:00:00"


class WebhookCase(CronMixinCase, LeadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param(PRIVATE_HOSTS, "127.0.0.1")
        cls.status = 200
        cls.receiver = cls.enterClassContext(FakeServer(lambda asked: (cls.status, b"", {})).running())
        cls.webhooks = cls.env["crm.webhook"]

    def setUp(self):
        super().setUp()
        self._answer(200)
        self.receiver.requests.clear()

    def _answer(self, status):
        type(self).status = status

    def _webhook(self, **values):
        return self.webhooks.create(
            {"name": "Warehouse", "url": f"{self.receiver.url}/leads", "user_id": self.user_manager.id, **values}
        )

    def _waiting(self, webhook):
        return webhook.delivery_ids.filtered(lambda delivery: delivery.state == "waiting").sorted("id")

    def _said(self, name="event"):
        """What the receiver was told."""
        return [json.loads(asked["body"])[name] for asked in self.receiver.requests]

    def _deliver_after(self, moment, **later):
        with self.mock_datetime_and_now(fields.Datetime.to_datetime(moment) + timedelta(**later)):
            self.webhooks._cron_deliver()
