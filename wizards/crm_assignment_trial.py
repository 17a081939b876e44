from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..models.crm_assignment_rule_trial import describe

# from so many leads on a trial runs in the background
BACKGROUND_FROM = 2000
LONGEST = 366
PENDING = ("waiting", "running")
# what of a rule can be changed in the dialog
COPIED = ("domain", "method", "team_id", "member_ids.user_id", "member_ids.weight", "member_ids.daily_max")


class CrmAssignmentTrial(models.TransientModel):
    """What the rules would do with leads, or would do if one of them were changed. It changes nothing: not a lead, not
    whose turn it is, not the rule."""

    _name = "crm.assignment.trial"
    _description = "Assignment Trial"
    _rec_name = "rule_id"
    # time to come back to what ran in the background
    _transient_max_hours = 24.0

    mode = fields.Selection(
        [("period", "The leads of the last days"), ("lead", "One lead")], "Try With", required=True, default="period"
    )
    days = fields.Integer(required=True, default=30)
    lead_id = fields.Many2one("crm.lead", "Lead", ondelete="cascade", context={"active_test": False})
    rule_id = fields.Many2one("crm.assignment.rule", "Rule to Change", ondelete="cascade")
    is_new = fields.Boolean("New Rule", help="A rule that is not saved yet.")
    company_ids = fields.Many2many("res.company", string="Companies")

    # The rule as it would be
    name = fields.Char(compute="_compute_rule", store=True, readonly=False)
    sequence = fields.Integer(compute="_compute_rule", store=True, readonly=False)
    company_id = fields.Many2one("res.company", "Company", compute="_compute_rule", store=True, readonly=False)
    domain = fields.Char("Which Leads", compute="_compute_rule", store=True, readonly=False)
    method = fields.Selection("_get_methods", compute="_compute_rule", store=True, readonly=False)
    team_id = fields.Many2one("crm.team", "Sales Team", compute="_compute_rule", store=True, readonly=False)
    member_ids = fields.One2many(
        "crm.assignment.trial.member", "trial_id", "People", compute="_compute_rule", store=True, readonly=False
    )

    # Result
    state = fields.Selection(
        [
            ("draft", "Not tried"),
            ("waiting", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        required=True,
        default="draft",
        readonly=True,
    )
    progress = fields.Integer("Leads Done", readonly=True)
    lead_count = fields.Integer("Leads", readonly=True)
    is_shown = fields.Boolean("Seen", readonly=True)
    failure = fields.Char(readonly=True)
    tried = fields.Json("Tried With", readonly=True)
    is_compared = fields.Boolean("With a Change", readonly=True)
    is_outdated = fields.Boolean(compute="_compute_is_outdated")
    can_use = fields.Boolean(compute="_compute_can_use")
    result = fields.Json(readonly=True)
    lead_result = fields.Html(compute="_compute_lead_result")
    line_ids = fields.One2many("crm.assignment.trial.line", "trial_id")
    user_line_ids = fields.One2many(
        "crm.assignment.trial.line", "trial_id", "By Person", domain=[("kind", "=", "user")], readonly=True
    )
    rule_line_ids = fields.One2many(
        "crm.assignment.trial.line", "trial_id", "By Rule", domain=[("kind", "=", "rule")], readonly=True
    )

    _one_pending = models.UniqueIndex(
        "(create_uid) WHERE state IN ('waiting', 'running')",
        "Another trial of yours is still running. Wait for it, or stop it.",
    )

    # ------------------------------------------------------------
    # COMPUTES
    # ------------------------------------------------------------

    @api.model
    def _get_methods(self):
        return self.env["crm.assignment.rule"]._fields["method"]._description_selection(self.env)

    @api.depends("rule_id")
    def _compute_rule(self):
        """A copy of the rule, free to be changed. Odoo computes what is stored as superuser, so this one steps back."""
        for trial in self:
            if trial.rule_id or not trial.is_new:
                trial.rule_id._origin.sudo(False).check_access("read")
                trial.update(trial.rule_id._prepare_trial_values())

    @api.depends("state", "tried", "mode", "days", "lead_id", "rule_id", *COPIED)
    def _compute_is_outdated(self):
        for trial in self:
            trial.is_outdated = trial.state == "done" and trial.tried != trial._prepare_tried()

    @api.depends("rule_id", "is_new", *COPIED)
    def _compute_can_use(self):
        for trial in self:
            trial.can_use = trial.is_new or (bool(trial.rule_id) and describe(trial) != describe(trial.rule_id))

    @api.depends("result")
    @api.depends_context("lang")
    def _compute_lead_result(self):
        for trial in self:
            cases = (trial.result or {}).get("cases")
            trial.lead_result = cases and self.env["ir.qweb"]._render(
                "crm_lead_lifecycle.crm_assignment_trial_lead_result", {"cases": cases}
            )

    def _prepare_tried(self):
        """What the result is of."""
        place = [self.mode, self.days if self.mode == "period" else self.lead_id.id]
        return [*place, self.rule_id.id, describe(self)]

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """What is given is the change, the rest of the copy is as the rule is."""
        rules = self.env["crm.assignment.rule"]
        return super().create(
            [
                {**rules.browse(vals["rule_id"])._prepare_trial_values(), **vals} if vals.get("rule_id") else vals
                for vals in vals_list
            ]
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_try(self):
        """Show what would happen: at once, or from the background if there are many leads.

        :raise UserError: for what can't be tried, and while another trial of the user runs
        """
        self.ensure_one()
        self._check_input()
        self._forget()
        self.write({"company_ids": [Command.set(self.env.companies.ids)], "tried": self._prepare_tried()})
        if self.mode == "lead":
            self._try_lead()
            return self._open()
        count = self._count_leads()
        if count < BACKGROUND_FROM:
            self._try_period()
        else:
            self._wait(count)
        return self._open()

    def action_stop(self):
        """Don't wait for the result."""
        self._forget()
        return self._open()

    def action_use(self):
        """Have the rule be as it is in the dialog; a new one is made.

        :return: the action that closes the dialog and says which rule it is
        """
        self.ensure_one()
        self._check_input(is_used=True)
        rule = self.rule_id
        values = self._prepare_rule_values()
        if rule:
            kept = ("name", "sequence", "company_id")
            rule.write({name: value for name, value in values.items() if name not in kept})
        else:
            rule = rule.create(values)
        return {"type": "ir.actions.act_window_close", "infos": {"rule_id": rule.id}}

    def _open(self):
        self.is_shown = True
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_assignment_trial_action")
        return {**action, "res_id": self.id}

    @api.model
    def _get_to_show(self):
        """The trial of the user that runs in the background, or has run there since the user closed its dialog."""
        domain = Domain("state", "in", PENDING) | Domain("state", "in", ("done", "failed")) & Domain(
            "is_shown", "=", False
        )
        return self.search(Domain("create_uid", "=", self.env.uid) & domain, order="id desc", limit=1)

    # ------------------------------------------------------------
    # INPUT
    # ------------------------------------------------------------

    def _check_input(self, is_used=False):
        """
        :param bool is_used: whether it is about the rule alone
        :raise UserError: what is missing, or makes no sense
        """
        if not is_used and self.mode == "lead" and not self.lead_id:
            raise UserError(self.env._("Choose the lead to try the rules with."))
        if not is_used and self.mode == "period" and not 1 <= self.days <= LONGEST:
            raise UserError(self.env._("Choose a number of days from 1 to %(most)s.", most=LONGEST))
        if is_used and not self._has_copy():
            raise UserError(self.env._("Choose the rule to change."))
        for records in (self.rule_id, self.lead_id, self.team_id):
            records.check_access("read")
        if self._has_copy():
            self._make_copy()._check_domain()

    def _has_copy(self):
        return bool(self.rule_id or self.is_new)

    def _prepare_rule_values(self):
        return {
            "name": self.name or self.env._("New rule"),
            "sequence": self.sequence,
            "company_id": self.company_id.id,
            "domain": self.domain or "[]",
            "method": self.method or "round_robin",
            "team_id": self.team_id.id,
            "member_ids": [
                Command.clear(),
                *(Command.create(member._prepare_copy_values()) for member in self.member_ids.sorted("sequence")),
            ],
        }

    def _make_copy(self):
        """The rule as it would be: a record that is nowhere but in memory."""
        rules = self.env["crm.assignment.rule"].sudo()
        author = (self.rule_id or self).sudo().create_uid
        return rules.new({**self._prepare_rule_values(), "create_uid": author.id}, ref=f"trial {self.id}")

    def _forget(self):
        """Drop what was found before."""
        self.line_ids.unlink()
        self.env["crm.assignment.trial.lead"].sudo()._drop(self)
        self.write({"state": "draft", "result": False, "progress": 0, "failure": False, "is_compared": False})
