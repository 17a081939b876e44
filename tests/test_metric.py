from odoo import fields
from odoo.tests import tagged

from ..models.crm_lead_metric import METRICS
from ..models.crm_lead_touch import FIRSTS
from .call_common import CallCase
from .test_client_link import ClientCase

MEETING = {"name": "Visit", "start": "2027-03-05 09:00:00", "stop": "2027-03-05 10:00:00"}
WRITTEN = {"body": "Hello", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}


class MetricCase:
    def assertMinutes(self, lead, **expected):
        """What is not named is unknown."""
        self.env.flush_all()
        self.env.invalidate_all()
        known = {name: lead[f"minutes_{name}"] for name in METRICS if lead[f"minutes_{name}"] is not False}
        self.assertEqual(known, expected)
        self.assertRebuilt(lead)

    def assertRebuilt(self, lead):
        """The log alone says the same."""
        names = [*FIRSTS.values(), *(f"{kind}minutes_{name}" for kind in ("", "working_") for name in METRICS)]
        stamped = lead.read(names)
        self._set_in_database(lead, **dict.fromkeys(FIRSTS.values()))
        lead._rebuild_firsts()
        self.assertEqual(lead.read(names), stamped)


class TestMetric(MetricCase, ClientCase):
    """How long it took, from what happened to a lead; 1 March 2027 is a Monday."""

    def setUp(self):
        super().setUp()
        with self._at("2027-03-01 09:00:00"):
            self.lead = self._inquiry()
        self.client = self._client()

    def _link_at(self, moment):
        with self._at(moment):
            self._link(self.lead, self.client)

    def _write_at(self, moment, record=None):
        with self._at(moment):
            (record or self.lead).with_user(self.user_all).message_post(**WRITTEN)

    def test_nothing_has_happened(self):
        self.assertMinutes(self.lead)
        self.env.cr.execute("SELECT minutes_to_client FROM crm_lead WHERE id = %s", [self.lead.id])
        self.assertEqual(self.env.cr.fetchall(), [(None,)], "unknown, which is not none")

    def test_from_the_client_on(self):
        self._link_at("2027-03-01 09:30:00")
        self._write_at("2027-03-01 10:00:00")
        with self._at("2027-03-01 11:30:00"):
            self.env["calendar.event"].with_user(self.user_all).create({**MEETING, "opportunity_id": self.lead.id})
        self.assertMinutes(self.lead, to_client=30, to_first_touch=60, to_first_mail=30, to_first_meeting=120)

    def test_only_the_first_counts(self):
        self._link_at("2027-03-01 09:30:00")
        self._write_at("2027-03-01 10:00:00")
        self._write_at("2027-03-01 12:00:00")
        self.assertMinutes(self.lead, to_client=30, to_first_touch=60, to_first_mail=30)
        self.assertEqual(len(self._events(self.lead, "act")), 1)

    def test_what_was_done_before_took_no_time(self):
        self._write_at("2027-03-01 09:10:00")
        self.assertMinutes(self.lead, to_first_touch=10)
        self._link_at("2027-03-01 09:30:00")
        self.assertMinutes(self.lead, to_first_touch=10, to_client=30, to_first_mail=0)

    def test_what_is_done_with_the_client_counts_for_its_open_leads(self):
        self._link_at("2027-03-01 09:30:00")
        with self._at("2027-03-01 09:40:00"):
            other = self._inquiry()
        self._write_at("2027-03-01 10:00:00", self.client)
        with self._at("2027-03-01 10:30:00"):
            call = self.client.with_user(self.user_all).activity_schedule("mail.mail_activity_data_call")
            call.with_user(self.user_all).action_done()
        self.assertMinutes(self.lead, to_client=30, to_first_mail=30, to_first_call=60)
        self.assertMinutes(other)

    def test_a_note_or_the_customer_is_no_mail(self):
        self._link_at("2027-03-01 09:30:00")
        self.lead.with_user(self.user_all).message_post(body="Ask", subtype_xmlid="mail.mt_note")
        self.lead.message_post(author_id=self.client.id, **{**WRITTEN, "message_type": "email"})
        self.assertMinutes(self.lead, to_client=30)

    def test_a_quotation_that_is_sent_is_a_mail(self):
        self._link_at("2027-03-01 09:30:00")
        order = self.env["sale.order"].create({"partner_id": self.client.id, "opportunity_id": self.lead.id})
        self._write_at("2027-03-01 10:30:00", order.sudo())
        self.assertMinutes(self.lead, to_client=30, to_first_touch=90, to_first_mail=60)

    def test_detaching_and_undoing(self):
        self._link_at("2027-03-01 09:30:00")
        self._write_at("2027-03-01 10:00:00")
        with self._at("2027-03-01 11:00:00"):
            self.lead.with_user(self.user_detach).action_detach_client()
        self.assertMinutes(self.lead, to_first_touch=60)
        with self._at("2027-03-01 12:00:00"):
            self.lead.with_user(self.user_detach).action_undo_client()
        self.assertMinutes(self.lead, to_first_touch=60, to_client=30, to_first_mail=30)
        with self._at("2027-03-01 13:00:00"):
            self.lead.with_user(self.user_detach).action_undo_client()
        self._link_at("2027-03-01 14:00:00")
        self.assertMinutes(self.lead, to_first_touch=60, to_client=300, to_first_mail=0)

    def test_an_undo_invents_no_date(self):
        """Of clients that leads had before the module was there nobody knows since when."""
        lead = self._lead(partner_id=self.client.id)
        self._set_in_database(lead, date_client=None, minutes_to_client=None, working_minutes_to_client=None)
        lead.with_user(self.user_detach).action_detach_client()
        lead.with_user(self.user_detach).action_undo_client()
        self.assertEqual((lead.partner_id, lead.client_status), (self.client, "linked"))
        self.assertFalse(lead.date_client)
        self.assertIs(lead.minutes_to_client, False)

    def test_merging_keeps_what_was_first(self):
        self._link_at("2027-03-01 09:30:00")
        with self._at("2027-03-01 09:05:00"):
            other = self._inquiry()
        self._write_at("2027-03-01 09:20:00", other)
        self._write_at("2027-03-01 10:00:00")
        merged = (self.lead + other).merge_opportunity(auto_unlink=False)
        touched = (fields.Datetime.to_datetime("2027-03-01 09:20:00") - merged.create_date).total_seconds() / 60
        until = (fields.Datetime.to_datetime("2027-03-01 09:30:00") - merged.create_date).total_seconds() / 60
        self.assertMinutes(merged, to_first_touch=touched, to_client=until, to_first_mail=0)

    def test_machines_and_rules_do_nothing(self):
        self._link_at("2027-03-01 09:30:00")
        self.lead.message_post(author_id=self.env.ref("base.partner_root").id, **WRITTEN)
        self.lead.with_user(self.user_all)._by_rule()._act("touch", "mail")
        self.assertMinutes(self.lead, to_client=30)

    def test_working_minutes_are_the_teams_else_the_companys(self):
        calendars = self.env["resource.calendar"]
        work = {"tz": "UTC", "company_id": self.company.id}
        mornings = [
            (5, 0, 0),
            *((0, 0, {"name": "AM", "dayofweek": str(day), "hour_from": 8, "hour_to": 12}) for day in range(5)),
        ]
        self.company.resource_calendar_id = calendars.create({"name": "Mornings", "attendance_ids": mornings, **work})
        self._link_at("2027-03-02 09:00:00")
        self.assertMinutes(self.lead, to_client=24 * 60)
        self.assertEqual(self.lead.working_minutes_to_client, 4 * 60)
        afternoons = [(5, 0, 0), (0, 0, {"name": "PM", "dayofweek": "0", "hour_from": 14, "hour_to": 16.5})]
        self.team.resource_calendar_id = calendars.create({"name": "Mondays", "attendance_ids": afternoons, **work})
        with self._at("2027-03-01 09:00:00"):
            other = self._inquiry(team_id=self.team.id)
        with self._at("2027-03-02 09:00:00"):
            self._link(other, self.client)
        self.assertEqual(other.working_minutes_to_client, 150)
        self.assertEqual(self.lead.working_minutes_to_client, 4 * 60, "what was counted stays")

    def test_public_holidays_are_those_of_the_company(self):
        self.company.resource_calendar_id = self._office_hours()
        self._holiday("2027-03-02", self.other_company)
        self._holiday("2027-03-03", self.company)
        self._holiday("2027-03-04", self.company, calendar_id=self._office_hours().id)
        self._link_at("2027-03-08 09:00:00")
        hours = 7 + 9 + 0 + 9 + 9 + 2  # from ten on Monday until ten on Monday, but for Wednesday
        self.assertEqual(self.lead.working_minutes_to_client, hours * 60)

    def test_unknown_minutes_meet_no_condition(self):
        self._link_at("2027-03-01 09:30:00")
        with self._at("2027-03-01 09:00:00"):
            new = self._inquiry()
            at_once = self._inquiry()
            self._link(at_once, self.client)
        leads = self.lead + new + at_once
        for operator, value, found in (
            ("<=", 60, self.lead + at_once),
            ("<", 30, at_once),
            (">=", 0, self.lead + at_once),
            ("=", 0, at_once),
            ("!=", 30, new + at_once),
            ("=", False, new),
            ("!=", False, self.lead + at_once),
        ):
            with self.subTest(operator=operator, value=value):
                domain = [("id", "in", leads.ids), ("minutes_to_client", operator, value)]
                self.assertEqual(leads.search(domain, order="id"), found.sorted("id"))

    def test_nobody_writes_what_is_measured(self):
        self._link_at("2027-03-01 09:30:00")
        lead = self.lead.with_user(self.user_manager)
        for name in ("minutes_to_client", "working_minutes_to_client", "minutes_to_first_call"):
            with self.subTest(field=name), self.assertRefuses("can't be written"):
                lead.write({name: 1})
        with self.assertRefuses("can't be written"):
            lead.create({"name": "Quick", "minutes_to_first_touch": 1})
        lead.write({"minutes_to_client": 30})  # as it is
        self.assertMinutes(self.lead, to_client=30)

    def test_the_lead_tells_how_long_it_took(self):
        self._link_at("2027-03-01 09:30:00")
        self._write_at("2027-03-01 10:00:00")
        text = self.lead.with_user(self.user_all).reasons
        self.assertIn("How long it took", text)
        self.assertIn("Its client was known after 30 minutes.", text)
        self.assertIn("First written to 30 minutes after that.", text)
        self.assertNotIn("First called", text)

    def test_many_at_once_take_as_many_queries(self):
        with self._at("2027-03-01 09:00:00"):
            leads = self.env["crm.lead"].concat(*(self._inquiry() for _number in range(10)))
        leads = leads.with_user(self.user_all)
        leads[:1]._act("touch", "mail")  # what Odoo reads once for all
        self.env.flush_all()
        for few in (leads[1:2], leads[2:]):
            with self.assertQueryCount(4):
                few._act("touch", "mail")
                self.env.flush_all()


@tagged("post_install", "-at_install")
class TestMetricCalls(MetricCase, CallCase):
    """A call that nobody answered is a call, and no contact."""

    def setUp(self):
        super().setUp()
        with self._at("2027-03-01 09:00:00"):
            client = self.env["res.partner"].create({"name": "Marco"})
            self.lead = self._lead(user_id=False, phone="+39 333 7654321", partner_id=client.id)
        self.entry = self.campaign.add_leads(self.lead)

    def _call_at(self, moment, outcome):
        with self._at(moment):
            return self._call(outcome, self.entry)

    def test_attempt_and_contact(self):
        self._call_at("2027-03-01 09:20:00", self.no_answer)
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20, to_first_call=20)
        self._call_at("2027-03-01 10:20:00", self.not_interested)
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20, to_first_call=20, to_first_contact=80)

    def test_a_call_that_is_taken_back_was_none(self):
        call = self._call_at("2027-03-01 09:20:00", self.not_interested)
        with self._at("2027-03-01 09:21:00"):
            call.with_user(self.operator).action_take_back()
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20)
        self._call_at("2027-03-01 09:50:00", self.no_answer)
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20, to_first_call=50)

    def test_a_call_that_is_corrected(self):
        call = self._call_at("2027-03-01 09:20:00", self.not_interested)
        with self._at("2027-03-01 10:00:00"):
            call.with_user(self.coordinator).outcome_id = self.no_answer
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20, to_first_call=20)
        with self._at("2027-03-01 10:10:00"):
            call.with_user(self.coordinator).outcome_id = self.not_interested
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20, to_first_call=20, to_first_contact=20)
        with self._at("2027-03-01 10:20:00"):
            call.with_user(self.coordinator).outcome_id = self.no_answer
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20, to_first_call=20)

    def _take_back_at(self, moment, call):
        with self._at(moment):
            call.with_user(self.operator).action_take_back()

    def test_a_planned_call_that_is_done_by_a_call_goes_with_it(self):
        self.lead.activity_schedule("mail.mail_activity_data_call", user_id=self.operator.id)
        call = self._call_at("2027-03-01 09:20:00", self.no_answer)
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20, to_first_call=20)
        self._take_back_at("2027-03-01 09:21:00", call)
        self.assertTrue(self.lead.activity_ids, "it is planned again")
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20)

    def test_what_was_done_after_a_call_that_is_taken_back_is_first_then(self):
        call = self._call_at("2027-03-01 09:20:00", self.appointment)
        self.assertMinutes(
            self.lead, to_client=0, to_first_touch=20, to_first_call=20, to_first_contact=20, to_first_meeting=20
        )
        with self._at("2027-03-01 09:21:00"):
            planned = self.lead.activity_schedule("mail.mail_activity_data_call", user_id=self.user_all.id)
            planned.with_user(self.user_all).action_done()
        with self._at("2027-03-01 09:22:00"):
            self.env["calendar.event"].with_user(self.user_all).create({**MEETING, "opportunity_id": self.lead.id})
        self._take_back_at("2027-03-01 09:23:00", call)
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20, to_first_call=21, to_first_meeting=22)

    def test_an_appointment_that_is_taken_back_with_its_call_was_none(self):
        call = self._call_at("2027-03-01 09:20:00", self.appointment)
        self._take_back_at("2027-03-01 09:23:00", call)
        self.assertMinutes(self.lead, to_client=0, to_first_touch=20)

    def test_an_appointment_that_is_cancelled_was_agreed_upon(self):
        call = self._call_at("2027-03-01 09:20:00", self.appointment)
        with self._at("2027-03-01 10:00:00"):
            call.event_id.active = False
        self.assertMinutes(
            self.lead, to_client=0, to_first_touch=20, to_first_call=20, to_first_contact=20, to_first_meeting=20
        )
