from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .crm_lead_assignment_choice import Choices
from .crm_stage import PENDING_TYPES


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

    date_assigned = fields.Datetime(
        "Given On", readonly=True, copy=False, help="When the rule gave the lead to its salesperson."
    )

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
        team_id = vals.get("team_id", self.env.context.get("default_team_id"))
        company_id = (
            vals.get("company_id") or self.env["crm.team"].sudo().browse(team_id).company_id.id or self.env.company.id
        )
        if not self.env["crm.assignment.rule"]._get_rule_ids(company_id):
            return False
        if not self._is_asked():
            return True
        if "user_id" not in vals and "default_user_id" not in self.env.context:
            return False
        type_id = vals.get("lead_type_id") or self.env.context.get("default_lead_type_id")
        _hidden, required, _contact = self.env["crm.lead.type"]._get_form_rules()
        return any(name == "user_id" and type_id in type_ids for name, type_ids in required)

    def _check_forms(self, forms, vals):  # pylint: disable=missing-return
        """Whoever takes the salesperson off a lead whose type requires one gets whom the rules choose."""
        if not vals.get("user_id", True):
            kept = self.browse().concat(*(lead for lead, (*_state, before) in forms.items() if "user_id" not in before))
            emptied = (lead for lead, names in kept._map_missing().items() if "user_id" in names)
            self.browse().concat(*emptied)._assign_by_rules(fallback=True)
        super()._check_forms(forms, vals)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_assign_by_rules(self):
        """Give those of these leads that are open and nobody's to somebody by the rules; those of somebody stay.

        :return: a notice that says what became of them
        :raise AccessError: for who may not see the leads of others, or not change one of these
        """
        if not self.env.user.has_group("sales_team.group_sale_salesman_all_leads"):
            raise AccessError(self.env._("Only who sees the leads of everybody can assign leads by the rules."))
        self.check_access("write")
        nobodys = self.sudo()._filter_nobodys()
        choices = nobodys._choose_by_rules()
        given = nobodys._apply_choices(choices)
        full = (nobodys - given).filtered(lambda lead: choices[lead.id].passed)
        counts = [
            (self.env._("Assigned"), given),
            (self.env._("Nobody there to get them"), full),
            (self.env._("Fit no rule"), nobodys - given - full),
            (self.env._("Closed, or somebody's already: left alone"), self.sudo() - nobodys),
        ]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if given else "warning",
                "title": self.env._("Assign by Rules"),
                "message": " · ".join(f"{title}: {len(leads)}" for title, leads in counts if leads),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------
    # ASSIGNMENT
    # ------------------------------------------------------------

    def _assign_by_rules(self, fallback=False):
        """Give those of these leads that are open and nobody's to somebody, by the rules of their companies.

        :param bool fallback: whether leads that no rule gives to anybody go to the person of their source, else to the
            leader of their team
        :return: the leads that were given to somebody
        """
        rules = self.env["crm.assignment.rule"]
        leads = self.sudo()._filter_nobodys()
        leads = leads.filtered(lambda lead: rules._get_rule_ids((lead.company_id or lead.number_company_id).id))
        choices = leads._choose_by_rules()
        if fallback:
            leads._choose_fallbacks(choices)
        return leads._apply_choices(choices).with_env(self.env)

    def _filter_nobodys(self):
        """Those of these leads that are open and nobody's."""
        return self.filtered(lambda lead: not lead.user_id and lead.active and lead.stage_type in PENDING_TYPES)

    def _reassign_by_rules(self):
        """Give those of these leads that are open to the next one by the rules: to somebody who has not had them yet.

        :return: the leads that were given to somebody else
        """
        leads = self.sudo().filtered(lambda lead: lead.active and lead.stage_type in PENDING_TYPES)
        return leads._apply_choices(leads._choose_by_rules(leads._map_had_it())).with_env(self.env)

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
        """Who gets each lead and in which team: that of the rule, else the own one if they belong to it or if it holds
        properties, which another team would drop, else the one that Odoo gives along with a salesperson.

        :return: ``{lead: (res.users, crm.team)}``
        """
        teams, found = {}, {}
        for lead in self:
            choice = choices[lead.id]
            user = self.env["res.users"].browse(choice.user_id)
            company = lead.company_id or lead.number_company_id
            team = self.env["crm.assignment.rule"].browse(choice.rule_id).team_id
            if team.company_id and team.company_id != company:  # that of the team has been changed since
                team = team.browse()
            is_of_team = user in lead.team_id.member_ids + lead.team_id.user_id
            if not team and (is_of_team or any(lead.lead_properties.values())):
                team = lead.team_id
            if not team:
                key = (user, lead.type, company)
                if key not in found:
                    domain = [("use_leads" if lead.type == "lead" else "use_opportunities", "=", True)]
                    teams_of_company = self.env["crm.team"].with_company(company)
                    found[key] = teams_of_company._get_default_team_id(user_id=user.id, domain=domain)
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
                UPDATE crm_lead lead
                   SET assignment_rule_id = given.rule_id,
                       date_assigned = CASE WHEN given.rule_id IS NOT NULL THEN %s::timestamp END,
                       is_unanswered = FALSE
                  FROM unnest(%s::int[], %s::int[]) AS given(lead_id, rule_id)
                 WHERE lead.id = given.lead_id
                """,
                fields.Datetime.now(),
                list(rule_ids),
                list(rule_ids.values()),
            )
        )
        names = ["assignment_rule_id", "date_assigned", "is_unanswered"]
        self.browse(rule_ids).invalidate_recordset(names, flush=False)

    # ------------------------------------------------------------
    # LOG
    # ------------------------------------------------------------

    def _log_state_changes(self, before, concluded, properties):  # pylint: disable=missing-return
        super()._log_state_changes(before, concluded, properties)
        if not isinstance(self.env.context.get("lead_choices"), Choices):
            # a lead that somebody else was chosen for is no longer the rule's
            changed = [lead for lead, (_stage, _won, user, _client, _type) in before.items() if lead.user_id != user]
            self._write_rules({lead.id: None for lead in changed if lead.sudo().assignment_rule_id})
