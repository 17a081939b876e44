from odoo import fields, models
from odoo.models import parse_read_group_spec
from odoo.tools import SQL

from ..models.crm_lead import NOT_SET
from ..models.crm_lead_client import CLIENT_STATUSES
from ..models.crm_lead_metric import METRICS, MINUTES
from ..models.crm_lead_sla import STATUSES
from ..models.crm_stage import STAGE_TYPES
from .report_rates import count, dimension, minutes, rate

OUTCOMES = [("open", "Open"), ("won", "Won"), ("lost", "Lost"), ("removed", "Removed")]
DEADLINES = [("kept", "Kept"), ("missed", "Missed"), ("running", "Still Running"), ("none", "None")]


def _minutes_columns():
    """The minutes of a lead once for each figure that is made of them."""
    columns = [
        SQL(
            """lead.%(plain)s, lead.%(plain)s AS %(median)s, lead.%(plain)s AS %(p90)s, lead.%(working)s AS %(worked)s,
               (lead.%(plain)s IS NOT NULL)::int AS %(count)s""",
            plain=SQL.identifier(f"minutes_{name}"),
            working=SQL.identifier(f"working_minutes_{name}"),
            median=SQL.identifier(f"median_{name}"),
            p90=SQL.identifier(f"p90_{name}"),
            worked=SQL.identifier(f"worked_{name}"),
            count=SQL.identifier(f"count_{name}"),
        )
        for name in METRICS
    ]
    return SQL(", ").join(columns)


class CrmLeadSourceReport(models.Model):
    """What becomes of leads, by where they come from and by all else: one row a lead, also lost and removed ones.

    A row has the id of its lead, so that each figure opens the leads behind it. The rows are those of leads that the
    user may read, revenue and calls those of orders and calls that the user may read.
    """

    _name = "crm.lead.source.report"
    _description = "Lead Analysis"
    _inherit = ["crm.report.rates"]
    _auto = False
    _order = "create_date desc, id desc"
    _rec_name = "number"
    _depends = {
        "crm.lead": [
            "active", "campaign_id", "client_status", "company_id", "country_id", "create_date", "date_closed",
            "date_due", "date_first_touch", "date_sla_late", "date_sla_within", "lang_id", "lead_type_id",
            "lost_reason_id", "medium_id", "name", "number", "number_company_id", "removal_reason_id", "source_id",
            "stage_id", "stage_type", "team_id", "user_id", "won_status",
            *MINUTES,
        ],
        "crm.call": ["is_contact", "lead_id"],
        "crm.lost.reason": ["name"],
        "crm.removal.reason": ["name"],
        "sale.order": ["amount_untaxed", "company_id", "currency_rate", "opportunity_id", "state"],
        "utm.campaign": ["cost"],
    }  # fmt: skip

    # ------------------------------------------------------------
    # DIMENSIONS
    # ------------------------------------------------------------

    number = fields.Char(readonly=True)
    name = fields.Char("Request", readonly=True)
    create_date = fields.Datetime("Created", readonly=True)
    source_id = dimension("utm.source", "Source")
    medium_id = dimension("utm.medium", "Medium")
    campaign_id = dimension("utm.campaign", "Campaign")
    lead_type_id = dimension("crm.lead.type", "Lead Type")
    team_id = dimension("crm.team", "Sales Team")
    user_id = dimension("res.users", "Salesperson")
    company_id = dimension("res.company", "Company")
    country_id = dimension("res.country", "Country")
    lang_id = dimension("res.lang", "Language")
    stage_id = dimension("crm.stage", "Stage")
    stage_type = fields.Selection(STAGE_TYPES, "Kind of Stage", readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    lost_reason_id = dimension("crm.lost.reason", "Lost Reason")
    removal_reason_id = dimension("crm.removal.reason", "Removal Reason")
    reason = fields.Char(readonly=True, falsy_value_label=NOT_SET, help="Why it was lost or removed.")
    client_status = fields.Selection(CLIENT_STATUSES, readonly=True)
    sla_status = fields.Selection(STATUSES, "Answer", readonly=True, falsy_value_label=NOT_SET)
    deadline = fields.Selection(
        DEADLINES,
        readonly=True,
        help="Kept: won or lost by the due date. Missed: won or lost after it, or open and overdue. "
        "Still running: open and not due yet, or frozen. None: without a due date, or removed.",
    )

    # ------------------------------------------------------------
    # COUNTS
    # ------------------------------------------------------------

    leads = count("Leads")
    open_leads = count("Open")
    overdue = count("Overdue Now")
    linked = count("Linked", "To a client that was there before.")
    converted = count("Converted", "Their client was made from them.")
    won = count("Won")
    lost = count("Lost")
    concluded = count("Won or Lost", "Of these “Won %” is a share.")
    removed = count("Removed", "Spam, tests and mistakes; they are no losses.")
    answered = count("Taken in Charge", "Somebody has touched them.")
    in_time = count("Answered in Time")
    late = count("Late", "Answered late, or not answered yet and no longer in time.")
    missed = count("Missed", "Not answered by the last moment, or only after it.")
    decided = count("Answered or Late", "Of these “Answered in Time %” is a share.")
    deadlines_kept = count("Deadlines Kept")
    deadlines_missed = count("Deadlines Missed")
    calls = count("Calls", "Made to these leads, by whomever.")
    contacts = count("Contacts", "Calls in which somebody was reached.")

    # ------------------------------------------------------------
    # SHARES AND MONEY
    # ------------------------------------------------------------

    won_rate = rate("Won %", "Of those that are won or lost. Removed and open ones do not count.")
    client_rate = rate("Became Clients %", "Linked or converted, of all but the removed ones.")
    in_time_rate = rate("Answered in Time %", "Of those whose time to be answered is over or that were answered.")
    kept_rate = rate("Deadlines Kept %", "Of the deadlines that were kept or missed.")
    removed_rate = rate("Removed %", "Of all leads.")
    currency_id = fields.Many2one("res.currency", "Currency", readonly=True)
    revenue = fields.Monetary(
        readonly=True, help="Of the confirmed orders of these leads, untaxed, in the currency of your company."
    )
    cost = fields.Monetary(
        "Campaign Cost", readonly=True, help="What their campaigns cost, spread evenly over all leads of each."
    )
    cost_per_lead = fields.Monetary(
        "Cost per Lead",
        readonly=True,
        aggregator="mean",
        help="Of leads of campaigns whose cost is known, removed ones too.",
    )
    cost_per_won = fields.Monetary(
        "Cost per Won Lead", readonly=True, aggregator="per_won", help="Of campaigns whose cost is known."
    )

    # ------------------------------------------------------------
    # MINUTES
    # ------------------------------------------------------------

    minutes_to_first_touch = minutes("Minutes to First Touch (Average)")
    median_to_first_touch = minutes("Minutes to First Touch (Median)", "median")
    p90_to_first_touch = minutes("Minutes to First Touch (P90)", "p90")
    worked_to_first_touch = minutes("Working Minutes to First Touch (Median)", "median")
    count_to_first_touch = count("Minutes to First Touch (n)")
    minutes_to_client = minutes("Minutes to Client (Average)")
    median_to_client = minutes("Minutes to Client (Median)", "median")
    p90_to_client = minutes("Minutes to Client (P90)", "p90")
    worked_to_client = minutes("Working Minutes to Client (Median)", "median")
    count_to_client = count("Minutes to Client (n)")
    minutes_to_first_call = minutes("Minutes from Client to Call (Average)")
    median_to_first_call = minutes("Minutes from Client to Call (Median)", "median")
    p90_to_first_call = minutes("Minutes from Client to Call (P90)", "p90")
    worked_to_first_call = minutes("Working Minutes from Client to Call (Median)", "median")
    count_to_first_call = count("Minutes from Client to Call (n)")
    minutes_to_first_contact = minutes("Minutes from Client to Contact (Average)")
    median_to_first_contact = minutes("Minutes from Client to Contact (Median)", "median")
    p90_to_first_contact = minutes("Minutes from Client to Contact (P90)", "p90")
    worked_to_first_contact = minutes("Working Minutes from Client to Contact (Median)", "median")
    count_to_first_contact = count("Minutes from Client to Contact (n)")
    minutes_to_first_mail = minutes("Minutes from Client to E-Mail (Average)")
    median_to_first_mail = minutes("Minutes from Client to E-Mail (Median)", "median")
    p90_to_first_mail = minutes("Minutes from Client to E-Mail (P90)", "p90")
    worked_to_first_mail = minutes("Working Minutes from Client to E-Mail (Median)", "median")
    count_to_first_mail = count("Minutes from Client to E-Mail (n)")
    minutes_to_first_meeting = minutes("Minutes from Client to Meeting (Average)")
    median_to_first_meeting = minutes("Minutes from Client to Meeting (Median)", "median")
    p90_to_first_meeting = minutes("Minutes from Client to Meeting (P90)", "p90")
    worked_to_first_meeting = minutes("Working Minutes from Client to Meeting (Median)", "median")
    count_to_first_meeting = count("Minutes from Client to Meeting (n)")

    # ------------------------------------------------------------
    # ROWS
    # ------------------------------------------------------------

    @property
    def _table_query(self):
        # Whatever is not asked for costs nothing: PostgreSQL leaves out joins to at most one row that are not used
        return SQL(
            """
            SELECT lead.id, lead.number, lead.name, lead.create_date, lead.source_id, lead.medium_id,
                   lead.campaign_id, lead.lead_type_id, lead.team_id, lead.user_id, lead.company_id, lead.country_id,
                   lead.lang_id, lead.stage_id, lead.stage_type, lead.lost_reason_id, lead.removal_reason_id,
                   lead.client_status, %(reason)s AS reason, %(outcome)s AS outcome, %(sla)s AS sla_status,
                   %(deadline)s AS deadline,
                   1 AS leads,
                   (%(outcome)s = 'open')::int AS open_leads,
                   (lead.active AND lead.stage_type = 'open' AND lead.date_due < %(now)s)::int AS overdue,
                   (lead.client_status = 'linked')::int AS linked,
                   (lead.client_status = 'converted')::int AS converted,
                   (%(outcome)s = 'won')::int AS won,
                   (%(outcome)s = 'lost')::int AS lost,
                   (%(outcome)s IN ('won', 'lost'))::int AS concluded,
                   (%(outcome)s = 'removed')::int AS removed,
                   (lead.date_first_touch IS NOT NULL)::int AS answered,
                   (%(sla)s = 'within')::int AS in_time,
                   (%(sla)s = 'late')::int AS late,
                   (%(sla)s = 'missed')::int AS missed,
                   (%(sla)s IN ('within', 'late', 'missed'))::int AS decided,
                   (%(deadline)s = 'kept')::int AS deadlines_kept,
                   (%(deadline)s = 'missed')::int AS deadlines_missed,
                   COALESCE(called.calls, 0)::int AS calls,
                   COALESCE(called.contacts, 0)::int AS contacts,
                   CASE %(outcome)s WHEN 'won' THEN 100.0 WHEN 'lost' THEN 0.0 END AS won_rate,
                   CASE WHEN lead.client_status IN ('linked', 'converted') THEN 100.0
                        WHEN lead.client_status = 'removed' THEN NULL
                        ELSE 0.0 END AS client_rate,
                   CASE %(sla)s WHEN 'within' THEN 100.0 WHEN 'late' THEN 0.0 WHEN 'missed' THEN 0.0
                    END AS in_time_rate,
                   CASE %(deadline)s WHEN 'kept' THEN 100.0 WHEN 'missed' THEN 0.0 END AS kept_rate,
                   CASE %(outcome)s WHEN 'removed' THEN 100.0 ELSE 0.0 END AS removed_rate,
                   %(currency)s AS currency_id,
                   sold.revenue, %(cost)s AS cost, %(cost)s AS cost_per_lead, %(cost)s AS cost_per_won,
                   %(minutes)s
              FROM %(leads)s lead
              LEFT JOIN (%(calls)s) called ON called.lead_id = lead.id
              LEFT JOIN (%(orders)s) sold ON sold.opportunity_id = lead.id
              LEFT JOIN crm_lost_reason lost_reason ON lost_reason.id = lead.lost_reason_id
              LEFT JOIN crm_removal_reason removal_reason ON removal_reason.id = lead.removal_reason_id
              LEFT JOIN utm_campaign campaign ON campaign.id = lead.campaign_id
              LEFT JOIN (%(spread)s) spread
                ON spread.campaign_id = lead.campaign_id
               AND spread.company_id = COALESCE(lead.company_id, lead.number_company_id)
            """,
            outcome=self._get_outcome(),
            reason=self._get_reason(),
            sla=self.env["crm.lead"]._get_sla_sql("lead"),
            deadline=self._get_deadline(),
            now=fields.Datetime.now(),
            currency=self.env.company.currency_id.id,
            cost=self._get_cost(),
            minutes=_minutes_columns(),
            leads=self._get_readable("crm.lead"),
            calls=self._select_calls(),
            orders=self._select_orders(),
            spread=self._select_spread(),
        )

    def _get_outcome(self):
        return SQL(
            """CASE WHEN lead.client_status = 'removed' THEN 'removed'
                    WHEN lead.won_status IN ('won', 'lost') THEN lead.won_status
                    ELSE 'open' END"""
        )

    def _get_reason(self):
        lang = self.env.lang or "en_US"
        names = [
            SQL("%s->>%s", SQL.identifier(table, "name"), code)
            for table in ("removal_reason", "lost_reason")
            for code in dict.fromkeys((lang, "en_US"))
        ]
        return SQL("COALESCE(%s)", SQL(", ").join(names))

    def _get_deadline(self):
        return SQL(
            """CASE WHEN lead.date_due IS NULL OR lead.client_status = 'removed' THEN 'none'
                    WHEN lead.won_status IN ('won', 'lost') THEN
                         CASE WHEN lead.date_closed <= lead.date_due THEN 'kept'
                              WHEN lead.date_closed > lead.date_due THEN 'missed'
                              ELSE 'none' END
                    WHEN lead.active AND lead.stage_type = 'open' AND lead.date_due < %s THEN 'missed'
                    ELSE 'running' END""",
            fields.Datetime.now(),
        )

    def _get_cost(self):
        """What a campaign cost in the company of the lead, for each of its leads there."""
        return SQL(
            "NULLIF((campaign.cost->>spread.company_id::text)::float, 0) * %s / spread.leads",
            self._get_factor(SQL("spread.company_id")),
        )

    def _select_calls(self):
        return SQL(
            """SELECT made.lead_id, count(*) AS calls, count(*) FILTER (WHERE made.is_contact) AS contacts
                 FROM %s made GROUP BY made.lead_id""",
            self._get_readable("crm.call"),
        )

    def _select_orders(self):
        return SQL(
            """SELECT sale.opportunity_id, sum(sale.amount_untaxed / NULLIF(sale.currency_rate, 0) * %s) AS revenue
                 FROM %s sale WHERE sale.state = 'sale' GROUP BY sale.opportunity_id""",
            self._get_factor(SQL("sale.company_id")),
            self._get_readable("sale.order"),
        )

    def _select_spread(self):
        """Over how many leads of a company a campaign's cost is spread, whoever may read them."""
        return SQL(
            """SELECT campaign_id, COALESCE(company_id, number_company_id) AS company_id, count(*) AS leads
                 FROM crm_lead
                WHERE campaign_id IN (SELECT id FROM utm_campaign WHERE cost IS NOT NULL)
             GROUP BY campaign_id, COALESCE(company_id, number_company_id)"""
        )

    def _read_group_select(self, aggregate_spec, query):
        name, _property, function = parse_read_group_spec(aggregate_spec)
        if function == "per_won":
            cost, won = (self._field_to_sql(self._table, field, query) for field in (name, "won"))
            return SQL("sum(%s) / NULLIF(sum(%s) FILTER (WHERE %s IS NOT NULL), 0)", cost, won, cost)
        return super()._read_group_select(aggregate_spec, query)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_open_lead(self):
        """Open the lead behind a row.

        :return: a window action
        :raise AccessError: if the user may not see it
        """
        self.ensure_one()
        return self._get_lead_action(self.id)
