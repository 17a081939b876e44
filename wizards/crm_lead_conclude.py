from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.crm_stage import WON_STATUS


class CrmLeadConclude(models.TransientModel):
    _name = "crm.lead.conclude"
    _description = "Conclude Leads"

    lead_ids = fields.Many2many("crm.lead", string="Leads", context={"active_test": False})
    lead_count = fields.Integer(compute="_compute_available_stage_ids")
    available_stage_ids = fields.Many2many("crm.stage", compute="_compute_available_stage_ids")
    stage_id = fields.Many2one("crm.stage", "Result", domain="[('id', 'in', available_stage_ids)]")
    stage_type = fields.Selection(related="stage_id.stage_type")
    lost_reason_required = fields.Boolean(related="stage_id.lost_reason_required")
    lost_reason_id = fields.Many2one(
        "crm.lost.reason", "Reason", compute="_compute_lost_reason_id", store=True, readonly=False
    )
    lost_stages = fields.Selection(
        [("common", "In common"), ("some", "Some leads have one"), ("none", "None")],
        compute="_compute_available_stage_ids",
        help="Whether the leads have stages of the type “Not interested” to end in.",
    )

    @api.depends("lead_ids")
    def _compute_available_stage_ids(self):
        """The active final stages that every one of the leads may end in."""
        for wizard in self:
            stages = self.env["crm.stage"].search([("stage_type", "in", ("qualified", "not_interested"))])
            of_any = stages.browse()
            for leads in wizard.lead_ids.grouped(lambda lead: (lead.lead_type_id, lead.team_id)).values():
                found = leads._stage_find(domain=[("stage_type", "in", ("qualified", "not_interested"))], limit=None)
                stages &= found
                of_any |= found
            # a card was dropped on this one
            stages |= stages.browse(self.env.context.get("default_stage_id")).filtered(
                lambda stage: stage.active and stage.stage_type in ("qualified", "not_interested")
            )
            # won ones first, each kind in the order of the pipeline
            wizard.available_stage_ids = stages.sorted(lambda stage: stage.stage_type != "qualified")
            wizard.lost_stages = (
                ("not_interested" in stages.mapped("stage_type") and "common")
                or ("not_interested" in of_any.mapped("stage_type") and "some")
                or "none"
            )
            wizard.lead_count = len(wizard.lead_ids)

    @api.depends("stage_id")
    def _compute_lost_reason_id(self):
        for wizard in self:
            if wizard.stage_type == "qualified":
                wizard.lost_reason_id = False

    def action_mark_lost(self):
        """Lose the leads by Odoo's own dialog: they stay in their stage, for want of one for lost leads."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm.crm_lead_lost_action")
        return {**action, "context": {"dialog_size": "medium", "default_lead_ids": self.lead_ids.ids}}

    def action_apply(self):
        """Conclude the leads in the stage chosen.

        :raise UserError: when no stage is chosen, it is none of those offered, or its reason is missing
        """
        self.ensure_one()
        if not self.lead_ids:
            raise UserError(self.env._("Choose the leads to conclude."))
        if not self.stage_id:
            raise UserError(self.env._("Choose how it ended."))
        if self.stage_id not in self.available_stage_ids:
            raise UserError(
                self.env._(
                    "“%(stage)s” does not conclude these leads. Choose one of: %(stages)s",
                    stage=self.stage_id.name,
                    stages=", ".join(self.available_stage_ids.mapped("name")),
                )
            )
        if WON_STATUS[self.stage_id.stage_type] == "lost":
            self.lead_ids.action_set_lost(stage_id=self.stage_id.id, lost_reason_id=self.lost_reason_id.id)
            return {"type": "ir.actions.act_window_close"}
        self.lead_ids.write({"stage_id": self.stage_id.id})
        message = len(self.lead_ids) == 1 and self.lead_ids._get_rainbowman_message()
        if not message:
            return {"type": "ir.actions.act_window_close"}
        return {
            "type": "ir.actions.act_window_close",
            "effect": {"type": "rainbow_man", "message": message, "fadeout": "slow"},
        }
