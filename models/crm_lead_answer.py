from collections import defaultdict
from dataclasses import replace

from markupsafe import Markup
from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL

from .assignment_choice import FULL
from .res_users_assignment import ABSENT, OFF_HOURS

BATCH = 100
# who can't have a lead for one of these can have it later
PASSING = {FULL, ABSENT, OFF_HOURS}


class CrmLead(models.Model):
    """No answer in time: a lead that a rule gave to somebody who does not touch it goes to the next one."""

    _inherit = "crm.lead"

    is_unanswered = fields.Boolean(
        "No Answer",
        readonly=True,
        copy=False,
        help="Nobody of the rules touched it in time. It stays with the last one, and the team leader knows.",
    )

    _unanswered_idx = models.Index(
        "(assignment_rule_id, date_assigned) WHERE assignment_rule_id IS NOT NULL AND date_first_touch IS NULL "
        "AND stage_type = 'open' AND active IS TRUE"
    )

    @api.model
    def _cron_reassign_unanswered(self):
        """Give on what was not answered in time, in batches each of which is done or not; what is left when time is up
        or the job is killed, comes first the next time."""
        last_id, seconds, is_first = 0, 1, True
        while seconds:
            try:
                leads = self._lock_unanswered(last_id)
                if not leads:
                    break
                leads._give_on()
                last_id = leads[-1].id
                done = len(leads)
            except SerializationFailure:
                # somebody touched one of them since this transaction began: look again in a new one
                self.env.cr.rollback()
                if not is_first:
                    raise
                is_first = False
                continue
            seconds = self.env["ir.cron"]._commit_progress(done, remaining=self._count_unanswered(last_id))
            is_first = True

    @api.model
    def _get_answer_rows(self):
        """Since when leads of which rule and company wait too long.

        :return: list of SQL rows (rule id, company id, moment)
        """
        rules = self.env["crm.assignment.rule"].sudo().search([("answer_minutes", ">", 0)])
        companies = self.env["res.company"].sudo().search([]) if rules else ()  # pylint: disable=no-search-all
        rows, found = [], {}
        for rule in rules:
            for company in rule.company_id or companies:
                key = (company, rule.answer_minutes)
                if key not in found:
                    found[key] = company._get_moment_before(rule.answer_minutes / 60, working=True)
                if found[key]:
                    rows.append(SQL("(%s, %s, %s::timestamp)", rule.id, company.id, found[key]))
        return rows

    @api.model
    def _get_unanswered_query(self, last_id, columns, suffix):
        rows = self._get_answer_rows()
        if not rows:
            return None
        self.flush_model()
        return SQL(
            """
            SELECT %s
              FROM (VALUES %s) AS answer(rule_id, company_id, moment)
              JOIN crm_lead lead ON lead.assignment_rule_id = answer.rule_id AND lead.date_assigned <= answer.moment
             WHERE COALESCE(lead.company_id, lead.number_company_id) = answer.company_id
               AND lead.assignment_rule_id IS NOT NULL AND lead.date_first_touch IS NULL
               AND lead.stage_type = 'open' AND lead.active IS TRUE
               AND lead.is_unanswered IS NOT TRUE AND lead.user_id IS NOT NULL AND lead.id > %s
            %s
            """,
            columns,
            SQL(", ").join(rows),
            last_id,
            suffix,
        )

    @api.model
    def _lock_unanswered(self, last_id=0, limit=BATCH):
        """The next leads whose time to answer is over, locked; those that somebody is changing right now are left out.

        :param int last_id: the last one that was looked at
        """
        suffix = SQL("ORDER BY lead.id LIMIT %s FOR UPDATE OF lead SKIP LOCKED", limit)
        query = self._get_unanswered_query(last_id, SQL("lead.id"), suffix)
        return self.browse(lead_id for (lead_id,) in self.env.execute_query(query)) if query else self.browse()

    @api.model
    def _count_unanswered(self, last_id=0):
        query = self._get_unanswered_query(last_id, SQL("count(*)"), SQL())
        return self.env.execute_query(query)[0][0] if query else 0

    def _give_on(self):
        """Give these leads to the next one by the rules. Those that everybody has had stay with the last one, of which
        the leader is told once; those that somebody can have later wait.

        :return: the leads that somebody else has now
        """
        leads = self.sudo()
        minutes = {lead.id: lead.assignment_rule_id.answer_minutes for lead in leads}
        choices = leads._choose_by_rules(leads._map_had_it())
        for lead in leads:
            choices[lead.id] = replace(choices[lead.id], no_answer=minutes[lead.id])
        given = leads._apply_choices(choices)
        (leads - given).filtered(lambda lead: not PASSING & set(choices[lead.id].others.values()))._leave_unanswered(
            choices
        )
        return given

    def _leave_unanswered(self, choices):
        if not self:
            return
        self.env.cr.execute(SQL("UPDATE crm_lead SET is_unanswered = TRUE WHERE id = ANY(%s)", self.ids))
        self.invalidate_recordset(["is_unanswered"], flush=False)
        by_rule = self._by_rule().with_context(lead_choices=choices)
        self.env["crm.lead.event"]._log(
            "assign",
            {
                lead: {"from_user": lead.user_id.id, "to_user": lead.user_id.id, **lead._get_assignment_data()}
                for lead in by_rule
            },
        )
        of_leader = defaultdict(self.browse)
        for lead in self:
            company, leader = lead.company_id or lead.number_company_id, lead.team_id.user_id
            if leader.active and not leader.share and company in leader.company_ids:
                of_leader[leader] += lead
        for leader, leads in of_leader.items():
            leads._tell_unanswered(leader)

    def _tell_unanswered(self, leader):
        """One message of all of these leads that the leader may see, in the leader's language."""
        of_leader = self.with_user(leader).with_context(allowed_company_ids=leader.company_ids.ids)
        leads = of_leader._filtered_access("read").with_env(self.env).with_context(lang=leader._get_language())
        if not leads:
            return
        self.env["mail.thread"].with_context(lang=leader._get_language()).message_notify(
            partner_ids=leader.partner_id.ids,
            subject=leads.env._("Leads that nobody answered in time: %(count)s", count=len(leads)),
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (
                leads.env._("Everybody who can have them by the rules has had them. They stay with the last one:"),
                Markup().join(
                    Markup("<li>%s – %s</li>") % (lead._get_html_link(), lead.user_id.name) for lead in leads
                ),
            ),
        )
