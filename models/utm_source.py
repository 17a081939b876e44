from odoo import fields, models


class UtmSource(models.Model):
    _inherit = "utm.source"

    lead_user_id = fields.Many2one(
        "res.users",
        "Leads Go To",
        domain="[('share', '=', False)]",
        ondelete="set null",
        # every employee may change sources
        groups="sales_team.group_sale_manager",
        help="Who gets leads of this source that no assignment rule gives to anybody.",
    )
