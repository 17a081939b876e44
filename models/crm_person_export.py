import io
import json
import zipfile

from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_date, format_datetime, html2plaintext

# what a person is told of each kind of record
EXPORTED = {
    "partners": (
        "name", "email", "phone", "street", "street2", "zip", "city", "state_id", "country_id", "website", "function",
        "company_name", "vat", "ref", "lang", "comment", "category_id", "parent_id", "client_source_id", "user_id",
        "client_phone_ids", "bank_ids", "user_ids", "is_blacklisted", "create_date", "active",
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
        content = {
            self.env._("Made on"): format_date(self.env, self.env.cr.now()),
            self.env._("Contacts"): self._export_records("partners", records),
            self.env._("Leads"): [self._export_lead(lead, records) for lead in records["leads"]],
            self.env._("Messages"): [
                self._export_message(message) for message in records["messages"] | records["kept_messages"]
            ],
            self.env._("Activities"): self._export_records("activities", records),
            self.env._("Calls"): [
                {**self._export_record(call, EXPORTED["calls"]), **self._export_answers(call)}
                for call in records["calls"]
            ],
            self.env._("Appointments and meetings"): [
                self._export_record(meeting, EXPORTED["private" if meeting.privacy == "private" else "meetings"])
                for meeting in records["meetings"]
            ],
            self.env._("Consents"): self._export_records("consents", records),
            self.env._("Requests from outside"): self._export_records("requests", records),
            self.env._("Orders"): self._export_records("orders", records),
            self.env._("Quotations"): [
                self._export_record(order, EXPORTED["orders"]) for order in records["quotations"]
            ],
            self.env._("Invoices"): self._export_records("invoices", records),
            self.env._("Files"): [self._get_path(file) for file in records["files"]],
        }
        content = {label: part for label, part in content.items() if part}
        for document in (*leads, *partners):
            document._message_log(body=self.env._("What is known of this person was exported."))
        return self._pack(content, records["files"])

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
        return [self._export_record(record, EXPORTED[name]) for record in records[name]]

    @api.model
    def _export_record(self, record, names):
        """
        :return: ``{label: value}`` of the fields that have a value
        """
        record = record.with_env(record.env(context=self.env.context))
        values = {}
        for name in names:
            field = record._fields.get(name)
            if field is not None and record[name]:
                values[field._description_string(self.env)] = self._export_value(record, field)
        return values

    @api.model
    def _export_value(self, record, field):
        value = record[field.name]
        match field.type:
            case "many2one":
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
        return value

    @api.model
    def _export_lead(self, lead, records):
        properties = lead._map_property_texts()[lead]
        for item in lead.read(["lead_properties"])[0]["lead_properties"] or []:
            if item.get("value"):
                properties[item["string"]] = lead._get_property_text(item)
        return {
            **self._export_record(lead, EXPORTED["leads"]),
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
