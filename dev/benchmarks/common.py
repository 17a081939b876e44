"""How to write a benchmark: a file in this folder, started as `./dev/bench NAME`.

The runner keeps two databases with the same data (see `data.py`): "stock" without our
module, "ours" with it. It runs each measure of the file in both by turns (stock, ours,
stock, ours, ...), so that whatever else the machine does hits both alike, and exits with 1
if a budget is missed. For instance:

    \"\"\"Lists of leads: the first line is what `./dev/bench` shows.\"\"\"

    from common import measure

    @measure("list of 80 leads", ratio=1.2)
    def list_of_80(env, number):
        domain = [("user_id", "=", env.uid + number)]  # not timed: it prepares
        return lambda: env["crm.lead"].search_read(domain, limit=80)

A measure takes the environment (as the administrator) and the number of the round, which is
the same in both databases, prepares what it needs and returns the function to be timed.
Pending writes are flushed within the time; caches are emptied before, and everything is
rolled back after.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

MEASURES = []


@dataclass(frozen=True)
class Measure:
    """What to time, how often, and how long it may take (see `measure`)."""

    title: str
    function: Callable
    stock: Callable | None
    p50_ms: float | None
    p95_ms: float | None
    ratio: float | None
    rounds: int
    per: int

    def verdict(self, ours, stock):
        """Compare times with the budgets.

        :param list ours: milliseconds of each round
        :param list stock: the same for the stock database, empty if it has no counterpart
        :return: (budget in words, whether it is kept)
        """
        limits = []
        if self.p50_ms is not None:
            limits.append((f"p50 < {self.p50_ms:g} ms", percentile(ours, 50) < self.p50_ms))
        if self.p95_ms is not None:
            limits.append((f"p95 < {self.p95_ms:g} ms", percentile(ours, 95) < self.p95_ms))
        if self.ratio is not None:
            kept = percentile(ours, 50) <= self.ratio * percentile(stock, 50)
            limits.append((f"<= {self.ratio:g} x stock", kept))
        return ", ".join(words for words, _kept in limits), all(kept for _words, kept in limits)


def measure(title, *, p50_ms=None, p95_ms=None, ratio=None, stock=True, rounds=20, per=1):
    """Declare a function to be a measure, with its budgets.

    :param title: what is done, for the table
    :param p50_ms: half of the rounds must take less
    :param p95_ms: 95 % of the rounds must take less
    :param ratio: the median may be at most this many times that of the stock database;
        0.02 means fifty times faster
    :param stock: True if the stock database does the same; a function if it gets to the same
        end in another way; False if there is no counterpart
    :param rounds: how often in each database, after two rounds that do not count
    :param per: how many items one round makes; the times are for one of them
    """
    if ratio is not None and not stock:
        raise ValueError(f"{title}: a ratio needs the stock database")

    def register(function):
        counterpart = function if stock is True else stock or None
        MEASURES.append(Measure(title, function, counterpart, p50_ms, p95_ms, ratio, rounds, per))
        return function

    return register


def percentile(values, percent):
    """The value that `percent` of the values do not exceed, interpolated."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
