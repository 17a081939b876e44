from datetime import timedelta

from odoo import fields, models

from .crm_lead_abandon import RESTARTING_KINDS


class CrmLead(models.Model):
    """Why a lead is frozen or was abandoned, and what happens to it next by itself."""

    _inherit = "crm.lead"

    def _get_ageing_reasons(self):
        reasons = super()._get_ageing_reasons()
        match self._get_rest():
            case None:
                return [*reasons, *self._get_abandon_reasons(), *self._get_escalation_reasons()]
            case "frozen":
                return [*reasons, self._get_freeze_reason()]
            case "closed":
                return [*reasons, *self._get_abandoned_reasons()]
        return reasons

    def _get_freeze_reason(self):
        if not self.frozen_until:
            return "info", self.env._("Frozen without an end: it does not wake by itself.")
        values = {"date": self._tell_moment(self.frozen_until), "stage": self.sudo()._map_wake_stages()[self].name}
        if values["stage"]:
            return "info", self.env._("Frozen until %(date)s: it wakes in “%(stage)s”.", **values)
        return "info", self.env._("Frozen until %(date)s.", **values)

    def _get_abandoned_reasons(self):
        """How it was abandoned by itself, if that is why it is closed now: the latest event comes first."""
        event = self.sudo().event_ids.filtered(
            lambda event: event.kind == "abandon"
            or (event.kind == "escalate" and (event.data or {}).get("action") == "abandon")
        )[:1]
        if not event or self.stage_type != "abandoned" or (self.date_closed and event.date < self.date_closed):
            return []
        return [("danger", f"{self._tell_moment(event.date)}: {event.summary}")]

    def _get_abandon_reasons(self):
        """Until when somebody has to take it in charge."""
        lead_type = self.lead_type_id.sudo()
        if not lead_type.abandon_hours or self.date_first_touch or not self._can_be_abandoned():
            return []
        end = self._get_abandon_end(lead_type)
        if not end:
            return []
        sentence = self.env._(
            "Unless somebody takes it in charge, it is abandoned by itself on %(date)s.",
            date=self._tell_moment(end),
        )
        return [("warning", sentence)]

    def _can_be_abandoned(self):
        """Leads with orders never are, nor those whose type and team have no stage for it."""
        return not self.sudo().order_ids and bool(self._map_stages("abandoned")[self])

    def _get_abandon_end(self, lead_type):
        """When this lead will have waited for as long as its type allows (UTC); False where nobody ever works."""
        restarts = self.sudo().event_ids.filtered(lambda event: event.kind in RESTARTING_KINDS)
        start = max([self.create_date, lead_type.abandon_since, *restarts.mapped("date")])
        company = self._get_clock_company()
        calendar = company.sudo().resource_calendar_id
        if lead_type.abandon_clock == "working" and calendar and not calendar.flexible_hours:
            holidays = company._get_holiday_domain()
            end = calendar.plan_hours(lead_type.abandon_hours, start, compute_leaves=True, domain=holidays)
        else:
            end = start + timedelta(hours=lead_type.abandon_hours)
        return end and max(end, fields.Datetime.now())

    def _get_escalation_reasons(self):
        """The next step that is taken if it stays in its stage; one that would do nothing with it is passed over."""
        stage = self.stage_id.sudo()
        if not stage.rotting_threshold_days or not self.date_last_stage_update:
            return []
        steps = stage.escalation_ids.filtered(
            lambda step: step.days >= (self.escalated_days or 0)
            and (step.action != "abandon" or self._can_be_abandoned())
            and (step.action != "leader" or self._get_leader())
        ).sorted("days")
        if not steps:
            return []
        step = steps[0]
        days = timedelta(days=step.days)
        expiry = self.date_last_stage_update + timedelta(days=stage.rotting_threshold_days)
        values = {"date": self._tell_moment(max(expiry + days, step.date_since + days, fields.Datetime.now()))}
        match step.action:
            case "leader":
                sentence = self.env._("If it stays in this stage, the team leader is told on %(date)s.", **values)
            case "reassign":
                sentence = self.env._("If it stays in this stage, it goes to somebody else on %(date)s.", **values)
            case _:
                sentence = self.env._("If it stays in this stage, it is abandoned on %(date)s.", **values)
        return [("warning" if self.is_rotting else "info", sentence)]
