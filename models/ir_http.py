from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """A page knows without asking whether its user is reminded of call backs."""
        info = super().session_info()
        info["is_call_operator"] = self.env.user.has_group("crm_lead_lifecycle.group_call_operator")
        return info

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """The customer's page speaks the customer's language in its scripts too."""
        return [*super()._get_translation_frontend_modules_name(), "crm_lead_lifecycle"]
