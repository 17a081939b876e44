import time
from datetime import datetime, timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import LeadCase

START = datetime.fromisoformat("2026-07-01 08:00:00")


@tagged("post_install", "-at_install")
class TestConversationHistory(LeadCase):
    """All that happened to a lead, in order."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.env["res.partner"].create({"name": "Marco Rossi", "email": "marco@example.org"})
        cls.lead = cls._lead(user_id=cls.user_own.id, email_from="marco@example.org")

    def _history(self, user=None, **kwargs):
        return self.lead.with_user(user or self.user_own).get_history(**kwargs)

    def _titles(self, user=None, **kwargs):
        return [row["title"] for row in self._history(user, **kwargs)["rows"]]

    def _fill(self, messages, events):
        """Messages of both sides and stage moves, one a minute, in turns."""
        comment = self.env.ref("mail.mt_comment").id
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mail_message (model, res_id, message_type, subtype_id, date, body, author_id, is_internal,
                                          create_date)
                SELECT 'crm.lead', %s, 'comment', %s, %s + n * interval '2 minutes', '<p>Message ' || n || '</p>',
                       %s, FALSE, now()
                  FROM generate_series(1, %s) n
                """,
                self.lead.id,
                comment,
                START,
                self.user_own.partner_id.id,
                messages,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lead_event (lead_id, kind, date, user_id, data)
                SELECT %s, 'stage', %s + n * interval '2 minutes' + interval '1 minute', %s,
                       jsonb_build_object('from_stage', %s, 'to_stage', %s)
                  FROM generate_series(1, %s) n
                """,
                self.lead.id,
                START,
                self.user_own.id,
                self.stage_new.id,
                self.stage_working.id,
                events,
            )
        )
        self.env.invalidate_all()

    def _all_rows(self):
        """The rows of all pages, four at most."""
        rows, before = [], None
        for _page in range(4):
            page = self._history(before=before)
            self.assertLessEqual(len(page["rows"]), 50)
            rows += page["rows"]
            before = page["next"]
            if not before:
                break
        return rows

    def test_everything_in_order_the_latest_first(self):
        lead = self.lead.with_user(self.user_own)
        for minute, act in enumerate(
            (
                lambda: self.lead._post_from_customer("Is it free?"),
                lambda: lead.write({"stage_id": self.stage_working.id}),
                lambda: lead.post_to_customer("Yes"),
                lambda: lead.message_post(body="Careful", message_type="comment", subtype_xmlid="mail.mt_note"),
                lambda: lead.write({"user_id": self.user_own.id, "stage_id": self.stage_late.id}),
            )
        ):
            with self._at(f"2030-07-01 08:0{minute}:00"):
                act()
        rows = self._history()["rows"]
        self.assertEqual(
            [(row["topic"], row["kind"]) for row in rows[:5]],
            [
                ("stages", "stage"),
                ("notes", "note"),
                ("messages", "desk"),
                ("stages", "stage"),
                ("messages", "customer"),
            ],
        )
        self.assertEqual(rows[0]["text"], "Moved from At work to Proposal out")
        self.assertEqual((rows[1]["title"], rows[1]["text"]), ("Internal note", "Careful"))
        self.assertEqual(rows[2]["user"], self.user_own.name)
        self.assertEqual(rows[-1]["kind"], "create")

    def test_filters(self):
        lead = self.lead.with_user(self.user_own)
        self.lead._post_from_customer("Is it free?")
        lead.message_post(body="Careful", message_type="comment", subtype_xmlid="mail.mt_note")
        lead.stage_id = self.stage_working
        self.assertEqual(self._titles(topic="messages"), ["From the customer"])
        self.assertEqual(self._titles(topic="notes"), ["Internal note"])
        self.assertEqual(self._titles(topic="stages"), ["Stage", "Created"])
        self.assertEqual(self._titles(topic="calls"), [])
        topics = ("messages", "notes", "stages", "proposals", "calls", "appointments", "others")
        by_topic = [row["key"] for topic in topics for row in self._history(topic=topic)["rows"]]
        self.assertCountEqual(by_topic, [row["key"] for row in self._history()["rows"]], "each under one filter")
        with self.assertRaises(UserError):
            self._history(topic="everything")

    def test_what_was_decided_about_clients_is_for_who_may_see_clients(self):
        self.lead.write({"partner_id": self.client.id})
        self.env["crm.lead.event"]._log("link", {self.lead: {"client": self.client.id}})
        viewers = self.env.ref("crm_lead_lifecycle.group_client_viewer")
        self.env.ref("sales_team.group_sale_salesman").implied_ids = [Command.unlink(viewers.id)]
        self.assertFalse(self.user_own.has_group("crm_lead_lifecycle.group_client_viewer"))
        kinds = [[row["kind"] for row in self._history(user)["rows"]] for user in (self.user_own, self.user_all)]
        self.assertNotIn("link", kinds[0])
        self.assertIn("link", kinds[1])

    def test_what_was_for_one_person_alone_is_not_there(self):
        self.lead.message_notify(body="For you alone", partner_ids=self.user_all.partner_id.ids)
        self.assertNotIn("For you alone", [row["text"] for row in self._history()["rows"]])

    def test_pages_give_each_row_once_in_order(self):
        self._fill(80, 80)
        rows = self._all_rows()
        self.assertEqual(len({row["key"] for row in rows}), len(rows))
        self.assertEqual(len(rows), 161, "with the creation")
        self.assertEqual([row["date"] for row in rows], sorted((row["date"] for row in rows), reverse=True))

    def test_many_at_the_same_moment_are_all_there(self):
        self._fill(70, 70)
        self.env.cr.execute("UPDATE crm_lead_event SET date = %s WHERE lead_id = %s", [START, self.lead.id])
        self.env.cr.execute(
            "UPDATE mail_message SET date = %s WHERE model = 'crm.lead' AND res_id = %s", [START, self.lead.id]
        )
        self.env.invalidate_all()
        keys = [row["key"] for row in self._all_rows()]
        self.assertEqual((len(keys), len(set(keys))), (141, 141))

    def test_a_thousand_of_each_open_fast_with_constant_queries(self):
        def read():
            self.env.invalidate_all()
            return self._count_queries(self._history)

        self._fill(30, 30)
        read()
        few = read()
        self._fill(970, 970)
        self.assertEqual(read(), few)
        times = []
        for _time in range(3):
            self.env.invalidate_all()
            start = time.perf_counter()
            self._history()
            times.append(timedelta(seconds=time.perf_counter() - start))
        self.assertLess(min(times), timedelta(milliseconds=300))
