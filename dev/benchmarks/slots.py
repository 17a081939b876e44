"""The agenda of appointments: 20 agents, 4 weeks, 50,000 meetings in the calendars around.

Works in a copy of the database "ours"; how many leads there are makes no difference to it.
"""

from common import percentile
from environment import base, databases

ROWS = 10_000
AGENTS, EVENTS, ROUNDS = 20, 50_000, 60
BUDGET_MS = 150


def run(env, source, rows, make_worker):
    """Print the figures.

    :param env: as returned by `prepare()`
    :param source: the database with the module
    :param make_worker: what gives the worker of a database
    :return: whether the budget is kept
    """
    name = f"bench_slots_{rows}"
    databases.copy(env, source, name)
    try:
        with make_worker(env, name) as worker:
            base.say(f"filling calendars with {EVENTS:,} meetings")
            worker.ask(benchmark="slots_data", call="fill", arguments={"agents": AGENTS, "events": EVENTS})
            databases.sql(env, "VACUUM ANALYZE", name)
            figures = worker.ask(benchmark="slots_data", call="measure", arguments={"rounds": ROUNDS})
    finally:
        databases.drop(env, name)
    kept = True
    print(f"{'milliseconds':44} {'p50':>8} {'p95':>8} {'max':>8} {'queries':>8} {'times':>8}")
    for title, has_budget, times, queries, found in figures:
        columns = [percentile(times, 50), percentile(times, 95), max(times)]
        is_kept = not has_budget or columns[1] < BUDGET_MS
        verdict = f"p95 < {BUDGET_MS} ms: {'ok' if is_kept else 'FAIL'}" if has_budget else ""
        print(f"{title:44} {' '.join(f'{column:8.1f}' for column in columns)} {queries:8} {found:8}  {verdict}")
        kept = kept and is_kept
    return kept
