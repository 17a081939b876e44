"""Odoo's own code: Debian's package, unpacked but not installed, or a checkout of yours.

The package wants newer Python packages than Debian 12 has; unpacked beside a virtual
environment it runs. We arrange it like a checkout (`odoo-bin` beside `odoo/`), so that the
rest knows one layout only. To move to a newer package, remove the folder `odoo` in the cache.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import base, debian

PACKAGE, SUITE = "odoo-19", "sid"

# Odoo's package replaces files of its own by links into these. Two are laid out
# differently in newer suites, one exists only there.
LINKED_PACKAGES = (
    "fonts-dejavu-core/bookworm",
    "fonts-font-awesome/bookworm",
    "fonts-glyphicons-halflings/bookworm",
    "fonts-inconsolata/bookworm",
    "fonts-montserrat/sid",
    "fonts-ocr-b/bookworm",
    "fonts-roboto-unhinted/bookworm",
    "gsfonts/bookworm",
    "libjs-jquery/bookworm",
    "libjs-jquery-form/bookworm",
    "libjs-underscore/bookworm",
)

# Removed from the package for its licence; every backend page misses it. Only the
# blurred background of video calls uses it.
STRIPPED_FILE = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"

INSTALLED = base.CACHE / "odoo"
CURRENT = INSTALLED / "current"


def home():
    """The folder with `odoo-bin`, `odoo/` and, in a checkout, `addons/`."""
    named = os.environ.get("ODOO_HOME")
    return Path(named).expanduser().absolute() if named else CURRENT.resolve()


def install():
    if os.environ.get("ODOO_HOME"):
        if not (home() / "odoo-bin").exists():
            raise base.SetupError(f"ODOO_HOME names {home()}, but there is no odoo-bin in it")
    elif not (CURRENT / "odoo-bin").exists():
        _install_package()


def _install_package():
    if not shutil.which("apt-get"):
        raise base.SetupError("this is no Debian: name a checkout of Odoo 19 in ODOO_HOME")
    base.say(f"looking for Odoo: the newest {PACKAGE} in Debian {SUITE}")
    archive = debian.Archive(("bookworm", SUITE))
    archive.update()
    version = archive.version(PACKAGE)
    if not version:
        raise base.SetupError(
            f"Debian {SUITE} has no package {PACKAGE} at this time. Name a checkout of Odoo 19 in "
            f"ODOO_HOME, or put one at {CURRENT}"
        )
    base.say(f"downloading Odoo {version}")
    packages = archive.download([f"{PACKAGE}={version}", *LINKED_PACKAGES])

    base.say("unpacking Odoo (1.2 GB)")
    INSTALLED.mkdir(exist_ok=True)
    for leftover in INSTALLED.glob("unpacking-*"):
        base.remove(leftover)
    root = Path(tempfile.mkdtemp(prefix="unpacking-", dir=INSTALLED))
    root.chmod(0o755)
    for package in packages:
        base.run(["dpkg-deb", "-x", package, root])
    _arrange(root)

    folder = INSTALLED / version
    base.remove(folder)
    root.rename(folder)
    base.replace_link(CURRENT, version)
    archive.remove()
    base.say(f"Odoo {version} is in {folder}")


def _arrange(root):
    """Make the unpacked packages look like a checkout of Odoo, and complete."""
    code = Path("usr/lib/python3/dist-packages")
    # Left behind by the package's build: folders of addons without their code.
    base.remove(root / code / "addons")
    (root / "odoo-bin").symlink_to("usr/bin/odoo")
    (root / "odoo").symlink_to(code / "odoo")
    stripped = root / STRIPPED_FILE
    stripped.parent.mkdir(parents=True, exist_ok=True)
    stripped.write_text("// Not part of Debian's package: only the blur of video calls uses it.\n")
    dangling = base.output(["find", root, "-xtype", "l"])
    if dangling:
        raise base.SetupError(f"the unpacked Odoo has links that lead nowhere:\n{dangling}")


def _addons_path():
    """Odoo's addons and ours, which Odoo knows by its folder's name: hence a link of that name."""
    link = base.checkout_cache() / "addons" / base.MODULE
    link.parent.mkdir(exist_ok=True)
    if not link.exists():
        base.replace_link(link, base.CHECKOUT)
    folders = [home() / "odoo" / "addons", home() / "addons", link.parent]
    return ",".join(str(folder) for folder in folders if folder.exists())


def version():
    """What tells one Odoo from another: its folder, and the state of a checkout."""
    try:
        commit = base.output(["git", "-C", home(), "rev-parse", "HEAD"])
    except subprocess.CalledProcessError:
        commit = "no checkout"
    return f"{home()} {commit}"


def environment():
    """The variables that make any `odoo` command, whatever its arguments, find its way."""
    data = base.CACHE / "data"
    data.mkdir(exist_ok=True)
    config = base.checkout_cache() / "odoo.conf"
    temporary = config.with_name(f"{config.name}.{os.getpid()}")
    temporary.write_text(f"[options]\naddons_path = {_addons_path()}\ndata_dir = {data}\nhttp_interface = 127.0.0.1\n")
    temporary.replace(config)
    return {"ODOO_RC": str(config), "PYTHONPATH": str(home())}
