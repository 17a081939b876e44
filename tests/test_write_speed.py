from collections import Counter
from unittest.mock import patch

from odoo.sql_db import Cursor
from odoo.tests import tagged

from .common import LeadCase


@tagged("post_install", "-at_install")
class TestWriteSpeed(LeadCase):
    """What is written along with a lead asks the database for nothing that is known already."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.lead.sla"].search([]).active = False

    def _count_tables(self, function, *tables):
        """How many statements a function needs that have to do with these tables."""
        counts = Counter()
        execute = Cursor.execute

        def count(cursor, query, *args, **kwargs):
            text = str(getattr(query, "code", query))
            counts.update(table for table in tables if table in text)
            return execute(cursor, query, *args, **kwargs)

        self.env.flush_all()
        with patch.object(Cursor, "execute", count):
            function()
            self.env.flush_all()
        return {table: counts[table] for table in tables}

    def _make(self, count):
        return self.env["crm.lead"].with_user(self.user_own).create([{"name": f"Lead {n}"} for n in range(count)])

    def test_creating_many_takes_one_statement_a_table(self):
        tables = ("INTO crm_lead_event", "crm_lead_stay", "crm_lead_sla", "crm_suppression")
        expected = {"INTO crm_lead_event": 1, "crm_lead_stay": 1, "crm_lead_sla": 0, "crm_suppression": 0}
        self._make(1)
        for count in (1, 20):
            self.assertEqual(self._count_tables(lambda count=count: self._make(count), *tables), expected)

    def test_answer_times_are_asked_for_only_where_there_are_any(self):
        calendar = ['FROM "resource_calendar"']
        self._make(1)
        self.env.invalidate_all()
        self.assertEqual(self._count_tables(lambda: self._make(2), *calendar), dict.fromkeys(calendar, 0))
        self.env["crm.lead.sla"].create({"minutes_within": 5, "minutes_late": 10})
        self._make(1)
        self.assertEqual(self._count_tables(lambda: self._make(2), 'FROM "crm_lead_sla"'), {'FROM "crm_lead_sla"': 1})

    def test_answer_times_that_went_with_their_source_are_forgotten(self):
        source = self.env["utm.source"].create({"name": "A portal"})
        self.env["crm.lead.sla"].create({"source_id": source.id, "minutes_within": 5, "minutes_late": 10})
        self.assertTrue(self._lead(source_id=source.id).sla_id)
        self.env["crm.lead"].search([("source_id", "=", source.id)]).source_id = False
        source.unlink()
        self.assertFalse(self._lead().sla_id)

    def test_a_lead_that_was_touched_is_not_stamped_again(self):
        stamp = "UPDATE crm_lead lead SET"
        for count in (1, 20):
            leads = self._make(count)
            moves = [lambda leads=leads, stage=stage: leads.write({"stage_id": stage.id}) for stage in self.stages[1:3]]
            self.assertEqual([self._count_tables(move, stamp)[stamp] for move in moves], [1, 0])

    def test_stays_take_as_many_statements_for_many(self):
        """Reading where the leads are, ending that and beginning the next; no log is read for it."""
        for count in (1, 20):
            with self._at("2027-03-01 09:00:00"):
                leads = self._make(count)
            tables = ("crm_lead_stay", "JOIN crm_stage stage")
            with self._at("2027-03-02 09:00:00"):
                counts = self._count_tables(
                    lambda leads=leads: leads.write({"stage_id": self.stage_working.id}), *tables
                )
            self.assertEqual(counts, {"crm_lead_stay": 3, "JOIN crm_stage stage": 0})
