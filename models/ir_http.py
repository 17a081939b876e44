from odoo import models
from odoo.http import request


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

    @classmethod
    def _dispatch(cls, endpoint):
        """A stranger's form may have a field that is called like the first argument of a method."""
        if request.httprequest.path.startswith("/lead_intake/"):
            request.params.pop("self", None)
        return super()._dispatch(endpoint)
