from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .facebook_common import (
    DOWN,
    EXPIRED,
    FORM,
    GONE,
    START,
    TOKEN,
    FacebookCase,
)


@tagged("post_install", "-at_install")
class TestIntakeFacebookLook(FacebookCase):
    """Leads that nobody told of are found."""

    def _look(self):
        self.page._look()
        self.requests._cron_fetch()

    @property
    def checkpoint(self):
        return fields.Datetime.to_string(self.page.form_ids.date_checkpoint)

    def test_what_was_missed_is_found(self):
        for day in (1, 2, 3):
            self.graph.add(f"1{day}", f"2026-05-0{day} 10:00:00")
        self.graph.page_size = 2
        told = self._told("12")
        self._look()
        leads = self.channel.request_ids.lead_id
        self.assertEqual(len(leads), 3)
        self.assertEqual(told.state, "done")
        self.assertEqual((self.page.form_ids.name, self.checkpoint), ("Summer", "2026-05-03 10:00:00"))
        self._look()
        self.assertEqual(self.channel.request_ids.lead_id, leads)
        self.assertEqual(len(self.channel.request_ids), 3)

    def test_what_is_older_than_wanted_is_left(self):
        self.graph.add("11", "2026-04-30 10:00:00")
        self._look()
        self.assertFalse(self.channel.request_ids)
        self.assertEqual(self.checkpoint, "2026-05-01 00:00:00")

    def test_of_the_same_second_none_is_missed(self):
        self.graph.add("11")
        self._look()
        self.graph.add("12")
        self._look()
        self.assertEqual(self.checkpoint, START)
        self.assertEqual(len(self.channel.request_ids.lead_id), 2)

    def test_the_checkpoint_never_passes_a_failed_one(self):
        self.graph.add("11", "2026-05-02 10:00:00")
        broken = self.graph.add("12", "2026-05-03 10:00:00")
        rows = broken.pop("field_data")
        self.graph.add("13", "2026-05-04 10:00:00")
        self._look()
        self.assertEqual(self.checkpoint, "2026-05-02 10:00:00")
        self.assertTrue(self._request("13").lead_id, "what comes after it is taken in nevertheless")
        broken["field_data"] = rows
        self._look()
        self.assertTrue(self._request("12").lead_id)
        self.assertEqual(self.checkpoint, "2026-05-04 10:00:00")
        self.assertEqual(len(self.channel.request_ids), 3)

    def test_without_a_date_the_checkpoint_stays(self):
        self.graph.add("11", "2026-05-02 10:00:00")
        self.graph.trouble[f"{FORM}/leads"] = (
            200,
            {"data": [*self.graph.leads.values(), {"id": "12", "created_time": "yesterday"}, "nothing"]},
        )
        self._look()
        self.assertTrue(self._request("11").lead_id)
        self.assertEqual(self.checkpoint, "2026-05-01 00:00:00")

    def test_a_list_that_breaks_off_moves_nothing(self):
        for day in (1, 2, 3):
            self.graph.add(f"1{day}", f"2026-05-0{day} 10:00:00")
        answer, self.graph.page_size = self.graph._list, 1
        self.graph._list = lambda query: {"data": None} if query.get("after") else answer(query)
        self.addCleanup(delattr, self.graph, "_list")
        self._look()
        self.assertEqual(self.checkpoint, "2026-05-01 00:00:00")
        self.assertTrue(self.channel.page_problem)

    def test_one_that_could_not_be_fetched_is_in_the_list(self):
        self.graph.add("11")
        self.graph.trouble["11"] = DOWN
        intake = self._told("11")
        self.requests._cron_fetch()
        self.assertNotEqual(intake.state, "done")
        self._look()
        self.assertEqual(intake.state, "done")

    def test_a_form_that_is_gone_holds_up_no_other(self):
        self.graph.forms = ["5555", FORM]
        self._look()
        self.assertEqual(self.page.form_ids.mapped("number"), ["5555", FORM], "the gone one comes first")
        self.graph.add("11", "2026-05-02 10:00:00")
        for trouble, problem in ((GONE, False), ((200, {"data": 7}), "what was not asked")):
            self.graph.trouble["5555/leads"] = trouble
            self.page.form_ids.date_checkpoint = "2026-05-01 00:00:00"
            self._look()
            self.assertTrue(self._request("11").lead_id)
            self.assertEqual(fields.Datetime.to_string(self.page.form_ids[1].date_checkpoint), "2026-05-02 10:00:00")
            self.assertEqual(fields.Datetime.to_string(self.page.form_ids[0].date_checkpoint), "2026-05-01 00:00:00")
            self.assertIn(problem, (self.page.problem, self.page.problem and "what was not asked"))

    def test_a_clock_that_is_ahead_hides_nothing(self):
        self.graph.add("11", "2037-01-01 00:00:00")
        self._look()
        self.assertTrue(self._request("11").lead_id)
        self.assertLessEqual(self.page.form_ids.date_checkpoint, fields.Datetime.now())
        self.graph.add("12", fields.Datetime.to_string(fields.Datetime.now()))
        self._look()
        self.assertTrue(self._request("12").lead_id)

    def test_what_shows_up_late_is_found(self):
        """Facebook does not list leads in the order in which they were left."""
        self.graph.add("12", "2026-05-02 10:00:30")
        self._look()
        self.graph.add("11", "2026-05-02 10:00:00")
        self._look()
        self.assertTrue(self._request("11").lead_id)
        self.assertEqual(len(self.channel.request_ids), 2)

    @mute_logger("odoo.addons.crm_lead_lifecycle.models.crm_intake_facebook_look")
    def test_a_page_that_can_t_be_looked_at_holds_up_no_other(self):
        self.graph.add("11")
        broken = self.page.copy({"name": "A", "number": "1", "token_entry": TOKEN, "date_looked": False})
        find = type(self.page)._find_forms

        def fail(page, client):
            return 1 / 0 if page == broken else find(page, client)

        self.patch(type(self.page), "_find_forms", fail)
        self.page.date_looked = fields.Datetime.now() - timedelta(hours=1)
        with self.enter_registry_test_mode():
            self.env.ref("crm_lead_lifecycle.crm_intake_look_cron").method_direct_trigger()
        self.assertTrue(self._request("11"))
        self.assertIn("ZeroDivisionError", broken.problem)

    def test_what_was_erased_before_it_could_be_fetched_is_found(self):
        """A token that has ended is seen to late."""
        self.graph.add("11")
        self.graph.trouble["*"] = EXPIRED
        intake = self._told("11")
        self._look()
        self.channel.keep_days = 10
        intake.date = fields.Datetime.now() - timedelta(days=11)
        self.requests._cron_erase()
        self.assertTrue(intake.is_erased)
        self.graph.trouble.clear()
        self.page.action_look()
        self.requests._cron_fetch()
        self.assertFalse(intake.error, "there is nothing that could be asked for")
        self._look()
        self.assertEqual(intake.state, "done")
        self._look()
        self.assertEqual(len(self.channel.request_ids.lead_id), 1)

    def test_a_channel_of_another_kind_is_not_looked_at(self):
        self.channel.kind = "json"
        self.page._cron_look()
        self.assertFalse(self.graph.requests)

    def test_trouble_is_said(self):
        self.assertEqual(self.channel.health, "ok")
        self.graph.trouble["*"] = EXPIRED
        self.page._look()
        self.assertIn("Session has expired", self.channel.page_problem)
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.health, "trouble")
        self.assertIn("Session has expired", self.channel.health_note)
        self.assertTrue(self.page.date_looked)

    def test_the_job(self):
        self.graph.add("11")
        with self.enter_registry_test_mode():
            self.env.ref("crm_lead_lifecycle.crm_intake_look_cron").method_direct_trigger()
            self.env.ref("crm_lead_lifecycle.crm_intake_fetch_cron").method_direct_trigger()
        self.assertEqual(self._request("11").state, "done")
        asked = len(self.graph.requests)
        with self.enter_registry_test_mode():
            self.env.ref("crm_lead_lifecycle.crm_intake_look_cron").method_direct_trigger()
        self.assertEqual(len(self.graph.requests), asked, "it was looked at just now")
        self.page.with_user(self.user_manager).action_look()
        self.channel.active = False
        with self.enter_registry_test_mode():
            self.env.ref("crm_lead_lifecycle.crm_intake_look_cron").method_direct_trigger()
        self.assertEqual(len(self.graph.requests), asked, "a closed channel is not looked at")
