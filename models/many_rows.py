from odoo.tools import SQL

# Of what is grouped by month PostgreSQL expects a group for each row: it would sort all of them on disk, in one
# process. And what has many conditions takes longer to compile than to evaluate.
SETTINGS = {"jit": "off", "work_mem": "64MB", "parallel_setup_cost": "0", "parallel_tuple_cost": "0"}


def plan_for_many_rows(env):
    """Have PostgreSQL plan the queries of this transaction from now on for few groups of very many rows: shared out
    among its processes, in memory, interpreted."""
    settings = [SQL("set_config(%s, %s, TRUE)", name, value) for name, value in SETTINGS.items()]
    env.cr.execute(SQL("SELECT %s", SQL(", ").join(settings)))
