"""Everything the commands in dev/ stand on, from nothing but Python 3.11.

One file per concern: `base` (cache folder, messages, locks), `debian` (packages),
`odoo` (the server's code), `python` (virtual environment), `postgres` (the database
server) and `databases`. `prepare()` brings it all about and is cheap when it is there.
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
