from datetime import datetime, timedelta
from itertools import product

from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import Form
from odoo.tools import mute_logger

from .common import LeadCase

NOW = datetime.fromisoformat("2026-06-15 12:00:00")


class DeadlineCase(LeadCase):
    def _now(self):
        return self.mock_datetime_and_now(NOW)

    def _leads_of_every_sort(self, dates):
        """Leads in each stage, with each of the dates, of both of Odoo's types, archived (not lost) or not."""
        sorts = list(product(self.stages, dates, ("lead", "opportunity"), (False, True)))
        leads = self.env["crm.lead"].create(
            [{"name": stage.name, "stage_id": stage.id, "type": kind} for stage, _date, kind, _archived in sorts]
        )
        leads.filtered(lambda lead: lead.won_status == "pending").probability = 10
        archived = leads.browse(lead.id for lead, sort in zip(leads, sorts, strict=True) if sort[3])
        archived.active = False
        by_date = {date: leads.browse() for date in dates}
        for lead, sort in zip(leads, sorts, strict=True):
            by_date[sort[1]] += lead
        return leads, by_date

    def assertSearchAgrees(self, field, leads):
        """The search finds what the computed field says, asked in each way, through a rule or not."""
        for user in (self.env.user, self.user_manager):
            model = self.env["crm.lead"].with_user(user).with_context(active_test=False)
            self.env.flush_all()
            self.env.invalidate_all()
            told = leads.filtered(field)
            mine = [("id", "in", leads.ids)]
            self.assertEqual(model.search([*mine, (field, "=", True)], order="id").ids, told.sorted("id").ids)
            self.assertEqual(model.search([*mine, (field, "!=", False)], order="id").ids, told.sorted("id").ids)
            untold = (leads - told).sorted("id").ids
            self.assertEqual(model.search([*mine, (field, "=", False)], order="id").ids, untold)
            self.assertEqual(model.search([*mine, (field, "!=", True)], order="id").ids, untold)
        return told

    def assertNoIdsInDomain(self, field):
        """The search is one the database can run through an index, it brings no ids along."""
        domain = Domain(field, "=", True).optimize_full(self.env["crm.lead"])
        for condition in domain.iter_conditions():
            self.assertNotEqual(condition.field_expr, "id")
            if condition.operator == "in":
                self.assertLess(len(condition.value), 20, condition)
        return domain


class TestDue(DeadlineCase):
    """An open lead is overdue once its due date is over; a frozen or closed one never is."""

    def test_overdue_in_the_second_after_it_was_due(self):
        with self._now():
            late = self._lead(date_due=NOW - timedelta(seconds=1))
            in_time = self._lead(date_due=NOW + timedelta(seconds=1))
            never = self._lead()
        with self._now():
            self.assertEqual(self.assertSearchAgrees("is_overdue", late + in_time + never), late)

    def test_time_alone_makes_it_overdue(self):
        lead = self._lead(date_due=NOW)
        with self.mock_datetime_and_now(NOW - timedelta(hours=1)):
            lead.invalidate_recordset()
            self.assertFalse(lead.is_overdue)
        with self.mock_datetime_and_now(NOW + timedelta(hours=1)):
            lead.invalidate_recordset()
            self.assertTrue(lead.is_overdue)

    def test_search_and_field_agree_for_every_combination(self):
        with self._now():
            leads, by_due = self._leads_of_every_sort((False, NOW - timedelta(days=1), NOW + timedelta(days=1)))
            for due, some in by_due.items():
                some.date_due = due
            removed = self._lead(date_due=NOW - timedelta(days=1))
            removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
            overdue = self.assertSearchAgrees("is_overdue", leads + removed)
        self.assertEqual(overdue.stage_id, self.stage_new + self.stage_working + self.stage_late)
        self.assertEqual(len(overdue), 6)
        self.assertEqual(set(overdue.mapped("active")), {True})

    def test_freezing_and_closing_end_it_and_reopening_brings_it_back(self):
        with self._now():
            lead = self._lead(date_due=NOW - timedelta(days=1))
            for stage in (self.stage_frozen, self.stage_won, self.stage_lost):
                lead.stage_id = stage
                self.assertFalse(lead.is_overdue, stage.name)
                lead.stage_id = self.stage_working
                self.assertTrue(lead.is_overdue)

    def test_search_for_either_answer_finds_all(self):
        leads = self._lead(date_due=NOW - timedelta(days=1)) + self._lead()
        for field in ("is_overdue", "is_rotting", "is_proposal_expired"):
            found = self.env["crm.lead"].search([("id", "in", leads.ids), (field, "in", [True, False])])
            self.assertEqual(len(found), 2, field)

    def test_search_brings_no_ids(self):
        self.assertNoIdsInDomain("is_overdue")

    def test_date_due_from_the_days_of_the_type(self):
        self.lead_type.due_days = 3
        with self._now():
            self.assertEqual(self._lead().date_due, NOW + timedelta(days=3))
            given = NOW + timedelta(days=20)
            self.assertEqual(self._lead(date_due=given).date_due, given)
        self.lead_type.due_days = 0
        self.assertFalse(self._lead().date_due)

    def test_days_of_the_type_cant_be_negative(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.lead_type.due_days = -1
            self.env.flush_all()

    def test_copy_has_its_own_deadline(self):
        lead = self._lead(date_due=NOW, proposal_deadline="2026-07-01")
        copy = lead.copy()
        self.assertFalse(copy.date_due or copy.proposal_deadline)

    def test_proposals_have_expired_when_their_last_day_is_over_where_the_reader_is(self):
        with self._now():
            days = [NOW.date() - timedelta(days=1), NOW.date(), NOW.date() + timedelta(days=1)]
            leads = self.env["crm.lead"].concat(*(self._lead(proposal_deadline=day) for day in days)) + self._lead()
            for zone, count in (("UTC", 1), ("Pacific/Kiritimati", 2), ("Pacific/Pago_Pago", 1)):
                self.env = self.env(context={**self.env.context, "tz": zone})
                expired = self.assertSearchAgrees("is_proposal_expired", leads.with_env(self.env))
                self.assertEqual(expired, leads[:count], zone)

    def test_proposals_of_leads_that_rest_do_not_expire(self):
        with self._now():
            leads, _by_day = self._leads_of_every_sort([NOW.date()])
            leads.proposal_deadline = "2026-01-01"
            expired = self.assertSearchAgrees("is_proposal_expired", leads)
            self.assertEqual(set(expired.mapped("stage_type")), {"open"})
            self.assertTrue(all(expired.mapped("active")))

    def test_proposal_deadline_does_not_close_or_delay(self):
        with self._now():
            lead = self._lead(proposal_deadline="2026-01-01")
            self.assertFalse(lead.is_overdue)
            self.assertLeadState(lead, self.stage_new, "pending")

    def test_urgent_leads_come_first(self):
        plain, starred, urgent = self._lead(), self._lead(priority="3"), self._lead(is_urgent=True)
        found = self.env["crm.lead"].search([("id", "in", (plain + starred + urgent).ids)])
        self.assertEqual(found, urgent + starred + plain)


class TestExpiry(DeadlineCase):
    """A lead that stays in its stage longer than the stage allows is expired: Odoo's rotting, at any age."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stages.rotting_threshold_days = 7
        cls.stage_late.rotting_threshold_days = 0

    def _aged(self, stage, days, **values):
        lead = self._lead(stage, **values)
        self._set_in_database(
            lead, create_date=NOW - timedelta(days=days), date_last_stage_update=NOW - timedelta(days=days)
        )
        return lead

    def test_leads_and_opportunities_expire(self):
        with self._now():
            leads = self._aged(self.stage_new, 8, type="lead") + self._aged(self.stage_new, 8, type="opportunity")
            self.assertEqual(self.assertSearchAgrees("is_rotting", leads), leads)
            self.assertEqual(leads.mapped("rotting_days"), [8, 8])

    def test_leads_older_than_a_year_expire(self):
        with self._now():
            leads = self._aged(self.stage_new, 400, type="lead") + self._aged(self.stage_working, 2000)
            self.assertEqual(self.assertSearchAgrees("is_rotting", leads), leads)

    def test_not_before_the_days_of_the_stage_are_over(self):
        with self._now():
            just, over = self._lead(), self._lead()
            self._set_in_database(just, date_last_stage_update=NOW - timedelta(days=7) + timedelta(seconds=1))
            self._set_in_database(over, date_last_stage_update=NOW - timedelta(days=7, seconds=1))
            self.assertEqual(self.assertSearchAgrees("is_rotting", just + over), over)

    def test_search_and_field_agree_for_every_combination(self):
        with self._now():
            leads, by_age = self._leads_of_every_sort((1, 8, 400))
            for days, some in by_age.items():
                self._set_in_database(some, date_last_stage_update=NOW - timedelta(days=days))
            expired = self.assertSearchAgrees("is_rotting", leads)
        self.assertEqual(expired.stage_id, self.stage_new + self.stage_working)
        self.assertEqual(len(expired), 8)

    def test_lead_without_a_date_of_its_stage_counts_from_its_creation(self):
        with self._now():
            lead = self._aged(self.stage_new, 30)
            self.assertTrue(self.assertSearchAgrees("is_rotting", lead))
            self._set_in_database(lead, date_last_stage_update=None)
            self.assertSearchAgrees("is_rotting", lead)

    def test_leads_in_an_archived_stage_still_expire(self):
        with self._now():
            lead = self._aged(self.stage_working, 8)
            self.stage_working.active = False
            self.assertEqual(self.assertSearchAgrees("is_rotting", lead), lead)

    def test_frozen_and_closed_leads_never_expire(self):
        with self._now():
            closed = (
                self._aged(self.stage_frozen, 400) + self._aged(self.stage_won, 400) + self._aged(self.stage_lost, 400)
            )
            lost_in_place = self._aged(self.stage_working, 400)
            self._lose_by_sql(lost_in_place)
            self.assertFalse(self.assertSearchAgrees("is_rotting", closed + lost_in_place))

    def test_moving_the_stage_starts_anew(self):
        with self._now():
            lead = self._aged(self.stage_new, 8)
            lead.stage_id = self.stage_working
            self.assertFalse(lead.is_rotting)
            self.assertFalse(self.assertSearchAgrees("is_rotting", lead))

    def test_days_of_a_type_that_is_closed_do_not_count(self):
        with self._now():
            lead = self._aged(self.stage_working, 8)
            self.stage_working.stage_type = "frozen"
            self.assertFalse(self.assertSearchAgrees("is_rotting", lead))

    def test_search_brings_no_ids(self):
        with self._now():
            self._aged(self.stage_new, 8)
            self.assertNoIdsInDomain("is_rotting")

    def test_without_any_limit_nothing_expires(self):
        self.env["crm.stage"].with_context(active_test=False).search([]).rotting_threshold_days = 0
        with self._now():
            self.assertFalse(self.assertSearchAgrees("is_rotting", self._aged(self.stage_new, 400)))


class TestBadInput(DeadlineCase):
    """What is no value is refused in words that say what to do."""

    def test_date_that_is_none(self):
        lead = self._lead()
        for field in ("date_due", "proposal_deadline", "date_deadline"):
            for value in ("foo", "2026-13-45", "2026-02-30", "31/07/2027"):
                with self.subTest(field=field, value=value):
                    words = f"“{value}” is .+ for “.+”. Write it as 2027-07-31"
                    with self.assertRaisesRegex(UserError, words):
                        self._lead(user=self.user_own, **{field: value})
                    with self.assertRaisesRegex(UserError, words):
                        lead.with_user(self.user_manager).write({field: value})

    def test_date_that_is_none_in_an_import(self):
        leads = self.env["crm.lead"].with_user(self.user_manager).with_context(import_file=True)
        for value in ("foo", "2026-13-45"):
            result = leads.load(["name", "date_due"], [["Imported", value]])
            self.assertFalse(result["ids"])
            self.assertIn(value, result["messages"][0]["message"])

    def test_dates_in_every_form_that_odoo_takes(self):
        lead = self._lead(date_due="2026-06-15 12:00:00", proposal_deadline="2026-06-15")
        self.assertEqual(lead.date_due, NOW)
        lead.write({"date_due": NOW, "proposal_deadline": NOW.date()})
        lead.write({"date_due": "2026-06-15", "proposal_deadline": False})
        self.assertEqual(str(lead.date_due), "2026-06-15 00:00:00")
        lead.date_due = ""
        self.assertFalse(lead.date_due)

    def test_name_of_a_location_has_an_end(self):
        location = self.env["crm.lead.location"].with_user(self.user_manager).create({"name": "Lake " * 20})
        with self.assertRaisesRegex(ValidationError, "up to 120 characters"):
            location.name = "x" * 500
        with self.assertRaisesRegex(ValidationError, "up to 120 characters"):
            self.env["crm.lead.location"].create({"name": "x" * 500})

    def test_location_of_another_company(self):
        location = self.env["crm.lead.location"].create({"name": "Their lake", "company_id": self.other_company.id})
        with self.assertRaises(UserError):
            self._lead(company_id=self.company.id, lead_location_id=location.id)

    def test_year_that_is_none(self):
        lead = self._lead()
        for year in (12, 99999, -2027):
            with self.assertRaisesRegex(ValidationError, "is not a year. Write it with four digits"):
                lead.with_user(self.user_manager).target_year = year
            with self.assertRaisesRegex(ValidationError, "is not a year"):
                self._lead(target_year=year)
        lead.target_year = 2027
        lead.target_year = 0

    def test_fields_that_only_the_module_writes(self):
        lead = self._lead()
        event = lead.event_ids[0]
        for values in (
            {"number": "X-1"},
            {"number_company_id": self.other_company.id},
            {"former_numbers": "X-1"},
            {"stage_type": "qualified"},
            {"lost_from_stage_id": self.stage_late.id},
            {"event_ids": [(0, 0, {"kind": "create"})]},
            {"event_ids": [(2, event.id)]},
            {"event_ids": [(5, 0, 0)]},
            {"client_status": "converted"},
        ):
            with self.subTest(values=values):
                with self.assertRaisesRegex(UserError, "can't be written: .+Leave it out"):
                    lead.with_user(self.user_manager).write(values)
                with self.assertRaisesRegex(UserError, "can't be written: .+Leave it out"):
                    self._lead(user=self.user_manager, **values)
        self.assertTrue(event.exists())

    def test_defaults_in_the_context_are_no_way_in_either(self):
        defaults = {
            "default_number": "X-1",
            "default_number_company_id": self.other_company.id,
            "default_former_numbers": "X-1",
            "default_stage_type": "qualified",
            "default_lost_from_stage_id": self.stage_late.id,
            "default_client_status": "removed",
        }
        lead = self.env["crm.lead"].with_user(self.user_manager).with_context(**defaults).create({"name": "Pretended"})
        lead = lead.with_env(self.env)
        self.assertLeadState(lead, self.stage_new, "pending")
        self.assertNotEqual(lead.number, "X-1")
        self.assertEqual((lead.number_company_id, lead.former_numbers), (self.company, False))

    def test_form_of_a_lead_by_hand(self):
        with Form(self.env["crm.lead"].with_user(self.user_own), "crm.crm_lead_view_form") as form:
            form.name = "Four people, one dog"
            form.date_due = NOW
            form.is_urgent = True
            form.request = "Is there a tree?"
        lead = form.record.with_env(self.env)
        self.assertEqual((lead.user_id, lead.date_due, lead.is_urgent), (self.user_own, NOW, True))
        self.assertTrue(lead.number)
        self.assertLeadState(lead, self.stage_new, "pending")
