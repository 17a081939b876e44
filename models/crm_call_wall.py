from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, ormcache

from .call_hours import day_start

BUS_TYPE = "crm_call_wall"
HOUR = timedelta(hours=1)
# a dialog that has not been heard of for so long is none any more: the browser was closed. It calls once a minute.
LAPSE = timedelta(minutes=3)


class CrmCallWall(models.AbstractModel):
    """How the room is doing, for coordinators: who is calling, and what has come of the calls of today.

    Nothing here tells of customers. Browsers ask again when the bus tells that something has happened; what it tells is
    only in which company, since all coordinators hear it.
    """

    _name = "crm.call.wall"
    _description = "Wall of Calls"

    @api.model
    @api.readonly
    def get_wall(self, campaign_ids=None):
        """What the operators of the user's companies do now and have done today, in one query however many they are.

        On the wall is who has called today or in the last hour, is in a call, or is online and calls without being a
        coordinator. Today begins at midnight by the clock of the working hours of the user's company. A call is of the
        day in which it began, as in the list of calls, and of the hour in which it ended.

        :param campaign_ids: count only calls of these campaigns, and show only who makes them; none: all
        :return: dict of ``now`` (UTC) and ``operators``, a list of dicts by name: ``id``, ``name``, ``calls``,
            ``contacts``, ``appointments``, ``contracts``, ``contact_rate`` (contacts of the calls, in percent),
            ``closing_rate`` (contracts of the contacts, in percent), ``outcomes`` of the last hour (dicts of ``id``,
            ``name``, ``color``, ``count``; the prevailing one first: most calls, then the latest), ``state``
            (``calling``, ``wrapping_up``, ``idle``, ``away``, ``offline``), ``since`` (UTC or False) and ``campaign``
            (name or False)
        :raise AccessError: for who is no coordinator
        """
        self._check_coordinator()
        now = fields.Datetime.now()
        rows = self._read_operators(self._get_campaigns(campaign_ids), now)
        return {
            "now": fields.Datetime.to_string(now),
            "operators": [self._prepare_operator(row) for row in rows],
        }

    @api.model
    @api.readonly
    def get_campaigns(self):
        """How much there is left to do in the campaigns that run. It counts all of their contacts: once in a while.

        :return: list of dicts of ``id``, ``name``, ``left`` (contacts that are not done) and ``callable`` (those of
            them that can be called in this hour)
        :raise AccessError: for who is no coordinator
        """
        self._check_coordinator()
        return [
            {
                "id": campaign.id,
                "name": campaign.name,
                "left": campaign.ready_count + campaign.due_count + campaign.waiting_count + campaign.claimed_count,
                "callable": campaign.call_forecast[0]["count"],
            }
            for campaign in self.env["crm.call.campaign"].search([("state", "=", "running")])
        ]

    @api.model
    def _tell(self, companies):
        """Have the walls of these companies look again, once this transaction is committed."""
        # not env.ref: it would ask the database at each call whether the group is still there
        group_id = self.env["ir.model.data"]._xmlid_to_res_id("crm_lead_lifecycle.group_call_coordinator")
        for company in companies:
            self.env["res.groups"].browse(group_id)._bus_send(BUS_TYPE, {"company_id": company.id})

    def _check_coordinator(self):
        if not self.env.user.has_group("crm_lead_lifecycle.group_call_coordinator"):
            raise AccessError(self.env._("Only call coordinators see the wall. Ask your manager for that right."))

    def _get_campaigns(self, campaign_ids):
        """Those of these campaigns that the user sees; None for all.

        :raise UserError: for what is no list of ids
        """
        if not campaign_ids:
            return None
        if not isinstance(campaign_ids, list | tuple) or not all(type(id_) is int for id_ in campaign_ids):
            raise UserError(self.env._("Campaigns are named by a list of their ids."))
        return self.env["crm.call.campaign"].search([("id", "in", campaign_ids)])

    # ------------------------------------------------------------
    # OPERATORS
    # ------------------------------------------------------------

    def _get_caller_ids(self, campaigns):
        """Who belongs on the wall as soon as they are online: who takes contacts and does not watch others do so.

        :param campaigns: crm.call.campaign, None for all
        """
        caller_ids = set(self._get_all_caller_ids())
        if campaigns is not None:
            caller_ids.intersection_update(id_ for campaign in campaigns for id_ in campaign._get_rules().taker_ids)
        return list(caller_ids)

    @api.model
    @ormcache()
    def _get_all_caller_ids(self):
        """Odoo empties its cache when users or groups change."""
        coordinators = self.env.ref("crm_lead_lifecycle.group_call_coordinator").sudo().all_user_ids
        return tuple(set(self.env["crm.call.campaign"]._get_operator_ids()) - set(coordinators.ids))

    def _read_operators(self, campaigns, now):
        """
        :param campaigns: crm.call.campaign, None for all
        :return: a list of dicts
        """
        self.env.flush_all()
        zone = self.env.company.sudo().resource_calendar_id.tz or "UTC"
        midnight, hour_ago = day_start(now, (zone,)), now - HOUR
        of_campaigns = SQL("TRUE") if campaigns is None else SQL("campaign_id = ANY(%s)", campaigns.ids)
        return self.env.execute_query_dict(
            SQL(
                """
                WITH made AS (
                    -- each call is looked at once: what it counts for is told by its group
                    SELECT user_id, outcome_id, count(*) AS calls, count(*) FILTER (WHERE is_contact) AS contacts,
                           date_start >= %(midnight)s AND %(of_campaigns)s AS is_today,
                           date_end > %(hour_ago)s AND %(of_campaigns)s AS is_recent,
                           max(date_end) AS last_end
                      FROM crm_call
                     WHERE company_id = ANY(%(companies)s) AND date_end >= %(first)s
                     GROUP BY user_id, outcome_id, is_today, is_recent
                ), by_outcome AS (
                    SELECT user_id, outcome_id, max(last_end) AS last_end,
                           COALESCE(sum(calls) FILTER (WHERE is_today), 0) AS calls,
                           COALESCE(sum(contacts) FILTER (WHERE is_today), 0) AS contacts,
                           sum(calls) FILTER (WHERE is_recent) AS recent,
                           max(last_end) FILTER (WHERE is_recent) AS latest
                      FROM made
                     GROUP BY user_id, outcome_id
                ), total AS (
                    SELECT made.user_id, max(last_end) AS last_end, sum(calls)::int AS calls,
                           sum(contacts)::int AS contacts,
                           sum(calls) FILTER (WHERE outcome.kind = 'appointment')::int AS appointments,
                           sum(calls) FILTER (WHERE outcome.kind = 'closing')::int AS contracts,
                           json_agg(json_build_object('id', outcome.id, 'name', %(outcome_name)s,
                                                      'color', COALESCE(outcome.color, 0), 'count', recent)
                                    ORDER BY recent DESC, latest DESC, outcome.id)
                               FILTER (WHERE recent > 0) AS outcomes
                      FROM by_outcome made JOIN crm_call_outcome outcome ON outcome.id = made.outcome_id
                     GROUP BY made.user_id
                ), dialog AS (
                    SELECT DISTINCT ON (wizard.create_uid) wizard.create_uid AS user_id, wizard.date_start,
                           wizard.wrap_up_at, entry.campaign_id,
                           COALESCE(entry.company_id, lead.company_id, owner.company_id) AS company_id
                      FROM crm_call_wizard wizard
                      JOIN crm_lead lead ON lead.id = wizard.lead_id
                      JOIN res_users owner ON owner.id = wizard.create_uid
                      LEFT JOIN crm_call_entry entry ON entry.id = wizard.entry_id
                     WHERE wizard.seen_at > %(lapsed)s
                     ORDER BY wizard.create_uid, wizard.id DESC
                ), shown AS (
                    SELECT user_id FROM total WHERE calls > 0 OR outcomes IS NOT NULL
                     UNION
                    SELECT user_id FROM dialog WHERE company_id = ANY(%(companies)s) AND %(of_campaigns)s
                     UNION
                    SELECT presence.user_id
                      FROM mail_presence presence
                      JOIN res_company_users_rel member ON member.user_id = presence.user_id
                     WHERE presence.status <> 'offline' AND member.cid = ANY(%(companies)s)
                       AND presence.user_id = ANY(%(callers)s)
                )
                SELECT operator.id, partner.name, total.calls, total.contacts, total.appointments, total.contracts,
                       total.outcomes, total.last_end, dialog.date_start, dialog.wrap_up_at, presence.status,
                       campaign.name AS campaign
                  FROM shown
                  JOIN res_users operator ON operator.id = shown.user_id
                  JOIN res_partner partner ON partner.id = operator.partner_id
                  LEFT JOIN total ON total.user_id = operator.id
                  LEFT JOIN dialog ON dialog.user_id = operator.id
                  LEFT JOIN crm_call_campaign campaign
                         ON campaign.id = dialog.campaign_id AND campaign.company_id = ANY(%(companies)s)
                  LEFT JOIN mail_presence presence ON presence.user_id = operator.id
                 ORDER BY partner.name, operator.id
                """,
                midnight=midnight,
                hour_ago=hour_ago,
                first=min(midnight, hour_ago),
                lapsed=now - LAPSE,
                companies=self.env.companies.ids,
                callers=self._get_caller_ids(campaigns),
                of_campaigns=of_campaigns,
                outcome_name=self.env["crm.call.outcome"]._field_to_sql("outcome", "name"),
            )
        )

    def _prepare_operator(self, row):
        """What the wall shows of an operator."""
        calls, contacts, contracts = row["calls"] or 0, row["contacts"] or 0, row["contracts"] or 0
        state, since = self._get_state(row)
        return {
            "id": row["id"],
            "name": row["name"],
            "calls": calls,
            "contacts": contacts,
            "appointments": row["appointments"] or 0,
            "contracts": contracts,
            "contact_rate": round(100 * contacts / calls) if calls else 0,
            "closing_rate": round(100 * contracts / contacts) if contacts else 0,
            "outcomes": row["outcomes"] or [],
            "state": state,
            "since": since and fields.Datetime.to_string(since),
            "campaign": row["campaign"] or False,
        }

    def _get_state(self, row):
        """What an operator does now, and since when. Whom Odoo knows nothing of is taken to be there."""
        if row["wrap_up_at"]:
            return "wrapping_up", row["wrap_up_at"]
        if row["date_start"]:
            return "calling", row["date_start"]
        return row["status"] if row["status"] in ("away", "offline") else "idle", row["last_end"] or False
