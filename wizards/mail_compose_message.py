from odoo import models


class MailComposeMessage(models.TransientModel):
    _inherit = "mail.compose.message"

    def _get_blacklist_record_ids(self, mail_values_dict, recipients_info=None):
        """Who asked to be erased gets no mail that goes to many, whether blacklisted addresses are left out or not."""
        blocked = super()._get_blacklist_record_ids(mail_values_dict, recipients_info)
        if self.composition_mode == "mass_mail" and self.model in ("crm.lead", "res.partner"):
            suppressed = self.env[self.model].sudo().browse(mail_values_dict)._map_suppressions()
            blocked.update(record.id for record in suppressed)
        return blocked
