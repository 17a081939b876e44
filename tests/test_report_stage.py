from datetime import datetime

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .common import LeadCase

COLUMNS = "stage_id, date_entered, date_left, way_out, next_stage_id, lead_type_id, lost_reason_id, removal_reason_id"


class StageReportCase(LeadCase):
    def _moves(self, lead, *moves):
        """Move a lead at eight o'clock of days of January 2026: pairs of a day and a stage."""
        for day, stage in moves:
            with self._on(day):
                lead.stage_id = stage
                self.env.flush_all()

    def _on(self, day):
        return self._at(f"2026-01-{day:02} 08:00:00")

    def _came(self, day, stage=None, **values):
        with self._on(day):
            lead = self._lead(stage, **values)
            self.env.flush_all()
        return lead

    def _rows(self, *leads):
        """Of the table as it is in the database."""
        ids = [lead.id for lead in leads]
        self.env.flush_all()
        self.env.cr.execute(
            f"SELECT {COLUMNS} FROM crm_lead_stay WHERE lead_id = ANY(%s) ORDER BY date_entered, stage_id", [ids]
        )
        return self.env.cr.fetchall()

    def assertStays(self, leads, expected):
        """They are the expected ones, and those that the log alone would give.

        :param expected: tuples of stage, day entered, day left, way out and next stage
        """
        rows = self._rows(*leads)

        def day(moment):
            return moment and (moment - datetime.fromisoformat("2025-12-31 08:00:00")).total_seconds() / 86400

        self.assertEqual(
            [(row[0], day(row[1]), day(row[2]), row[3], row[4]) for row in rows],
            [(stage.id, came, left, way, after.id if after else None) for stage, came, left, way, after in expected],
        )
        self.env["crm.lead.stay"]._rebuild(leads)
        self.assertEqual(self._rows(*leads), rows, "by the log")

    def _figures(self, groupby, *specs, leads, user=None):
        self.env.flush_all()
        report = self.env["crm.lead.stage.report"].with_user(user or self.user_manager)
        rows = report._read_group([("lead_id", "in", leads.ids)], [groupby] if groupby else [], specs)
        return {row[0]: row[1:] for row in rows} if groupby else rows[0]


class TestStays(StageReportCase):
    """A row a stay, whatever happens to the lead, written along and read from the log alike."""

    def test_there_and_back(self):
        lead = self._came(1)
        self._moves(lead, (2, self.stage_working), (4, self.stage_new), (5, self.stage_frozen))
        self.assertStays(
            lead,
            [
                (self.stage_new, 1, 2, "forward", self.stage_working),
                (self.stage_working, 2, 4, "back", self.stage_new),
                (self.stage_new, 4, 5, "forward", self.stage_frozen),
                (self.stage_frozen, 5, None, None, None),
            ],
        )

    def test_lost_restored_and_won(self):
        lead = self._came(1)
        with self._on(3):
            lead.write({"stage_id": self.stage_lost.id, "lost_reason_id": self.reason.id})
        with self._on(7):
            lead.action_restore()
        self._moves(lead, (8, self.stage_won))
        stays = [
            (self.stage_new, 1, 3, "lost", self.stage_lost),
            (self.stage_new, 7, 8, "won", self.stage_won),
        ]
        self.assertStays(lead, stays)
        self.assertEqual([row[6] for row in self._rows(lead)], [self.reason.id, None])
        self._moves(lead, (9, self.stage_working))
        self.assertStays(lead, [*stays, (self.stage_working, 9, None, None, None)])

    def test_lost_where_it_is(self):
        self._stage_like_stock()
        lead = self._came(1, self.stage_working)
        with self._on(2):
            lead.action_set_lost(lost_reason_id=self.reason.id)
        self.assertStays(lead, [(self.stage_working, 1, 2, "lost", self.stage_working)])

    def test_removed_and_restored(self):
        lead = self._came(1)
        with self._on(2):
            lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self.assertEqual(self._rows(lead)[0][7], self.removal_reason.id)
        with self._on(4):
            lead.action_restore()
        self.assertStays(lead, [(self.stage_new, 1, 2, "removed", None), (self.stage_new, 4, None, None, None)])

    def test_born_closed_has_not_been_anywhere(self):
        self.assertStays(self._came(1, self.stage_won), [])
        self.assertStays(self._came(1, self.stage_lost), [])

    def test_another_type(self):
        lead = self._came(1, self.stage_working)
        other = self._lead_type(name="Repair")
        with self._on(3):
            lead.lead_type_id = other
            self.env.flush_all()
        stage = lead.stage_id
        self.assertStays(lead, [(self.stage_working, 1, 3, "type", stage), (stage, 3, None, None, None)])
        self.assertEqual([row[5] for row in self._rows(lead)], [self.lead_type.id, other.id])

    def test_another_type_in_the_second_in_which_it_came(self):
        other = self._lead_type(name="Repair")
        with self._on(1):
            lead = self._lead(self.stage_working)
            self.env.flush_all()
            lead.lead_type_id = other
            self.env.flush_all()
        stage = lead.stage_id
        self._moves(lead, (2, self.stage_won))
        self.assertStays(lead, [(stage, 1, 2, "won", lead.stage_id)])

    def test_successor(self):
        successor = self._lead_type(name="Repair")
        first = self.env["crm.stage"].create({"name": "Repair asked", "sequence": 0, "lead_type_ids": successor.ids})
        successor.initial_stage_id = first
        self.lead_type.next_type_id = successor
        lead = self._came(1, self.stage_working)
        self._moves(lead, (2, self.stage_won))
        self.assertEqual(lead.lead_type_id, successor)
        self.assertStays(lead, [(self.stage_working, 1, 2, "succeeded", first), (first, 2, None, None, None)])

    def test_merged(self):
        """What the other one did stays, and ends with the merge."""
        kept, gone = self._came(1, self.stage_late), self._came(2)
        self._moves(gone, (3, self.stage_working))
        with self._on(6):
            winner = (kept + gone).merge_opportunity()
        self.assertEqual(winner, kept)
        self._moves(kept, (8, self.stage_frozen))
        self.assertStays(
            kept,
            [
                (self.stage_late, 1, 8, "forward", self.stage_frozen),
                (self.stage_new, 2, 3, "forward", self.stage_working),
                (self.stage_working, 3, 6, "merged", None),
                (self.stage_frozen, 8, None, None, None),
            ],
        )

    def test_merged_into_another_type(self):
        """What it did as one type does not become what it never was."""
        repair = self._lead_type(name="Repair")
        kept, gone = self._came(1, self.stage_late), self._came(2, lead_type_id=repair.id)
        with self._on(6):
            self.assertEqual((kept + gone).merge_opportunity(), kept)
        stays = [(self.stage_late, 1, None, None, None), (self.stage_new, 2, 6, "merged", None)]
        self.assertStays(kept, stays)
        self.assertEqual([row[5] for row in self._rows(kept)], [self.lead_type.id, repair.id])

    def test_merged_twice(self):
        first, second, third = self._came(1, self.stage_late), self._came(2, self.stage_working), self._came(3)
        with self._on(5):
            self.assertEqual((second + third).merge_opportunity(), second)
        with self._on(6):
            self.assertEqual((first + second).merge_opportunity(), first)
        self.assertStays(
            first,
            [
                (self.stage_late, 1, None, None, None),
                (self.stage_working, 2, 6, "merged", None),
                (self.stage_new, 3, 5, "merged", None),
            ],
        )

    def test_of_one_second_the_last_move_counts(self):
        """An outcome of a call may move a lead and lose it: it died in the stage that it came from."""
        lead = self._came(1)
        with self._on(3):
            lead.stage_id = self.stage_working
            lead.write({"stage_id": self.stage_lost.id, "lost_reason_id": self.reason.id})
        self.assertStays(lead, [(self.stage_new, 1, 3, "lost", self.stage_lost)])
        self.assertEqual(self._rows(lead)[0][6], self.reason.id)
        with self._on(4):
            lead.action_restore()
        with self._on(6):
            for stage in (self.stage_frozen, self.stage_new, self.stage_late):
                lead.stage_id = stage
                self.env.flush_all()
        self.assertStays(
            lead,
            [
                (self.stage_new, 1, 3, "lost", self.stage_lost),
                (self.stage_working, 4, 6, "forward", self.stage_late),
                (self.stage_late, 6, None, None, None),
            ],
        )

    def test_of_one_second_the_weightiest_way_counts(self):
        lead = self._came(1, self.stage_working)
        with self._on(2):
            lead.write({"stage_id": self.stage_lost.id, "lost_reason_id": self.reason.id})
            lead.action_restore()
            lead.stage_id = self.stage_late
        self.assertStays(
            lead, [(self.stage_working, 1, 2, "lost", self.stage_late), (self.stage_late, 2, None, None, None)]
        )
        self.assertEqual([row[6] for row in self._rows(lead)], [self.reason.id, None])
        with self._on(3):
            lead.write({"stage_id": self.stage_lost.id, "lost_reason_id": self.reason.id})
            lead.stage_id = self.stage_won
        self.assertEqual(self._rows(lead)[1][3:5], ("won", self.stage_won.id))
        self.assertStays(
            lead,
            [
                (self.stage_working, 1, 2, "lost", self.stage_late),
                (self.stage_late, 2, 3, "won", self.stage_won),
            ],
        )

    def test_merged_in_the_second_of_a_move(self):
        kept, gone, new = self._came(1, self.stage_late), self._came(2), self._came(5)
        with self._on(5):
            gone.stage_id = self.stage_working
            self.assertEqual((kept + gone + new).merge_opportunity(), kept)
        self.assertStays(kept, [(self.stage_late, 1, None, None, None), (self.stage_new, 2, 5, "merged", None)])

    def test_many_at_once_take_few_queries(self):
        leads = self.env["crm.lead"].concat(*(self._came(1) for _number in range(10)))
        data = {"from_stage": self.stage_new.id, "to_stage": self.stage_late.id}
        events = [("stage", lead, data) for lead in leads]

        moment = datetime.fromisoformat("2026-01-03")

        def follow(some):
            return self._count_queries(lambda: self.env["crm.lead.stay"]._follow(some, moment))

        follow(events[:1])
        self.assertEqual(follow(events[1:2]), 3)
        self.assertEqual(follow(events[2:]), 3)
        self.assertEqual(len(self._rows(*leads)), 20)

    def test_what_was_there_before(self):
        lead = self._came(1)
        self.env.cr.execute("DELETE FROM crm_lead_event WHERE lead_id = %s", [lead.id])
        self.env.cr.execute("DELETE FROM crm_lead_stay")
        self._set_in_database(lead, date_last_stage_update="2026-01-05 08:00:00")
        self.env["crm.lead.stay"]._adopt()
        row = [(self.stage_new.id, datetime.fromisoformat("2026-01-05 08:00:00"), None)]
        self.assertEqual([row[:3] for row in self._rows(lead)], row)
        self.env.cr.execute("UPDATE crm_lead_stay SET date_entered = '2026-01-06' WHERE lead_id = %s", [lead.id])
        self.env["crm.lead.stay"]._adopt()
        self.assertEqual(self._rows(lead)[0][1], datetime.fromisoformat("2026-01-06"), "once")

    def test_erased_history_keeps_the_stays(self):
        lead = self._came(1)
        self._moves(lead, (2, self.stage_working))
        before = self._rows(lead)
        self.env.cr.execute("UPDATE crm_lead_event SET data = NULL WHERE lead_id = %s", [lead.id])
        self.assertEqual(self._rows(lead), before)
        self._moves(lead, (3, self.stage_late))
        self.assertEqual(len(self._rows(lead)), 3)


class TestStageReport(StageReportCase):
    """How long leads stay where, and where they die."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = cls.env["utm.source"].create({"name": "Spring fair"})

    def setUp(self):
        super().setUp()
        moved, lost, removed = (self._came(1, source_id=self.source.id) for _number in range(3))
        self._moves(moved, (3, self.stage_working))
        with self._on(5):
            lost.write({"stage_id": self.stage_lost.id, "lost_reason_id": self.reason.id})
        with self._on(11):
            removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self.moved, self.lost, self.waiting = moved, lost, self._came(2)
        self.leads = moved + lost + removed + self.waiting

    def test_figures(self):
        """In "new" three stays of 2, 4 and 10 days are over, one of 4 is not."""
        specs = ["stays:sum", "stays_left:sum", "stays_open:sum", "days:mean", "median_days:median", "p90_days:p90"]
        figures = self._figures("stage_id", *specs, leads=self.leads)
        average, p90 = figures[self.stage_new][3], figures[self.stage_new][5]
        self.assertEqual(figures[self.stage_new][:3], (4, 3, 1))
        self.assertAlmostEqual(average, 16 / 3)
        self.assertEqual(figures[self.stage_new][4], 4)
        self.assertAlmostEqual(p90, 8.8)
        self.assertEqual(figures[self.stage_working], (1, 0, 1, False, False, False))
        self.assertEqual(self._figures(None, "stays:sum", "minutes:mean", leads=self.moved), (2, 2 * 1440))

    def test_where_they_die(self):
        specs = ["death_rate:mean", "won_rate:mean", "lost:sum", "removed:sum"]
        figures = self._figures("stage_id", *specs, leads=self.leads)
        self.assertAlmostEqual(figures[self.stage_new][0], 200 / 3)
        self.assertEqual(figures[self.stage_new][1:], (0, 1, 1))
        self.assertEqual(figures[self.stage_working][0], False)
        self.assertAlmostEqual(self._figures(None, "death_rate:mean", leads=self.leads)[0], 200 / 3)
        reasons = self._figures("lost_reason_id", "stays:sum", leads=self.leads)
        self.assertEqual(reasons, {self.reason: (1,), self.reason[:0]: (4,)})

    def test_by_source_and_way(self):
        by_source = self._figures("source_id", "stays:sum", leads=self.leads)
        self.assertEqual(by_source, {self.source: (4,), self.source[:0]: (1,)})
        by_way = self._figures("way_out", "stays:sum", leads=self.leads)
        self.assertEqual(by_way, {"forward": (1,), "lost": (1,), "removed": (1,), False: (2,)})

    def test_rows_are_those_of_readable_leads(self):
        self.moved.user_id = self.user_all
        self.lost.user_id = False
        self._set_in_database(self.lost, company_id=self.company.id)  # without one it would be everybody's
        foreign = self._came(1, user_id=False)
        self._set_in_database(foreign, company_id=self.other_company.id)
        leads = self.leads + foreign
        report = self.env["crm.lead.stage.report"]
        for user, expected in (
            (self.user_own, self.leads - self.moved),
            (self.user_all, self.leads),
            (self.user_other_company, foreign),
        ):
            rows = report.with_user(user).search([("lead_id", "in", leads.ids)])
            self.assertEqual(set(rows.lead_id.ids), set(expected.ids), user.login)

    def test_rows_open_their_leads(self):
        report = self.env["crm.lead.stage.report"]
        row = report.search([("lead_id", "=", self.moved.id)], limit=1)
        self.assertEqual(row.with_user(self.user_own).action_open_lead()["res_id"], self.moved.id)
        self.moved.user_id = self.user_all
        with self.assertRaises(AccessError):
            row.with_user(self.user_own).action_open_lead()

    def test_nobody_else_has_access(self):
        employee = new_test_user(self.env, "stage_gardener", "base.group_user")
        for user in (employee, self.user_portal, self.user_public):
            with self.assertRaises(AccessError):
                self.env["crm.lead.stage.report"].with_user(user).search([])
        for user in (self.user_own, self.user_manager, self.user_admin):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(self.env["crm.lead.stage.report"].with_user(user).has_access(operation))
            for operation in ("read", "write", "create", "unlink"):
                self.assertFalse(self.env["crm.lead.stay"].with_user(user).has_access(operation), "past all rules")
