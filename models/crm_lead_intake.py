from odoo import api, fields, models
from odoo.tools import format_date


class CrmLead(models.Model):
    """By which channel and which request a lead came in."""

    _inherit = "crm.lead"

    again_lead_id = fields.Many2one(
        "crm.lead",
        "Asked Before",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The earlier lead of the same person.",
    )
    intake_ids = fields.One2many("crm.intake.request", "lead_id", "Requests from Outside", readonly=True)
    intake_note = fields.Char(
        "Came In By",
        compute="_compute_intake_note",
        compute_sudo=True,
        help="The channel, the request and the day. What was sent is for managers.",
    )

    @api.depends("intake_ids.channel_id.name", "intake_ids.date")
    @api.depends_context("lang", "tz")
    def _compute_intake_note(self):
        for lead in self:
            intake = lead.intake_ids.sorted("id")[:1]
            lead.intake_note = bool(intake) and self.env._(
                "%(channel)s, request %(number)s of %(date)s",
                channel=intake.channel_id.name,
                number=intake.external_id or intake.id,
                date=format_date(self.env, intake.date),
            )

    def action_open_intake(self):
        """Open the requests of this lead, for managers."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_intake_request_action")
        name = self.env._("Requests of %(lead)s", lead=self.display_name)
        return {**action, "name": name, "domain": [("lead_id", "=", self.id)], "context": {}}
