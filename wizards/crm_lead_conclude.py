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
    next_type_names = fields.Char(
        "Goes On As",
        compute="_compute_next_type_names",
        help="The type as which qualified leads go on instead of being won.",
    )
    lost_stages = fields.Selection(
        [
            ("common", "In common"),
            ("some", "Some leads have one"),
            ("barred", "The moves do not lead there"),
            ("none", "None"),
        ],
        compute="_compute_available_stage_ids",
        help="Whether the leads have stages of the type “Not interested” to end in.",
    )
    offers_client = fields.Boolean(
        compute="_compute_offers_client",
        help="What ends well belongs to a client: some of the leads have none yet, and the user may look for one.",
    )

    @api.depends("lead_ids")
    def _compute_available_stage_ids(self):
        """The active final stages that every one of the leads may end in."""
        for wizard in self:
            stages = self.env["crm.stage"].search([("stage_type", "in", ("qualified", "not_interested"))])
            of_any = of_types = stages.browse()
            # a card was dropped on this one
            dropped_on = stages.browse(self.env.context.get("default_stage_id")).filtered(
                lambda stage: stage.active and stage.stage_type in ("qualified", "not_interested")
            )
            for leads in wizard.lead_ids.grouped(
                lambda lead: (lead.lead_type_id, lead.team_id, lead.stage_id)
            ).values():
                final = leads._stage_find(domain=[("stage_type", "in", ("qualified", "not_interested"))], limit=None)
                found = leads[0]._filter_allowed_stages(final | dropped_on)
                stages &= found
                of_any |= found
                of_types |= final
            # won ones first, each kind in the order of the pipeline
            wizard.available_stage_ids = stages.sorted(lambda stage: stage.stage_type != "qualified")
            lost, lost_of_any, lost_of_types = (
                "not_interested" in found.mapped("stage_type") for found in (stages, of_any, of_types)
            )
            wizard.lost_stages = (
                (lost and "common") or (lost_of_any and "some") or (lost_of_types and "barred") or "none"
            )
            wizard.lead_count = len(wizard.lead_ids)

    @api.depends("lead_ids", "stage_type")
    def _compute_next_type_names(self):
        for wizard in self:
            next_types = wizard.lead_ids.lead_type_id.sudo().next_type_id if wizard.stage_type == "qualified" else []
            wizard.next_type_names = ", ".join(next_type.name for next_type in next_types)

    @api.depends("lead_ids", "stage_type")
    @api.depends_context("uid")
    def _compute_offers_client(self):
        may_see_clients = self.env["crm.lead"]._may_see_clients()
        for wizard in self:
            is_qualified = wizard.stage_type == "qualified"
            wizard.offers_client = is_qualified and may_see_clients and bool(wizard._get_leads_without_client())

    def _get_leads_without_client(self):
        return self.lead_ids.filtered(lambda lead: not lead.partner_id)

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
        if not self.available_stage_ids:
            raise UserError(
                self.env._(
                    "“%(stage)s” can't follow the stage that these leads are in, nor can any other final stage. Move "
                    "them on first.",
                    stage=self.stage_id.name,
                )
            )
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
        if len(self.lead_ids) == 1 and self.lead_ids.won_status != "won":
            return self.lead_ids._get_succession_notice()
        message = len(self.lead_ids) == 1 and self.lead_ids._get_rainbowman_message()
        if not message:
            return {"type": "ir.actions.act_window_close"}
        return {
            "type": "ir.actions.act_window_close",
            "effect": {"type": "rainbow_man", "message": message, "fadeout": "slow"},
        }

    def action_apply_and_link_client(self):
        """Conclude the leads, then open the dialog that assigns those without a client.

        :return: the action that opens the dialog, for one lead or for many
        :raise AccessError: for whoever may not see clients
        :raise UserError: where there is no client to assign, and as :meth:`action_apply` does
        """
        self.ensure_one()
        self.lead_ids._check_may_see_clients()
        if self.stage_id and not self.offers_client:
            raise UserError(
                self.env._("A client is assigned where leads end well and have none yet. Press “Conclude” instead.")
            )
        self.action_apply()
        return self._get_leads_without_client().action_link_client()
