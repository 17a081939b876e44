from odoo import models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def _get_blacklist_record_ids(self, mail_values_dict, recipients_info=None):
        """Who asked to be erased gets no mail that goes to many, whether blacklisted addresses are left out or not."""
        blocked = super()._get_blacklist_record_ids(mail_values_dict, recipients_info)
        if self.composition_mode == "mass_mail" and isinstance(self.env[self.model], self.pool["mail.thread"]):
            blocked.update(self.env[self.model].browse(mail_values_dict)._get_suppressed().ids)
        return blocked
