"""What is due and expires next: the report among a million leads; what the tab "Why?" adds to a lead's form."""

from datetime import datetime, time, timedelta

from common import measure

MILLISECONDS = 2000


def _middle(env):
    """A day in the midst of the due dates, so that there is much on both of its sides."""
    env.cr.execute("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY date_due) FROM crm_lead")
    return datetime.combine(env.cr.fetchone()[0], time())


def _days(env, count):
    today = _middle(env)
    return [("date", ">=", today), ("date", "<", today + timedelta(days=count))]


def _pivot(env, domain):
    forecast = env["crm.lead.forecast"]
    groups = [["user_id", "kind", "date:day"][:rows] for rows in range(3)]
    grouping_sets = [[*rows, *columns] for rows in groups for columns in ([], ["date:day"])]
    return lambda: forecast.formatted_read_grouping_sets(domain, grouping_sets, ["__count"])


@measure("next 7 days: pivot by person, kind and day", p95_ms=MILLISECONDS, stock=False, rounds=10)
def pivot_of_7_days(env, number):
    return _pivot(env, _days(env, 7))


@measure("next 30 days: pivot", stock=False, rounds=10)
def pivot_of_30_days(env, number):
    return _pivot(env, _days(env, 30))


@measure("next 7 days: graph", p95_ms=MILLISECONDS, stock=False, rounds=10)
def graph(env, number):
    domain, forecast = _days(env, 7), env["crm.lead.forecast"]
    return lambda: forecast.formatted_read_group(domain, ["date:day", "kind"], ["__count"])


def _list(env, domain):
    specification = {
        name: {"fields": {"display_name": {}}} if name.endswith("_id") else {}
        for name in ("date", "kind", "is_past", "lead_id", "stage_id", "user_id", "lead_type_id")
    }
    return lambda: env["crm.lead.forecast"].web_search_read(domain, specification, limit=80, count_limit=10_001)


@measure("next 7 days: list", p95_ms=MILLISECONDS, stock=False, rounds=10)
def list_of_7_days(env, number):
    return _list(env, _days(env, 7))


@measure("already past: list", stock=False, rounds=10)
def list_of_past(env, number):
    return _list(env, [("is_past", "=", True)])


@measure("why of one lead", p50_ms=10, stock=False)
def why(env, number):
    lead = env["crm.lead"].browse(env["crm.lead"]._search([], limit=1, offset=10_000 + number).get_result_ids())
    lead.read(["name", "event_ids"])  # as the form does
    return lambda: lead.reasons
