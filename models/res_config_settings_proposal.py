from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    proposal_cancel_others = fields.Boolean(related="company_id.proposal_cancel_others", readonly=False)
