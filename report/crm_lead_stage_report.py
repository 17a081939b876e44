from odoo import fields, models
from odoo.tools import SQL

from ..models.crm_lead import NOT_SET
from ..models.crm_lead_stay import WAYS
from .report_rates import Minutes, count, dimension, rate


def _days(label, aggregator):
    return Minutes(
        label,
        readonly=True,
        aggregator=aggregator,
        digits=(16, 1),
        help="Of stays that are over; how many these are is said by “Left”. Where it is small, this says little.",
    )


class CrmLeadStageReport(models.Model):
    """How long leads stay in their stages, how they leave them and where they die: one row a stay, of leads that the
    user may read. Salesperson, team, source and company are those that the lead has now, its type is that of then."""

    _name = "crm.lead.stage.report"
    _description = "Stage Analysis"
    _inherit = ["crm.report.rates"]
    _auto = False
    _order = "date_entered desc, id desc"
    _rec_name = "lead_id"
    _depends = {
        "crm.lead": ["company_id", "create_date", "source_id", "team_id", "user_id"],
        "crm.lead.stay": [
            "date_entered", "date_left", "lead_id", "lead_type_id", "lost_reason_id", "next_stage_id",
            "removal_reason_id", "stage_id", "way_out",
        ],
    }  # fmt: skip

    lead_id = dimension("crm.lead", "Lead")
    stage_id = dimension("crm.stage", "Stage")
    date_entered = fields.Datetime("Entered", readonly=True)
    date_left = fields.Datetime("Left On", readonly=True, help="Empty: it is still there.")
    way_out = fields.Selection(WAYS, "How It Left", readonly=True, falsy_value_label=NOT_SET)
    next_stage_id = dimension("crm.stage", "Next Stage")
    lost_reason_id = dimension("crm.lost.reason", "Lost Reason", "Why it was lost out of this stage.")
    removal_reason_id = dimension("crm.removal.reason", "Removal Reason", "Why it was removed out of this stage.")
    lead_type_id = dimension("crm.lead.type", "Lead Type", "As it was in this stage.")
    source_id = dimension("utm.source", "Source")
    user_id = dimension("res.users", "Salesperson")
    team_id = dimension("crm.team", "Sales Team")
    company_id = dimension("res.company", "Company")

    stays = count("Stays")
    stays_left = count("Left", "Stays that are over.")
    stays_open = count("Still There")
    won = count("Won")
    lost = count("Lost")
    removed = count("Removed")
    days = _days("Days (Average)", "mean")
    median_days = _days("Days (Median)", "median")
    p90_days = _days("Days (P90)", "p90")
    minutes = _days("Minutes (Average)", "mean")
    death_rate = rate("Died Here %", "Lost or removed out of this stage, of the stays that are over.")
    won_rate = rate("Won from Here %", "Won out of this stage, or went on as another type, of the stays that are over.")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT stay.id, stay.lead_id, stay.stage_id, stay.date_entered, stay.date_left, stay.way_out,
                   stay.next_stage_id, stay.lost_reason_id, stay.removal_reason_id, stay.lead_type_id,
                   lead.source_id, lead.user_id, lead.team_id, lead.company_id,
                   1 AS stays,
                   (stay.date_left IS NOT NULL)::int AS stays_left,
                   (stay.date_left IS NULL)::int AS stays_open,
                   (COALESCE(stay.way_out, '') = 'won')::int AS won,
                   (COALESCE(stay.way_out, '') = 'lost')::int AS lost,
                   (COALESCE(stay.way_out, '') = 'removed')::int AS removed,
                   %(days)s AS days, %(days)s AS median_days, %(days)s AS p90_days, %(days)s * 1440 AS minutes,
                   CASE WHEN stay.way_out IN ('lost', 'removed') THEN 100.0
                        WHEN stay.way_out IS NOT NULL THEN 0.0 END AS death_rate,
                   CASE WHEN stay.way_out IN ('won', 'succeeded') THEN 100.0
                        WHEN stay.way_out IS NOT NULL THEN 0.0 END AS won_rate
              FROM crm_lead_stay stay
              JOIN %(leads)s lead ON lead.id = stay.lead_id
            """,
            days=SQL("(EXTRACT(EPOCH FROM stay.date_left - stay.date_entered) / 86400)::float8"),
            leads=self._get_readable("crm.lead"),
        )

    def action_open_lead(self):
        """Open the lead of a stay.

        :return: a window action
        :raise AccessError: if the user may not see it
        """
        self.ensure_one()
        stay = self.env["crm.lead.stay"].sudo().browse(self.id)
        return self._get_lead_action(stay.lead_id.id)
