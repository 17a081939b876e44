"""The reports: the default view of each, as it opens and of all, among a million leads and three million events.

Works in a copy of the database "ours", where it makes up what the reports show (see `reports_data.py`). Beside them, in
the same run, what stock has that comes nearest: the pivot, the graph and the list of its own leads.
"""

from common import percentile
from environment import base, databases

ROUNDS = 5
BUDGET_MS = 2000
DAYS, YEAR = 90, 365
SOURCES, STAGES, LEADS = "crm.lead.source.report", "crm.lead.stage.report", "crm.lead"
COLUMNS = [
    "number", "name", "create_date", "source_id", "user_id", "stage_id", "outcome", "sla_status", "lead_id", "way_out",
]  # fmt: skip


def run(env, source, rows, make_worker):
    """Print the figures.

    :param env: as returned by `prepare()`
    :param source: the database with the module and so many leads
    :param make_worker: what gives the worker of a database
    :return: whether the budgets are kept
    """
    stock, name = source.replace("bench_ours", "bench_stock", 1), f"bench_reports_{rows}"
    databases.copy(env, source, name)
    try:
        with make_worker(env, name) as ours, make_worker(env, stock) as other:
            missed = list(measure(env, name, ours, other))
    finally:
        databases.drop(env, name)
    print(f"missed: {', '.join(missed)}" if missed else "all within budget")
    return not missed


def measure(env, name, ours, stock):
    """Print a line for each view and yield what is too slow."""

    def ask(worker, call, **arguments):
        return worker.ask(benchmark="reports_data", call=call, arguments={**arguments, "rounds": ROUNDS})

    leads, events, stays = fill(env, name, ours)
    print(f"{leads:,} leads, {events:,} events, {stays:,} stays")
    print(f"{'milliseconds, p50 (p95)':36} {'':27} {'as it opens':>16} {'all':>16}")
    for title, call, opens, is_all_kept, arguments in list_views(ours):
        times = [ask(ours, call, **filters, **arguments) for filters in (opens, {"days": None})]
        is_kept = all(percentile(part, 95) < BUDGET_MS for part in times[: 1 + is_all_kept])
        verdict = f"p95 < {BUDGET_MS} ms{' both' * is_all_kept}: {'ok' if is_kept else 'FAIL'}"
        print(f"{title:36} {tell_filters(opens):27} {tell(times[0]):>16} {tell(times[1]):>16}  {verdict}", flush=True)
        if not is_kept:
            yield title
    print("stock, of its leads:")
    for title, call, arguments in STOCK:
        times = [ask(stock, call, days=days, model=LEADS, date="create_date", **arguments) for days in (DAYS, None)]
        print(f"{title:36} {f'{DAYS} days':27} {tell(times[0]):>16} {tell(times[1]):>16}", flush=True)


def fill(env, name, worker):
    base.say("making up what the reports show")
    counts = worker.ask(benchmark="reports_data", call="fill")
    databases.sql(env, "VACUUM FULL crm_lead", name)
    databases.sql(env, "VACUUM ANALYZE", name)
    return counts


def list_views(worker):
    """What is asked: title, function of `reports_data.py`, filters, whether the budget holds without them too,
    arguments.
    """
    recent = {"days": DAYS}
    for title, model, date, days, domain, sets, aggregates in worker.ask(benchmark="reports_data", call="views"):
        arguments = {"model": model, "date": date, "sets": sets, "aggregates": aggregates}
        yield f"{title}: pivot", "pivot", {"days": days, "domain": domain}, False, arguments
    by_month = {"model": SOURCES, "date": "create_date", "sets": [[], ["create_date:month"]]}
    by_month["aggregates"] = ["leads:sum", "concluded:sum", "won_rate:mean"]
    yield "by month: pivot", "pivot", recent, True, by_month
    by_source = {**by_month, "sets": [[], ["source_id"], ["create_date:month"], ["source_id", "create_date:month"]]}
    yield "by source and month: pivot", "pivot", recent, True, by_source
    graph = {"model": SOURCES, "date": "create_date", "groupby": ["source_id", "outcome"], "aggregates": ["leads:sum"]}
    yield "Sources: graph", "graph", recent, False, graph
    graph = {"model": STAGES, "date": "date_entered", "groupby": ["stage_id", "way_out"], "aggregates": ["stays:sum"]}
    yield "Stages: graph", "graph", recent, False, graph
    for title, model, date in (("Sources: list", SOURCES, "create_date"), ("Stages: list", STAGES, "date_entered")):
        yield title, "rows", recent, False, {"model": model, "date": date, "names": COLUMNS}
    details = {"model": SOURCES, "date": "create_date", "groupby": ["source_id", "create_date:month"]}
    yield "Sources by Month with Details: list", "groups", {"days": YEAR}, False, details


STOCK = [
    ("pivot by month and stage", "pivot", {
        "sets": [[], ["create_date:month"], ["stage_id"], ["create_date:month", "stage_id"]],
        "aggregates": ["__count", "expected_revenue:sum"],
    }),
    ("pivot by source", "pivot", {"sets": [[], ["source_id"]], "aggregates": ["__count", "expected_revenue:sum"]}),
    ("graph by stage", "graph", {"groupby": ["stage_id"], "aggregates": ["__count"]}),
    ("list", "rows", {"names": COLUMNS}),
]  # fmt: skip


def tell_filters(filters):
    days, domain = filters["days"], filters.get("domain")
    return f"{days} days{', filtered' * bool(domain)}" if days else "filtered"


def tell(times):
    return f"{percentile(times, 50):.0f} ({percentile(times, 95):.0f})"
