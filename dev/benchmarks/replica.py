"""The reports served by a streaming replica: a cluster of its own and its replica, started and stopped here.

Odoo works on the first and reads from the second. Counted is which of the two has read leads while reports were asked
for over HTTP, and whether a lead that was made on the first shows in a report that the second serves.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from environment import base, debian, postgres, server
from web import Client

ROWS = 20_000
ROUNDS = 20
SECONDS = 60
TABLES = ("crm_lead", "crm_lead_stay")
CALLS = {
    "sources: pivot": (
        "crm.lead.source.report", "formatted_read_grouping_sets",
        ([], [[], ["source_id"]], ["leads:sum", "won_rate:mean", "median_to_client:median"]),
    ),
    "by month: graph": (
        "crm.lead.source.report", "formatted_read_group", ([], ["create_date:month"], ["leads:sum"])
    ),
    "sources: list": ("crm.lead.source.report", "web_search_read", ([], {"number": {}, "outcome": {}}, 0, 80)),
    "stages: pivot": (
        "crm.lead.stage.report", "formatted_read_grouping_sets",
        ([], [[], ["stage_id"]], ["stays:sum", "median_days:median", "death_rate:mean"]),
    ),
    "dashboard": ("crm.lead.dashboard", "get_dashboard", ("week",)),
    "unread counter": ("crm.lead", "get_unread_count", ()),
}  # fmt: skip


def run(env, source, rows, make_worker):
    """Print who served the reports.

    :param env: as returned by `prepare()`
    :param source: the database with the module and so many leads
    :return: whether it was the replica, and it alone
    """
    folder = Path(tempfile.mkdtemp(prefix="replica-"))
    try:
        faults = list(measure(env, source, folder))
    finally:
        shutil.rmtree(folder)
    print("\n".join(f"WRONG: {fault}" for fault in faults) or "the replica served the reports, and it alone")
    return not faults


def measure(env, source, folder):
    """Yield what is wrong."""
    owner = postgres.account()
    if owner:
        os.chown(folder, owner["user"], owner["group"])
    with contextlib.ExitStack() as stack:
        base.say("making a cluster, and a replica of it")
        primary = Cluster(folder / "primary", env)
        postgres.tool("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                      f"--pgdata={primary.data}", stdout=subprocess.DEVNULL)  # fmt: skip
        stack.enter_context(primary)
        primary.restore(env, source)
        replica = Cluster(folder / "replica", env)
        postgres.tool("pg_basebackup", f"--host={primary.sockets}", "--username=postgres", f"--pgdata={replica.data}",
                      "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast")  # fmt: skip
        stack.enter_context(replica)
        wait_until(lambda: primary.ask("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1")
        print(f"the replica streams; in recovery: {replica.ask('SELECT pg_is_in_recovery()')}")
        both = {**env, "PGHOST": str(primary.sockets), "PGUSER": postgres.ROLE, "PGHOST_REPLICA": str(replica.sockets)}
        with server.serve(both, source, 2) as (_process, port):
            client = Client(port).log_in(source, "admin", "admin")
            yield from compare(client, primary, replica, source)
            yield from follow(client)


def compare(client, primary, replica, database):
    """Ask for reports, and see who has read the leads."""
    for model, method, arguments in CALLS.values():
        client.call(model, method, *arguments)  # what is loaded once is loaded
    print(f"{'scans of leads and stays':32} {'primary':>10} {'replica':>10} {'ms, p50':>10}")
    for title, (model, method, arguments) in CALLS.items():
        before, times = (settle(primary, database), settle(replica, database)), []
        for _round in range(ROUNDS):
            start = time.perf_counter()
            client.call(model, method, *arguments)
            times.append((time.perf_counter() - start) * 1000)
        wait_until(lambda: replica.count_scans(database) >= before[1] + ROUNDS)  # noqa: B023 - at once
        by_primary, by_replica = (
            settle(cluster, database) - count for cluster, count in zip((primary, replica), before, strict=True)
        )
        print(f"{title:32} {by_primary:10} {by_replica:10} {sorted(times)[ROUNDS // 2]:10.1f}", flush=True)
        if by_primary or by_replica < ROUNDS:
            yield f"{title}: {by_primary} scans by the primary, {by_replica} by the replica in {ROUNDS} calls"


def follow(client):
    """A lead that is made shows in the report as soon as it has come to the replica."""

    def count():
        return client.call("crm.lead.source.report", "formatted_read_group", [], [], ["leads:sum"])[0]["leads:sum"]

    before = count()
    client.call("crm.lead", "create", [{"name": "Made on the primary"}])
    start = time.perf_counter()
    try:
        wait_until(lambda: count() == before + 1)
    except base.SetupError:
        yield "a new lead does not come to the report"
    print(f"a new lead is in the report after {(time.perf_counter() - start) * 1000:.0f} ms")


def settle(cluster, database):
    """The scans of a server once it has written down what its sessions did, which they do now and then."""
    count, since = cluster.count_scans(database), time.monotonic()
    while time.monotonic() - since < 2:
        time.sleep(0.2)
        if cluster.count_scans(database) != count:
            count, since = cluster.count_scans(database), time.monotonic()
    return count


def wait_until(is_so):
    start = time.monotonic()
    while not is_so():
        if time.monotonic() - start > SECONDS:
            raise base.SetupError("waited too long")
        time.sleep(0.1)


class Cluster:
    """A database server on a socket in its own folder, which runs as long as this is entered."""

    def __init__(self, folder, env):
        self.sockets, self.data, self._log = folder, folder / "data", folder / "server.log"
        base.run(["install", "--directory", folder], **postgres.account())
        self._env = {**env, "PGHOST": str(folder), "PGUSER": "postgres"}

    def __enter__(self):
        options = f"-c listen_addresses='' -c unix_socket_directories={self.sockets} -c shared_buffers=256MB"
        try:
            postgres.tool("pg_ctl", "start", "--wait", "--timeout=120", "--silent", "-D", self.data, "-l", self._log,
                          "-o", options, stdout=subprocess.DEVNULL)  # fmt: skip
        except subprocess.CalledProcessError as error:
            raise base.SetupError(f"the server did not start:\n{self._log.read_text()}") from error
        return self

    def __exit__(self, *_exception):
        postgres.tool("pg_ctl", "stop", "--mode=fast", "--silent", "-D", self.data, stdout=subprocess.DEVNULL)

    def ask(self, sql, database="postgres"):
        return base.output(["psql", "-XAqt", "-c", sql, database], env=self._env)

    def count_scans(self, database):
        tables = ", ".join(f"'{table}'" for table in TABLES)
        sql = f"SELECT sum(seq_scan + COALESCE(idx_scan, 0)) FROM pg_stat_user_tables WHERE relname IN ({tables})"
        return int(self.ask(sql, database) or 0)

    def restore(self, env, source):
        """Take a database over from the server that all benchmarks use."""
        binaries = debian.postgres_binaries()
        self.ask(f"CREATE ROLE {postgres.ROLE} LOGIN CREATEDB")
        self.ask(f'CREATE DATABASE "{source}" OWNER {postgres.ROLE}')
        dump = [str(binaries / "pg_dump"), "--format=custom", "--compress=0", "--no-owner", "--no-privileges", source]
        with subprocess.Popen(dump, env=env, stdout=subprocess.PIPE) as dumping:
            base.run([binaries / "pg_restore", "--no-owner", f"--role={postgres.ROLE}", f"--dbname={source}"],
                     env=self._env, stdin=dumping.stdout)  # fmt: skip
        self.ask("ANALYZE", source)
