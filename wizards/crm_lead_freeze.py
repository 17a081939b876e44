from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLeadFreeze(models.TransientModel):
    _name = "crm.lead.freeze"
    _description = "Freeze Leads"

    lead_ids = fields.Many2many("crm.lead", string="Leads", context={"active_test": False})
    lead_count = fields.Integer(compute="_compute_available_stage_ids")
    stage_count = fields.Integer(compute="_compute_available_stage_ids")
    date_until = fields.Date("Until", help="That day work goes on: the lead wakes in the stage that it came from.")
    available_stage_ids = fields.Many2many("crm.stage", compute="_compute_available_stage_ids")
    stage_id = fields.Many2one(
        "crm.stage",
        "Stage",
        compute="_compute_stage_id",
        store=True,
        readonly=False,
        domain="[('id', 'in', available_stage_ids)]",
    )
    note = fields.Text(help="Why it rests. It stands among the messages of the lead.")

    @api.depends("lead_ids")
    def _compute_available_stage_ids(self):
        """The frozen stages that all of the leads may be in."""
        for wizard in self:
            stages = self.env["crm.stage"].search([("stage_type", "=", "frozen")])
            for lead in wizard.lead_ids._origin:
                stages &= lead._get_frozen_stages()
            wizard.available_stage_ids = stages
            wizard.stage_count = len(stages)
            wizard.lead_count = len(wizard.lead_ids)

    @api.depends("lead_ids")
    def _compute_stage_id(self):
        """The one that they are in, else the first; leads of types that have none in common go to their own."""
        for wizard in self:
            available = wizard.available_stage_ids._origin
            current = wizard.lead_ids._origin.stage_id & available
            wizard.stage_id = current if len(current) == 1 else available[:1]

    def action_apply(self):
        """Freeze the leads until the day chosen.

        :raise UserError: when there are no leads, no day is chosen, or the leads can't be frozen
        """
        self.ensure_one()
        if not self.lead_ids:
            raise UserError(self.env._("Choose the leads to freeze."))
        if not self.date_until:
            raise UserError(self.env._("Choose until when they rest."))
        self.lead_ids._freeze(self.date_until, self.stage_id, self.note)
        return {"type": "ir.actions.act_window_close"}
