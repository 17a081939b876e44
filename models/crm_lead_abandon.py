from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

# after these the lead waits for its first touch anew
RESTARTING_KINDS = ("restore", "wake", "type", "succeed")


class CrmLead(models.Model):
    """Abandonment: leads that nobody took in charge within the time that their type allows are lost by themselves."""

    _inherit = "crm.lead"

    @api.model
    def _cron_abandon(self):
        """Scheduled job: abandon the leads that have waited too long."""
        self._work_off(self._abandon_batch)

    @api.model
    def _abandon_batch(self):
        """Abandon the next leads that have waited too long.

        :return: how many
        """
        lead_types = self.env["crm.lead.type"].sudo().with_context(active_test=False)
        for lead_type in lead_types.search([("abandon_hours", ">", 0)]):
            for before, companies in lead_type._get_abandon_limits().items():
                leads = self._lock_neglected(lead_type, companies, before)._abandon()
                if leads:
                    waited = {"hours": lead_type.abandon_hours, "working": lead_type.abandon_clock == "working"}
                    self.env["crm.lead.event"]._log("abandon", dict.fromkeys(leads, waited))
                    return len(leads)
        return 0

    @api.model
    def _lock_neglected(self, lead_type, companies, before):
        """Open leads of a type that have been waiting for their first touch since before a moment.

        :param companies: those whose leads count
        :param datetime before: naive UTC
        """
        stages = lead_type._get_abandoned_stages()
        of_team = SQL("TRUE")
        if all(stage.team_ids for stage in stages):
            of_team = SQL("lead.team_id = ANY(%s)", stages.team_ids.ids)
        return self._lock_batch(
            SQL(
                """
                lead.lead_type_id = %(type)s AND lead.create_date < %(before)s
                AND lead.date_first_touch IS NULL AND lead.stage_type = 'open' AND lead.active IS TRUE
                AND COALESCE(lead.company_id, lead.number_company_id) = ANY(%(companies)s) AND %(of_team)s
                AND NOT EXISTS (
                    SELECT FROM crm_lead_event event
                     WHERE event.lead_id = lead.id AND event.kind = ANY(%(restarting)s) AND event.date >= %(before)s
                )
                AND NOT EXISTS (SELECT FROM sale_order WHERE opportunity_id = lead.id)
                """,
                type=lead_type.id,
                before=before,
                companies=companies.ids,
                of_team=of_team,
                restarting=list(RESTARTING_KINDS),
            ),
            SQL("lead.create_date"),
            self._ageing_batch,
        )

    def _abandon(self):
        """Lose these leads in the abandoned stage of their type, by rule. Those with orders stay, as somebody does work
        with them; so do those whose type and team have no such stage.

        :return: the leads that were lost
        """
        leads = self.sudo().filtered(lambda lead: not lead.order_ids)._quietly()
        reason = self.env.ref("crm_lead_lifecycle.crm_lost_reason_abandoned", raise_if_not_found=False)
        abandoned = self.browse()
        for stage, leads_of_stage in leads.grouped(leads._map_stages("abandoned").get).items():
            if stage:
                leads_of_stage.action_set_lost(stage_id=stage.id, lost_reason_id=reason.id if reason else False)
                abandoned += leads_of_stage.with_env(self.env)
        return abandoned


class CrmLeadType(models.Model):
    _inherit = "crm.lead.type"

    abandon_hours = fields.Float(
        "Abandoned After (hours)",
        help="A lead that nobody takes in charge within so many hours (no move, call, message, meeting or activity "
        "done) is lost by itself, in the first abandoned stage of this type. Its time runs from when it came, was "
        "restored, woke or became one of this type, but never from before the time was set here: whenever you change "
        "it, it begins anew for all that wait. Frozen leads and leads with orders are left alone. 0: never.",
    )
    abandon_clock = fields.Selection(
        [("all", "hours"), ("working", "working hours")],
        "Hours That Count",
        required=True,
        default="all",
        help="Whether nights, weekends and holidays count too. Working hours are those of the lead's company.",
    )
    abandon_since = fields.Datetime(
        "Abandonment Counts From", readonly=True, copy=False, help="Before this moment no lead has waited."
    )
    abandon_waiting_count = fields.Integer("Leads Waiting", compute="_compute_abandon_waiting_count")

    _abandon_hours_range = models.Constraint(
        "CHECK (abandon_hours BETWEEN 0 AND 8760)",
        "Leads are abandoned after a year (8760 hours) at most. Write 0 for never.",
    )

    @api.depends("abandon_hours", "abandon_clock")
    def _compute_abandon_waiting_count(self):
        """How many open leads wait for their first touch, to be seen before their time is set."""
        domain = Domain("date_first_touch", "=", False) & Domain("stage_type", "=", "open")
        rows = self.env["crm.lead"].sudo()._read_group(
            domain & Domain("lead_type_id", "in", self._origin.ids), ["lead_type_id"], ["__count"]
        )  # fmt: skip
        counts = {lead_type.id: count for lead_type, count in rows}
        for lead_type in self:
            lead_type.abandon_waiting_count = counts.get(lead_type._origin.id, 0)

    @api.constrains("abandon_hours", "stage_ids")
    def _check_abandoned_stage(self):
        for lead_type in self:
            if lead_type.abandon_hours and not lead_type._get_abandoned_stages():
                raise ValidationError(
                    self.env._(
                        "“%(type)s” has no stage of the type “Abandoned” to which its leads could go. Add one, or "
                        "write 0 hours: then none is abandoned.",
                        type=lead_type.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        lead_types = super().create(vals_list)
        lead_types.filtered("abandon_hours").abandon_since = fields.Datetime.now()
        return lead_types

    def write(self, vals):
        """The time begins anew with each change, so that none of the leads that wait is lost without having had it."""
        if not {"abandon_hours", "abandon_clock"} & vals.keys():
            return super().write(vals)
        before = {lead_type: (lead_type.abandon_hours, lead_type.abandon_clock) for lead_type in self}
        res = super().write(vals)
        changed = self.filtered(
            lambda lead_type: before[lead_type] != (lead_type.abandon_hours, lead_type.abandon_clock)
        )
        changed.abandon_since = fields.Datetime.now()
        return res

    def _get_abandoned_stages(self):
        """The abandoned stages that leads of this type may be in, first things first."""
        self.ensure_one()
        return self.env["crm.stage"].sudo().search(Domain("stage_type", "=", "abandoned") & self._get_stage_domain())

    def _get_abandon_limits(self):
        """Before which moment a lead must have begun to wait to be abandoned now, by its company's hours.

        :return: ``{datetime: companies}``, without those where nobody can have waited for so long
        """
        self.ensure_one()
        companies = self.env["res.company"].sudo().with_context(active_test=False).search(Domain.TRUE)
        is_working = self.abandon_clock == "working"
        limits = companies.grouped(
            lambda company: company._get_moment_before(self.abandon_hours, working=is_working)
        )  # fmt: skip
        return {before: of_limit for before, of_limit in limits.items() if before and before > self.abandon_since}


class CrmStage(models.Model):
    _inherit = "crm.stage"

    @api.constrains("active", "stage_type", "lead_type_ids")
    def _check_abandoning_types(self):
        """A stage that is archived, re-typed or taken from a type must not be the only one for its abandoned leads."""
        self.env["crm.lead.type"].sudo().search([("abandon_hours", ">", 0)])._check_abandoned_stage()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_abandoned(self):
        for lead_type in self.env["crm.lead.type"].sudo().search([("abandon_hours", ">", 0)]):
            if lead_type._get_abandoned_stages() <= self:
                raise ValidationError(
                    self.env._(
                        "Leads of “%(type)s” that nobody takes in charge go to “%(stage)s”. Add another abandoned "
                        "stage first, or let none be abandoned.",
                        type=lead_type.name,
                        stage=self[0].name,
                    )
                )


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        if self.kind != "abandon":
            return super()._get_summary(data, names)
        hours = f"{data.get('hours') or 0:g}"
        if data.get("working"):
            return self.env._("Abandoned: nobody took it in charge within %(hours)s working hours", hours=hours)
        return self.env._("Abandoned: nobody took it in charge within %(hours)s hours", hours=hours)
