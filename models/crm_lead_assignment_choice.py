from collections import Counter, defaultdict
from dataclasses import replace

from psycopg2 import DatabaseError

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .assignment_choice import Chooser, Member, Rule

SOURCE, LEADER = "source", "leader"


class Choices(dict):
    """``{id of a lead: Choice}`` while they are written; an object, so that no client can send it in a context."""


class CrmLead(models.Model):
    """Who would get which lead by the rules; nothing is written."""

    _inherit = "crm.lead"

    def _map_had_it(self):
        """Who has or had each of these leads.

        :return: ``{lead id: {user ids}}``
        """
        had = {lead.id: {lead.user_id.id} for lead in self}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT lead_id, data->>'from_user', data->>'to_user'
                  FROM crm_lead_event WHERE lead_id = ANY(%s) AND kind = 'assign'
                """,
                self.ids,
            )
        )
        for lead_id, *user_ids in rows:
            had[lead_id].update(int(user_id) for user_id in user_ids if user_id and user_id != "false")
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
            requests = {
                lead.id: (fitting.get(lead.id, ()), had_it.get(lead.id, frozenset())) for lead in leads.sorted("id")
            }
            if not turns:
                chooser.draw_turn = self._draw_turns(rules, chooser.count_turns(requests.values()))
            for lead_id, request in requests.items():
                choices[lead_id] = chooser.choose(*request)
        return choices

    def _map_rules(self, rules, domain=None):
        """The rules that fit each lead, in one statement. A rule whose conditions have become senseless, such as those
        on a property that is gone, fits none: it must not keep leads from coming in.

        :param domain: of the leads to look at, where they are too many to be named; these leads by default
        :return: ``{lead id: [rule ids in their order]}``
        """
        domain = Domain("id", "in", self.ids) if domain is None else domain
        places = dict(enumerate(rules))
        rows = self._read_fitting(places, domain)
        if rows is None:
            rows = []
            for place, rule in places.items():
                found = self._read_fitting({place: rule}, domain)
                if found is None:
                    rule._warn_of_conditions()
                rows += found or ()
        fitting = defaultdict(list)
        for place, lead_id in sorted(rows):
            fitting[lead_id].append(places[place].id)
        return fitting

    @api.model
    def _read_fitting(self, places, domain):
        """
        :param dict places: the rules by their place in the order, as those of a trial have no id
        :return: list of (place, lead id); None if the database takes the conditions of a rule amiss
        """
        leads = self.sudo().with_context(active_test=False)
        scan, cases, queries = leads._search(domain), [], []
        for place, rule in places.items():
            condition = rule._get_condition(leads, scan)
            if condition is None:
                continue
            if "SELECT" in condition.code:  # beside many leads many clients, say: left to the planner's joins
                query = rule._in_its_words(leads)._search(domain & rule._get_domain())
                queries.append(query.select(SQL("%s AS place", place), SQL.identifier(query.table, "id")))
            else:
                cases.append(SQL("CASE WHEN %s THEN %s END", condition, place))
        if cases:
            # the leads are looked at once for all rules that need nothing but their columns
            fitting = SQL("unnest(array_remove(ARRAY[%s]::int[], NULL)) AS place", SQL(", ").join(cases))
            queries.append(scan.select(fitting, SQL.identifier(scan.table, "id")))
        if not queries:
            return []
        query = SQL(" UNION ALL ").join(SQL("(%s)", query) for query in queries)
        self.env.flush_query(query)
        try:
            # the usual savepoint would run what waits for the commit, such as notices
            with self.env.cr.savepoint(flush=False):
                return self.env.execute_query(query)
        except (DatabaseError, ValueError):
            return None

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
        loaded = {member.user_id for rule in plain if rule.method == "least_open" for member in rule.members}
        capped = {member.user_id for rule in plain for member in rule.members if member.daily_max}
        return Chooser(
            plain,
            turns,
            loads=users.browse(loaded)._count_open_leads(),
            given=users.browse(capped)._count_given_leads(company),
        )

    def _draw_turns(self, rules, used):
        """
        :param dict used: how many turns of each rule are needed; they are drawn at once
        :return: function that gives the next turn of a rule
        """
        drawn = {}

        def draw(rule_id):
            if not drawn.get(rule_id):
                rule = rules.browse(rule_id).sudo()
                if not rule.turn_sequence_id:
                    rule._create_turns()
                name = f"ir_sequence_{rule.turn_sequence_id.id:03d}"
                rows = self.env.execute_query(
                    SQL("SELECT nextval(%s) FROM generate_series(1, %s)", name, max(used[rule_id], 1))
                )
                drawn[rule_id] = [turn for (turn,) in reversed(rows)]
            return drawn[rule_id].pop()

        return draw

    def _choose_fallbacks(self, choices):
        """Complete choices of nobody: the person of the lead's source, else the leader of its team."""
        left = self.filtered(lambda lead: not choices[lead.id].user_id)
        for key, leads in left.grouped(
            lambda lead: (lead.company_id or lead.number_company_id, lead.source_id, lead.team_id)
        ).items():
            fallback, user = self._find_fallback(*key)
            for lead in leads if user else ():
                choices[lead.id] = replace(choices[lead.id], user_id=user.id, fallback=fallback)

    @api.model
    def _find_fallback(self, company, source, team):
        """
        :param team: the lead's, if it has one
        :return: (``source`` or ``leader``, the person to whom leads go that no rule gives to anybody), or Nones; who is
            away only if nobody else is there
        """
        team = team or self.env["crm.team"].sudo().with_company(company)._get_default_team_id()
        people = [
            (key, user)
            for key, user in ((SOURCE, source.lead_user_id), (LEADER, team.user_id))
            if user.active and not user.share and company in user.company_ids
        ]
        absent = self.env["res.users"].union(*(user for _key, user in people))._filter_absent(company)
        return min(people, key=lambda person: person[1] in absent, default=(None, None))
