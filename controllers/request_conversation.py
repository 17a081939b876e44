from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.crm_lead_customer_file import LARGEST_FILE, MOST_FILES
from .portal import HEADERS
from .request import (
    LARGEST_ID,
    LIST,
    PATH,
    find_access,
    find_lead,
    get_messages,
    may_write,
    render_gone,
    render_page,
    to_customer,
    to_id,
    who,
)

# files, and the text around them
LARGEST_POST = (MOST_FILES + 1) * LARGEST_FILE


class RequestConversation(http.Controller):
    """The conversation on the customer's page: what is new, writing, files. A form does without any script; a script
    asks for JSON with ``Accept``."""

    @http.route(f"{PATH}/messages", type="http", auth="public", methods=["GET"])
    def request_messages(self, lead_id, after=None, is_read=None, **_values):
        """What came after a message, for pages that ask again and again: nearly always nothing, which takes two
        queries beside Odoo's own. Neither a website nor a language is looked for before that. The route is not
        ``readonly``: a copy of the database lags behind, and a link that ends is shut at once.

        :return: 204 for nothing new, else JSON: ``html`` of the messages, ``summary`` (HTML of the request as it is
            now), ``last_id``, ``is_read`` (whether the desk has read what the customer wrote), ``has_more``
        """
        lead = find_access(lead_id)
        if not lead:
            return _answer_json({}, 404)
        if not request.env["crm.lead.rate"].sudo()._count("poll", who(lead)):
            return _answer_busy(to_customer(lead))
        is_known = is_read is None or is_read == str(int(not lead.is_unread))
        if is_known and not lead._has_customer_news(to_id(after)):
            return _answer_nothing()
        return _answer(to_customer(lead), to_id(after))

    @http.route(
        f"{PATH}/messages",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
        multilang=False,
        max_content_length=LARGEST_POST,
    )
    def request_write(self, lead_id, text=None, key=None, after=None, **_values):
        """Write to the desk. Only these fields count, whatever else is sent."""
        lead = find_lead(lead_id)
        is_script = request.httprequest.accept_mimetypes.best == "application/json"
        if not lead or not may_write(lead):
            return _answer_json({}, 404) if is_script else render_gone(lead_id)
        text = text if isinstance(text, str) else ""
        if not request.env["crm.lead.rate"].sudo()._count("message", who(lead)):
            problem = request.env._("That were many messages at once. Please wait some minutes, then send it again.")
            return _answer_busy(lead) if is_script else render_page(lead, status=429, problem=problem, text=text)
        try:
            with request.env.cr.savepoint():
                lead._write_from_customer(text, _read_files(), key or None)
        except UserError as error:
            if is_script:
                return _answer_json({"problem": str(error)}, 422)
            return render_page(lead, status=422, problem=str(error), text=text)
        if is_script:
            return _answer(lead, to_id(after))
        return request.redirect(f"{LIST}/{lead_id}#newest")

    @http.route(f"{PATH}/seen", type="http", auth="public", methods=["POST"])
    def request_seen(self, lead_id, message_id=None, **_values):
        """The customer has the messages up to this one on the screen."""
        lead = find_access(lead_id)
        if not lead:
            return _answer_json({}, 404)
        if may_write(lead) and request.env["crm.lead.rate"].sudo()._count("poll", who(lead)):
            lead._mark_seen_by_customer(lead._get_customer_last_id(up_to=to_id(message_id)))
        return _answer_nothing()

    @http.route(
        f"{PATH}/files/<int:file_id>", type="http", auth="public", methods=["GET"], website=True, sitemap=False,
        multilang=False,
    )  # fmt: skip
    def request_file(self, lead_id, file_id, **_values):
        lead = find_lead(lead_id)
        file = lead and file_id <= LARGEST_ID and lead._find_customer_file(file_id)
        if not file:
            return render_gone(lead_id)
        is_shown = lead._format_customer_files(file)[0]["is_shown"]
        stream = request.env["ir.binary"].sudo()._get_stream_from(file)
        response = stream.get_response(as_attachment=not is_shown)
        response.headers.update({**HEADERS, "X-Content-Type-Options": "nosniff"})
        return response


def _answer(lead, after):
    lead.invalidate_recordset(["is_unread"])
    messages, has_more = get_messages(lead, after=after)
    values = {"messages": lead._format_for_customer(messages), "view": lead._get_customer_view()}
    qweb = request.env["ir.qweb"].sudo()
    content = {
        "html": qweb._render("crm_lead_lifecycle.portal_request_messages", values),
        "summary": qweb._render("crm_lead_lifecycle.portal_request_summary", values),
        "last_id": messages[-1:].id or after,
        "is_read": not lead.is_unread,
        "has_more": has_more,
    }
    return _answer_json(content)


def _answer_busy(lead):
    problem = lead.env._("That was a lot at once. Please wait some minutes, then try again.")
    return _answer_json({"problem": problem}, 429)


def _answer_json(content, status=200):
    return request.make_json_response(content, headers=list(HEADERS.items()), status=status)


def _answer_nothing():
    response = request.make_response("", headers=list(HEADERS.items()))
    response.status_code = 204
    return response


def _read_files():
    """Names and contents of the files of a form."""
    files = request.httprequest.files.getlist("files")
    for file in files:  # Odoo, which tries a request again after a conflict, rewinds only the first one of a name
        file.seek(0)
    # one byte more tells that there is more
    return [(file.filename, file.read(LARGEST_FILE + 1)) for file in files if file.filename][: MOST_FILES + 1]
