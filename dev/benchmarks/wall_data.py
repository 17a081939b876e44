"""What the benchmark of the wall does inside an `odoo shell`: fill the room, look at the wall."""

import json
import time
from datetime import timedelta

from odoo import Command, fields
from odoo.addons.crm_lead_lifecycle.models.call_hours import day_start

WARM_UP = 5
YEARS = timedelta(days=730)


def fill(env, operators, today, older):
    """Operators, half of them in a call, and calls of today and of the two years before."""
    group = env.ref("crm_lead_lifecycle.group_call_operator")
    env["res.users"].with_context(no_reset_password=True).create(
        [
            {"name": f"Operator {number:03}", "login": f"operator{number:03}", "group_ids": [Command.link(group.id)]}
            for number in range(operators)
        ]
    )
    env.flush_all()
    env.cr.execute("DELETE FROM crm_call")  # those of the demo data
    now = fields.Datetime.now()
    midnight = day_start(now, (env.company.resource_calendar_id.tz or "UTC",))
    record = """
        INSERT INTO crm_call (lead_id, company_id, user_id, outcome_id, kind, is_contact, date_start, date_end, minutes)
        SELECT leads.ids[1 + number %% cardinality(leads.ids)], %(company)s,
               (%(operators)s)[1 + number %% cardinality(%(operators)s)], outcome.id, outcome.kind, outcome.is_contact,
               %(since)s + number * %(step)s, %(since)s + number * %(step)s, 0
          FROM generate_series(0, %(count)s - 1) AS number,
               (SELECT array_agg(id) AS ids FROM crm_lead) leads,
               (SELECT array_agg(id ORDER BY id) AS ids FROM crm_call_outcome) outcomes
          JOIN crm_call_outcome outcome ON TRUE
         WHERE outcome.id = outcomes.ids[1 + (number * 7 + number / 11) %% cardinality(outcomes.ids)]
    """
    for since, until, count in ((midnight, now, today), (midnight - YEARS, midnight, older)):
        env.cr.execute(
            record,
            {
                "company": env.company.id,
                "operators": _get_operator_ids(env),
                "since": since,
                "step": (until - since) / (count + 1),
                "count": count,
            },
        )
    env.cr.commit()


def spread(env, operators):
    """Have the calls of today made by so many, half of whom are in one now."""
    user_ids = _get_operator_ids(env)[:operators]
    midnight = day_start(fields.Datetime.now(), (env.company.resource_calendar_id.tz or "UTC",))
    env.cr.execute(
        "UPDATE crm_call SET user_id = (%(users)s)[1 + id %% cardinality(%(users)s)] WHERE date_end >= %(midnight)s",
        {"users": user_ids, "midnight": midnight},
    )
    env["crm.call.wizard"].search([]).unlink()
    leads = env["crm.lead"].search([], limit=operators)
    for user_id, lead in list(zip(user_ids, leads, strict=False))[::2]:
        env["crm.call.wizard"].with_user(user_id).sudo().create({"lead_id": lead.id})
    env.cr.commit()


def refresh(env, rounds):
    """Ask for the wall as a coordinator's browser does.

    :return: dict of ``ms``, ``queries``, ``kB`` of an answer, and how many ``operators`` and ``calls`` it tells of
    """
    coordinator = env.ref("base.user_admin")
    env["crm.call.wizard"].search([]).seen_at = fields.Datetime.now()
    env.cr.commit()
    times = []
    for number in range(-WARM_UP, rounds):
        env.invalidate_all()
        wall = env["crm.call.wall"].with_user(coordinator)
        began, queries = time.perf_counter(), env.cr.sql_log_count
        answer = wall.get_wall()
        if number >= 0:
            times.append((time.perf_counter() - began) * 1000)
        queries = env.cr.sql_log_count - queries
    return {
        "ms": times,
        "queries": queries,
        "kB": len(json.dumps(answer)) / 1024,
        "operators": len(answer["operators"]),
        "calls": sum(row["calls"] for row in answer["operators"]),
    }


def plan(env):
    """The plan of the statement of a refresh, with what it reads."""
    wall, execute, lines = env["crm.call.wall"], type(env).execute_query_dict, []

    def explain(self, query):
        self.cr.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query.code}", query.params)
        lines.extend(row[0] for row in self.cr.fetchall())
        return []

    type(env).execute_query_dict = explain
    try:
        wall._read_operators(None, fields.Datetime.now())
    finally:
        type(env).execute_query_dict = execute
    return lines


def _get_operator_ids(env):
    return env["res.users"].search([("login", "=like", "operator___")], order="login").ids
