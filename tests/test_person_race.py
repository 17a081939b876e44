from contextlib import ExitStack, contextmanager
from datetime import timedelta

from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api, fields
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

NAME, EMAIL = "Contested Secretname", "contested@person.example"


@tagged("post_install", "-at_install")
class TestPersonRace(TransactionCase):
    """Two at the same moment, each with a connection of its own; what they commit is cleaned up."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        with self._connection() as env:
            self.officer_id = env.ref("base.user_admin").id
            env.ref("base.user_admin").group_ids = [Command.link(self._get_group(env).id)]
            lead = env["crm.lead"].create({"name": NAME, "contact_name": NAME, "email_from": EMAIL})
            self.lead_id, self.number = lead.id, lead.number
            env.cr.commit()

    def _get_group(self, env):
        return env.ref("crm_lead_lifecycle.group_person_officer")

    @contextmanager
    def _connection(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, DISABLED_MAIL_CONTEXT)

    def _clean_up(self):
        with self._connection() as env:
            env.ref("base.user_admin").group_ids = [Command.unlink(self._get_group(env).id)]
            env["crm.lead"].browse(self.lead_id).exists().unlink()
            env["crm.suppression"].with_context(active_test=False).search([]).unlink()
            env.company.lead_anonymise_days = 0
            env.cr.commit()
        self.registry.clear_cache()

    @contextmanager
    def _two(self):
        """Two transactions that have both begun, so that neither sees what the other one does."""
        with ExitStack() as stack:
            first, second = (stack.enter_context(self._connection()) for _number in range(2))
            for env in (first, second):
                env.cr.execute("SELECT count(*) FROM crm_lead")
            stack.callback(second.cr.rollback)
            yield first, second

    def _erase(self, env):
        env = env(user=self.officer_id)
        env["crm.person"]._erase(env["crm.lead"].browse(self.lead_id), env["res.partner"])
        env.flush_all()

    @mute_logger("odoo.sql_db")
    def test_of_two_officers_the_second_finds_it_done(self):
        with self._two() as (first, second):
            self._erase(first)
            second.cr.execute("SET LOCAL lock_timeout = '100ms'")
            with self.assertRaises(LockNotAvailable), second.cr.savepoint():
                self._erase(second)
            first.cr.commit()
            with self.assertRaises(SerializationFailure), second.cr.savepoint():
                self._erase(second)
            second.cr.rollback()  # as Odoo does with a request that it repeats
            second.transaction.reset()
            with self.assertRaisesRegex(UserError, "nothing left"):
                self._erase(second)

    def test_the_job_passes_a_lead_that_somebody_restores(self):
        with self._connection() as env:
            lead = env["crm.lead"].browse(self.lead_id)
            lead.action_set_lost()
            lead.date_closed = fields.Datetime.now() - timedelta(days=40)
            env.company.lead_anonymise_days = 30
            env.cr.commit()
        with self._two() as (first, second):
            first["crm.lead"].browse(self.lead_id).action_restore()
            first.flush_all()
            second["crm.lead"]._cron_anonymise()
            self.assertFalse(second["crm.lead"].browse(self.lead_id).date_anonymised)
            first.cr.commit()
        with self._connection() as env:
            env["crm.lead"]._cron_anonymise()
            lead = env["crm.lead"].browse(self.lead_id)
            self.assertEqual((lead.active, lead.contact_name), (True, NAME))
