from collections import Counter

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .call_hours import day_start
from .crm_call_reminder import BUS_TYPE

# How many of the first in line are looked at, so that one is free when rivals take theirs at the same moment; of each
# campaign and time zone at least so many.
LOOKED_AT, LOOKED_AT_EACH = 20, 10


class CrmCallCampaign(models.Model):
    """Who is called next.

    Two small statements instead of a large one: PostgreSQL plans each anew, which took it ten times as long as finding
    the contact. The first lists who is next in line, from the indexes alone; the second takes the first of them who may
    be called and is free.
    """

    _inherit = "crm.call.campaign"

    @api.private
    def _claim_next(self, user):
        """Take the contact that is to be called next out of the queues of these campaigns.

        In this order: call backs that ``user`` has promised and that are due, in a campaign or not; those that anybody
        may make, first of these campaigns, then outside of any; further attempts that are due; fresh contacts by
        priority, then by how long they are in line. Only such count whose customers may be called at this hour, often
        enough and at all. Rivals never wait for each other and never get the same contact: each locks the first one
        that is free, and no other.

        :param user: single res.users
        :return: the claimed crm.call.entry, or an empty set
        """
        entries = self.env["crm.call.entry"].sudo()
        entries._release_lapsed()
        self.env.flush_all()
        # for many campaigns PostgreSQL would compile for 0.3 s what runs for 3 ms
        self.env.cr.execute("SET LOCAL jit TO off; SET LOCAL join_collapse_limit TO 1")
        now = fields.Datetime.now()
        campaigns = self._get_of_user(user)
        open_now = campaigns._get_open_zones(now)
        looked_at, seen = LOOKED_AT, 0
        while True:
            line = campaigns._get_line(user, open_now, now, looked_at)
            entry, owner = campaigns._claim_first(line, user, now)
            if entry and entry._is_of_suppressed():
                entry._give_back()
                entry.flush_recordset()  # and the gate is shut
                continue
            if entry or len(line) == seen:
                owner._bus_send(BUS_TYPE, {})  # a call back leaves its owner's list, also when somebody else takes it
                return entry.with_env(self.env)
            # nobody of them may be called: those who never may leave the line, the others are looked past
            if not entries.browse(line)._exclude_barred():
                looked_at, seen = looked_at * 8, len(line)

    def _get_open_zones(self, now):
        """For each campaign the time zones in which it calls now.

        :return: list of (campaign id, zone id, start of the contact's day)
        """
        zones = self.env["crm.call.zone"]._get_all()
        starts = {zone_id: day_start(now, names) for zone_id, names in zones.items()}
        return [
            (campaign.id, zone_id, starts[zone_id])
            for campaign in self
            for zone_id, names in zones.items()
            if campaign._get_hours().is_open(now, names)
        ]

    # ------------------------------------------------------------
    # THE LINE
    # ------------------------------------------------------------

    def _get_line(self, user, open_now, now, looked_at):
        """The first contacts in line, whether they may be called or not.

        :return: ``{id: start of the contact's day, None outside of campaigns}`` in their order
        """
        due = SQL("entry.state = 'waiting' AND entry.date_queued <= %s AND entry.next_call_at <= %s", now, now)
        released = self._get_released(SQL("open.takers"), now)
        own = SQL("%s AND entry.recall_user_id = %s", due, user.id)
        outside = SQL(
            "%s AND entry.campaign_id IS NULL AND COALESCE(entry.company_id = ANY(%s), TRUE) AND %s",
            due,
            list(user._get_company_ids()),
            self._get_released(SQL("%s", list(self._get_operator_ids())), now),
        )
        public = SQL("%s AND entry.is_recall AND %s", due, released)
        retries = SQL("%s AND NOT entry.is_recall AND %s", due, released)
        fresh = SQL("entry.state = 'ready'")
        looked_at_each = max(looked_at // max(len(open_now), 1), LOOKED_AT_EACH * looked_at // LOOKED_AT)
        by_time, by_priority = "{0}.date_queued, {0}.id", "{0}.priority DESC, {0}.date_queued, {0}.id"
        queues = (
            self._select_recalls(own, looked_at),
            self._select_by_zone(public, by_time, looked_at, looked_at_each),
            self._select_recalls(outside, looked_at),
            self._select_by_zone(retries, by_time, looked_at, looked_at_each),
            self._select_by_zone(fresh, by_priority, looked_at, looked_at_each),
        )
        # PostgreSQL asks one after the other, and none any more once there are enough
        rows = self.env.execute_query(
            SQL(
                """
                WITH open AS (SELECT open.*, of_campaign.users::int[] AS takers
                                FROM unnest(%s::int[], %s::int[], %s::timestamp[])
                                     AS open(campaign_id, zone_id, day_start)
                                JOIN unnest(%s::int[], %s::text[]) AS of_campaign(id, users)
                                  ON of_campaign.id = open.campaign_id)
                %s LIMIT %s
                """,
                *([row[column] for row in open_now] for column in range(3)),
                self.ids,
                [f"{{{','.join(map(str, campaign._get_rules().taker_ids))}}}" for campaign in self],
                SQL(" UNION ALL ").join(queues),
                looked_at,
            )
        )
        line, places = {}, Counter()
        for id_, day_started, *zone in rows:
            line.setdefault(id_, day_started)
            places[tuple(zone)] += 1
            if any(zone) and places[tuple(zone)] == looked_at_each:
                break  # there may be more of this zone, and before what follows
        return line

    def _get_released(self, takers, now):
        """Call backs that anybody may make: public ones, and private ones whose time of grace is over or whose operator
        is none of the ``takers``, so that nobody is forgotten since an operator has left."""
        return SQL(
            """
            (entry.recall_user_id IS NULL OR entry.recall_user_id <> ALL (%s)
             OR entry.next_call_at <= %s::timestamp - make_interval(mins => (
                    SELECT NULLIF(company.call_release_minutes, 0) FROM res_company company
                     WHERE company.id = COALESCE(entry.company_id, %s))))
            """,
            takers,
            now,
            self.env.company.id,
        )

    def _select_recalls(self, condition, looked_at):
        """Contacts that were promised to one operator, or that are in no campaign."""
        return SQL(
            """
            (SELECT entry.id, open.day_start, NULL::int, NULL::int
               FROM crm_call_entry entry
               LEFT JOIN open ON open.campaign_id = entry.campaign_id AND open.zone_id = entry.zone_id
              WHERE %(condition)s AND (entry.campaign_id IS NULL OR open.campaign_id IS NOT NULL)
              ORDER BY entry.date_queued, entry.id
              LIMIT %(looked_at)s)
            """,
            condition=condition,
            looked_at=looked_at,
        )

    def _select_by_zone(self, condition, order, looked_at, looked_at_each):
        """The first contacts of each campaign and time zone, in one line."""
        return SQL(
            """
            (SELECT first.id, open.day_start, open.campaign_id, open.zone_id
               FROM open
              CROSS JOIN LATERAL (
                 SELECT entry.id, entry.priority, entry.date_queued
                   FROM crm_call_entry entry
                  WHERE entry.campaign_id = open.campaign_id AND entry.zone_id = open.zone_id AND %(condition)s
                  ORDER BY %(order)s
                  LIMIT %(looked_at_each)s
              ) first
              ORDER BY %(order_of_all)s
              LIMIT %(looked_at)s)
            """,
            condition=condition,
            order=SQL(order.format("entry")),
            order_of_all=SQL(order.format("first")),
            looked_at_each=looked_at_each,
            looked_at=looked_at,
        )

    # ------------------------------------------------------------
    # THE CLAIM
    # ------------------------------------------------------------

    def _claim_first(self, line, user, now):
        """Take the first one of the line who may be called and whom no rival takes at this moment.

        :param line: as :meth:`_get_line` returns it
        :return: the claimed crm.call.entry, and to whom it was promised; or empty sets
        """
        entries = self.env["crm.call.entry"]
        # a lead is found by its id: OFFSET 0 keeps PostgreSQL from trying the gates on each partial index of leads
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_call_entry
                   SET state = %(state)s, claimed_by_id = %(claimed_by_id)s, claimed_until = %(claimed_until)s
                 WHERE id = (
                    SELECT entry.id
                      FROM unnest(%(ids)s::int[], %(days)s::timestamp[]) WITH ORDINALITY AS line(id, day_start, place)
                      JOIN crm_call_entry entry ON entry.id = line.id
                     CROSS JOIN LATERAL (SELECT * FROM crm_lead WHERE id = entry.lead_id OFFSET 0) lead
                      LEFT JOIN crm_call_campaign campaign ON campaign.id = entry.campaign_id
                     WHERE (entry.state = 'ready' OR entry.state = 'waiting' AND entry.next_call_at <= %(now)s)
                       AND (entry.campaign_id IS NULL OR campaign.state = 'running')
                       AND %(gates)s
                     ORDER BY line.place
                     LIMIT 1
                       FOR UPDATE OF entry SKIP LOCKED
                 )
             RETURNING id, recall_user_id
                """,
                **entries._prepare_claim_values(user),
                ids=list(line),
                days=list(line.values()),
                now=now,
                gates=self._get_gates(now),
            )
        )
        entry = entries.browse(id_ for id_, _owner in rows)
        entry.invalidate_recordset()
        return entry, self.env["res.users"].browse(owner for _id, owner in rows if owner)


class CrmCallEntry(models.Model):
    _inherit = "crm.call.entry"

    def _is_of_suppressed(self):
        """Whether a campaign would call somebody who asked to be erased, and whom nobody has marked yet."""
        if not self.env["crm.suppression"]._get_company_ids():  # nobody: nothing is read
            return False
        return bool(self.campaign_id) and self.lead_id._mark_suppressed()

    def _exclude_barred(self):
        """Take those of these contacts out of the line who are not to be called at all, since their lead was closed or
        moved to another company, their number blocked or their data erased by a way that the queue does not hear of.

        :return: how many
        """
        gates = self.env["crm.call.campaign"]._get_gate_conditions(fields.Datetime.now())
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_call_entry entry
                   SET state = 'excluded', exclusion = barred.exclusion
                  FROM (SELECT entry.id, CASE WHEN NOT %(company)s THEN 'company'
                                               WHEN NOT %(closed)s THEN 'closed'
                                               WHEN %(blocked)s THEN 'suppressed'
                                               ELSE 'do_not_call' END AS exclusion
                          FROM crm_call_entry entry
                          JOIN crm_lead lead ON lead.id = entry.lead_id
                         WHERE entry.id = ANY(%(ids)s) AND entry.state IN ('ready', 'waiting')
                           AND NOT (%(closed)s AND %(blocked)s AND %(suppressed)s AND %(company)s)
                           FOR UPDATE OF entry SKIP LOCKED) barred
                 WHERE barred.id = entry.id
                """,
                ids=self.ids,
                closed=gates["closed"],
                company=gates["company"],
                blocked=gates["blocked"],
                suppressed=gates["suppressed"],
            )
        )
        if self.env.cr.rowcount:
            self.invalidate_recordset(["state", "exclusion"])
        return self.env.cr.rowcount

    @api.model
    def _include_unblocked(self, numbers):
        """Return contacts to the line who had left it since their number was blocked.

        :param list numbers: in E.164
        """
        of_client = Domain("lead_id.phone_sanitized", "=", False) & Domain(
            "lead_id.partner_id.phone_sanitized", "in", numbers
        )
        entries = self.sudo().search(
            Domain([("exclusion", "=", "do_not_call"), ("state", "=", "excluded")])
            & (Domain("lead_id.phone_sanitized", "in", numbers) | of_client)
        )
        for entry in entries.filtered(lambda entry: entry.lead_id._is_callable()):
            entry.write({"state": "waiting" if entry.next_call_at else "ready", "exclusion": False})


class PhoneBlacklist(models.Model):
    _inherit = "phone.blacklist"

    def write(self, vals):
        res = super().write(vals)
        if "active" in vals and not vals["active"]:
            self.env["crm.call.entry"]._include_unblocked(self.mapped("number"))
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_include_unblocked(self):
        self.env["crm.call.entry"]._include_unblocked(self.mapped("number"))
