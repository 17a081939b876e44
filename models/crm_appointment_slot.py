from contextlib import contextmanager
from datetime import timedelta

from psycopg2.errors import ExclusionViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, mute_logger

# For how long a time is kept for an operator who is still talking: so long after the last sign of the open dialog, and
# so long in all
HOLD = timedelta(minutes=5)
LONGEST_HOLD = timedelta(minutes=15)
# nobody talks with more customers at once
MOST_HOLDS = 3


class CrmAppointmentSlot(models.Model):
    """Time of an agent that is taken: by an appointment, or for a while by an operator who is agreeing on one.

    The appointment itself is a meeting in Odoo's calendar, which its row follows. The rows exist because PostgreSQL can
    refuse two that overlap, whichever way they come in, which no check in Python can. Only the module writes them.
    """

    _name = "crm.appointment.slot"
    _description = "Taken Time of an Agent"
    _order = "start, id"

    user_id = fields.Many2one("res.users", "Agent", required=True, ondelete="cascade", readonly=True)
    event_id = fields.Many2one("calendar.event", "Meeting", ondelete="cascade", readonly=True, help="Empty while held.")
    start = fields.Datetime(required=True, readonly=True)
    stop = fields.Datetime(required=True, readonly=True)
    blocked_until = fields.Datetime(
        "Free Again",
        compute="_compute_blocked_until",
        store=True,
        precompute=True,
        help="The end and the agent's pause after it.",
    )
    # While it is held
    lead_id = fields.Many2one("crm.lead", "Lead", ondelete="cascade", readonly=True, index="btree_not_null")
    held_by_id = fields.Many2one("res.users", "Held By", ondelete="cascade", readonly=True, index="btree_not_null")
    held_since = fields.Datetime(readonly=True)
    held_until = fields.Datetime(readonly=True, index="btree_not_null")

    _ends_after_start = models.Constraint("CHECK (stop > start)", "An appointment ends after it begins.")
    # Ranges of one number compare as numbers do, without an extension of PostgreSQL
    _one_at_a_time = models.Constraint(
        "EXCLUDE USING gist (int4range(user_id, user_id, '[]') WITH &&, tsrange(start, blocked_until) WITH &&)",
        "This time of the agent has just been taken. Choose another one.",
    )
    _event_uniq = models.UniqueIndex("(event_id) WHERE event_id IS NOT NULL", "An appointment takes its time once.")

    @api.depends("stop", "user_id")
    def _compute_blocked_until(self):
        """The pause is that of the moment when the time was taken: by a longer one, what is agreed would clash."""
        for slot in self:
            pause = slot.user_id.sudo().appointment_buffer_minutes
            slot.blocked_until = slot.stop and slot.stop + timedelta(minutes=pause)

    # ------------------------------------------------------------
    # HOLDING
    # ------------------------------------------------------------

    @api.model
    def _hold(self, agent, start, stop, lead):
        """Keep a time for the user who is talking with the customer of ``lead``; one that they held before is let go,
        and so is what they have held the longest in too many other calls.

        :param agent: single res.users in the company of the call
        :param start: datetime in UTC, as ``stop``
        :return: the crm.appointment.slot
        :raise UserError: in words, when the agent is not free
        """
        self._release(lead)
        agent._check_free(start, stop)
        now = fields.Datetime.now()
        others = self.sudo().search([("held_by_id", "=", self.env.uid)], order="held_since desc, id desc")
        others[MOST_HOLDS - 1 :].unlink()
        with self._taking(agent, start):
            return self.sudo().create(
                {
                    "user_id": agent.id,
                    "start": start,
                    "stop": stop,
                    "lead_id": lead.id,
                    "held_by_id": self.env.uid,
                    "held_since": now,
                    "held_until": now + HOLD,
                }
            )

    @api.model
    def _get_held(self, lead):
        """What the user holds for a lead, as superuser; also when it has lapsed and nobody else has come."""
        return self.sudo().search([("held_by_id", "=", self.env.uid), ("lead_id", "in", lead.ids)])

    @api.model
    def _release(self, lead):
        """Let go of what the user holds for a lead."""
        self._get_held(lead).unlink()

    @api.model
    def _prolong(self, lead):
        """The call goes on: what is held stays so for longer, unless it has lapsed or was held long enough."""
        now = fields.Datetime.now()
        for slot in self._get_held(lead):
            if slot.held_until >= now:
                slot.held_until = min(now + HOLD, slot.held_since + LONGEST_HOLD)

    @api.model
    def _drop_lapsed(self, agents):
        """Rows that another one drops at the same time are left to them."""
        lapsed = self.sudo().search([("user_id", "in", agents.ids), ("held_until", "<", fields.Datetime.now())])
        lapsed.try_lock_for_update().unlink()

    @api.autovacuum
    def _gc_lapsed(self):
        self.search([("held_until", "<", fields.Datetime.now())]).unlink()

    # ------------------------------------------------------------
    # TAKING
    # ------------------------------------------------------------

    @contextmanager
    def _taking(self, agent, start):
        """Write rows inside; what PostgreSQL refuses becomes a sentence, and nothing of it stays."""
        self._drop_lapsed(agent)
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                yield
                self.env.flush_all()
        except ExclusionViolation:
            raise UserError(
                self.env._(
                    "The time of %(agent)s at %(time)s has just been taken. Choose another one.",
                    agent=agent.sudo().name,
                    time=format_datetime(self.env, start, dt_format="short"),
                )
            ) from None

    @api.model
    def _follow(self, event):
        """Take the time of an appointment in the calendar, as it is now; let go of it when there is none any more.

        :param event: single calendar.event, as superuser
        :raise UserError: in words, when its agent has another appointment then
        """
        slot = self.sudo().search([("event_id", "=", event.id)])
        if not event._takes_time():
            slot.unlink()
            return
        start, stop = event._get_taken_time()
        if stop <= start:
            raise UserError(self.env._("An appointment ends after it begins."))
        if (slot.user_id, slot.start, slot.stop) == (event.user_id, start, stop):
            return
        values = {"user_id": event.user_id.id, "start": start, "stop": stop}
        with self._taking(event.user_id, start):
            if slot:
                slot.write(values)
            else:
                self.sudo().create({"event_id": event.id, **values})
