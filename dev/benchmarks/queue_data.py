"""What the benchmark of the queue does inside an `odoo shell`: fill the queue, claim, confirm, check.

Claims come from processes forked off the shell, each with connections of its own.
"""

import multiprocessing
import os
import random
import statistics
import time

from odoo import Command, fields, sql_db
from odoo.addons.crm_lead_lifecycle.models.own_transaction import own_transaction

OPERATORS, PASSWORD = 8, "benchmark"
ZONES = ("Europe/Rome", "Europe/London", "Europe/Athens", "America/New_York", "Asia/Tokyo")
WARM_UP = 5
# Of a million: 10 % wait, of these 300 private and 2,000 public call backs and 20,000 further attempts are due; 90 %
# are ready, 20,000 of them at the very front belong to closed leads or blocked numbers.
KINDS = """
    CASE WHEN number % 50 = 7 THEN 'barred' WHEN number % 10 > 0 THEN 'ready' WHEN number / 10 % 5 = 0 THEN 'retry'
         WHEN number / 10 % 50 = 1 THEN 'public' WHEN number / 10 % 334 = 2 THEN 'own' ELSE 'later' END
"""
OWN, PUBLIC, RETRY, READY = range(4)


def fill(env):
    """A contact for each lead, in one campaign that calls at any hour, with limits; 49 others have a few."""
    operators = env["res.users"].create(
        [
            {
                "name": f"Operator {number}",
                "login": f"operator{number}",
                "password": PASSWORD,
                "group_ids": [Command.link(env.ref("crm_lead_lifecycle.group_call_operator").id)],
            }
            for number in range(OPERATORS)
        ]
    )
    campaigns = env["crm.call.campaign"].create(
        [
            {
                "name": f"Benchmark {number}",
                "state": "running",
                "max_calls": 10,
                "max_calls_day": 3,
                "max_calls_24h": 4,
                "window_ids": [
                    Command.create({"weekday": str(day), "hour_from": 0, "hour_to": 24}) for day in range(7)
                ],
            }
            for number in range(50)
        ]
    )
    zone_ids = env["crm.call.zone"]._get_ids((zone,) for zone in ZONES)
    env.flush_all()
    env.cr.execute(f"CREATE TEMP TABLE place AS SELECT id, number, {KINDS} AS kind FROM (SELECT id, row_number() "
                   "OVER (ORDER BY id) AS number FROM crm_lead) lead")  # fmt: skip
    _open_leads(env)
    _insert_entries(env, campaigns[0], operators, list(zone_ids.values()))
    env.cr.execute(
        """
        INSERT INTO crm_call_entry (campaign_id, company_id, lead_id, zone_id, state, priority, attempts, is_recall,
                                    date_queued)
        SELECT (%(campaigns)s)[1 + number %% 49], 1, id, (%(zones)s)[1 + number %% 5], 'ready', 0, 0, FALSE,
               TIMESTAMP '2026-01-01' + number %% 1000 * INTERVAL '1 minute'
          FROM place WHERE number %% 50 = 11 LIMIT 10000
        """,
        {"campaigns": campaigns[1:].ids, "zones": list(zone_ids.values())},
    )
    env.cr.commit()
    return campaigns.ids


def _open_leads(env):
    """All leads can be called but those in front: half of them are lost, of the others the numbers are blocked."""
    env.cr.execute(
        """
        UPDATE crm_lead lead
           SET active = NOT lost, won_status = CASE WHEN lost THEN 'lost' ELSE 'pending' END, stage_type = 'open',
               probability = CASE WHEN lost THEN 0 ELSE 10 END, date_closed = NULL,
               stage_id = CASE WHEN stage_type = 'open' THEN stage_id ELSE open_stage.id END
          FROM (SELECT id, kind = 'barred' AND number % 100 > 50 AS lost FROM place) AS wanted,
               (SELECT min(id) AS id FROM crm_stage WHERE stage_type = 'open') AS open_stage
         WHERE lead.id = wanted.id AND (lost OR NOT active OR won_status <> 'pending')
        """
    )
    env.cr.execute(
        """
        INSERT INTO phone_blacklist (number, active)
        SELECT DISTINCT phone_sanitized, TRUE FROM crm_lead JOIN place USING (id)
         WHERE kind = 'barred' AND place.number % 100 < 50 AND phone_sanitized IS NOT NULL
        """
    )


def _insert_entries(env, campaign, operators, zone_ids):
    env.cr.execute(
        """
        INSERT INTO crm_call_entry (campaign_id, company_id, lead_id, zone_id, state, priority, attempts, is_recall,
                                    recall_user_id, next_call_at, date_queued)
        SELECT %(campaign)s, 1, id, (%(zones)s)[1 + number %% 5],
               CASE WHEN kind IN ('ready', 'barred') THEN 'ready' ELSE 'waiting' END,
               CASE WHEN kind = 'barred' THEN 3 WHEN number %% 100 < 70 THEN 0 WHEN number %% 100 < 90 THEN 1
                    WHEN number %% 100 < 98 THEN 2 ELSE 3 END,
               CASE WHEN kind IN ('ready', 'barred') THEN 0 ELSE 1 END, kind IN ('own', 'public'),
               CASE WHEN kind = 'own' THEN (%(operators)s)[1 + number / 10 %% %(count)s] END,
               due,
               COALESCE(due, TIMESTAMP '2026-01-01' + number %% 5000 * INTERVAL '1 minute'
                             - CASE WHEN kind = 'barred' THEN INTERVAL '9 days' ELSE INTERVAL '0' END)
          FROM (SELECT *, CASE WHEN kind = 'later' THEN %(now)s + (24 + number %% 1000) * INTERVAL '1 hour'
                               WHEN kind NOT IN ('ready', 'barred') THEN %(now)s - number %% 600 * INTERVAL '1 minute'
                          END AS due
                  FROM place) AS rows
        """,
        {
            "campaign": campaign.id,
            "zones": zone_ids,
            "operators": operators.ids,
            "count": OPERATORS,
            "now": fields.Datetime.now(),
        },
    )


# ------------------------------------------------------------
# CLAIMS
# ------------------------------------------------------------


def claims(env, campaign_ids, each, pause):
    """Let all operators claim at once, each in transactions as `next_contact` makes them.

    :param pause: seconds from one claim of an operator to the next, on average
    :return: dict of the figures, with what is wrong under "faults"
    """
    user_ids = env["res.users"].search([("login", "=like", "operator_")]).ids
    env.cr.commit()  # a transaction that stays open keeps PostgreSQL from clearing away what is dead
    fork = multiprocessing.get_context("fork")
    start, results = fork.Barrier(len(user_ids)), fork.SimpleQueue()
    processes = [
        fork.Process(target=_claim_in_process, args=(env, user_id, campaign_ids, each, pause, start, results))
        for user_id in user_ids
    ]
    for process in processes:
        process.start()
    rows = [row for _process in processes for row in results.get()]
    for process in processes:
        process.join()
    answer = _judge(env, rows)
    env.cr.commit()
    return answer


def _claim_in_process(env, user_id, campaign_ids, each, pause, start, results):
    # the connections of the shell stay the shell's
    sql_db._Pool, env.registry._db = None, None
    env.registry._db = sql_db.db_connect(env.cr.dbname)
    rows = []
    try:
        with env.registry.cursor() as cr:
            mine = env(cr=cr, user=user_id, context={"allowed_company_ids": [1]})
            campaigns = mine["crm.call.campaign"].browse(campaign_ids)
            for number in range(-WARM_UP, each):
                if number == 0:
                    start.wait(timeout=60)
                time.sleep(random.uniform(0, 2 * pause))
                rows.append((user_id, number >= 0, *_claim_once(campaigns)))
                _finish(mine.registry, rows[-1][4])
    finally:
        results.put(rows)
        os._exit(0)  # neither is the end of the shell ours


def _claim_once(campaigns):
    """
    :return: beginning and end in seconds, the id of the contact, what went wrong
    """
    began, entry_id, error = time.monotonic(), None, None
    try:
        with own_transaction(campaigns) as own:
            entry_id = own._claim_next(own.env.user).id
    except Exception as failure:  # noqa: BLE001 - told by the process that judges
        error = repr(failure)
    return began, time.monotonic(), entry_id, error


def _finish(registry, entry_id):
    """What was taken has been called, as far as the queue is concerned."""
    with registry.cursor() as cr:
        cr.execute("UPDATE crm_call_entry SET state = 'done', claimed_until = NULL WHERE id = %s", [entry_id])


def _judge(env, rows):
    counted = [row for row in rows if row[1]]
    entry_ids = [row[4] for row in rows if row[4]]
    faults = []
    if len(set(entry_ids)) < len(entry_ids):
        faults.append(f"{len(entry_ids) - len(set(entry_ids))} contacts were given twice")
    if len(entry_ids) < len(rows):
        faults.append(f"{len(rows) - len(entry_ids)} claims came to nothing")
    failures = [row[5] for row in rows if row[5]]
    if failures:
        faults.append(f"{len(failures)} claims failed or have to be repeated: {failures[0]}")
    env.cr.execute(
        "SELECT count(*) FROM crm_call_entry WHERE id = ANY(%s) AND state = 'done' AND claimed_by_id IS NOT NULL",
        [entry_ids],
    )
    if env.cr.fetchone() != (len(set(entry_ids)),):
        faults.append("what was given is not what was taken")
    out_of_turn = _count_out_of_turn(env, rows)
    if out_of_turn:
        faults.append(f"{out_of_turn} claims passed over a contact that was before it in line, and free")
    return {
        "ms": [(row[3] - row[2]) * 1000 for row in counted],
        "rate": len(counted) / (max(row[3] for row in counted) - min(row[2] for row in counted)),
        "kinds": _count_kinds(env, entry_ids),
        "faults": faults,
    }


def _get_places(env, entry_ids):
    """Where each contact stood in line, as sortable tuples; with whom, if it was a private call back."""
    env.cr.execute(
        f"""
        SELECT id, CASE WHEN recall_user_id IS NOT NULL THEN {OWN} WHEN is_recall THEN {PUBLIC}
                        WHEN next_call_at IS NOT NULL THEN {RETRY} ELSE {READY} END AS kind,
               CASE WHEN next_call_at IS NULL THEN -priority ELSE 0 END, date_queued, recall_user_id
          FROM crm_call_entry WHERE id = ANY(%s)
        """,
        [entry_ids],
    )
    return {id_: ((kind, priority, queued, id_), owner) for id_, kind, priority, queued, owner in env.cr.fetchall()}


def _count_kinds(env, entry_ids):
    kinds = [place[0] for place, _owner in _get_places(env, entry_ids).values()]
    names = ("own call backs", "public call backs", "further attempts", "fresh")
    return {name: kinds.count(kind) for kind, name in enumerate(names) if kind in kinds}


def _count_out_of_turn(env, rows):
    """How many claims left a contact that stood before theirs to one that only began when they had ended."""
    places = _get_places(env, [row[4] for row in rows if row[4]])
    found = [(*row[:4], *places[row[4]]) for row in rows if row[4]]
    count = 0
    for operator in {row[0] for row in found}:
        open_to = sorted((row for row in found if row[5] in (None, operator)), key=lambda row: row[2], reverse=True)
        own = sorted((row for row in found if row[0] == operator), key=lambda row: row[3], reverse=True)
        first, later = None, iter(open_to)
        following = next(later, None)
        for row in own:
            while following and following[2] > row[3]:
                first = min(first or following[4], following[4])
                following = next(later, None)
            count += bool(first) and first < row[4]
    return count


def postpone(env):
    """Nothing that waits is due any more: only fresh contacts are left."""
    env.cr.execute(
        """
        UPDATE crm_call_entry SET next_call_at = next_call_at + INTERVAL '90 days',
                                  date_queued = date_queued + INTERVAL '90 days'
         WHERE state = 'waiting' AND next_call_at < now() AT TIME ZONE 'UTC' + INTERVAL '1 hour'
        """
    )
    env.cr.commit()


def wear(env, campaign_ids, count):
    """So many claims and confirmations in the order of the line that vacuum has not cleaned up after."""
    env.cr.execute("ALTER TABLE crm_call_entry SET (autovacuum_enabled = false)")
    env.cr.commit()
    for _batch in range(10):
        for state, condition in (("claimed", "state = 'ready'"), ("done", "state = 'claimed'")):
            env.cr.execute(
                f"""
                UPDATE crm_call_entry
                   SET state = %s, claimed_until = now() AT TIME ZONE 'UTC' + INTERVAL '5 minutes'
                 WHERE id IN (SELECT id FROM crm_call_entry WHERE campaign_id = ANY(%s) AND {condition}
                               ORDER BY priority DESC, date_queued, id LIMIT %s)
                """,
                [state, campaign_ids, count // 10],
            )
            env.cr.commit()


def lock_and_plan(env, campaign_ids):
    """The plans of the statements of a claim, with what they read."""
    operator = env["res.users"].search([("login", "=like", "operator_")], limit=1)
    campaigns = env["crm.call.campaign"].with_user(operator).browse(campaign_ids).sudo()
    now, lines = fields.Datetime.now(), []
    open_now = campaigns._get_open_zones(now)
    execute = type(env).execute_query

    def explain(self, query):
        self.cr.execute(f"EXPLAIN (ANALYZE, BUFFERS) {query.code}", query.params)
        lines.extend(row[0] for row in self.cr.fetchall())
        self.cr.execute("ROLLBACK TO explained")
        return execute(self, query)

    env.cr.execute("SAVEPOINT explained")
    type(env).execute_query = explain
    try:
        line = campaigns._get_line(operator, open_now, now, 50)
        campaigns._claim_first(line, operator, now)
    finally:
        type(env).execute_query = execute
        env.cr.rollback()
    return lines


# ------------------------------------------------------------
# CONFIRMATIONS
# ------------------------------------------------------------


def confirms(env, campaign_ids, rounds):
    """Confirm calls in this process.

    :return: ``{outcome: [median milliseconds, queries]}``
    """
    operator = env["res.users"].search([("login", "=like", "operator_")], limit=1)
    mine = env(user=operator, context={"allowed_company_ids": operator.company_ids.ids})
    campaign = mine["crm.call.campaign"].browse(campaign_ids[0])
    figures = {}
    for name in ("no_answer", "not_interested", "wrong_number", "do_not_call"):
        outcome = env.ref(f"crm_lead_lifecycle.crm_call_outcome_{name}")
        rows = []
        for _number in range(rounds):
            entry = campaign._claim_next(operator)
            action = mine["crm.call.wizard"]._get_action(entry.sudo().lead_id, entry)
            dialog = mine["crm.call.wizard"].browse(action["res_id"])
            dialog.outcome_id = outcome
            env.flush_all()
            env.invalidate_all()
            began, queries = time.perf_counter(), env.cr.sql_log_count
            dialog.action_confirm()
            env.flush_all()
            rows.append(((time.perf_counter() - began) * 1000, env.cr.sql_log_count - queries))
            env.cr.commit()
            env.invalidate_all()
        figures[outcome.name] = [statistics.median(column) for column in zip(*rows, strict=True)]
    return figures
