from odoo import models


class PortalShare(models.TransientModel):
    """Odoo's dialog that shares a document by its link: a proposal that is shared with the customer is sent."""

    _inherit = "portal.share"

    def action_send_mail(self):
        res = super().action_send_mail()
        order = self.resource_ref
        if (
            order
            and order._name == "sale.order"
            and order.opportunity_id
            and order.state == "draft"
            and order.partner_id in self.partner_ids
        ):
            order.action_quotation_sent()
        return res
