from contextlib import ExitStack, contextmanager

from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

NAME, PHONE, MAIL = "Concurrent Rossi", "+39 333 5550199", "rossi@concurrent.example"


@tagged("post_install", "-at_install")
class TestClientConcurrency(TransactionCase):
    """Two people at the same moment, each with a connection of its own; what they commit is cleaned up."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        with self._connection() as env:
            values = {"name": NAME, "contact_name": NAME, "phone": PHONE, "email_from": MAIL, "type": "opportunity"}
            self.lead_ids = env["crm.lead"].create([values, values]).ids
            self.client_id = env["res.partner"].create({"name": f"Old {NAME}", "is_company": True}).id
            env.cr.commit()

    @contextmanager
    def _connection(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, DISABLED_MAIL_CONTEXT)

    def _clean_up(self):
        with self._connection() as env:
            everything = env(context={**DISABLED_MAIL_CONTEXT, "active_test": False})
            everything["crm.lead"].search([("name", "=", NAME)]).unlink()
            everything["res.partner"].search([("name", "like", NAME)]).unlink()
            env.cr.execute("DELETE FROM crm_client_claim")
            env.cr.commit()

    def _clients(self, env):
        return env["res.partner"].with_context(active_test=False).search([("name", "=", NAME)])

    def _retry(self, env):
        """As Odoo does with a request that it repeats."""
        env.cr.rollback()
        env.transaction.reset()

    @contextmanager
    def _two(self):
        """Two transactions that have both begun, so that neither sees what the other one does."""
        with ExitStack() as stack:
            first, second = (stack.enter_context(self._connection()) for _number in range(2))
            for env in (first, second):
                env.cr.execute("SELECT count(*) FROM crm_lead")
            stack.callback(second.cr.rollback)
            yield first, second

    def _convert(self, env, number=0):
        lead = env["crm.lead"].browse(self.lead_ids[number])
        dialog = env["crm.lead.link.client"].create({"lead_id": lead.id})
        return lead._convert_client(dialog._prepare_client_values())

    def _link(self, env):
        lead = env["crm.lead"].browse(self.lead_ids[0])
        lead._link_client(env["res.partner"].browse(self.client_id))
        return lead.partner_id

    @mute_logger("odoo.sql_db")
    def assertWaits(self, env, act):
        """``act`` does not get ahead while the other transaction is open."""
        env.cr.execute("SET LOCAL lock_timeout = '200ms'")
        with self.assertRaises(LockNotAvailable):
            act(env)
        self._retry(env)
        env.cr.execute("SELECT count(*) FROM crm_lead")

    @mute_logger("odoo.sql_db")
    def assertMustRetry(self, env, act):
        with self.assertRaises(SerializationFailure):
            act(env)
        self._retry(env)

    def _assert_one_client(self, first_act, second_act):
        """Whoever comes second gets the client of the first."""
        with self._two() as (first, second):
            client = first_act(first)
            first.flush_all()
            self.assertWaits(second, second_act)
            first.cr.commit()
            self.assertMustRetry(second, second_act)
            return client.id, second_act(second).id

    def test_two_conversions_of_a_lead_make_one_client(self):
        made, found = self._assert_one_client(self._convert, self._convert)
        self.assertEqual(found, made)
        with self._connection() as env:
            self.assertEqual(self._clients(env).ids, [made])
            events = env["crm.lead.event"].search([("lead_id", "=", self.lead_ids[0]), ("kind", "=", "convert")])
            self.assertEqual(len(events), 1)

    def test_a_link_and_a_conversion_end_in_the_link(self):
        linked, found = self._assert_one_client(self._link, self._convert)
        self.assertEqual((linked, found), (self.client_id, self.client_id))
        with self._connection() as env:
            self.assertFalse(self._clients(env))

    def test_a_conversion_and_a_link_end_in_the_conversion(self):
        with self._two() as (first, second):
            made = self._convert(first).id
            first.cr.commit()
            self.assertMustRetry(second, self._link)
            with self.assertRaisesRegex(UserError, "belongs to"):
                self._link(second)
        with self._connection() as env:
            self.assertEqual(env["crm.lead"].browse(self.lead_ids[0]).partner_id.id, made)

    def test_two_links_of_a_lead_are_one(self):
        self._assert_one_client(self._link, self._link)
        with self._connection() as env:
            events = env["crm.lead.event"].search([("lead_id", "=", self.lead_ids[0]), ("kind", "=", "link")])
            self.assertEqual(len(events), 1)

    def test_two_leads_of_the_same_new_person_make_one_client(self):
        def convert_other(env):
            return self._convert(env, 1)

        with self._two() as (first, second):
            made = self._convert(first).id
            first.flush_all()
            self.assertWaits(second, convert_other)
            first.cr.commit()
            self.assertMustRetry(second, convert_other)
            with self.assertRaisesRegex(UserError, "There is such a client already"):
                convert_other(second)
            candidates = second["crm.lead"].browse(self.lead_ids[1])._get_match_values()
            best = second["crm.client.match"].search_candidates(candidates, limit=1)
            self.assertEqual(best[0]["partner_id"], made)
        with self._connection() as env:
            self.assertEqual(self._clients(env).ids, [made])

    def test_the_same_new_person_is_known_in_every_writing(self):
        writings = (
            ("phone", PHONE, "(333) 555.01.99"),
            ("email_from", MAIL, "Rossi+news@Concurrent.example"),
            ("email_from", "c.rossi@gmail.com", "CRossi@googlemail.com"),
        )
        for name, *texts in writings:
            with self.subTest(texts), self._connection() as env:
                for lead, text in zip(env["crm.lead"].browse(self.lead_ids), texts, strict=True):
                    lead.write({"phone": False, "email_from": False, name: text})
                env.cr.commit()
                with self._two() as (first, second):
                    self._convert(first)
                    first.flush_all()
                    self.assertWaits(second, lambda env: self._convert(env, 1))
                    first.cr.rollback()

    def test_people_who_share_neither_phone_nor_mail_do_not_wait(self):
        with self._connection() as env:
            other = env["crm.lead"].browse(self.lead_ids[1])
            other.write({"phone": "+39 333 5550188", "email_from": "neri@concurrent.example"})
            env.cr.commit()
        with self._two() as (first, second):
            self._convert(first)
            first.flush_all()
            second.cr.execute("SET LOCAL lock_timeout = '2s'")
            self.assertTrue(self._convert(second, 1))
