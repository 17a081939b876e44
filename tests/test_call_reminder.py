from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from .test_call_recall import NOW, RecallCase

BUS_TYPE = "crm_call_reminder"


class TestCallReminder(RecallCase):
    def _reminders(self, user=None):
        self.env.invalidate_all()
        return self.env["crm.call.entry"].with_user(user or self.operator).get_reminders()

    def _told(self, action):
        """The users whom the bus tells of what happens in ``action``."""
        self._reset_bus()
        action()
        self.env.flush_all()
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([("message", "like", f'"{BUS_TYPE}"')])
        channels = messages.mapped("channel")
        users = self.operator + self.rival + self.coordinator
        return users.filtered(lambda user: any(f'"res.partner",{user.partner_id.id}]' in name for name in channels))

    def test_what_is_due_and_to_come(self):
        with self._at(NOW):
            found = self._reminders()
        lead = self.leads[0]
        row = {"id": self.mine.id, "customer": "Marco Rossi", "phone": lead.phone, "lead_number": lead.number}
        self.assertEqual(found["recalls"], [{**row, "at": "2026-07-08 08:40:00"}])
        self.assertEqual(found["open_count"], 0, "the public one is not due yet")
        with self._at("2026-07-08 08:40:00"):
            self.assertEqual(self._reminders()["open_count"], 1)
            self.assertEqual(self._reminders(self.coordinator), {"recalls": [], "open_count": 0})

    def test_only_those_of_a_day(self):
        with self._at("2026-07-07 08:39:59"):
            self.assertFalse(self._reminders()["recalls"])
        with self._at("2026-07-07 08:40:00"):
            self.assertEqual(len(self._reminders()["recalls"]), 1)

    def test_by_their_time(self):
        lead = self._lead(user_id=False)
        outside = self.env["crm.call.entry"]._get_outside(lead)
        self._wait(outside, "2026-07-08 08:20:00", self.operator)
        with self._at(NOW):
            self.assertEqual([row["id"] for row in self._reminders()["recalls"]], [outside.id, self.mine.id])

    def test_who_is_no_operator_is_refused(self):
        for user in (self.user_own, self.user_portal, self.user_public):
            with self.assertRaises(AccessError):
                self._reminders(user)

    def test_number_of_queries_is_constant(self):
        look = self._reminders
        with self._at(NOW):
            look()
            few = self._count_queries(look)
            leads = self.env["crm.lead"].create([{"name": f"Many {number}", "user_id": False} for number in range(20)])
            for entry in self.campaign.add_leads(leads):
                self._wait(entry, "2026-07-08 09:00:00", self.operator)
            self.assertEqual(len(look()["recalls"]), 21)
            many = self._count_queries(look)
        self.assertLessEqual(many, few)

    # ------------------------------------------------------------
    # BUS
    # ------------------------------------------------------------

    def test_call_back_that_is_made(self):
        with self._at(NOW):
            fresh = self.campaign.add_leads(self._lead(user_id=False))
            fresh.with_user(self.operator)._claim()
            told = self._told(lambda: self._call(self.recall, fresh, recall_at="2026-07-08 09:00:00"))
        self.assertEqual(fresh.recall_user_id, self.operator)
        self.assertEqual(told, self.operator)

    def test_public_call_backs_are_told_to_nobody(self):
        with self._at(NOW):
            fresh = self.campaign.add_leads(self._lead(user_id=False))
            fresh.with_user(self.operator)._claim()
            values = {"recall_at": "2026-07-08 09:00:00", "recall_scope": "public"}
            self.assertFalse(self._told(lambda: self._call(self.recall, fresh, **values)))
            self.assertFalse(self._told(self.public.with_user(self.operator).action_call))

    def test_call_back_that_is_moved(self):
        mine = self.mine.with_user(self.coordinator)
        with self._at(NOW):
            self.assertEqual(self._told(lambda: mine.write({"next_call_at": "2026-07-09 08:00:00"})), self.operator)
            told = self._told(lambda: mine.write({"recall_user_id": self.rival.id}))
            self.assertEqual(told, self.operator + self.rival)
            self.assertEqual(self._told(lambda: mine.write({"recall_user_id": False})), self.rival)

    def test_call_back_that_is_taken_given_back_and_done(self):
        with self._at("2026-07-08 08:45:00"):
            self.assertEqual(self._told(self.mine.with_user(self.operator).action_call), self.operator)
            dialog = self.env["crm.call.wizard"].search([("entry_id", "=", self.mine.id)]).with_user(self.operator)
            self.assertEqual(self._told(dialog.action_stop), self.operator)
            self.mine.with_user(self.operator).action_call()
            dialog = self.env["crm.call.wizard"].search([("entry_id", "=", self.mine.id)]).with_user(self.operator)
            dialog.outcome_id = self.not_interested
            self._told(dialog.action_confirm)
            self.assertFalse(self._reminders()["recalls"])

    def test_released_one_that_somebody_else_takes(self):
        self.company.call_release_minutes = 5
        (self.of_rival + self.public).sudo().state = "done"
        with self._at("2026-07-08 09:00:00"):
            self.assertEqual(self._told(lambda: self._claim(self.rival)), self.operator)
            self.assertEqual(self.mine.claimed_by_id, self.rival)

    def test_lead_that_is_closed(self):
        self.assertEqual(self._told(lambda: self.leads[:2].action_set_lost()), self.operator + self.rival)

    def test_what_does_not_matter_is_not_told(self):
        self.assertFalse(self._told(lambda: self.mine.write({"priority": 3})))
        self.assertFalse(self._told(lambda: self.mine.write({"state": "waiting"})))


@tagged("post_install", "-at_install")
class TestCallReminderTours(HttpCase):
    """The reminder in a browser. The names below are those that the tours look for."""

    def setUp(self):
        super().setUp()
        self.operator = new_test_user(self.env, "tour_operator", "crm_lead_lifecycle.group_call_operator")
        self.salesperson = new_test_user(self.env, "tour_salesperson", "sales_team.group_sale_salesman")
        self.lead = self.env["crm.lead"].create(
            {"name": "Tour pitch", "contact_name": "Tour Customer", "phone": "+39 333 1234567", "user_id": False}
        )
        self.entry = self.env["crm.call.entry"]._get_outside(self.lead)
        self.entry.write(
            {
                "state": "waiting",
                "is_recall": True,
                "recall_user_id": self.operator.id,
                "next_call_at": fields.Datetime.subtract(fields.Datetime.now(), minutes=5),
            }
        )

    def test_due_call_back_is_called_and_confirmed(self):
        self.start_tour("/odoo", "call_reminder", login="tour_operator")
        call = self.lead.call_ids
        self.assertEqual(call.outcome_id, self.env.ref("crm_lead_lifecycle.crm_call_outcome_not_interested"))
        self.assertEqual((call.user_id, call.entry_id), (self.operator, self.entry))
        self.assertEqual(self.entry.state, "done")

    def test_pages_know_who_is_reminded(self):
        for user, is_reminded in ((self.operator, True), (self.salesperson, False)):
            self.authenticate(user.login, user.login)
            info = self.make_jsonrpc_request("/web/session/get_session_info", {})
            self.assertEqual(info["is_call_operator"], is_reminded, user.login)

    def test_others_have_no_reminder(self):
        self.start_tour("/odoo", "call_reminder_absent", login="tour_salesperson")
