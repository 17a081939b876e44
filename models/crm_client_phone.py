from functools import partial

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .crm_lead_client import VIEWER_GROUP


def is_phone(text):
    """Whether somebody may be called by what is written here."""
    return any(map(str.isdigit, text or ""))


class CrmClientPhone(models.Model):
    """A further phone of a client, beside the one that Odoo has: as good for finding the client.

    It is a part of its client: who may change the one may change the other, among those who see clients here.
    """

    _name = "crm.client.phone"
    _description = "Client Phone"
    _order = "sequence, id"
    _rec_name = "phone"

    partner_id = fields.Many2one("res.partner", "Client", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    phone = fields.Char(required=True)
    phone_sanitized = fields.Char(
        "Number in Full",
        compute="_compute_phone_sanitized",
        store=True,
        index="btree_not_null",
        help="The number with its country code (E.164); empty if it can't be read as a phone number.",
    )
    label = fields.Char(help="Whose or what phone it is: mobile, home, office, daughter ...")

    @api.depends("phone", "partner_id.country_id")
    def _compute_phone_sanitized(self):
        for line in self:
            country = line.partner_id.country_id or self.env.company.country_id
            line.phone_sanitized = line.phone and line.partner_id[:0]._phone_format(number=line.phone, country=country)

    @api.constrains("phone")
    def _check_phone(self):
        for line in self:
            if not is_phone(line.phone):
                raise ValidationError(
                    self.env._("“%(phone)s” is no phone number. Write its digits.", phone=(line.phone or "")[:40])
                )

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if result or operation == "read":
            return result
        partners = self.sudo().partner_id.with_env(self.env)
        forbidden = partners - partners._filtered_access("write")
        if not forbidden:
            return None
        lines = self.filtered(lambda line: line.sudo().partner_id.id in forbidden.ids)
        return lines, partial(self.env["ir.rule"]._make_access_error, operation, lines)


class ResPartner(models.Model):
    _inherit = "res.partner"

    client_phone_ids = fields.One2many("crm.client.phone", "partner_id", "Other Phones", groups=VIEWER_GROUP)
