"""The database server: yours if a PG* variable names one, else a private one in the cache.

The private server listens on a Unix socket only. Every command that uses it holds a shared
lock on one file for as long as it lives, even if killed; a watcher in the background waits
for the exclusive lock and then stops the server.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import base, debian

ROLE = "odoo"
SOCKET_NAME = ".s.PGSQL.5432"
FOLDER = base.CACHE / "postgres"

_held = None  # the lock on the file of users, for the life of the process


def is_external():
    """Whether the person named a server; then we neither start nor stop one."""
    return any(os.environ.get(name) for name in ("PGHOST", "PGPORT", "PGSERVICE"))


def _users():
    """The file on which every process that uses the server holds a shared lock."""
    return base.lock_file("postgres-users")


def account():
    """As root, the system account that runs the server, for PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _data():
    version = debian.postgres_binaries().parent.name
    return FOLDER / version


def _socket_folder():
    folder = FOLDER / "socket"
    # A socket's path may not exceed 107 bytes.
    if len(os.fsencode(folder / SOCKET_NAME)) > 107:
        folder = Path(tempfile.gettempdir()) / f"{base.MODULE}-{os.geteuid()}-{base.digest(base.CACHE)}"
    return folder


def tool(name, *arguments, **options):
    """Run a program of PostgreSQL's as the account that runs the server."""
    return base.run([debian.postgres_binaries() / name, *arguments], cwd="/", **account(), **options)


def hold():
    """Keep the server running for the life of this process, starting it if need be.

    :return: the PG* variables that lead to it
    """
    global _held
    if is_external():
        return {}
    if _held is None:
        _prepare_folders()
        with base.locked("postgres-start", "another command is starting the database server, waiting"):
            _held = _users().open("w")
            fcntl.flock(_held, fcntl.LOCK_SH)
            # A command that replaces itself (exec) hands its hold to the successor.
            os.set_inheritable(_held.fileno(), True)
            _create_cluster()
            _start()
    return {"PGHOST": str(_socket_folder()), "PGUSER": os.environ.get("PGUSER") or ROLE}


def release():
    """Give the hold back, and stop the server at once if nobody else has one."""
    global _held
    if _held is None:
        return
    _held.close()
    _held = None
    with _users().open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _stop()


def watch():
    """Wait until nobody uses the server any more, then stop it (the watcher's whole life)."""
    if os.fork():
        os._exit(0)  # nobody's child: the program that started us may become another one
    # The place of the watcher is given back before the users' lock: who comes next finds it free.
    with _users().open("w") as users, base.lock_file("postgres-watcher").open("w") as watcher:
        try:
            fcntl.flock(watcher, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        fcntl.flock(users, fcntl.LOCK_EX)
        _stop()


def _prepare_folders():
    owner = account()
    for folder in (FOLDER, _socket_folder()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if owner and folder.stat().st_uid != owner["user"]:
            os.chown(folder, owner["user"], owner["group"])
        if folder.stat().st_uid != (owner.get("user") or os.geteuid()):
            raise base.SetupError(f"{folder} belongs to somebody else")
    reachable = subprocess.run(["test", "-x", FOLDER], check=False, **owner)
    if reachable.returncode:
        raise base.SetupError(
            f"the account postgres cannot reach {FOLDER}; name another folder in CRM_LEAD_LIFECYCLE_CACHE"
        )


def _settings():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{_socket_folder()}'",
        "unix_socket_permissions": "0700",
        "shared_buffers": f"{max(128, min(1024, memory // 8))}MB",
        "effective_cache_size": f"{memory // 2}MB",
        "maintenance_work_mem": f"{max(64, min(512, memory // 16))}MB",
        "max_wal_size": "8GB",
        "synchronous_commit": "off",
        "random_page_cost": "1.1",
        "log_min_messages": "fatal",
        "log_min_error_statement": "panic",
        "max_connections": "200",
    }


def _create_cluster():
    data = _data()
    if not data.exists():
        base.say("creating the PostgreSQL cluster")
        temporary = data.with_name(f"{data.name}.creating")
        if temporary.exists():
            shutil.rmtree(temporary)
        tool(
            "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", f"--pgdata={temporary}",
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        temporary.rename(data)
    lines = [f"{key} = {value}\n" for key, value in _settings().items()]
    (data / "postgresql.auto.conf").write_text("".join(lines))


def _is_running():
    status = subprocess.run(
        [debian.postgres_binaries() / "pg_ctl", "status", "-D", _data()],
        check=False, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account(),
    )  # fmt: skip
    return status.returncode == 0


def _start():
    if not _is_running():
        log = FOLDER / "server.log"
        try:
            tool("pg_ctl", "start", "--wait", "--timeout=300", "--silent", "-D", _data(), "-l", log,
                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        except subprocess.CalledProcessError as error:
            lines = log.read_text().splitlines() if log.exists() else []
            raise base.SetupError("PostgreSQL did not start:\n" + "\n".join(lines[-15:])) from error
        _create_role()
    base.run(
        [sys.executable, "-c", "from environment import postgres; postgres.watch()"],
        cwd=Path(__file__).parents[1], start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _create_role():
    """Odoo refuses to work as the role postgres."""
    env = {**base.child_environment(), "PGHOST": str(_socket_folder()), "PGUSER": "postgres"}
    sql = f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"
    if not base.output(["psql", "-XAtc", sql, "postgres"], env=env):
        base.run(["createuser", "--createdb", ROLE], env=env)


def _stop():
    if _is_running():
        tool("pg_ctl", "stop", "--mode=fast", "--silent", "-D", _data(), stdout=subprocess.DEVNULL)
