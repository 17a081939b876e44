from contextlib import contextmanager

from odoo.modules import module


@contextmanager
def own_transaction(records):
    """Work in a short transaction of its own, which reads what is committed when each of its statements begins, where
    Odoo's would fail and be repeated if a rival has written in the meantime. It is committed at the end.

    :param records: a recordset
    :return: the same records in that transaction
    """
    if module.current_test:  # all in one transaction, which the test rolls back
        yield records
        return
    with records.env.registry.cursor() as cr:
        cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        yield records.with_env(records.env(cr=cr))


@contextmanager
def undone_transaction(records):
    """Work that is undone at the end, with all that would have been sent after it.

    :param records: a recordset
    :return: the same records in a transaction of their own, which reads what is committed
    """
    if module.current_test:
        savepoint = records.env.cr.savepoint()
        try:
            yield records
        finally:
            savepoint.close(rollback=True)
        return
    cr = records.env.registry.cursor()
    try:
        yield records.with_env(records.env(cr=cr))
    finally:
        cr.close()  # nothing was committed, and what waits for that is forgotten


def read_anew(env):
    """Let a transaction that has written nothing yet read what others have committed since it began."""
    if not module.current_test:
        env.cr.rollback()
    env.invalidate_all(flush=False)
