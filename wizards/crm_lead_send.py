from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class CrmLeadSend(models.TransientModel):
    """The dialog that sends customers their proposals: those of one lead, or of many at once."""

    _name = "crm.lead.send"
    _description = "Send Proposals"

    lead_ids = fields.Many2many("crm.lead", string="Leads", required=True)
    line_ids = fields.One2many(
        "crm.lead.send.line", "wizard_id", compute="_compute_line_ids", store=True, readonly=False, compute_sudo=False
    )
    note = fields.Html("Your Words", sanitize="email_outgoing", help="Stands before the list of the proposals.")
    state = fields.Selection([("choose", "To Send"), ("done", "Sent")], default="choose")
    summary = fields.Char(compute="_compute_summary")

    @api.depends("lead_ids")
    def _compute_line_ids(self):
        for wizard in self:
            lines = [
                {
                    "lead_id": lead.id,
                    "orders": ", ".join(lead._get_proposals_to_send().mapped("name")),
                    "address": lead._get_customer_address(),
                    "problem": lead._get_send_problem(),
                }
                for lead in wizard.lead_ids
            ]
            wizard.line_ids = [Command.clear(), *map(Command.create, lines)]

    @api.depends("line_ids.problem", "line_ids.is_sent", "state")
    def _compute_summary(self):
        for wizard in self:
            ready = wizard.line_ids.filtered(lambda line: not line.problem)
            values = {"ready": len(ready), "failed": len(wizard.line_ids - ready)}
            if wizard.state == "done":
                wizard.summary = self.env._("%(ready)s sent, %(failed)s not sent", **values)
            else:
                wizard.summary = self.env._("%(ready)s can be sent, %(failed)s can't", **values)

    def action_send(self):
        """Send what can be sent. What fails for one lead does not stop the others, and is said in its line.

        :return: the same dialog, with the result of each lead
        """
        self.ensure_one()
        for line in self.line_ids.filtered(lambda line: not line.problem and not line.is_sent):
            try:
                with self.env.cr.savepoint():
                    line.lead_id._send_proposals(self.note)
                    self.env.flush_all()
                line.is_sent = True
            except UserError as error:
                line.problem = str(error)
        self.state = "done"
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_send_action")
        return {**action, "res_id": self.id, "context": {"dialog_size": "large"}}


class CrmLeadSendLine(models.TransientModel):
    """What is sent for one lead, or why not."""

    _name = "crm.lead.send.line"
    _description = "Proposals to Send"

    wizard_id = fields.Many2one("crm.lead.send", required=True, ondelete="cascade", index=True)
    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade", readonly=True)
    orders = fields.Char("Proposals", readonly=True)
    address = fields.Char("To", readonly=True)
    problem = fields.Char("Why Not", readonly=True)
    is_sent = fields.Boolean("Sent", readonly=True)
