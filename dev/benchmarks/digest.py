"""The morning digest: 1,000,000 open leads of 300 people, without the sending.

Works in a copy of the database "ours" where every lead is open and most are late, which is the worst morning there is.
"""

from environment import base, databases

ROUNDS = 3
BUDGET_S = 10


def run(env, source, rows, make_worker):
    """Print the figures.

    :param env: as returned by `prepare()`
    :param source: the database with the module and so many leads
    :param make_worker: what gives the worker of a database
    :return: whether the budget is kept and the number of queries is the same for every batch
    """
    name = f"bench_digest_{rows}"
    databases.copy(env, source, name)
    try:
        with make_worker(env, name) as worker:

            def ask(call, **arguments):
                return worker.ask(benchmark="digest_data", call=call, arguments=arguments)

            base.say(f"opening {rows:,} leads")
            ask("fill")
            ask("open_all")
            databases.sql(env, "VACUUM ANALYZE", name)
            answers = [ask("send") for _round in range(ROUNDS)]
    finally:
        databases.drop(env, name)
    print(f"{'one morning':44} {'seconds':>8} {'mails':>6} {'rows':>8} {'kB each':>8}  queries of each batch")
    kept = True
    for number, answer in enumerate(answers):
        seconds = answer["seconds"]
        # what is known of people and rules is read once
        kept = kept and (not number or (seconds < BUDGET_S and len(set(answer["queries"][1:])) == 1))
        title = f"{answer['late']:,} of {answer['open']:,} leads late" + ("" if number else ", first time")
        print(f"{title:44} {seconds:8.1f} {answer['mails']:6} {answer['rows']:8,} {answer['kB']:8.0f}  "
              f"{answer['queries']}")  # fmt: skip
    print(f"< {BUDGET_S} s and the same queries for every batch: {'ok' if kept else 'FAIL'}")
    return kept
