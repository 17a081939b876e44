from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# what a step may do; sentences on it are in crm_lead_escalation
ESCALATION_ACTIONS = [
    ("leader", "Tell the team leader"),
    ("reassign", "Give it to somebody else"),
    ("abandon", "Abandon it"),
]


class CrmStageEscalation(models.Model):
    """What happens with a lead that stays in a stage for days after it has expired there. A stage without any step
    leaves it at that."""

    _name = "crm.stage.escalation"
    _description = "Escalation Step"
    _order = "stage_id, days, id"
    _rec_name = "action"

    stage_id = fields.Many2one("crm.stage", "Stage", required=True, ondelete="cascade", index=True)
    days = fields.Integer("Days After Expiry", help="0: as soon as the lead has expired in this stage.")
    action = fields.Selection(
        ESCALATION_ACTIONS,
        "What Happens",
        required=True,
        default="leader",
        help="Tell the team leader: one message with all leads that are due.\n"
        "Give it to somebody else: by the assignment rules, without any to the team leader.\n"
        "Abandon it: the lead is lost in the abandoned stage of its type. Leads with orders are left alone.",
    )
    date_since = fields.Datetime(
        "In Force Since",
        readonly=True,
        copy=False,
        default=fields.Datetime.now,
        help="The days of leads that had expired before count from then.",
    )

    _days_uniq = models.UniqueIndex(
        "(stage_id, days)", "There is a step after so many days already. Change that one, or write other days."
    )
    _days_range = models.Constraint(
        "CHECK (days BETWEEN 0 AND 3650)", "Write how many days after the expiry: 0 to 3650, 0 means at once."
    )

    @api.constrains("action", "stage_id")
    def _check_abandoned_stage(self):
        for step in self.filtered(lambda step: step.action == "abandon"):
            lead_types = step.stage_id.lead_type_ids or self.env["crm.lead.type"].search(Domain.TRUE)
            if not any(lead_type._get_abandoned_stages() for lead_type in lead_types.sudo()):
                raise ValidationError(
                    self.env._(
                        "Leads in “%(stage)s” can't be abandoned: their lead type has no stage of the type "
                        "“Abandoned”. Add one first.",
                        stage=step.stage_id.name,
                    )
                )

    def write(self, vals):
        """A step that is changed begins anew: what had expired before has the days that it says."""
        if {"days", "action", "stage_id"} & vals.keys():
            vals = {**vals, "date_since": fields.Datetime.now()}
        return super().write(vals)

    @api.model
    def _get_windows(self):
        """Since when leads must be in a stage so that a step is due for them now, and not yet a later one.

        :return: a list of (step, after, before): leads that entered its stage after the one moment (None: ever) and
            before the other one, naive UTC
        """
        now = fields.Datetime.now()
        in_force = self.sudo().search(Domain.TRUE).filtered(
            lambda step: step.stage_id.stage_type == "open"
            and step.stage_id.rotting_threshold_days
            and step.date_since + timedelta(days=step.days) <= now
        )  # fmt: skip
        windows = []
        for stage, steps in in_force.grouped("stage_id").items():
            after = None
            for step in steps.sorted("days", reverse=True):
                before = now - timedelta(days=stage.rotting_threshold_days + step.days)
                windows.append((step, after, before))
                after = before
        return windows


class CrmStage(models.Model):
    _inherit = "crm.stage"

    escalation_ids = fields.One2many(
        "crm.stage.escalation",
        "stage_id",
        "Escalation",
        help="What happens with leads that stay in this stage after they have expired, each step once.",
    )

    def write(self, vals):
        """With another expiry the days of the steps begin anew, for the leads that it makes expire at once."""
        if "rotting_threshold_days" in vals:
            changed = self.filtered(lambda stage: stage.rotting_threshold_days != vals["rotting_threshold_days"])
            changed.sudo().escalation_ids.date_since = fields.Datetime.now()
        return super().write(vals)
