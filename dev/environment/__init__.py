"""Everything the commands in dev/ stand on, from nothing but Python 3.11.

`prepare()` brings it all about and is cheap when it is there. One file per concern:

- `base`: the cache folder, messages, child processes, locks
- `debian`, `odoo`, `python`, `node`: packages, Odoo's code, virtual environments, linters
- `postgres`, `databases`: the database server; making, copying and dropping databases
- `server`, `report`: running Odoo as a child; reading the log of a test run
"""

from . import base, debian, odoo, postgres, python


def prepare(*extra_needs):
    """Set up whatever is missing, then return the environment variables for Odoo and psql.

    Holds the database server for the life of this process (see `postgres.hold`).

    :param extra_needs: keys of `debian.NEEDS` beyond those every command has
    :rtype: dict
    """
    needs = ["venv", *extra_needs]
    if not postgres.is_external():
        needs.append("postgres")
    with base.setup_lock():
        debian.install(needs)
        odoo.install()
        python.install(python.ODOO)
    env = base.child_environment()
    env.update(odoo.environment())
    env.update(postgres.hold())
    return env
