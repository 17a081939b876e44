from datetime import datetime, time, timedelta

import pytz

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

MOST_DAYS = 42


def _text(moment):
    return fields.Datetime.to_string(moment)


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
        """The free times of some days, for the dialog.

        :param str day: the first day, by the user's clock
        :param list agent_ids: only these agents; ``skill_ids``: only those who have all of these skills
        :param str text: only those whose name, area or skills contain all of its words
        :return: dict that JSON can hold; moments are strings in UTC
        """
        self.ensure_one()
        self.check_access("read")
        agents = self._get_agents()
        zone, first = self.env.tz, fields.Date.to_date(day)
        start, stop = (
            zone.localize(datetime.combine(date, time())).astimezone(pytz.utc).replace(tzinfo=None)
            for date in (first, first + timedelta(days=min(max(days, 1), MOST_DAYS)))
        )
        shown = agents._filter_agents(agent_ids, skill_ids, text)
        return {
            "agents": [agent._get_agenda_details() for agent in agents],
            "skills": [{"id": skill.id, "name": skill.name, "color": skill.color} for skill in agents.appointment_skill_ids],
            "shown": shown.ids,
            "slots": [
                {"agent_id": agent.id, "start": _text(begin), "stop": _text(end)}
                for agent, begin, end in shown._get_slots(start, stop, self._get_appointment_minutes())
            ],
            "held": self._get_held(),
            "zone": zone.zone,
            "customer_zone": self.time_zone,
        }

    def hold_slot(self, agent_id, start, stop, outcome_id=None):
        """Keep a time while the customer is still on the line. It is let go by itself after some minutes.

        :param str start: moment in UTC, as ``stop``
        :return: what is held, as in :meth:`get_agenda`
        :raise UserError: in words, when the agent is not free any more
        """
        self.ensure_one()
        self.check_access("write")
        self.write(
            {
                "agent_id": agent_id,
                "slot_start": fields.Datetime.to_datetime(start),
                "slot_stop": fields.Datetime.to_datetime(stop),
            }
        )
        self._check_appointment()
        self.env["crm.appointment.slot"]._hold(self.agent_id, self.slot_start, self.slot_stop, self.lead_id)
        return self._get_held()

    def release_slot(self):
        """Let go of the time that was kept."""
        self.ensure_one()
        self.check_access("write")
        self.env["crm.appointment.slot"]._release(self.lead_id)
        self.write({"agent_id": False, "slot_start": False, "slot_stop": False})

    def action_stop(self):
        for wizard in self.sudo(False):
            self.env["crm.appointment.slot"]._release(wizard.lead_id)
        return super().action_stop()

    def _get_held(self):
        slot = self.env["crm.appointment.slot"].sudo().search(
            [("held_by_id", "=", self.env.uid), ("lead_id", "=", self.lead_id.id)], limit=1
        )  # fmt: skip
        return slot and {
            "agent_id": slot.user_id.id,
            "start": _text(slot.start),
            "stop": _text(slot.stop),
            "until": _text(slot.held_until),
            # the clock of the browser may be another one
            "seconds_left": max(0, round((slot.held_until - fields.Datetime.now()).total_seconds())),
        }

    def _get_appointment_minutes(self):
        company = self.sudo().entry_id.company_id or self.sudo().lead_id.company_id or self.env.company
        return self.outcome_id.appointment_minutes or company.appointment_minutes

    def _get_agents(self):
        wizard = self.sudo()
        company = wizard.entry_id.company_id or wizard.lead_id.company_id or self.env.company
        return self.env["res.users"]._get_agents(company, wizard.campaign_id, wizard.outcome_id)

    # ------------------------------------------------------------
    # THE OUTCOME
    # ------------------------------------------------------------

    def _check_appointment(self):
        """
        Without an end the appointment is as long as usual.

        :raise UserError: in words, when there is no agent, no time or the agent is none of this campaign
        """
        if not self.agent_id or not self.slot_start:
            raise UserError(self.env._("Choose with whom and when the appointment is."))
        if not self.slot_stop:
            minutes = self.agent_id.sudo().appointment_minutes or self._get_appointment_minutes()
            self.slot_stop = self.slot_start + timedelta(minutes=minutes)
        if self.agent_id not in self._get_agents():
            raise UserError(
                self.env._("%(agent)s keeps no appointments of these calls.", agent=self.agent_id.sudo().name)
            )

    def _prepare_event_values(self):
        """The meeting in the agent's calendar."""
        lead, agent = self.lead_id, self.agent_id
        return {
            "name": self.env._("Appointment: %(customer)s", customer=lead._get_customer_name()),
            "start": self.slot_start,
            "stop": self.slot_stop,
            "user_id": agent.id,
            "partner_ids": [Command.set((agent.partner_id | lead.partner_id).ids)],
            "opportunity_id": lead.id,
            "location": self.appointment_location,
            "description": self.appointment_notes,
            "show_as": "busy",
            "appointment_state": "booked",
        }
