import json
from contextlib import contextmanager

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..models.crm_webhook import PRIVATE_HOSTS
from .fake_server import FakeServer

NAME = "Race of the webhooks"


@tagged("post_install", "-at_install")
class TestWebhookRace(TransactionCase):
    """Two workers and the lead desk at the same time, each with a connection of its own; what they commit is cleaned
    up."""

    def setUp(self):
        super().setUp()
        self.receiver = self.enterContext(FakeServer(lambda asked: (200, b"", {})).running())
        self.addCleanup(self._clean_up)
        with self._connection() as env:
            self.hosts = env["ir.config_parameter"].set_param(PRIVATE_HOSTS, "127.0.0.1")
            self.webhook_id = env["crm.webhook"].create({"name": NAME, "url": self.receiver.url}).id
            lead = env["crm.lead"].create({"name": NAME})
            lead.action_set_lost()
            env.cr.commit()

    def _clean_up(self):
        with self._connection() as env:
            env["crm.lead"].with_context(active_test=False).search([("name", "=", NAME)]).unlink()
            env["crm.webhook"].search([("name", "=", NAME)]).unlink()
            env["ir.config_parameter"].set_param(PRIVATE_HOSTS, self.hosts)
            env.cr.commit()

    @contextmanager
    def _connection(self):
        with self.registry.cursor() as cr:
            cr.execute("SET LOCAL lock_timeout = '10s'")
            yield api.Environment(cr, SUPERUSER_ID, DISABLED_MAIL_CONTEXT)

    def _said(self):
        return [json.loads(asked["body"])["event"] for asked in self.receiver.requests]

    def test_a_receiver_is_served_by_one_worker_alone(self):
        with self._connection() as one, self._connection() as other:
            self.assertEqual(one["crm.webhook"]._deliver_next(), 1)
            self.assertEqual(other["crm.webhook"]._deliver_next(), 0, "one has it")
            one.cr.commit()
        with self._connection() as other:
            other["crm.webhook"]._deliver_next()
            other.cr.commit()
        self.assertEqual(self._said(), ["created", "lost"])

    @mute_logger("odoo.sql_db")
    def test_who_has_looked_before_the_other_was_done_sends_nothing_twice(self):
        with self._connection() as one, self._connection() as other:
            other["crm.webhook"].search_count([])  # sees what there is at this moment
            one["crm.webhook"]._deliver_next()
            one.cr.commit()
            with self.assertRaises(SerializationFailure):
                other["crm.webhook"]._deliver_next()
        self.assertEqual(self._said(), ["created"])

    def test_the_lead_desk_does_not_wait_for_a_receiver(self):
        with self._connection() as job, self._connection() as desk:
            job["crm.webhook"]._deliver_next()
            desk["crm.lead"].create({"name": NAME})
            desk.cr.commit()
            job.cr.commit()
        with self._connection() as job:
            while job["crm.webhook"]._deliver_next():
                pass
            job.cr.commit()
        self.assertEqual(self._said(), ["created", "lost", "created"])
