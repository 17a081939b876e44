from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .appointment_common import AppointmentCase, at


class TestAppointmentMisuse(AppointmentCase):
    """What somebody could try by RPC, and what becomes of appointments whose people have left."""

    # ------------------------------------------------------------
    # VALUES FROM THE BROWSER
    # ------------------------------------------------------------

    def test_values_of_the_context_get_into_nothing(self):
        context = {
            "default_appointment_token": "known",
            "default_description": "Pay here",
            "default_held_until": "2026-11-26 09:00:00",
            "default_recurrency": True,
        }
        self._appointment_dialog("27 08:00").with_context(**context).action_confirm()
        slot = self._slots()
        self.assertEqual((len(slot), slot.held_until), (1, False), "it does not lapse")
        event = slot.event_id
        self.assertNotEqual(event.appointment_token, "known")
        self.assertNotIn("Pay here", event.description or "")
        self.assertFalse(event.recurrency)
        event.action_archive()
        event.with_user(self.agent).with_context(**context).action_unarchive()
        self.assertFalse(self._slots().held_until)

    def test_who_has_left_is_no_agent_whatever_the_context_says(self):
        self.appointment.agent_ids = False
        self.agent.active = False
        dialog = self._dialog(lead_id=self.lead.id, outcome_id=self.appointment.id)
        agenda = dialog.with_context(active_test=False).get_agenda("2026-11-27")
        self.assertNotIn(self.agent.id, [agent["id"] for agent in agenda["agents"]])

    def test_the_end_of_time(self):
        dialog = self._appointment_dialog()
        for start in ("9999-12-31 23:59:59", "0001-01-01 00:00:00"):
            with self.subTest(start=start), self.assertRaises(UserError):
                dialog.hold_slot(self.agent.id, start, False)

    # ------------------------------------------------------------
    # HOLDING
    # ------------------------------------------------------------

    def test_one_operator_holds_three_times_at_most(self):
        held = ("27 08:00", "27 09:00", "27 10:00", "27 11:00")
        for start in held:
            dialog = self._appointment_dialog(lead=self._lead(user_id=self.operator.id))
            dialog.hold_slot(self.agent.id, str(at(start)), False)
        self.assertEqual([f"{slot.start:%d %H:%M}" for slot in self._slots()], list(held[1:]))
        rival = self._dialog(
            user=self.rival, lead_id=self._lead(user_id=self.rival.id).id, outcome_id=self.appointment.id
        )
        rival.hold_slot(self.agent.id, str(at("27 08:00")), False)
        self.assertEqual(len(self._slots()), 4, "others have theirs")

    def test_several_dialogs_are_stopped_at_once(self):
        dialogs = self._appointment_dialog() + self._appointment_dialog(lead=self._lead(user_id=self.operator.id))
        for dialog, start in zip(dialogs, ("27 08:00", "27 09:00"), strict=True):
            dialog.hold_slot(self.agent.id, str(at(start)), False)
        dialogs.action_stop()
        self.assertEqual(self._taken(), [])

    # ------------------------------------------------------------
    # WHAT CUSTOMERS READ
    # ------------------------------------------------------------

    def test_a_customer_with_a_login_reads_nothing_internal(self):
        customer = new_test_user(self.env, "appointment_customer", "base.group_portal", name="Marco")
        self.lead.partner_id = customer.partner_id
        event = self._book("27 08:00", appointment_notes="Talks a lot")
        self.assertIn("Talks a lot", event.with_user(self.agent).notes)
        self.assertIn(customer.partner_id, event.partner_ids)
        self.env.invalidate_all()
        mine = event.with_user(customer)
        self.assertEqual(mine.read(["name"])[0]["id"], event.id)
        for name in ("notes", "appointment_operator_id", "appointment_campaign_id", "appointment_token"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                mine.read([name])
        with self.assertRaises(AccessError):
            mine.search([("notes", "ilike", "Talks")])
        messages = self.env["mail.message"].with_user(customer)
        for message in messages.search([("model", "=", "calendar.event"), ("res_id", "=", event.id)]):
            self.assertNotIn("Talks a lot", str(message.body))

    # ------------------------------------------------------------
    # ANOTHER LEAD
    # ------------------------------------------------------------

    def test_an_appointment_is_given_no_customer_whom_the_user_may_not_see(self):
        event = self._book("27 08:00").with_user(self.agent)
        foreign = self._lead(contact_name="Secret", user_id=self.operator.id)
        with self.assertRaises(AccessError):
            event.write({"opportunity_id": foreign.id})
        own = self._lead(contact_name="Ugo", user_id=self.agent.id)
        event.write({"opportunity_id": own.id})
        self.assertEqual(event.appointment_customer, "Ugo")
        event.write({"opportunity_id": False, "location": "Here"})

    # ------------------------------------------------------------
    # WHO HAS LEFT
    # ------------------------------------------------------------

    def test_who_has_left_gets_no_more_appointments_and_loses_none(self):
        event = self._book("27 08:00")
        self.agent.active = False
        self.assertEqual(event._get_proposed(at("30 00:00").date(), 7), [])
        self.assertFalse(event._is_possible(at("30 09:00")))
        with self.assertRaisesRegex(UserError, "not free"):
            event._move_appointment(at("30 09:00"), at("30 10:00"))
        self.assertEqual(self._taken(), ["27 08:00-09:00"])

    def test_without_an_agent_there_is_no_link(self):
        event = self._book("27 08:00", lead=self._lead(user_id=self.operator.id, email_from="mary@example.com"))
        token = event.appointment_token
        self.assertTrue(event._find_by_link(event.id, token))
        event.user_id = False
        self.assertFalse(event._find_by_link(event.id, token))
        self.assertEqual(self._taken(), [])

    def test_the_customers_clock_is_the_same_for_whoever_asks(self):
        self.other_company.resource_calendar_id.tz = "Asia/Tokyo"
        lead = self._lead(user_id=self.operator.id, company_id=False, email_from="mary@example.com")
        event = self._book("27 08:00", lead=lead)
        self.assertEqual(event.with_company(self.other_company)._get_customer_zone(), "Europe/Rome")

    # ------------------------------------------------------------
    # ADDRESSES
    # ------------------------------------------------------------

    def test_nobody_needs_an_address(self):
        self.agent.email = self.operator.email = self.company.email = False
        for address in (False, "no address", "mary@example.com"):
            with self.subTest(address=address), self._tried():
                lead = self._lead(user_id=self.operator.id, email_from=address)
                event = self._book("27 08:00", lead=lead)
                self.assertEqual(event.opportunity_id, lead)
                event._cancel_appointment("No time")
                self.assertEqual(event.appointment_state, "cancelled")

    def test_a_name_is_no_address(self):
        for name in ("evil@example.com, you", 'A" <evil@example.com>, "B', "Mary\nBcc: evil@example.com"):
            with self.subTest(name=name), self._tried():
                lead = self._lead(user_id=self.operator.id, email_from="mary@example.com", contact_name=name)
                self._book("27 08:00", lead=lead)
                mail = self.env["mail.mail"].search([("email_to", "ilike", "mary@example.com")], limit=1)
                recipients = [address for values in mail._prepare_outgoing_list() for address in values["email_to"]]
                self.assertEqual(len(recipients), 1)
                self.assertTrue(recipients[0].endswith("<mary@example.com>"), recipients)
                self.assertNotIn("\n", recipients[0])


class TestAppointmentTakenBack(AppointmentCase):
    """The dialog of a call that was taken back begins where it ended."""

    def _take_back(self, event):
        action = event.appointment_call_ids.with_user(self.operator).action_take_back()
        action = action["params"]["next"] if "params" in action else action
        return self.env["crm.call.wizard"].with_user(self.operator).browse(action["res_id"])

    def test_with_whom_when_and_where(self):
        event = self._book("27 08:00", "27 08:30", appointment_location="Lake Road 1", appointment_notes="A\nB <c>")
        dialog = self._take_back(event)
        agreed = (dialog.agent_id, dialog.slot_start, dialog.slot_stop)
        self.assertEqual(agreed, (self.agent, at("27 08:00"), at("27 08:30")))
        self.assertEqual((dialog.appointment_location, dialog.appointment_notes), ("Lake Road 1", "A\nB <c>"))
        self.assertEqual(self._taken(), [])
        dialog.outcome_id = self.appointment
        dialog.action_confirm()
        self.assertEqual(self._taken(), ["27 08:00-08:30"])

    def test_a_time_that_is_not_free_any_more_is_left_out(self):
        event = self._book("27 08:00", appointment_location="Lake Road 1")
        self._meeting("27 08:00", "27 09:00")
        dialog = self._take_back(event)
        self.assertFalse(dialog.agent_id or dialog.slot_start or dialog.slot_stop)
        self.assertEqual(dialog.appointment_location, "Lake Road 1")

    def test_another_outcome_has_none(self):
        dialog = self._dialog(lead_id=self.lead.id, outcome_id=self.not_interested.id)
        dialog.action_confirm()
        action = self.lead.call_ids.with_user(self.operator).action_take_back()
        dialog = self.env["crm.call.wizard"].browse(action["res_id"])
        self.assertFalse(dialog.agent_id or dialog.appointment_location)
