from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

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
                leads=self._select_open_leads(),
                **sources[kind],
            )
            for number, (kind, _name) in enumerate(KINDS)
        ]
        return SQL(" UNION ALL ").join(selects)

    def _select_open_leads(self):
        is_open = Domain("active", "=", True) & Domain("stage_type", "=", "open")
        return self.env["crm.lead"]._search(is_open, active_test=False).select(SQL('"crm_lead".*'))

    def _get_sources(self):
        """Where the moments come from.

        :return: ``{kind: {column, date, now, join}}``: the column that has to be there, the moment, what is past if it
            is before, and what has to be joined
        """
        now, time_zone = fields.Datetime.now(), str(self.env.tz)
        return {
            "expires": {
                "column": SQL("lead.date_last_stage_update"),
                "date": SQL("lead.date_last_stage_update + stage.rotting_threshold_days * INTERVAL '1 day'"),
                "now": self.env.cr.now(),
                "join": SQL("JOIN crm_stage stage ON stage.id = lead.stage_id AND stage.rotting_threshold_days > 0"),
            },
            "due": {
                "column": SQL("lead.date_due"),
                "date": SQL("lead.date_due"),
                "now": now,
                "join": SQL(),
            },
            # proposals are valid until the end of a day where the reader is
            "proposals": {
                "column": SQL("lead.proposal_deadline"),
                "date": SQL("timezone('UTC', timezone(%s, lead.proposal_deadline + TIME '23:59:59'))", time_zone),
                "now": now,
                "join": SQL(),
            },
        }

    def action_open_lead(self):
        """
        :return: a window action that opens the lead of this row
        """
        self.ensure_one()
        lead = self.lead_id
        return {
            "type": "ir.actions.act_window",
            "name": lead.display_name,
            "res_model": lead._name,
            "res_id": lead.id,
            "views": [(False, "form")],
        }
