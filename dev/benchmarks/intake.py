"""The intake beside Odoo's own interface on servers of 2 processes; then 8 senders while processes are killed.

Works in copies of the databases "stock" and "ours", since leads are committed. Stock's counterpart is creating the same
lead through /json/2, which writes nothing down before.
"""

import contextlib
import http.client
import json
import os
import random
import signal
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

from common import percentile
from environment import base, databases, server

ROWS = 20_000
PROCESSES, SENDERS, RETRIES = 2, 8, 50
ROUNDS, EACH = 100, 40
# how long each is sent to as fast as it goes, by turns, and how often
SLICE, SLICES = 2, 8
# after so many answers a process is killed, within so many seconds
KILL_EVERY, KILL_WITHIN = 10, 0.3
RATIO = 1.5
LONGEST = 240
TITLE = 46


def run(env, source, rows, make_worker):
    """Print the figures.

    :param env: as returned by `prepare()`
    :param source: the database with the module and so many leads
    :param make_worker: what gives the worker of a database
    :return: whether the budget is kept and nothing was lost or doubled
    """
    names = {"stock": f"bench_intake_stock_{rows}", "ours": f"bench_intake_ours_{rows}"}
    databases.copy(env, source.replace("bench_ours_", "bench_stock_"), names["stock"])
    databases.copy(env, source, names["ours"])
    try:
        with make_worker(env, names["stock"]) as stock, make_worker(env, names["ours"]) as ours:
            faults = list(measure(env, names, stock, ours))
    finally:
        for name in names.values():
            databases.drop(env, name)
    print("\n".join(f"FAIL: {fault}" for fault in faults) or "PASS: within budget, each request one lead")
    return not faults


def measure(env, names, stock, ours):
    """Yield what is wrong."""

    def ask(call, worker=ours, **arguments):
        return worker.ask(benchmark="intake_data", call=call, arguments=arguments)

    keys = {"stock": ask("make_key", stock), "ours": ask("make_key")}
    with (
        server.serve(env, names["stock"], PROCESSES) as (_stock_process, stock_port),
        server.serve(env, names["ours"], PROCESSES) as (process, port),
    ):
        ways = {
            "stock: create through /json/2": Odoo(stock_port, keys["stock"]),
            "the same with the module": Odoo(port, keys["ours"]),
            "intake": Intake(port, "speed", ask("make_channel", code="speed")),
        }
        yield from measure_latency(ways)
        yield from measure_rate(ways)
        yield from prove_retries(ask, Intake(port, "retries", ask("make_channel", code="retries")))
        yield from prove_kills(ask, process, Intake(port, "kills", ask("make_channel", code="kills")))


# ------------------------------------------------------------
# SPEED
# ------------------------------------------------------------


def measure_latency(ways):
    times = {title: [] for title in ways}
    for number in range(-10, ROUNDS):
        for title, way in ways.items():
            began = time.perf_counter()
            way.send(f"latency-{number}")
            if number >= 0:
                times[title].append((time.perf_counter() - began) * 1000)
    print(f"{'milliseconds, one after the other':{TITLE}} {'p50':>8} {'p95':>8} {'max':>8}")
    for title, values in times.items():
        print(f"{title:{TITLE}} {percentile(values, 50):8.1f} {percentile(values, 95):8.1f} {max(values):8.1f}")
    stock, _with_module, intake = (percentile(values, 50) for values in times.values())
    print(f"intake: {intake / stock:.2f} times stock, at most {RATIO:g}")
    if intake > RATIO * stock:
        yield f"an inquiry takes {intake / stock:.2f} times as long as stock's create"


def measure_rate(ways):
    counts = dict.fromkeys(ways, 0)
    for number in range(SLICES):
        for title, way in ways.items():
            counts[title] += _send_for(way, f"rate-{number}", SLICE)
    print(f"{f'{PROCESSES * 2} senders at once':{TITLE}} {'a second':>8}")
    rates = {title: count / (SLICE * SLICES) for title, count in counts.items()}
    for title, rate in rates.items():
        print(f"{title:{TITLE}} {rate:8.1f}")
    stock, _with_module, intake = rates.values()
    if stock > RATIO * intake:
        yield f"stock takes in {stock / intake:.2f} times as many a second"


def _send_for(way, prefix, seconds):
    until = time.monotonic() + seconds

    def work(sender):
        count = 0
        while time.monotonic() < until:
            way.send(f"{prefix}-{sender}-{count}")
            count += 1
        return count

    return sum(_at_once(work, range(PROCESSES * 2)))


# ------------------------------------------------------------
# ONCE
# ------------------------------------------------------------


def prove_retries(ask, intake):
    """One request, sent by many at the same moment."""
    start = threading.Barrier(RETRIES)

    def work(_sender):
        start.wait()
        return intake.insist("the-one", time.monotonic() + LONGEST)

    began = time.monotonic()
    numbers = _at_once(work, range(RETRIES))
    print(f"{RETRIES} times the same at once: {len(set(numbers))} number, after {time.monotonic() - began:.1f} s")
    if len(set(numbers)) != 1:
        yield f"the same request has the numbers {sorted(set(map(str, numbers)))}"
    yield from (
        f"{RETRIES} times the same: {fault}" for fault in ask("check", code="retries", answers={"the-one": numbers[0]})
    )


def prove_kills(ask, process, intake):
    """Senders that repeat until they are answered, while the server's processes are killed one after the other."""
    until, over, kills = time.monotonic() + LONGEST, threading.Event(), []
    chance = random.Random(1)

    def kill():
        following = KILL_EVERY
        while not over.wait(0.02):
            if intake.answered < following:
                continue
            following = intake.answered + KILL_EVERY
            over.wait(chance.uniform(0, KILL_WITHIN))
            # only processes of the server that this benchmark has started
            with contextlib.suppress(ProcessLookupError, FileNotFoundError, base.SetupError):
                victim = chance.choice(server.answering_processes(process))
                os.kill(victim, signal.SIGKILL)
                kills.append(victim)

    def work(sender):
        # every request has two senders
        own = [f"kill-{(sender // 2) * EACH + number}" for number in range(EACH)]
        random.Random(sender).shuffle(own)
        return {external_id: intake.insist(external_id, until) for external_id in own}

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = _at_once(work, range(SENDERS))
    finally:
        over.set()
        killer.join()
    answers, faults = {}, []
    for external_id, number in (pair for sender in found for pair in sender.items()):
        if answers.setdefault(external_id, number) != number:
            faults.append(f"request {external_id} was answered {answers[external_id]} and {number}")
    interrupted = ask("finish", code="kills")
    print(
        f"{SENDERS} senders, {len(answers)} requests, each by two; {len(kills)} processes killed,"
        f" {intake.broken} requests broke off, {interrupted} left for the scheduled job"
    )
    if not kills or not intake.broken:
        faults.append("no request broke off, so nothing was proved")
    yield from (f"after the kills: {fault}" for fault in faults + ask("check", code="kills", answers=answers))


def _at_once(work, senders):
    """What threads return that begin together, in the order of the senders."""
    with ThreadPoolExecutor(len(senders)) as pool:
        return list(pool.map(work, senders))


# ------------------------------------------------------------
# WHO SENDS
# ------------------------------------------------------------


class Way:
    """Sends inquiries to an address, with a connection of its own for each thread."""

    def __init__(self, port, path, secret):
        self._port, self._path, self._local = port, path, threading.local()
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self.broken, self.answered = 0, 0

    def ask(self, content):
        """
        :return: status, and what the JSON of the answer holds
        """
        connection = getattr(self._local, "connection", None) or http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=60
        )
        self._local.connection = connection
        try:
            connection.request("POST", self._path, json.dumps(content), self._headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            self._local.connection = None
            raise

    def send(self, name):
        status, answer = self.ask(self.prepare(name))
        if status not in (200, 201):
            raise RuntimeError(f"{self._path}: {status} {answer}")
        return answer


class Odoo(Way):
    def __init__(self, port, key):
        super().__init__(port, "/json/2/crm.lead/create", key)

    def prepare(self, name):
        return {"vals_list": [{**inquiry(name), "description": "A week for four, please.", "user_id": False}]}


class Intake(Way):
    def __init__(self, port, code, secret):
        super().__init__(port, f"/lead_intake/{code}", secret)

    def prepare(self, name):
        return {**inquiry(name), "request": "A week for four, please.", "external_id": name}

    def insist(self, name, until):
        """Send until it is answered, as a sender does.

        :return: the number of the lead
        """
        while time.monotonic() < until:
            try:
                status, answer = self.ask(self.prepare(name))
            except (OSError, http.client.HTTPException, ValueError):
                self.broken += 1
                time.sleep(0.1)
                continue
            if status in (200, 201):
                self.answered += 1
                return answer["number"]
            if status != 503:
                raise RuntimeError(f"{name}: {status} {answer}")
            time.sleep(0.1)
        raise RuntimeError(f"{name} was not answered in {LONGEST} s")


def inquiry(name):
    return {
        "name": f"Inquiry {name}",
        "contact_name": f"Sender {name}",
        "email_from": f"{name}@example.com",
        "phone": f"+3906{zlib.crc32(name.encode()) % 10**8:08d}",
    }
