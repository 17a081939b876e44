"""What the benchmark of the customer's page does inside an `odoo shell`: fill threads, look as the desk does, write."""

import time

from odoo import Command
from odoo.tools import SQL

PASSWORD = "benchmark"
# how many messages the other pages have, and one lead in how many has something to read
SHORT, ONE_UNREAD_IN = 8, 50
WARM_UP = 3


def fill(env, pages, messages):
    """Every lead has a message; those with a page have a conversation, the first of them a long one.

    :return: dict of ``leads`` (ids and paths of the links) and of what the benchmark logs in with and opens
    """
    customer, operator = _make_people(env)
    silent = env["crm.lead"].with_context(mail_auto_subscribe_no_notify=True)
    domain = [("partner_id", "!=", False), ("user_id", "!=", False)]
    leads = silent.search(domain, limit=2 * pages, order="id")
    leads = leads.filtered(lambda lead: not lead._get_conversation_obstacle())[:pages]
    busy = leads[0]
    leads.user_id = operator
    busy.partner_id = customer.partner_id
    order = env["sale.order"].create(
        {
            "partner_id": customer.partner_id.id,
            "opportunity_id": busy.id,
            "user_id": operator.id,
            "order_line": [Command.create({"product_id": env["product.product"].search([], limit=1).id})],
        }
    )
    order.action_quotation_sent()
    env.flush_all()
    _write_messages(env, "crm_lead", SQL("TRUE"), 1)
    _write_messages(env, "crm_lead", SQL("thread.id = ANY(%s)", leads[1:].ids), SHORT)
    _write_messages(env, "crm_lead", SQL("thread.id = %s", busy.id), messages)
    _write_messages(env, "sale_order", SQL("thread.id = %s", order.id), messages)
    env.cr.execute(
        SQL(
            "UPDATE crm_lead SET is_unread = TRUE, date_customer_wrote = write_date"
            " WHERE id %% %s = 0 AND id <> ALL(%s)",
            ONE_UNREAD_IN,
            leads.ids,
        )
    )
    env.invalidate_all()
    answer = {
        "leads": [(lead.id, f"/my/requests/{lead.id}?access_token={lead._portal_ensure_token()}") for lead in leads],
        "customer": customer.login,
        "operator": operator.login,
        "password": PASSWORD,
        "order": order.id,
    }
    env.cr.commit()
    return answer


def _make_people(env):
    """A customer with a login, and a salesperson who can log in."""
    values = {"name": "Customer", "login": "customer", "email": "customer@example.com", "password": PASSWORD}
    group = env.ref("base.group_portal")
    users = env["res.users"].with_context(no_reset_password=True)
    customer = users.create({**values, "group_ids": [Command.set(group.ids)]})
    operator = users.search([("login", "=", "sales1")])
    operator.write({"password": PASSWORD, "email": "sales1@example.com"})
    return customer, operator


def _write_messages(env, table, which, count):
    """So many messages in each thread, by turns of the customer and the salesperson."""
    env.cr.execute(
        SQL(
            """
            INSERT INTO mail_message (
                model, res_id, message_type, subtype_id, is_internal, author_id, email_from, body, date,
                message_id, create_uid, create_date, write_uid, write_date
            )
            SELECT %(model)s, thread.id, 'comment', %(subtype)s, FALSE,
                   CASE WHEN counter %% 2 = 0 THEN person.partner_id ELSE thread.partner_id END,
                   'somebody@example.com',
                   '<p>Message ' || counter || ': is the pitch near the sea still free in the last week of July?</p>',
                   now() AT TIME ZONE 'UTC' - (%(count)s - counter) * INTERVAL '1 minute',
                   '<' || counter || '.' || thread.id || '.%(count)s@example.com>', 1, now(), 1, now()
              FROM %(table)s thread JOIN res_users person ON person.id = thread.user_id,
                   generate_series(1, %(count)s) AS counter
             WHERE %(which)s
             ORDER BY thread.id, counter
            """,
            model=table.replace("_", "."),
            table=SQL.identifier(table),
            subtype=env.ref("mail.mt_comment").id,
            which=which,
            count=count,
        )
    )


def desk(env, lead_id, operator, rounds):
    """What the desk asks for, with what it costs.

    :return: dict by title of ``ms``, ``queries`` and whether there is a budget
    """
    env = env(user=env["res.users"].search([("login", "=", operator)]).id)
    lead, leads = env["crm.lead"].browse(lead_id), env["crm.lead"]
    badges = {"name": {}, "number": {}, "stage_id": {"fields": {"display_name": {}}}}

    def list_of(names):
        return lambda: leads.web_search_read([], {**badges, **{name: {} for name in names}}, limit=80)

    works = {
        "conversation of the lead": lead.get_conversation,
        "its history": lead.get_history,
        "leads with something to read, the number": leads.get_unread_count,
        "the same, list of 80": lambda: leads.web_search_read(leads._get_unread_domain(), badges, limit=80),
        "list of 80 leads without the flag": list_of([]),
        "list of 80 leads with the flag": list_of(["is_unread"]),
    }
    return {title: _measure(env, work, rounds) for title, work in works.items()}


def _measure(env, work, rounds):
    times = []
    for number in range(-WARM_UP, rounds):
        env.invalidate_all()
        began, queries = time.perf_counter(), env.cr.sql_log_count
        work()
        if number >= 0:
            times.append((time.perf_counter() - began) * 1000)
    return {"ms": times, "queries": env.cr.sql_log_count - queries}


def plan(env, operator):
    """How the number of leads with something to read is counted.

    :return: list of the lines of the plan
    """
    leads = env(user=env["res.users"].search([("login", "=", operator)]).id)["crm.lead"]
    query = leads.with_context(active_test=False)._search(leads._get_unread_domain())
    lines = [row[0] for row in env.execute_query(SQL("EXPLAIN %s", query.select()))]
    env.cr.commit()  # an open transaction would see nothing of what the pages do from now on
    return lines


def write(env, lead_ids, operator, text):
    """Write to the customers of all these leads; it is there for all at the same moment.

    :return: dict of ``at`` (on the clock that all processes share) and ``last``, pairs of ids of leads and messages
    """
    env = env(user=env["res.users"].search([("login", "=", operator)]).id)
    last = []
    for lead in env["crm.lead"].browse(lead_ids):
        answer = lead.post_to_customer(text)
        last.append((lead.id, answer["messages"][-1]["id"]))
    env.cr.commit()
    return {"at": time.monotonic(), "last": last}
