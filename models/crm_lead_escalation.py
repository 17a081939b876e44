from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

# how many leads of a stage a message names
NAMED = 20


class CrmLead(models.Model):
    """Escalation: what the steps of a stage do with leads that stay in it after they have expired. Each step is done
    once for each stay in the stage; of several that are due at once the last one is."""

    _inherit = "crm.lead"

    escalated_days = fields.Integer(
        compute="_compute_escalated_days",
        store=True,
        precompute=True,
        copy=False,
        aggregator=None,
        export_string_translation=False,
        help="How many days after its expiry in this stage have been escalated: one more than the last step said.",
    )

    @api.depends("stage_id")
    def _compute_escalated_days(self):
        """With a new stage the lead begins anew."""
        self.escalated_days = 0

    @api.model
    def _cron_escalate(self):
        """Scheduled job: do with expired leads what the steps of their stages say."""
        self._work_off(self._escalate_batch)

    @api.model
    def _escalate_batch(self):
        """Do the next step for a batch of leads, or tell the next team leader of all leads that are due.

        :return: how many leads that were
        """
        windows = self.env["crm.stage.escalation"]._get_windows()
        for step, *window in windows:
            if step.action != "leader":
                condition = self._get_due_condition(step, *window)
                leads = self._lock_batch(condition, SQL("lead.date_last_stage_update"), self._ageing_batch)
                if leads:
                    leads._escalate(step)
                    return len(leads)
        return self._escalate_to_leader(
            {step: self._get_due_condition(step, *window) for step, *window in windows if step.action == "leader"}
        )

    @api.model
    def _get_due_condition(self, step, after, before):
        """Leads that are due for a step of their stage, and have not had it.

        :param after, before: as of :meth:`crm.stage.escalation._get_windows`
        :return: SQL on the table ``lead``
        """
        return SQL(
            "(lead.stage_id = %s AND lead.stage_type = 'open' AND lead.active IS TRUE "
            "AND lead.date_last_stage_update < %s AND %s AND COALESCE(lead.escalated_days, 0) <= %s)",
            step.stage_id.id,
            before,
            SQL("lead.date_last_stage_update >= %s", after) if after else SQL("TRUE"),
            step.days,
        )

    def _escalate(self, step):
        """Do a step for these leads, which are due for it; not that of telling the leader."""
        days_over = self._get_days_over(step.stage_id)
        if step.action == "abandon":
            users = dict.fromkeys(self._abandon(), self.env["res.users"])
        else:
            users = {lead: lead.user_id for lead in self._escalate_reassign(step)}
        self._note_escalation(step, days_over, users)

    def _escalate_reassign(self, step):
        """Give these leads to somebody else: by the assignment rules, the rest to the leader of their team.

        :return: the leads that were given to somebody
        """
        leads = self._quietly()
        given = leads._reassign_by_rules()
        for leader, rest in (leads - given).grouped(lambda lead: lead._get_leader()).items():
            rest = rest.filtered(lambda lead, leader=leader: leader and lead.user_id != leader)
            for team, of_team in rest.grouped("team_id").items():
                of_team.write({"user_id": leader.id, "team_id": team.id})
            self._tell_escalation(leader, {step: rest}, is_given=True)
            given += rest
        return given.with_env(self.env)

    @api.model
    def _escalate_to_leader(self, conditions):
        """Tell the next leader of all leads of their teams that are due, in one message. Where there is nobody to tell,
        the step is over all the same.

        :param dict conditions: which leads are due, ``{step: SQL on the table lead}``
        :return: how many leads
        """
        if not conditions:
            return 0
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT lead.team_id FROM crm_lead lead WHERE %s", SQL(" OR ").join(conditions.values()))
        )
        teams = defaultdict(list)
        for (team_id,) in rows:
            teams[self.env["crm.team"].sudo().browse(team_id or ()).user_id.filtered("active")].append(team_id or 0)
        for leader, team_ids in teams.items():
            of_leader = SQL("COALESCE(lead.team_id, 0) = ANY(%s)", team_ids)
            due = {
                step: self._lock_batch(SQL("%s AND %s", condition, of_leader), SQL("lead.id"))
                for step, condition in conditions.items()
            }
            told = self._tell_escalation(leader, due)
            for step, leads in due.items():
                leads._note_escalation(step, leads._get_days_over(step.stage_id), dict.fromkeys(leads & told, leader))
            if any(due.values()):
                return sum(map(len, due.values()))
        return 0

    # ------------------------------------------------------------
    # TOOLS
    # ------------------------------------------------------------

    def _get_days_over(self, stage):
        """For how many days each of these leads has been expired in its stage."""
        now = fields.Datetime.now()
        return {lead: (now - lead.date_last_stage_update).days - stage.rotting_threshold_days for lead in self}

    @api.model
    def _tell_escalation(self, user, due, is_given=False):
        """Send one message on expired leads, in the language of who gets it, who reads of leads that they may see.

        :param user: res.users, none if there is nobody to tell
        :param dict due: ``{step: leads}``
        :param bool is_given: whether the leads have been given to that user, not only expired
        :return: the leads that the user was told of
        """
        leads = self.browse().concat(*due.values())
        if not user or not leads:
            return self.browse()
        readable = leads.with_user(user)._filtered_access("read").with_env(self.env)
        sections = [
            {"stage": step.stage_id, "days_over": leads[:NAMED]._get_days_over(step.stage_id), "count": len(leads)}
            for step, leads in ((step, leads & readable) for step, leads in due.items())
            if leads
        ]
        if not sections:
            return self.browse()
        lang = user._get_language()
        reader = self.with_context(lang=lang)
        subject = (
            reader.env._("Expired leads that are yours now: %(count)s", count=len(readable))
            if is_given
            else reader.env._("Leads of your team that have expired: %(count)s", count=len(readable))
        )
        body = reader.env["ir.qweb"]._render(
            "crm_lead_lifecycle.crm_lead_escalation_message",
            {"sections": sections, "url": f"{self.browse().get_base_url()}/mail/view?model=crm.lead&res_id="},
        )
        self.env["mail.thread"].with_context(lang=lang).message_notify(
            partner_ids=user.partner_id.ids, subject=subject, body=body, force_send=False
        )
        return readable

    def _note_escalation(self, step, days_over, users):
        """Note that these leads have had a step, and on those for which something was done what it was.

        :param dict days_over: ``{lead: days since its expiry}``
        :param dict users: ``{lead: res.users}`` who was told, or was given the lead
        """
        self.flush_recordset(["escalated_days"])
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET escalated_days = %s WHERE id = ANY(%s)", step.days + 1, self.ids)
        )  # fmt: skip
        self.invalidate_recordset(["escalated_days"], flush=False)
        self.env["crm.lead.event"]._log(
            "escalate",
            {
                lead: {
                    "days": days_over[lead],
                    "action": step.action,
                    "stage": step.stage_id.name,
                    "to_user": user.id or None,
                }
                for lead, user in users.items()
            },
        )


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        if self.kind != "escalate":
            return super()._get_summary(data, names)
        values = {
            "days": data.get("days"),
            "stage": data.get("stage"),
            "user": names.get(("to_user", data.get("to_user"))) or self.env._("(none)"),
        }
        match data.get("action"):
            case "abandon":
                return self.env._("Abandoned: expired in %(stage)s for %(days)s days", **values)
            case "reassign":
                return self.env._("Given to %(user)s: expired in %(stage)s for %(days)s days", **values)
        return self.env._("%(user)s was told: expired in %(stage)s for %(days)s days", **values)
