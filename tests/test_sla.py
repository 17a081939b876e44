from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.crm_lead_sla import STATUSES
from .common import LeadCase


@tagged("post_install", "-at_install")
class TestSla(LeadCase):
    """Whether leads are answered in time; 1 March 2027 is a Monday."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.lead.sla"].search([]).active = False
        cls.portal = cls.env["utm.source"].create({"name": "A portal"})
        cls.sla = cls._sla(minutes_within=30, minutes_late=120)

    @classmethod
    def _sla(cls, **values):
        return cls.env["crm.lead.sla"].create({"clock": "all", **values})

    def _lead_at(self, moment, **values):
        with self._at(moment):
            return self._lead(user=self.user_own, **values)

    def _touch_at(self, lead, moment):
        with self._at(moment):
            lead.with_user(self.user_own).stage_id = self.stage_working

    def assertStatus(self, lead, moment, status):
        """The lead says it, and of all statuses a search finds it by this one alone."""
        self.env.flush_all()
        with self._at(moment):
            lead.invalidate_recordset()
            self.assertEqual(lead.sla_status, status)
            for value in (False, *dict(STATUSES)):
                found = lead.search(Domain("sla_status", "=", value) & Domain("id", "=", lead.id))
                self.assertEqual(bool(found), value == status, value)

    def test_while_it_waits(self):
        lead = self._lead_at("2027-03-01 09:00:00")
        self.assertEqual(lead.sla_id, self.sla)
        self.assertStatus(lead, "2027-03-01 09:00:00", "running")
        self.assertStatus(lead, "2027-03-01 09:30:00", "running")
        self.assertStatus(lead, "2027-03-01 09:30:01", "late")
        self.assertStatus(lead, "2027-03-01 11:00:00", "late")
        self.assertStatus(lead, "2027-03-01 11:00:01", "missed")

    def test_once_it_was_answered_it_stays(self):
        for moment, status in (("09:30:00", "within"), ("09:30:01", "late"), ("11:00:01", "missed")):
            lead = self._lead_at("2027-03-01 09:00:00")
            self._touch_at(lead, f"2027-03-01 {moment}")
            self.assertStatus(lead, "2027-04-01 09:00:00", status)

    def test_the_first_that_fits_counts(self):
        booking = self._lead_type(stage_ids=[(6, 0, self.stages.ids)])
        of_portal = self._sla(sequence=1, source_id=self.portal.id, minutes_within=5, minutes_late=10)
        of_booking = self._sla(sequence=2, lead_type_id=booking.id, minutes_within=15, minutes_late=20)
        lead = self._lead_at("2027-03-01 09:00:00", lead_type_id=booking.id, source_id=self.portal.id)
        self.assertEqual(lead.sla_id, of_portal)
        lead.source_id = False
        self.assertEqual(lead.sla_id, of_booking)
        self.assertStatus(lead, "2027-03-01 09:15:01", "late")
        lead.lead_type_id = self.lead_type
        self.assertEqual(lead.sla_id, self.sla)

    def test_whoever_was_answered_keeps_what_was_promised(self):
        lead = self._lead_at("2027-03-01 09:00:00")
        self._touch_at(lead, "2027-03-01 09:10:00")
        self._sla(sequence=1, source_id=self.portal.id, minutes_within=5, minutes_late=6)
        lead.source_id = self.portal
        self.assertEqual(lead.sla_id, self.sla)
        self.assertStatus(lead, "2027-03-02 09:00:00", "within")

    def test_none_fits(self):
        self.sla.active = False
        lead = self._lead_at("2027-03-01 09:00:00")
        self.assertFalse(lead.sla_id)
        self.assertStatus(lead, "2027-03-02 09:00:00", False)

    def test_nobody_had_to_answer_what_was_removed(self):
        lead = self._lead_at("2027-03-01 09:00:00")
        touched = self._lead_at("2027-03-01 09:00:00")
        self._touch_at(touched, "2027-03-01 12:00:00")
        both = lead + touched
        both.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        for removed in both:
            self.assertStatus(removed.with_context(active_test=False), "2027-03-02 09:00:00", False)
        both.action_restore()
        for restored in both:
            self.assertStatus(restored, "2027-03-02 09:00:00", "missed")

    def test_what_was_closed_without_a_touch_gets_no_later(self):
        """As imported leads are, and those that a rule closes."""
        born = self._lead_at("2027-03-01 09:00:00", stage=self.stage_won)
        self.assertStatus(born, "2027-03-02 09:00:00", False)
        for moment, status in (("09:30:00", False), ("09:30:01", "late"), ("11:00:01", "missed")):
            lead = self._lead_at("2027-03-01 09:00:00")
            with self._at(f"2027-03-01 {moment}"):
                lead.stage_id = self.stage_won
            self.assertStatus(lead, "2027-03-02 09:00:00", status)
            lead.stage_id = self.stage_working
            self.assertStatus(lead, "2027-03-02 09:00:00", "missed")

    def test_working_minutes(self):
        self.company.resource_calendar_id = self.env["resource.calendar"].create(
            {
                "name": "Mondays",
                "tz": "UTC",
                "attendance_ids": [
                    (5, 0, 0),
                    (0, 0, {"name": "Monday", "dayofweek": "0", "hour_from": 8, "hour_to": 9.25}),
                    (0, 0, {"name": "Tuesday", "dayofweek": "1", "hour_from": 8, "hour_to": 18}),
                ],
            }
        )
        self.sla.clock = "working"
        lead = self._lead_at("2027-03-01 09:00:00")
        self.assertStatus(lead, "2027-03-02 08:15:00", "running")
        self.assertStatus(lead, "2027-03-02 08:15:01", "late")

    def test_public_holidays_are_those_of_the_company(self):
        self.company.resource_calendar_id = self._office_hours(8, 9.25)
        self._holiday("2027-03-02", self.other_company)
        self.sla.clock = "working"
        lead = self._lead_at("2027-03-01 08:00:00")  # nine in Rome
        self.assertStatus(lead, "2027-03-02 07:15:01", "late")

    def test_what_is_in_the_archive_never_counts(self):
        self._sla(sequence=-1, minutes_within=5, minutes_late=10, active=False)
        with self._at("2027-03-01 09:00:00"):
            lead = self.env["crm.lead"].with_context(active_test=False).create({"name": "Shown with the archive"})
        self.assertEqual(lead.sla_id, self.sla)

    def test_companies(self):
        lead = self._lead_at("2027-03-01 09:00:00", company_id=self.company.id)
        self.assertTrue(lead.sla_id)
        other = self.env["crm.lead"].with_user(self.user_other_company).create({"name": "Elsewhere"})
        self.assertFalse(other.sudo().sla_id)
        self.assertFalse(self.env["crm.lead.sla"].with_user(self.user_other_company).search([("id", "=", self.sla.id)]))

    def test_rights(self):
        for user in (self.user_own, self.user_all):
            with self.assertRaises(AccessError):
                self.sla.with_user(user).minutes_within = 1
        self.sla.with_user(self.user_manager).minutes_within = 1
        with self.assertRaises(AccessError):
            self.sla.with_user(self.user_portal).read(["minutes_within"])

    def test_bad_values(self):
        for values in ({"minutes_within": 0}, {"minutes_within": 20, "minutes_late": 10}, {"minutes_late": 600_000}):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self._sla(**values)
        lead = self._lead()
        with self.assertRaisesRegex(UserError, "Answer By"):
            lead.with_user(self.user_manager).date_sla_within = "2030-01-01 00:00:00"

    def test_the_lead_says_so(self):
        lead = self._lead_at("2027-03-01 09:00:00")
        for moment, words in (
            ("2027-03-01 09:10:00", "To be answered by"),
            ("2027-03-01 10:00:00", "It was to be answered by"),
            ("2027-03-02 10:00:00", "Missed: it was to be answered by"),
        ):
            with self._at(moment):
                lead.invalidate_recordset()
                self.assertIn(words, lead.with_user(self.user_own).reasons)
        lead.invalidate_recordset()
        with self._at("2027-03-01 09:10:00"), Form(lead.with_user(self.user_own)) as form:
            self.assertEqual(form.sla_status, "running")

    def test_many_at_once_take_as_many_queries(self):
        leads = self.env["crm.lead"].concat(*(self._lead_at("2027-03-01 09:00:00") for _number in range(10)))
        self._sla(sequence=1, lead_type_id=self.lead_type.id, minutes_within=5, minutes_late=6)
        self.env.flush_all()
        for few in (leads[:1], leads[1:]):
            with self.assertQueryCount(3):
                self.env.add_to_compute(leads._fields["sla_id"], few)
                self.env.flush_all()
