from collections import defaultdict
from datetime import datetime, time, timedelta

import pytz

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime
from odoo.tools.intervals import Intervals

# how far ahead an appointment can be agreed
HORIZON = timedelta(days=366)
DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
# of an agent whose hours nobody has fixed, by the own clock from Monday to Friday
USUAL_HOURS = (time(9), time(18))
# what Odoo's intervals carry along
NOTHING = frozenset()


class ResUsers(models.Model):
    """When agents are free: their working hours less public holidays and absence, less what is in their calendars, less
    what is taken for appointments.

    Moments are naive UTC, intervals half-open: one appointment may begin when another ends. The company is that of the
    environment: an agent of several companies works for one of them by its hours and holidays.
    """

    _inherit = "res.users"

    def _map_free(self, start, stop, ignored_slots=()):
        """
        :param ignored_slots: crm.appointment.slot rows, with their meetings, that do not count: what is being moved, or
            held by who asks
        :return: ``{res.users: Intervals}`` between two moments
        """
        agents, now = self.sudo(), fields.Datetime.now()
        work = agents._map_work(start, stop)
        busy = agents._map_busy(start, stop, ignored_slots)
        free = {}
        for agent in agents:
            earliest = max(now + timedelta(minutes=agent.appointment_lead_minutes), agent.away_until or now)
            taken = [(start, earliest, NOTHING)] if earliest > start else []
            pause = timedelta(minutes=agent.appointment_buffer_minutes)
            taken += ((begin - pause, end + pause, NOTHING) for begin, end in busy[agent])
            free[agent] = work[agent] - Intervals(taken)
        return free

    def _check_free(self, start, stop, ignored_slots=()):
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
        free = self._map_free(start, stop, ignored_slots)[self.sudo()]
        if not any(begin <= start and stop <= end for begin, end, _nothing in free):
            raise UserError(
                self.env._(
                    "%(agent)s is not free at %(time)s. Choose another time.",
                    agent=self.sudo().name,
                    time=format_datetime(self.env, start, dt_format="short"),
                )
            )

    def _get_slots(self, start, stop, minutes=0, ignored_slots=(), length=None):
        """Times to propose, one after the other from the beginning of each free stretch.

        :param int minutes: length of an appointment, for agents who have no length of their own
        :param timedelta length: the same for all, as of an appointment that has its length already
        :return: list of (res.users, start, stop), by time
        """
        slots, stop = [], min(stop, fields.Datetime.now() + HORIZON)
        if start >= stop:
            return slots
        for agent, free in self._map_free(start, stop, ignored_slots).items():
            lasting = length or timedelta(minutes=agent.appointment_minutes or minutes)
            step = lasting + timedelta(minutes=agent.appointment_buffer_minutes)
            for begin, end, _nothing in free:
                moment = _round_up(begin)
                while moment + lasting <= end:
                    slots.append((agent, moment, moment + lasting))
                    moment += step
        return sorted(slots, key=lambda slot: (slot[1], slot[0].id))

    # ------------------------------------------------------------
    # WORKING TIME
    # ------------------------------------------------------------

    def _map_work(self, start, stop):
        """Working hours less public holidays and absence.

        :return: ``{res.users: Intervals}``
        """
        calendars = {agent: agent._get_working_calendar() for agent in self}
        groups = defaultdict(self.browse)
        for agent, calendar in calendars.items():
            groups[calendar, agent._get_zone(calendar)] += agent
        off, work = self._map_off(start, stop, calendars), {}
        for (calendar, zone), agents in groups.items():
            hours = Intervals(calendar._get_appointment_hours(start, stop, zone))
            for agent in agents:
                # who has left can have appointments still, to be moved by a colleague
                work[agent] = hours - Intervals(off[agent]) if agent.active else Intervals()
        return work

    def _get_working_calendar(self):
        """That of the employee where there is one, else the own one, else that of the company."""
        resources = self.resource_ids.filtered(lambda resource: resource.active and resource.calendar_id)
        here = resources.filtered(lambda resource: resource.company_id == self.env.company)
        return (here or resources)[:1].calendar_id or self.working_calendar_id or self.env.company.resource_calendar_id

    def _get_zone(self, calendar):
        """By which clock the agent works."""
        return pytz.timezone(self.tz or calendar.tz or "UTC")

    def _map_off(self, start, stop, calendars):
        """Absence of agents, and holidays of the companies whose hours they keep.

        :param dict calendars: the resource.calendar of each agent
        :return: ``{res.users: [(start, stop, nothing)]}``
        """
        resources = self.resource_ids
        leaves = self.env["resource.calendar.leaves"].search_fetch(
            [
                ("time_type", "=", "leave"),
                ("resource_id", "in", [False, *resources.ids]),
                ("date_from", "<", stop),
                ("date_to", ">", start),
            ],
            ["date_from", "date_to", "resource_id", "calendar_id", "company_id"],
        )
        off = defaultdict(list)
        for agent, calendar in calendars.items():
            company = calendar.company_id or self.env.company
            for leave in leaves:
                is_holiday = not leave.resource_id and (
                    leave.calendar_id == calendar
                    if leave.calendar_id
                    else leave.company_id in (company, leave.company_id.browse())
                )
                if is_holiday or leave.resource_id in agent.resource_ids:
                    off[agent].append((leave.date_from, leave.date_to, NOTHING))
        return off

    # ------------------------------------------------------------
    # BUSY TIME
    # ------------------------------------------------------------

    def _map_busy(self, start, stop, ignored_slots=()):
        """What is in the calendars and taken for appointments, in one query. Private meetings count and declined ones
        do not, other than in ``res.partner._get_busy_calendar_events``; whole days count by the agent's clock.

        :return: ``{res.users: [(start, stop)]}``
        """
        self.env.flush_all()
        slots = self.env["crm.appointment.slot"].union(*ignored_slots).sudo()
        # a meeting of a whole day is stored as if its day were one in UTC, and a pause reaches beyond what it follows
        margin = DAY + timedelta(minutes=max(self.mapped("appointment_buffer_minutes"), default=0))
        busy = defaultdict(list)
        # somebody may have several users
        agents = {partner.id: users for partner, users in self.grouped("partner_id").items()}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT attending.res_partner_id, event.start, event.allday, event.start_date, event.stop_date,
                       event.stop
                  FROM calendar_event event
                  JOIN calendar_event_res_partner_rel attending ON attending.calendar_event_id = event.id
                 WHERE attending.res_partner_id = ANY(%(partners)s) AND event.active AND event.show_as = 'busy'
                   AND event.stop > %(start)s AND event.start < %(stop)s AND event.id <> ALL(%(ignored_events)s)
                   AND 'declined' <> ALL(SELECT COALESCE(attendee.state, '') FROM calendar_attendee attendee
                                          WHERE attendee.event_id = event.id
                                            AND attendee.partner_id = attending.res_partner_id)
                 UNION ALL
                SELECT agent.partner_id, slot.start, FALSE, NULL, NULL,
                       slot.blocked_until - COALESCE(agent.appointment_buffer_minutes, 0) * INTERVAL '1 minute'
                  FROM res_users agent
                  JOIN crm_appointment_slot slot ON slot.user_id = agent.id
                 WHERE agent.id = ANY(%(agents)s) AND slot.blocked_until > %(start)s AND slot.start < %(stop)s
                   AND slot.id <> ALL(%(ignored_slots)s)
                   AND (slot.held_until IS NULL OR slot.held_until >= %(now)s)
                """,
                agents=self.ids,
                partners=list(agents),
                start=start - margin,
                stop=stop + margin,
                ignored_events=slots.event_id.ids,
                ignored_slots=slots.ids,
                now=fields.Datetime.now(),
            )
        )
        for partner_id, begin, allday, first_day, last_day, end in rows:
            for agent in agents[partner_id]:
                if allday:
                    begin, end = agent._get_day_start(first_day), agent._get_day_start(last_day + DAY)
                busy[agent].append((begin, end))
        return busy

    def _get_day_start(self, day):
        """When a day begins by this agent's clock."""
        zone = self._get_zone(self._get_working_calendar())
        return _to_utc(zone.localize(datetime.combine(day, time())))


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def _get_appointment_hours(self, start, stop, zone):
        """Working hours between two moments by the clock of ``zone``, holidays not taken off. Where only the number of
        hours is fixed, or nothing, they are the usual ones.

        :return: list of (start, stop, nothing)
        """
        aware = [pytz.utc.localize(moment) for moment in (start, stop)]
        if self and not self.flexible_hours:
            found = self._attendance_intervals_batch(*aware, tz=zone)[False]
            hours = ((begin, end) for begin, end, _attendance in found)
        else:
            first, last = (moment.astimezone(zone).date() for moment in aware)
            days = (first + number * DAY for number in range((last - first).days + 1))
            hours = (
                [zone.localize(datetime.combine(day, hour)) for hour in USUAL_HOURS]
                for day in days
                if day.weekday() < 5
            )
        return [(max(_to_utc(begin), start), min(_to_utc(end), stop), NOTHING) for begin, end in hours]


def _to_utc(moment):
    """Naive. What Odoo's calendars call the end of a day, a microsecond before midnight, is midnight."""
    moment = moment.astimezone(pytz.utc).replace(tzinfo=None)
    return moment + timedelta(microseconds=moment.microsecond and 1_000_000 - moment.microsecond)


def _round_up(moment):
    """The next quarter of an hour."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour + -(-(moment - hour) // QUARTER) * QUARTER
