"""Runs inside `odoo shell`: takes measures by name from the runner and answers with times.

Requests and answers are lines of JSON through two pipes of their own, since the shell's input
is this very file and its output carries the log.
"""

import importlib
import json
import os
import sys
import time

sys.path.insert(0, os.environ["BENCH_FOLDER"])


def timed(env, function, number):
    """Milliseconds of one round; leaves the database as it was."""
    try:
        work = function(env, number)
        env.flush_all()
        env.invalidate_all()
        start = time.perf_counter()
        work()
        env.flush_all()
        return (time.perf_counter() - start) * 1000
    finally:
        env.cr.rollback()
        env.invalidate_all()


def serve(env):
    with os.fdopen(int(os.environ["BENCH_REQUESTS"])) as requests:
        answers = os.fdopen(int(os.environ["BENCH_ANSWERS"]), "w")
        for line in requests:
            request = json.loads(line)
            if "fill" in request:
                importlib.import_module("data").fill(env, request["fill"])
                env.cr.commit()
                answer = None
            elif "fill_ours" in request:
                importlib.import_module("data").fill_ours(env)
                env.cr.commit()
                answer = None
            elif "call" in request:
                benchmark = importlib.import_module(request["benchmark"])
                answer = getattr(benchmark, request["call"])(env, **request.get("arguments", {}))
            elif "evaluate" in request or "notes" in request:
                benchmark = importlib.import_module(request["benchmark"])
                answer = list((benchmark.evaluate if "evaluate" in request else benchmark.notes)(env))
            else:
                importlib.import_module(request["benchmark"])
                found = importlib.import_module("common").MEASURES[request["measure"]]
                function = found.stock if request["stock"] else found.function
                answer = timed(env, function, request["number"])
            print(json.dumps(answer), file=answers, flush=True)


serve(env)  # noqa: F821 - odoo shell defines it
