"""Databases with their filestores: make, copy, rename, drop, and the cached template.

A name beginning with `making_` is a database on its way: it gets its real name when it is
complete, so an interrupted run never leaves half of one behind.
"""

import ast
import os
import shutil

from . import base, odoo, server

MAKING = "making_"


def sql(env, query, database="postgres"):
    """Run one statement and return its result as text, columns separated by tabs."""
    return base.output(["psql", "-XAqt", "-F\t", "-v", "ON_ERROR_STOP=1", "-c", query, database], env=env)


def _literal(text):
    return "'" + text.replace("'", "''") + "'"


def _identifier(name):
    return '"' + name.replace('"', '""') + '"'


def _filestore(name):
    return base.CACHE / "data" / "filestore" / name


def names(env, prefix=""):
    rows = sql(env, f"SELECT datname FROM pg_database WHERE starts_with(datname, {_literal(prefix)})")
    return rows.splitlines()


def exists(env, name):
    return name in names(env, name)


def drop(env, name):
    # not WITH (FORCE): it fails for who is no superuser while autovacuum is at work there, plain DROP ends that
    sql(
        env,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        f" WHERE datname = {_literal(name)} AND usename = current_user",
    )
    sql(env, f"DROP DATABASE IF EXISTS {_identifier(name)}")
    shutil.rmtree(_filestore(name), ignore_errors=True)


def rename(env, name, new_name):
    if _filestore(name).exists():
        shutil.rmtree(_filestore(new_name), ignore_errors=True)
        _filestore(name).rename(_filestore(new_name))
    sql(env, f"ALTER DATABASE {_identifier(name)} RENAME TO {_identifier(new_name)}")


def copy(env, template, name):
    """Copy a database nobody is connected to. The filestore's files never change: links will do."""
    drop(env, name)
    if _filestore(template).exists():
        shutil.copytree(_filestore(template), _filestore(name), copy_function=os.link)
    sql(env, f"CREATE DATABASE {_identifier(name)} TEMPLATE {_identifier(template)}")
    # A copy of a database is another database to Odoo.
    sql(env, "UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE key = 'database.uuid'", name)


def mark(env, name, text):
    """Note `text` on the database itself: it goes where the database goes."""
    sql(env, f"COMMENT ON DATABASE {_identifier(name)} IS {_literal(text)}")


def marked(env, name):
    return sql(env, f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = {_literal(name)}")


def dependencies():
    """The modules that our manifest depends on."""
    manifest = ast.literal_eval((base.CHECKOUT / "__manifest__.py").read_text())
    return manifest["depends"]


def template(env):
    """The name of a database with our dependencies and demo data, made on first use.

    Copying it takes seconds where installing takes minutes.
    """
    modules = ",".join(sorted(dependencies()))
    name = f"template_{base.digest(odoo.version(), modules)}"
    with base.locked(name, "another command is making the template database, waiting for it"):
        if not exists(env, name):
            base.say("installing Odoo's own modules and demo data, once for all databases")
            making = MAKING + name
            drop(env, making)
            server.install_modules(env, making, modules)
            rename(env, making, name)
    return name
