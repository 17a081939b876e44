from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Every page knows without asking whether its user is reminded of call backs."""
        info = super().session_info()
        group = "crm_lead_lifecycle.group_call_operator"
        info["groups"][group] = bool(info["uid"]) and self.env.user.has_group(group)
        return info
