import re
from datetime import date, datetime, timezone

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize

from .crm_intake_channel import IntakeError
from .intake_json import find

# the fields of a lead that come from outside, and nothing else
TARGETS = (
    "name",
    "request",
    "contact_name",
    "partner_name",
    "function",
    "email_from",
    "phone",
    "website",
    "street",
    "street2",
    "zip",
    "city",
    "state_id",
    "country_id",
    "lang_id",
    "source_id",
    "medium_id",
    "campaign_id",
    "referred",
    "lead_type_id",
    "lead_location_id",
    "target_year",
    "expected_revenue",
    "date_due",
    "proposal_deadline",
    "priority",
    "tag_ids",
)
# what says what an inquiry is about, in which order the name of a lead is made of it
NAMING = ("name", "request", "contact_name", "partner_name", "email_from", "phone")
LONGEST = {"text": 20_000, "html": 20_000}
LONGEST_LINE = 500
LONGEST_NAME = 80
MOST_NAMES = 50
UTM = ("utm.source", "utm.medium", "utm.campaign")
TRUE_WORDS = ("1", "true", "yes", "on")
# thousands parted as people write them, with or without decimals
GROUPED = re.compile(r"-?[1-9]\d{0,2}(?P<mark>[.,])\d{3}(?:(?P=mark)\d{3})*(?:(?!(?P=mark))[.,]\d{1,6})?")
CURRENCY = re.compile(r"^(?:[€$£]|eur\b|pln\b|usd\b)|(?:[€$£]|zł|eur|pln|usd)$", re.IGNORECASE)


class CrmIntakeMapping(models.Model):
    """A row of the field map: where a value stands in what is sent, and what of the lead it becomes."""

    _name = "crm.intake.mapping"
    _description = "Field Map of a Channel"
    _order = "sequence, id"
    _rec_name = "path"

    channel_id = fields.Many2one("crm.intake.channel", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    how = fields.Selection(
        [
            ("json", "JSON path"),
            ("form", "Form field"),
            ("label", "After a label"),
            ("regex", "Regular expression"),
            ("cell", "Beside a table cell"),
        ],
        "Found By",
        required=True,
        default="json",
    )
    path = fields.Char(
        "Where", required=True, help="A path such as contact.emails[0], a field, a label, an expression."
    )
    target = fields.Selection("_selection_target", "Becomes", required=True)
    property_name = fields.Char("Property of the Type", help="The label of a property of the lead type.")
    is_trimmed = fields.Boolean("Trim", default=True, help="Spaces around it and doubled ones are dropped.")
    default = fields.Char("Otherwise", help="Where nothing is found.")
    translations = fields.Text(
        "Translate", help="One value a line: what is sent = what it means here. What is not listed stays."
    )

    # ------------------------------------------------------------
    # WHAT A ROW MAY SAY
    # ------------------------------------------------------------

    @api.model
    def _selection_target(self):
        lead_fields = self.env["crm.lead"].fields_get(TARGETS, ["string"])
        return [
            *((name, lead_fields[name]["string"]) for name in TARGETS if name in lead_fields),
            ("property", self.env._("Property of the lead type")),
        ]

    @api.constrains("target", "property_name", "how", "path")
    def _check_row(self):
        for row in self:
            if row.target == "property" and not row.property_name:
                raise ValidationError(self.env._("Name the property that %(path)s becomes.", path=row.path))
            if row.how == "regex":
                try:
                    re.compile(row.path)
                except re.error as error:
                    raise ValidationError(
                        self.env._("%(path)s is no regular expression: %(error)s", path=row.path, error=error)
                    ) from error

    # ------------------------------------------------------------
    # READING A VALUE
    # ------------------------------------------------------------

    def _pick(self, content):
        """The value of this row, trimmed and translated.

        :param content: what :meth:`crm.intake.channel._read` returned
        """
        value = getattr(self, f"_pick_{self.how}")(content)
        if isinstance(value, str) and self.is_trimmed:
            value = "\n".join(" ".join(line.split()) for line in value.strip().splitlines())
        if value in (None, ""):
            value = self.default or None
        if isinstance(value, str | int | float) and self.translations:
            value = self._get_translations().get(str(value).casefold(), value)
        return value

    def _pick_json(self, content):
        return find(content, self.path)

    def _pick_form(self, content):
        return content.get(self.path)

    def _get_translations(self):
        pairs = (line.split("=", 1) for line in self.translations.splitlines() if "=" in line)
        return {sent.strip().casefold(): meant.strip() for sent, meant in pairs}


class CrmIntakeChannel(models.Model):
    """From what was sent to the values of a lead."""

    _inherit = "crm.intake.channel"

    def _understand(self, content, is_strict=True):
        """
        :param content: what :meth:`_read` returned
        :param bool is_strict: whether a value that makes no sense refuses the request; else it is left out and named
        :return: values of a lead without the channel's own, and a list of what was left out, as sentences
        :raise IntakeError: names the value that makes no sense
        """
        values, properties, remarks = {}, {}, []
        rows = [(row.path, row.target, row.property_name, row._pick(content)) for row in self.mapping_ids]
        if not rows and isinstance(content, dict):
            rows = [(name, name, None, content[name]) for name in TARGETS if name in content]
        for where, target, property_name, value in sorted(rows, key=lambda row: row[1] == "state_id"):
            if value in (None, "", [], {}):
                continue
            try:
                if target == "property":
                    properties[property_name] = (where, value)
                    continue
                converted = self._convert(where, target, value, values)
            except IntakeError as error:
                if is_strict:
                    raise
                remarks.append(str(error))
                continue
            if target == "request" and values.get("request"):
                converted = f"{values['request']}\n\n{converted}"
            values[target] = converted
        if properties:
            values["type_properties"] = self._convert_properties(values, properties, is_strict, remarks)
        if values and not values.get("name"):
            words = next((values[name] for name in NAMING if values.get(name)), self.name)
            values["name"] = words.splitlines()[0][:LONGEST_NAME]
        return values, remarks

    def _convert(self, where, target, value, known=None):
        """
        :param dict known: values of the lead that are known already
        """
        field = self.env["crm.lead"]._fields[target]
        country_id = (known or {}).get("country_id") or self.country_id.id
        if target == "state_id" and country_id:  # many countries have one of the same code or name
            return self._find_by_name(where, field.comodel_name, value, Domain("country_id", "=", country_id)).id
        converter = getattr(self, f"_convert_{field.type}")
        return converter(where, field, value)

    def _convert_char(self, where, field, value):
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise IntakeError(self.env._("%(where)s has to be a text.", where=where), where)
        text = "".join(char for char in str(value) if char in "\n\t" or char.isprintable() or char.isspace())
        longest = LONGEST.get(field.type, LONGEST_LINE)
        if len(text) > longest:
            raise IntakeError(
                self.env._("%(where)s is longer than %(count)s characters.", where=where, count=longest), where
            )
        if field.name == "email_from" and not email_normalize(text):
            raise IntakeError(self.env._("%(where)s is no e-mail address.", where=where), where)
        return text.strip() if field.type == "text" else " ".join(text.split())

    _convert_text = _convert_char

    def _convert_integer(self, where, field, value):
        number = self._convert_float(where, field, value)
        if number != int(number) or abs(number) >= 2**31:
            raise IntakeError(self.env._("%(where)s has to be a whole number.", where=where), where)
        return int(number)

    def _convert_float(self, where, field, value):
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**15:
            return float(value)
        text = re.sub(r"[\s'’]", "", value) if isinstance(value, str) else ""
        grouped = GROUPED.fullmatch(text)
        # 1.234 is a thousand of money and else one point something
        if grouped and (field.type == "monetary" or len(re.findall(r"[.,]", text)) > 1):
            text = text.replace(grouped["mark"], "")
        if re.fullmatch(r"-?\d{1,15}(,\d{1,6})?", text):
            text = text.replace(",", ".")
        if not re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text):
            raise IntakeError(self.env._("%(where)s has to be a number.", where=where), where)
        return float(text)

    def _convert_monetary(self, where, field, value):
        text = CURRENCY.sub("", value.strip()) if isinstance(value, str) else value
        return self._convert_float(where, field, text)

    def _convert_moment(self, where, value):
        """ISO 8601, in the time zone in which it is written."""
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise IntakeError(
                self.env._("%(where)s has to be a date such as 2027-06-30.", where=where), where
            ) from error
        if not 1900 <= moment.year <= 2200:
            raise IntakeError(self.env._("%(where)s is a year that can't be meant.", where=where), where)
        return moment.replace(microsecond=0)

    def _convert_datetime(self, where, _field, value):
        """Without a time zone it is UTC."""
        moment = self._convert_moment(where, value)
        return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment

    def _convert_date(self, where, _field, value):
        return self._convert_moment(where, value).date()

    def _convert_boolean(self, _where, _field, value):
        return value if isinstance(value, bool) else str(value).strip().casefold() in TRUE_WORDS

    def _convert_selection(self, where, field, value):
        options = dict(field._description_selection(self.env))
        by_label = {label.casefold(): key for key, label in options.items()}
        key = str(value)
        key = key if key in options else by_label.get(key.casefold())
        if key is None:
            raise IntakeError(self.env._("%(where)s is none of what can be chosen.", where=where), where)
        return key

    def _convert_many2one(self, where, field, value):
        return self._find_by_name(where, field.comodel_name, value).id

    def _convert_many2many(self, where, field, value):
        names = value if isinstance(value, list) else re.split(r"[,;]", value) if isinstance(value, str) else [value]
        if len(names) > MOST_NAMES:
            raise IntakeError(self.env._("%(where)s has more than %(count)s.", where=where, count=MOST_NAMES), where)
        records = self.env[field.comodel_name]
        for name in names:
            records |= self._find_by_name(where, field.comodel_name, name)
        return [fields.Command.set(records.ids)]

    def _find_by_name(self, where, model, value, among=Domain.TRUE):
        """A record that a request names, by its code or its whole name: never by an id, and never one of another
        company. Sources, media and campaigns are made where there are none of that name, as Odoo's links do."""
        text = value.strip() if isinstance(value, str) else ""
        records = self.env[model].with_context(active_test=True)
        if text and len(text) <= LONGEST_LINE and text.isprintable():
            if model in UTM:
                return self.env["utm.mixin"]._find_or_create_record(model, text)
            names = [name for name in ("code", "iso_code", records._rec_name) if name in records._fields]
            if "company_id" in records._fields:
                among &= Domain("company_id", "in", [False, self.company_id.id])
            for name in names:
                pattern = re.sub(r"([\\%_])", r"\\\1", text)
                found = records.search(Domain(name, "=ilike", pattern) & among, limit=2)
                if len(found) == 1 or (found and name == records._rec_name):
                    return found[:1]
        raise IntakeError(self.env._("%(where)s is not known here.", where=where), where)

    def _convert_properties(self, values, properties, is_strict, remarks):
        """Properties of the lead's type, found by their label or technical name.

        :return: list of dicts, as the field takes them
        """
        type_id = values.get("lead_type_id") or self._prepare_defaults()["lead_type_id"]
        definition = self.env["crm.lead.type"].browse(type_id).property_definition
        by_label = {
            label.casefold(): row for row in definition for label in (row["name"], row.get("string") or "") if label
        }
        converted = {}
        for label, (where, value) in properties.items():
            try:
                row = by_label.get(label.casefold())
                if not row:
                    raise IntakeError(self.env._("There is no property %(label)s.", label=label), where)
                converted[row["name"]] = self._convert_property(where, row, value)
            except IntakeError as error:
                if is_strict:
                    raise
                remarks.append(str(error))
        return converted

    def _convert_property(self, where, row, value):
        kind = row["type"]
        if kind in ("char", "text", "integer", "float", "boolean", "date", "datetime"):
            field = self.env["crm.lead"]._fields["request" if kind == "text" else "name"]
            converted = getattr(self, f"_convert_{kind}")(where, field, value)
            return str(converted) if isinstance(converted, date) else converted
        if kind == "selection":
            options = {str(text).casefold(): key for key, label in row.get("selection") or () for text in (label, key)}
            if str(value).casefold() in options:
                return options[str(value).casefold()]
        raise IntakeError(self.env._("%(where)s is none of what can be chosen.", where=where), where)
