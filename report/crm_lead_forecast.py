from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.crm_lead import FIRST_YEAR

RANGES = ("<", "<=", ">", ">=")
KINDS = [("expires", "Stage Expires"), ("due", "Due"), ("proposals", "Proposals End")]


class CrmLeadForecast(models.Model):
    """What runs out when: the stages of open leads, their deadlines and their proposals. Frozen and closed leads are
    not in it.

    The rows are those of leads that the user may read: the rules of leads are part of the query, so that there is
    nothing here of a lead that is hidden at its own place. What is past is what a lead's own ``is_rotting`` and
    ``is_overdue`` say.
    """

    _name = "crm.lead.forecast"
    _description = "Due and Expiring Leads"
    _auto = False
    _order = "date, id"
    _rec_name = "lead_id"
    _depends = {
        "crm.lead": [
            "active", "company_id", "date_due", "date_last_stage_update", "lead_type_id", "proposal_deadline",
            "stage_id", "stage_type", "team_id", "user_id",
        ],
        "crm.stage": ["rotting_threshold_days"],
    }  # fmt: skip

    kind = fields.Selection(KINDS, "What", readonly=True)
    date = fields.Datetime(
        "When", readonly=True, help="When the stage expires, the lead is due or the last day of its proposals ends."
    )
    is_past = fields.Boolean("Past", readonly=True)
    lead_id = fields.Many2one("crm.lead", "Lead", readonly=True)
    lead_type_id = fields.Many2one("crm.lead.type", "Lead Type", readonly=True)
    stage_id = fields.Many2one("crm.stage", "Stage", readonly=True)
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", "Sales Team", readonly=True)
    company_id = fields.Many2one("res.company", "Company", readonly=True)

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Tell the query when the leads that are asked for have entered their stages, so that it finds those that
        expire through their index. It is an object, which no client can send in a context."""
        domain = Domain(domain).optimize_full(self)
        forecast = self.with_context(forecast_entered=self._get_entered(domain))
        return super(CrmLeadForecast, forecast)._search(domain, *args, **kwargs)

    def _get_entered(self, domain):
        """Which leads can expire between the moments that ``domain`` names, as a domain of leads."""
        conditions = () if any(token in ("|", "!") for token in domain) else domain.iter_conditions()
        ranges = [
            condition
            for condition in conditions
            if condition.field_expr == "date" and condition.operator in RANGES and condition.value.year >= FIRST_YEAR
        ]
        if not ranges:
            return Domain.TRUE
        stages = (
            self.env["crm.stage"].sudo().with_context(active_test=False).search([("rotting_threshold_days", ">", 0)])
        )
        return Domain.OR(
            Domain("stage_id", "in", of_days.ids)
            & Domain.AND(
                Domain("date_last_stage_update", condition.operator, condition.value - timedelta(days=days))
                for condition in ranges
            )
            for days, of_days in stages.grouped("rotting_threshold_days").items()
        )

    @property
    def _table_query(self):
        sources = self._get_sources()
        selects = [
            SQL(
                """
                SELECT lead.id::bigint * %(kinds)s + %(number)s AS id, %(kind)s AS kind, %(date)s AS date,
                       %(date)s < %(now)s AS is_past, lead.id AS lead_id, lead.lead_type_id, lead.stage_id,
                       lead.user_id, lead.team_id, lead.company_id
                  FROM (%(leads)s) lead %(join)s
                 WHERE %(column)s IS NOT NULL
                """,
                kinds=len(KINDS),
                number=number,
                kind=kind,
                **sources[kind],
            )
            for number, (kind, _name) in enumerate(KINDS)
        ]
        return SQL(" UNION ALL ").join(selects)

    def _select_open_leads(self, domain=Domain.TRUE):
        domain = Domain("active", "=", True) & Domain("stage_type", "=", "open") & domain
        return self.env["crm.lead"]._search(domain, active_test=False).select(SQL('"crm_lead".*'))

    def _get_sources(self):
        """Where the moments come from.

        :return: ``{kind: {leads, join, column, date, now}}``: the leads, what has to be joined, the column that has to
            be there, the moment, and what it is compared with to be past
        """
        now, time_zone = fields.Datetime.now(), str(self.env.tz)
        leads = self._select_open_leads()
        entered = self.env.context.get("forecast_entered")
        return {
            "expires": {
                "column": SQL("lead.date_last_stage_update"),
                "date": SQL("lead.date_last_stage_update + stage.rotting_threshold_days * INTERVAL '1 day'"),
                "now": self.env.cr.now(),
                "leads": self._select_open_leads(entered if isinstance(entered, Domain) else Domain.TRUE),
                "join": SQL("JOIN crm_stage stage ON stage.id = lead.stage_id AND stage.rotting_threshold_days > 0"),
            },
            "due": {
                "column": SQL("lead.date_due"),
                "date": SQL("lead.date_due"),
                "now": now,
                "leads": leads,
                "join": SQL(),
            },
            # proposals are valid until the end of a day where the reader is
            "proposals": {
                "column": SQL("lead.proposal_deadline"),
                "date": SQL("timezone('UTC', timezone(%s, lead.proposal_deadline + TIME '23:59:59'))", time_zone),
                "now": now,
                "leads": leads,
                "join": SQL(),
            },
        }

    def action_open_lead(self):
        """Open the lead behind a row, found by the row's id: a look-up of the row itself would go through all leads.

        :return: a window action
        :raise AccessError: if the user may not see it
        """
        self.ensure_one()
        lead = self.env["crm.lead"].browse(self.id // len(KINDS))
        lead.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": lead.display_name,
            "res_model": lead._name,
            "res_id": lead.id,
            "views": [(False, "form")],
        }
