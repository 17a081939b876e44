from odoo import fields, models
from odoo.exceptions import UserError


class CrmLeadRemove(models.TransientModel):
    _name = "crm.lead.remove"
    _description = "Remove Leads"

    lead_ids = fields.Many2many("crm.lead", string="Leads", context={"active_test": False})
    removal_reason_id = fields.Many2one("crm.removal.reason", "Reason")

    def action_apply(self):
        """Remove the leads with the reason chosen.

        :raise UserError: when there are no leads, no reason is chosen, or a lead is won
        """
        if not self.lead_ids:
            raise UserError(self.env._("Choose the leads to remove."))
        self.lead_ids.write({"client_status": "removed", "removal_reason_id": self.removal_reason_id.id})
        return {"type": "ir.actions.act_window_close"}
