"""Lists of leads: the desk's list, the pipeline's columns, the search box, overdue and expired."""

from datetime import timedelta
from unittest.mock import patch

from common import measure

COLUMNS = [
    "name", "contact_name", "email_from", "phone", "user_id", "team_id", "stage_id", "expected_revenue",
    "won_status", "create_date",
]  # fmt: skip
BADGES = [
    "number",
    "is_urgent",
    "date_due",
    "stage_type",
    "is_rotting",
    "rotting_days",
    "is_incomplete",
]
STOCK_BADGES = ["is_rotting", "rotting_days"]
ORDER = "is_urgent desc, priority desc, id desc"
STOCK_ORDER = "priority desc, id desc"


def _specification(names):
    return {name: {"fields": {"display_name": {}}} if name.endswith("_id") else {} for name in names}


def _list(env, badges, order, domain=()):
    specification = _specification(COLUMNS + badges)
    return lambda: env["crm.lead"].web_search_read(list(domain), specification, limit=80, order=order)


@measure(
    "list of 80, first page and count",
    ratio=1.2,
    stock=lambda env, number: _list(env, STOCK_BADGES, STOCK_ORDER),
)
def list_of_80(env, number):
    return _list(env, BADGES, ORDER)


def _salesperson(env, number):
    return env(user=env["res.users"].search([("login", "=", f"sales{1 + number}")]).id)


@measure(
    "list of 80 of one salesperson",
    ratio=1.2,
    stock=lambda env, number: _list(_salesperson(env, number), STOCK_BADGES, STOCK_ORDER),
)
def list_of_one(env, number):
    return _list(_salesperson(env, number), BADGES, ORDER)


def _kanban(env, badges, order, domain=()):
    leads = env["crm.lead"].with_context(read_group_expand=True)
    names = [
        "name",
        "partner_id",
        "contact_name",
        "activity_state",
        "user_id",
        "priority",
        "color",
        "won_status",
        "active",
    ]
    return lambda: leads.web_read_group(
        [("type", "=", "opportunity"), *domain],
        groupby=["stage_id"],
        aggregates=["__count", "expected_revenue:sum"],
        auto_unfold=True,
        unfold_read_specification=_specification(names + badges),
        unfold_read_default_limit=40,
        groupby_read_specification={"stage_id": {"fold": {}, "display_name": {}}},
        order=order,
    )


@measure(
    "pipeline kanban, first load",
    ratio=1.2,
    rounds=12,
    stock=lambda env, number: _kanban(env, STOCK_BADGES, STOCK_ORDER),
)
def kanban(env, number):
    return _kanban(env, BADGES, ORDER)


@measure(
    "pipeline kanban of one type",
    ratio=1.2,
    rounds=12,
    stock=lambda env, number: _kanban(env, STOCK_BADGES, STOCK_ORDER),  # all there is in stock
)
def kanban_of_type(env, number):
    lead_type = env["crm.lead.type"].search([("name", "=", f"Type {number % 11}")])
    return _kanban(env, BADGES, ORDER, [("lead_type_id", "=", lead_type.id)])


def _form(env, number):
    """Open a lead: its form, its values, its status bar."""
    lead = env["crm.lead"].browse(env["crm.lead"]._search([], limit=1, offset=10_000 + number).get_result_ids())

    def work():
        arch = lead.get_view(env.ref("crm.crm_lead_view_form").id, "form")
        names = [name for name in arch["models"]["crm.lead"] if name in lead._fields and name != "id"]
        lead.web_read({name: {} for name in names})

    return work


@measure("open a lead's form", rounds=20, stock=_form)
def form(env, number):
    return _form(env, number)


def _incomplete(env):
    leads, specification = env["crm.lead"], _specification(COLUMNS + BADGES)

    def work():
        leads.web_search_read([("is_incomplete", "=", True)], specification, limit=80, order=ORDER)

    return work


@measure("incomplete: list and count", rounds=10, stock=False)
def incomplete(env, number):
    return _incomplete(env)


def _read_badges(env, names):
    leads = env["crm.lead"].search([], limit=80)
    return lambda: leads.read(names)


@measure("badges of 80 leads alone", rounds=20, stock=lambda env, number: _read_badges(env, STOCK_BADGES))
def badges(env, number):
    return _read_badges(env, BADGES)


@measure("search box: a number", p50_ms=50, stock=False)
def search_number(env, number):
    found = env["crm.lead"].browse(env["crm.lead"]._search([], limit=1, offset=10_000 + number).get_result_ids()).number
    return lambda: env["crm.lead"].name_search(found, limit=8)


# ------------------------------------------------------------
# Overdue and expired: at the moment at which so many leads are late
# ------------------------------------------------------------

SPARSE, DENSE = 100, 300_000
LATE_SINCE = {
    "is_overdue": "lead.date_due",
    "is_rotting": "lead.date_last_stage_update + stage.rotting_threshold_days * INTERVAL '1 day'",
}


def _late(env, name, hits):
    """The list as the web client asks for it, which counts up to 10,000, and the whole count of late leads, at the
    moment at which there are ``hits`` of them."""
    env.cr.execute(
        f"""
        SELECT {LATE_SINCE[name]} AS late_since
          FROM crm_lead lead JOIN crm_stage stage ON stage.id = lead.stage_id
         WHERE lead.active AND lead.stage_type = 'open'
         ORDER BY late_since OFFSET %s LIMIT 1
        """,
        [hits],
    )
    now = env.cr.fetchone()[0] + timedelta(seconds=1)
    leads, specification = env["crm.lead"], _specification(COLUMNS + BADGES)
    found = leads.search_count(_domain_at(leads, name, now))
    if not hits / 2 < found < hits * 2:
        raise ValueError(f"{name} at {now}: {found} leads instead of {hits}")

    def work():
        domain = _domain_at(leads, name, now)
        leads.web_search_read(domain, specification, limit=80, order=ORDER, count_limit=10_001)
        leads.search_count(domain)

    return work


def _domain_at(leads, name, now):
    """The domain of a filter as it is at the moment ``now``."""
    with patch.object(type(leads.env.cr), "now", lambda _cursor: now), patch("odoo.fields.Datetime.now", lambda: now):
        return leads._fields[name].determine_domain(leads, "in", [True])


@measure("overdue, 100 hits: list and count", p95_ms=100, stock=False)
def overdue_sparse(env, number):
    return _late(env, "is_overdue", SPARSE)


@measure("overdue, 300,000 hits: list and count", p95_ms=300, stock=False)
def overdue_dense(env, number):
    return _late(env, "is_overdue", DENSE)


@measure("expired, 100 hits: list and count", p95_ms=100, stock=False)
def expired_sparse(env, number):
    return _late(env, "is_rotting", SPARSE)


@measure("expired, 300,000 hits: list and count", p95_ms=300, stock=False)
def expired_dense(env, number):
    return _late(env, "is_rotting", DENSE)
