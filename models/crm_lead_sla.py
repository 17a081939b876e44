from datetime import timedelta

from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

STATUSES = [
    ("running", "Waiting"),
    ("within", "In Time"),
    ("late", "Late"),
    ("missed", "Missed"),
]


class CrmLeadSla(models.Model):
    """How soon leads of a type and a source are to be answered: within some minutes, late until some more, and missed
    after that. The first row that fits a lead counts."""

    _name = "crm.lead.sla"
    _description = "Answer Time"
    _order = "sequence, id"
    _rec_name = "minutes_within"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="cascade"
    )
    lead_type_id = fields.Many2one(
        "crm.lead.type", ondelete="cascade", check_company=True, help="Empty: leads of every type."
    )
    source_id = fields.Many2one("utm.source", ondelete="cascade", help="Empty: leads of every source.")
    minutes_within = fields.Integer(
        "In Time Within (Minutes)", required=True, default=60, help="Until then the first touch is in time."
    )
    minutes_late = fields.Integer(
        "Late Until (Minutes)", required=True, default=240, help="Until then it is late, after that it is missed."
    )
    clock = fields.Selection(
        [("working", "Working minutes"), ("all", "All minutes")],
        "Minutes That Count",
        required=True,
        default="working",
        help="Working minutes are those of the team's working hours, else of the company's.",
    )

    _one_for_each = models.UniqueIndex(
        "(company_id, COALESCE(lead_type_id, 0), COALESCE(source_id, 0)) WHERE active",
        "There is an answer time for this type and source already. Change that one.",
    )
    _minutes_in_order = models.Constraint(
        "CHECK (minutes_within > 0 AND minutes_late >= minutes_within)",
        "The minutes until which an answer is late can't be fewer than those within which it is in time.",
    )
    _minutes_at_most = models.Constraint("CHECK (minutes_late <= 525600)", "Answers can take a year at most.")

    @api.depends("minutes_within", "minutes_late", "lead_type_id", "source_id")
    def _compute_display_name(self):
        for sla in self:
            names = filter(None, (sla.lead_type_id.name, sla.source_id.name))
            minutes = self.env._("%(within)s / %(late)s minutes", within=sla.minutes_within, late=sla.minutes_late)
            sla.display_name = ", ".join([*names, minutes])

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        slas = super().create(vals_list)
        self.env.registry.clear_cache()
        return slas

    def write(self, vals):
        res = super().write(vals)
        self.env.registry.clear_cache()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    @tools.ormcache("company_id")
    def _get_ids(self, company_id):
        """Ids of the rows of a company; cached."""
        return tuple(self.sudo().with_context(active_test=True).search([("company_id", "=", company_id)]).ids)

    @api.model
    def _get_rows(self, company):
        """The rows of a company, in their order. Where there are none, nobody asks the database; one that went along
        with its type or source is in the cache still."""
        return self.sudo().with_context(active_test=True).search([("id", "in", self._get_ids(company.id))])

    def _is_for(self, lead):
        return (not self.lead_type_id or self.lead_type_id == lead.lead_type_id) and (
            not self.source_id or self.source_id == lead.source_id
        )

    def _plan(self, lead, minutes):
        """When so many minutes are over that count for a lead from when it came in."""
        begin = lead.create_date or fields.Datetime.now()
        calendar = self.clock == "working" and lead._get_working_calendar()
        holidays = lead._get_clock_company()._get_holiday_domain()
        end = calendar and calendar.plan_hours(minutes / 60, begin, compute_leaves=True, domain=holidays)
        return end or begin + timedelta(minutes=minutes)


class ResCompany(models.Model):
    _inherit = "res.company"

    lead_sla_ids = fields.One2many("crm.lead.sla", "company_id", "Answer Times", groups="base.group_system")


class CrmLead(models.Model):
    """Whether a lead was answered in time, by its first touch. The moments are set when it comes in; what is running,
    late or missed now follows from them. Nobody has to answer what was removed, or closed in time without any touch;
    what was closed later is as late as that."""

    _inherit = "crm.lead"

    sla_id = fields.Many2one(
        "crm.lead.sla", "Answer Time", compute="_compute_sla", store=True, copy=False, ondelete="set null",
        index="btree_not_null",
    )  # fmt: skip
    date_sla_within = fields.Datetime(
        "Answer By", compute="_compute_sla", store=True, copy=False, help="Until then the first touch is in time."
    )
    date_sla_late = fields.Datetime(
        "Missed After", compute="_compute_sla", store=True, copy=False, help="A first touch after that is missed."
    )
    sla_status = fields.Selection(
        STATUSES, "Answered", compute="_compute_sla_status", search="_search_sla_status", export_string_translation=True
    )

    # what waits, for who has to see to it
    _sla_waiting_idx = models.Index(
        "(date_sla_within) WHERE date_first_touch IS NULL AND date_sla_within IS NOT NULL AND active IS TRUE"
    )

    @api.depends("date_sla_within", "date_sla_late", "date_first_touch", "date_closed", "client_status")
    def _compute_sla_status(self):
        now = fields.Datetime.now()
        for lead in self:
            moment = lead.date_first_touch or lead.date_closed or now
            if not lead.date_sla_within or lead.client_status == "removed":
                lead.sla_status = False
            elif moment > lead.date_sla_late:
                lead.sla_status = "missed"
            elif moment > lead.date_sla_within:
                lead.sla_status = "late"
            elif lead.date_first_touch:
                lead.sla_status = "within"
            else:
                lead.sla_status = not lead.date_closed and "running"

    def _search_sla_status(self, operator, value):
        if operator != "in":
            return NotImplemented
        statuses = [status for status in value if status]
        found = Domain.FALSE
        if statuses:
            found |= Domain("date_sla_within", "!=", False) & Domain.custom(
                to_sql=lambda _model, alias, _query: SQL("%s = ANY(%s)", self._get_sla_sql(alias), statuses)
            )
        if False in value:
            found |= Domain.custom(to_sql=lambda _model, alias, _query: SQL("%s IS NULL", self._get_sla_sql(alias)))
        return found

    @api.model
    def _get_sla_sql(self, alias):
        """
        :param str alias: of the table of leads
        :return: SQL of the status now, NULL for leads that nobody has to answer
        """
        columns = {
            name: SQL.identifier(alias, column)
            for name, column in (
                ("touch", "date_first_touch"),
                ("closed", "date_closed"),
                ("within", "date_sla_within"),
                ("late", "date_sla_late"),
                ("client_status", "client_status"),
            )
        }
        return SQL(
            """CASE WHEN %(within)s IS NULL OR %(client_status)s = 'removed' THEN NULL
                    WHEN %(moment)s > %(late)s THEN 'missed'
                    WHEN %(moment)s > %(within)s THEN 'late'
                    WHEN %(touch)s IS NOT NULL THEN 'within'
                    WHEN %(closed)s IS NULL THEN 'running' END""",
            **columns,
            moment=SQL("COALESCE(%s, %s, %s)", columns["touch"], columns["closed"], fields.Datetime.now()),
        )

    @api.depends("lead_type_id", "source_id", "team_id", "company_id")
    def _compute_sla(self):
        """By the first row that fits, from when the lead came in; whoever was answered keeps what was promised."""
        slas = self.env["crm.lead.sla"].sudo()
        rows, moments = {}, {}
        for lead in self:
            if lead.date_first_touch:
                lead.update({name: lead[name] for name in ("sla_id", "date_sla_within", "date_sla_late")})
                continue
            company = lead._get_clock_company()
            if company not in rows:
                rows[company] = slas._get_rows(company)
            sla = next((sla for sla in rows[company] if sla._is_for(lead)), slas)
            key = sla, lead.create_date, sla and lead._get_working_calendar()
            if key not in moments:
                moments[key] = [sla and sla._plan(lead, sla[name]) for name in ("minutes_within", "minutes_late")]
            lead.sla_id = sla
            lead.date_sla_within, lead.date_sla_late = moments[key]

    def _stamp_firsts(self, acts, date):
        """Until when it is to be answered is settled before it is."""
        self._recompute_recordset(["sla_id"])
        return super()._stamp_firsts(acts, date)

    def _get_touch_reasons(self):
        """Until when it is to be answered, or was."""
        status = self.sla_status
        if not status or (self._get_rest() and not self.date_first_touch):
            return super()._get_touch_reasons()
        values = {"within": self._tell_moment(self.date_sla_within), "late": self._tell_moment(self.date_sla_late)}
        reason = {
            "running": ("info", self.env._("To be answered by %(within)s.", **values)),
            "within": ("success", self.env._("In time: it was to be answered by %(within)s.", **values)),
            "late": ("warning", self.env._("It was to be answered by %(within)s. Missed after %(late)s.", **values)),
            "missed": ("danger", self.env._("Missed: it was to be answered by %(within)s.", **values)),
        }[status]
        return [*super()._get_touch_reasons(), reason]
