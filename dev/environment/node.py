"""The tools that run on Node.js, in the cache: one folder per set of pinned versions."""

import shutil

from . import base

FILES = tuple(base.CHECKOUT / "dev" / name for name in ("package.json", "package-lock.json"))
# Kept beside node_modules, where their imports are found.
CONFIGS = tuple(base.CHECKOUT / "dev" / name for name in ("eslint.config.mjs", "prettier.config.mjs"))


def folder():
    name = base.digest(*(file.read_bytes() for file in (*FILES, *CONFIGS)))
    return base.CACHE / "node" / name


def program(name):
    return folder() / "node_modules" / ".bin" / name


def install():
    target = folder()
    complete = target / "complete"
    if complete.exists():
        return
    base.say("installing the tools of dev/package.json")
    base.remove(target)
    target.mkdir(parents=True)
    for file in (*FILES, *CONFIGS):
        shutil.copy(file, target)
    base.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=target)
    complete.touch()
