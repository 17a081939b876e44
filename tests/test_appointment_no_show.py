from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tools.safe_eval import safe_eval

from .appointment_agreed_common import AgreedCase

EARLY = "2026-11-26 10:00:00"
START = "2026-11-27 15:00:00"
AFTER = "2026-11-27 16:30:00"


class TestAppointmentNoShow(AgreedCase):
    """Who did not come is called again."""

    def _missed(self, entry=None, **values):
        with self._at(EARLY):
            return self._agree(START, entry, **values)

    def _mark(self, event, user=None, undo=False):
        """
        :return: what the user is told
        """
        with self._at(AFTER):
            event = event.with_user(user or self.agent)
            return (event.action_came if undo else event.action_no_show)()["params"]["message"]

    def test_the_contact_is_back_in_its_queue_at_once(self):
        event = self._missed()
        self.assertEqual(self.entry.state, "done")
        self.campaign.add_leads(self._lead(name="Later", phone="+1 212 555 0177", user_id=False))
        self.assertEqual(self._mark(event), "Mary Miller is back in the queue of “Summer”.")
        self.assertEqual(event.appointment_state, "no_show")
        self.assertEqual(self.entry.state, "ready")
        with self._at(AFTER):
            self.assertEqual(self._claim(campaign=self.campaign), self.entry)
        noted = self._events(self.lead, "appointment_no_show")
        self.assertEqual(noted.user_id, self.agent)
        self.assertRegex(noted.summary, "^Did not come to the appointment with Gina Agent on ")

    def test_who_did_not_come_today_is_in_the_list_that_opens(self):
        event = self._missed()
        view = self.env.ref("crm_lead_lifecycle.calendar_event_view_search_appointment")
        shown = safe_eval(etree.fromstring(view.arch).find(".//filter[@name='upcoming']").get("domain"))
        events = self.env["calendar.event"].with_user(self.agent)
        for moment, count in (("2026-11-26 16:00:00", 1), (AFTER, 1), ("2026-11-28 10:00:00", 0)):
            with self._at(moment), self.subTest(moment=moment):
                self.assertEqual(events.search_count([*shown, ("id", "=", event.id)]), count)

    def test_a_call_back_that_is_due_comes_first(self):
        event = self._missed()
        other = self.campaign.add_leads(self._lead(name="Other", phone="+1 212 555 0177", user_id=False))
        self._mark(event)
        with self._at(AFTER):
            other.write({"state": "waiting", "next_call_at": "2026-11-27 16:00:00", "is_recall": True})
            self.assertEqual(self._claim(campaign=self.campaign), other)

    def test_outside_of_campaigns_the_operator_calls_back(self):
        lead = self._lead(name="Walk-in", contact_name="Will", phone="+1 212 555 0199", user_id=self.operator.id)
        with self._at(EARLY):
            self._dialog(
                lead_id=lead.id, outcome_id=self.appointment.id, agent_id=self.agent.id, slot_start=START
            ).action_confirm()
        self.assertEqual(self._mark(lead.calendar_event_ids), "Olga Operator calls Will back.")
        entry = lead.call_entry_ids
        self.assertEqual((entry.state, entry.recall_user_id), ("waiting", self.operator))
        with self._at(AFTER):
            self.assertEqual(self._claim(campaign=self.campaign), entry)

    def test_a_closed_lead_is_not_called_and_it_is_said(self):
        event = self._missed()
        self.lead.action_set_lost(stage_id=self.stage_lost.id)
        self.assertEqual(self._mark(event), "Mary Miller is not called again: the lead is closed.")
        self.assertEqual(event.appointment_state, "no_show")
        self.assertEqual(self.entry.state, "done")

    def test_who_was_taken_out_of_the_queue_stays_out(self):
        event = self._missed()
        self.entry.write({"state": "excluded", "exclusion": "do_not_call"})
        self.assertIn("taken out of the queue", self._mark(event))
        self.assertEqual(self.entry.state, "excluded")

    def test_several_at_once(self):
        events = self._missed()
        with self._at(EARLY):
            other = self._lead(name="Other", contact_name="Otto", phone="+1 212 555 0177", user_id=False)
            events += self._agree("2026-11-27 14:00:00", self._campaign(other, name="Winter").entry_ids)
        message = self._mark(events)
        self.assertEqual(
            message,
            "Mary Miller is back in the queue of “Summer”.\nOtto is back in the queue of “Winter”.",
        )

    def test_before_its_start_nobody_is_missing(self):
        event = self._missed()
        with self._at(EARLY), self.assertRaisesRegex(UserError, "has not begun yet"):
            event.with_user(self.agent).action_no_show()
        with self._at(EARLY):
            self.assertFalse(event.with_user(self.agent).can_mark_no_show)
        event.invalidate_recordset()
        with self._at(AFTER):
            self.assertTrue(event.with_user(self.agent).can_mark_no_show)

    def test_what_is_cancelled_marked_or_no_appointment_is_refused(self):
        event = self._missed()
        self._mark(event)
        with self.assertRaisesRegex(UserError, "noted already"):
            self._mark(event)
        meeting = self.env["calendar.event"].create({"name": "Lunch", "start": START, "stop": AFTER})
        with self.assertRaisesRegex(UserError, "no appointment"):
            self._mark(meeting)
        with self._at(EARLY):
            other = self._lead(name="Other", phone="+1 212 555 0177", user_id=False)
            cancelled = self._agree("2026-11-27 13:00:00", self._campaign(other, name="Winter").entry_ids)
            cancelled.action_archive()
        with self.assertRaisesRegex(UserError, "was cancelled"):
            self._mark(cancelled)

    def test_a_mark_of_several_is_made_for_all_or_none(self):
        event = self._missed()
        meeting = self.env["calendar.event"].create({"name": "Lunch", "start": START, "stop": AFTER})
        with self.assertRaises(UserError):
            self._mark(event + meeting)
        self.assertEqual(event.appointment_state, "booked")

    def test_agent_salesperson_and_coordinator_may_mark_others_may_not(self):
        event = self._missed()
        self.lead.user_id = self.user_own
        for user in (self.operator, self.rival, self.user_all, self.operator_other_company):
            with self.assertRaises(AccessError, msg=user.login):
                self._mark(event, user)
        for user in (self.agent, self.user_own, self.coordinator):
            self._mark(event, user)
            self._mark(event, user, undo=True)
            self.assertEqual(event.appointment_state, "booked", user.login)

    def test_a_coordinator_of_another_company_may_not(self):
        event = self._missed()
        foreign = self.operator_other_company
        foreign.group_ids += self.env.ref("crm_lead_lifecycle.group_call_coordinator")
        with self.assertRaises(AccessError):
            self._mark(event, foreign)

    def test_a_portal_user_may_not(self):
        event = self._missed()
        with self.assertRaises(AccessError):
            self._mark(event, self.user_portal)

    # ------------------------------------------------------------
    # CAME AFTER ALL
    # ------------------------------------------------------------

    def test_a_wrong_mark_is_undone(self):
        event = self._missed()
        before = self.entry._get_call_state()
        self._mark(event)
        self._mark(event, undo=True)
        self.assertEqual(event.appointment_state, "booked")
        self.assertEqual(self.entry._get_call_state(), before)
        self.assertRegex(self._events(self.lead, "appointment_came").summary, "^Came to the appointment")

    def test_once_the_customer_was_called_again_it_stays(self):
        event = self._missed()
        self._mark(event)
        with self._at("2026-11-27 17:00:00"):
            self._call(self.no_answer, self.entry)
            self.assertFalse(event.with_user(self.agent).can_mark_came)
        with self._at("2026-11-27 17:30:00"), self.assertRaisesRegex(UserError, "called again since"):
            event.with_user(self.agent).action_came()

    def test_a_contact_that_was_changed_since_stays_and_is_named(self):
        event = self._missed()
        self._mark(event)
        self.entry.write({"state": "excluded", "exclusion": "hand"})
        self.assertIn("stays in line", self._mark(event, undo=True))
        self.assertEqual(self.entry.state, "excluded")

    # ------------------------------------------------------------
    # TAKEN BACK
    # ------------------------------------------------------------

    def test_taking_the_call_back_cancels_the_appointment(self):
        event = self._missed()
        with self._at("2026-11-26 10:05:00"):
            action = event.appointment_call_ids.with_user(self.operator).action_take_back()
        self.assertEqual(action["res_model"], "crm.call.wizard")
        self.assertFalse(event.exists())
        self.assertFalse(self.env["crm.appointment.slot"].sudo().search([("user_id", "=", self.agent.id)]))
        dialog = self.env["crm.call.wizard"].browse(action["res_id"])
        self.assertEqual((dialog.agent_id, str(dialog.slot_start)), (self.agent, START))
        self.assertIn("Appointment cancelled: Mary Miller", self._notices(self.agent))
        self.assertIn("is cancelled", self._mails()[-1].subject)
        self.assertIn("call was taken back", self._events(self.lead, "appointment_cancel").summary)
        with self._at("2026-11-26 10:06:00"):
            self.assertTrue(self._agree(START))

    def test_a_meeting_that_has_begun_or_was_marked_stays_and_is_named(self):
        self.company.call_take_back_minutes = 60 * 48
        event = self._missed()
        with self._at(AFTER):
            action = event.appointment_call_ids.with_user(self.operator).action_take_back()
        self.assertIn("The appointment with Gina Agent", action["params"]["message"])
        self.assertEqual((event.active, event.appointment_state), (True, "booked"))

    def test_what_is_cancelled_already_is_not_in_the_way(self):
        event = self._missed()
        event.action_archive()
        with self._at("2026-11-26 10:05:00"):
            action = event.appointment_call_ids.with_user(self.operator).action_take_back()
        self.assertEqual(action["res_model"], "crm.call.wizard")

    # ------------------------------------------------------------
    # THE LIST
    # ------------------------------------------------------------

    def test_nobody_makes_or_marks_an_appointment_by_hand(self):
        event = self._missed()
        for user in (self.operator, self.agent, self.user_admin):
            with self.assertRaises(UserError):
                event.with_user(user).write({"appointment_state": "no_show"})
            with self.assertRaises(UserError):
                event.with_user(user).write({"appointment_operator_id": user.id})
            meetings = self.env["calendar.event"].with_user(user)
            with self.assertRaises(UserError):
                meetings.create({"name": "Mine", "start": START, "stop": AFTER, "appointment_state": "booked"})
            with self.assertRaises(UserError):
                meetings.with_context(default_appointment_state="booked").create(
                    {"name": "Mine", "start": START, "stop": AFTER}
                )

    def test_a_copy_is_no_appointment(self):
        copy = self._missed().copy({"start": AFTER, "stop": "2026-11-27 17:30:00"})
        self.assertFalse(copy.appointment_state or copy.appointment_operator_id or copy.sudo().appointment_token)

    def test_operators_and_agents_find_theirs_and_coordinators_all_of_their_company(self):
        event = self._missed()

        def found(name, user):
            action = self.env.ref(f"crm_lead_lifecycle.calendar_event_action_appointment_{name}")
            known = {"uid": user.id, "allowed_company_ids": user.company_ids.ids}
            return event in self.env["calendar.event"].with_user(user).search(safe_eval(action.domain, known))

        for user, expected in (
            (self.operator, True),
            (self.agent, True),
            (self.rival, False),
            (self.coordinator, False),
        ):
            self.assertEqual(found("mine", user), expected, user.login)
        self.assertTrue(found("all", self.coordinator))
        self.assertFalse(found("all", self.operator_other_company))

    def test_the_list_shows_operator_campaign_and_customer(self):
        event = self._missed()
        self.assertEqual(event.appointment_operator_id, self.operator)
        self.assertEqual(event.appointment_campaign_id, self.campaign)
        self.assertEqual(event.appointment_company_id, self.company)
        self.assertEqual(event.with_user(self.rival).appointment_customer, "Mary Miller")
        groups = self.env["calendar.event"]._read_group(
            [("appointment_state", "!=", False), ("id", "=", event.id)], ["appointment_campaign_id"], ["__count"]
        )
        self.assertEqual(groups, [(self.campaign, 1)])

    def test_a_private_one_keeps_its_customer_to_itself(self):
        event = self._missed()
        event.privacy = "private"
        self.assertFalse(event.with_user(self.rival).appointment_customer)
        self.assertEqual(event.with_user(self.agent).appointment_customer, "Mary Miller")

    def test_a_long_list_asks_the_database_no_more_often(self):
        leads = self.env["crm.lead"].create(
            [{"name": f"Row {number}", "phone": f"+1 212 555 02{number:02d}", "user_id": False} for number in range(6)]
        )
        events = self.env["calendar.event"]
        with self._at(EARLY):
            for number, entry in enumerate(self._campaign(leads, name="Many").entry_ids):
                events += self._agree(f"2026-11-27 {number + 9:02d}:00:00", entry)
        self._mark(events)

        def read(some):
            self.env.invalidate_all()
            return some.with_user(self.agent).read(["appointment_customer", "can_mark_no_show", "can_mark_came"])

        read(events)
        self.assertEqual(self._count_queries(lambda: read(events[:2])), self._count_queries(lambda: read(events)))
