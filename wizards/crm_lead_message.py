from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.crm_lead_channel import OPENING_KINDS


class CrmLeadMessage(models.TransientModel):
    """The dialog that writes to the customer of a lead by a channel; to many at once where nothing has to be opened."""

    _name = "crm.lead.message"
    _description = "Message by a Channel"

    lead_ids = fields.Many2many("crm.lead", string="Leads", required=True)
    channel_id = fields.Many2one(
        "crm.lead.channel", "Channel", required=True, default=lambda self: self._default_channel_id()
    )
    kind = fields.Selection(related="channel_id.kind")
    has_text = fields.Boolean(compute="_compute_has_text")
    body = fields.Text("Message")
    line_ids = fields.One2many(
        "crm.lead.message.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        compute_sudo=False,
    )
    is_single = fields.Boolean(compute="_compute_single")
    number = fields.Char("Phone Number", compute="_compute_single")
    problem = fields.Char(compute="_compute_single")
    state = fields.Selection([("write", "To Send"), ("done", "Sent")], default="write")
    summary = fields.Char(compute="_compute_summary")

    @api.model
    def _default_channel_id(self):
        """The first channel that sends by itself.

        :raise UserError: in words, if there is none that can
        """
        channels = self.env["crm.lead.channel"].search([("kind", "not in", OPENING_KINDS)])
        ready = channels.filtered(lambda channel: not channel.setup_problem)
        if not ready:
            raise UserError(
                channels[:1].setup_problem or self.env._("There is no message channel that sends by itself.")
            )
        return ready[0]

    @api.depends("channel_id")
    def _compute_has_text(self):
        for wizard in self:
            wizard.has_text = wizard.kind != "link" or "{text}" in (wizard.channel_id.url or "")

    @api.depends("lead_ids", "channel_id")
    def _compute_line_ids(self):
        for wizard in self:
            first = {}
            lines = [Command.clear()]
            for lead in wizard.lead_ids if wizard.channel_id else ():
                number = wizard.channel_id._get_number(lead)
                problem = wizard.channel_id._get_obstacle(lead)
                if not problem and first.setdefault(number, lead) != lead:
                    problem = self.env._("The same number as %(lead)s.", lead=first[number].display_name)
                lines.append(Command.create({"lead_id": lead.id, "number": number, "problem": problem}))
            wizard.line_ids = lines

    @api.depends("line_ids")
    def _compute_single(self):
        for wizard in self:
            wizard.is_single = len(wizard.line_ids) == 1
            line = wizard.line_ids if wizard.is_single else wizard.line_ids.browse()
            wizard.number = line.number
            wizard.problem = line.problem

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
        """Send it, once. With many leads what fails for one does not stop the others, and is said in its line.

        :return: what the channel opens; with many leads the same dialog, with the result of each
        """
        self.ensure_one()
        close = {"type": "ir.actions.act_window_close"}
        if self.state == "done":  # clicked twice
            return close
        self.state = "done"
        self.flush_recordset(["state"])  # of two at once the second waits here, and finds it done
        # whoever changed a lead meanwhile would make Odoo do all of it again, and send what went out once more
        busy = self.lead_ids - self.lead_ids.try_lock_for_update(allow_referencing=True)
        if len(self.lead_ids) == 1:
            self._check_busy(busy)
            return self.channel_id._send(self.lead_ids, self.body) or close
        if self.kind in OPENING_KINDS:
            raise UserError(self.env._("%(channel)s reaches one customer at a time.", channel=self.channel_id.name))
        for line in self.line_ids.filtered(lambda line: not line.problem):
            try:
                with self.env.cr.savepoint():
                    self._check_busy(busy & line.lead_id)
                    self.channel_id._send(line.lead_id, self.body)
                    self.env.flush_all()
                line.is_sent = True
            except UserError as error:
                line.problem = str(error)
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_message_action")
        return {**action, "res_id": self.id, "context": {"dialog_size": "large"}}

    def _check_busy(self, busy):
        if busy:
            raise UserError(self.env._("Somebody is changing the lead at this moment. Try again."))


class CrmLeadMessageLine(models.TransientModel):
    """One lead that is written to, and what became of it."""

    _name = "crm.lead.message.line"
    _description = "Message to One Lead"

    wizard_id = fields.Many2one("crm.lead.message", required=True, ondelete="cascade", index=True)
    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade", readonly=True)
    number = fields.Char("Phone Number", readonly=True)
    problem = fields.Char("Why Not", readonly=True)
    is_sent = fields.Boolean("Sent", readonly=True)
