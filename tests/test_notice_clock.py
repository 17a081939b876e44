from datetime import timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL

from .call_common import CallCase
from .test_notice import NoticeCase

NOON = "2027-03-01 12:00:00"


@tagged("post_install", "-at_install")
class TestNoticeClock(NoticeCase):
    """What runs out is told once, however often and however late the job looks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.overdue, cls.expired, cls.recall = map(cls._notice, ("overdue", "expired", "recall"))
        (cls.overdue + cls.expired).to_salesperson = True
        cls.notices.date_told = NOON

    def _look(self, at, notices=None):
        def look():
            with self._at(f"2027-03-{at}"):
                (notices or self.notices)._tell_crossed()
                self.env.flush_all()
                self.env.cr.precommit.run()

        return self._told(look)

    def _due(self, at, **values):
        return self._lead(**{"team_id": self.team.id, "date_due": f"2027-03-{at}", **values})

    # ------------------------------------------------------------
    # OVERDUE
    # ------------------------------------------------------------

    def test_overdue_is_told_once(self):
        lead = self._due("01 12:03:00")
        self.assertTold(self._look("01 12:03:00"))
        messages = self._look("01 12:05:00")
        self.assertTold(messages, self.user_own)
        self.assertEqual(messages.subject, f"Overdue: {lead.display_name}")
        self.assertTold(self._look("01 12:05:00"))
        self.assertTold(self._look("01 12:10:00"))

    def test_a_late_look_tells_all_in_one_message(self):
        for at in ("01 12:00:00", "01 18:00:00", "03 09:00:00"):
            self._due(at)
        messages = self._look("05 09:00:00")
        self.assertTold(messages, self.user_own)
        self.assertEqual(messages.subject, "3 leads overdue")
        self.assertIn("crm_notice_action_overdue", self._look_at_many("06 09:00:00").body)

    def _look_at_many(self, at):
        self._lead()
        for _number in range(21):
            self._due("05 10:00:00")
        return self._look(at)

    def test_the_past_is_not_told_when_it_is_switched_on(self):
        self.overdue.to_salesperson = False
        self._due("01 12:03:00")
        self.assertTold(self._look("01 12:05:00"))
        self.overdue.to_salesperson = True
        self.assertTold(self._look("01 12:10:00"))

    def test_a_clock_that_goes_back_tells_nothing_twice(self):
        self._due("01 12:03:00")
        self.assertTold(self._look("01 12:05:00"), self.user_own)
        self.assertTold(self._look("01 12:01:00"))
        self.assertTold(self._look("01 12:06:00"))

    def test_frozen_closed_and_removed_leads_run_out_never(self):
        self._due("01 12:03:00", stage_id=self.stage_frozen.id)
        self._due("01 12:03:00", stage_id=self.stage_won.id)
        lost, removed, archived = (self._due("01 12:03:00") for _number in range(3))
        lost.action_set_lost()
        self.env["crm.lead.remove"].create(
            {"lead_ids": removed.ids, "removal_reason_id": self.removal_reason.id}
        ).action_apply()
        archived.active = False
        self.assertTold(self._look("01 12:05:00"))

    def test_one_who_is_away_has_it_told_to_the_leader_too(self):
        self.user_own.away_until = "2027-03-02 00:00:00"
        self._due("01 12:03:00")
        self.assertTold(self._look("01 12:05:00"), self.user_own, self.user_manager)
        self._due("02 12:03:00")
        self.assertTold(self._look("02 12:05:00"), self.user_own)

    def test_what_nobody_has_is_told_to_the_leader(self):
        self._due("01 12:03:00", user_id=False)
        self.assertTold(self._look("01 12:05:00"), self.user_manager)

    def test_a_leader_who_wants_nothing_gets_nothing(self):
        self.user_manager.notice_overdue = "never"
        self._due("01 12:03:00", user_id=False)
        self.assertTold(self._look("01 12:05:00"))

    def test_one_who_always_wants_it_gets_it_where_the_company_tells_nobody(self):
        self.overdue.to_salesperson = False
        self.user_own.notice_overdue = "always"
        self._due("01 12:03:00")
        self.assertTold(self._look("01 12:05:00"), self.user_own)

    def test_each_company_by_its_own_rows(self):
        values = {"user_id": self.user_manager.id, "team_id": False}
        self._due("01 12:03:00", company_id=self.other_company.id, **values)
        self.assertTold(self._look("01 12:05:00"))
        self._notice("overdue", self.other_company).to_salesperson = True
        other = self._due("01 12:08:00", company_id=self.other_company.id, **values)
        messages = self._look("01 12:10:00")
        self.assertTold(messages, self.user_manager)
        self.assertEqual(messages.res_id, other.id)

    def test_leads_of_no_company_by_the_rows_of_the_one_that_numbered_them(self):
        lead = self._due("01 12:03:00")
        self._set_in_database(lead, company_id=None)
        self.assertEqual(lead.number_company_id, self.company)
        self.assertTold(self._look("01 12:05:00"), self.user_own)

    # ------------------------------------------------------------
    # EXPIRED
    # ------------------------------------------------------------

    def test_expired_is_told_once_with_its_stage(self):
        self.stage_new.rotting_threshold_days = 3
        lead = self._lead(self.stage_new)
        self._set_in_database(lead, date_last_stage_update="2027-02-26 12:03:00")
        messages = self._look("01 12:05:00")
        self.assertTold(messages, self.user_own)
        self.assertEqual(messages.subject, f"Expired in its stage: {lead.display_name}")
        self.assertIn(self.stage_new.name, messages.body)
        self.assertTold(self._look("01 12:10:00"))

    def test_stages_by_their_own_days_and_without_any_never(self):
        self.stage_new.rotting_threshold_days = 3
        self.stage_working.rotting_threshold_days = 5
        leads = [self._lead(stage) for stage in (self.stage_new, self.stage_working, self.stage_late)]
        for lead in leads:
            self._set_in_database(lead, date_last_stage_update="2027-02-26 12:03:00")
        self.assertEqual(self._look("01 12:05:00").res_id, leads[0].id)
        self.assertEqual(self._look("03 12:05:00").res_id, leads[1].id)
        self.assertTold(self._look("20 12:05:00"))

    def test_told_is_what_the_badge_says(self):
        self.stage_new.rotting_threshold_days = 3
        lead = self._lead(self.stage_new)
        self._set_in_database(lead, date_last_stage_update="2027-02-26 12:03:00")
        for at, is_rotting in (("12:03:00", False), ("12:03:01", True)):
            with self._at(f"2027-03-01 {at}"):
                lead.invalidate_recordset()
                self.assertEqual(lead.is_rotting, is_rotting)
            self.assertEqual(bool(self._look(f"01 {at}")), is_rotting)

    # ------------------------------------------------------------
    # THE JOB
    # ------------------------------------------------------------

    def _run_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_lead_lifecycle.ir_cron_crm_notice").method_direct_trigger()

    def test_the_job_tells_once_and_notes_how_far_it_looked(self):
        self.notices.date_told = fields.Datetime.now() - timedelta(hours=1)
        lead = self._lead(date_due=fields.Datetime.now() - timedelta(minutes=10))
        self.assertTold(self._told(self._run_job), self.user_own)
        self.assertGreater(self.overdue.date_told, lead.date_due)
        self.assertTold(self._told(self._run_job))

    def test_a_row_that_somebody_changes_waits(self):
        self._due("01 12:03:00")
        locked = self.overdue
        self.patch(self.registry["crm.notice"], "try_lock_for_update", lambda notice, **_options: notice - locked)
        self.assertTold(self._look("01 12:05:00"))
        self.assertEqual(locked.date_told, fields.Datetime.to_datetime(NOON))
        self.assertEqual(self.expired.date_told, fields.Datetime.to_datetime("2027-03-01 12:05:00"))

    def test_looks_through_an_index(self):
        since = fields.Datetime.now() - timedelta(minutes=5)
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        # as good as any for the few leads of a test
        self.env.cr.execute("DROP INDEX crm_lead_open_of_user_idx, crm_lead_expiry_idx")
        for name, model, domain in (
            ("date_due", "crm.lead", self.overdue._get_open_domain() & Domain("date_due", ">=", since)),
            ("recall_due", "crm.call.entry", self.recall._get_recall_domain(since, fields.Datetime.now())),
        ):
            query = self.env[model].sudo()._search(domain)
            plan = "\n".join(row[0] for row in self.env.execute_query(SQL("EXPLAIN %s", query.select())))
            self.assertIn(f"_{name}_idx", plan)


@tagged("post_install", "-at_install")
class TestNoticeRecall(NoticeCase, CallCase):
    """The operator of a private call back is told when it is due."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.recall = cls._notice("recall")
        cls.recall.write({"to_salesperson": True, "date_told": NOON})
        cls.leads.write({"user_id": False, "team_id": cls.team.id, "stage_id": cls.stage_new.id})
        cls.mine, cls.public, cls.later = cls.entries
        for entry, at, user in (
            (cls.mine, "2027-03-01 12:03:00", cls.operator),
            (cls.public, "2027-03-01 12:03:00", None),
            (cls.later, "2027-03-01 13:00:00", cls.operator),
        ):
            entry.sudo().write(
                {"state": "waiting", "is_recall": True, "next_call_at": at, "recall_user_id": user and user.id}
            )

    def _look(self, at):
        def look():
            with self._at(f"2027-03-01 {at}"):
                self.recall._tell_crossed()
                self.env.flush_all()
                self.env.cr.precommit.run()

        return self._told(look)

    def test_told_to_the_operator_once(self):
        messages = self._look("12:05:00")
        self.assertTold(messages, self.operator)
        self.assertEqual(messages.res_id, self.mine.lead_id.id)
        self.assertIn("Call back now", messages.subject)
        self.assertIn("Call Back", messages.body)
        self.assertTold(self._look("12:10:00"))

    def test_moved_ones_are_told_at_their_new_time(self):
        self.assertTold(self._look("12:05:00"), self.operator)
        self.mine.sudo().next_call_at = "2027-03-01 12:30:00"
        self.assertTold(self._look("12:35:00"), self.operator)

    def test_to_the_leader_where_the_company_wants_it(self):
        self.recall.to_leader = True
        messages = self._look("12:05:00")
        self.assertTold(messages, self.operator, self.user_manager)

    def test_what_is_done_or_frozen_is_not_told(self):
        self.mine.sudo().state = "done"
        self.later.lead_id.stage_id = self.stage_frozen
        self.assertTold(self._look("14:00:00"))
