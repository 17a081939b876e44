import json

from odoo import api, fields, models


class CrmIntakeTrial(models.TransientModel):
    """Try a channel with a sample: what lead it would make. Nothing of it is kept but this dialog."""

    _name = "crm.intake.trial"
    _description = "Trial of a Channel"
    _rec_name = "channel_id"

    channel_id = fields.Many2one("crm.intake.channel", required=True, ondelete="cascade", readonly=True)
    kind = fields.Selection(related="channel_id.kind")
    sample = fields.Text(
        compute="_compute_sample",
        store=True,
        readonly=False,
        help="Paste what is sent: the JSON, the fields of a form as a browser sends them, or a mail with its headers.",
    )
    verdict = fields.Selection(
        [
            ("lead", "A new lead"),
            ("message", "A message on an earlier lead"),
            ("quarantined", "Waits in quarantine"),
            ("repeat", "A repeat: no second lead"),
            ("refused", "Refused"),
        ],
        "It Becomes",
        readonly=True,
    )
    note = fields.Char("Why", readonly=True)
    missing = fields.Char(readonly=True, help="What the lead's type requires and the sample lacks.")
    remarks = fields.Text("Left Out", readonly=True, help="What was not understood and is not in the lead.")
    salesperson = fields.Char("Assigned To", readonly=True)
    line_ids = fields.One2many("crm.intake.trial.line", "trial_id", "The Lead", readonly=True)

    @api.depends("channel_id")
    def _compute_sample(self):
        for trial in self:
            channel = trial.channel_id
            is_json = channel.kind in ("json", "facebook")
            trial.sample = is_json and json.dumps(channel._prepare_sample(), ensure_ascii=False, indent=2)

    def action_try(self):
        """Show what the sample would become.

        :return: the action that shows this dialog again
        """
        self.ensure_one()
        result = self.channel_id._try(self.sample or "")
        lines = result.pop("lines", ())
        names = ("verdict", "note", "missing", "remarks", "salesperson")
        self.write(
            {
                **{name: result.get(name) or False for name in names},
                "line_ids": [fields.Command.clear(), *map(fields.Command.create, lines)],
            }
        )
        return self.channel_id._get_trial_action(self)


class CrmIntakeTrialLine(models.TransientModel):
    _name = "crm.intake.trial.line"
    _description = "Field of a Lead on Trial"

    trial_id = fields.Many2one("crm.intake.trial", required=True, ondelete="cascade", readonly=True)
    label = fields.Char("Field", required=True, readonly=True)
    value = fields.Char(readonly=True)
    is_sent = fields.Boolean("Was Sent", readonly=True, help="The rest comes from the channel or the lead desk.")


class CrmIntakeChannel(models.Model):
    _inherit = "crm.intake.channel"

    def action_try(self):
        """Open the trial of this channel."""
        return self._get_trial_action(self.env["crm.intake.trial"].create({"channel_id": self.id}))

    def _get_trial_action(self, trial):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try %(channel)s", channel=self.name),
            "res_model": trial._name,
            "res_id": trial.id,
            "view_mode": "form",
            "target": "new",
        }
