"""Reading the log of a test run: what ran, what failed, and what should not be in there."""

import re
import sys

from . import base
from .server import LOG_LINE

# Warnings that come with the machine or with Odoo itself, never with the module: (logger, message, why).
NOISE = ((r"py\.warnings", rf"(?!.*/addons/{base.MODULE}/)", "Odoo's own use of deprecated Python"),)

STARTING = re.compile(r"Starting (?P<test>\S+) \.\.\.")
SKIPPED = re.compile(r"skipped (?P<test>.+?) : (?P<reason>.*)")
FAILED = re.compile(r"(FAIL|ERROR): (Subtest )?(?P<test>\S+)")
TOTAL = re.compile(r"(?P<failures>\d+) failed, (?P<errors>\d+) error\(s\) of (?P<tests>\d+) tests when loading")
BROWSER = re.compile(r"chrome|websocket-client", re.IGNORECASE)
CLASS_LEVEL = ("setUpClass", "tearDownClass", "setUpModule", "tearDownModule")


class Report:
    """Takes a log line by line, shows what matters and keeps count.

    :param title: said before each test's name
    :param noise: warnings to allow beyond `NOISE`
    """

    def __init__(self, title, noise=()):
        self.title = title
        self.unexpected = []
        self._noise = [(re.compile(logger), re.compile(message)) for logger, message, _why in (*NOISE, *noise)]
        self._showing = False
        self._complete = False
        self._tests = self._failures = self._skipped = 0
        self._failed_tests = set()

    def __call__(self, line):
        record = LOG_LINE.match(line)
        if not record:
            # The rest of the record before: a traceback, for instance.
            if self._showing:
                print(line, flush=True)
            return
        message = record["message"]
        self._count(record["logger"], message)
        serious = record["level"] in ("WARNING", "ERROR", "CRITICAL") and not self._is_noise(record)
        self._showing = serious
        if serious:
            print(line, flush=True)
            if not (FAILED.match(message) or TOTAL.match(message)):
                self.unexpected.append(line)

    def _is_noise(self, record):
        return any(
            logger.fullmatch(record["logger"]) and message.match(record["message"]) for logger, message in self._noise
        )

    def _count(self, logger, message):
        if starting := STARTING.match(message):
            print(f"{self.title}: {starting['test']}", flush=True)
        elif skipped := SKIPPED.match(message):
            print(f"{self.title}: {message}", flush=True)
            if BROWSER.search(skipped["reason"]):
                self.unexpected.append(f"{skipped['test']} needs a browser: {skipped['reason']}")
            self._skipped += not skipped["test"].startswith(CLASS_LEVEL)
        elif failed := FAILED.match(message):
            if not failed["test"].startswith(CLASS_LEVEL):
                self._failed_tests.add((logger, failed["test"]))
        elif total := TOTAL.match(message):
            self._complete = True
            self._tests += int(total["tests"])
            self._failures += int(total["failures"]) + int(total["errors"])

    def problems(self):
        """Why the run is no good although no test may have failed, as lines of text."""
        lines = [f"unexpected: {line}" for line in self.unexpected]
        if not self._complete:
            lines.append("Odoo ended without a report of its tests")
        elif not self._tests:
            lines.append("no test was run")
        return [f"{self.title}: {line}" for line in lines]

    def counts(self):
        """How many passed, failed and were skipped; each unexpected line counts as a failure."""
        failed = self._failures + len(self.problems())
        return self._tests - self._skipped - len(self._failed_tests), failed, self._skipped


def closing_line(reports):
    """The last line of a test run, for people and for machines."""
    passed, failed, skipped = (sum(column) for column in zip(*(report.counts() for report in reports), strict=True))
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def close(reports):
    """Print what is wrong and the closing line; return the exit code."""
    for report in reports:
        for problem in report.problems():
            print(problem)
    sys.stderr.flush()
    print(closing_line(reports), flush=True)
    return any(report.counts()[1] for report in reports)
