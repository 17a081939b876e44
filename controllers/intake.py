from psycopg2 import InterfaceError, OperationalError
from psycopg2.pool import PoolError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from odoo import http
from odoo.exceptions import ConcurrencyError, UserError
from odoo.http import HttpDispatcher, request

from ..models.crm_intake_channel import IntakeError
from ..models.crm_intake_request import LONGEST_ID
from ..models.own_transaction import read_anew

LARGEST_BODY = 256 * 1024
JSON_TYPES = ("application/json", "text/json")
UTF_8 = ("utf-8", "utf8", "utf_8", "us-ascii", "ascii")
# of the headers what helps to find out what happened
KEPT_HEADERS = ("User-Agent", "Content-Type", "Idempotency-Key", "X-Request-Id")
ANSWERS = {"done": ("created", 201), "quarantined": ("quarantined", 202)}
WAIT = {"Retry-After": "5"}
# the database is not there, has no connection left or let another one through
BUSY = (OperationalError, InterfaceError, PoolError, ConcurrencyError)
WORDS = {400: "malformed", 409: "conflict", 413: "too_large", 503: "unavailable"}


class IntakeDispatcher(HttpDispatcher):
    """Addresses that machines call: the controller reads the body itself, and whatever goes wrong is answered as JSON
    without a word of what went wrong inside."""

    routing_type = "intake"

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        return self.request.registry["ir.http"]._dispatch(endpoint)

    def handle_error(self, exc):
        if isinstance(exc, HTTPException) and exc.code and exc.code < 500:
            return _refuse(exc.code, WORDS.get(exc.code, "refused"), "This is no request that can be read.")
        if isinstance(exc, UserError):
            return _refuse(422, "invalid", "A value makes no sense.")
        if isinstance(exc, BUSY):
            return _refuse(503, "unavailable", "Try again in a moment.", WAIT)
        return _refuse(500, "internal", "Something went wrong here. Try again later.")


class IntakeController(http.Controller):
    """Inquiries that machines send. Errors say which value is wrong and nothing else: no trace, nothing of the
    database."""

    # every method, so that the answer is ours also to those that are not allowed
    @http.route(
        "/lead_intake/<string:code>",
        type="intake",
        auth="public",
        csrf=False,
        save_session=False,
        max_content_length=LARGEST_BODY + 1,  # what comes in pieces is cut there without a word
    )
    def intake(self, code):
        if request.httprequest.method != "POST":
            return _refuse_method("POST")
        channel = request.env["crm.intake.channel"]._find_by_code(code, "json")
        if not channel:
            return _refuse(404, "not_found", "There is no such channel.")
        try:
            raw = request.httprequest.get_data()
        except RequestEntityTooLarge:
            raw = None
        if raw is None or len(raw) > LARGEST_BODY:
            return _refuse(413, "too_large", f"A request can have {LARGEST_BODY} bytes.")
        if not _is_authentic(channel, raw):
            channel._count_refusal()
            return _refuse(401, "unauthorized", "The secret or the signature is wrong.", {"WWW-Authenticate": "Bearer"})
        if not once("rate", channel._is_within_rate):
            return _refuse(429, "too_many_requests", "Wait a minute.", {"Retry-After": "60"})
        if not _is_plain_json():
            return _refuse(
                415,
                "unsupported_media_type",
                "Send application/json in UTF-8, not compressed.",
                {"Accept": "application/json", "Accept-Encoding": "identity"},
            )
        try:
            return _take_in(channel, raw)
        except IntakeError as error:
            return _refuse_for(error)

    @http.route("/lead_intake/<string:code>/openapi.json", type="intake", auth="public", csrf=False, save_session=False)
    def describe(self, code):
        """For whoever has the secret, and for managers of the channel. It changes nothing."""
        if request.httprequest.method not in ("GET", "HEAD"):
            return _refuse_method("GET, HEAD")
        channel = request.env["crm.intake.channel"]._find_by_code(code, "json")
        if not channel:
            return _refuse(404, "not_found", "There is no such channel.")
        if not channel._is_managed_by(request.env.user) and not _is_authentic(channel, b""):
            channel._count_refusal()
            return _refuse(401, "unauthorized", "The secret or the signature is wrong.", {"WWW-Authenticate": "Bearer"})
        return request.make_json_response(channel._prepare_description(), headers=[("Cache-Control", "no-store")])

    @http.route("/lead_intake/health", type="intake", auth="public", csrf=False, save_session=False, readonly=True)
    def tell_health(self):
        """For whoever has the key that was made in the settings."""
        if request.httprequest.method not in ("GET", "HEAD"):
            return _refuse_method("GET, HEAD")
        channels = request.env["crm.intake.channel"].sudo()
        if not channels._is_health_key(get_token()):
            return _refuse(401, "unauthorized", "The key is wrong.", {"WWW-Authenticate": "Bearer"})
        return request.make_json_response(channels._prepare_health(), headers=[("Cache-Control", "no-store")])


def _take_in(channel, raw):
    """Write it down, then make a lead of it."""
    payload = raw.decode("utf-8", "backslashreplace")  # what is no UTF-8 is then no JSON either, and can be read
    external_id = channel._get_external_id(raw, request.httprequest.headers.get("Idempotency-Key"))
    mimetype, headers = request.httprequest.mimetype, keep_headers()
    requests, signature = channel.env["crm.intake.request"], _get_signature()
    intake, is_repeat = once(
        "received",
        lambda: requests._receive(channel, payload, external_id, mimetype, headers, signature=signature),
    )
    read_anew(request.env)
    intake = intake._get_current()
    intake._process()
    if intake.state == "failed":
        raise intake._get_refusal()
    status, code = ANSWERS[intake.state]
    answer = {"status": "repeated" if is_repeat and intake.state == "done" else status}
    if intake.lead_id:
        answer["number"] = intake.lead_id.number
    return request.make_json_response(answer, status=200 if is_repeat else code)


def once(word, act):
    """What a request does in a transaction of its own stays done where Odoo repeats the request, as another one was in
    its way: it is neither counted nor written down again.

    :param str word: names the act
    :param act: function
    :return: what it returned the first time
    """
    done = vars(request).setdefault("lead_intake", {})
    if word not in done:
        done[word] = act()
    return done[word]


def keep_headers():
    headers = request.httprequest.headers
    return {
        name: "".join(filter(str.isprintable, headers[name]))[:LONGEST_ID] for name in KEPT_HEADERS if name in headers
    }


def _is_authentic(channel, raw):
    signature = _get_signature()
    if signature is not None:
        timestamp = request.httprequest.headers.get("X-Timestamp")
        return channel._is_authentic(signature=signature, timestamp=timestamp, raw=raw)
    return channel._is_authentic(token=get_token())


def _get_signature():
    """
    :return: str, or None if the request is not signed
    """
    signature = request.httprequest.headers.get("X-Signature")
    return signature and signature.lower().removeprefix("sha256=")


def get_token():
    """
    :return: what stands after ``Authorization: Bearer``, empty if nothing does
    """
    scheme, _space, token = request.httprequest.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_plain_json():
    """What is compressed is not unpacked: a few bytes can be as many as the memory holds."""
    http_request = request.httprequest
    return (
        http_request.mimetype in JSON_TYPES
        and http_request.mimetype_params.get("charset", "utf-8").strip("'\" ").lower() in UTF_8
        and http_request.headers.get("Content-Encoding", "identity").strip().lower() in ("", "identity")
    )


def _refuse_method(allowed):
    return _refuse(405, "method_not_allowed", f"Send by {allowed}.", {"Allow": allowed})


def _refuse(status, word, message, headers=None):
    return request.make_json_response(
        {"error": word, "message": message}, status=status, headers=list((headers or {}).items())
    )


def _refuse_for(error):
    answer = {
        "error": WORDS.get(error.status, "invalid"),
        "message": str(error),
        **({"field": error.field} if error.field else {}),
    }
    headers = list(WAIT.items()) if error.status == 503 else None
    return request.make_json_response(answer, status=error.status, headers=headers)
