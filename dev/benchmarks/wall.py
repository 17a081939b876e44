"""The wall of calls: one refresh with 200 operators and 20,000 calls today, among 2,000,000 older ones.

Works in a copy of the database "ours", since calls are committed: other benchmarks find theirs as it was. Leads do not
count here, so there are only a few of them unless `--rows` asks for more.
"""

import os

from common import percentile
from environment import base, databases

ROWS = 20_000
TODAY, OLDER = 20_000, 2_000_000
ROOMS = (50, 200)
ROUNDS = 200
BUDGET_MS = 100


def run(env, source, rows, make_worker):
    """Print the figures.

    :param env: as returned by `prepare()`
    :param source: the database with the module and so many leads
    :param make_worker: what gives the worker of a database
    :return: whether the budget is kept and the number of queries is the same for every room
    """
    name = f"bench_wall_{rows}"
    databases.copy(env, source, name)
    try:
        faults = list(measure(env, name, make_worker))
    finally:
        databases.drop(env, name)
    print("\n".join(f"WRONG: {fault}" for fault in faults) or "within budget, the same queries for every room")
    return not faults


def measure(env, name, make_worker):
    """Yield what is wrong."""
    with make_worker(env, name) as worker:

        def ask(call, **arguments):
            return worker.ask(benchmark="wall_data", call=call, arguments=arguments)

        base.say(f"recording {TODAY:,} calls of today and {OLDER:,} older ones")
        ask("fill", operators=max(ROOMS), today=TODAY, older=OLDER)
        databases.sql(env, "VACUUM ANALYZE", name)
        print(f"{'milliseconds, one refresh':44} {'p50':>8} {'p95':>8} {'max':>8} {'queries':>8} {'kB':>6}")
        queries = set()
        for operators in ROOMS:
            ask("spread", operators=operators)
            databases.sql(env, "VACUUM ANALYZE crm_call, crm_call_wizard", name)
            answer = ask("refresh", rounds=ROUNDS)
            if (answer["operators"], answer["calls"]) != (operators, TODAY):
                yield f"{answer['calls']} calls of {answer['operators']} operators are on the wall"
            p95 = percentile(answer["ms"], 95)
            columns = [percentile(answer["ms"], 50), p95, max(answer["ms"])]
            verdict = f"p95 < {BUDGET_MS} ms: {'ok' if p95 < BUDGET_MS else 'FAIL'}"
            title = f"{operators} operators, {TODAY:,} calls today"
            print(f"{title:44} {' '.join(f'{column:8.1f}' for column in columns)} {answer['queries']:8} "
                  f"{answer['kB']:6.0f}  {verdict}", flush=True)  # fmt: skip
            queries.add(answer["queries"])
            if p95 >= BUDGET_MS:
                yield f"{title}: p95 is {p95:.1f} ms"
        if len(queries) > 1:
            yield f"the number of queries grows with the room: {sorted(queries)}"
        if os.environ.get("BENCH_PLANS"):
            print("\n".join(ask("plan")))
