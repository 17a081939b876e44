import json

from odoo import api, fields, models

from .crm_intake_mapping import LONGEST, LONGEST_LINE, TARGETS
from .crm_intake_request import LONGEST_ID

# what most senders have, for a channel without a field map
USUAL_TARGETS = ("contact_name", "email_from", "phone", "request")
# how a field of a lead is written in JSON
SCHEMAS = {
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "monetary": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "many2many": {"type": "array", "items": {"type": "string"}},
}
SAMPLES = {
    "contact_name": "Maria Rossi",
    "partner_name": "Rossi & Figli",
    "email_from": "maria.rossi@example.com",
    "phone": "+39 06 5555 0142",
    "request": "A week for four in July, please.",
    "country_id": "IT",
    "lang_id": "it_IT",
    "website": "https://www.example.com",
}
SAMPLES_OF_KIND = {
    "integer": 2027,
    "number": 1200.5,
    "date": "2027-07-01",
    "date-time": "2027-07-01T10:00:00Z",
    "array": ["…"],
}
ERRORS = {
    400: "What was sent is no JSON object, or has a key twice, a number or characters that can't be meant.",
    401: "The secret or the signature is wrong.",
    404: "There is no such channel.",
    405: "Requests are sent by POST.",
    409: "The number of this request was given to another one.",
    413: "The body is too large.",
    415: "The body is not application/json in UTF-8, or it is compressed.",
    422: "A value makes no sense; the field says which one.",
    429: "More requests than the channel takes in a minute; try again after Retry-After seconds.",
    503: "Try again after Retry-After seconds; nothing was taken in twice.",
}
ANSWERS = {
    201: ("created", "A lead was made of it."),
    200: ("repeated", "It has come before; the answer is that of the first time."),
    202: ("quarantined", "Somebody looks at it before it becomes a lead."),
}


class CrmIntakeChannel(models.Model):
    """A channel as whoever writes the sender reads it: its address, an example, and an OpenAPI description."""

    _inherit = "crm.intake.channel"

    json_url = fields.Char("Address", compute="_compute_json_url", help="Requests are sent to it by POST.")
    description_url = fields.Char(
        "Description", compute="_compute_json_url", help="OpenAPI 3. It opens for managers, and with the secret."
    )
    example = fields.Text(
        compute="_compute_example", help="Put the secret in the place of SECRET, then run it in a terminal."
    )

    @api.depends("code")
    def _compute_json_url(self):
        for channel in self:
            channel.json_url = channel.code and f"{channel.get_base_url()}/lead_intake/{channel.code}"
            channel.description_url = channel.code and f"{channel.json_url}/openapi.json"

    @api.depends("json_url", "mapping_ids.how", "mapping_ids.path", "mapping_ids.target", "mapping_ids.sequence")
    def _compute_example(self):
        for channel in self:
            body = json.dumps(channel._prepare_sample(), ensure_ascii=False, indent=2).replace("'", "'\\''")
            channel.example = channel.json_url and (
                f"curl {channel.json_url} \\\n"
                "  -H 'Authorization: Bearer SECRET' \\\n"
                "  -H 'Content-Type: application/json' \\\n"
                f"  -d '{body}'"
            )

    def _is_managed_by(self, user):
        """Whether a user may read this channel, in whichever of their companies."""
        channel = self.env[self._name].with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        return not user._is_public() and channel.browse(self.id).has_access("read")

    # ------------------------------------------------------------
    # WHAT IS SENT
    # ------------------------------------------------------------

    def _prepare_sample(self):
        """
        :return: what a request may look like, as dicts and lists
        """
        return _sample(self._prepare_body_schema(), skipped=("external_id",))

    def _prepare_body_schema(self):
        """
        :return: the JSON schema of what the field map finds
        :rtype: dict
        """
        body = {"type": "object", "properties": {}}
        rows = [(row.path, row) for row in self.mapping_ids if row.how == "json" and row.path]
        for path, row in rows or [(name, None) for name in TARGETS if name in self.env["crm.lead"]._fields]:
            _put(body, path, self._prepare_value_schema(path, row))
        body["properties"].setdefault(
            "external_id",
            {
                "oneOf": [{"type": "string", "maxLength": LONGEST_ID}, {"type": "integer"}],
                "description": "Your own number of this request. The same number again makes no second lead.",
            },
        )
        return body

    def _prepare_value_schema(self, path, row):
        target = row.target if row else path
        if target == "property":
            return {"description": row.property_name, "x-sample": "…"}
        field = self.env["crm.lead"]._fields[target]
        schema = dict(SCHEMAS.get(field.type, {"type": "string", "maxLength": LONGEST.get(field.type, LONGEST_LINE)}))
        if target == "email_from":
            schema["format"] = "email"
        if field.type == "selection" and not (row and row.translations):
            schema = {"type": "string", "enum": field.get_values(self.env)}
        if row and row.translations:  # what is sent means something else here
            schema = {"description": "", "x-sample": row.translations.partition("=")[0].strip()}
        schema["description"] = field._description_string(self.env)
        if target in SAMPLES:
            schema.setdefault("x-sample", SAMPLES[target])
        if not row and target not in USUAL_TARGETS:
            schema["x-sample"] = None
        return schema

    # ------------------------------------------------------------
    # OPENAPI
    # ------------------------------------------------------------

    def _prepare_description(self):
        """
        :return: an OpenAPI 3.0 description of the address, made of the field map. It names nothing of the database.
        :rtype: dict
        """
        answer = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
        answer["properties"]["number"] = {"type": "string", "description": "Of the lead"}
        error = {
            "type": "object",
            "required": ["error", "message"],
            "properties": {
                "error": {"type": "string", "description": "What is wrong, in one word"},
                "message": {"type": "string"},
                "field": {"type": "string", "description": "Which value is wrong"},
            },
        }
        responses = {
            str(status): _response(f"{word.capitalize()}. {words}", "Answer")
            for status, (word, words) in ANSWERS.items()
        }
        responses |= {str(status): _response(words, "Error") for status, words in ERRORS.items()}
        body_schema = _without_samples(self._prepare_body_schema())
        header = {"in": "header", "required": False, "schema": {"type": "string"}}
        return {
            "openapi": "3.0.3",
            "info": {"title": self.name, "version": "1"},
            "servers": [{"url": self.get_base_url()}],
            "paths": {
                f"/lead_intake/{self.code}": {
                    "post": {
                        "operationId": "sendInquiry",
                        "summary": "Send an inquiry, which becomes a lead once however often it is sent",
                        "security": [{"bearer": []}, {"signature": [], "timestamp": []}],
                        "parameters": [
                            {**header, "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": LONGEST_ID},
                             "description": "Your own number of this request, instead of external_id in the body"},
                        ],
                        "requestBody": {
                            "required": True,
                            "content": {"application/json": {"schema": body_schema, "example": self._prepare_sample()}},
                        },
                        "responses": responses,
                    }
                }
            },
            "components": {
                "schemas": {"Answer": answer, "Error": error},
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "signature": {
                        "type": "apiKey", "in": "header", "name": "X-Signature",
                        "description": "HMAC-SHA256, hexadecimal, over X-Timestamp, a point and the body; used once",
                    },
                    "timestamp": {
                        "type": "apiKey", "in": "header", "name": "X-Timestamp",
                        "description": "Seconds since 1970, at most five minutes off",
                    },
                },
            },
        }  # fmt: skip


def _response(words, schema):
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": words, "content": content}


def _put(body, path, schema):
    """Describe the value at a path such as ``contact.emails[0].value``, as :func:`intake_json.find` reads it."""
    steps, node = path.replace("[", ".").replace("]", "").split("."), body
    for step in steps[:-1]:
        node = _step(node, step, {})
    _step(node, steps[-1], schema)


def _step(node, step, schema):
    """The schema below another one, made if there is none."""
    if step.isdecimal() and not node.get("properties"):
        node["type"] = "array"
        below = node.setdefault("items", {})
        below.update(schema)
        return below
    node["type"] = "object"
    node.pop("items", None)
    return node.setdefault("properties", {}).setdefault(step, schema)


def _sample(schema, skipped=()):
    if schema.get("properties"):
        values = {name: _sample(below) for name, below in schema["properties"].items() if name not in skipped}
        return {name: value for name, value in values.items() if value is not None}
    if "x-sample" in schema:
        return schema["x-sample"]
    if schema.get("type") == "array" and schema.get("items", {}).get("properties"):
        return [_sample(schema["items"])]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("format") or schema.get("type")
    return SAMPLES_OF_KIND.get(kind, "…")


def _without_samples(schema):
    if not isinstance(schema, dict):
        return schema
    return {name: _without_samples(value) for name, value in schema.items() if name != "x-sample"}
