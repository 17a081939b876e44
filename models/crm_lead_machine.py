from odoo import SUPERUSER_ID, api, models
from odoo.tools import html2plaintext

# objects, not flags: no client can send them in a context
MACHINE = object()
IMPORT = object()


class CrmLead(models.Model):
    """Persons and machines: rules that refuse apply to persons; what a machine brings in is always taken in."""

    _inherit = "crm.lead"

    @api.model
    def _is_person(self):
        """Whether a person acts, to whom the rules that refuse apply. The superuser, public and portal users and
        the mail
        gateway are machines; ``sudo()`` does not make a person a machine."""
        if self.env.context.get("lead_machine") is MACHINE:
            return False
        return self.env.uid != SUPERUSER_ID and self.env.user._is_internal()

    def _is_asked(self):
        """Whether what is created here comes from a person who can be asked for what is missing, not from an import."""
        return self._is_person() and self.env.context.get("lead_import") is not IMPORT

    @api.model
    def load(self, fields, data):
        """An import that creates leads is a machine, whoever calls it; one that changes leads is its user's."""
        return super(CrmLead, self.with_context(lead_import=IMPORT)).load(fields, data)

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A mail's body is the customer's request."""
        values = {"request": html2plaintext(msg_dict.get("body") or "").strip(), **(custom_values or {})}
        leads = self.with_context(lead_machine=MACHINE)
        return super(CrmLead, leads).message_new(msg_dict, custom_values=values).with_env(self.env)
