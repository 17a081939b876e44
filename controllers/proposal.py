from odoo import http
from odoo.addons.sale.controllers.portal import CustomerPortal
from odoo.http import request

from ..models.sale_order_conversation import SIGNING
from .request import LIST, find_access


class ProposalPortal(CustomerPortal):
    """Odoo's own page of a quotation, where proposals are accepted and refused: the way back to the request."""

    def _get_page_view_values(self, document, access_token, values, *args, **kwargs):
        values = super()._get_page_view_values(document, access_token, values, *args, **kwargs)
        if document._name == "sale.order" and document.opportunity_id:
            lead = find_access(document.opportunity_id.id)
            values["request_path"] = lead and f"{LIST}/{lead.id}"
        return values

    @http.route()
    def portal_quote_accept(self, order_id, access_token=None, name=None, signature=None):
        # that it was signed is no message of the customer's
        request.update_context(proposal_signing=SIGNING)
        return super().portal_quote_accept(order_id, access_token=access_token, name=name, signature=signature)
