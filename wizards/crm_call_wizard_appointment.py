from datetime import datetime, time, timedelta

import pytz

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import plaintext2html

from ..models.crm_call_recall import LAST_YEAR

MOST_DAYS = 42
# how far after the days shown the next free time is looked for
OUTLOOK = timedelta(weeks=8)


class CrmCallWizard(models.TransientModel):
    """The appointment that is being agreed: with whom and when."""

    _inherit = "crm.call.wizard"

    agent_id = fields.Many2one("res.users", "Agent", ondelete="cascade")
    slot_start = fields.Datetime("Appointment")
    slot_stop = fields.Datetime("Until")
    appointment_location = fields.Char("Where")
    appointment_notes = fields.Text("Notes for the Agent")

    # ------------------------------------------------------------
    # THE AGENDA
    # ------------------------------------------------------------

    def get_agenda(self, day, days=7, agent_ids=(), skill_ids=(), text="", outcome_id=None):
        """The free times of some days, for the dialog. What the user holds for this call is among them.

        :param str day: the first day, by the user's clock
        :param list agent_ids: only these agents; ``skill_ids``: only those who have all of these skills
        :param str text: only those whose name, area or skills contain all of its words
        :param int outcome_id: the outcome chosen in the browser, where it is not saved yet
        :return: dict that JSON can hold; moments are strings in UTC
        """
        self.ensure_one()
        self.check_access("read")
        outcome = self._get_appointment_outcome(outcome_id)
        start, stop = self._get_agenda_range(day, days)
        agents, minutes = self._get_agents(outcome), self._get_appointment_minutes(outcome)
        shown, held = agents._filter_agents(agent_ids, skill_ids, text), self._get_held()
        slots = shown._get_slots(start, stop, minutes, held)
        later = [] if slots else shown._get_slots(stop, stop + OUTLOOK, minutes, held)
        texts = {moment: _to_text(moment) for moment in {moment for slot in slots for moment in slot[1:]}}
        return {
            "agents": [agent._get_agenda_details() for agent in agents],
            "skills": [
                {"id": skill.id, "name": skill.name, "color": skill.color}
                for skill in agents.appointment_skill_ids.with_env(self.env)
            ],
            "shown": shown.ids,
            "slots": [{"agent_id": agent.id, "start": texts[begin], "stop": texts[end]} for agent, begin, end in slots],
            "next_free": bool(later) and _to_text(later[0][1]),
            "held": self._get_held_details(held),
            "zone": self.env.tz.zone,
            "customer_zone": self.time_zone,
        }

    def hold_slot(self, agent_id, start, stop, outcome_id=None):
        """Keep a time while the customer is still on the line. It is let go by itself after some minutes.

        :param str start: moment in UTC, as ``stop``
        :param int outcome_id: as in :meth:`get_agenda`
        :return: what is held, as in :meth:`get_agenda`
        :raise UserError: in words, when the agent is not free any more
        """
        self.ensure_one()
        self.check_access("write")
        values = {"agent_id": agent_id, "slot_start": self._to_moment(start), "slot_stop": self._to_moment(stop)}
        agent, stop = self._get_agreed(self._get_appointment_outcome(outcome_id), **values)
        slot = self.env["crm.appointment.slot"]._hold(agent, values["slot_start"], stop, self.lead_id)
        self.write({**values, "slot_stop": stop})
        return self._get_held_details(slot)

    def release_slot(self):
        """Let go of the time that was kept."""
        self.ensure_one()
        self.check_access("write")
        self.env["crm.appointment.slot"]._release(self.lead_id)
        self.write({"agent_id": False, "slot_start": False, "slot_stop": False})

    def keep_claim(self):
        is_mine = super().keep_claim()
        if is_mine:
            self.env["crm.appointment.slot"]._prolong(self.lead_id)
        return is_mine

    def action_stop(self):
        self.check_access("write")
        self.env["crm.appointment.slot"]._release(self.lead_id)
        return super().action_stop()

    def action_confirm(self):
        """Whatever the outcome: nothing is held for a call that is over."""
        lead = self.lead_id
        action = super().action_confirm()
        self.env["crm.appointment.slot"]._release(lead)
        return action

    def _get_held(self):
        return self.env["crm.appointment.slot"]._get_held(self.lead_id)

    def _get_held_details(self, slot):
        slot = slot[:1]
        return (
            bool(slot)
            and slot.held_until >= fields.Datetime.now()
            and {
                "agent_id": slot.user_id.id,
                "start": _to_text(slot.start),
                "stop": _to_text(slot.stop),
                "until": _to_text(slot.held_until),
                # the clock of the browser may be another one
                "seconds_left": round((slot.held_until - fields.Datetime.now()).total_seconds()),
            }
        )

    def _get_agenda_range(self, day, days):
        """Some days by the user's clock: two moments in UTC."""
        try:
            first, count = fields.Date.to_date(day), min(max(int(days), 1), MOST_DAYS)
        except (TypeError, ValueError):
            first = None
        if not first or not 1900 < first.year < LAST_YEAR:
            raise UserError(self.env._("“%(day)s” is no day. Choose another one.", day=day))
        zone = self.env.tz
        return (
            zone.localize(datetime.combine(date, time())).astimezone(pytz.utc).replace(tzinfo=None)
            for date in (first, first + timedelta(days=count))
        )

    def _to_moment(self, text):
        """
        :raise UserError: for what is no moment
        """
        try:
            return fields.Datetime.to_datetime(text)
        except (TypeError, ValueError):
            raise UserError(self.env._("“%(text)s” is no time. Choose another one.", text=text)) from None

    # ------------------------------------------------------------
    # WITH WHOM
    # ------------------------------------------------------------

    def _get_appointment_company(self):
        wizard = self.sudo()
        return wizard.entry_id.company_id or wizard.lead_id.company_id or self.env.company

    def _get_appointment_outcome(self, outcome_id=None):
        """The outcome chosen in the browser, else the one that is saved; as superuser."""
        wizard = self.sudo()
        if not outcome_id or outcome_id == wizard.outcome_id.id:
            return wizard.outcome_id
        return wizard.available_outcome_ids.filtered(lambda outcome: outcome.id == outcome_id) or wizard.outcome_id

    def _get_appointment_minutes(self, outcome):
        return outcome.appointment_minutes or self._get_appointment_company().sudo().appointment_minutes

    def _get_agents(self, outcome):
        return self.env["res.users"]._get_agents(
            self._get_appointment_company(), self.sudo().campaign_id, outcome
        )  # fmt: skip

    def _get_agreed(self, outcome, agent_id, slot_start, slot_stop):
        """With whom the appointment is to be, and until when: without an end it is as long as usual.

        :return: the res.users, as superuser and in the company of the call; a datetime in UTC
        :raise UserError: in words, when there is no agent, no time or the agent is none of this call
        """
        if not agent_id or not slot_start:
            raise UserError(self.env._("Choose with whom and when the appointment is."))
        agent = self._get_agents(outcome).filtered(lambda agent: agent.id == agent_id)
        if not agent:
            raise UserError(self.env._("This agent keeps no appointments of these calls. Choose another one."))
        minutes = agent.appointment_minutes or self._get_appointment_minutes(outcome)
        try:
            return agent, slot_stop or slot_start + timedelta(minutes=minutes)
        except OverflowError:
            raise UserError(self.env._("“%(text)s” is no time. Choose another one.", text=slot_start)) from None

    # ------------------------------------------------------------
    # THE OUTCOME
    # ------------------------------------------------------------

    def _check_appointment(self):
        """
        :raise UserError: in words, when the agent is not free then
        """
        agent, self.slot_stop = self._get_agreed(
            self.sudo().outcome_id, self.agent_id.id, self.slot_start, self.slot_stop
        )  # fmt: skip
        agent._check_free(self.slot_start, self.slot_stop, self._get_held())

    def _fill(self, draft):  # pylint: disable=missing-return
        """The appointment of a call that was taken back; its time while it is still free."""
        super()._fill(draft)
        appointment = draft["appointment"]
        if not appointment:
            return
        self.write({"appointment_location": appointment["location"], "appointment_notes": appointment["notes"]})
        values = {
            "agent_id": appointment["agent"].id,
            "slot_start": appointment["start"],
            "slot_stop": appointment["stop"],
        }
        try:
            agent, stop = self._get_agreed(appointment["outcome"], **values)
            agent._check_free(appointment["start"], stop)
        except UserError:
            return  # the operator chooses another one
        self.write(values)

    def _prepare_event_values(self):
        """The meeting in the agent's calendar. The notes are for the agent alone: a description goes to all."""
        lead, agent = self.lead_id, self.agent_id
        return {
            "name": self.env._("Appointment: %(customer)s", customer=lead._get_customer_name()),
            "start": self.slot_start,
            "stop": self.slot_stop,
            "user_id": agent.id,
            "partner_ids": [Command.set((agent.partner_id | lead.partner_id).ids)],
            "opportunity_id": lead.id,
            "location": self.appointment_location,
            "notes": self.appointment_notes and plaintext2html(self.appointment_notes),
            "alarm_ids": [Command.set(self._get_appointment_company().appointment_alarm_ids.ids)],
            "show_as": "busy",
        }


def _to_text(moment):
    return fields.Datetime.to_string(moment)
