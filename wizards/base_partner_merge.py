from odoo import models


class BasePartnerMerge(models.TransientModel):
    """A merge of contacts leaves the keys of the one that stays."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """The merge moves rows in SQL, past what keeps the keys right."""
        partners = self.env["res.partner"].browse(partner_ids)
        parents = partners.exists().parent_id
        res = super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)
        (partners | parents).exists()._update_client_keys()
        return res
