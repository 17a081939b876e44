from odoo import fields, models


class CrmAssignmentTrialMember(models.TransientModel):
    """Somebody who would get leads by the changed rule."""

    _name = "crm.assignment.trial.member"
    _inherit = "crm.assignment.member"
    _description = "Assignment Trial Member"
    _order = "sequence, id"
    _transient_max_hours = 24.0

    rule_id = fields.Many2one(required=False)
    trial_id = fields.Many2one("crm.assignment.trial", required=True, ondelete="cascade", index=True)

    _user_uniq = models.UniqueIndex("(trial_id, user_id)", "This person is in the rule already.")
