"""The customer's page with 1,000 messages in its thread, and 500 open pages that ask a server of 2 processes for news.

Works in a copy of the database "ours", in which every lead has a message; with fewer than 20,000 rows there are fewer
pages. They do what the page's script does without a bus (see portal_pages.py). Stock's counterpart is its page of a
quotation with as many messages in its thread, which it fetches by a second request.
"""

import http.client
import json
import os
import subprocess
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

from common import percentile
from environment import base, databases, python, server
from web import Client

PROCESSES, PAGES, MESSAGES = 2, 500, 1000
ROUNDS, CLICKS = 60, 120
# within how many seconds the pages are opened, and how long somebody at the desk reads between two clicks
OPENING, READING = 120, 0.2
RATIO_PAGE, RATIO_CLICK, ARRIVAL = 1.2, 1.3, 60
UNREAD_MS = 50
TITLE = 46


def run(env, source, rows, make_worker):
    """Print the figures.

    :param env: as returned by `prepare()`
    :param source: the database with the module and so many leads
    :param make_worker: what gives the worker of a database
    :return: whether all budgets are kept
    """
    name = f"bench_portal_{rows}"
    pages = min(PAGES, rows // 40)
    databases.copy(env, source, name)
    try:
        with make_worker(env, name) as worker:
            faults = list(measure(env, name, worker, pages))
    finally:
        databases.drop(env, name)
    print("\n".join(f"FAIL: {fault}" for fault in faults) or "PASS: all budgets are kept")
    return not faults


def measure(env, name, worker, pages):
    """Yield what is wrong."""

    def ask(call, **arguments):
        return worker.ask(benchmark="portal_data", call=call, arguments=arguments)

    base.say(f"writing messages; {pages} customers have a page")
    data = ask("fill", pages=pages, messages=MESSAGES)
    databases.sql(env, "VACUUM ANALYZE", name)
    loads = [os.getloadavg()[0]]
    print(f"{'milliseconds':{TITLE}} {'p50':>8} {'p95':>8} {'max':>8} {'queries':>8}")
    yield from measure_desk(ask, data)
    with server.serve(env, name, PROCESSES) as (_process, port):
        yield from measure_page(port, name, data)
        loads.append(os.getloadavg()[0])
        yield from measure_polls(port, name, data, ask)
    loads.append(os.getloadavg()[0])
    print(f"load of the machine before, between and after: {', '.join(f'{load:.1f}' for load in loads)}")


def report(title, times, verdict="", queries=""):
    columns = [percentile(times, 50), percentile(times, 95), max(times)]
    print(f"{title:{TITLE}} {' '.join(f'{column:8.1f}' for column in columns)} {queries:>8}  {verdict}", flush=True)


def judge(title, value, budget, unit):
    """
    :return: the verdict for the table, and a list of what is wrong
    """
    kept = value <= budget
    words = f"at most {budget:g}{unit}"
    return f"{words}: {'PASS' if kept else 'FAIL'}", [] if kept else [f"{title}: {value:.2f}{unit}, {words}"]


# ------------------------------------------------------------
# THE DESK, AND THE PAGE
# ------------------------------------------------------------


def measure_desk(ask, data):
    lead_id = data["leads"][0][0]
    figures = ask("desk", lead_id=lead_id, operator=data["operator"], rounds=ROUNDS)
    faults = []
    for title, figure in figures.items():
        verdict = ""
        if title.endswith("the number"):
            verdict, faults = judge(title, percentile(figure["ms"], 95), UNREAD_MS, " ms")
        report(f"desk: {title}", figure["ms"], verdict, figure["queries"])
    yield from faults
    plan = ask("plan", operator=data["operator"])
    if not any("crm_lead_unread_idx" in line for line in plan):
        yield "\n".join(["the index of what is to be read is not used:", *plan])
    plain, flagged = (figures[f"list of 80 leads {word} the flag"]["queries"] for word in ("without", "with"))
    if flagged > plain:
        yield f"the flag costs {flagged - plain} queries in a list"


def measure_page(port, name, data):
    """Our page by link and by login, and stock's page of a thread that is as long, by turns."""
    lead_id, link = data["leads"][0]
    visitor, customer = Client(port), Client(port).log_in(name, data["customer"], data["password"])
    visitor.get(link)
    page = f"/my/requests/{lead_id}"
    thread = {"thread_model": "sale.order", "thread_id": data["order"], "fetch_params": {"limit": 30}}
    works = {
        "page, by link": lambda: visitor.get(page),
        "page, by login": lambda: customer.get(page),
        "stock: page of a quotation": lambda: customer.get(f"/my/orders/{data['order']}"),
        "stock: its messages, fetched after": lambda: customer.post("/mail/chatter_fetch", thread),
    }
    times = {title: [] for title in works}
    for number in range(-5, ROUNDS):
        for title, work in works.items():
            began = time.perf_counter()
            work()
            if number >= 0:
                times[title].append((time.perf_counter() - began) * 1000)
    both = [sum(pair) for pair in zip(*(times[title] for title in works if title.startswith("stock")), strict=True)]
    for title, values in times.items():
        verdict = ""
        if title.startswith("page"):
            ratio = percentile(values, 50) / percentile(both, 50)
            verdict, faults = judge(f"{title}, p50", ratio, RATIO_PAGE, " times stock's two")
            yield from faults
        report(title, values, verdict)
    report("stock: the two together", both)


# ------------------------------------------------------------
# OPEN PAGES
# ------------------------------------------------------------


def measure_polls(port, name, data, ask):
    operator = Operator(port, name, data)
    operator.click(CLICKS // 10)
    idle = operator.click(CLICKS)
    with Pages(port, [link for _lead_id, link in data["leads"]]) as pages:
        pages.wait_until_open()
        began = time.monotonic()
        busy = operator.click(CLICKS)
        seconds = time.monotonic() - began
        polls = [row for row in pages.answers("poll") if row["began"] >= began]
        written = ask("write", lead_ids=[id_ for id_, _link in data["leads"]], operator=data["operator"], text="News")
        late = operator.click(0, until=written["at"] + ARRIVAL / 2)
        arrivals = pages.wait_for(written)
        answers = pages.answers()
    idle += operator.click(CLICKS)  # before and after, so that what else the machine does hits both alike
    yield from _report_clicks(idle, busy, late)
    print(f"connections of the desk that were lost and made again: {operator.lost}")
    yield from _report_pages(polls, seconds, answers)
    yield from _report_arrivals(arrivals, len(data["leads"]))


def _report_clicks(idle, busy, late):
    report("click at the desk, nobody polls", idle)
    title = "click at the desk, all pages poll"
    ratio = percentile(busy, 95) / percentile(idle, 95)
    verdict, faults = judge(f"{title}, p95", ratio, RATIO_CLICK, " times idle's p95")
    report(title, busy, f"{verdict} ({ratio:.2f})")
    report("click at the desk, a message reaches all", late)
    yield from faults


def _report_pages(polls, seconds, answers):
    times = [(row["ended"] - row["began"]) * 1000 for row in polls]
    report("poll", times, f"{len(times) / seconds:.1f} a second")
    for title, kinds in (("opening the pages", ("open",)), ("open pages", ("poll", "seen"))):
        rows = [row for row in answers if row["kind"] in kinds]
        unanswered = [row for row in rows if row["status"] not in (200, 204, 303)]
        share = 100 * (1 - len(unanswered) / len(rows))
        print(f"{title}: answered of {len(rows):,} requests {share:.2f} %")
        if unanswered and "poll" in kinds:
            statuses = sorted({(row["kind"], row["status"]) for row in unanswered})
            yield f"{len(unanswered)} requests of open pages were not answered: {statuses}"


def _report_arrivals(arrivals, pages):
    title = f"a message reaches {len(arrivals)} of {pages} pages"
    seconds = sorted(arrivals)
    if len(seconds) < pages:
        yield title
    if seconds:
        verdict, faults = judge("a message reaches the last page", seconds[-1], ARRIVAL, " s")
        p50, p95 = percentile(seconds, 50), percentile(seconds, 95)
        print(f"{title}: after {p50:.1f} s p50, {p95:.1f} s p95, {seconds[-1]:.1f} s max  {verdict}")
        yield from faults


class Operator:
    """Somebody at the desk, who opens a lead with its conversation and goes back to the list."""

    def __init__(self, port, name, data):
        self._client = Client(port).log_in(name, data["operator"], data["password"])
        self._lead_ids = [lead_id for lead_id, _link in data["leads"]]
        self._number = self.lost = 0
        form = self._client.call("crm.lead", "get_views", [[False, "form"], [False, "list"]])
        self._form, self._list = (self._specify(form, kind) for kind in ("form", "list"))

    def _specify(self, views, kind):
        """What the web client reads for a view."""
        fields = views["models"]["crm.lead"]["fields"]
        display = {"fields": {"display_name": {}}}
        return {
            name: display if fields[name]["type"] in ("many2one", "many2many") else {}
            for name in _find_fields(ElementTree.fromstring(views["views"][kind]["arch"]))
        }

    def click(self, count, until=0):
        """
        :param int until: the moment before which to go on clicking
        :return: milliseconds of each click
        """
        times = []
        while len(times) < count or time.monotonic() < until:
            self._number += 1
            lead_ids = [self._lead_ids[self._number % len(self._lead_ids)]]
            began = time.perf_counter()
            self._call("web_read", lead_ids, specification=self._form)
            self._call("get_conversation", lead_ids)
            self._call("web_search_read", [], self._list, limit=80)
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(READING)
        return times

    def _call(self, method, *args, **kwargs):
        """Read something, again where the connection is refused or lost: the web client's user would press once more,
        and that time counts."""
        for is_last in (False, False, True):
            try:
                return self._client.call("crm.lead", method, *args, **kwargs)
            except (OSError, http.client.HTTPException):
                self.lost += 1
                if is_last:
                    raise
        return None


def _find_fields(node):
    """Names of the fields of a view, without those of the lists in it."""
    for child in node:
        if child.tag == "field":
            yield child.get("name")
        else:
            yield from _find_fields(child)


class Pages:
    """A process with all the open pages (see portal_pages.py)."""

    def __init__(self, port, links):
        self._count, self._rows = len(links), []
        script = Path(__file__).with_name("portal_pages.py")
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", python.interpreter(), script, str(port), str(OPENING)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._process.stdin.write("\n".join(links))
        self._process.stdin.close()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._rows.append(json.loads(line))

    def answers(self, kind=None):
        return [row for row in list(self._rows) if kind in (None, row["kind"])]

    def wait_until_open(self):
        """Each page has been opened and has asked once."""

        def find():
            return {row["page"] for row in self.answers("poll")}

        if len(_wait(find, self._count, time.monotonic() + 4 * OPENING)) < self._count:
            raise base.SetupError(f"only {len(find())} of {self._count} pages could be opened")

    def wait_for(self, written):
        """
        :param dict written: what `portal_data.write` returns
        :return: list of the seconds until a page had its message, for those that got it in twice the time
        """
        wanted = [message_id for _lead_id, message_id in written["last"]]

        def find():
            return {
                row["page"]: row["ended"] - written["at"]
                for row in reversed(self.answers("poll"))
                if row.get("last", 0) >= wanted[row["page"]]
            }

        return list(_wait(find, self._count, written["at"] + 2 * ARRIVAL).values())

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._process.terminate()
        self._process.wait()


def _wait(find, count, until):
    """What is found, as soon as that are so many."""
    while len(found := find()) < count and time.monotonic() < until:
        time.sleep(1)
    return found
