from odoo import api, fields, models
from odoo.exceptions import ValidationError

KINDS = [
    ("recall", "Call Back"),
    ("negative", "No"),
    ("closing", "Sale"),
    ("appointment", "Appointment"),
]
SCOPES = [("private", "Only Me"), ("public", "Anybody")]


class CrmCallOutcome(models.Model):
    """How a call can end. The kind says what happens, the name is free."""

    _name = "crm.call.outcome"
    _inherit = "crm.lead.ready.made"
    _description = "Call Outcome"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", "Company", help="Empty: for all companies.")
    kind = fields.Selection(
        KINDS,
        required=True,
        help="Call Back: the contact is called again, at a time agreed or by the retry schedule. No: the contact is "
        "done. Sale and Appointment: the contact is done, and it was worth it.",
    )
    color = fields.Integer("Colour")
    is_quick = fields.Boolean("Quick Button", help="Shown as a button at the top of the call, with a number key.")
    is_contact = fields.Boolean(
        "Counts as Contact", default=True, help="Somebody was reached: the call counts in the contact rate."
    )
    # Call back
    recall_scope = fields.Selection(
        [*SCOPES, ("ask", "Ask Each Time")],
        "Who Calls Back",
        default="private",
        required=True,
        help="What the call proposes: only the operator who spoke with the customer, anybody, or nothing, so that the "
        "operator has to choose.",
    )
    retry_minutes = fields.Char(
        "Retry After (Minutes)",
        help="When nobody was reached: the minutes to wait after the first, second, third ... call, separated by "
        "commas, such as 30,120,1440. The last one repeats. Empty: the operator gives the time.",
    )
    max_attempts = fields.Integer(
        "Maximum Attempts",
        help="After so many calls of one contact that end like this it is not tried again. 0: no end.",
    )
    when_exhausted = fields.Selection(
        [("done", "Leave the lead as it is"), ("outcome", "Give it another outcome"), ("abandon", "Abandon the lead")],
        "After the Last Attempt",
        default="done",
        required=True,
    )
    exhausted_outcome_id = fields.Many2one(
        "crm.call.outcome",
        "Outcome After the Last Attempt",
        ondelete="restrict",
        check_company=True,
        domain="[('kind', '=', 'negative')]",
    )
    # What becomes of the lead
    stage_id = fields.Many2one(
        "crm.stage",
        "Stage",
        ondelete="restrict",
        help="Where the lead goes. If this is no stage of the lead's type, it goes to the first one of the same kind.",
    )
    lost_reason_id = fields.Many2one(
        "crm.lost.reason", "Lost Reason", ondelete="restrict", help="Why the lead is lost, where the stage loses it."
    )
    do_not_call = fields.Boolean(
        help="The number goes on Odoo's list of blocked numbers, and the lead leaves all campaigns.",
    )

    _max_attempts_positive = models.Constraint(
        "CHECK (max_attempts >= 0)", "The maximum of attempts can't be below 0. Enter 0 for no end."
    )

    @api.constrains("retry_minutes")
    def _check_retry_minutes(self):
        for outcome in self:
            try:
                delays = outcome._get_retry_delays()
            except ValueError:
                delays = [0]
            if any(not 0 < delay <= 366 * 24 * 60 for delay in delays):
                raise ValidationError(
                    self.env._(
                        "“%(text)s” is no list of minutes. Write whole numbers separated by commas, such as "
                        "30,120,1440.",
                        text=outcome.retry_minutes,
                    )
                )

    @api.constrains("when_exhausted", "exhausted_outcome_id", "kind")
    def _check_exhausted(self):
        for outcome in self:
            next_outcome = outcome.exhausted_outcome_id
            if outcome.when_exhausted == "outcome" and not next_outcome:
                raise ValidationError(
                    self.env._("Choose which outcome follows the last attempt of “%(name)s”.", name=outcome.name)
                )
            if next_outcome and next_outcome.kind != "negative":
                raise ValidationError(
                    self.env._("After the last attempt only an outcome of the kind “No” can follow: nobody is called.")
                )
        for used in self.search([("exhausted_outcome_id", "in", self.ids)]).exhausted_outcome_id & self:
            if used.kind != "negative":
                raise ValidationError(
                    self.env._(
                        "“%(name)s” follows the last attempt of another outcome, so it is a “No”.", name=used.name
                    )
                )

    @api.constrains("stage_id", "lost_reason_id")
    def _check_lost_reason(self):
        for outcome in self:
            if outcome.stage_id.lost_reason_required and not outcome.lost_reason_id:
                raise ValidationError(
                    self.env._(
                        "“%(stage)s” needs a reason. Choose the lost reason of “%(name)s”.",
                        stage=outcome.stage_id.name,
                        name=outcome.name,
                    )
                )

    def _get_retry_delays(self):
        """
        :return: minutes to wait after the first, second ... attempt; an empty list without a schedule
        :raise ValueError: if the text is no list of numbers
        """
        return [int(part) for part in (self.retry_minutes or "").split(",") if part.strip()]

    def _get_retry_delay(self, attempt):
        """
        :param int attempt: how often the contact was called with this outcome, 1 for the first time
        :return: minutes to wait; None without a schedule
        """
        delays = self._get_retry_delays()
        return delays[min(attempt, len(delays)) - 1] if delays else None

    def _is_exhausted(self, attempt):
        return bool(self.max_attempts) and attempt >= self.max_attempts
