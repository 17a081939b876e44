from odoo import api, fields, models


class CrmLead(models.Model):
    """The next step of a lead: the one thing that its form highlights."""

    _inherit = "crm.lead"

    next_step = fields.Selection(
        [
            ("client", "Assign to Client"),
            ("request_client", "Ask for a Client"),
            ("convert", "Convert to Opportunity"),
            ("quotation", "New Quotation"),
            ("send", "Send Proposals"),
            ("conclude", "Conclude"),
        ],
        compute="_compute_next_step",
        export_string_translation=False,
        help="What is best done with the lead now; empty when it is closed.",
    )

    @api.depends(
        "partner_id",
        "type",
        "active",
        "won_status",
        "date_client_requested",
        "quotation_count",
        "sale_order_count",
        "proposal_status",
        "lead_type_id",
    )
    @api.depends_context("uid")
    def _compute_next_step(self):
        for lead in self:
            is_open = lead.active and lead.won_status == "pending"
            lead.next_step = lead._get_next_step() if is_open else False

    def _get_next_step(self):
        """
        :return: key of the next step of this open lead; False for one that is not saved and has no client yet
        """
        if not self.partner_id:
            if not self._origin:
                return False
            if self._may_see_clients():
                return "client"
            if not self.date_client_requested:
                return "request_client"
        if self.type == "lead":
            return "convert"
        has_proposals = self.lead_type_id.sudo()._has_proposal_stages()
        if self.proposal_status == "over" and has_proposals:
            return "conclude"
        if self.partner_id and not self.quotation_count and not self.sale_order_count:
            return "quotation"
        if self.proposal_status == "draft" and has_proposals:
            return "send"
        return "conclude"
