from odoo import http
from odoo.http import request

from ..models.own_transaction import read_anew
from .intake import keep_headers, once
from .portal import HEADERS

LARGEST_FORM = 64 * 1024
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
CORS = {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Accept",
    "Access-Control-Max-Age": "86400",
}


class IntakeFormController(http.Controller):
    """Forms that visitors of any web site send. Who is taken for a robot gets the same answer as everybody."""

    @http.route(
        "/lead_intake/<string:code>/form",
        type="http",
        auth="public",
        methods=["POST", "OPTIONS"],
        website=True,
        multilang=False,
        sitemap=False,
        csrf=False,
        save_session=False,
        max_content_length=LARGEST_FORM,
    )
    def intake_form(self, code, **_values):
        channel = request.env["crm.intake.channel"]._find_by_code(code, "form")
        if not channel:
            return _answer(None, 404, "not_found")
        origin = request.httprequest.headers.get("Origin")
        if not channel._is_from_allowed_site(origin):
            channel._count_refusal()
            return _answer(None, 403, "forbidden")
        if request.httprequest.method == "OPTIONS":
            return request.make_response("", status=204, headers=[*_allow(channel).items(), *CORS.items()])
        if request.httprequest.mimetype not in FORM_TYPES:
            return _answer(channel, 415, "unsupported_media_type")
        address = request.httprequest.remote_addr
        if not once("rate", lambda: channel._is_within_visitor_rate(address) and channel._is_within_rate()):
            return _answer(channel, 429, "too_many_requests")
        form = {name: ", ".join(values) for name, values in request.httprequest.form.lists()}
        if channel._is_by_robot(form):
            channel._count_refusal()
        elif form:
            page = request.httprequest.headers.get("Referer", "")
            mimetype, headers = request.httprequest.mimetype, keep_headers()
            intake = once("received", lambda: channel._take_in_form(form, page, mimetype, headers))
            read_anew(request.env)
            intake._process()
        return _answer(channel, 200, "received")


def _allow(channel):
    """That the scripts of an allowed site may read the answer."""
    origin = request.httprequest.headers.get("Origin")
    if channel and origin and origin.lower() in channel._get_allowed_origins():
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return {"Vary": "Origin"}


def _answer(channel, status, word):
    """Whether it was sent by a script or by the form itself."""
    headers = list(_allow(channel).items())
    if status == 429:
        headers.append(("Retry-After", "60"))
    if request.httprequest.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        key = "status" if status == 200 else "error"
        return request.make_json_response({key: word}, status=status, headers=headers)
    if status == 200 and channel.thanks_url:
        response = request.redirect(channel.thanks_url.strip(), code=303, local=False)
        response.headers.extend(headers)
        return response
    values = {"word": word}
    return request.render(
        "crm_lead_lifecycle.portal_intake_form", values, status=status, headers=[*HEADERS.items(), *headers]
    )
