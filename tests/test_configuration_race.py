import base64
import json
from contextlib import ExitStack, contextmanager

from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

NAME = "Contested Reason"


@tagged("post_install", "-at_install")
class TestConfigurationRace(TransactionCase):
    """Two administrators import the same file at once, each with a connection of their own; what they commit is cleaned
    up."""

    @contextmanager
    def _connection(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, DISABLED_MAIL_CONTEXT)

    def _clean_up(self):
        with self._connection() as env:
            env["crm.lost.reason"].search([("name", "=", NAME)]).unlink()
            env.cr.commit()

    def _import(self, env):
        items = [{"key": f"name:{NAME}", "name": {"en_US": NAME}}]
        content = {"format": 1, "module": "crm_lead_lifecycle", "module_version": "", "lost_reasons": items}
        admin = env.ref("base.user_admin")
        dialog = env["crm.configuration"].with_user(admin).create(
            {"operation": "import", "company_id": admin.company_id.id,
             "file": base64.b64encode(json.dumps(content).encode())}
        )  # fmt: skip
        dialog.action_import()
        env.flush_all()
        return dialog.line_ids.mapped("state")

    @mute_logger("odoo.sql_db")
    def test_the_second_begins_anew_and_finds_it_done(self):
        self.addCleanup(self._clean_up)
        with ExitStack() as stack:
            first, second = (stack.enter_context(self._connection()) for _number in range(2))
            stack.callback(second.cr.rollback)
            for env in (first, second):
                env.cr.execute("SELECT count(*) FROM crm_lost_reason")
            self.assertEqual(self._import(first), ["new"])
            second.cr.execute("SET LOCAL lock_timeout = '100ms'")
            with self.assertRaises(LockNotAvailable), second.cr.savepoint():
                self._import(second)
            first.cr.commit()
            with self.assertRaises(SerializationFailure), second.cr.savepoint():
                self._import(second)
            second.cr.rollback()  # as Odoo does with a request that it repeats
            second.transaction.reset()
            self.assertEqual(self._import(second), ["same"])
