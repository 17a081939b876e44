from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.crm_stage import STAGE_TYPES, WON_STATUS

BATCH = 1000


class CrmStageRemap(models.TransientModel):
    _name = "crm.stage.remap"
    _description = "Move the Leads of a Stage"

    stage_id = fields.Many2one("crm.stage", "Stage", required=True, ondelete="cascade", context={"active_test": False})
    operation = fields.Selection(
        [("archive", "Archive it"), ("delete", "Delete it"), ("retype", "Change its type")],
        required=True,
        default="archive",
    )
    new_stage_type = fields.Selection(STAGE_TYPES, "New Type")
    lead_count = fields.Integer("Leads", compute="_compute_lead_count")
    available_stage_ids = fields.Many2many("crm.stage", compute="_compute_available_stage_ids")
    target_stage_id = fields.Many2one("crm.stage", "Move Them To", domain="[('id', 'in', available_stage_ids)]")

    @api.depends("stage_id")
    def _compute_lead_count(self):
        for wizard in self:
            wizard.lead_count = sum(wizard.stage_id._count_leads()[wizard.stage_id.id].values())

    @api.depends("stage_id")
    def _compute_available_stage_ids(self):
        """Stages of the same lead types that mean the same for the leads: none is won, lost or reopened by the move."""
        for wizard in self:
            status = WON_STATUS.get(wizard.stage_id.stage_type)
            kinds = [kind for kind, kind_status in WON_STATUS.items() if kind_status == status]
            stages = self.env["crm.stage"].search([("stage_type", "in", kinds), ("id", "!=", wizard.stage_id.id)])
            lead_types = wizard.stage_id.lead_type_ids
            wizard.available_stage_ids = stages.filtered(
                lambda stage, lead_types=lead_types: not stage.lead_type_ids or lead_types <= stage.lead_type_ids
            )

    def action_apply(self):
        """Move all leads of the stage, of all companies and archived ones too, then do what was asked with the stage.

        :raise UserError: when there are leads and no stage to move them to, or one of another kind
        """
        self.ensure_one()
        self.stage_id.check_access("write")
        leads = (
            self.env["crm.lead"].sudo().with_context(active_test=False).search([("stage_id", "=", self.stage_id.id)])
        )
        if leads and self.target_stage_id not in self.available_stage_ids:
            raise UserError(
                self.env._(
                    "Choose an active stage of the same kind to move the leads to (%(count)s).", count=len(leads)
                )
            )
        for start in range(0, len(leads), BATCH):
            leads[start : start + BATCH]._remap_stage(self.target_stage_id)
        if self.operation == "delete":
            self.stage_id.unlink()
            return {**self.env["ir.actions.act_window"]._for_xml_id("crm.crm_stage_action"), "target": "main"}
        if self.operation == "archive":
            self.stage_id.active = False
            return {"type": "ir.actions.act_window_close"}
        if self.new_stage_type:
            self.stage_id.stage_type = self.new_stage_type
        return {"type": "ir.actions.client", "tag": "soft_reload"}
