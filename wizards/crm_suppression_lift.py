from odoo import fields, models
from odoo.exceptions import UserError


class CrmSuppressionLift(models.TransientModel):
    """The dialog that asks why somebody who was erased may be approached again."""

    _name = "crm.suppression.lift"
    _description = "Lift Suppressions"

    suppression_ids = fields.Many2many("crm.suppression", string="Suppressed Contacts", required=True)
    reason = fields.Char(help="Such as: asked for it in a letter that is filed. Name nobody.")

    def action_lift(self):
        """
        :raise UserError: without a reason, or when nothing is in force
        """
        self.suppression_ids.check_access("read")
        if not self.suppression_ids.filtered("active"):
            raise UserError(self.env._("These are lifted already."))
        self.suppression_ids._lift(self.reason)
        return {"type": "ir.actions.act_window_close"}
