from odoo import api, fields, models

from ..data.crm_lead_type_presets import PRESETS


class CrmLeadTypePreset(models.TransientModel):
    """The dialog that loads a ready lead type."""

    _name = "crm.lead.type.preset"
    _description = "Load a Ready Lead Type"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    preset = fields.Selection("_select_preset", required=True, default="booking")
    make_default = fields.Boolean("Default for New Leads", help="Leads that come without a type get this one.")
    description = fields.Text(compute="_compute_description")
    stage_names = fields.Char("Stages", compute="_compute_description")
    is_loaded = fields.Boolean(compute="_compute_description")

    @api.model
    def _select_preset(self):
        return [(key, preset["name"]._translate(self.env.lang or "en_US")) for key, preset in PRESETS.items()]

    @api.depends("preset", "company_id")
    def _compute_description(self):
        for wizard in self:
            preset = PRESETS.get(wizard.preset)
            wizard.description = preset and preset["description"]._translate(self.env.lang or "en_US")
            wizard.stage_names = preset and " → ".join(
                stage["name"]._translate(self.env.lang or "en_US") for stage in preset["stages"]
            )
            wizard.is_loaded = bool(
                self.env["crm.lead.type"].search_count(
                    [("preset_key", "=", wizard.preset), ("company_id", "=", wizard.company_id.id)], limit=1
                )
            )

    def action_load(self):
        """Load the preset for the company and open its pipeline; the page is loaded anew, for its menu.

        :raise AccessError: for who may not make lead types
        """
        self.ensure_one()
        lead_types = self.env["crm.lead.type"]
        lead_types.check_access("create")
        lead_type = lead_types.with_company(self.company_id)._load_preset(self.preset, self.company_id)
        if self.make_default:
            lead_type.is_default = True
        action = lead_type._get_menu_action()
        return {"type": "ir.actions.client", "tag": "reload", "params": {"action_id": action.id}}
