from datetime import timedelta

from psycopg2.errors import ExclusionViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import mute_logger

# how long a time is kept for an operator who is still talking
HOLD = timedelta(minutes=5)


class CrmAppointmentSlot(models.Model):
    """Time of an agent that is taken: by an appointment, or for a while by an operator who is agreeing on one.

    The appointment itself is a meeting in Odoo's calendar, whose time these rows follow. They exist because PostgreSQL
    can refuse two that overlap, whichever way they come in, which no check in Python can.
    """

    _name = "crm.appointment.slot"
    _description = "Taken Time of an Agent"
    _order = "start, id"

    user_id = fields.Many2one("res.users", "Agent", required=True, ondelete="cascade", readonly=True)
    event_id = fields.Many2one(
        "calendar.event", "Meeting", ondelete="cascade", readonly=True, index="btree_not_null", help="Empty while held."
    )
    start = fields.Datetime(compute="_compute_times", store=True, precompute=True, readonly=False, required=True)
    stop = fields.Datetime(compute="_compute_times", store=True, precompute=True, readonly=False, required=True)
    blocked_until = fields.Datetime(
        "Free Again",
        compute="_compute_blocked_until",
        store=True,
        precompute=True,
        required=True,
        help="The end and the agent's pause after it.",
    )
    # While it is held
    lead_id = fields.Many2one("crm.lead", "Lead", ondelete="cascade", readonly=True, index="btree_not_null")
    held_by_id = fields.Many2one("res.users", "Held By", ondelete="cascade", readonly=True, index="btree_not_null")
    held_until = fields.Datetime(readonly=True)

    _ends_after_start = models.Constraint("CHECK (stop > start)", "An appointment ends after it begins.")
    _one_at_a_time = models.Constraint(
        "EXCLUDE USING gist (int4range(user_id, user_id, '[]') WITH &&, tsrange(start, blocked_until) WITH &&)",
        "This time of the agent has just been taken. Choose another one.",
    )

    @api.depends("event_id.start", "event_id.stop")
    def _compute_times(self):
        for slot in self:
            if slot.event_id:
                slot.start, slot.stop = slot.event_id.start, slot.event_id.stop

    @api.depends("stop", "user_id")
    def _compute_blocked_until(self):
        """The pause is that of the moment when the time was taken: a longer one later would make what is agreed clash."""
        for slot in self:
            pause = slot.user_id.sudo().appointment_buffer_minutes
            slot.blocked_until = slot.stop and slot.stop + timedelta(minutes=pause)

    # ------------------------------------------------------------
    # TAKING
    # ------------------------------------------------------------

    @api.model
    def _hold(self, agent, start, stop, lead):
        """Keep a time for the user who is talking with the customer of ``lead``; one that they held before is let go.

        :param start: datetime in UTC, as ``stop``
        :return: the crm.appointment.slot
        :raise UserError: in words, when the agent is not free
        """
        self._release(lead)
        return self._take(
            {
                "user_id": agent.id,
                "start": start,
                "stop": stop,
                "lead_id": lead.id,
                "held_by_id": self.env.uid,
                "held_until": fields.Datetime.now() + HOLD,
            }
        )

    @api.model
    def _book(self, event):
        """Take the time of an appointment for good, instead of what the user held for its lead.

        :param event: single calendar.event; its organizer is the agent
        :raise UserError: in words, when the agent is not free
        """
        self._release(event.opportunity_id)
        return self._take(
            {"user_id": event.user_id.id, "event_id": event.id, "start": event.start, "stop": event.stop}
        )

    @api.model
    def _release(self, lead):
        """Let go of what the user holds for a lead."""
        self.sudo().search([("held_by_id", "=", self.env.uid), ("lead_id", "=", lead.id)]).unlink()

    @api.model
    def _take(self, values):
        agent = self.env["res.users"].sudo().browse(values["user_id"])
        event = self.env["calendar.event"].sudo().browse(values.get("event_id"))
        self._drop_lapsed(agent)
        agent._check_free(values["start"], values["stop"], event)
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                slot = self.sudo().create(values)
                self.env.flush_all()
        except ExclusionViolation:
            raise UserError(self._get_taken_notice(agent)) from None
        return slot

    @api.model
    def _drop_lapsed(self, agents):
        self.sudo().search([("user_id", "in", agents.ids), ("held_until", "<", fields.Datetime.now())]).unlink()

    @api.autovacuum
    def _gc_lapsed(self):
        self.search([("held_until", "<", fields.Datetime.now())]).unlink()

    @api.model
    def _get_taken_notice(self, agent):
        return self.env._("This time of %(agent)s has just been taken. Choose another one.", agent=agent.name)
