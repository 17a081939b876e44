from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 1000


class CrmIntakeRequest(models.Model):
    """The journal forgets what was sent when its channel says so."""

    _inherit = "crm.intake.request"

    is_erased = fields.Boolean("Erased", readonly=True, help="What was sent has been erased, as the channel says.")

    _kept_idx = models.Index("(channel_id, date) WHERE is_erased IS NOT TRUE")

    @api.model
    def _cron_erase(self):
        """What was sent is erased after its channel's days; that something came, and what became of it, stays."""
        channels = self.env["crm.intake.channel"].sudo().with_context(active_test=False)
        for channel in channels.search([("keep_days", ">", 0)]):
            self.env["crm.lead"]._work_off(lambda channel=channel: self._erase_batch(channel))

    def _erase_batch(self, channel):
        until = fields.Datetime.now() - timedelta(days=channel.keep_days)
        domain = Domain("channel_id", "=", channel.id) & Domain("date", "<", until) & Domain("is_erased", "=", False)
        old = self.sudo().search(domain, order="date", limit=BATCH)
        old._erase()
        return len(old)

    def _erase(self):
        self.write(
            {
                "payload": False,
                "headers": False,
                "error": False,
                "remarks": False,
                "fingerprint": False,
                "signature": False,
                "is_erased": True,
            }
        )
