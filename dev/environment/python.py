"""Virtual environments in the cache, one per set of pinned requirements."""

import shutil
import sys

from . import base

ODOO = base.CHECKOUT / "dev" / "requirements.txt"
LINT = base.CHECKOUT / "dev" / "requirements-lint.txt"
VERSION = (3, 11)


def _python():
    """The Python to build on: the pins hold for one version."""
    name = f"python{VERSION[0]}.{VERSION[1]}"
    found = sys.executable if sys.version_info[:2] == VERSION else shutil.which(name)
    if not found:
        raise base.SetupError(f"{name} is needed: dev/requirements.txt is pinned for it; Debian 12 has it")
    return found


def folder(requirements):
    """Where the virtual environment of that requirements file is, or will be."""
    name = base.digest(_python(), requirements.read_bytes())
    return base.CACHE / "python" / f"{requirements.stem}-{name}"


def interpreter(requirements=ODOO):
    return folder(requirements) / "bin" / "python"


def install(requirements):
    """Make the virtual environment unless it is complete; the same pins share one."""
    target = folder(requirements)
    complete = target / "complete"
    if complete.exists():
        return
    base.say(f"installing the Python packages of {requirements.relative_to(base.CHECKOUT)}")
    # A half-made one is not worth mending: pip's cache makes the second try quick.
    base.run([_python(), "-m", "venv", "--clear", target])
    base.run([interpreter(requirements), "-m", "pip", "install", "--no-input", "--requirement", requirements])
    complete.touch()
