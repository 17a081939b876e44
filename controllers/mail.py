from urllib.parse import urlencode

from odoo.addons.portal.controllers.mail import MailController
from odoo.http import request


class LeadMailController(MailController):
    @classmethod
    def _redirect_to_record(cls, model, res_id, access_token=None, **kwargs):
        """The button in mails leads customers to the page of their request, which looks at the link itself; what else
        is in the address is dropped."""
        if model == "crm.lead" and res_id and access_token and not request.env.user._is_internal():
            return request.redirect(f"/my/requests/{res_id}?{urlencode({'access_token': access_token})}")
        return super()._redirect_to_record(model, res_id, access_token=access_token, **kwargs)
