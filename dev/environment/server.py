"""Running Odoo as a child: its log goes to a file, to the person goes what matters."""

import contextlib
import fcntl
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path

from . import base, odoo, python

# 2026-01-31 10:00:00,000 1234 INFO database logger: message
LOG_LINE = re.compile(
    r"[\d-]{10} [\d:,]{12} \d+ (?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>[^\s:]+): (?P<message>.*)"
)
LOADING = re.compile(r"Loading module (?P<module>\w+) \((?P<number>\d+)/(?P<total>\d+)\)")

_claimed_ports = []


def free_port(first=8069):
    """The first port from `first` on that is free; ours for the life of this process."""
    for port in range(first, first + 1000):
        claim = base.lock_file(f"port-{port}").open("w")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            _claimed_ports.append(claim)
            return port
    raise base.SetupError(f"no free port between {first} and {first + 1000}")


def log_file(name):
    folder = base.CACHE / "logs"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.log"


class Server:
    """One Odoo process.

    :param arguments: Odoo's command line
    :param env: as returned by `prepare()`
    :param name: names the log file
    :param on_line: called with each line of Odoo's log, in a thread of its own
    :param program: what Python runs: Odoo, or a script that becomes Odoo
    """

    def __init__(self, arguments, env, name, on_line, program=("-m", "odoo")):
        self.log = log_file(name)
        self._on_line = on_line
        # setpriv: Odoo ends with us even if we are killed. A session of its own: Ctrl-C in the
        # terminal reaches only us, and Odoo gets one signal, not two.
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", python.interpreter(), *program, *arguments],
            env=env,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self.log.open("w", encoding="utf-8") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                self._on_line(line.rstrip("\n"))

    def wait(self):
        """Wait for the end and return the exit code."""
        code = self.process.wait()
        self._reader.join(timeout=10)
        return code

    def stop(self):
        """Ask Odoo to end, and make it end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.stop()


@contextlib.contextmanager
def serve(env, database, workers, on_line=lambda line: None):
    """A server of several processes, which has started.

    :param env: as returned by `prepare()`
    :param on_line: called with each line of its log
    :yield: its process and its port
    """
    port, is_up = free_port(), threading.Event()

    def watch(line):
        if "WorkerHTTP" in line and "alive" in line:
            is_up.set()
        on_line(line)

    arguments = [f"--database={database}", f"--db-filter=^{database}$", f"--http-port={port}",
                 f"--gevent-port={free_port(port + 1)}", f"--workers={workers}", "--max-cron-threads=0"]  # fmt: skip
    program = (str(odoo.home() / "odoo-bin"),)  # a server of several processes starts one of them by this name
    with Server(arguments, env, f"serve-{database}", watch, program) as service:
        if not is_up.wait(timeout=120):
            raise base.SetupError(f"the server did not start: {service.log}")
        yield service.process, port


def answering_processes(process):
    """The processes of a server that answer requests.

    :return: list of their ids
    """
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    found = [child for child in map(int, children) if b"\0gevent\0" not in Path(f"/proc/{child}/cmdline").read_bytes()]
    if not found:
        raise base.SetupError("the server has no process that answers")
    return found


class Progress:
    """Says from time to time how far the loading of modules is."""

    def __init__(self, step=10):
        self._step = step

    def __call__(self, line):
        loading = LOADING.search(line)
        if loading and int(loading["number"]) % self._step == 0:
            base.say(f"  {loading['number']} of {loading['total']} modules ({loading['module']})")


def install_modules(env, database, modules, update=False):
    """Install (or update) modules in a database, which is made if there is none."""
    flag = "--update" if update else "--init"
    arguments = [
        f"--database={database}", f"{flag}={modules}", "--with-demo", "--stop-after-init",
        "--no-http", "--max-cron-threads=0",
    ]  # fmt: skip
    with Server(arguments, env, f"install-{database}", Progress()) as service:
        code = service.wait()
    if code:
        tail = "\n".join(service.log.read_text(encoding="utf-8").splitlines()[-30:])
        raise base.SetupError(f"installing {modules} failed:\n{tail}\nThe whole log: {service.log}")
