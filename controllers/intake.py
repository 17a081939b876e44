from werkzeug.exceptions import RequestEntityTooLarge

from odoo import http
from odoo.http import request

from ..models.crm_intake_channel import IntakeError
from ..models.crm_intake_request import LONGEST_ID
from ..models.own_transaction import read_anew

LARGEST_BODY = 256 * 1024
JSON_TYPES = ("application/json", "text/json")
# of the headers what helps to find out what happened
KEPT_HEADERS = ("User-Agent", "Content-Type", "Idempotency-Key", "X-Request-Id")
ANSWERS = {"done": ("created", 201), "quarantined": ("quarantined", 202)}


class IntakeController(http.Controller):
    """Inquiries that machines send. Errors say which value is wrong and nothing else: no trace, nothing of the
    database."""

    @http.route(
        "/lead_intake/<string:code>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=LARGEST_BODY,
    )
    def intake(self, code, **_values):
        channel = request.env["crm.intake.channel"]._find_by_code(code, "json")
        if not channel:
            return _refuse(404, "not_found", "There is no such channel.")
        try:
            raw = request.httprequest.get_data()
        except RequestEntityTooLarge:
            return _refuse(413, "too_large", f"A request can have {LARGEST_BODY} bytes.")
        if not _is_authentic(channel, raw):
            channel._count_refusal()
            return _refuse(401, "unauthorized", "The secret or the signature is wrong.")
        if not channel._is_within_rate():
            return _refuse(429, "too_many_requests", "Wait a minute.", {"Retry-After": "60"})
        if request.httprequest.mimetype not in JSON_TYPES:
            return _refuse(415, "unsupported_media_type", "Send application/json.")
        try:
            return _take_in(channel, raw)
        except IntakeError as error:
            return _refuse_for(error)


def _take_in(channel, raw):
    """Write it down, then make a lead of it."""
    payload = raw.decode("utf-8", "replace")
    external_id = channel._get_external_id(raw, request.httprequest.headers.get("Idempotency-Key"))
    intake, is_repeat = channel.env["crm.intake.request"]._receive(
        channel, payload, external_id, request.httprequest.mimetype, keep_headers()
    )
    read_anew(request.env)
    intake._process()
    if intake.state == "failed":
        raise IntakeError(intake.error, intake.error_field, intake.error_status)
    status, code = ANSWERS[intake.state]
    answer = {"status": status}
    if intake.state == "done":
        answer = {"number": intake.lead_id.number, "status": "repeated" if is_repeat else "created"}
    return request.make_json_response(answer, status=200 if is_repeat else code)


def keep_headers():
    headers = request.httprequest.headers
    return {name: headers[name][:LONGEST_ID] for name in KEPT_HEADERS if name in headers}


def _is_authentic(channel, raw):
    headers = request.httprequest.headers
    signature = headers.get("X-Signature")
    if signature is not None:
        return channel._is_authentic(
            signature=signature.removeprefix("sha256="), timestamp=headers.get("X-Timestamp"), raw=raw
        )
    scheme, _space, token = headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and channel._is_authentic(token=token.strip())


def _refuse(status, word, message, headers=None):
    return request.make_json_response(
        {"error": word, "message": message}, status=status, headers=list((headers or {}).items())
    )


def _refuse_for(error):
    word = {400: "malformed", 409: "conflict"}.get(error.status, "invalid")
    answer = {"error": word, "message": str(error), **({"field": error.field} if error.field else {})}
    return request.make_json_response(answer, status=error.status)
