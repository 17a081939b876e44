from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from ..controllers.request import LARGEST_ID
from ..models import crm_lead_rate
from ..models.crm_lead_conversation import PAGE
from ..models.crm_lead_rate import LIMITS
from .portal_common import PortalCase

MANY = 1000


class SpeedCase(PortalCase):
    """A conversation that can grow long, and the number of queries that something takes."""

    @classmethod
    def _talk(cls, count, lead=None):
        """So many messages by turns of the customer and the desk."""
        lead = lead or cls.lead
        authors = lead.partner_id, cls.user_own.partner_id
        cls.env["mail.message"].create(
            [
                {
                    "model": "crm.lead",
                    "res_id": lead.id,
                    "message_type": "comment",
                    "subtype_id": cls.env.ref("mail.mt_comment").id,
                    "author_id": authors[number % 2].id,
                    "body": f"Message {number}",
                }
                for number in range(count)
            ]
        )

    def _count_queries(self, action):
        """The second time: what is kept in caches is there."""
        for _time in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            action()
        return self.cr.sql_log_count - before

    def _ask(self, path):
        return self._count_queries(lambda: self.url_open(self._path(path=path), timeout=60))


@tagged("post_install", "-at_install")
class TestPortalSpeed(SpeedCase):
    """What the customer's page costs, however long the conversation is and however often it is asked for."""

    def setUp(self):
        super().setUp()
        self._follow()

    def test_the_page_reads_one_page_of_messages(self):
        self._talk(PAGE + 1)
        few = self._ask("")
        self._talk(MANY)
        self.assertEqual(self._ask(""), few)
        page = self._page(self._get(self._path()))
        self.assertEqual(len(page.xpath("//*[@data-id]")), PAGE)

    def test_the_customers_addresses_are_found_by_their_index(self):
        self.lead.partner_id.email = self.lead.email_from = "marco@example.org"
        self.env.flush_all()
        query = self.env["mail.message"].sudo()._search(self.lead._get_customer_conversation_domain())
        self.cr.execute("SET LOCAL enable_seqscan TO OFF")
        plan = "\n".join(row[0] for row in self.env.execute_query(SQL("EXPLAIN %s", query.select())))
        self.assertIn("res_partner_email_normalized_idx", plan)
        self.assertNotIn("Seq Scan on res_partner", plan)

    def test_a_question_takes_two_queries_beside_odoos_own(self):
        self._talk(MANY)
        last = self._messages()[-1].id
        odoos = self._count_queries(lambda: self.url_open(f"/my/requests/{LARGEST_ID + 1}/messages", timeout=60))
        self.assertEqual(self._ask(f"/messages?after={last}"), odoos + 2)

    def test_a_note_costs_no_more(self):
        self._talk(1)
        last = self._messages().id
        before = self._ask(f"/messages?after={last}")
        self.lead.with_user(self.user_own).message_post(body="Hidden remark", subtype_xmlid="mail.mt_note")
        self.assertEqual(self._ask(f"/messages?after={last}"), before)
        self.assertEqual(self._poll(after=last).status_code, 204)

    def test_a_question_is_answered_in_the_customers_language_and_time(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.client.write({"lang": "it_IT", "phone": "+39 06 5550100"})
        self._talk(1)
        self._messages().date = "2027-03-01 22:30:00"
        self.assertIn("01/03/27, 23:30", self._poll().json()["html"])
        self.assertIn("01/03/27, 23:30", self._get(self._path()).text)

    def test_what_is_new_comes_with_the_request_as_it_is_now(self):
        order = self._propose()
        self._talk(2)
        answer = self._poll(after=self._messages()[0].id).json()
        self.assertNotIn("Message 0", answer["html"])
        self.assertIn("Message 1", answer["html"])
        self.assertIn(order.name, answer["summary"])


@tagged("post_install", "-at_install")
class TestPortalRate(SpeedCase):
    """Questions of open pages are counted by each process, and many at once for all."""

    def setUp(self):
        super().setUp()
        self._follow()
        self.rate = self.env["crm.lead.rate"]

    def _count(self, process):
        """Count a question in one of several processes, each of which has a dict of its own."""
        with patch.object(crm_lead_rate, "_counted", process):
            return self.rate._count("poll", "somebody")

    def test_questions_without_an_answer_write_nothing(self):
        for _time in range(3):
            self.assertEqual(self._poll().status_code, 204)
        self.assertFalse(self.rate.search([("key", "=like", "poll %")]))

    def test_processes_count_together(self):
        limit, _minutes, lump = LIMITS["poll"]
        with self._at("2027-03-01 09:05:00"):
            processes = [{}, {}, {}]
            passed = sum(self._count(processes[number % 3]) for number in range(3 * limit))
            self.assertGreaterEqual(passed, limit)
            self.assertLessEqual(passed, limit + 3 * lump)
            self.assertFalse(any(self._count(process) for process in processes))
            newcomer = {}
            self.assertLess(sum(self._count(newcomer) for _time in range(limit)), lump)

    def test_the_next_span_begins_anew(self):
        process = {}
        with self._at("2027-03-01 09:05:00"):
            while self._count(process):
                pass
        with self._at("2027-03-01 09:10:00"):
            self.assertTrue(self._count(process))
        self.assertEqual(len(process), 1, "of spans that are over nothing is kept")

    def test_others_are_counted_apart(self):
        process = {}
        while self._count(process):
            pass
        with patch.object(crm_lead_rate, "_counted", process):
            self.assertTrue(self.rate._count("poll", "somebody else"))


@tagged("post_install", "-at_install")
class TestDeskSpeed(SpeedCase):
    """What the conversation costs the desk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead.user_id = cls.user_own
        cls.desk = cls.lead.with_user(cls.user_own)

    def test_the_conversation_reads_one_page_of_messages(self):
        self._talk(PAGE + 1)
        few = self._count_queries(self.desk.get_conversation)
        self._talk(MANY)
        self.assertEqual(self._count_queries(self.desk.get_conversation), few)
        self.assertEqual(len(self.desk.get_conversation()["messages"]), PAGE)

    def test_the_history_reads_one_page(self):
        self._talk(60)
        few = self._count_queries(self.desk.get_history)
        self._talk(MANY)
        self.assertEqual(self._count_queries(self.desk.get_history), few)

    def test_what_is_to_be_read_is_counted_by_its_index(self):
        leads = self.env["crm.lead"].with_user(self.user_own)
        self.lead._post_from_customer("Is it free?")
        self.assertEqual(leads.get_unread_count(), 1)
        self.assertEqual(self._count_queries(leads.get_unread_count), 1)
        query = leads.with_context(active_test=False)._search(leads._get_unread_domain())
        self.cr.execute("SET LOCAL enable_seqscan TO OFF")
        plan = "\n".join(row[0] for row in self.env.execute_query(SQL("EXPLAIN %s", query.select())))
        self.assertIn("crm_lead_unread_idx", plan)

    def test_the_flag_costs_lists_and_columns_nothing(self):
        leads = self.env["crm.lead"].with_user(self.user_own)
        self.env["crm.lead"].create([{"name": "A lead", "user_id": self.user_own.id} for _number in range(80)])
        views = {
            "list": lambda fields: leads.web_search_read([], fields, limit=80),
            "kanban": lambda fields: leads.web_read_group(
                [], ["stage_id"], auto_unfold=True, unfold_read_specification=fields
            ),
        }
        for name, read in views.items():
            plain, flagged = (
                self._count_queries(lambda fields=fields, read=read: read(dict.fromkeys(fields, {})))
                for fields in (["name"], ["name", "is_unread", "date_customer_wrote"])
            )
            self.assertEqual(flagged, plain, name)
