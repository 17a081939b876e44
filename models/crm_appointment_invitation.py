import pytz
from babel.dates import format_date, format_time, get_timezone_location
from markupsafe import Markup

from odoo import SUPERUSER_ID, fields, models
from odoo.fields import Command
from odoo.tools import babel_locale_parse, formataddr

from .calendar_event import CUSTOMER
from .call_hours import main_zone

try:
    import vobject
except ImportError:  # Odoo does without it, and attaches no calendar file then
    vobject = None


class CalendarEvent(models.Model):
    """Whom an appointment is told to: the customer by mail, in their language and by their clock; the agent and the
    operator by Odoo's notifications."""

    _inherit = "calendar.event"

    appointment_sequence = fields.Integer(
        copy=False, export_string_translation=False, help="Of the calendar file: its newer version replaces the older."
    )

    # ------------------------------------------------------------
    # THE CUSTOMER
    # ------------------------------------------------------------

    def _get_customer_address(self):
        """The e-mail address of the client, else of the lead; empty if there is none that mail could reach."""
        return self.opportunity_id._get_customer_address()

    def _get_customer_language(self):
        """The client's language, else the one that the lead was written in, else that of the company."""
        return self.opportunity_id._get_customer_language(self._get_appointment_company().partner_id.lang, "en_US")

    def _get_customer_zone(self):
        """The time zone of the customer, as the call dialog has it; the agent's for want of a lead."""
        lead = self.opportunity_id
        if not lead:
            return self.user_id.tz or "UTC"
        zones = self.env["crm.call.zone"].with_company(self._get_appointment_company())
        return main_zone(zones._map_lead_zones(lead)[lead.id])

    def _get_appointment_company(self):
        return self.appointment_company_id or self.user_id.company_id or self.env.company

    def _for_customer(self):
        """This appointment as its customer reads it, whoever is at work."""
        return self.with_context(lang=self._get_customer_language(), tz=self._get_customer_zone())

    def _format_appointment_day(self, moment=None):
        """The day, in the language and time zone of the context."""
        return format_date(self._to_clock(moment or self.start), "full", locale=self._get_locale())

    def _format_appointment_time(self, moment=None):
        return format_time(self._to_clock(moment or self.start), "short", locale=self._get_locale())

    def _format_appointment(self, start=None):
        """Day and time in one line."""
        return self.env._(
            "%(day)s, %(time)s", day=self._format_appointment_day(start), time=self._format_appointment_time(start)
        )

    def _get_zone_name(self):
        """The time zone of the context as people call it, such as "Rome"."""
        return get_timezone_location(self.env.context.get("tz") or "UTC", locale=self._get_locale(), return_city=True)

    def _get_locale(self):
        return babel_locale_parse(self.env.lang or "en_US")

    def _to_clock(self, moment):
        return pytz.utc.localize(moment).astimezone(pytz.timezone(self.env.context.get("tz") or "UTC"))

    # ------------------------------------------------------------
    # MAILS TO THE CUSTOMER
    # ------------------------------------------------------------

    def _send_invitation(self, moved=False):
        """Invite the customer, or tell them the new time; the link holds from now on."""
        if self._is_upcoming() and self._get_customer_address():
            self._renew_link()
            self._send_to_customer("crm_appointment_mail_template_invitation", appointment_moved=moved)

    def _send_cancellation(self):
        if self._get_customer_address():
            self._send_to_customer("crm_appointment_mail_template_cancellation")

    def _send_to_customer(self, template_name, **context):
        """Queue a mail. It belongs to the superuser alone and to no document: nobody else may read the link in it, and
        it is sent even if the appointment is deleted."""
        template = self.env.ref(f"crm_lead_lifecycle.{template_name}", raise_if_not_found=False)
        if not template:
            return
        company = self._get_appointment_company()
        event = self.with_user(SUPERUSER_ID).with_company(company).with_context(**context)._for_customer()
        name = event.opportunity_id._get_customer_name()
        template.with_env(event.env).send_mail(
            event.id,
            email_values={
                "model": False,
                "res_id": False,
                "author_id": self.env.ref("base.partner_root").id,
                "email_to": formataddr((" ".join(name.split()), self._get_customer_address())),
                "recipient_ids": [],
                "partner_ids": [],
                "attachment_ids": event._make_calendar_file(),
            },
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _make_calendar_file(self):
        """The appointment as the customer's calendar takes it in: a later file replaces what an earlier one brought.

        :return: commands of attachments; none if the library is missing
        """
        content = self._get_ics_file().get(self.id)
        if not content:
            return []
        calendar = vobject.readOne(content.decode())
        is_cancelled = self.appointment_state == "cancelled"
        calendar.add("method").value = "CANCEL" if is_cancelled else "REQUEST"
        event = calendar.vevent
        for name, value in (
            ("uid", f"appointment-{self.id}@{self.env['ir.config_parameter'].get_param('database.uuid')}"),
            ("sequence", str(self.appointment_sequence)),
            ("status", "CANCELLED" if is_cancelled else "CONFIRMED"),
            ("summary", self.env._("Appointment with %(agent)s", agent=self.user_id.name)),
        ):
            event.contents.pop(name, None)
            event.add(name).value = value
        # the description names people for the agent, and the customer's own address has to be among the attendees
        event.contents.pop("description", None)
        addresses = {attendee.value.lower() for attendee in event.contents.get("attendee", ())}
        address = f"mailto:{self._get_customer_address()}"
        if address.lower() not in addresses:
            event.add("attendee").value = address
        attachment = self.env["ir.attachment"].create(
            {
                "name": self.env._("appointment.ics"),
                "raw": calendar.serialize().encode(),
                "mimetype": "text/calendar",
                "res_model": "mail.compose.message",
                "res_id": 0,
            }
        )
        return [Command.link(attachment.id)]

    # ------------------------------------------------------------
    # AGENT AND OPERATOR
    # ------------------------------------------------------------

    def _notify_people(self, what, before, reason=None):
        """Tell the agents and the operator, but for whoever did it. Of another time Odoo tells the agent.

        :param what: ``moved`` or ``cancelled``
        :param dict before: what was agreed until now
        """
        is_by_customer = self.env.context.get("appointment_by") is CUSTOMER
        author = self.env.ref("base.partner_root") if is_by_customer else self.env.user.partner_id
        users = before["agent"] | self.user_id
        if what == "moved" and before["start"] != self.start:
            users -= self._get_agent_attendee().partner_id.user_ids
        users = (users | self.appointment_operator_id).filtered("active")
        # a document that is about to be deleted can't be linked to
        document = self.env["mail.thread"] if self.env.context.get("appointment_deleted") else self
        for user in users if is_by_customer else users - self.env.user:
            event = self.with_context(lang=user._get_language(), tz=user.tz or "UTC")
            subject, body = event._get_notice(what, before, reason)
            document.with_env(event.env).message_notify(
                partner_ids=user.partner_id.ids, author_id=author.id, subject=subject, body=body
            )

    def _get_notice(self, what, before, reason):
        values = {
            "customer": self.opportunity_id._get_customer_name() if self.opportunity_id else self.name,
            "agent": self.user_id.name,
            "before": self._format_appointment(before["start"]),
            "after": self._format_appointment(),
        }
        if what == "moved":
            subject = self.env._("Appointment moved: %(customer)s", **values)
            lines = [self.env._("The appointment of %(customer)s with %(agent)s is on %(after)s now.", **values)]
            if before["start"] != self.start:
                lines.append(self.env._("It was on %(before)s.", **values))
        else:
            subject = self.env._("Appointment cancelled: %(customer)s", **values)
            lines = [self.env._("The appointment of %(customer)s with %(agent)s on %(before)s is cancelled.", **values)]
            if reason:
                lines.append(self.env._("Reason: %(reason)s", reason=reason))
        return subject, Markup("<br/>").join(lines)


class CalendarAttendee(models.Model):
    _inherit = "calendar.attendee"

    def _should_notify_attendee(self, notify_author=False):
        """The customer of an appointment gets our mails instead of Odoo's, but for its reminders, which alone go to
        authors too."""
        event = self.event_id.sudo()
        if event.appointment_state and self.partner_id == event.opportunity_id.partner_id:
            return notify_author
        return super()._should_notify_attendee(notify_author=notify_author)
