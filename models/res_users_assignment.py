from datetime import datetime, time

import pytz

from odoo import fields, models
from odoo.tools import SQL

# why somebody gets no leads at all now
INACTIVE, NO_COMPANY, ABSENT, OFF_HOURS = "inactive", "no_company", "absent", "off_hours"


class ResUsers(models.Model):
    """What assignment rules ask about people."""

    _inherit = "res.users"

    def _map_no_leads(self, company):
        """
        :return: ``{user id: reason}`` of those of these users who can't get leads of a company now
        """
        reasons = {user.id: INACTIVE for user in self if not user.active or user.share}
        reasons.update(
            (user.id, NO_COMPANY) for user in self if user.id not in reasons and company not in user.company_ids
        )
        present = self.filtered(lambda user: user.id not in reasons)
        reasons.update(dict.fromkeys(present._filter_absent(company).ids, ABSENT))
        if company.sudo().assignment_working_hours:
            present = present.filtered(lambda user: user.id not in reasons)
            reasons.update(dict.fromkeys((present - present._filter_working(company)).ids, OFF_HOURS))
        return reasons

    def _count_open_leads(self):
        """How many open leads each of these users has.

        :return: ``{user id: count}``
        """
        if not self:
            return {}
        self.env["crm.lead"].flush_model(["user_id", "stage_type", "active"])
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT user_id, count(*) FROM crm_lead
                     WHERE user_id = ANY(%s) AND stage_type = 'open' AND active IS TRUE
                     GROUP BY user_id
                    """,
                    self.ids,
                )
            )
        )

    def _count_given_leads(self, company):
        """How many leads rules gave to each of these users today, by the company's clock.

        :return: ``{user id: count}``
        """
        if not self:
            return {}
        zone = pytz.timezone(company.sudo().resource_calendar_id.tz or "UTC")
        today = pytz.utc.localize(fields.Datetime.now()).astimezone(zone).date()
        start = zone.localize(datetime.combine(today, time())).astimezone(pytz.utc).replace(tzinfo=None)
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT (data->>'to_user')::int AS user_id, count(*) FROM crm_lead_event
                     WHERE kind = 'assign' AND data->'why'->'rule' IS NOT NULL AND date >= %s
                       AND (data->>'to_user')::int = ANY(%s)
                     GROUP BY 1
                    """,
                    start,
                    self.ids,
                )
            )
        )


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    # what rules gave to whom today, also where somebody else has the lead by now
    _assigned_idx = models.Index("(date) WHERE kind = 'assign' AND data->'why'->'rule' IS NOT NULL")
