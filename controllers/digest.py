from odoo import http
from odoo.http import request

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


class LeadDigest(http.Controller):
    """The link at the foot of the morning digest. Programs that check mails follow it, so reading the page changes
    nothing; the button does, and so does the one of the reader's mail program (RFC 8058), which has no session."""

    @http.route(
        "/lead_digest/stop/<string:token>",
        type="http",
        auth="public",
        website=True,
        methods=["GET", "POST"],
        csrf=False,
        sitemap=False,
    )
    def stop(self, token, **_values):
        user = request.env["res.users"]._find_by_digest_token(token)
        if not user:
            return request.render("crm_lead_lifecycle.crm_lead_digest_gone", status=404, headers=HEADERS)
        if request.httprequest.method == "POST":
            user.lead_digest = False
        request.update_context(lang=user._get_language())
        return request.render("crm_lead_lifecycle.crm_lead_digest_stop", {"reader": user}, headers=HEADERS)
