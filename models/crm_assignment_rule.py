from ast import literal_eval

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain

TURN_CODE = "crm_lead_lifecycle.assignment_turn"


class CrmAssignmentRule(models.Model):
    """Who gets which leads. The first rule that fits a lead and has somebody to give it to, gives it."""

    _name = "crm.assignment.rule"
    _description = "Assignment Rule"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, default=lambda self: self.env._("New rule"))
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        "Company",
        index="btree_not_null",
        default=lambda self: self.env.company,
        help="Only leads of this company. Empty: of every company.",
    )
    domain = fields.Char("Which Leads", default="[]", help="The leads that this rule is for. Empty: all of them.")
    method = fields.Selection(
        [
            ("round_robin", "In turn"),
            ("least_open", "Fewest open leads"),
            ("fixed", "Always the first"),
        ],
        required=True,
        default="round_robin",
        help="In turn: one after the other, each as often as the weight says.\n"
        "Fewest open leads: whoever has the fewest open leads for the weight.\n"
        "Always the first: the first of the list who is there and not full.",
    )
    member_ids = fields.One2many("crm.assignment.member", "rule_id", "People", copy=True)
    user_ids = fields.Many2many(
        "res.users",
        string="Salespeople",
        compute="_compute_user_ids",
        inverse="_inverse_user_ids",
        search="_search_user_ids",
    )
    team_id = fields.Many2one(
        "crm.team",
        "Sales Team",
        check_company=True,
        index="btree_not_null",
        help="The leads get this team. Without people in the list, they go to the members of the team.",
    )
    turn_sequence_id = fields.Many2one("ir.sequence", copy=False, ondelete="set null", groups="base.group_system")

    @api.depends("member_ids.user_id")
    def _compute_user_ids(self):
        for rule in self:
            rule.user_ids = rule.member_ids.user_id

    def _inverse_user_ids(self):
        for rule in self:
            gone = rule.member_ids.filtered(lambda member, rule=rule: member.user_id not in rule.user_ids)
            new = rule.user_ids - rule.member_ids.user_id
            rule.member_ids = [
                *(Command.delete(member.id) for member in gone),
                *(Command.create({"user_id": user.id}) for user in new),
            ]

    def _search_user_ids(self, operator, value):
        return [("member_ids.user_id", operator, value)]

    @api.constrains("domain")
    def _check_domain(self):
        for rule in self:
            try:
                self.env["crm.lead"].sudo().search(rule._get_domain(), limit=1)
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "The conditions of “%(rule)s” can't be used: %(error)s. Choose them again.",
                        rule=rule.name,
                        error=str(error)[:200],
                    )
                ) from error

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._create_turns()
        self.env.registry.clear_cache()
        return rules

    def write(self, vals):
        res = super().write(vals)
        if {"active", "company_id", "sequence"} & vals.keys():
            self.env.registry.clear_cache()
        return res

    def unlink(self):
        turns = self.sudo().turn_sequence_id
        res = super().unlink()
        turns.unlink()
        self.env.registry.clear_cache()
        return res

    def _create_turns(self):
        """A counter of turns for each rule. It is no row but a sequence of the database: workers never wait for each
        other, and never draw the same turn."""
        for rule in self.sudo():
            rule.turn_sequence_id = (
                self.env["ir.sequence"]
                .sudo()
                .create(
                    {
                        "name": f"{TURN_CODE} {rule.id}",
                        "code": TURN_CODE,
                        "company_id": False,
                        "implementation": "standard",
                    }
                )
            )

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    @tools.ormcache("company_id")
    def _get_rule_ids(self, company_id):
        """Ids of the rules of a company's leads, in their order; cached."""
        return tuple(self.sudo().search([("company_id", "in", (False, company_id))]).ids)

    @api.model
    def _get_rules(self, company):
        return self.sudo().with_company(company).browse(self._get_rule_ids(company.id))

    def _get_domain(self):
        return Domain(literal_eval(self.domain or "[]"))

    def _get_members(self):
        """Everybody to whom this rule may give leads: the people of its list, else the members of its team."""
        self.ensure_one()
        return self.member_ids or self.team_id.crm_team_member_ids.filtered(lambda member: not member.assignment_optout)


class CrmAssignmentMember(models.Model):
    """Somebody who gets leads by a rule."""

    _name = "crm.assignment.member"
    _description = "Assignment Rule Member"
    _order = "sequence, id"
    _rec_name = "user_id"

    rule_id = fields.Many2one("crm.assignment.rule", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    user_id = fields.Many2one(
        "res.users", "Salesperson", required=True, ondelete="cascade", domain="[('share', '=', False)]"
    )
    weight = fields.Integer(default=1, help="Who has 2 gets twice as many leads as who has 1.")
    daily_max = fields.Integer("Most per Day", help="How many leads rules give to this person in a day. 0: any number.")

    _user_uniq = models.UniqueIndex("(rule_id, user_id)", "This person is in the rule already.")
    _weight_possible = models.Constraint("CHECK (weight BETWEEN 1 AND 100)", "A weight is from 1 to 100.")
    _daily_max_positive = models.Constraint("CHECK (daily_max >= 0)", "The most per day can't be below 0.")
