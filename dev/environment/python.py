"""Virtual environments in the cache, one per set of pinned requirements."""

import sys

from . import base

ODOO = base.CHECKOUT / "dev" / "requirements.txt"
LINT = base.CHECKOUT / "dev" / "requirements-lint.txt"


def folder(requirements):
    """Where the virtual environment of that requirements file is, or will be."""
    name = base.digest(sys.base_prefix, sys.version, requirements.read_bytes())
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
    base.run([sys.executable, "-m", "venv", "--clear", target])
    base.run([interpreter(requirements), "-m", "pip", "install", "--no-input", "--requirement", requirements])
    complete.touch()
