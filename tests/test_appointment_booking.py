from psycopg2.errors import ExclusionViolation

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from .appointment_common import AppointmentCase, at


class TestAppointmentBooking(AppointmentCase):
    """Appointments that were agreed, and what becomes of them in Odoo's calendar."""

    # ------------------------------------------------------------
    # CONFIRMED
    # ------------------------------------------------------------

    def test_a_dialog_with_the_time_alone(self):
        event = self._book("27 08:00")
        call = self.lead.call_ids
        self.assertEqual((call.event_id, call.outcome_id, call.user_id), (event, self.appointment, self.operator))
        self.assertEqual((event.start, event.stop, event.allday), (at("27 08:00"), at("27 09:00"), False))
        self.assertEqual((event.user_id, event.opportunity_id), (self.agent, self.lead))
        self.assertEqual((event.name, event.show_as), ("Appointment: Marco", "busy"))
        self.assertEqual(event.partner_ids, self.agent.partner_id, "there is no client yet")
        self.assertEqual(event.attendee_ids.state, "accepted")
        self.assertEqual((self._slots().event_id, self._slots().held_by_id.id), (event, False))

    def test_what_was_agreed(self):
        client = self.env["res.partner"].create({"name": "Marco", "email": "marco@example.com"})
        self.lead._by_rule().partner_id = client
        self.company.appointment_alarm_ids = self.env.ref("calendar.alarm_mail_1")
        event = self._book(
            "27 08:15", "27 08:40", appointment_location="At <home>", appointment_notes="Bring <b>prices</b>\nLots"
        )  # fmt: skip
        self.assertEqual(event.stop, at("27 08:40"))
        self.assertEqual(event.partner_ids, self.agent.partner_id + client)
        self.assertEqual((event.location, event.alarm_ids), ("At <home>", self.env.ref("calendar.alarm_mail_1")))
        self.assertIn("Bring &lt;b&gt;prices&lt;/b&gt;", event.notes)
        self.assertNotIn("prices", event.description or "")

    def test_reminders_of_each_company(self):
        reminders = self.env.ref("calendar.alarm_notif_2") + self.env.ref("calendar.alarm_mail_2")
        self.assertEqual(self.other_company.appointment_alarm_ids, reminders, "a new company")
        self.assertEqual(self.company.appointment_alarm_ids, reminders, "one that was there before")
        self.company.appointment_alarm_ids = False
        self.assertFalse(self._book("27 08:00").alarm_ids)

    def test_the_contact_is_done(self):
        self.appointment.stage_id = self.stage_late
        entry = self._claim()
        call = self._call(self.appointment, entry)
        self.assertEqual((entry.state, entry.lead_id.stage_id), ("done", self.stage_late))
        self.assertEqual(call.event_id.opportunity_id, entry.lead_id)

    def test_refusals_leave_nothing(self):
        self._meeting("27 09:00", "27 10:00")
        before = {**self._counts(), "crm.call.wizard": 1}
        for values, words in (
            ({}, "with whom and when"),
            ({"start": "27 07:00"}, "not free"),
            ({"start": "27 11:30"}, "not free"),
            ({"start": "27 09:30"}, "not free"),
            ({"start": "26 09:00"}, "is over"),
            ({"start": "27 12:00", "stop": "27 11:00"}, "ends after"),
            ({"start": "27 08:00", "agent": self.user_own}, "keeps no appointments"),
        ):
            with self.subTest(words=words, **values):
                dialog = self._appointment_dialog(**values)
                before["crm.call.wizard"] = self._counts()["crm.call.wizard"]
                with self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
                    dialog.action_confirm()
                self.assertEqual(self._counts(), before)

    def test_an_agent_has_to_be_chosen(self):
        with self.assertRaisesRegex(UserError, "with whom and when"):
            self._dialog(
                lead_id=self.lead.id, outcome_id=self.appointment.id, slot_start=at("27 08:00")
            ).action_confirm()  # fmt: skip

    # ------------------------------------------------------------
    # NEVER TWO AT ONCE
    # ------------------------------------------------------------

    def test_the_database_refuses_what_overlaps(self):
        self._book("27 08:00")
        slots = self.env["crm.appointment.slot"].sudo()
        for start, stop in (("27 08:00", "27 09:00"), ("27 07:00", "27 08:01"), ("27 08:59", "27 12:00")):
            with (
                self.subTest(start=start),
                self.assertRaises(ExclusionViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                slots.create({"user_id": self.agent.id, "start": at(start), "stop": at(stop)})
        slots.create({"user_id": self.agent.id, "start": at("27 07:00"), "stop": at("27 08:00")})
        slots.create({"user_id": self.agent.id, "start": at("27 09:00"), "stop": at("27 10:00")})
        slots.create({"user_id": self.user_own.id, "start": at("27 08:00"), "stop": at("27 09:00")})

    def test_the_pause_belongs_to_what_is_taken(self):
        self.agent.appointment_buffer_minutes = 30
        event = self._book("27 08:00")
        self.assertEqual(self._slots().blocked_until, at("27 09:30"))
        self.assertEqual(self._friday(), ["09:30-12:00", "13:00-17:00"])
        # what was agreed with a pause keeps it
        self.agent.appointment_buffer_minutes = 0
        self.assertEqual(self._friday(), ["09:30-12:00", "13:00-17:00"])
        event._move_appointment(at("27 10:00"), at("27 11:00"))
        self.assertEqual(self._friday(), ["08:00-10:00", "11:00-12:00", "13:00-17:00"])

    def test_an_appointment_shown_as_free_or_declined_is_none_the_less_agreed(self):
        event = self._book("27 08:00")
        event.show_as = "free"
        event.attendee_ids.do_decline()
        self.assertEqual(self._friday(), ["09:00-12:00", "13:00-17:00"])

    # ------------------------------------------------------------
    # IN ODOO'S CALENDAR
    # ------------------------------------------------------------

    def _as_agent(self, event):
        return event.with_user(self.agent)

    def test_moved_by_hand(self):
        event = self._book("27 08:00")
        self._as_agent(event).write({"start": at("28 08:00"), "stop": at("28 08:30")})
        self.assertEqual(self._taken(), ["28 08:00-08:30"], "agents may work when they like")
        self._as_agent(event).start = at("28 10:00")
        self.assertEqual(self._taken(), ["28 10:00-10:30"])
        self._as_agent(event).duration = 2
        self.assertEqual(self._taken(), ["28 10:00-12:00"])

    def test_a_whole_day_by_the_agents_clock(self):
        event = self._book("27 08:00")
        self._as_agent(event).write({"allday": True, "start_date": "2026-11-28", "stop_date": "2026-11-29"})
        self.assertEqual(self._taken(), ["27 23:00-23:00"])
        self.assertEqual((self._slots().start, self._slots().stop), (at("27 23:00"), at("29 23:00")))

    def test_a_clash_is_refused(self):
        self._book("27 09:00")
        event = self._book("27 08:00", lead=self._lead(user_id=self.operator.id))
        with self.assertRaisesRegex(UserError, "The time of Gianni at .* has just been taken"), self.env.cr.savepoint():
            self._as_agent(event).write({"start": at("27 09:30"), "stop": at("27 10:30")})
        self.assertEqual((event.start, self._taken()), (at("27 08:00"), ["27 08:00-09:00", "27 09:00-10:00"]))
        self._as_agent(event).write({"start": at("27 10:00"), "stop": at("27 11:00")})

    def test_a_meeting_that_is_no_appointment_may_overlap(self):
        self._book("27 08:00")
        meeting = self._meeting("27 13:00", "27 14:00")
        meeting.write({"start": at("27 08:00"), "stop": at("27 09:00")})
        self.assertEqual(self._taken(), ["27 08:00-09:00"])

    def test_given_to_a_colleague(self):
        event = self._book("27 08:00")
        colleague = self._agent("Bice")
        self.appointment.agent_ids += colleague
        event.user_id = colleague
        self.env.flush_all()
        slot = self.env["crm.appointment.slot"].search([("event_id", "=", event.id)])
        self.assertEqual(slot.user_id, colleague)
        with self.assertRaisesRegex(UserError, "Bice is not free"), self.env.cr.savepoint():
            self._book("27 08:00", agent=colleague)
        event.user_id = False
        self.assertFalse(slot.exists())

    def test_archived_and_back(self):
        event = self._book("27 08:00")
        event.active = False
        self.assertEqual((self._taken(), self._friday()), ([], ["08:00-12:00", "13:00-17:00"]))
        event.active = True
        self.assertEqual(self._taken(), ["27 08:00-09:00"])
        event.active = False
        self._book("27 08:30", lead=self._lead(user_id=self.operator.id))
        with self.assertRaisesRegex(UserError, "has just been taken"):
            event.active = True

    def test_a_correction_hides_no_appointment_that_stands(self):
        event = self._book("27 08:00")
        call = self.lead.call_ids
        corrected = call.with_user(self.coordinator)
        with self.assertRaisesRegex(UserError, "Cancel it before you correct"):
            corrected.outcome_id = self.not_interested
        corrected.notes = "She comes with her husband"
        event._cancel_appointment()
        corrected.outcome_id = self.not_interested
        self.assertEqual(call.kind, "negative")

    def test_deleted(self):
        self._book("27 08:00").unlink()
        self.assertEqual((self._taken(), self._friday()), ([], ["08:00-12:00", "13:00-17:00"]))
        self._book("27 08:00", lead=self._lead(user_id=self.operator.id))

    def test_what_is_copied_or_repeated_is_no_appointment(self):
        event = self._book("27 08:00")
        self.assertFalse(event.copy({"start": at("30 08:00"), "stop": at("30 09:00")}).appointment_state)
        event.write(
            {
                "recurrency": True,
                "rrule_type": "weekly",
                "fri": True,
                "end_type": "count",
                "count": 3,
            }
        )
        self.assertEqual(self._taken(), ["27 08:00-09:00"])
        self.assertEqual(self._free("2026-12-04 00:00", "2026-12-05 00:00")[0], "04 09:00-12:00")

    def test_two_at_once(self):
        first = self._book("27 08:00")
        second = self._book("27 09:00", lead=self._lead(user_id=self.operator.id))
        (first + second).active = False
        self.assertEqual(self._taken(), [])
        (first + second).unlink()

    # ------------------------------------------------------------
    # BY AGREEMENT
    # ------------------------------------------------------------

    def test_moved_by_the_rules(self):
        event = self._book("27 08:00")
        event._move_appointment(at("27 08:30"), at("27 09:30"))
        self.assertEqual((self._taken(), event.start), (["27 08:30-09:30"], at("27 08:30")))
        self.assertEqual(event.attendee_ids.state, "accepted")
        for start, stop in (("28 08:00", "28 09:00"), ("27 11:30", "27 12:30"), ("26 08:00", "26 09:00")):
            with self.subTest(start=start), self.assertRaises(UserError), self.env.cr.savepoint():
                event._move_appointment(at(start), at(stop))
        self.assertEqual(self._taken(), ["27 08:30-09:30"])

    def test_moved_by_the_hours_of_its_company(self):
        self.agent.company_ids += self.other_company
        self.other_company.resource_calendar_id = self._calendar("Early", self.other_company, hours=((6, 8),))
        lead = self._lead(user_id=self.operator_other_company.id, company_id=self.other_company.id)
        self._dialog(
            user=self.operator_other_company,
            lead_id=lead.id,
            outcome_id=self.appointment.id,
            agent_id=self.agent.id,
            slot_start=at("27 05:00"),
        ).action_confirm()
        event = lead.call_ids.event_id
        event._move_appointment(at("27 06:00"), at("27 07:00"))
        with self.assertRaisesRegex(UserError, "not free"):
            event._move_appointment(at("27 09:00"), at("27 10:00"))

    def test_cancelled(self):
        event = self._book("27 08:00")
        event._cancel_appointment("I am <ill>")
        self.assertEqual((event.appointment_state, event.active, self._taken()), ("cancelled", False, []))
        self.assertEqual(self._events(self.lead, "appointment_cancel").data["reason"], "I am <ill>")
        for again in (event._cancel_appointment, lambda: event._move_appointment(at("27 08:00"), at("27 09:00"))):
            with self.assertRaisesRegex(UserError, "not agreed any more"):
                again()

    def test_what_is_over_stays(self):
        event = self._book("27 08:00")
        with self._at("2026-11-27 09:01:00"), self.assertRaisesRegex(UserError, "is over"):
            event._cancel_appointment()

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_nobody_agrees_on_appointments_by_hand(self):
        values = {"name": "Mine", "start": at("27 08:00"), "stop": at("27 09:00"), "appointment_state": "booked"}
        events = self.env["calendar.event"]
        for user in (self.operator, self.agent, self.user_admin):
            mine = events.with_user(user)
            with self.subTest(user=user.login):
                with self.assertRaisesRegex(UserError, "agreed in calls"), self.env.cr.savepoint():
                    mine.create({**values, "partner_ids": [Command.set(user.partner_id.ids)]})
                with self.assertRaisesRegex(UserError, "agreed in calls"), self.env.cr.savepoint():
                    mine.with_context(default_appointment_state="booked").create(
                        {"name": "Mine", "start": at("27 08:00"), "stop": at("27 09:00"), "user_id": user.id}
                    )
        event = self._as_agent(self._book("27 08:00"))
        for state in (False, "cancelled", "no_show"):
            with self.assertRaisesRegex(UserError, "agreed in calls"):
                event.appointment_state = state
