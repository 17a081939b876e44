from odoo import models

from ..models import client_names
from ..models.crm_client_phone import is_phone


class BasePartnerMerge(models.TransientModel):
    """The contact that stays is found by everything that the others were found by."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """The merge moves rows in SQL, past what keeps the keys right."""
        partners = self.env["res.partner"].browse(partner_ids)
        parents = partners.exists().parent_id
        res = super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)
        (partners | parents).exists()._update_client_keys()
        return res

    def _update_values(self, src_partners, dst_partner):  # pylint: disable=missing-return
        """Odoo keeps one phone. Those of the others become further ones, or whoever calls from there would be made a
        client once more."""
        phones = src_partners.filtered(lambda partner: is_phone(partner.phone)).mapped("phone")
        super()._update_values(src_partners, dst_partner)
        client = dst_partner.sudo()
        client.invalidate_recordset(["client_phone_ids"])
        known = {self._get_digits(record) for record in (client, *client.client_phone_ids)}
        lines = self.env["crm.client.phone"].sudo()
        for phone in phones:
            line = lines.new({"partner_id": client.id, "phone": phone})
            if self._get_digits(line) not in known:
                known.add(self._get_digits(line))
                lines.create({"partner_id": client.id, "phone": phone})

    def _get_digits(self, record):
        return client_names.last_digits(record.phone_sanitized or record.phone)
