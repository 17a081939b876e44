"""Debian packages: those the machine lacks, and downloads that are never installed."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import base


@dataclass(frozen=True)
class Need:
    """A thing the commands need, how to see that it is there, and what brings it."""

    found: callable
    packages: tuple


def _has_venv():
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        return False
    return True


def postgres_binaries():
    """The folder with `initdb` and `pg_ctl` of the newest PostgreSQL, or None."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(path.parts[-3]),
    )
    if versions:
        return versions[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def browser():
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next(filter(None, map(shutil.which, names)), None)


NEEDS = {
    "venv": Need(_has_venv, ("python3-venv",)),
    "postgres": Need(postgres_binaries, ("postgresql",)),
    "psql": Need(lambda: shutil.which("psql"), ("postgresql-client",)),
    "browser": Need(browser, ("chromium", "fonts-liberation", "fonts-noto-color-emoji")),
    "node": Need(lambda: shutil.which("npm"), ("nodejs", "npm")),
}


def install(needs):
    """Install the packages behind those of `needs` (keys of `NEEDS`) that are not there yet."""
    packages = [package for need in needs if not NEEDS[need].found() for package in NEEDS[need].packages]
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise base.SetupError(f"this is no Debian; please install what Debian calls: {' '.join(packages)}")
    if os.geteuid() == 0:
        root = []
    elif shutil.which("sudo") and subprocess.run(["sudo", "-v"], check=False).returncode == 0:
        root = ["sudo"]
    else:
        raise base.SetupError(
            "Debian packages are missing and this account may not install them. "
            f"Please ask an administrator for:\n    apt-get install {' '.join(packages)}"
        )
    base.say(f"installing Debian packages: {' '.join(packages)}")
    command = [
        *root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes",
        "--no-install-recommends", "-o", "DPkg::Lock::Timeout=600", *packages,
    ]  # fmt: skip
    try:
        base.run_to_the_end(command, stderr=subprocess.DEVNULL)
    except subprocess.CalledProcessError:
        base.say("that did not work; updating the package lists first")
        base.run([*root, "apt-get", "update"])
        base.run_to_the_end([*root, "dpkg", "--configure", "-a"])
        base.run_to_the_end(command)
    missing = [need for need in needs if not NEEDS[need].found()]
    if missing:
        raise base.SetupError(f"still not found after installing its packages: {', '.join(missing)}")


def _mirror():
    """The Debian mirror that this machine itself uses."""
    targets = base.output(["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"])
    for target in targets.splitlines():
        release, _space, uri = target.partition(" ")
        if "-" not in release and "security" not in uri:
            return uri
    raise base.SetupError("no Debian mirror in this machine's apt configuration; see ODOO_HOME in dev/run --help")


class Archive:
    """Packages of any Debian suites, by apt lists of our own: the machine's stay untouched.

    apt checks the signatures from the archive's key down to each package.
    """

    def __init__(self, suites):
        self.folder = base.CACHE / "apt"
        self.suites = suites

    def _options(self):
        settings = {
            "Dir::State::Lists": self.folder / "lists",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "APT::Default-Release": "",
            "Acquire::Languages": "none",
        }
        return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]

    def update(self):
        for folder in ("lists/partial", "cache/archives/partial", "packages"):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        mirror = _mirror()
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        lines = [f"deb [signed-by={keyring}] {mirror} {suite} main\n" for suite in self.suites]
        (self.folder / "sources.list").write_text("".join(lines))
        base.run(["apt-get", *self._options(), "update"])

    def version(self, package):
        """The newest version of `package` in our suites, or None."""
        policy = base.output(["apt-cache", *self._options(), "policy", package])
        for line in policy.splitlines():
            key, _colon, value = line.strip().partition(": ")
            if key == "Candidate" and value != "(none)":
                return value
        return None

    def download(self, packages):
        """Download `packages` ("name/suite" or "name=version") and return the files."""
        folder = self.folder / "packages"
        for stale in folder.iterdir():
            base.remove(stale)
        command = ["apt-get", *self._options(), "download", *packages]
        # Without it apt warns that its own account cannot write into our folder.
        base.run([*command, "-o", "APT::Sandbox::User=root"], cwd=folder)
        return sorted(folder.glob("*.deb"))

    def remove(self):
        base.remove(self.folder)
