"""Values of the configuration as they stand in its file, and back: texts in all languages, records by their keys."""

import json
from ast import literal_eval

from odoo.exceptions import UserError
from odoo.fields import Command, Domain, PropertiesDefinition

from .configuration_keys import SOURCE, ConfigurationKeys, is_text, shorten
from .configuration_portable import ONLY_MORE, ONLY_ON, REFERENCES

LARGEST = 2**31 - 1
RELATIONAL_PROPERTIES = ("many2one", "many2many")
SUBDOMAINS = ("any", "not any")


class ConfigurationValues(ConfigurationKeys):
    """Fields of records, read and written."""

    # ------------------------------------------------------------
    # INTO THE FILE
    # ------------------------------------------------------------

    def dump(self, record, name, domains):
        """The value of a field as it stands in the file."""
        field = record._fields[name]
        value = record.with_context(active_test=False)[name]
        if name in domains:
            return self._dump_domain(literal_eval(value or "[]"), domains[name])
        match field.type:
            case "many2one":
                return self.refer(value) if value else None
            case "many2many":
                return sorted(map(self.refer, self._of_company(value)))
            case "properties_definition":
                return [self._dump_property(item) for item in value or []]
            case "json":
                return value or []
            case "boolean" | "integer" | "float":
                return value
        if field.translate:
            texts = {code: record.with_context(lang=code)[name] for code in self.languages}
            return {code: text for code, text in texts.items() if text and (code == SOURCE or text != texts[SOURCE])}
        return value or None

    def dump_rows(self, record, rows):
        """The rows of a record, in an order that says nothing of their ids."""
        found = record.with_context(active_test=False)[rows.name]
        dumped = [{name: self.dump(row, name, {}) for name in rows.fields} for row in found]
        if "sequence" in rows.fields:  # of the same one the older comes first, and that makes a difference
            return sorted(dumped, key=lambda row: row["sequence"])
        return sorted(dumped, key=lambda row: [str(row[name]) for name in rows.fields])

    def _dump_property(self, item):
        dumped = {name: value for name, value in sorted(item.items()) if name in PropertiesDefinition.ALLOWED_KEYS}
        if item["type"] in RELATIONAL_PROPERTIES:
            dumped.pop("default", None)
            if item.get("domain") and item.get("comodel"):
                dumped["domain"] = self._dump_domain(literal_eval(item["domain"]), item["comodel"])
        return dumped

    def _dump_domain(self, domain, model):
        return [
            item if isinstance(item, str) else self._map_leaf(item, model, self._dump_domain, self._dump_id)
            for item in domain
        ]

    def _map_leaf(self, leaf, model, map_domain, map_id):
        path, operator, value = leaf
        comodel = self._get_comodel(model, path)
        if operator in SUBDOMAINS and isinstance(value, list | tuple) and comodel:
            return [path, operator, map_domain(value, comodel)]
        if isinstance(value, list | tuple):
            return [path, operator, [map_id(item, comodel) for item in value]]
        return [path, operator, map_id(value, comodel)]

    def _dump_id(self, value, comodel):
        if not comodel or not isinstance(value, int) or isinstance(value, bool):
            return value
        return {comodel: self.refer(self.env[comodel].browse(value).exists())}

    def _get_comodel(self, model, path):
        """The model whose ids a path of a condition is compared with; None for other values."""
        comodel = None
        names = iter(path.split(".") if isinstance(path, str) else ())
        for name in names:
            if name == "id":
                return model
            field = self.env[model]._fields.get(name) if model else None
            if field and field.type == "properties":
                comodel = model = self._get_property_comodel(model, field, next(names, ""))
            else:
                comodel = model = field.comodel_name if field else None
        return comodel

    def _get_property_comodel(self, model, field, name):
        """The model of a property; what holds its definition is in the file, or here, already."""
        holders = self.env[self.env[model]._fields[field.definition_record].comodel_name]
        for holder in holders.with_context(active_test=False).search(Domain.TRUE):
            for item in holder[field.definition_record_field] or ():
                if item["name"] == name and item.get("comodel"):
                    return item["comodel"]
        return None

    # ------------------------------------------------------------
    # OUT OF THE FILE
    # ------------------------------------------------------------

    def load(self, record, name, value, domains):
        """What a value of the file means here.

        :param record: that has the field, or an empty one of its model
        :return: a recordset for relations, a dict by language for texts that are translated
        :raise UserError: for a value that makes no sense
        """
        field = record._fields[name]
        if name in domains:
            domain = self._load_domain(value, domains[name])
            return record[name] if is_domain(record[name], domain) else str(domain)
        loaded = getattr(self, f"_load_{field.type}")(field, value, record)
        if loaded is None:
            raise UserError(
                self.env._(
                    "%(field)s can't be “%(value)s”.",
                    field=field._description_string(self.env),
                    value=shorten(value),
                )
            )
        return loaded

    def _load_boolean(self, _field, value, _record):
        return value if isinstance(value, bool) else None

    def _load_integer(self, _field, value, _record):
        return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST else None

    def _load_float(self, _field, value, _record):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number and abs(value) <= LARGEST else None

    def _load_char(self, field, value, _record):
        if not field.translate:
            return value or False if value is None or is_text(value) else None
        if isinstance(value, dict) and all(map(is_text, (*value, *value.values()))):
            texts = {code: value[code] for code in self.languages if value.get(code)}
            return texts if texts or not value else None
        return None

    _load_text = _load_char

    def _load_selection(self, field, value, _record):
        if value is None:
            return False
        return value if isinstance(value, str) and value in field.get_values(self.env) else None

    def _load_json(self, field, value, record):
        is_list = isinstance(value, list) and all(map(is_text, value))
        return sorted({*value, *(record[field.name] or [])}) if is_list else None

    def _load_many2one(self, field, value, _record):
        return self.env[field.comodel_name] if value is None else self.resolve(field.comodel_name, value)

    def _load_many2many(self, field, value, _record):
        if not isinstance(value, list):
            return None
        return self.env[field.comodel_name].union(*(self.resolve(field.comodel_name, key) for key in value))

    def _load_properties_definition(self, field, value, record):
        """Properties that are there alone stay, as leads may have values of them."""
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            return None
        known = {item["name"]: item for item in record[field.name] or []}
        loaded = {item.get("name"): self._load_property(item, known.get(item.get("name"))) for item in value}
        return [*loaded.values(), *(item for name, item in known.items() if name not in loaded)]

    def _load_property(self, item, known):
        label = shorten(item.get("string") or item.get("name"))
        if not {"name", "type"} <= item.keys() <= set(PropertiesDefinition.ALLOWED_KEYS) or not is_text(item["name"]):
            raise UserError(self.env._("“%(property)s” is no property that makes sense.", property=label))
        if known and known["type"] != item["type"]:
            raise UserError(self.env._("The property “%(property)s” is of another kind here.", property=label))
        loaded = dict(item)
        if item["type"] in RELATIONAL_PROPERTIES:
            if item.get("comodel") not in self.env:
                raise UserError(
                    self.env._("The property “%(property)s” needs something that is not installed.", property=label)
                )
            loaded.pop("default", None)
            if known and "default" in known:
                loaded["default"] = known["default"]
            if "domain" in item:
                domain = self._load_domain(item["domain"], item["comodel"])
                Domain(domain).validate(self.env[item["comodel"]])
                is_known = known and is_domain(known.get("domain"), domain)
                loaded["domain"] = known["domain"] if is_known else str(domain)
        return loaded

    def _load_domain(self, value, model):
        if not isinstance(value, list):
            raise UserError(self.env._("“%(value)s” are no conditions.", value=shorten(value)))
        return [item if isinstance(item, str) else self._load_leaf(item, model) for item in value]

    def _load_leaf(self, leaf, model):
        if not isinstance(leaf, list) or len(leaf) != 3 or not all(map(is_text, leaf[:2])):
            raise UserError(self.env._("“%(value)s” is no condition.", value=shorten(leaf)))
        return tuple(self._map_leaf(leaf, model, self._load_domain, self._load_id))

    def _load_id(self, value, comodel):
        if not isinstance(value, dict):
            is_id = isinstance(value, int) and not isinstance(value, bool) and comodel
            if is_id or isinstance(value, list):
                raise UserError(self.env._("“%(value)s” is no name of a record.", value=shorten(value)))
            return value
        [(model, key)] = value.items() if len(value) == 1 else [(None, None)]
        if model != comodel or not (self.is_listed(model) or model in REFERENCES):
            raise UserError(self.env._("“%(value)s” is no name of a record.", value=shorten(value)))
        return self.resolve(model, key).id

    # ------------------------------------------------------------
    # WHAT IS TO BE WRITTEN
    # ------------------------------------------------------------

    def is_same(self, record, name, loaded):
        """Whether a record has a value of the file already."""
        field, current = record._fields[name], record.with_context(active_test=False)[name]
        match field.type:
            case "many2many":
                return loaded <= current if name in ONLY_MORE else loaded == self._of_company(current)
            case "json":
                return loaded == sorted(current or [])
            case "float":
                return round(current - loaded, 6) == 0
            case "properties_definition":
                return loaded == (current or [])
        if name in ONLY_ON and not loaded:
            return True
        if isinstance(loaded, dict) and loaded:
            return all((record.with_context(lang=code)[name] or "") == text for code, text in loaded.items())
        return (current or False) == (loaded or False)

    def _of_company(self, records):
        """Without those of other companies, of which the file says nothing: they stay."""
        if "company_id" not in records._fields or records._name == "res.users":
            return records
        own = (self.env.company, self.env["res.company"])
        return records - records.sudo().filtered(lambda record: record.company_id not in own)

    def prepare(self, record, name, loaded):
        """A value as ``create`` and ``write`` take it; of a translated text its source."""
        field = record._fields[name]
        if field.type == "many2one":
            return loaded.id
        if field.type == "many2many":
            if name in ONLY_MORE:
                return [Command.link(id_) for id_ in loaded.ids]
            current = record.with_context(active_test=False)[name]
            return [Command.set((loaded | (current - self._of_company(current))).ids)]
        if isinstance(loaded, dict):
            return loaded.get(SOURCE) or next(iter(loaded.values()), False)
        return loaded

    def show(self, record, name, value):
        """A value in words, for who decides about an import."""
        field = record._fields[name]
        if isinstance(value, dict):
            text = " / ".join(value.values())
        elif field.relational:
            text = ", ".join(value.mapped("display_name"))
        elif field.type == "boolean":
            text = self.env._("yes") if value else self.env._("no")
        elif field.type == "selection":
            text = dict(field._description_selection(self.env)).get(value)
        elif field.type == "properties_definition":
            text = ", ".join(item.get("string") or item["name"] for item in value or [])
        else:
            text = ", ".join(value) if isinstance(value, list) else value if value is not False else ""
        return shorten(text) if text not in ("", None) else "–"


def is_domain(text, domain):
    """Whether a field has these conditions already, however they are written there."""
    try:
        return json.dumps(literal_eval(text or "[]")) == json.dumps(domain)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return False
