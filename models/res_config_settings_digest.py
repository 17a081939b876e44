from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lead_digest_active = fields.Boolean(related="company_id.lead_digest_active", readonly=False)
    lead_digest_hour = fields.Float(related="company_id.lead_digest_hour", readonly=False)
