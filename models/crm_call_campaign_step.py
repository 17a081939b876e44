from odoo import api, fields, models
from odoo.exceptions import ValidationError

ANSWER_TYPES = [
    ("text", "Text"),
    ("number", "Number"),
    ("date", "Date"),
    ("yes_no", "Yes or No"),
    ("choice", "Choice"),
]


class CrmCallCampaignStep(models.Model):
    """A step of a campaign's script: words to say, or a question with the type of its answer. All can be skipped."""

    _name = "crm.call.campaign.step"
    _description = "Step of a Call Script"
    _order = "sequence, id"

    campaign_id = fields.Many2one("crm.call.campaign", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("Title", required=True)
    text = fields.Text("Words to Say")
    question = fields.Char()
    answer_type = fields.Selection(ANSWER_TYPES, default="text")
    choice_ids = fields.One2many("crm.call.campaign.choice", "step_id", "Choices", copy=True)

    @api.constrains("question", "answer_type", "choice_ids")
    def _check_choices(self):
        for step in self:
            if step.question and not step.answer_type:
                raise ValidationError(self.env._("Choose the type of the answer to “%(step)s”.", step=step.question))
            if step.question and step.answer_type == "choice" and not step.choice_ids:
                raise ValidationError(self.env._("Add the choices for “%(step)s”.", step=step.question))


class CrmCallCampaignChoice(models.Model):
    """One of the answers that a question offers."""

    _name = "crm.call.campaign.choice"
    _description = "Choice of a Call Script"
    _order = "sequence, id"

    step_id = fields.Many2one("crm.call.campaign.step", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
