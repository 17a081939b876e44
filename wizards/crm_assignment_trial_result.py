from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

# the cases that are compared, and the columns of their leads
CASES = {
    "saved": ("saved_rule_id", "saved_user_id"),
    "changed": ("changed_rule_id", "changed_user_id"),
    "real": ("real_rule_id", "real_user_id"),
}
COLUMNS = ("lead_id", *(column for columns in CASES.values() for column in columns), "is_by_new")
TYPES = ("int",) * 7 + ("bool",)


class CrmAssignmentTrialLine(models.TransientModel):
    """How many leads go to a person, or by a rule."""

    _name = "crm.assignment.trial.line"
    _description = "Assignment Trial Line"
    _order = "position, id"
    _transient_max_hours = 24.0

    trial_id = fields.Many2one("crm.assignment.trial", required=True, ondelete="cascade", index=True)
    kind = fields.Selection([("user", "Person"), ("rule", "Rule")], required=True)
    position = fields.Integer()
    name = fields.Char(required=True)
    user_id = fields.Many2one("res.users", ondelete="cascade")
    rule_id = fields.Many2one("crm.assignment.rule", ondelete="cascade")
    is_new = fields.Boolean()
    is_nobody = fields.Boolean()
    saved = fields.Integer("As the Rules Are")
    changed = fields.Integer("With the Change")
    real = fields.Integer("Really")

    @api.readonly
    def get_leads(self, case):
        """The leads behind a number.

        :param str case: ``saved``, ``changed`` or ``real``
        :return: dict of ``domain`` on crm.assignment.trial.lead, ``context`` of its list and ``title``
        """
        self.ensure_one()
        if case not in CASES:
            raise UserError(self.env._("There is no such number."))
        rule, user = CASES[case]
        domain = Domain("trial_id", "=", self.trial_id.id)
        if self.kind == "user":
            domain &= Domain(user, "=", self.user_id.id)
        else:
            domain &= Domain(rule, "=", self.rule_id.id) & Domain(user, "=" if self.is_nobody else "!=", False)
            if case == "changed":
                domain &= Domain("is_by_new", "=", self.is_new)
        return {
            "domain": list(domain),
            "context": {"is_compared": self.trial_id.is_compared},
            "title": f"{self.name}: {self._fields[case]._description_string(self.env)}",
        }


class CrmAssignmentTrialLead(models.TransientModel):
    """Who would get a lead. The rows have no dates of their own: they go with their trial."""

    _name = "crm.assignment.trial.lead"
    _description = "Assignment Trial Lead"
    _order = "id desc"
    _rec_name = "lead_id"

    trial_id = fields.Many2one("crm.assignment.trial", required=True, ondelete="cascade", index=True)
    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade", index=True)
    date = fields.Datetime(related="lead_id.create_date", string="Came In")
    source_id = fields.Many2one(related="lead_id.source_id")
    saved_rule_id = fields.Many2one("crm.assignment.rule", "Rule as It Is", ondelete="set null")
    saved_user_id = fields.Many2one("res.users", "As the Rules Are", ondelete="cascade")
    changed_rule_id = fields.Many2one("crm.assignment.rule", "Rule with the Change", ondelete="set null")
    changed_user_id = fields.Many2one("res.users", "With the Change", ondelete="cascade")
    is_by_new = fields.Boolean("By the New Rule")
    real_rule_id = fields.Many2one("crm.assignment.rule", "Assigned By", ondelete="set null")
    real_user_id = fields.Many2one("res.users", "Really", ondelete="cascade")

    def _drop(self, trial):
        self.env.cr.execute(SQL("DELETE FROM crm_assignment_trial_lead WHERE trial_id = %s", trial.id))
        self.invalidate_model()

    def _insert(self, trial, rows):
        """
        :param rows: list of tuples as ``COLUMNS``
        """
        arrays = [
            SQL("%s::%s[]", list(values), SQL(kind))
            for values, kind in zip(zip(*rows, strict=True), TYPES, strict=True)
        ]
        self.env.cr.execute(
            SQL(
                # a lead may be gone since it was read
                "INSERT INTO crm_assignment_trial_lead (trial_id, %(columns)s) SELECT %(trial)s, found.* "
                "FROM unnest(%(arrays)s) AS found(%(columns)s) JOIN crm_lead lead ON lead.id = found.lead_id",
                columns=SQL(", ").join(map(SQL.identifier, COLUMNS)),
                trial=trial.id,
                arrays=SQL(", ").join(arrays),
            )
        )
