"""The file of a configuration: JSON that people can read, the same for the same configuration."""

import json

from odoo.exceptions import UserError
from odoo.modules.module import get_manifest

from .configuration_keys import get_sequence, is_text, shorten, split_key
from .configuration_values import ConfigurationValues
from .intake_json import JsonProblem, read_object

MODULE = "crm_lead_lifecycle"
# of the file; another number says that older software can't read it
FORMAT = 1
LARGEST_FILE = 5 * 1024 * 1024
MOST_VALUES = 500_000
HEAD = ("format", "module", "module_version")


def write_file(env, portables):
    """
    :param env: of who exports, in the company whose configuration it is
    :param portables: the lists to write
    :rtype: bytes
    """
    values = ConfigurationValues(env, env["crm.configuration"]._get_portables())
    content = {"format": FORMAT, "module": MODULE, "module_version": get_manifest(MODULE)["version"]}
    for portable in portables:
        items = [_dump(values, portable, key, record) for key, record in _list(values, portable)]
        content[portable.name] = [
            item for item in items if portable.fields or any(item[rows.name] for rows in portable.rows)
        ]
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def _list(values, portable):
    """The records of a list with their keys; of the same sequence by what is the same in every database."""
    index = values.get_index(portable.model)
    listed = values.env[portable.model].concat(*index.values()).filtered_domain(portable.only)
    return sorted(
        ((key, record) for key, record in index.items() if record in listed),
        key=lambda pair: (get_sequence(pair[1]), pair[1].id if portable.is_ordered else 0, pair[0]),
    )


def _dump(values, portable, key, record):
    return {
        "key": key,
        **{name: values.dump(record, name, portable.domains) for name in portable.fields},
        **{rows.name: values.dump_rows(record, rows) for rows in portable.rows},
    }


def read_file(env, raw):
    """
    :param bytes raw: the file
    :return: ``{name of a list: [dict]}``: nothing in it but what is portable, and each record once
    :raise UserError: for what is no such file
    """
    if len(raw) > LARGEST_FILE:
        raise UserError(env._("The file is too large: it may have %(size)s MB.", size=LARGEST_FILE // 1024**2))
    try:
        content = read_object(raw, MOST_VALUES)
    except JsonProblem as problem:
        raise UserError(env._("This is no configuration file, or it is damaged. Export it again.")) from problem
    if content.get("module") != MODULE or not isinstance(content.get("format"), int):
        raise UserError(env._("This is no configuration file of the lead desk."))
    if content["format"] != FORMAT:
        raise UserError(
            env._(
                "The file is of another version of the lead desk (%(version)s). Bring both databases to the same one.",
                version=shorten(content.get("module_version")),
            )
        )
    portables = {portable.name: portable for portable in env["crm.configuration"]._get_portables()}
    lists = {name: items for name, items in content.items() if name not in HEAD}
    for name, items in lists.items():
        if name not in portables:
            raise UserError(env._("The file holds something unknown: “%(name)s”.", name=shorten(name)))
        _check_items(env, portables[name], items)
    return lists


def _check_items(env, portable, items):
    names = {"key", *portable.fields, *(rows.name for rows in portable.rows)}
    seen = set()
    for item in _check_dicts(env, portable.name, items, names):
        key = item.get("key")
        if not is_text(key) or not _is_key(env, portable, key):
            raise UserError(
                env._("“%(key)s” is no key of a record in “%(list)s”.", key=shorten(key), list=portable.name)
            )
        if key in seen:
            raise UserError(env._("“%(key)s” is twice in “%(list)s”.", key=shorten(key), list=portable.name))
        seen.add(key)
        for rows in portable.rows:
            _check_dicts(env, f"{portable.name}: {rows.name}", item.get(rows.name, []), set(rows.fields))


def _check_dicts(env, where, items, names):
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UserError(env._("“%(list)s” is no list of records.", list=where))
    for item in items:
        if unknown := sorted(item.keys() - names):
            raise UserError(env._("“%(field)s” in “%(list)s” is unknown here.", field=shorten(unknown[0]), list=where))
    return items


def _is_key(env, portable, key):
    if not portable.keys:
        return key == "company"
    scope, kind, value = split_key(key)
    company = env[portable.model]._fields.get("company_id")
    if scope and (not company or company.required):
        return False
    return kind in portable.keys and bool(value)
