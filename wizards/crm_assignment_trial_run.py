from collections import defaultdict
from contextlib import closing

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.assignment_simulation import Counts, Simulation
from .crm_assignment_trial_result import CASES

# leads that are chosen for between two reports on how far it is
CHUNK = 10_000
# what the result calls a rule that is not saved yet
NEW = "new"


class CrmAssignmentTrial(models.TransientModel):
    """What the rules would do. All that reads happens in a savepoint that is rolled back, all that chooses without the
    database: nothing can be changed by it."""

    _inherit = "crm.assignment.trial"

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    def _get_cases(self, company):
        """The rules of a company as they are, and as they would be if there is a change.

        :return: ``{case: rules in their order}``, as superuser
        """
        saved = self.env["crm.assignment.rule"]._get_rules(company)
        cases = {"saved": saved}
        if self.can_use and (not self.company_id or self.company_id == company):
            copy = self._make_copy().with_env(saved.env)
            if not copy._makes_sense():
                raise UserError(self.env._("The conditions can't be used. Choose them again."))
            places = {copy: (copy.sequence, self.rule_id.id or float("inf"))}
            places.update((rule, (rule.sequence, rule.id)) for rule in saved if rule != self.rule_id.sudo())
            cases["changed"] = saved.browse().concat(*sorted(places, key=places.get))
        elif self.can_use:
            # another company's rule is changed
            cases["changed"] = saved
        return cases

    def _count_turns(self, rules):
        """
        :return: function that gives the next turn of a rule, from where its counter is; the counter stays there
        """
        origins = {rule.id: rule if rule.id else self.rule_id.sudo() for rule in rules}
        names = {
            rule_id: f"ir_sequence_{rule.turn_sequence_id.id:03d}"
            for rule_id, rule in origins.items()
            if rule.turn_sequence_id
        }
        last = dict(
            self.env.execute_query(
                SQL(
                    "SELECT sequencename, COALESCE(last_value, 0) FROM pg_sequences "
                    "WHERE schemaname = current_schema AND sequencename = ANY(%s)",
                    list(names.values()),
                )
            )
        )
        turns = defaultdict(int, {rule_id: last.get(name, 0) for rule_id, name in names.items()})

        def draw(rule_id):
            turns[rule_id] += 1
            return turns[rule_id]

        return draw

    # ------------------------------------------------------------
    # ONE LEAD
    # ------------------------------------------------------------

    def _try_lead(self):
        with closing(self.env.cr.savepoint()):
            found = self._explain_lead()
        self.write({"state": "done", "result": {"cases": found}, "is_compared": len(found) > 1})

    def _explain_lead(self):
        """
        :return: one dict for each case: its name, who gets the lead, and sentences with their levels
        """
        lead = self.lead_id.sudo()
        company = lead.company_id or lead.number_company_id
        found = []
        for case, rules in self._get_cases(company).items():
            fitting = lead._map_rules(rules)
            chooser = lead._get_chooser(company, rules, fitting, self._count_turns(rules))
            choices = {lead.id: chooser.choose(fitting.get(lead.id, ()))}
            lead.with_user(SUPERUSER_ID)._choose_fallbacks(choices)
            choice = choices[lead.id]
            passed_others = [chooser.explain(rule_id) for rule_id in choice.passed]
            sentences = lead._get_choice_sentences(lead._prepare_why(choice), passed_others)
            sentences += [
                ("muted", self.env._("The rule “%(rule)s” is not for this lead.", rule=rule.name))
                for rule in rules
                if rule.id not in fitting.get(lead.id, ())
            ]
            user = self.env["res.users"].sudo().browse(choice.user_id or [])
            found.append({"case": case, "user": user.name, "sentences": sentences})
        return found

    # ------------------------------------------------------------
    # ALL LEADS OF SOME DAYS
    # ------------------------------------------------------------

    def _get_lead_domain(self, company=None):
        """The leads of the last days, lost ones too, but without spam, tests and mistakes."""
        since = fields.Datetime.subtract(fields.Datetime.now(), days=self.days)
        companies = company or self.env.companies
        return (
            Domain("create_date", ">=", since)
            & Domain("client_status", "!=", "removed")
            & (
                Domain("company_id", "in", companies.ids)
                | Domain("company_id", "=", False) & Domain("number_company_id", "in", companies.ids)
            )
        )

    def _count_leads(self):
        return self.env["crm.lead"].with_context(active_test=False).search_count(self._get_lead_domain())

    def _try_period(self, pause=lambda: True):
        """
        :param pause: function that is called between batches and says whether to go on
        :return: whether it came to its end
        """
        parts = []
        for company in self.env.companies:
            with closing(self.env.cr.savepoint()):
                parts.append(self._prepare_simulations(company))
        count = sum(len(rows) for rows, _simulations in parts)
        is_compared = any("changed" in simulations for _rows, simulations in parts)
        self.write({"lead_count": count, "is_compared": is_compared})
        counts = Counts()
        for rows, simulations in parts:
            for start in range(0, len(rows), CHUNK):
                found = [self._choose(row, simulations, counts) for row in rows[start : start + CHUNK]]
                self.env["crm.assignment.trial.lead"].sudo()._insert(self, found)
                self.progress += len(found)
                if not pause():
                    return False
        self._create_lines(counts)
        self.state = "done"
        return True

    def _prepare_simulations(self, company):
        """
        :return: (rows of the leads, ``{case: Simulation}``), without any record in them
        """
        domain = self._get_lead_domain(company)
        query = self.env["crm.lead"].with_context(active_test=False)._search(domain, order="create_date, id")
        zone = company.sudo().resource_calendar_id.tz or "UTC"
        columns = ("id", "user_id", "assignment_rule_id", "source_id", "team_id")
        rows = self.env.execute_query(
            query.select(
                *(SQL.identifier(query.table, column) for column in columns),
                SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", SQL.identifier(query.table, "create_date"), zone),
            )
        )
        leads = self.env["crm.lead"].with_user(SUPERUSER_ID)
        cases = self._get_cases(company)
        rules = cases["saved"] | cases.get("changed", cases["saved"])
        fallbacks = self._map_fallbacks(company, {(source_id, team_id) for *_lead, source_id, team_id, _day in rows})
        fitting = leads._map_rules(rules, domain) if rows else {}
        simulations = {}
        for case, case_rules in cases.items():
            order = {rule.id: position for position, rule in enumerate(case_rules)}
            own = {
                lead_id: sorted((rule_id for rule_id in rule_ids if rule_id in order), key=order.get)
                for lead_id, rule_ids in fitting.items()
            }
            chooser = leads._get_chooser(company, case_rules, own, self._count_turns(case_rules))
            names = {rule.id: self.rule_id.id or NEW for rule in case_rules if not rule.id}
            simulations[case] = Simulation(chooser, own, fallbacks, names)
        return rows, simulations

    def _map_fallbacks(self, company, places):
        """Who gets leads that no rule gives to anybody.

        :param places: tuples of the ids of a source and a team, None for none
        :return: ``{place: user id or None}``
        """
        leads = self.env["crm.lead"].with_user(SUPERUSER_ID)
        sources, teams = (
            self.env[model].with_user(SUPERUSER_ID).browse({place[position] for place in places} - {None})
            for position, model in enumerate(("utm.source", "crm.team"))
        )
        sources, teams = ({record.id: record for record in records} for records in (sources, teams))
        nothing = (self.env["utm.source"], self.env["crm.team"])
        fallbacks = {}
        for source_id, team_id in places:
            source, team = sources.get(source_id, nothing[0]), teams.get(team_id, nothing[1])
            _key, user = leads._find_fallback(company, source, team)
            fallbacks[source_id, team_id] = user.id if user else None
        return fallbacks

    def _choose(self, row, simulations, counts):
        """
        :return: a row of crm.assignment.trial.lead
        """
        lead_id, real_user, real_rule, source_id, team_id, day = row
        found = {"real": (real_rule, real_user)}
        for case, simulation in simulations.items():
            found[case] = simulation.choose(lead_id, day, (source_id, team_id))
        for case, (rule, user) in found.items():
            counts.add(case, rule, user)
        values = (found.get(case, (None, None)) for case in CASES)
        columns = (value for rule, user in values for value in (None if rule == NEW else rule, user))
        return (lead_id, *columns, any(rule == NEW for rule, _user in found.values()))

    def _create_lines(self, counts):
        """The numbers, the largest first; nobody comes last."""
        names = {
            model: {record.id: record.display_name for record in self.env[model].sudo().browse(set(ids)).exists()}
            for model, ids in (
                ("res.users", filter(None, counts.by_user)),
                ("crm.assignment.rule", (rule for rule, _nobody in counts.by_rule if rule not in (None, NEW))),
            )
        }
        nobody = self.env._("Nobody")
        lines = [
            {
                "kind": "user",
                "name": names["res.users"].get(user, nobody),
                "user_id": user,
                "is_nobody": not user,
                **numbers,
            }
            for user, numbers in counts.by_user.items()
        ]
        for (rule, is_nobody), numbers in counts.by_rule.items():
            is_new = rule == NEW
            name = self.name if is_new else names["crm.assignment.rule"].get(rule)
            name = nobody if is_nobody else name or self.env._("Without a rule")
            rule_id = None if is_new else rule
            values = {"kind": "rule", "name": name, "rule_id": rule_id, "is_new": is_new, "is_nobody": is_nobody}
            lines.append({**values, **numbers})
        lines.sort(key=lambda line: (line["is_nobody"], *(-line.get(case, 0) for case in CASES), line["name"]))
        self.env["crm.assignment.trial.line"].create(
            [{**line, "trial_id": self.id, "position": position} for position, line in enumerate(lines)]
        )
