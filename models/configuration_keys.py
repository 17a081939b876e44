"""How the records of the configuration are called in its file, and found again by that."""

from functools import cached_property

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.sql import escape_psql

from .configuration_portable import COMPANY, MODULES, REFERENCES, SETTINGS

LONGEST = 20_000
LONGEST_SHOWN = 80
# before the key of a record of every company
SHARED = "shared:"
# the language of the keys
SOURCE = "en_US"


class ConfigurationKeys:
    """
    :param env: of who exports or imports, in the company alone whose configuration it is
    :param portables: the lists there are
    """

    def __init__(self, env, portables):
        self.env = env
        self.by_model = {portable.model: portable for portable in reversed(portables)}
        self.indexes, self.names = {}, {}
        # what the file calls a record that has another key here, or was made by the import
        self.brought = {}

    @cached_property
    def languages(self):
        """Codes of the languages of the texts, the one of the keys first."""
        return [SOURCE, *sorted({code for code, _name in self.env["res.lang"].get_installed()} - {SOURCE})]

    def get_index(self, model):
        """The records of a portable model: those of the company and those of every company.

        :return: ``{key: record}``
        """
        if model not in self.indexes:
            self.indexes[model] = self._index(self.by_model[model])
            self.names[model] = {record.id: key for key, record in self.indexes[model].items()}
        return self.indexes[model]

    def _index(self, portable):
        records = self.env[portable.model]
        if portable.model == SETTINGS:
            return {"company": records.create({})}
        if portable.model == COMPANY:
            return {"company": self.env.company}
        company = Domain.TRUE
        if "company_id" in records._fields:
            company = Domain("company_id", "in", [False, self.env.company.id])
        found = records.with_context(active_test=False, lang=SOURCE).search(company, order="id")
        xml_ids = found.get_external_id() if "xml_id" in portable.keys else {}
        index = {}
        for record in found.sorted(lambda record: (is_of_company(record), get_sequence(record), record.id)):
            stem, number = self._get_scope(record) + self._get_key(portable.keys, record, xml_ids), 1
            key = stem
            while key in index:  # another one of the same name
                number += 1
                key = f"{stem} ({number})"
            index[key] = record.with_env(self.env)
        return index

    def _get_key(self, keys, record, xml_ids):
        for name in keys:
            value = xml_ids.get(record.id) if name == "xml_id" else record[name]
            if value and (name != "xml_id" or value.split(".")[0] in MODULES):
                return f"{name}:{value}"
        raise UserError(self.env._("“%(record)s” has no name to be known by.", record=record.display_name))

    def _get_scope(self, record):
        field = record._fields.get("company_id")
        return SHARED if field and not field.required and not record.company_id else ""

    def refer(self, record):
        """How the file calls a record."""
        if self.is_listed(record._name):
            self.get_index(record._name)
            if key := self.names[record._name].get(record.id):
                return key
        else:
            for name in REFERENCES.get(record._name, ()):
                is_xml_id = name == "xml_id"
                value = record.get_external_id()[record.id] if is_xml_id else record.with_context(lang=SOURCE)[name]
                if value and not (is_xml_id and value.startswith("__")):
                    return value
        raise UserError(
            self.env._(
                "“%(record)s” (%(model)s) can't be named in a file for other databases.",
                record=record.display_name,
                model=self._get_label(record._name),
            )
        )

    def is_listed(self, model):
        """Whether records are known by the keys of a list, not by how other records are called."""
        return model in self.by_model and model not in REFERENCES

    def resolve(self, model, key):
        """The record that the file calls so.

        :raise UserError: if it is not there
        """
        if not isinstance(key, str) or not 0 < len(key) <= LONGEST:
            raise UserError(self.env._("“%(key)s” is no name of a record.", key=shorten(key)))
        records = self.env[model]
        if self.is_listed(model):
            found = self.brought.get((model, key)) or self.get_index(model).get(key, records)
        else:
            found = self._find(records.with_context(active_test=False), key)
        if not found:
            raise UserError(
                self.env._("There is no “%(key)s” here (%(model)s).", key=key, model=self._get_label(model))
            )
        return found.with_env(self.env)

    def _find(self, records, key):
        if records._name.startswith("utm."):
            return self._find_or_make(records, key.strip())
        for name in REFERENCES[records._name]:
            if name == "xml_id":
                found = self.env.ref(key, raise_if_not_found=False) if key.count(".") == 1 else None
                found = found if found is not None and found._name == records._name else records.browse()
            else:
                domain = Domain(name, "=", key)
                if records._name == "ir.model.fields":
                    domain &= Domain("model", "=", "crm.lead")
                elif records._name == "res.users":
                    domain &= Domain("share", "=", False)
                elif "company_id" in records._fields:
                    domain &= Domain("company_id", "in", [False, self.env.company.id])
                found = records.with_context(lang=SOURCE).search(domain, limit=1)
            if found:
                return found
        return records.browse()

    def _find_or_make(self, records, name):
        """As links do in Odoo, which takes % and _ of a name for any other character."""
        if not name:
            return records.browse()
        exact, alike = Domain("name", "=", name), Domain("name", "=ilike", escape_psql(name))
        return records.search(exact, limit=1) or records.search(alike, limit=1) or records.create({"name": name})

    def _get_label(self, model):
        return self.env["ir.model"]._get(model).name or model


def split_key(key):
    """
    :return: its scope (:data:`SHARED` or nothing), what its record is known by, and the value of that
    """
    scope = SHARED if key.startswith(SHARED) else ""
    kind, _colon, value = key.removeprefix(scope).partition(":")
    return scope, kind, value


def is_text(value):
    return isinstance(value, str) and len(value) <= LONGEST


def is_of_company(record):
    return bool("company_id" in record._fields and record.company_id)


def get_sequence(record):
    return record.sequence if "sequence" in record._fields else 0


def shorten(value):
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
