from odoo import api, fields, models
from odoo.exceptions import UserError


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lead_number_template = fields.Char(related="company_id.lead_number_template", readonly=False)
    lead_number_preview = fields.Char("Next Lead Number", compute="_compute_lead_number_preview")
    lead_number_error = fields.Char("What Is Wrong", compute="_compute_lead_number_preview")
    lead_default_type_id = fields.Many2one(related="company_id.lead_default_type_id", readonly=False)
    group_lead_types = fields.Boolean("Lead Types", implied_group="crm_lead_lifecycle.group_lead_types")
    group_lead_location = fields.Boolean("Locations", implied_group="crm_lead_lifecycle.group_lead_location")
    group_client_viewer = fields.Boolean(
        "Everyone in Sales Sees Clients",
        group="sales_team.group_sale_salesman",
        implied_group="crm_lead_lifecycle.group_client_viewer",
    )
    call_release_minutes = fields.Integer(related="company_id.call_release_minutes", readonly=False)
    call_take_back_minutes = fields.Integer(related="company_id.call_take_back_minutes", readonly=False)
    appointment_minutes = fields.Integer(related="company_id.appointment_minutes", readonly=False)
    appointment_alarm_ids = fields.Many2many(related="company_id.appointment_alarm_ids", readonly=False)
    group_call_operator = fields.Boolean(
        "Salespeople Make Calls Too",
        group="sales_team.group_sale_salesman",
        implied_group="crm_lead_lifecycle.group_call_operator",
    )
    group_target_year = fields.Boolean("Target Year", implied_group="crm_lead_lifecycle.group_target_year")

    @api.depends("lead_number_template", "company_id")
    def _compute_lead_number_preview(self):
        """The next number, or why the template can't be used: shown while typing; saving is refused with the same
        words."""
        for settings in self:
            settings.lead_number_preview = settings.lead_number_error = False
            sequence = settings.company_id._get_lead_number_sequence()
            try:
                settings.lead_number_preview = sequence._preview_template(settings.lead_number_template)
            except UserError as error:
                settings.lead_number_error = str(error)
