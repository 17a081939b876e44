from collections import Counter

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .assignment_choice import Choice, Chooser, Member, Rule
from .crm_stage import PENDING_TYPES

SOURCE, LEADER = "source", "leader"


class Choices(dict):
    """``{id of a lead: Choice}`` while they are written; an object, so that no client can send it in a context."""


class CrmLead(models.Model):
    """Assignment: who gets leads that nobody was chosen for, by the rules of their company."""

    _inherit = "crm.lead"

    assignment_rule_id = fields.Many2one(
        "crm.assignment.rule",
        "Assigned By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The rule that gave the lead to its salesperson.",
    )

    _assigned_today_idx = models.Index("(user_id, date_open) WHERE assignment_rule_id IS NOT NULL")
    _open_of_user_idx = models.Index("(user_id) WHERE stage_type = 'open' AND active IS TRUE")

    # ------------------------------------------------------------
    # CREATION
    # ------------------------------------------------------------

    @api.model
    def _hold_for_rules(self, vals_list):
        """Take Odoo's default salesperson off new leads for which rules are to choose one.

        Rules choose for what machines bring in. A person who names nobody becomes the salesperson, as ever; one who
        says nobody is taken at the word, unless the lead type requires somebody.

        :return: list of bool
        """
        held = [self._awaits_rules(vals) for vals in vals_list]
        for vals, is_held in zip(vals_list, held, strict=True):
            if is_held:
                vals["user_id"] = False
        return held

    def _awaits_rules(self, vals):
        user_id = vals.get("user_id", self.env.context.get("default_user_id"))
        if user_id or not vals.get("active", True):
            return False
        company_id = vals.get("company_id") or self.env.company.id
        if not self.env["crm.assignment.rule"]._get_rule_ids(company_id):
            return False
        if not self._is_asked():
            return True
        if "user_id" not in vals and "default_user_id" not in self.env.context:
            return False
        type_id = vals.get("lead_type_id") or self.env.context.get("default_lead_type_id")
        _hidden, required, _contact = self.env["crm.lead.type"]._get_form_rules()
        return any(name == "user_id" and type_id in type_ids for name, type_ids in required)

    # ------------------------------------------------------------
    # ASSIGNMENT
    # ------------------------------------------------------------

    def _assign_by_rules(self, fallback=False):
        """Give those of these leads that are open and nobody's to somebody, by the rules of their companies.

        :param bool fallback: whether leads that no rule gives to anybody go to the person of their source, else to the
            leader of their team
        :return: the leads that were given to somebody
        """
        leads = self.sudo().filtered(lambda lead: not lead.user_id and lead.active and lead.stage_type in PENDING_TYPES)
        choices = leads._choose_by_rules()
        if fallback:
            leads._choose_fallbacks(choices)
        return leads._apply_choices(choices).with_env(self.env)

    def _reassign_by_rules(self):
        """Give those of these leads that are open to the next one by the rules: to somebody who has not had them yet.

        :return: the leads that were given to somebody else
        """
        leads = self.sudo().filtered(lambda lead: lead.active and lead.stage_type in PENDING_TYPES)
        return leads._apply_choices(leads._choose_by_rules(leads._map_had_it())).with_env(self.env)

    def _map_had_it(self):
        """Who has or had each of these leads.

        :return: ``{lead id: {user ids}}``
        """
        had = {lead.id: {lead.user_id.id} for lead in self}
        rows = self.env.execute_query(
            SQL(
                "SELECT lead_id, data->>'to_user' FROM crm_lead_event WHERE lead_id = ANY(%s) AND kind = 'assign'",
                self.ids,
            )
        )
        for lead_id, user_id in rows:
            had[lead_id].add(int(user_id or 0))
        return had

    def _choose_by_rules(self, had_it=(), turns=None):
        """Who would get each lead; nothing is written.

        :param dict had_it: ``{lead id: ids of users who can't get it}``
        :param turns: function that gives the next turn of a rule by its id; by default turns are drawn for good
        :return: :class:`Choices`, of all leads
        """
        choices, had_it = Choices(), dict(had_it)
        for company, leads in self.grouped(lambda lead: lead.company_id or lead.number_company_id).items():
            rules = self.env["crm.assignment.rule"]._get_rules(company)
            fitting = leads._map_rules(rules)
            chooser = leads._get_chooser(company, rules, fitting, turns)
            for lead in leads.sorted("id"):
                choices[lead.id] = chooser.choose(fitting.get(lead.id, ()), had_it.get(lead.id, frozenset()))
        return choices

    def _map_rules(self, rules, domain=None):
        """The rules that fit each lead, in one statement.

        :param domain: of the leads to look at, where they are too many to be named; these leads by default
        :return: ``{lead id: [rule ids in their order]}``
        """
        leads = self.sudo().with_context(active_test=False)
        domain = Domain("id", "in", self.ids) if domain is None else domain
        scan, cases, queries = leads._search(domain), [], []
        for position, rule in enumerate(rules):
            condition = rule._get_domain().optimize_full(leads)._to_sql(leads, scan.table, scan)
            if "SELECT" not in condition.code:
                cases.append(SQL("CASE WHEN %s THEN %s END", condition, position))
                continue
            # beside many leads many clients, say: left to the planner's joins
            query = leads._search(domain & rule._get_domain())
            queries.append(query.select(SQL("%s AS position", position), SQL.identifier(query.table, "id")))
        if cases:
            # the leads are looked at once for all rules that need nothing but their columns
            positions = SQL("unnest(array_remove(ARRAY[%s]::int[], NULL)) AS position", SQL(", ").join(cases))
            queries.append(scan.select(positions, SQL.identifier(scan.table, "id")))
        if not queries:
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT id, array_agg(position ORDER BY position) FROM (%s) AS fitting GROUP BY id",
                SQL(" UNION ALL ").join(SQL("(%s)", query) for query in queries),
            )
        )
        return {lead_id: [rules[position].id for position in positions] for lead_id, positions in rows}

    def _get_chooser(self, company, rules, fitting, turns=None):
        """
        :param dict fitting: the result of :meth:`_map_rules`
        """
        used = Counter(rule_id for rule_ids in fitting.values() for rule_id in rule_ids)
        rules = rules.filtered(lambda rule: rule.id in used)
        members = {rule: rule._get_members() for rule in rules}
        users = (
            self.env["res.users"]
            .sudo()
            .with_context(active_test=False)
            .union(*(people.user_id for people in members.values()))
        )
        reasons = users._map_no_leads(company)
        plain = [
            Rule(
                rule.id,
                rule.method,
                tuple(
                    Member(person.user_id.id, person.weight, person.daily_max)
                    if person._name == "crm.assignment.member"
                    else Member(person.user_id.id)
                    for person in people
                ),
                {user.id: reasons[user.id] for user in people.user_id if user.id in reasons},
            )
            for rule, people in members.items()
        ]
        is_loaded = any(rule.method == "least_open" for rule in plain)
        is_capped = any(member.daily_max for rule in plain for member in rule.members)
        return Chooser(
            plain,
            turns or self._draw_turns(rules, used),
            loads=users._count_open_leads() if is_loaded else (),
            given=users._count_given_leads(company) if is_capped else (),
        )

    def _draw_turns(self, rules, used):
        """
        :return: function that gives the next turn of a rule; turns are drawn for all leads that may need one at once
        """
        drawn = {}

        def draw(rule_id):
            if not drawn.get(rule_id):
                rule = rules.browse(rule_id).sudo()
                if not rule.turn_sequence_id:
                    rule._create_turns()
                name = f"ir_sequence_{rule.turn_sequence_id.id:03d}"
                rows = self.env.execute_query(
                    SQL("SELECT nextval(%s) FROM generate_series(1, %s)", name, used[rule_id])
                )
                drawn[rule_id] = [turn for (turn,) in reversed(rows)]
            return drawn[rule_id].pop()

        return draw

    def _choose_fallbacks(self, choices):
        """Complete choices of nobody: the person of the lead's source, else the leader of its team."""
        for lead in self:
            if choices[lead.id].user_id:
                continue
            key, user = self._find_fallback(lead.company_id or lead.number_company_id, lead.source_id, lead.team_id)
            if user:
                choices[lead.id] = Choice(None, user.id, passed=choices[lead.id].passed, fallback=key)

    @api.model
    def _find_fallback(self, company, source, team):
        """
        :param team: the lead's, if it has one
        :return: (``source`` or ``leader``, the person to whom leads go that no rule gives to anybody), or Nones
        """
        team = team or self.env["crm.team"].sudo().with_company(company)._get_default_team_id()
        for key, user in ((SOURCE, source.lead_user_id), (LEADER, team.user_id)):
            if user.active and not user.share and company in user.company_ids:
                return key, user
        return None, None

    def _apply_choices(self, choices):
        """Write who gets which lead, and why.

        :return: the leads that somebody got
        """
        given = self.filtered(lambda lead: choices[lead.id].user_id)
        leads = given._by_rule().with_context(lead_choices=choices)
        for (user, team), group in leads.grouped(leads._map_teams(choices).get).items():
            group.write({"user_id": user.id, "team_id": team.id})
        self._write_rules({lead.id: choices[lead.id].rule_id for lead in given})
        return given

    def _map_teams(self, choices):
        """Who gets each lead and in which team: that of the rule, else the own one if they belong to it, else the one
        that Odoo gives along with a salesperson.

        :return: ``{lead: (res.users, crm.team)}``
        """
        teams, found = {}, {}
        for lead in self:
            choice = choices[lead.id]
            user = self.env["res.users"].browse(choice.user_id)
            team = self.env["crm.assignment.rule"].browse(choice.rule_id).team_id
            if not team and user in lead.team_id.member_ids + lead.team_id.user_id:
                team = lead.team_id
            if not team:
                key = (user, lead.type)
                if key not in found:
                    domain = [("use_leads" if lead.type == "lead" else "use_opportunities", "=", True)]
                    found[key] = self.env["crm.team"]._get_default_team_id(user_id=user.id, domain=domain)
                team = found[key]
            teams[lead] = (user, team)
        return teams

    def _assign_new(self):
        """What the rules do with new leads: not tracked in the chatter, as what a lead is made with is not either."""
        self.with_context(mail_notrack=True)._assign_by_rules(fallback=True)

    def _write_rules(self, rule_ids):
        """
        :param dict rule_ids: ``{lead id: id of the rule that gave it, or None}``
        """
        if not rule_ids:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead lead SET assignment_rule_id = given.rule_id
                  FROM unnest(%s::int[], %s::int[]) AS given(lead_id, rule_id)
                 WHERE lead.id = given.lead_id AND lead.assignment_rule_id IS DISTINCT FROM given.rule_id
                """,
                list(rule_ids),
                list(rule_ids.values()),
            )
        )
        self.browse(rule_ids).invalidate_recordset(["assignment_rule_id"], flush=False)

    # ------------------------------------------------------------
    # LOG
    # ------------------------------------------------------------

    def _log_state_changes(self, before, concluded, properties):
        super()._log_state_changes(before, concluded, properties)
        if not isinstance(self.env.context.get("lead_choices"), Choices):
            # a lead that somebody else was chosen for is no longer the rule's
            changed = [lead for lead, (_stage, _won, user, _client, _type) in before.items() if lead.user_id != user]
            self._write_rules({lead.id: None for lead in changed if lead.sudo().assignment_rule_id})

    def _get_assignment_data(self):
        """What the event of an assignment says beside who: where a rule did it, under ``why`` how.

        ========  ==================================================================
        rule      id of the rule, and under ``name`` what it was called
        method    its method
        others    ``{user id: reason}`` of those of the rule who did not get the lead
        loads     ``{user id: open leads}``, where they decided
        passed    names of rules that fit but had nobody to give it to
        fallback  ``source`` or ``leader``, where no rule had anybody
        ========  ==================================================================
        """
        choices = self.env.context.get("lead_choices")
        return {"why": self._prepare_why(choices[self.id])} if isinstance(choices, Choices) else {}
