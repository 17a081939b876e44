"""What the benchmark of the dashboard does inside an `odoo shell`: have things happen to leads, look at the figures."""

import json
import time
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

WARM_UP = 2
# the leads of the benchmarks came in from 2023 on, on a thousand days
NOW = datetime.fromisoformat("2025-09-20 16:30:00")


def fill(env, events):
    """Moments and minutes of what was done with the leads, and so many events of each.

    :return: how many events there are
    """
    env.cr.execute(
        """
        UPDATE crm_lead lead
           SET create_date = made, date_first_touch = touched, date_sla_within = made + INTERVAL '1 hour',
               date_sla_late = made + INTERVAL '4 hours',
               minutes_to_first_touch = EXTRACT(EPOCH FROM touched - made) / 60,
               working_minutes_to_first_touch = EXTRACT(EPOCH FROM touched - made) / 180,
               date_client = CASE WHEN id % 3 = 0 THEN touched + INTERVAL '30 minutes' END,
               client_status = CASE WHEN id % 3 > 0 THEN 'new' WHEN id % 2 = 0 THEN 'linked' ELSE 'converted' END
          FROM (
            SELECT id AS lead_id, made,
                   CASE WHEN id % 8 > 0 THEN made + id % 400 * INTERVAL '1 minute' END AS touched
              FROM (SELECT id, create_date + id::bigint * 7919 % 86400 * INTERVAL '1 second' AS made FROM crm_lead) made
          ) moments
         WHERE lead_id = id
        """
    )
    env.cr.execute(
        """
        INSERT INTO crm_lead_event (lead_id, kind, date, user_id, data)
        SELECT id, (ARRAY['create', 'stage', 'act'])[1 + turn %% 3], create_date + turn * INTERVAL '1 hour', user_id,
               '{"act": "touch", "first": ["touch"]}'
          FROM crm_lead, generate_series(0, %s - 1) turn
        """,
        [events],
    )
    env.cr.execute("SELECT count(*) FROM crm_lead_event")
    (count,) = env.cr.fetchone()
    env.cr.commit()
    return count


@contextmanager
def clock(env):
    with patch.object(type(env.cr), "now", lambda _cursor: NOW), patch("odoo.fields.Datetime.now", lambda: NOW):
        yield


def refresh(env, login, span, of_team, rounds):
    """Milliseconds of so many refreshes of the page, its queries and its size."""
    user = env["res.users"].search([("login", "=", login)])
    team_id = of_team and env.ref("sales_team.team_sales_department").id
    dashboard = env(user=user.id)["crm.lead.dashboard"]
    return _measure(env, lambda: dashboard.get_dashboard(span, team_id), rounds)


def pipeline(env, rounds):
    """What Odoo's pipeline asks for first."""
    leads = env(user=env.ref("base.user_admin").id)["crm.lead"]
    domain = [("type", "=", "opportunity")]
    return _measure(env, lambda: leads.formatted_read_group(domain, ["stage_id"], ["__count"]), rounds)


def _measure(env, work, rounds):
    times = []
    with clock(env):
        for number in range(-WARM_UP, rounds):
            env.invalidate_all()
            began, queries = time.perf_counter(), env.cr.sql_log_count
            answer = work()
            if number >= 0:
                times.append((time.perf_counter() - began) * 1000)
            queries = env.cr.sql_log_count - queries
    return {"ms": times, "queries": queries, "kB": len(json.dumps(answer, default=str)) / 1000}


def plan(env):
    """The plans of the queries that count, with what they read."""
    lines, execute = [], type(env).execute_query

    def explain(self, query):
        if "FILTER" in query.code:
            self.cr.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query.code}", query.params)
            lines.extend(line for (line,) in self.cr.fetchall())
        return execute(self, query)

    with patch.object(type(env), "execute_query", explain):
        refresh(env, "admin", "month", False, 1)
    return lines
