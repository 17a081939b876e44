from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    assignment_working_hours = fields.Boolean(
        "Leads Only During Working Hours",
        help="Assignment rules pass over people who are not at work, by their working hours.",
    )
