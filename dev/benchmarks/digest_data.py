"""What the benchmark of the morning digest does inside an `odoo shell`: open all leads, write mails."""

import time

from odoo import Command, fields


def fill(env):
    """Some leads are of nobody; one of the people leads the team, some are away."""
    people = env["res.users"].search([("login", "=like", "sales%")], order="id")
    for person in people:
        person.email = f"{person.login}@example.com"
    leader = people[0]
    leader.group_ids = [Command.link(env.ref("sales_team.group_sale_salesman_all_leads").id)]
    env.ref("sales_team.team_sales_department").user_id = leader
    people[1::20].away_until = fields.Datetime.add(fields.Datetime.now(), days=30)
    env["res.company"].search([]).lead_digest_hour = 0
    env.flush_all()
    env.cr.execute("UPDATE crm_lead SET user_id = NULL WHERE id % 100 = 0 AND stage_type = 'open' AND active")
    env.cr.execute("UPDATE crm_lead SET proposal_deadline = '2024-01-01' WHERE id % 50 = 1")
    env.cr.commit()


def open_all(env):
    """Open the closed leads, spread over the open stages."""
    env.cr.execute(
        """
        UPDATE crm_lead
           SET active = TRUE, stage_type = 'open', won_status = 'pending', probability = 10, date_closed = NULL,
               stage_id = open.ids[1 + crm_lead.id % cardinality(open.ids)]
          FROM (SELECT array_agg(id) AS ids FROM crm_stage WHERE stage_type = 'open' AND active) open
         WHERE NOT crm_lead.active OR crm_lead.stage_type <> 'open'
        """
    )
    env.cr.commit()


def send(env):
    """Write the digests of a morning, batch by batch as the job does, and take them back.

    :return: dict of ``seconds``, ``queries`` of each batch, and how many ``mails``, ``rows``, ``late`` and ``open``
        leads and ``kB`` of a mail there are
    """
    leads, now = env["crm.lead"], fields.Datetime.now()
    env.invalidate_all()
    began, queries = time.perf_counter(), []
    for company, users in leads._get_digest_batches(now):
        before = env.cr.sql_log_count
        leads._send_digests(company, users, now)
        env.flush_all()
        queries.append(env.cr.sql_log_count - before)
    seconds = time.perf_counter() - began
    mails = env["mail.mail"].search([("headers", "like", "List-Unsubscribe")])
    bodies = mails.mapped("body_html")
    answer = {
        "seconds": seconds,
        "queries": queries,
        "mails": len(mails),
        "rows": sum(body.count("/mail/view?model=crm.lead") for body in bodies),
        "kB": sum(map(len, bodies)) / max(len(bodies), 1) / 1024,
        "late": leads.search_count(["|", ("is_rotting", "=", True), ("is_overdue", "=", True)]),
        "open": leads.search_count([("stage_type", "=", "open")]),
    }
    env.cr.rollback()
    return answer
