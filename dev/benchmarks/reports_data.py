"""The data of the benchmark of the reports, and what it asks for; runs inside `odoo shell`.

Three events for each lead, and with them what reports show: clients, first acts, answer times, deadlines, campaigns,
orders and calls. Everything follows from the number of the lead.
"""

import time

from lxml import etree

from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.safe_eval import safe_eval

CAMPAIGNS = 40
DAYS = 90


def fill(env):
    """Fill in what `data.py` leaves out; returns how many leads, events and stays there are."""
    campaigns = env["utm.campaign"].create([{"name": f"Campaign {number}"} for number in range(CAMPAIGNS)])
    reasons = env["crm.lost.reason"].create([{"name": f"Reason {n}"} for n in range(8)])
    env["crm.lead.sla"].create({"minutes_within": 60, "minutes_late": 240})
    env.flush_all()
    env.cr.execute(SQL("UPDATE utm_campaign SET cost = jsonb_build_object('1', 100 * id)"))
    _complete_leads(env, campaigns, reasons)
    _insert_events(env)
    _insert_orders(env)
    _insert_calls(env)
    env.cr.commit()
    env["crm.lead.stay"]._rebuild()
    env.cr.commit()
    tables = ("crm_lead", "crm_lead_event", "crm_lead_stay")
    counts = [SQL("(SELECT count(*) FROM %s)", SQL.identifier(table)) for table in tables]
    env.cr.execute(SQL("SELECT %s", SQL(", ").join(counts)))
    counts = env.cr.fetchone()
    env.cr.commit()  # nobody shall wait for what has been read
    return counts


def _complete_leads(env, campaigns, reasons):
    """Half of them have a client, one in three a campaign, one in ten no source, one in thirty was removed."""
    env.cr.execute(
        SQL(
            """
            UPDATE crm_lead lead
               SET campaign_id = CASE WHEN id %% 3 = 0 THEN (%(campaigns)s::int[])[1 + id %% %(count)s] END,
                   source_id = CASE WHEN id %% 10 > 0 THEN source_id END,
                   lost_reason_id = CASE WHEN won_status = 'lost' THEN (%(reasons)s::int[])[1 + id %% 8] END,
                   client_status = CASE WHEN id %% 30 = 17 AND won_status = 'pending' THEN 'removed'
                                        WHEN id %% 2 = 0 THEN 'linked' ELSE 'new' END,
                   active = active AND NOT (id %% 30 = 17 AND won_status = 'pending'),
                   date_client = CASE WHEN id %% 2 = 0 THEN create_date + id %% 300 * INTERVAL '1 minute' END,
                   minutes_to_client = CASE WHEN id %% 2 = 0 THEN id %% 300 END,
                   minutes_to_first_touch = CASE WHEN id %% 5 > 0 THEN id %% 400 END,
                   working_minutes_to_first_touch = CASE WHEN id %% 5 > 0 THEN id %% 200 END,
                   date_first_touch = CASE WHEN id %% 5 > 0 THEN create_date + id %% 400 * INTERVAL '1 minute' END,
                   minutes_to_first_call = CASE WHEN id %% 4 = 0 THEN id %% 700 END,
                   minutes_to_first_mail = CASE WHEN id %% 6 = 0 THEN id %% 900 END,
                   minutes_to_first_meeting = CASE WHEN id %% 20 = 0 THEN id %% 9000 END,
                   date_sla_within = create_date + INTERVAL '1 hour',
                   date_sla_late = create_date + INTERVAL '4 hours'
            """,
            campaigns=campaigns.ids,
            count=CAMPAIGNS,
            reasons=reasons.ids,
        )
    )


def _insert_events(env):
    """Made in an open stage, moved on after some days, then concluded, or assigned to somebody."""
    env.cr.execute(
        """
        WITH stages AS (SELECT array_agg(id ORDER BY sequence, id) AS ids FROM crm_stage WHERE stage_type = 'open')
        INSERT INTO crm_lead_event (lead_id, kind, date, user_id, data)
        SELECT lead.id, step.kind, lead.create_date + step.days * (1 + lead.id % 20) * INTERVAL '1 day', lead.user_id,
               CASE step.kind
                    WHEN 'create' THEN jsonb_build_object('to_stage', stages.ids[1 + lead.id % 9], 'received',
                        jsonb_build_object('name', lead.name, 'contact_name', lead.contact_name))
                    WHEN 'stage' THEN jsonb_build_object(
                        'from_stage', stages.ids[1 + lead.id % 9], 'to_stage', stages.ids[1 + (lead.id + 1) % 9])
                    WHEN 'conclude' THEN jsonb_build_object(
                        'from_stage', stages.ids[1 + (lead.id + 1) % 9], 'to_stage', lead.stage_id,
                        'won_status', lead.won_status, 'lost_reason', lead.lost_reason_id)
                    ELSE jsonb_build_object('from_user', NULL, 'to_user', lead.user_id)
                END
          FROM crm_lead lead, stages,
               LATERAL (VALUES (0, 'create'), (1, 'stage'),
                               (2, CASE WHEN lead.won_status = 'pending' THEN 'assign' ELSE 'conclude' END)
                       ) AS step(days, kind)
      ORDER BY lead.create_date, lead.id, step.days
        """
    )


def _insert_orders(env):
    env.cr.execute(
        """
        INSERT INTO sale_order (name, partner_id, partner_invoice_id, partner_shipping_id, company_id, currency_id,
                                user_id, state, date_order, amount_untaxed, amount_total, currency_rate, opportunity_id,
                                create_uid, create_date, write_uid, write_date)
        SELECT 'SO' || lead.id, partner.id, partner.id, partner.id, 1, company.currency_id, lead.user_id, 'sale',
               lead.create_date, 100 + lead.id % 2000, 100 + lead.id % 2000, 1.0, lead.id, 1, now(), 1, now()
          FROM crm_lead lead, res_company company, (SELECT min(id) AS id FROM res_partner) partner
         WHERE lead.won_status = 'won' AND company.id = 1
        """
    )


def _insert_calls(env):
    env.cr.execute(
        """
        INSERT INTO crm_call (lead_id, user_id, outcome_id, date_start, date_end, minutes, is_contact, company_id)
        SELECT lead.id, lead.user_id, outcome.id, lead.create_date, lead.create_date, 1, lead.id % 8 = 0, 1
          FROM crm_lead lead, (SELECT min(id) AS id FROM crm_call_outcome) outcome
         WHERE lead.id % 4 = 0 AND lead.user_id IS NOT NULL
        """
    )


# ------------------------------------------------------------
# WHAT IS ASKED
# ------------------------------------------------------------


def as_manager(env):
    """The administrator as a person: record rules hold."""
    return env(user=env.ref("base.user_admin").id, su=False)


def views(env):
    """The default view of each report, as its pivot asks for it: `[title, model, date, days, domain, grouping sets,
    aggregates]`, with the days and the domain of the filters that it opens with.
    """
    found = []
    for model, date in (("crm.lead.source.report", "create_date"), ("crm.lead.stage.report", "date_entered")):
        actions = env["ir.actions.act_window"].search([("res_model", "=", model)], order="id")
        for action in actions:
            view = action.view_ids.filtered(lambda view: view.view_mode == "pivot").view_id
            arch, search = (
                etree.fromstring(env[model].get_view(part.id, kind)["arch"])
                for part, kind in ((view, "pivot"), (action.search_view_id, "search"))
            )
            filters = _read_filters(search, safe_eval(action.context))
            found.append([action.name, model, date, *filters, *_read_pivot(env[model], arch)])
    return found


def _read_filters(search, context):
    """The days (None: all) and the domain of the default filters, those beside each other joined by or."""
    days, domains = None, []
    for name in (name.removeprefix("search_default_") for name in context if name.startswith("search_default_")):
        (node,) = search.xpath(f"//filter[@name='{name}']")
        if node.get("default_period") == "year":
            days = 365
        elif name == "last_90_days":
            days = DAYS
        elif node.get("domain"):
            domains.append(safe_eval(node.get("domain")))
    return days, list(Domain.OR(domains)) if domains else []


def _read_pivot(report, arch):
    rows, columns, aggregates = [], [], []
    for node in arch.iter("field"):
        name = node.get("name")
        field = report._fields[name]
        if node.get("type") == "measure":
            aggregates.append(f"{name}:{field.aggregator}")
            if field.type == "monetary":
                aggregates += ["currency_id:array_agg_distinct", f"{name}:sum_currency"]
        elif node.get("type") in ("row", "col"):
            spec = f"{name}:{node.get('interval', 'month')}" if field.type == "datetime" else name
            (rows if node.get("type") == "row" else columns).append(spec)
    sets = [[*rows[:row], *columns[:column]] for row in range(len(rows[:1]) + 1) for column in range(len(columns) + 1)]
    return sets, list(dict.fromkeys(aggregates))


def pivot(env, model, date, sets, aggregates, days, rounds, domain=()):
    """Milliseconds of a pivot, of the last days that there is data of, or of all."""
    report = as_manager(env)[model]
    domain = _get_domain(env, date, days, domain)
    return _time(env, rounds, lambda: report.formatted_read_grouping_sets(domain, sets, aggregates))


def graph(env, model, groupby, aggregates, date, days, rounds):
    report, domain = as_manager(env)[model], _get_domain(env, date, days)
    return _time(env, rounds, lambda: report.formatted_read_group(domain, groupby, aggregates))


def rows(env, model, date, days, rounds, names):
    """Milliseconds of the first page of a list, with its count."""
    report, domain = as_manager(env)[model], _get_domain(env, date, days)
    specification = {
        name: {"fields": {"display_name": {}}} if name.endswith("_id") else {} for name in names if name in report
    }
    return _time(env, rounds, lambda: report.web_search_read(domain, specification, limit=80, count_limit=10_001))


def groups(env, model, groupby, date, days, rounds):
    """Milliseconds of a list that opens grouped."""
    report, domain = as_manager(env)[model], _get_domain(env, date, days)
    return _time(env, rounds, lambda: report.web_read_group(domain, groupby, ["__count"], limit=80))


def _get_domain(env, date, days, domain=()):
    return [*domain, *([(date, ">=", _before(env, days))] if days else [])]


def _before(env, days):
    """So many days before most leads had come in: a few came with Odoo, on the day of its installation."""
    env.cr.execute(
        SQL(
            """SELECT (percentile_disc(0.999) WITHIN GROUP (ORDER BY create_date) - %s * INTERVAL '1 day')::date::text
                 FROM crm_lead""",
            days,
        )
    )
    return env.cr.fetchone()[0]


def _time(env, rounds, work):
    times = []
    for number in range(-1, rounds):
        env.invalidate_all()
        start = time.perf_counter()
        work()
        if number >= 0:
            times.append((time.perf_counter() - start) * 1000)
        env.cr.rollback()
    return times
