import io
import json
import re
import zipfile

from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_date, format_datetime, html2plaintext

# what a person is told of each kind of record
EXPORTED = {
    "partners": (
        "name", "email", "phone", "street", "street2", "zip", "city", "state_id", "country_id", "website", "function",
        "company_name", "vat", "company_registry", "ref", "lang", "comment", "category_id", "parent_id",
        "client_source_id", "user_id", "client_phone_ids", "bank_ids", "user_ids", "properties", "is_blacklisted",
        "create_date", "active",
    ),
    "leads": (
        "number", "former_numbers", "name", "contact_name", "partner_name", "email_from", "email_cc", "phone",
        "website", "function", "referred", "street", "street2", "zip", "city", "state_id", "country_id", "lang_id",
        "request", "description", "lead_type_id", "stage_id", "client_status", "source_id", "medium_id",
        "campaign_id", "lead_location_id", "target_year", "tag_ids", "expected_revenue", "user_id", "team_id",
        "company_id", "create_date", "date_due", "date_first_touch", "date_client", "date_closed", "lost_reason_id",
        "removal_reason_id",
    ),
    "calls": ("date_start", "date_end", "user_id", "outcome_id", "is_contact", "recall_at", "notes"),
    "meetings": ("name", "start", "stop", "location", "user_id", "description", "notes", "appointment_state"),
    "private": ("start", "stop", "user_id"),
    "activities": ("activity_type_id", "date_deadline", "summary", "note", "feedback", "user_id", "active"),
    "consents": ("purpose_id", "state", "date", "wording", "wording_version", "proof"),
    "requests": ("channel_id", "date", "external_id", "state", "payload"),
    "orders": (
        "name", "date_order", "state", "contract_number", "client_order_ref", "signed_by", "order_line", "amount_total",
        "currency_id", "note",
    ),
    "invoices": ("name", "invoice_date", "state", "amount_total", "currency_id"),
}  # fmt: skip
# how a note links to a meeting
MEETING_LINK = re.compile(r'data-oe-model="calendar\.event" data-oe-id="(\d+)"')


class CrmPerson(models.AbstractModel):
    """All that is known of a person, to be read by that person."""

    _inherit = "crm.person"

    @api.model
    def _export(self, leads, partners):
        """All that is known of a person, and a note on each lead and contact that it was given out.

        :param leads: crm.lead, which the user may write to
        :param partners: res.partner, likewise
        :return: bytes of a ZIP, with a page to be read, the same as JSON, and the files; labels in the user's language,
            times in the user's time zone
        """
        self._check_officer()
        leads.check_access("write")
        partners.check_access("write")
        records = self._get_records(leads, partners)
        private = records["meetings"].filtered(lambda meeting: meeting.effective_privacy == "private")
        records |= self._leave_out(private, records)
        content = {
            self.env._("Made on"): format_date(self.env, self.env.cr.now()),
            self.env._("Contacts"): self._export_records("partners", records),
            self.env._("Leads"): [self._export_lead(lead, records) for lead in records["leads"]],
            self.env._("Messages"): [
                self._export_message(message) for message in records["messages"] | records["kept_messages"]
            ],
            self.env._("Activities"): self._export_records("activities", records),
            self.env._("Calls"): [
                {**self._export_record("calls", call), **self._export_answers(call)} for call in records["calls"]
            ],
            self.env._("Appointments and meetings"): [
                self._export_record("private" if meeting in private else "meetings", meeting)
                for meeting in records["meetings"]
            ],
            self.env._("Consents"): self._export_records("consents", records),
            self.env._("Requests from outside"): self._export_records("requests", records),
            self.env._("Orders"): self._export_records("orders", records),
            self.env._("Quotations"): [self._export_record("orders", order) for order in records["quotations"]],
            self.env._("Invoices"): self._export_records("invoices", records),
            self.env._("Files"): [self._get_path(file) for file in records["files"]],
        }
        content = {label: part for label, part in content.items() if part}
        for document in (*leads, *partners):
            document._message_log(body=self.env._("What is known of this person was exported."))
        return self._pack(content, records["files"])

    @api.model
    def _leave_out(self, private, records):
        """Who was not in a private meeting knows no more of it than when it is.

        :param private: calendar.event
        :return: what is left of messages and files without theirs, and without notes on the lead that name them
        """

        def is_private(record, model):
            return model == private._name and record.res_id in private._ids

        def names_private(message):
            return any(int(meeting_id) in private._ids for meeting_id in MEETING_LINK.findall(message.body or ""))

        messages = records["messages"].filtered(
            lambda message: not is_private(message, message.model) and not names_private(message)
        )
        attached = (records["messages"] - messages).attachment_ids - messages.attachment_ids
        return {
            "messages": messages,
            "files": (records["files"] - attached).filtered(lambda file: not is_private(file, file.res_model)),
        }

    @api.model
    def _pack(self, content, files):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("person.html", Markup('<!DOCTYPE html><meta charset="utf-8">%s') % self._render(content))
            archive.writestr("person.json", json.dumps(content, ensure_ascii=False, indent=2))
            for file in files:
                archive.writestr(self._get_path(file), file.raw or b"")
        return packed.getvalue()

    @api.model
    def _get_path(self, file):
        name = "".join(char if char.isalnum() or char in " ._-" else "_" for char in file.name or "")
        return f"files/{file.id}-{name}"

    @api.model
    def _render(self, content):
        """
        :return: what is exported as HTML that any browser shows
        """
        if isinstance(content, dict):
            rows = (
                Markup("<dt><b>%s</b></dt><dd>%s</dd>") % (label, self._render(part)) for label, part in content.items()
            )
            return Markup("<dl>%s</dl>") % Markup().join(rows)
        if isinstance(content, list):
            return Markup("<ol>%s</ol>") % Markup().join(Markup("<li>%s</li>") % self._render(part) for part in content)
        if isinstance(content, bool):
            return self.env._("Yes") if content else self.env._("No")
        return content

    @api.model
    def _export_records(self, name, records):
        return [self._export_record(name, record) for record in records[name]]

    @api.model
    def _export_record(self, kind, record):
        """
        :param str kind: one of EXPORTED
        :return: ``{label: value}`` of the fields that have a value, of those that somebody has added by hand, too
        """
        record = record.with_env(record.env(context=self.env.context))
        own = () if kind == "private" else self._get_manual_names(record)
        values = {}
        for name in (*EXPORTED[kind], *own):
            field = record._fields.get(name)
            if field is not None and record[name] and (value := self._export_value(record, field)):
                label = field._description_string(self.env)
                values[f"{label} ({name})" if label in values else label] = value
        return values

    @api.model
    def _get_manual_names(self, record):
        return [
            name
            for name, field in record._fields.items()
            if field.manual and field.store and field.type not in ("binary", "properties_definition")
        ]

    @api.model
    def _export_value(self, record, field):
        value = record[field.name]
        match field.type:
            case "many2one" | "reference":
                return value.sudo().display_name
            case "one2many" | "many2many":
                return value.sudo().mapped("display_name")
            case "datetime":
                return format_datetime(self.env, value)
            case "date":
                return format_date(self.env, value)
            case "html":
                return html2plaintext(value)
            case "selection":
                return dict(field._description_selection(self.env)).get(value, value)
            case "properties":
                return self._export_properties(record, field)
        return value

    @api.model
    def _export_properties(self, record, field):
        """
        :return: ``{label: text}`` of those that have a value
        """
        (values,) = record.read([field.name])
        text = self.env["crm.lead"]._get_property_text
        return {item["string"]: text(item) for item in values[field.name] or [] if item.get("value")}

    @api.model
    def _export_lead(self, lead, records):
        properties = {
            **lead._map_property_texts()[lead],
            **self._export_properties(lead, lead._fields["lead_properties"]),
        }
        return {
            **self._export_record("leads", lead),
            **({self.env._("Further values"): properties} if properties else {}),
            self.env._("History"): [self._export_event(event) for event in lead.event_ids.sorted("id")],
        }

    @api.model
    def _export_event(self, event):
        event = event.with_context(lang=self.env.lang)
        kinds = dict(event._fields["kind"]._description_selection(self.env))
        values = {
            self.env._("Date"): format_datetime(self.env, event.date),
            self.env._("What"): kinds.get(event.kind, event.kind),
            self.env._("What happened"): event.summary,
            self.env._("As received"): event.received,
        }
        return {label: value for label, value in values.items() if value}

    @api.model
    def _export_message(self, message):
        """Notes of colleagues are about the person, too: they are told apart."""
        is_note = message.is_internal or message.subtype_id.internal or not message.subtype_id
        texts = {
            self.env._("From"): message.author_id.name or message.email_from,
            self.env._("Subject"): message.subject,
            self.env._("Text"): html2plaintext(message.body or "", include_references=False).strip(),
            self.env._("Files"): message.attachment_ids.mapped("name"),
        }
        return {
            self.env._("Date"): format_datetime(self.env, message.date),
            self.env._("Internal note"): bool(is_note),
            **{label: text for label, text in texts.items() if text},
        }

    @api.model
    def _export_answers(self, call):
        answers = {answer.question: answer.answer for answer in call.answer_ids}
        return {self.env._("Answers"): answers} if answers else {}
