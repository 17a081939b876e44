from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_assignment import AssignmentCase


@tagged("post_install", "-at_install")
class TestAssignmentAnswer(AssignmentCase):
    """Who does not answer in time loses the lead to the next one. Half past ten on a Monday; the company works from
    eight to twelve and from one to five, in Rome."""

    NOW = "2027-07-05 08:30:00"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.write({"tz": "Europe/Rome"})
        cls.team.user_id = cls.user_manager
        cls.rule = cls._rule(cls.user_own, cls.user_all, answer_minutes=30)

    def _waiting(self, minutes=31, count=1, **values):
        """Leads that a rule gave to somebody so long ago."""
        leads = self._inquiries(count, **values)
        self._wait(leads, minutes)
        return leads

    def _wait(self, leads, minutes):
        given = fields.Datetime.to_datetime(self.NOW) - timedelta(minutes=minutes)
        self._set_in_database(leads, date_assigned=given)

    def _next(self, lead):
        """Who gets it if the one who has it does not answer."""
        return (self.user_own + self.user_all) - lead.user_id

    def _give_on(self):
        """One batch of the job."""
        with self._at(self.NOW):
            leads = self.env["crm.lead"]._lock_unanswered()
            leads._give_on()
            self.env.flush_all()
            return leads

    def test_it_goes_to_the_next_one(self):
        lead = self._waiting()
        first, second = lead.user_id, self._next(lead)
        self.assertEqual(self._give_on(), lead)
        self.assertEqual(lead.user_id, second)
        self.assertEqual(lead.assignment_rule_id, self.rule)
        event = self._events(lead, "assign")[-1]
        self.assertEqual(event.data["why"]["no_answer"], 30)
        self.assertEqual(event.data["why"]["others"], {str(first.id): "had_it"})
        self.assertIn("did not answer within 30 minutes", event.summary)
        text = "\n".join(sentence for _level, sentence in lead._get_assignment_reasons())
        self.assertIn(f"{first.name} did not answer within 30 minutes.", text)
        self.assertFalse(self._give_on(), "the next one has time too")

    def test_who_has_time_left_keeps_it(self):
        self._waiting(29)
        self.assertFalse(self._give_on())

    def test_only_working_hours_count(self):
        lead = self._inquiries()
        self._set_in_database(lead, date_assigned="2027-07-02 14:45:00")  # Friday, 16:45
        with self._at("2027-07-05 06:10:00"):  # Monday, 8:10
            self.assertFalse(self.env["crm.lead"]._lock_unanswered())
        with self._at("2027-07-05 06:16:00"):
            self.assertEqual(self.env["crm.lead"]._lock_unanswered(), lead)

    def test_what_was_touched_stays(self):
        lead = self._waiting()
        lead.with_user(lead.user_id).stage_id = self.stage_working
        self.assertFalse(self._give_on())

    def test_frozen_closed_and_archived_ones_stay(self):
        leads = self._waiting(count=4)
        leads[0].stage_id = self.stage_frozen
        leads[1].stage_id = self.stage_won
        leads[2].action_set_lost()
        leads[3].action_archive()
        self.assertFalse(self._give_on())

    def test_off_by_default(self):
        self.rule.answer_minutes = 0
        self._waiting(100000)
        self.assertFalse(self._give_on())

    def test_what_a_person_gave_stays(self):
        lead = self._waiting()
        lead.user_id = self._next(lead)
        self.assertFalse(self._give_on())

    def test_when_all_have_had_it_the_leader_is_told_once(self):
        leads = self._waiting(count=2)
        self._give_on()
        self._wait(leads, 31)
        before = {lead: lead.user_id for lead in leads}
        with self.mock_mail_app():
            self.assertEqual(self._give_on(), leads)
        self.assertEqual({lead: lead.user_id for lead in leads}, before)
        message = self._new_msgs.filtered(lambda message: message.partner_ids == self.user_manager.partner_id)
        self.assertEqual(len(message), 1, "one for all of them")
        self.assertIn(leads[0].number, message.body)
        self.assertIn(leads[1].number, message.body)
        with self.mock_mail_app():
            self.assertFalse(self._give_on())
            self.assertFalse(self._new_msgs)
        self.assertIn("stays with", self._events(leads[0], "assign")[-1].summary)
        self.assertEqual(leads[0]._get_assignment_reasons()[0][0], "warning")
        self.assertEqual(leads.search([("is_unanswered", "=", True), ("id", "in", leads.ids)], order="id"), leads)

    def test_the_leader_is_told_of_what_they_may_see(self):
        """Who leads a team does not see its leads by that."""
        leads = self._waiting(count=2)
        self.team.user_id = self.user_own
        self._give_on()
        self._wait(leads, 31)
        with self.mock_mail_app():
            self.assertEqual(self._give_on(), leads)
        own = leads.filtered(lambda lead: lead.user_id == self.user_own)
        message = self._new_msgs.filtered(lambda message: message.partner_ids == self.user_own.partner_id)
        self.assertIn(own.number, message.body)
        self.assertNotIn((leads - own).number, message.body)

    def test_when_the_others_are_only_away_it_waits(self):
        lead = self._waiting()
        first, second = lead.user_id, self._next(lead)
        second.sudo().away_until = "2100-01-01"
        self.assertEqual(self._give_on(), lead)
        self.assertEqual(lead.user_id, first)
        self.assertFalse(lead.is_unanswered)
        second.sudo().away_until = False
        self._give_on()
        self.assertEqual(lead.user_id, second)

    def test_a_new_owner_starts_anew(self):
        lead = self._waiting()
        self._next(lead).active = False
        self._give_on()
        self.assertTrue(lead.is_unanswered)
        lead.user_id = False
        lead._assign_by_rules()
        self.assertFalse(lead.is_unanswered)

    def test_each_companys_hours_count(self):
        calendar = self.company.resource_calendar_id.copy({"tz": "America/New_York"})
        self.other_company.resource_calendar_id = calendar
        self.rule.company_id = False
        member = self.user_own.copy({"login": "both", "company_ids": (self.company + self.other_company).ids})
        self.rule.user_ids = self.rule.user_ids + member
        here = self._waiting()
        there = self._waiting(company_id=self.other_company.id)
        self.assertEqual(there.assignment_rule_id, self.rule)
        with self._at(self.NOW):  # half past four in New York
            self.assertEqual(self.env["crm.lead"]._lock_unanswered(), here)

    def test_the_job(self):
        leads = self._inquiries(3)
        self._set_in_database(leads, date_assigned="2020-01-01 10:00:00")
        before = {lead: lead.user_id for lead in leads}
        job = self.env.ref("crm_lead_lifecycle.crm_assignment_cron_answer")
        with self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.env.invalidate_all()
        for lead, user in before.items():
            self.assertNotEqual(lead.user_id, user)
        after = {lead: lead.user_id for lead in leads}
        with self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual({lead: lead.user_id for lead in leads}, after, "run twice, done once")

    def test_the_job_goes_through_more_than_a_batch(self):
        leads = self._inquiries(5)
        self._set_in_database(leads, date_assigned="2020-01-01 10:00:00")
        found = self.env["crm.lead"]
        while batch := self.env["crm.lead"]._lock_unanswered(found[-1:].id or 0, limit=2):
            found += batch
        self.assertEqual(found, leads.sorted("id"))

    def test_minutes_have_bounds(self):
        for minutes in (-1, 10001):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.rule.answer_minutes = minutes
                self.env.flush_all()
