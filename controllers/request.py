from ipaddress import ip_address, ip_network

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.http import request

from ..models.crm_lead_conversation import BUS_TYPE, LONGEST_MESSAGE, PAGE
from ..models.crm_lead_customer_file import FILE_TYPES
from .portal import HEADERS

LIST = "/my/requests"
PATH = "/my/requests/<int:lead_id>"
SESSION = "lead_access"
# of how many requests a browser keeps the links
MOST_LINKS = 20
LARGEST_ID = 2**31 - 1


class RequestPortal(CustomerPortal):
    """The customer's pages: the list of the own requests for who is logged in, and the page of a request, also by its
    link. Reading changes nothing; whatever does not open the page looks the same."""

    # ------------------------------------------------------------
    # LIST
    # ------------------------------------------------------------

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "request_count" in counters:
            leads = request.env["crm.lead"]
            domain = leads._get_customer_domain()
            values["request_count"] = leads.sudo().with_context(active_test=False).search_count(domain)
        return values

    @http.route([LIST, f"{LIST}/page/<int:page>"], type="http", auth="user", website=True, methods=["GET"])
    def requests(self, page=1, **_values):
        leads = request.env["crm.lead"].sudo().with_context(active_test=False)
        domain = request.env["crm.lead"]._get_customer_domain()
        pager = portal_pager(url=LIST, total=leads.search_count(domain), page=page, step=self._items_per_page)
        found = leads.search(domain, order="id desc", limit=self._items_per_page, offset=pager["offset"])
        values = {
            **self._prepare_portal_layout_values(),
            "requests": [lead._get_customer_summary() for lead in found],
            "pager": pager,
            "page_name": "request",
            "default_url": LIST,
        }
        return request.render("crm_lead_lifecycle.portal_requests", values, headers=HEADERS)

    # ------------------------------------------------------------
    # PAGE
    # ------------------------------------------------------------

    @http.route(PATH, type="http", auth="public", website=True, methods=["GET"], sitemap=False)
    def request_page(self, lead_id, before=None, **values):
        token = values.get("access_token")
        lead = find_lead(lead_id, token)
        if not lead:
            return render_gone(lead_id)
        if token is not None:
            if lead._is_link(token):
                remember_link(lead_id, token)
            return request.redirect(f"{LIST}/{lead_id}")
        return render_page(lead, before=to_id(before))

    @http.route(f"{PATH}/link", type="http", auth="public", website=True, methods=["POST"], sitemap=False)
    def request_link(self, lead_id, **_values):
        """Send a new link to the address that the request has; the answer is the same in any case."""
        rate = request.env["crm.lead.rate"].sudo()
        is_within = rate._count("visitor", to_visitor(request.httprequest.remote_addr))
        if is_within and lead_id <= LARGEST_ID and rate._count("link", lead_id):
            request.env["crm.lead"].sudo()._ask_for_link(lead_id)
        return request.render("crm_lead_lifecycle.portal_request_link_sent", headers=HEADERS)


# ------------------------------------------------------------
# WHAT THE PAGES SHARE
# ------------------------------------------------------------


def find_lead(lead_id, token=None):
    """The request that a visitor may see (see :func:`find_access`), in the customer's language."""
    return to_customer(find_access(lead_id, token))


def find_access(lead_id, token=None):
    """The request that a visitor may see: by the link that they follow or have followed, or by their login. It is
    looked at each time, so that a link which ends is shut at once.

    :return: crm.lead as superuser; an empty set if it is not theirs
    """
    leads = request.env["crm.lead"]
    if lead_id > LARGEST_ID:
        return leads
    kept = request.session.get(SESSION, {}).get(str(lead_id))
    lead = leads._find_for_customer(lead_id, kept if token is None else token)
    if not lead and token is not None:  # an old link, in a browser that has a newer one
        lead = leads._find_for_customer(lead_id, kept)
    return lead


def to_customer(lead):
    """Speak the customer's language from here on, also in what is rendered.

    :return: the lead; an empty set stays one
    """
    if not lead:
        return lead
    lead = lead._for_customer()
    request.update_context(lang=lead.env.lang, tz=lead.env.context["tz"])
    return lead


def remember_link(lead_id, token):
    """Keep the link in the session, so that it need not stand in the address."""
    links = {key: kept for key, kept in request.session.get(SESSION, {}).items() if key != str(lead_id)}
    request.session[SESSION] = dict([*links.items(), (str(lead_id), token)][-MOST_LINKS:])


def may_write(lead):
    """Whoever of the company looks at the page by the customer's link only looks."""
    return not request.env.user._is_internal() or lead._is_of_login()


def who(lead):
    """Whom the limits of a request count."""
    return f"{lead.id} {request.env.uid}"


def get_messages(lead, after=0, before=0):
    """
    :return: mail.message, and whether there are more of them
    """
    domain = lead._get_customer_conversation_domain()
    messages = lead._get_conversation(after=after, before=before, limit=PAGE + 1, domain=domain)
    has_more = len(messages) > PAGE
    return (messages[:PAGE] if after else messages[-PAGE:]), has_more


def render_page(lead, before=0, status=200, problem="", text=""):
    """
    :param str problem: why what the customer wrote was not sent
    :param str text: what that was
    """
    messages, has_more = get_messages(lead, before=before)
    company = lead._get_customer_company()
    values = {
        "view": lead._get_customer_view(),
        "messages": lead._format_for_customer(messages),
        "has_more": has_more,
        "before": before,
        "is_read": not lead.is_unread,
        "seen_id": lead.customer_seen_id,
        "may_write": may_write(lead),
        "channel": lead._get_conversation_channel(),
        "bus_type": BUS_TYPE,
        "longest": LONGEST_MESSAGE,
        "endings": ",".join(f".{ending}" for endings in FILE_TYPES.values() for ending in endings),
        "problem": problem,
        "text": text,
        "is_mine": lead._is_of_login(),
        "page_name": "request",
        "company": company,
        "res_company": company,
    }
    return request.render("crm_lead_lifecycle.portal_request", values, headers=HEADERS, status=status)


def render_gone(lead_id):
    values = {"lead_id": lead_id}
    return request.render("crm_lead_lifecycle.portal_request_gone", values, headers=HEADERS, status=404)


def to_id(value):
    """An id that stands in an address or a form; 0 for anything else."""
    value = str(value or "")
    return min(int(value), LARGEST_ID) if value.isascii() and value.isdecimal() and len(value) < 20 else 0


def to_visitor(address):
    """Whose address it is, for the limits: of IPv6, where everybody has as many as they like, the network."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address
    found = getattr(found, "ipv4_mapped", None) or found
    return str(found if found.version == 4 else ip_network((found, 64), strict=False))
