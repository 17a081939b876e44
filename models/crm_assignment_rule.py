import logging
from ast import literal_eval

from psycopg2 import DatabaseError

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from .res_users_assignment import NO_COMPANY

_logger = logging.getLogger(__name__)

# what Odoo raises on conditions that make no sense
SENSELESS = (
    ValueError, TypeError, LookupError, AttributeError, SyntaxError, RecursionError, ArithmeticError, UserError
)  # fmt: skip
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
        ondelete="cascade",
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
    answer_minutes = fields.Integer(
        "Answer Within",
        help="Minutes of the company's working hours. A lead that nobody has touched by then goes to the next one. "
        "0: it stays.",
    )
    warning = fields.Text("Note", compute="_compute_warning", help="Who of these people can't get leads, and why.")
    turn_sequence_id = fields.Many2one("ir.sequence", copy=False, ondelete="set null", groups="base.group_system")

    _answer_minutes_possible = models.Constraint(
        "CHECK (answer_minutes BETWEEN 0 AND 10000)", "The minutes to answer are from 0 to 10000."
    )

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

    @api.depends("domain", "member_ids.user_id", "member_ids.daily_max", "team_id", "company_id")
    @api.depends_context("lang")
    def _compute_warning(self):
        for rule in self:
            company = rule.company_id or self.env.company
            users = rule.sudo()._get_members().user_id._origin
            reasons = users._map_no_leads(company)
            lines = []
            if not rule._makes_sense():
                lines.append(self.env._("The conditions can't be used any more: no lead fits. Choose them again."))
            if len(reasons) == len(users):
                lines.append(self.env._("Nobody is there to get leads."))
            lines += [
                rule._get_excluded_sentence(user, reasons[user.id], company) for user in users if user.id in reasons
            ]
            rule.warning = "\n".join(lines)

    def _get_excluded_sentence(self, user, reason, company):
        """Why one of the people gets no leads now."""
        if reason == NO_COMPANY:
            return self.env._(
                "%(user)s gets no leads of %(company)s: no access to that company.",
                user=user.name,
                company=company.name,
            )
        return self.env["crm.lead"]._get_other_sentence(user.name, reason, 0, False)

    @api.constrains("domain")
    def _check_domain(self):
        """Conditions have to make sense, and may ask only for what the one who writes them may read: from who gets a
        lead one could tell what it says. Odoo checks constraints as superuser, so this one steps back."""
        for rule in self:
            try:
                query = self.env["crm.lead"].sudo(False)._search(rule._get_domain())
                # planned only: a million leads need not be looked at
                self.env.execute_query(SQL("EXPLAIN %s", query.select()))
            except AccessError:
                raise
            except (*SENSELESS, DatabaseError) as error:
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
        if "company_id" in vals:
            self.check_access("write")  # not into a company that is not the user's
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
        rules = self.sudo().with_context(active_test=True)
        return tuple(rules.search([("company_id", "in", (False, company_id))]).ids)

    @api.model
    def _get_rules(self, company):
        """The rules of a company's leads, in their order."""
        rules = self.sudo().with_company(company).with_context(active_test=True)
        # one that another worker deletes at this moment is in the cache still
        names = ["domain", "method", "team_id", "create_uid"]
        return rules.search_fetch([("id", "in", self._get_rule_ids(company.id))], names)

    def _get_domain(self):
        return Domain(literal_eval(self.domain or "[]"))

    def _get_condition(self, leads, query):
        """The conditions as SQL.

        :param leads: crm.lead, as superuser
        :param query: of leads, to which what they need is joined
        :return: SQL; None if they make no sense
        """
        leads = self._in_its_words(leads)
        try:
            return self._get_domain().optimize_full(leads)._to_sql(leads, query.table, query)
        except SENSELESS:
            self._warn_of_conditions()
            return None

    def _in_its_words(self, leads):
        """Names and days in the conditions mean what they mean to whoever made the rule, not who brings a lead in."""
        author = self.create_uid
        return leads.with_company(self.env.company).with_context(lang=author.lang, tz=author.tz)

    def _makes_sense(self):
        """Whether the conditions can be asked for."""
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        return self.sudo()._get_condition(leads, leads._search(Domain.FALSE)) is not None

    def _warn_of_conditions(self):
        _logger.warning("The conditions of assignment rule %s can't be used, no lead fits: %s", self.id, self.domain)

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

    def write(self, vals):
        res = super().write(vals)
        if "rule_id" in vals:
            self.check_access("write")  # not into a rule that the user can't change
        return res
