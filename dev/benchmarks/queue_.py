"""The queue of calls: 8 operators at once claim and confirm, in processes and through a server; then some are killed.

Works in a copy of the database "ours", since claims and calls are committed: other benchmarks find theirs as it was.
The file's name ends in _ because a library of Python's is called queue.
"""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from common import percentile
from environment import base, databases, python, server

WORKERS, OPERATORS, EACH = 4, 8, 250
BUDGET_MS = 20
# An operator talks in between; 8 who take ten contacts a second are as busy as 2,400 whose calls last 30 seconds.
PAUSE = 0.1
OUTCOMES = ("no_answer", "not_interested", "wrong_number", "busy")
PASSWORD = "benchmark"


def run(env, source, rows, make_worker):
    """Print the figures.

    :param env: as returned by `prepare()`
    :param source: the database with the module and so many leads
    :param make_worker: what gives the worker of a database
    :return: whether the budget is kept and nothing was wrong
    """
    name = f"bench_queue_{rows}"
    databases.copy(env, source, name)
    try:
        faults = list(measure(env, name, rows, make_worker))
    finally:
        databases.drop(env, name)
    print("\n".join(f"WRONG: {fault}" for fault in faults) or "no contact twice, none lost, all in turn")
    return not faults


def measure(env, name, rows, make_worker):
    """Yield what is wrong."""
    base.say(f"putting {rows:,} contacts in line")
    with make_worker(env, name) as worker:
        campaign_ids = worker.ask(benchmark="queue_data", call="fill")
        databases.sql(env, "VACUUM ANALYZE", name)
        print(f"{'milliseconds, in the claim`s transaction':50} {'p50':>8} {'p95':>8} {'max':>8} {'claims/s':>9}")
        yield from measure_claims(worker, campaign_ids, rows, lambda query: databases.sql(env, query, name))
        print(f"{'milliseconds, confirming an outcome':50} {'p50':>8} {'queries':>8}")
        figures = worker.ask(
            benchmark="queue_data", call="confirms", arguments={"campaign_ids": campaign_ids, "rounds": 20}
        )
        for title, (milliseconds, queries) in figures.items():
            print(f"{title:50} {milliseconds:8.1f} {queries:8.0f}")
        yield from measure_server(env, name, campaign_ids, worker)


def measure_claims(worker, campaign_ids, rows, sql):
    def ask(call, **arguments):
        return worker.ask(benchmark="queue_data", call=call, arguments=arguments)

    def claim(title, campaigns, pause=PAUSE, is_budgeted=True):
        answer = ask("claims", campaign_ids=campaigns, each=min(EACH, rows // 400), pause=pause)
        p95 = percentile(answer["ms"], 95)
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in answer["kinds"].items())
        columns = [percentile(answer["ms"], 50), p95, max(answer["ms"])]
        verdict = f"p95 < {BUDGET_MS} ms: {'ok' if p95 < BUDGET_MS else 'FAIL'}, " if is_budgeted else ""
        print(f"{title:50} {' '.join(f'{column:8.1f}' for column in columns)} {answer['rate']:9.0f}  {verdict}{kinds}",
              flush=True)  # fmt: skip
        if is_budgeted and p95 >= BUDGET_MS:
            yield f"{title}: p95 is {p95:.1f} ms"
        yield from (f"{title}: {fault}" for fault in answer["faults"])

    yield from claim("call backs and further attempts due", campaign_ids[:1])
    ask("postpone")
    yield from claim("fresh contacts, one in 50 barred and in front", campaign_ids[:1])
    yield from claim("out of 5 campaigns", campaign_ids[:5], is_budgeted=False)
    ask("wear", campaign_ids=campaign_ids[:1], count=rows // 10)
    yield from claim(f"after {rows // 10:,} claims without vacuum", campaign_ids[:1])
    yield from claim("the same without pausing: as fast as it goes", campaign_ids[:1], 0, is_budgeted=False)
    if os.environ.get("BENCH_PLANS"):
        print("\n".join(ask("lock_and_plan", campaign_ids=campaign_ids[:1])))
    sql("VACUUM ANALYZE crm_call_entry")


class Retries:
    """Counts in the server's log the requests that were repeated, by what they asked for."""

    def __init__(self):
        self.counts, self._pending = {}, {}

    def __call__(self, line):
        parsed = server.LOG_LINE.match(line)
        if not parsed:
            return
        process = line.split()[2]
        if "tries left, try again" in line:
            self._pending[process] = self._pending.get(process, 0) + 1
        elif parsed["logger"] == "werkzeug" and process in self._pending:
            method = line.partition("/call_kw/")[2].partition(" ")[0] or "other"
            self.counts[method] = self.counts.get(method, 0) + self._pending.pop(process)


def measure_server(env, name, campaign_ids, worker):
    """Operators at web clients, on a server with several processes; the second time with a few killed in between."""

    def ask(call, **arguments):
        return worker.ask(benchmark="queue_checks", call=call, arguments=arguments)

    retries = Retries()
    outcome_ids = databases.sql(
        env,
        "SELECT string_agg(res_id::text, ',') FROM ir_model_data WHERE module = 'crm_lead_lifecycle' AND name IN ("
        + ", ".join(f"'crm_call_outcome_{outcome}'" for outcome in OUTCOMES) + ")",
        name,
    )  # fmt: skip
    with server.serve(env, name, WORKERS, retries) as (process, port):

        def operators(count):
            return [
                Operator(port, name, f"operator{number}", campaign_ids[0], outcome_ids, count)
                for number in range(OPERATORS)
            ]

        since = ask("last_call")
        rows, began = [], time.monotonic()
        crew = operators(EACH)
        for operator in crew:
            operator.start()
        began = time.monotonic()
        for operator in crew:
            rows += operator.finish()
        yield from _report(rows, time.monotonic() - began, retries)
        yield from ask("check", confirmed=[row["entry"] for row in rows if "entry" in row], since=since)

        since = ask("last_call")
        crew = operators(EACH)
        for operator in crew:
            operator.start()
        for victim in random.Random(1).sample(crew, 2):
            time.sleep(1)
            victim.process.send_signal(signal.SIGKILL)
            os.kill(server.answering_processes(process)[0], signal.SIGKILL)
        rows = [row for operator in crew for row in operator.finish()]
        broken = sum("broken" in row for row in rows)
        lapsed = ask("lapse")
        print(f"killed 2 operators and 2 server processes: {broken} requests broke off, {len(lapsed)} contacts taken")
        yield from (f"after the kill: {row['error']}" for row in rows if "error" in row)
        confirmed = [row["entry"] for row in rows if "entry" in row]
        yield from (f"after the kill: {fault}" for fault in ask("check", confirmed=confirmed, since=since))
        lost = ask("give_again", campaign_ids=campaign_ids, lapsed=lapsed)
        if not lapsed:
            yield "after the kill: no contact was left taken, so nothing was proved"
        yield from (f"after the kill: contact {entry_id} is not given again" for entry_id in lost)


def _report(rows, seconds, retries):
    done = [row for row in rows if "entry" in row]
    print(
        f"{f'milliseconds, over HTTP ({WORKERS} server processes)':50} {'p50':>8} {'p95':>8} {'max':>8} {'calls/s':>9}"
    )
    for title, key in (("next contact", "taken_ms"), ("confirm", "confirmed_ms")):
        times = [row[key] for row in done]
        columns = [percentile(times, 50), percentile(times, 95), max(times)]
        print(f"{title:50} {' '.join(f'{column:8.1f}' for column in columns)} {len(done) / seconds:9.1f}", flush=True)
    yield from (f"over HTTP: {row.get('error') or row.get('broken')}" for row in rows if "entry" not in row)
    if len({row["entry"] for row in done}) < len(done):
        yield "over HTTP: a contact was given twice"
    print(f"repeated requests: {retries.counts or 'none'}")
    if any("next_contact" in method for method in retries.counts):
        yield "over HTTP: claims had to be repeated"


class Operator:
    """A process at the web client (see queue_operator.py)."""

    def __init__(self, port, database, login, campaign_id, outcome_ids, count):
        script = Path(__file__).with_name("queue_operator.py")
        arguments = [port, database, login, PASSWORD, campaign_id, outcome_ids, count]
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", python.interpreter(), script, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.process.stdout.readline()  # logged in

    def start(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def finish(self):
        rows = []
        for line in self.process.stdout:
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                break  # it was killed while writing
        self.process.wait()
        return rows
