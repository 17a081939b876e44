from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class CrmCallWizardAnswer(models.TransientModel):
    """A step of the script in a call that is going on, with what was answered."""

    _name = "crm.call.wizard.answer"
    _description = "Step of a Call"
    _transient_max_hours = 24
    _order = "id"

    wizard_id = fields.Many2one("crm.call.wizard", required=True, ondelete="cascade")
    step_id = fields.Many2one("crm.call.campaign.step", required=True, ondelete="cascade")
    name = fields.Char(related="step_id.name")
    text = fields.Text(related="step_id.text")
    question = fields.Char(related="step_id.question")
    answer_type = fields.Selection(related="step_id.answer_type")
    answer_text = fields.Char("Answer")
    answer_number = fields.Char("Number")
    answer_date = fields.Date("Date")
    answer_yes_no = fields.Selection([("yes", "Yes"), ("no", "No")], "Yes or No")
    answer_choice_id = fields.Many2one(
        "crm.call.campaign.choice", "Choice", ondelete="cascade", domain="[('step_id', '=', step_id)]"
    )

    @api.constrains("wizard_id", "step_id", "answer_choice_id")
    def _check_step(self):
        for answer in self.sudo():
            is_of_script = answer.step_id.campaign_id == answer.wizard_id.campaign_id
            if not is_of_script or answer.answer_choice_id.step_id not in (answer.step_id, answer.step_id.browse()):
                raise ValidationError(self.env._("This is no step of the campaign's script."))

    def _get_text(self):
        """What was answered as a text; empty if the step was skipped."""
        if not self.question:
            return ""
        value = {
            "text": self.answer_text,
            "number": self.answer_number,
            "date": self.answer_date,
            "yes_no": dict(self._fields["answer_yes_no"]._description_selection(self.env)).get(self.answer_yes_no),
            "choice": self.sudo().answer_choice_id.name,
        }[self.answer_type]
        return str(value) if value else ""

    def _get_number(self):
        """What was answered to a question for a number; 0 to any other one.

        :raise UserError: if it is no number
        """
        if self.answer_type != "number" or not self.answer_number:
            return 0
        try:
            number = float(self.answer_number.replace(",", "."))
            if not isfinite(number):
                raise ValueError
            return number
        except ValueError as error:
            raise UserError(
                self.env._(
                    "“%(answer)s” is no number. Correct the answer to “%(question)s”, or leave it empty.",
                    answer=self.answer_number,
                    question=self.question,
                )
            ) from error

    def _set_text(self, text):
        """The inverse of :meth:`_get_text`."""
        if not text:
            return
        match self.answer_type:
            case "text":
                self.answer_text = text
            case "number":
                self.answer_number = text
            case "date":
                self.answer_date = text
            case "yes_no":
                labels = dict(self._fields["answer_yes_no"]._description_selection(self.env))
                self.answer_yes_no = next((key for key, label in labels.items() if label == text), False)
            case "choice":
                self.answer_choice_id = self.sudo().step_id.choice_ids.filtered(lambda choice: choice.name == text)[:1]

    def _prepare_answer_values(self):
        return {
            "step_id": self.step_id.id,
            "question": self.question,
            "answer": self._get_text(),
            "number": self._get_number(),
        }
