import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

_logger = logging.getLogger(__name__)


class CrmLeadSend(models.TransientModel):
    """The dialog that sends customers their proposals: those of one lead, or of many at once."""

    _name = "crm.lead.send"
    _description = "Send Proposals"

    lead_ids = fields.Many2many("crm.lead", string="Leads", required=True, context={"active_test": False})
    line_ids = fields.One2many(
        "crm.lead.send.line", "wizard_id", compute="_compute_line_ids", store=True, readonly=False, compute_sudo=False
    )
    note = fields.Html("Your Words", sanitize="email_outgoing", help="Stands before the list of the proposals.")
    state = fields.Selection([("choose", "To Send"), ("done", "Sent")], default="choose")
    summary = fields.Char(compute="_compute_summary")
    count = fields.Integer(compute="_compute_summary", export_string_translation=False)
    is_single = fields.Boolean(compute="_compute_summary", export_string_translation=False)

    # what the customer gets; of several the first one
    lead_id = fields.Many2one("crm.lead", "Lead", compute="_compute_lead_id")
    address = fields.Char("Recipient", compute="_compute_lead_id")
    problem = fields.Char(compute="_compute_lead_id")
    subject = fields.Char(compute="_compute_message")
    body = fields.Html("Message", compute="_compute_message", sanitize=False)

    @api.depends("lead_ids")
    def _compute_line_ids(self):
        for wizard in self:
            lines = [{"lead_id": lead.id} for lead in wizard.lead_ids._origin]
            wizard.line_ids = [Command.clear(), *map(Command.create, lines)]

    @api.depends("line_ids.is_chosen", "line_ids.problem", "line_ids.is_sent", "state")
    def _compute_summary(self):
        for wizard in self:
            wizard.is_single = len(wizard.line_ids) == 1
            if wizard.state == "done":
                wizard.count = len(wizard.line_ids.filtered("is_sent"))
                values = {"sent": wizard.count, "failed": len(wizard.line_ids.filtered("problem"))}
                wizard.summary = self.env._("%(sent)s sent, %(failed)s not sent", **values)
            else:
                wizard.count = len(wizard._get_chosen())
                values = {"count": wizard.count, "all": len(wizard.line_ids)}
                wizard.summary = self.env._("%(count)s of %(all)s will be sent", **values)

    @api.depends("line_ids.is_chosen", "line_ids.problem")
    def _compute_lead_id(self):
        for wizard in self:
            line = wizard._get_chosen()[:1] or wizard.line_ids[:1]
            wizard.lead_id = line.lead_id
            wizard.address = line.address
            wizard.problem = line.problem

    @api.depends("lead_id", "problem", "note", "state")
    def _compute_message(self):
        for wizard in self:
            if wizard.lead_id and not wizard.problem and wizard.state == "choose":
                wizard.subject, wizard.body = wizard.lead_id._prepare_proposals_message(wizard.note, is_preview=True)
            else:
                wizard.subject = wizard.body = False

    def _get_chosen(self):
        return self.line_ids.filtered(lambda line: line.is_chosen and not line.problem and not line.is_sent)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_send(self):
        """Send what was chosen. What fails for one lead does not stop the others, and is said in its line.

        :return: a notice if all went well with the one lead that there is, else the same dialog with the results
        """
        self.ensure_one()
        for line in self._get_chosen():
            try:
                with self.env.cr.savepoint():
                    line.lead_id._send_proposals(self.note)
                    self.env.flush_all()
                line.is_sent = True
            except UserError as error:
                line.problem = str(error)
            except OperationalError:
                raise  # Odoo repeats the transaction
            except Exception:
                _logger.exception("The proposals of lead %s can't be sent", line.lead_id.id)
                line.problem = self.env._("Something is wrong with this lead or its proposals. Ask an administrator.")
        self.state = "done"
        if self.is_single and self.line_ids.is_sent:
            return self._get_notice()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_send_action")
        return {**action, "res_id": self.id, "context": {"dialog_size": "large"}}

    def _get_notice(self):
        message = self.env._("The proposals are on their way to %(address)s.", address=self.line_ids.address)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message, "next": {"type": "ir.actions.act_window_close"}},
        }


class CrmLeadSendLine(models.TransientModel):
    """What is sent for one lead, or why not. It is looked at once, when the dialog opens: what is sent then is to be
    sent no longer."""

    _name = "crm.lead.send.line"
    _description = "Proposals to Send"

    wizard_id = fields.Many2one("crm.lead.send", required=True, ondelete="cascade", index=True)
    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade")
    is_chosen = fields.Boolean("Send", compute="_compute_is_chosen", store=True, readonly=False)
    orders = fields.Char("Proposals", compute="_compute_problem", store=True, compute_sudo=False)
    address = fields.Char("Recipient", compute="_compute_problem", store=True, compute_sudo=False)
    problem = fields.Char("Why Not", compute="_compute_problem", store=True, compute_sudo=False)
    is_sent = fields.Boolean("Sent", readonly=True)

    @api.depends("lead_id")
    def _compute_problem(self):
        for line in self:
            lead = line.lead_id
            line.orders = ", ".join(lead._get_proposals_to_send().mapped("name"))
            line.address = lead._get_proposals_address()
            line.problem = lead and lead._get_send_problem()

    @api.depends("problem")
    def _compute_is_chosen(self):
        for line in self:
            line.is_chosen = not line.problem

    def action_open_lead(self):
        """Leave the dialog for the lead, to put right what is in the way."""
        return self.lead_id.get_formview_action()
