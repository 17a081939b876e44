from odoo import models


class PortalShare(models.TransientModel):
    """Odoo's dialog that shares a document by its link: a proposal that is shared with the customer is sent."""

    _inherit = "portal.share"

    def action_send_mail(self):
        order = self.resource_ref
        if isinstance(order, self.pool["mail.thread"]):
            order._check_may_be_written_to(message_type="comment", partner_ids=self.partner_ids.ids)
        res = super().action_send_mail()
        if (
            order
            and order._name == "sale.order"
            and order.opportunity_id
            and order.state == "draft"
            and order.partner_id in self.partner_ids
        ):
            order.action_quotation_sent()
        return res
