from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    proposal_cancel_others = fields.Boolean(
        "Cancel Other Proposals",
        default=True,
        help="When one proposal of a lead is accepted, its other open quotations are cancelled, in lead types with "
        "proposal stages.",
    )
