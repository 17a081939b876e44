from ast import literal_eval

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user

from .call_common import CallCase


class TestCallRecord(CallCase):
    def _past(self, start, user=None, lead=None, **values):
        values = {
            "lead_id": (lead or self.leads[0]).id,
            "user_id": (user or self.operator).id,
            "company_id": self.company.id,
            "outcome_id": self.no_answer.id,
            "date_start": start,
            "date_end": start,
            **values,
        }
        return self.env["crm.call"]._record_past([values])

    def _seen(self, user):
        self.env.invalidate_all()
        return self.env["crm.call"].with_user(user).search([("lead_id", "in", self.leads.ids)]).sudo()

    def test_who_was_called_is_read_without_the_lead(self):
        lead = self.leads[0]
        lead.write({"contact_name": "Marco Rossi", "partner_name": "Rossi Ltd"})
        call = self._past("2026-07-08 08:00:00").with_user(self.operator)
        self.assertEqual(call.read(["customer_name"])[0]["customer_name"], "Marco Rossi")
        self.assertFalse(lead.with_user(self.operator).has_access("read"))
        lead.contact_name = False
        self.assertEqual(call.customer_name, "Rossi Ltd")

    # ------------------------------------------------------------
    # HOUR OF THE DAY
    # ------------------------------------------------------------

    def test_hour_is_that_of_the_companys_clock(self):
        self.company.resource_calendar_id.tz = "Europe/Rome"
        self.assertEqual(self._past("2026-07-08 08:59:59").hour, "10", "summer")
        self.assertEqual(self._past("2026-12-08 08:59:59").hour, "09", "winter")
        self.assertEqual(self._past("2026-07-08 22:00:00").hour, "00", "already the next day")
        # the night in which the clocks are put back has the hour from 2 to 3 twice
        self.assertEqual(self._past("2026-10-25 00:30:00").hour, "02")
        self.assertEqual(self._past("2026-10-25 01:30:00").hour, "02")
        self.other_company.resource_calendar_id.tz = "America/New_York"
        self.assertEqual(self._past("2026-07-08 08:00:00", company_id=self.other_company.id).hour, "04")
        self.assertEqual(self._past("2026-07-08 08:00:00", company_id=False).hour, "08", "no company: UTC")

    def test_hour_follows_a_corrected_time(self):
        self.company.resource_calendar_id.tz = "UTC"
        call = self._past("2026-07-08 08:10:00")
        call.with_user(self.coordinator).write({"date_start": "2026-07-08 07:10:00"})
        self.assertEqual(call.hour, "07")

    def test_calls_are_counted_by_hour_and_outcome(self):
        self.company.resource_calendar_id.tz = "UTC"
        calls = (
            self._past("2026-07-08 08:10:00") + self._past("2026-07-08 08:50:00") + self._past("2026-07-09 09:00:00")
        )
        calls += self._past("2026-07-08 08:20:00", outcome_id=self.sale.id, user=self.rival)
        groups = self.env["crm.call"].formatted_read_group(
            [("id", "in", calls.ids)], ["hour", "outcome_id"], ["__count"], order="hour, outcome_id"
        )
        counted = {(group["hour"], group["outcome_id"][1]): group["__count"] for group in groups}
        self.assertEqual(counted, {("08", "No answer"): 2, ("08", "Interested: sale"): 1, ("09", "No answer"): 1})

    # ------------------------------------------------------------
    # WHO MAY
    # ------------------------------------------------------------

    def test_past_calls_change_no_lead_and_no_queue(self):
        before = [(lead.stage_id, lead.active) for lead in self.leads]
        events = self._events(self.leads)
        self._past("2026-07-08 08:00:00", outcome_id=self.not_interested.id)
        self.assertEqual([(lead.stage_id, lead.active) for lead in self.leads], before)
        self.assertEqual(self._events(self.leads), events)
        self.assertEqual(self.entries[0].attempts, 0)

    def test_calls_are_made_by_no_other_way(self):
        values = {"lead_id": self.leads[0].id, "user_id": self.operator.id, "outcome_id": self.sale.id}
        for context in ({}, {"crm_call": True}, {"crm_call": {}}):
            for user in (self.user_admin, self.coordinator, self.operator):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    self.env["crm.call"].with_user(user).with_context(**context).create(values)

    def test_each_role_sees_its_calls(self):
        mine = self._past("2026-07-08 08:00:00")
        of_rival = self._past("2026-07-08 08:05:00", self.rival, self.leads[1])
        self.assertEqual(self._seen(self.operator), mine)
        self.assertEqual(self._seen(self.rival), of_rival)
        self.assertEqual(self._seen(self.coordinator), mine + of_rival)
        self.assertFalse(self._seen(self.user_other_company))
        self.leads[1].user_id = self.operator
        self.assertEqual(self._seen(self.operator), mine + of_rival, "a call of an own lead")
        with self.assertRaises(AccessError):
            self._seen(self.user_portal)

    def test_form_says_that_corrections_are_noted(self):
        notice = "The history of the lead notes what they were before"
        for user, may in ((self.coordinator, True), (self.operator, False), (self.user_own, False)):
            arch = self.env["crm.call"].with_user(user).get_view(view_type="form")["arch"]
            self.assertEqual(notice in arch, may, user.login)
            self.assertEqual(etree.fromstring(arch).get("edit") is None, may, user.login)

    def test_coordinator_corrects_in_the_form(self):
        call = self._past("2026-07-08 08:00:00", notes="Nobody there")
        with Form(call.with_user(self.coordinator), view="crm_lead_lifecycle.crm_call_view_form") as form:
            form.outcome_id = self.busy
            form.notes = "Engaged"
            for name in ("lead_id", "user_id", "campaign_id", "recall_at"):
                with self.assertRaises(AssertionError, msg=name):
                    form[name] = form[name]
        self.assertEqual((call.outcome_id, call.notes), (self.busy, "Engaged"))
        event = self._events(self.leads[0], "call_change")
        self.assertIn(["Notes", "Nobody there", "Engaged"], event.data["changes"])

    def test_button_takes_back_only_for_some_minutes(self):
        with self._at("2026-07-08 08:00:00"):
            call = self._call(self.not_interested)
            self.assertTrue(call.with_user(self.operator).can_take_back)
        with self._at("2026-07-08 08:11:00"):
            self.env.invalidate_all()
            self.assertFalse(call.with_user(self.operator).can_take_back)

    # ------------------------------------------------------------
    # VIEWS
    # ------------------------------------------------------------

    def test_filters_find_what_they_say(self):
        with self._at("2026-07-08 12:00:00"):  # a Wednesday
            today = self._past("2026-07-08 08:00:00", outcome_id=self.sale.id)
            monday = self._past("2026-07-06 08:00:00", self.rival)
            last_week = self._past("2026-07-03 08:00:00")
            self.env["res.lang"]._lang_get(self.coordinator.lang).week_start = "1"
            calls = self.env["crm.call"].with_user(self.coordinator).with_context(tz="Europe/Rome")
            arch = calls.get_view(self.env.ref("crm_lead_lifecycle.crm_call_view_search").id, "search")["arch"]

            def found(name):
                domain = self._filter_domain(arch, name)
                return calls.search([("id", "in", (today + monday + last_week).ids), *domain]).sudo()

            self.assertEqual(found("today"), today)
            self.assertEqual(found("week"), today + monday)
            self.assertEqual(found("reached"), today)
            self.assertEqual(found("closing"), today)
            self.assertEqual(found("recall"), monday + last_week)

    def _filter_domain(self, arch, name):
        return literal_eval(etree.fromstring(arch).find(f".//filter[@name='{name}']").get("domain"))

    def test_lead_shows_its_calls(self):
        call = self._past("2026-07-08 08:00:00")
        self._past("2026-07-08 08:00:00", lead=self.leads[1])
        action = self.leads[0].with_user(self.coordinator).action_view_calls()
        self.assertEqual(self.env["crm.call"].search(action["domain"]), call)

    # ------------------------------------------------------------
    # THE CLIENT'S TIMELINE
    # ------------------------------------------------------------

    def test_timeline_shows_the_calls_of_the_clients_leads(self):
        client = self.env["res.partner"].create({"name": "Bianchi Ltd"})
        self.leads[0].partner_id = client
        call = self._past("2026-07-08 08:00:00")
        self._past("2026-07-08 08:00:00", lead=self.leads[1])
        domain = [("partner_id", "=", client.id), ("kind", "=", "phone")]
        timeline = self.env["crm.client.timeline"]
        row = timeline.with_user(self.user_manager).search(domain)
        self.assertEqual((row.name, row.state, row.lead_id), ("No answer", "done", self.leads[0]))
        self.assertEqual((row.res_model, row.res_id, row.user_id), ("crm.call", call.id, self.operator))
        self.assertEqual((row.date, row.company_id), (call.date_start, self.company))
        action = row.action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.call", call.id))

    def test_timeline_has_the_rules_of_calls_and_leads(self):
        client = self.env["res.partner"].create({"name": "Bianchi Ltd"})
        self.leads[0].write({"partner_id": client.id, "user_id": self.user_all.id})
        self._past("2026-07-08 08:00:00")
        domain = [("partner_id", "=", client.id), ("kind", "=", "phone")]

        def rows(user):
            self.env.invalidate_all()
            return self.env["crm.client.timeline"].with_user(user).search(domain)

        viewer = new_test_user(self.env, "record_viewer", "crm_lead_lifecycle.group_client_viewer")
        own = new_test_user(
            self.env, "record_own", "crm_lead_lifecycle.group_client_viewer,sales_team.group_sale_salesman"
        )
        self.assertEqual(len(rows(self.user_all)), 1)
        self.assertFalse(rows(own), "a lead of somebody else")
        self.assertFalse(rows(viewer), "no right on leads or calls")
        self.assertFalse(rows(self.user_other_company))
        self.leads[0].user_id = own
        self.assertEqual(len(rows(own)), 1)

    def test_timeline_hides_calls_of_others_from_an_operator(self):
        client = self.env["res.partner"].create({"name": "Bianchi Ltd"})
        self.leads[0].partner_id = client
        own = self._past("2026-07-08 08:00:00")
        self._past("2026-07-08 09:00:00", self.rival)
        self.operator.group_ids += self.env.ref("crm_lead_lifecycle.group_client_viewer")
        self.entries[0].with_user(self.operator)._claim()
        self.assertTrue(self.leads[0].with_user(self.operator).has_access("read"))
        domain = [("partner_id", "=", client.id), ("kind", "=", "phone")]
        rows = self.env["crm.client.timeline"].with_user(self.operator).search(domain)
        self.assertEqual(rows.mapped("res_id"), own.ids)

    def test_timeline_speaks_the_users_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.no_answer.with_context(lang="it_IT").name = "Non risponde"
        client = self.env["res.partner"].create({"name": "Bianchi Ltd"})
        self.leads[0].partner_id = client
        self._past("2026-07-08 08:00:00")
        timeline = self.env["crm.client.timeline"].with_user(self.user_manager).with_context(lang="it_IT")
        row = timeline.search([("partner_id", "=", client.id), ("kind", "=", "phone")])
        self.assertEqual(row.name, "Non risponde")
