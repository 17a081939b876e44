import json
from contextlib import contextmanager
from email import message_from_string, policy
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.modules import module
from odoo.tests import TransactionCase, tagged

from ..models.crm_intake_channel import IntakeError

NAME = "Race of the intake"
MAIL = "From: a@race.example\nMessage-Id: <1@race.example>\nSubject: Race\n\nPhone 0612345678"


@tagged("post_install", "-at_install")
class TestIntakeRace(TransactionCase):
    """Requests in real transactions, each with a connection of its own; what they commit is cleaned up."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        with self._connection() as env:
            self.channel_id = env["crm.intake.channel"].create({"name": NAME, "code": "intake-race"}).id
            env.cr.commit()
        self.patch(module, "current_test", None)

    def _clean_up(self):
        with self._connection() as env:
            channels = env["crm.intake.channel"].search([("name", "=", NAME)])
            requests = env["crm.intake.request"].search([("channel_id", "in", channels.ids)])
            requests.lead_id.unlink()
            requests.unlink()
            channels.unlink()
            env["utm.source"].search([("name", "=", NAME)]).unlink()
            env.cr.commit()

    @contextmanager
    def _connection(self):
        with self.registry.cursor() as cr:
            cr.execute("SET LOCAL lock_timeout = '10s'")
            yield api.Environment(cr, SUPERUSER_ID, DISABLED_MAIL_CONTEXT)

    def _receive(self, env, content, number):
        channel = env["crm.intake.channel"].browse(self.channel_id)._at_work()
        return env["crm.intake.request"]._receive(channel, json.dumps(content), number)[0]

    def test_what_is_corrected_while_somebody_mends_it_makes_one_lead(self):
        with self._connection() as env:
            intake = self._receive(env, {"email_from": "nobody"}, "7")
            env.cr.rollback()
            intake._process()
            env.cr.commit()
        with self._connection() as manager, self._connection() as sender:
            intake = intake.with_env(manager)
            intake.payload = json.dumps({"email_from": "a@example.org"})
            compare, made = type(intake)._compare, []

            def mend_meanwhile(original, fingerprint):
                verdict = compare(original, fingerprint)
                if not made:
                    made.append(True)
                    intake.action_replay()
                    manager.cr.commit()
                return verdict

            with patch.object(type(intake), "_compare", mend_meanwhile), self.assertRaises(IntakeError):
                self._receive(sender, {"email_from": "b@example.org"}, "7")
        with self._connection() as env:
            requests = env["crm.intake.request"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual([(row.state, len(row.lead_id)) for row in requests], [("failed", 0), ("done", 1)])
            self.assertIn("b@example.org", requests[0].payload, "nothing is lost")

    def test_a_loop_waits_for_a_person(self):
        """The gateway's transaction does not see what was written down after it had begun."""
        with self._connection() as gateway:
            channel = gateway["crm.intake.channel"].browse(self.channel_id)
            channel.kind = "mail"
            gateway.cr.commit()
            message = message_from_string(MAIL, policy=policy.SMTP)
            channel._take_in_mail(message, {"message_id": message["Message-Id"]}, channel._get_loop_reason())
            gateway.cr.commit()
        with self._connection() as env:
            request = env["crm.intake.request"].search([("channel_id", "=", self.channel_id)])
            self.assertEqual(request.state, "quarantined")
            self.assertIn("answer each other", request.error)
