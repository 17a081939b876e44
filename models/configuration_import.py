"""Bringing a configuration in: each record through its model, with all of the model's rules."""

from graphlib import CycleError, TopologicalSorter

from psycopg2 import DataError, IntegrityError
from psycopg2.errors import ProgramLimitExceeded

from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command

from ..data.crm_lead_type_presets import PRESETS
from .configuration_keys import SOURCE, shorten, split_key
from .configuration_portable import SETTINGS
from .configuration_values import ConfigurationValues

# what models and the ORM raise on values that make no sense
SENSELESS = (
    ValueError, TypeError, LookupError, AttributeError, SyntaxError, RecursionError, ArithmeticError, DataError,
    ProgramLimitExceeded,
)  # fmt: skip
REFUSALS = (UserError, RedirectWarning, IntegrityError, *SENSELESS)
# by these a record may be known in one database and by the other one elsewhere
BY_NAME = ("xml_id", "name")
PRESET_KEYS = {
    "crm.lead.type": set(PRESETS),
    "crm.stage": {stage["key"] for preset in PRESETS.values() for stage in preset["stages"]},
}


class ConfigurationImport:
    """
    :param env: of who imports, in the company alone that gets the configuration
    :param portables: the lists to bring in, in their order
    :param dict lists: what :func:`read_file` returned
    """

    def __init__(self, env, portables, lists):
        self.env = env
        self.portables = portables
        self.lists = lists
        self.values = ConfigurationValues(env, env["crm.configuration"]._get_portables())

    def run(self):
        """Bring in what can be. What can't leaves nothing behind, and the rest goes on without it.

        :return: a dict for each record: its ``portable``, its ``name``, the ``state`` (``new``, ``changed``, ``same``
            or ``refused``), and a ``note``: what changes, or why it is refused
        """
        return [
            line
            for portable in self.portables
            for items in self._sort(portable, self.lists.get(portable.name, []))
            for line in self._bring_batch(portable, items)
        ]

    # ------------------------------------------------------------
    # WHICH RECORDS
    # ------------------------------------------------------------

    def _sort(self, portable, items):
        """The records of a list in batches, each after those that it refers to."""
        by_key = {item["key"]: item for item in items}
        self._match(portable, by_key)
        fields = self.env[portable.model]._fields
        inner = [name for name in portable.fields if fields[name].comodel_name == portable.model]
        sorter, batches = TopologicalSorter(), []
        for key, item in by_key.items():
            needed = [item[name] for name in inner if isinstance(item.get(name), str) and item[name] in by_key]
            sorter.add(key, *needed)
        try:
            sorter.prepare()
        except CycleError as error:
            raise UserError(
                self.env._("In “%(list)s” records refer to each other in a circle.", list=portable.name)
            ) from error
        while sorter.is_active():
            keys = sorter.get_ready()
            batches.append([by_key[key] for key in keys])
            sorter.done(*keys)
        return batches

    def _match(self, portable, by_key):
        """Which records are meant: those of the same key, else those that no other key means, by their name."""
        index, brought = self.values.get_index(portable.model), self.values.brought
        by_name = {}
        for key, record in index.items():
            scope, kind, _value = split_key(key)
            if key not in by_key and kind in BY_NAME:
                name = record.with_context(lang=SOURCE).name
                by_name.setdefault((scope, name), []).append(record)
        for key, item in by_key.items():
            scope, kind, _value = split_key(key)
            alike = by_name.get((scope, get_source(item))) if kind in BY_NAME else None
            if (portable.model, key) in brought:
                continue
            if key in index:
                brought[portable.model, key] = index[key]
            elif alike:
                brought[portable.model, key] = alike.pop(0)

    # ------------------------------------------------------------
    # RECORDS
    # ------------------------------------------------------------

    def _bring_batch(self, portable, items):
        """What is new is made in one go, and one by one only where that does not work out: to tell by which."""
        new, known = [], []
        for item in items:
            (known if (portable.model, item["key"]) in self.values.brought else new).append(item)
        lines = [self._bring(portable, [item], self._write) for item in known]
        batch = new and self._bring(portable, new, self._create)
        if len(new) > 1 and batch["state"] == "refused":
            return [*lines, *(self._bring(portable, [item], self._create) for item in new)]
        return [*lines, *({**batch, "name": self._get_title(portable, item)} for item in new)]

    def _bring(self, portable, items, bring):
        """
        :param bring: the method that does it, :meth:`_write` or :meth:`_create`
        """
        line = {"portable": portable, "name": self._get_title(portable, items[0])}
        try:
            with self.env.cr.savepoint():
                state, note = bring(portable, items)
        except REFUSALS as error:
            self.env.registry.clear_all_caches()  # of what has just been undone
            return {**line, "state": "refused", "note": self._tell(error)}
        return {**line, "state": state, "note": note}

    def _create(self, portable, items):
        if not portable.is_made:
            raise UserError(self.env._("There is none here, and it can't be made by an import."))
        records = self.env[portable.model]
        loaded = [self._load(portable, item, records) for item in items]
        created = records.create(
            [self._prepare_create_values(portable, *pair) for pair in zip(items, loaded, strict=True)]
        )
        for values, record in zip(loaded, created, strict=True):
            # made with the source of its texts in all languages
            self._translate(record, {name: text for name, text in values.items() if is_translated(text)})
            self._check(portable, record)
        # only now, as what fails is undone
        self.values.brought.update(
            ((portable.model, item["key"]), record) for item, record in zip(items, created, strict=True)
        )
        return "new", ""

    def _prepare_create_values(self, portable, item, loaded):
        records = self.env[portable.model]
        scope, kind, key = split_key(item["key"])
        if kind == "preset_key" and key not in PRESET_KEYS[portable.model]:
            raise UserError(self.env._("There is no ready lead type or stage “%(key)s”.", key=shorten(key)))
        vals = {name: self.values.prepare(records, name, value) for name, value in loaded.items()}
        if kind not in ("xml_id", "name"):
            vals[kind] = key
        if "company_id" in records._fields:
            vals["company_id"] = False if scope else self.env.company.id
        for rows in portable.rows:
            vals[rows.name], _counts = self._prepare_rows(records, rows, item)
        return vals

    def _write(self, portable, items):
        [item] = items
        record = self.values.brought[portable.model, item["key"]]
        loaded = self._load(portable, item, record)
        changed = {name: value for name, value in loaded.items() if not self.values.is_same(record, name, value)}
        notes = [self._tell_change(record, name, value) for name, value in changed.items()]
        vals = {name: self.values.prepare(record, name, value) for name, value in changed.items()}
        for rows in portable.rows:
            commands, counts = self._prepare_rows(record, rows, item)
            if commands:
                vals[rows.name] = commands
                notes.append(self._tell_rows(record, rows, counts))
        translated = {name: value for name, value in changed.items() if isinstance(value, dict) and value}
        vals = {name: value for name, value in vals.items() if name not in translated}
        if portable.model == SETTINGS and vals:
            record.create(vals).execute()
        elif vals:
            record.write(vals)
        self._translate(record, translated)
        self._check(portable, record)
        return ("changed", "\n".join(notes)) if notes else ("same", "")

    def _load(self, portable, item, record):
        return {
            name: self.values.load(record, name, item[name], portable.domains)
            for name in portable.fields
            if name in item
        }

    def _translate(self, record, loaded):
        for name, value in loaded.items():
            if isinstance(value, dict):
                record.update_field_translations(name, value)

    def _prepare_rows(self, record, rows, item):
        """
        :return: commands, and how many rows are new and how many changed
        """
        field = record._fields[rows.name]
        lines = self.env[field.comodel_name]
        current = self._number(
            (tuple(line[name] for name in rows.keys), line)
            for line in record.with_context(active_test=False)[rows.name].with_env(self.env)
        )
        loaded, blank = [], lines.new()
        for row in item.get(rows.name, []):
            loaded_row = {name: self.values.load(lines, name, value, {}) for name, value in row.items()}
            loaded.append((tuple(loaded_row.get(name, blank[name]) for name in rows.keys), loaded_row))
        commands, counts = [], [0, 0]
        for key, row in self._number(loaded).items():
            line = current.get(key, lines)
            changed = {
                name: value for name, value in row.items() if not line or not self.values.is_same(line, name, value)
            }
            vals = {name: self.values.prepare(line, name, value) for name, value in changed.items()}
            if vals or not line:
                commands.append(Command.update(line.id, vals) if line else Command.create(vals))
                counts[bool(line)] += 1
        return commands, counts

    def _number(self, pairs):
        """Rows by their keys; those of the same key by their order too."""
        numbered, counts = {}, {}
        for key, row in pairs:
            counts[key] = counts.get(key, 0) + 1
            numbered[key, counts[key]] = row
        return numbered

    # ------------------------------------------------------------
    # WHAT NO MODEL CHECKS
    # ------------------------------------------------------------

    def _check(self, portable, record):
        check = getattr(self, f"_check_{portable.name}", None)
        if check:
            check(record)

    def _check_intake_channels(self, channel):
        """Rows of the field map that become a property which the type has not would bring nothing in."""
        lead_types = self.env["crm.lead.type"]
        lead_type = channel.lead_type_id or lead_types.browse(lead_types._get_default_id(channel.company_id.id))
        known = {
            (label or "").casefold()
            for item in lead_type.property_definition or []
            for label in (item["name"], item.get("string"))
        }
        for row in channel.mapping_ids.filtered(lambda row: row.target == "property"):
            if row.property_name.casefold() not in known:
                raise UserError(
                    self.env._(
                        "“%(type)s” has no property “%(property)s”, which the field map fills in.",
                        type=lead_type.name,
                        property=row.property_name,
                    )
                )

    # ------------------------------------------------------------
    # IN WORDS
    # ------------------------------------------------------------

    def _get_title(self, portable, item):
        if not portable.keys:
            return self.env.company.name
        record = self.values.brought.get((portable.model, item["key"]))
        if record:
            return record.display_name
        name = item.get("name")
        if isinstance(name, dict):
            name = name.get(self.env.lang) or name.get(SOURCE)
        return shorten(name if isinstance(name, str) else item["key"].rpartition(":")[2])

    def _tell_change(self, record, name, value):
        field = record._fields[name]
        before = record.with_context(active_test=False)[name]
        if isinstance(value, dict) and value:
            codes = [code for code, text in value.items() if (record.with_context(lang=code)[name] or "") != text]
            before = {code: record.with_context(lang=code)[name] or "" for code in codes}
            value = {code: value[code] for code in codes}
        shown = (self.values.show(record, name, shown) for shown in (before, value))
        return f"{field._description_string(self.env)}: {' → '.join(shown)}"

    def _tell_rows(self, record, rows, counts):
        return self.env._(
            "%(rows)s: %(new)s new, %(changed)s changed",
            rows=record._fields[rows.name]._description_string(self.env),
            new=counts[False],
            changed=counts[True],
        )

    def _tell(self, error):
        """Why something was refused, in the words of who refused it."""
        if isinstance(error, IntegrityError):
            tables = {model._table: name for name, model in self.env.registry.items() if not model._abstract}
            model = tables.get(error.diag.table_name, "base")
            return self.env[model]._sql_error_to_message(error)
        if isinstance(error, SENSELESS):
            return self.env._("It holds a value that makes no sense: %(error)s", error=shorten(error))
        return str(error.args[0])


def get_source(item):
    name = item.get("name")
    name = name.get(SOURCE) if isinstance(name, dict) else name
    return name if isinstance(name, str) else None


def is_translated(value):
    return isinstance(value, dict) and bool(value.keys() - {SOURCE})
