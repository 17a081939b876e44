from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lead_access_days = fields.Integer(related="company_id.lead_access_days", readonly=False)
