import re
from datetime import date, timedelta

import vobject

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import html2plaintext, mute_logger

from .appointment_agreed_common import AgreedCase
from .call_common import NOW

NO_ADDRESS = "No invitation was sent: there is no e-mail address of the customer."


class TestAppointmentInvitation(AgreedCase):
    """What is told of an appointment, to whom and how."""

    def _text(self, mail):
        return self._words(html2plaintext(mail.body_html))

    def _calendar(self, mail):
        return vobject.readOne(mail.attachment_ids.raw.decode())

    def _confirm(self):
        """The action of a confirmed call, as the browser gets it."""
        self.entry.write(self.entry._prepare_claim_values(self.operator))
        values = {"outcome_id": self.appointment.id, "agent_id": self.agent.id, "slot_start": self._soon(days=2)}
        return self._dialog(self.entry, **values).action_confirm()

    # ------------------------------------------------------------
    # THE CUSTOMER'S MAIL
    # ------------------------------------------------------------

    def test_the_invitation_says_who_when_and_where_by_the_customers_clock(self):
        with self._at(NOW):
            event = self._agree("2026-12-03 16:00:00", appointment_location="Lake Road 1", appointment_notes="Secret!")
        mail = self._mails()
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(self._words(mail.subject), "Your appointment: Thursday, December 3, 2026, 11:00 AM")
        self.assertEqual(mail.email_to, '"Mary Miller" <mary@example.com>')
        self.assertIn("gina@example.com", mail.email_from)
        text = self._text(mail)
        for words in ("Hello Mary Miller", "Gina Agent", "Lake Road 1", "11:00", "12:00", "(New York)"):
            self.assertIn(words, text)
        self.assertIn(event._get_link(), mail.body_html)
        self.assertNotIn("Secret!", mail.body_html)

    def test_the_language_is_the_clients_then_the_leads_then_the_companys(self):
        for code in ("it_IT", "pl_PL", "de_DE"):
            self.env["res.lang"]._activate_lang(code)
        template = self.env.ref("crm_lead_lifecycle.crm_appointment_mail_template_invitation")
        for code, word in (("it_IT", "Appuntamento"), ("pl_PL", "Spotkanie"), ("de_DE", "Termin")):
            template.with_context(lang=code).subject = f"{word}: {{{{ object._format_appointment_day() }}}}"
        self.company.partner_id.lang = "de_DE"
        with self._at(NOW):
            self._agree("2026-12-03 16:00:00")
            self.assertEqual(self._mails().subject, "Termin: Donnerstag, 3. Dezember 2026")
            self.lead.lang_id = self.env["res.lang"]._lang_get("pl_PL")
            event = self.lead.calendar_event_ids
            event.start += timedelta(days=1)
            self.assertEqual(self._mails()[-1].subject, "Spotkanie: piątek, 4 grudnia 2026")
            self.lead.partner_id = self.env["res.partner"].create(
                {"name": "Mary", "email": "mary@example.com", "phone": "+1 212 555 0123", "lang": "it_IT"}
            )
            event.start += timedelta(days=1)
            self.assertEqual(self._mails()[-1].subject, "Appuntamento: sabato 5 dicembre 2026")

    def test_the_mail_goes_to_the_client_else_to_the_lead(self):
        self.lead.partner_id = self.env["res.partner"].create({"name": "Mary", "email": "client@example.com"})
        self.lead.email_from = "lead@example.com"
        self.lead.partner_id.email = "client@example.com"
        event = self._agree(self._soon(days=2))
        self.assertEqual(event._get_customer_address(), "client@example.com")
        self.lead.partner_id.email = False
        self.lead.email_from = "lead@example.com"
        self.assertEqual(event._get_customer_address(), "lead@example.com")
        self.lead.email_from = "nobody at home"
        self.assertFalse(event._get_customer_address())

    def test_without_an_address_nothing_is_sent_and_the_operator_is_told(self):
        self.lead.email_from = False
        action = self._confirm()
        self.assertEqual(action["params"]["notice"], NO_ADDRESS)
        self.assertFalse(self.env["mail.mail"].sudo().search([("subject", "ilike", "Your appointment")]))
        self.assertIn("no invitation: there is no e-mail address", self._events(self.lead, "appointment").summary)

    def test_with_an_address_there_is_nothing_to_tell_the_operator(self):
        self.assertEqual(self._confirm()["params"]["notice"], "")
        self.assertIn("invitation to mary@example.com", self._events(self.lead, "appointment").summary)

    def test_nobody_can_read_the_link(self):
        event = self._agree(self._soon(days=2))
        mail = self._mails()
        self.assertTrue(event.sudo().appointment_token)
        for user in (self.operator, self.agent, self.user_admin):
            with self.assertRaises(AccessError):
                event.with_user(user).read(["appointment_token"])
            with self.assertRaises(AccessError):
                event.with_user(user).search([("appointment_token", "like", "a")])
        template = self.env.ref("crm_lead_lifecycle.crm_appointment_mail_template_invitation")
        for user in (self.operator, self.agent, self.user_all, self.user_manager):
            self.env.invalidate_all()
            # no other mail either can be made to tell it
            with self.assertRaises(UserError), mute_logger("odoo.addons.mail.models.mail_render_mixin"):
                template.with_user(user).send_mail(event.id, email_values={"email_to": "me@example.com"})
            with self.assertRaises(AccessError):
                mail.mail_message_id.with_user(user).read(["body"])

    def test_the_day_on_which_clocks_change_has_an_hour_more(self):
        with self._at("2026-10-28 10:00:00"):
            event = self._agree("2026-11-01 17:00:00").sudo()._for_customer()
            first, following = (event._from_clock(date(2026, 11, day)) for day in (1, 2))
            self.assertEqual(following - first, timedelta(hours=25))
            proposed = event._get_proposed(date(2026, 11, 1), 1)
        self.assertEqual((proposed[0], proposed[-1]), (first, following - timedelta(hours=1)))
        self.assertEqual(len(proposed), 24)
        times = [self._words(event._format_appointment_time(moment)) for moment in proposed[:3]]
        self.assertEqual(times, ["12:00 AM", "1:00 AM", "1:00 AM"])

    # ------------------------------------------------------------
    # THE CALENDAR FILE
    # ------------------------------------------------------------

    def test_a_later_calendar_file_replaces_the_earlier_one(self):
        event = self._agree(self._soon(days=2), appointment_notes="Secret!", appointment_location="Lake Road 1")
        event.start += timedelta(hours=3)
        event.action_archive()
        files = [self._calendar(mail) for mail in self._mails()]
        self.assertEqual([file.method.value for file in files], ["REQUEST", "REQUEST", "CANCEL"])
        self.assertEqual([file.vevent.sequence.value for file in files], ["0", "1", "2"])
        self.assertEqual([file.vevent.status.value for file in files], ["CONFIRMED", "CONFIRMED", "CANCELLED"])
        self.assertEqual(len({file.vevent.uid.value for file in files}), 1)
        first, second, _last = files
        self.assertEqual(second.vevent.dtstart.value - first.vevent.dtstart.value, timedelta(hours=3))
        self.assertEqual(first.vevent.location.value, "Lake Road 1")
        self.assertEqual(first.vevent.summary.value, "Appointment with Gina Agent")
        self.assertIn("mailto:mary@example.com", [one.value for one in first.vevent.attendee_list])
        for mail in self._mails():
            content = mail.attachment_ids.raw.decode()
            self.assertNotIn("Secret!", content)
            self.assertNotIn(event.sudo().appointment_token, content)

    # ------------------------------------------------------------
    # AGENT, OPERATOR AND ODOO'S MAILS
    # ------------------------------------------------------------

    def test_the_agent_hears_of_it_by_odoos_invitation_and_has_accepted(self):
        event = self._agree(self._soon(days=2))
        self.assertIn(f"Invitation to {event.name}", self._notices(self.agent))
        attendee = event.attendee_ids.filtered(lambda one: one.partner_id == self.agent.partner_id)
        self.assertEqual(attendee.state, "accepted")
        with self._at(NOW):
            event.with_user(self.operator).sudo().start = "2026-12-03 16:00:00"
        self.assertEqual(attendee.state, "accepted")

    def test_a_client_gets_our_mails_only_but_reminders_by_odoo(self):
        client = self.env["res.partner"].create({"name": "Mary", "email": "mary@example.com"})
        self.lead.partner_id = client
        event = self._agree(self._soon(days=2))
        self.assertIn(client, event.partner_ids)
        event.start += timedelta(hours=3)
        self.assertEqual(len(self._mails()), 2)
        self.assertFalse(self.env["mail.message"].sudo().search([("partner_ids", "in", client.ids)]))
        attendee = event.attendee_ids.filtered(lambda one: one.partner_id == client)
        self.assertTrue(attendee._should_notify_attendee(notify_author=True))
        self.assertFalse(attendee._should_notify_attendee())

    # ------------------------------------------------------------
    # IN ODOO'S CALENDAR
    # ------------------------------------------------------------

    def test_who_moves_it_in_the_calendar_tells_everybody(self):
        event = self._agree(self._soon(days=2))
        before = event.start
        event.with_user(self.agent).start = before + timedelta(hours=3)
        mails = self._mails()
        self.assertEqual(len(mails), 2)
        self.assertIn("your appointment has been changed", self._text(mails[1]))
        self.assertNotIn("your appointment has been changed", self._text(mails[0]))
        self.assertIn("Appointment moved: Mary Miller", self._notices(self.operator))
        self.assertNotIn("Appointment moved: Mary Miller", self._notices(self.agent))
        moved = self._events(self.lead, "appointment_move")
        self.assertEqual((moved.user_id, moved.data["agent"]), (self.agent, "Gina Agent"))
        self.assertRegex(moved.summary, "^Appointment with Gina Agent moved from .+ to ")

    def test_a_change_that_nobody_sees_tells_nobody(self):
        event = self._agree(self._soon(days=2))
        event.write({"start": event.start, "stop": event.stop, "notes": "Call before"})
        self.assertEqual(len(self._mails()), 1)
        self.assertFalse(self._events(self.lead, "appointment_move"))

    def test_another_agent_is_invited_and_the_former_one_told(self):
        event = self._agree(self._soon(days=2))
        other = self.user_all
        event.write({"user_id": other.id, "partner_ids": [Command.link(other.partner_id.id)]})
        self.assertEqual(self._events(self.lead, "appointment_move").data["from_agent"], "Gina Agent")
        self.assertIn("Appointment moved: Mary Miller", self._notices(self.agent))
        self.assertEqual(len(self._notices(other)), 2)
        self.assertIn(other.name, self._text(self._mails()[1]))

    def test_archiving_and_deleting_cancel_alike(self):
        for number, end in enumerate(("action_archive", "unlink")):
            lead = self._lead(name=f"Pitch {number}", phone="+1 212 555 01", email_from=f"one{number}@example.com")
            event = self._agree(self._soon(days=2, hours=2 * number), self._campaign(lead).entry_ids)
            getattr(event.with_user(self.agent), end)()
            self.env.flush_all()
            mails = self._mails(f"one{number}@example.com")
            self.assertEqual(len(mails), 2, end)
            self.assertIn("is cancelled", mails[1].subject)
            cancelled = self._events(lead, "appointment_cancel")
            self.assertEqual(cancelled.user_id, self.agent)
            self.assertTrue(any("cancelled" in subject for subject in self._notices(self.operator)))
            self.assertFalse(self.env["crm.appointment.slot"].sudo().search([("user_id", "=", self.agent.id)]))
            if end == "action_archive":
                self.assertEqual(event.appointment_state, "cancelled")

    def test_a_cancelled_one_that_is_restored_is_on_again(self):
        event = self._agree(self._soon(days=2))
        event.action_archive()
        event.action_unarchive()
        self.assertEqual(event.appointment_state, "booked")
        self.assertEqual(len(self._mails()), 3)
        self.assertEqual(len(self._notices(self.agent)), 3)
        self.assertTrue(event.sudo().appointment_slot_ids)

    def test_what_is_over_is_told_to_nobody(self):
        event = self._agree(self._soon(days=2))
        told = self._notices(self.agent)
        with self._at("2099-01-01 10:00:00"):
            event.action_archive()
            self.assertEqual(event.appointment_state, "cancelled")
            event.action_unarchive()
        self.assertEqual(event.appointment_state, "booked")
        self.assertEqual(len(self._mails()), 1)
        self.assertEqual(self._notices(self.agent), told)

    # ------------------------------------------------------------
    # THE LEAD
    # ------------------------------------------------------------

    def test_a_removed_or_deleted_lead_cancels_its_appointment(self):
        removed, deleted = (
            self._lead(name=name, phone="+1 212 555 01", email_from=f"{name}@example.com") for name in ("spam", "error")
        )
        for number, lead in enumerate((removed, deleted)):
            self._agree(self._soon(days=2, hours=2 * number), self._campaign(lead).entry_ids)
        events = (removed + deleted).calendar_event_ids
        self.env["crm.lead.remove"].create(
            {"lead_ids": [Command.set(removed.ids)], "removal_reason_id": self.removal_reason.id}
        ).action_apply()
        deleted.unlink()
        self.assertEqual(events.mapped("appointment_state"), ["cancelled"] * 2)
        self.assertFalse(any(events.mapped("active")))
        self.assertEqual(len(self._mails("spam@example.com")), 2)

    def test_an_uninstallation_writes_to_nobody(self):
        self._agree(self._soon(days=2))
        mails, notices = self._mails(), self._notices(self.agent)
        uninstalling = {MODULE_UNINSTALL_FLAG: True}
        self.lead.with_context(**uninstalling).unlink()
        self.env["calendar.event"].search([("appointment_state", "=", "booked")]).with_context(**uninstalling).unlink()
        self.assertEqual(self._mails(), mails)
        self.assertFalse(set(self._notices(self.agent)) - set(notices))

    def test_a_merge_takes_all_appointments_along(self):
        cancelled = self._agree(self._soon(days=2))
        cancelled.action_archive()
        self.entry.write({"state": "ready"})
        booked = self._agree(self._soon(days=3))
        winner = self._lead(name="Chalet", email_from="mary@example.com")
        merged = (winner + self.lead)._merge_opportunity(auto_unlink=True)
        self.assertEqual((cancelled + booked).opportunity_id, merged)
        self.assertEqual(booked.appointment_state, "booked")
        self.assertEqual(len(self._events(merged, "appointment")), 2)

    def test_summaries_name_no_placeholder(self):
        """Every sentence of the history can be written."""
        event = self._agree(self._soon(days=2))
        self._events(self.lead).invalidate_recordset()
        for kind in ("appointment_move", "appointment_cancel", "appointment_no_show", "appointment_came"):
            event._log_appointment(kind, reason="Ill", from_time=NOW, from_agent="Gina Agent")
        for summary in self._events(self.lead).mapped("summary"):
            self.assertTrue(summary)
            self.assertFalse(re.search(r"%\(|\{", summary), summary)
