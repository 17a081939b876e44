"""The cache folder, messages to the person at the terminal, child processes and locks."""

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

MODULE = "crm_lead_lifecycle"
CHECKOUT = Path(__file__).resolve().parents[2]


def _default_cache():
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root, and its own account cannot reach into /root.
        return Path("/var/cache") / MODULE
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / MODULE


CACHE = Path(os.environ.get("CRM_LEAD_LIFECYCLE_CACHE") or _default_cache()).absolute()

# The database server's account must be able to reach the cache, whatever the person's habits.
os.umask(0o022)


class SetupError(Exception):
    """Something only the person can mend; the text says what."""


def say(message):
    """Tell the person what is going on. Standard output belongs to the programs we start."""
    print(f"[{MODULE}] {message}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def friendly_errors():
    """End the program in words instead of a traceback, and by SIGTERM as by Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except SetupError as error:
        say(f"ERROR: {error}")
        sys.exit(1)
    except subprocess.CalledProcessError as error:
        say(f"ERROR: exit code {error.returncode} from: {shlex.join(map(str, error.cmd))}")
        if error.stderr:
            say(error.stderr.strip())
        sys.exit(1)
    except KeyboardInterrupt:
        say("interrupted; the next start goes on from here")
        sys.exit(130)


def child_environment():
    """The environment of every program we start: the same on every machine."""
    return {
        **os.environ,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PIP_CACHE_DIR": str(CACHE / "pip"),
        "npm_config_cache": str(CACHE / "npm"),
    }


def run(command, **options):
    """Run a step of the set-up: output to stderr, no input, an error if it fails."""
    options.setdefault("env", child_environment())
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", sys.stderr)
    return subprocess.run([str(part) for part in command], check=True, **options)


def run_to_the_end(command, **options):
    """Like `run`, but an interruption waits: for what must not be left half done."""
    options = {"env": child_environment(), "stdin": subprocess.DEVNULL, "stdout": sys.stderr, **options}
    interrupted = False
    # In a session of its own Ctrl-C does not reach it.
    process = subprocess.Popen([str(part) for part in command], start_new_session=True, **options)
    while process.returncode is None:
        try:
            process.wait()
        except KeyboardInterrupt:
            interrupted = True
            say("finishing this step before stopping")
    if interrupted:
        raise KeyboardInterrupt
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def output(command, **options):
    """Run a command and return its standard output, stripped."""
    result = run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    return result.stdout.strip()


def lock_file(name):
    folder = CACHE / "locks"
    folder.mkdir(exist_ok=True)
    return folder / name


@contextlib.contextmanager
def locked(name, waiting=None):
    """Hold the lock `name` of the cache folder; say `waiting` if another process has it."""
    with lock_file(name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                say(waiting)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def setup_lock():
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"cannot make the folder {CACHE} ({error.strerror}); name another in CRM_LEAD_LIFECYCLE_CACHE"
        ) from error
    return locked("setup", "another set-up is running, waiting for it")


def digest(*parts):
    """A short name for any content, fit for a folder or a database."""
    content = b"\0".join(part if isinstance(part, bytes) else str(part).encode() for part in parts)
    return hashlib.sha256(content).hexdigest()[:12]


def remove(path):
    """Remove a file, a link or a whole folder, or nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def replace_link(link, target):
    """Point `link` to `target`, at no moment leaving it out."""
    temporary = link.with_name(f"{link.name}.{os.getpid()}")
    temporary.symlink_to(target)
    temporary.replace(link)


def checkout_cache():
    """The part of the cache that is for this checkout alone; several may share the rest."""
    folder = CACHE / "checkouts" / digest(CHECKOUT)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def module_digest():
    """A name for the state of the module's files as Odoo loads them."""
    parts = []
    for folder, subfolders, files in os.walk(CHECKOUT):
        subfolders[:] = sorted(name for name in subfolders if name[0] not in "._" and name not in ("dev", "tests"))
        for name in sorted(files):
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                parts += [os.path.relpath(path, CHECKOUT), file.read()]
    return digest(*parts)
