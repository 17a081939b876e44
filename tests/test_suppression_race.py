from contextlib import ExitStack, contextmanager

from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

PHONES, EMAILS = ["+393339876540", "+393339876541"], ["contested@suppression.example"]


@tagged("post_install", "-at_install")
class TestSuppressionRace(TransactionCase):
    """Two at the same moment, each with a connection of its own; what they commit is cleaned up."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)

    @contextmanager
    def _connection(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})["crm.suppression"]

    @contextmanager
    def _two(self):
        """Two transactions that have both begun, so that neither sees what the other one does."""
        with ExitStack() as stack:
            first, second = (stack.enter_context(self._connection()) for _number in range(2))
            for suppressions in (first, second):
                suppressions.env.cr.execute("SELECT count(*) FROM crm_suppression")
            stack.callback(second.env.cr.rollback)
            yield first, second

    def _clean_up(self):
        with self._connection() as suppressions:
            suppressions.with_context(active_test=False).search([]).unlink()
        self.registry.clear_cache()

    def _suppress(self, suppressions, phones=PHONES):
        rows = suppressions._suppress(suppressions.env.company, phones, EMAILS)
        suppressions.env.flush_all()
        return rows

    @mute_logger("odoo.sql_db")
    def test_whom_two_suppress_at_once_is_suppressed_once(self):
        with self._two() as (first, second):
            rows = self._suppress(first)
            second.env.cr.execute("SET LOCAL lock_timeout = '100ms'")
            with self.assertRaises(LockNotAvailable), second.env.cr.savepoint():
                self._suppress(second, PHONES[::-1])
            first.env.cr.commit()
            with self.assertRaises(SerializationFailure), second.env.cr.savepoint():
                self._suppress(second, PHONES[::-1])
            second.env.cr.rollback()  # as Odoo does with a request that it repeats
            second.env.transaction.reset()
            self.assertEqual(self._suppress(second, PHONES[::-1]).ids, rows.ids)

    def test_who_asks_in_between_does_not_keep_that_there_is_nobody(self):
        self.registry.clear_cache()
        with self._two() as (first, second):
            company = first.env.company
            self._suppress(first)
            self.registry.clear_cache()  # what the first one has asked for its own leads
            self.assertNotIn(company.id, second._get_company_ids())
            first.env.cr.commit()
        with self._connection() as third:
            self.assertIn(company.id, third._get_company_ids())
