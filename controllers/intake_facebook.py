from werkzeug.exceptions import RequestEntityTooLarge

from odoo import http
from odoo.http import request

from ..models.crm_intake_channel import IntakeError
from .intake import _refuse, _refuse_for

LARGEST_NOTIFICATION = 1024 * 1024
LONGEST_CHALLENGE = 200


class IntakeFacebookController(http.Controller):
    """What Facebook tells. It is answered at once; what was filled in is fetched afterwards."""

    @http.route("/lead_intake/<string:code>/facebook", type="http", auth="public", methods=["GET"], save_session=False)
    def subscribe(self, code, **values):
        """Facebook asks once whether this address is ours."""
        channel = request.env["crm.intake.channel"]._find_by_code(code, "facebook")
        if not channel:
            return _refuse(404, "not_found", "There is no such channel.")
        token, challenge = values.get("hub.verify_token"), values.get("hub.challenge", "")
        if values.get("hub.mode") != "subscribe" or len(challenge) > LONGEST_CHALLENGE:
            return _refuse(400, "malformed", "Facebook alone calls this address.")
        if not token or not channel._is_authentic(token=token):
            channel._count_refusal()
            return _refuse(403, "forbidden", "The verify token is wrong.")
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
        return request.make_response(challenge, headers)

    @http.route(
        "/lead_intake/<string:code>/facebook",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=LARGEST_NOTIFICATION,
    )
    def notify(self, code, **_values):
        channel = request.env["crm.intake.channel"]._find_by_code(code, "facebook")
        if not channel:
            return _refuse(404, "not_found", "There is no such channel.")
        try:
            raw = request.httprequest.get_data()
        except RequestEntityTooLarge:
            return _refuse(413, "too_large", f"A notification can have {LARGEST_NOTIFICATION} bytes.")
        if not channel._is_from_facebook(request.httprequest.headers.get("X-Hub-Signature-256"), raw):
            channel._count_refusal()
            return _refuse(401, "unauthorized", "The signature is wrong.")
        if not channel._is_within_rate():
            return _refuse(429, "too_many_requests", "Wait a minute.", {"Retry-After": "60"})
        try:
            told = channel._read_notification(raw)
        except IntakeError as error:
            return _refuse_for(error)
        for content in told:
            channel._receive_leadgen(content)
        return request.make_json_response({"status": "received"})
