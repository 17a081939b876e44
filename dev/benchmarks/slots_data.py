"""What the benchmark of the agenda does inside an `odoo shell`: fill the calendars, ask for free times."""

import time
from datetime import timedelta

from odoo import Command, fields

COLLEAGUES = 200
# from how many days before today to how many after; those that are shown are within
DAYS = (-28, 56)
# of an agent's own meetings a day
EACH = 4


def fill(env, agents, events):
    """Agents of several working hours with some meetings a day, partly appointments; the others are colleagues'."""
    calendars = env["resource.calendar"].create(
        [{"name": f"Hours {number}", "tz": zone} for number, zone in enumerate(("Europe/Rome", "Europe/London"))]
    )
    users = env["res.users"].create(
        [
            {
                "name": f"Agent {number}",
                "login": f"agent{number}",
                "tz": "Europe/Rome" if number % 3 else "Europe/London",
                "working_calendar_id": calendars[number % 4].id if number % 4 < 2 else False,
                "appointment_buffer_minutes": 15 if number % 5 == 0 else 0,
                "group_ids": [Command.link(env.ref("sales_team.group_sale_salesman").id)],
            }
            for number in range(agents)
        ]
    )
    env["res.users"].create(
        {
            "name": "Operator",
            "login": "operator",
            "tz": "Europe/Rome",
            "group_ids": [Command.link(env.ref("crm_lead_lifecycle.group_call_operator").id)],
        }
    )
    env.ref("crm_lead_lifecycle.crm_call_outcome_appointment").agent_ids = users
    colleagues = env["res.partner"].create([{"name": f"Colleague {number}"} for number in range(COLLEAGUES)])
    env.flush_all()
    own = agents * (DAYS[1] - DAYS[0]) * EACH
    env.cr.execute(
        """
        CREATE TEMP TABLE meeting AS
        SELECT nextval('calendar_event_id_seq') AS id, number,
               CASE WHEN number < %(own)s THEN (%(users)s)[1 + number %% %(agents)s] END AS user_id,
               CASE WHEN number < %(own)s THEN (%(agent_partners)s)[1 + number %% %(agents)s]
                    ELSE (%(partners)s)[1 + number %% %(count)s] END AS partner_id,
               %(today)s::timestamp + (%(first)s + number / %(agents)s / %(each)s %% %(days)s) * INTERVAL '1 day'
               + (8 + number / %(agents)s %% %(each)s * 2) * INTERVAL '1 hour' AS start
          FROM generate_series(0, %(events)s - 1) AS number
        """,
        {
            "own": own,
            "users": users.ids,
            "agents": agents,
            "agent_partners": users.partner_id.ids,
            "partners": colleagues.ids,
            "count": COLLEAGUES,
            "today": fields.Date.today(),
            "first": DAYS[0],
            "days": DAYS[1] - DAYS[0],
            "each": EACH,
            "events": events,
        },
    )
    env.cr.execute(
        """
        INSERT INTO calendar_event (id, name, start, stop, active, show_as, allday, start_date, stop_date, user_id,
                                    duration, appointment_state)
        SELECT id, 'Meeting ' || number, start, start + INTERVAL '1 hour', number % 50 <> 3,
               CASE WHEN number % 20 = 7 THEN 'free' ELSE 'busy' END, number % 101 = 5,
               CASE WHEN number % 101 = 5 THEN start::date END, CASE WHEN number % 101 = 5 THEN start::date END,
               user_id, 1, CASE WHEN user_id IS NOT NULL AND number % 3 = 0 THEN 'booked' END
          FROM meeting;
        INSERT INTO calendar_event_res_partner_rel (calendar_event_id, res_partner_id)
        SELECT id, partner_id FROM meeting;
        INSERT INTO calendar_event_res_partner_rel (calendar_event_id, res_partner_id)
        SELECT meeting.id, other.partner_id
          FROM meeting JOIN meeting other ON other.number = (meeting.number * 7 + 11) % 50000
         WHERE meeting.partner_id <> other.partner_id AND meeting.user_id IS NULL AND other.user_id IS NULL;
        INSERT INTO calendar_attendee (event_id, partner_id, state)
        SELECT calendar_event_id, res_partner_id,
               CASE WHEN calendar_event_id % 30 = 1 THEN 'declined' ELSE 'accepted' END
          FROM calendar_event_res_partner_rel JOIN meeting ON meeting.id = calendar_event_id;
        INSERT INTO crm_appointment_slot (user_id, event_id, start, stop, blocked_until)
        SELECT user_id, id, start, start + INTERVAL '1 hour', start + INTERVAL '1 hour'
          FROM meeting WHERE user_id IS NOT NULL AND number % 3 = 0 AND number % 50 <> 3
        """
    )
    env.cr.commit()


def measure(env, rounds):
    """
    :return: rows of (title, whether the budget is for it, milliseconds, queries, how many times were free)
    """
    operator = env["res.users"].search([("login", "=", "operator")])
    lead = env["crm.lead"].search([], limit=1)
    lead.user_id = operator
    outcome = env.ref("crm_lead_lifecycle.crm_call_outcome_appointment")
    dialog = env["crm.call.wizard"].with_user(operator).create({"lead_id": lead.id, "outcome_id": outcome.id})
    agent = outcome.agent_ids[:1]
    env.cr.commit()
    today = fields.Date.today()

    def agenda(days, **options):
        return lambda number: len(
            dialog.get_agenda(fields.Date.to_string(today + timedelta(days=number % 7)), days, **options)["slots"]
        )

    def hold(_number):
        _agent, start, stop = agent._get_slots(fields.Datetime.now(), fields.Datetime.now() + timedelta(days=28), 60)[0]
        dialog.hold_slot(agent.id, fields.Datetime.to_string(start), fields.Datetime.to_string(stop))
        return 1

    return [
        ("agenda of 4 weeks, 20 agents", True, *_timed(env, agenda(28), rounds)),
        ("agenda of a week, 20 agents", False, *_timed(env, agenda(7), rounds)),
        ("agenda of a week, one agent", False, *_timed(env, agenda(7, agent_ids=agent.ids), rounds)),
        ("find a time of one agent in 4 weeks, hold it", False, *_timed(env, hold, rounds)),
    ]


def _timed(env, act, rounds):
    times, found, queries = [], 0, 0
    for number in range(-3, rounds):
        env.invalidate_all()
        before, began = env.cr.sql_log_count, time.perf_counter()
        found = act(number)
        env.flush_all()
        if number >= 0:
            times.append((time.perf_counter() - began) * 1000)
        queries = env.cr.sql_log_count - before
        env.cr.rollback()
    return times, queries, found
