from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    """Assignment: which engine gives leads to salespeople."""

    _inherit = "res.config.settings"

    assignment_working_hours = fields.Boolean(related="company_id.assignment_working_hours", readonly=False)
    assignment_rule_count = fields.Integer("Active Rules", compute="_compute_assignment_rule_count")

    @api.depends("company_id")
    def _compute_assignment_rule_count(self):
        for settings in self:
            settings.assignment_rule_count = len(self.env["crm.assignment.rule"]._get_rule_ids(settings.company_id.id))
