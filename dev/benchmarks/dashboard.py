"""The dashboard of the desk's leader among 1,000,000 leads with 3,000,000 events: today, this week, this month.

Works in a copy of the database "ours", since moments and events are committed: other benchmarks find theirs as it was.
Most of the open leads are overdue and without a client there, which is the worst case. Beside it stands what Odoo's own
pipeline asks for first: its columns by stage.
"""

import os

from common import percentile
from environment import base, databases

ROUNDS = 20
BUDGET_MS = 1500
EVENTS_PER_LEAD = 3


def run(env, source, rows, make_worker):
    """Print the figures.

    :param env: as returned by `prepare()`
    :param source: the database with the module and so many leads
    :param make_worker: what gives the worker of a database
    :return: whether the budget is kept and no figure takes queries of its own
    """
    name = f"bench_dashboard_{rows}"
    databases.copy(env, source, name)
    try:
        faults = list(measure(env, name, make_worker))
    finally:
        databases.drop(env, name)
    print("\n".join(f"WRONG: {fault}" for fault in faults) or "within budget")
    return not faults


def measure(env, name, make_worker):
    """Yield what is wrong."""
    with make_worker(env, name) as worker:

        def ask(call, **arguments):
            return worker.ask(benchmark="dashboard_data", call=call, arguments=arguments)

        base.say("recording what happened to the leads")
        events = ask("fill", events=EVENTS_PER_LEAD)
        databases.sql(env, "VACUUM FULL crm_lead", name)  # written anew in one go, it is as long again
        databases.sql(env, "VACUUM ANALYZE", name)
        print(f"{events:,} events")
        print(f"{'milliseconds':44} {'p50':>8} {'p95':>8} {'max':>8} {'queries':>8} {'kB':>6}")
        for login, team in (("admin", False), ("admin", True), ("sales1", False)):
            queries = set()
            for span in ("today", "week", "month"):
                answer = ask("refresh", login=login, span=span, of_team=team, rounds=ROUNDS)
                p95 = percentile(answer["ms"], 95)
                title = f"{span}, {'a team' if team else 'all leads' if login == 'admin' else 'a salesperson'}"
                kept = p95 < BUDGET_MS
                tell(title, answer, f"p95 < {BUDGET_MS} ms: {'ok' if kept else 'FAIL'}")
                queries.add(answer["queries"])
                if not kept:
                    yield f"{title}: p95 is {p95:.0f} ms"
            if max(queries) - min(queries) > 2:  # names of salespeople and sources, if there are any
                yield f"the number of queries grows with the leads: {sorted(queries)}"
        tell("Odoo's pipeline, columns by stage", ask("pipeline", rounds=ROUNDS), "")
        if os.environ.get("BENCH_PLANS"):
            print("\n".join(ask("plan")))


def tell(title, answer, verdict):
    columns = [percentile(answer["ms"], 50), percentile(answer["ms"], 95), max(answer["ms"])]
    print(f"{title:44} {' '.join(f'{column:8.1f}' for column in columns)} {answer['queries']:8} "
          f"{answer['kB']:6.0f}  {verdict}", flush=True)  # fmt: skip
