from collections import defaultdict
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime
from odoo.tools.intervals import Intervals

# how far ahead an appointment can be agreed
HORIZON = timedelta(days=366)


class CrmAppointmentSkill(models.Model):
    """What an agent is good at, such as a language or a product: operators filter the agenda by it."""

    _name = "crm.appointment.skill"
    _description = "Skill of Agents"
    _order = "name"

    name = fields.Char(required=True, translate=True)
    color = fields.Integer("Colour")

    _name_uniq = models.UniqueIndex("(name)", "There is such a skill already.")


class ResUsers(models.Model):
    """Agents: who keeps appointments, and when they are free.

    Free is working time less public holidays and absence, less what is in the calendar, less what is taken for
    appointments. Moments are naive UTC.
    """

    _inherit = "res.users"

    working_calendar_id = fields.Many2one(
        "resource.calendar",
        "Own Working Hours",
        help="Empty: the working hours of the employee, else those of the company.",
    )
    away_until = fields.Datetime(help="Until then the user gets no appointments.")
    appointment_minutes = fields.Integer(
        "Length of Appointments", help="Minutes. 0: as the outcome of the call says, else as the company's settings say."
    )
    appointment_buffer_minutes = fields.Integer("Pause After Appointments", help="Minutes that stay free after each.")
    appointment_lead_minutes = fields.Integer(
        "Notice", help="Minutes between the call and the earliest appointment."
    )
    appointment_skill_ids = fields.Many2many("crm.appointment.skill", string="Skills")
    appointment_area = fields.Char("Area", help="Where the agent goes to, such as districts or cities.")

    _appointment_minutes_positive = models.Constraint(
        "CHECK (appointment_minutes >= 0 AND appointment_buffer_minutes >= 0 AND appointment_lead_minutes >= 0)",
        "Minutes can't be below 0.",
    )

    # ------------------------------------------------------------
    # FREE TIME
    # ------------------------------------------------------------

    def _map_free(self, start, stop, ignored_event=None):
        """When these agents are free between two moments.

        :param ignored_event: calendar.event that does not count, since it is being moved
        :return: ``{res.users: Intervals}`` of naive datetimes in UTC; holds of others and lapsed ones as the
            database knows them
        """
        agents, now = self.sudo(), fields.Datetime.now()
        work = agents._map_work(start, stop)
        busy = agents._map_busy(start, stop, ignored_event)
        free = {}
        for agent in agents:
            earliest = max(now + timedelta(minutes=agent.appointment_lead_minutes), agent.away_until or now)
            pause = timedelta(minutes=agent.appointment_buffer_minutes)
            taken = [(begin - pause, end, agent) for begin, end in busy[agent]]
            if earliest > start:
                taken.append((start, earliest, agent))
            free[agent] = work[agent] - Intervals(taken)
        return free

    def _map_work(self, start, stop):
        """Working time less public holidays and absence.

        :return: ``{res.users: Intervals}`` of naive datetimes in UTC
        """
        groups = defaultdict(self.browse)
        for agent in self:
            groups[agent._get_working_calendar()] += agent
        aware, work = [pytz.utc.localize(moment) for moment in (start, stop)], {}
        for calendar, agents in groups.items():
            resources = {agent: agent.resource_ids.filtered("active")[:1] for agent in agents}
            found = calendar.sudo()._work_intervals_batch(
                *aware, resources=self.env["resource.resource"].concat(*resources.values())
            )
            for agent, resource in resources.items():
                work[agent] = Intervals(
                    (_naive(begin), _naive(end), agent) for begin, end, _attendance in found[resource.id]
                )
        return work

    def _get_working_calendar(self):
        """The employee's working hours where there are some, else the user's own, else those of the company."""
        return self.resource_calendar_id or self.working_calendar_id or self.company_id.resource_calendar_id

    def _map_busy(self, start, stop, ignored_event=None):
        """What is in the calendars and taken for appointments, in one query. Private meetings count and declined ones
        do not, other than in ``res.partner._get_busy_calendar_events``; those of a whole day count by the agent's clock.

        :return: ``{res.users: [(start, stop)]}``
        """
        self.env.flush_all()
        agents, busy = {agent.id: agent for agent in self}, defaultdict(list)
        day = timedelta(days=1)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT agent.id, event.start, event.stop, event.allday, event.start_date, event.stop_date
                  FROM res_users agent
                  JOIN calendar_event_res_partner_rel attending ON attending.res_partner_id = agent.partner_id
                  JOIN calendar_event event ON event.id = attending.calendar_event_id
                  LEFT JOIN calendar_attendee attendee
                         ON attendee.event_id = event.id AND attendee.partner_id = agent.partner_id
                 WHERE agent.id = ANY(%(agents)s) AND event.active AND event.show_as = 'busy'
                   AND attendee.state IS DISTINCT FROM 'declined'
                   AND event.stop > %(start)s AND event.start < %(stop)s AND event.id <> %(ignored)s
                 UNION ALL
                SELECT slot.user_id, slot.start, slot.blocked_until, FALSE, NULL, NULL
                  FROM crm_appointment_slot slot
                 WHERE slot.user_id = ANY(%(agents)s) AND slot.blocked_until > %(start)s AND slot.start < %(stop)s
                   AND slot.event_id IS DISTINCT FROM %(ignored)s
                   AND (slot.held_until IS NULL OR slot.held_until >= %(now)s)
                """,
                agents=self.ids,
                start=start - day,
                stop=stop + day,
                ignored=ignored_event.id if ignored_event else 0,
                now=fields.Datetime.now(),
            )
        )
        for agent_id, begin, end, allday, first_day, last_day in rows:
            agent = agents[agent_id]
            if allday:
                begin, end = agent._get_day_start(first_day), agent._get_day_start(last_day + day)
            busy[agent].append((begin, end))
        return busy

    def _get_day_start(self, day):
        zone = pytz.timezone(self.tz or self._get_working_calendar().tz or "UTC")
        return _naive(zone.localize(datetime.combine(day, time())))

    def _check_free(self, start, stop, ignored_event=None):
        """
        :raise UserError: in words, when this agent does not work then or has something else
        """
        self.ensure_one()
        now = fields.Datetime.now()
        if stop <= start:
            raise UserError(self.env._("An appointment ends after it begins."))
        if start < now:
            raise UserError(self.env._("This time is over. Choose a later one."))
        if stop > now + HORIZON:
            raise UserError(self.env._("An appointment can be agreed for a year ahead. Choose an earlier time."))
        free = self._map_free(start, stop, ignored_event)[self.sudo()]
        if any(begin <= start and stop <= end for begin, end, _agent in free):
            return
        raise UserError(
            self.env._(
                "%(agent)s is not free at %(time)s. Choose another time.",
                agent=self.name,
                time=format_datetime(self.env, start, dt_format="short"),
            )
        )

    # ------------------------------------------------------------
    # SLOTS
    # ------------------------------------------------------------

    def _get_slots(self, start, stop, minutes):
        """Times to propose, one after the other from the beginning of each free stretch.

        :param int minutes: length of an appointment, for agents who have no length of their own
        :return: list of (res.users, start, stop), by time
        """
        slots = []
        for agent, free in self._map_free(start, stop).items():
            length = timedelta(minutes=agent.appointment_minutes or minutes)
            step = length + timedelta(minutes=agent.appointment_buffer_minutes)
            for begin, end, _agent in free:
                moment = _round_up(begin)
                while moment + length <= end:
                    slots.append((agent, moment, moment + length))
                    moment += step
        return sorted(slots, key=lambda slot: (slot[1], slot[0].id))

    @api.model
    def _get_agents(self, company, campaign, outcome):
        """Who keeps the appointments of a call: those of the campaign, else of the outcome, else every salesperson of
        the company."""
        named = campaign.agent_ids or outcome.agent_ids
        agents = named or self.env.ref("sales_team.group_sale_salesman").sudo().all_user_ids
        return agents.sudo().filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )

    def _filter_agents(self, agent_ids=(), skill_ids=(), text=""):
        """Those of these agents that an operator looks for; the empty filter takes all."""
        words = (text or "").casefold().split()

        def fits(agent):
            skills = agent.appointment_skill_ids
            known = " ".join([agent.name, agent.appointment_area or "", *skills.mapped("name")]).casefold()
            return (
                (not agent_ids or agent.id in agent_ids)
                and set(skill_ids) <= set(skills.ids)
                and all(word in known for word in words)
            )

        return self.filtered(fits)

    def _get_agenda_details(self):
        """What operators get to know about an agent."""
        self.ensure_one()
        return {
            "id": self.id,
            "name": self.name,
            "area": self.appointment_area or "",
            "skill_ids": self.appointment_skill_ids.ids,
        }


def _naive(moment):
    return moment.astimezone(pytz.utc).replace(tzinfo=None)


def _round_up(moment):
    """The next quarter of an hour."""
    return datetime.min + -(-(moment - datetime.min) // timedelta(minutes=15)) * timedelta(minutes=15)
