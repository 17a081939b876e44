from datetime import datetime, time

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date, plaintext2html

from .crm_stage import PENDING_TYPES

# for how many years ahead a lead can be frozen at most
FREEZE_YEARS = 5
# when a lead wakes on a day on which its company does not work
WAKE_TIME = time(8)


class CrmLead(models.Model):
    """Freeze: a lead rests until a day, then wakes by itself in the stage that it came from."""

    _inherit = "crm.lead"

    frozen_until = fields.Datetime(
        copy=False,
        help="When the frozen lead wakes by itself and goes on where it was. Empty: it rests until somebody moves it.",
    )
    frozen_from_stage_id = fields.Many2one(
        "crm.stage",
        "Frozen In",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The stage that the lead was in when it was frozen. It wakes there.",
    )
    can_freeze = fields.Boolean(compute="_compute_can_freeze", export_string_translation=False)

    _frozen_until_idx = models.Index("(frozen_until) WHERE stage_type = 'frozen' AND frozen_until IS NOT NULL")

    @api.depends("active", "stage_id", "lead_type_id", "team_id")
    @api.depends_context("uid")
    def _compute_can_freeze(self):
        for lead in self:
            lead.can_freeze = lead._is_pending() and bool(lead._get_frozen_stages())

    @api.constrains("frozen_until")
    def _check_frozen_until(self):
        for lead in self.filtered("frozen_until"):
            if lead.stage_type != "frozen":
                raise ValidationError(
                    self.env._("%(lead)s is not frozen. Freeze it to say until when.", lead=lead.display_name)
                )
            self._check_freeze_end(lead.frozen_until)

    @api.model
    def _check_freeze_end(self, moment):
        """
        :param datetime moment: until when leads shall be frozen, naive UTC
        :raise ValidationError: if it lies in the past, or too far ahead
        """
        now = fields.Datetime.now()
        if moment <= now:
            raise ValidationError(
                self.env._("A lead can't be frozen until a day that is over, or has begun. Choose a later one.")
            )
        if moment.date() > now.date() + relativedelta(years=FREEZE_YEARS):
            raise ValidationError(
                self.env._(
                    "A lead can be frozen for %(years)s years at most. Choose an earlier day.", years=FREEZE_YEARS
                )
            )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._log_freeze()
        return leads

    def write(self, vals):
        res = super().write(vals)
        if vals.get("frozen_until"):
            self._log_freeze()
        return res

    def _log_freeze(self):
        """Note until when these leads rest, those that do."""
        frozen = self.filtered("frozen_until")
        self.env["crm.lead.event"]._log("freeze", {lead: lead._get_freeze_data() for lead in frozen})

    def _prepare_move_values(self, stage, vals=None, last_stage=None):
        """A lead that is frozen knows where it came from; one that leaves its frozen stage forgets until when."""
        values = super()._prepare_move_values(stage, vals=vals, last_stage=last_stage)
        if stage.stage_type == "frozen":
            if self.stage_type != "frozen":
                values["frozen_from_stage_id"] = self.stage_type == "open" and self.stage_id.id
                values["frozen_until"] = (vals or {}).get("frozen_until", False)
        elif self.frozen_until or self.frozen_from_stage_id:
            values.update(frozen_until=False, frozen_from_stage_id=False)
        return values

    # ------------------------------------------------------------
    # FREEZE
    # ------------------------------------------------------------

    def _is_pending(self):
        """Whether this lead is open or frozen, neither archived nor removed."""
        return self.active and self.stage_type in PENDING_TYPES

    def _get_frozen_stages(self):
        """The frozen stages in which the user may put this lead, the one that it is in among them."""
        stages = self.allowed_stage_ids.filtered(lambda stage: stage.stage_type == "frozen")
        return stages | self.stage_id.filtered(lambda stage: stage.stage_type == "frozen")

    def _freeze(self, day, stage=None, note=None):
        """Freeze these leads until work begins on a day by their company's clock.

        :param date day: until when
        :param stage: the frozen stage; each lead's own, or the first one of its type, if there is none
        :param str note: why, for their history
        :raise UserError: for leads that are closed or have no frozen stage, and for a day that is over or far off
        """
        closed = self.filtered(lambda lead: not lead._is_pending())
        if closed:
            raise UserError(
                self.env._(
                    "Only leads that are being worked can be frozen, these are closed: %(leads)s",
                    leads=", ".join(closed[:5].mapped("display_name")),
                )
            )
        self._check_freeze_end(datetime.combine(day, time.max))
        frozen = self.filtered(lambda lead: lead.stage_type == "frozen")
        stages = {**(self - frozen)._map_stages("frozen"), **{lead: lead.stage_id for lead in frozen}}
        if stage:
            stages = dict.fromkeys(self, stage)
        without = self.filtered(lambda lead: not stages[lead])
        if without:
            raise UserError(
                self.env._(
                    "There is no frozen stage to which these leads could go: %(leads)s. Ask a sales manager to add one "
                    "to their lead type.",
                    leads=", ".join(without[:5].mapped("display_name")),
                )
            )
        for (target, company), leads in self.grouped(lambda lead: (stages[lead], lead._get_clock_company())).items():
            leads.write({"stage_id": target.id, "frozen_until": company._get_work_start(day)})
        if note:
            self._message_log_batch(dict.fromkeys(self.ids, plaintext2html(note)))

    def _get_freeze_data(self):
        return {
            "until": fields.Datetime.to_string(self.frozen_until),
            "from_stage": self.frozen_from_stage_id.id or None,
            "to_stage": self.stage_id.id,
        }

    def action_freeze(self):
        """Open the dialog that freezes these leads until a day."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_freeze_action")
        return {**action, "context": {"dialog_size": "medium", "default_lead_ids": self.ids}}

    # ------------------------------------------------------------
    # WAKE
    # ------------------------------------------------------------

    @api.model
    def _cron_wake(self):
        """Scheduled job: wake the leads that were frozen until now."""
        self._work_off(self._wake_batch)

    @api.model
    def _wake_batch(self):
        """Wake the next leads that were frozen until now.

        :return: how many
        """
        leads = self._lock_batch(
            SQL(
                "lead.frozen_until <= %s AND lead.stage_type = 'frozen' AND lead.active IS TRUE", fields.Datetime.now()
            ),
            SQL("lead.frozen_until"),
            self._ageing_batch,
        )
        leads._wake()
        return len(leads)

    def _wake(self):
        """Take these frozen leads back to where they came from, by rule, and remind who works on them. Without any open
        stage they stay, without an end."""
        stages = self._map_wake_stages()
        before = {lead: lead.stage_id for lead in self}
        for stage, leads in self._quietly().grouped(stages.get).items():
            leads.write({"stage_id": stage.id} if stage else {"frozen_until": False})
        awake = self.filtered(stages.get)
        self.env["crm.lead.event"]._log(
            "wake", {lead: {"from_stage": before[lead].id, "to_stage": lead.stage_id.id} for lead in awake}
        )
        awake._plan_going_on()

    def _map_wake_stages(self):
        """The stage in which each lead goes on: the one that it was frozen in; if that is archived, closed or of
        another type or team by now, the initial one, or else the first open one.

        :return: ``{lead: stage}``
        """

        def is_open(stage):
            return stage.active and stage.stage_type == "open"

        returning = self.filtered(
            lambda lead: is_open(lead.frozen_from_stage_id)
            and lead.lead_type_id._takes_stage(lead.frozen_from_stage_id)
            and (not lead.frozen_from_stage_id.team_ids or lead.team_id in lead.frozen_from_stage_id.team_ids)
        )
        initial = (self - returning)._map_initial_stages()
        rest = self.browse().concat(*(lead for lead, stage in initial.items() if not is_open(stage)))
        return {**{lead: lead.frozen_from_stage_id for lead in returning}, **initial, **rest._map_stages("open")}

    def _plan_going_on(self):
        """Plan an activity of today for whoever works on each of these leads, in their language."""
        activity_type = self.env.ref("mail.mail_activity_data_todo", raise_if_not_found=False)
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
            [
                {
                    **({"activity_type_id": activity_type.id} if activity_type else {}),
                    "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
                    "res_id": lead.id,
                    "user_id": user.id,
                    "summary": self.with_context(lang=user._get_language()).env._("Go on with this lead"),
                    "date_deadline": lead._get_clock_company()._get_day(),
                }
                for lead in self
                for user in lead.user_id.filtered("active") or lead._get_leader()
            ]
        )


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_zone(self):
        """The company's clock: that of its working hours, else of its address, else UTC."""
        company = self.sudo()
        return pytz.timezone(company.resource_calendar_id.tz or company.partner_id.tz or "UTC")

    def _get_day(self):
        """Which day it is by the company's clock."""
        return pytz.utc.localize(fields.Datetime.now()).astimezone(self._get_zone()).date()

    def _get_work_start(self, day):
        """When work begins on a day by the company's hours; on a day without any at eight o'clock.

        :param date day: by the company's clock
        :return: datetime, naive UTC
        """
        self.ensure_one()
        zone, calendar = self._get_zone(), self.sudo().resource_calendar_id
        start = zone.localize(datetime.combine(day, WAKE_TIME))
        if calendar and not calendar.flexible_hours:
            whole_day = (zone.localize(datetime.combine(day, moment)) for moment in (time.min, time.max))
            hours = calendar._attendance_intervals_batch(*whole_day)[False]
            start = next((begin for begin, _end, _attendance in hours), start)
        return start.astimezone(pytz.utc).replace(tzinfo=None)


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        match self.kind:
            case "freeze":
                until = fields.Datetime.to_datetime(data.get("until"))
                day = until and fields.Datetime.context_timestamp(self, until).date()
                return self.env._("Frozen until %(day)s", day=day and format_date(self.env, day) or "–")
            case "wake":
                return self.env._(
                    "Woke by itself: went on in %(stage)s",
                    stage=names.get(("to_stage", data.get("to_stage"))) or self.env._("(none)"),
                )
        return super()._get_summary(data, names)
