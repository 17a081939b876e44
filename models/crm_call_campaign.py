from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.modules import module
from odoo.tools import SQL

from .call_hours import CallingHours, day_start

STATES = [("draft", "Draft"), ("running", "Running"), ("paused", "Paused"), ("done", "Done")]


class CrmCallCampaign(models.Model):
    """Whom to call, by whom, when and with which words."""

    _name = "crm.call.campaign"
    _description = "Call Campaign"
    _inherit = ["mail.thread"]
    _order = "state_order, name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", "Company", required=True, default=lambda self: self.env.company, index=True
    )
    state = fields.Selection(STATES, default="draft", required=True, readonly=True, copy=False, tracking=True)
    state_order = fields.Integer(
        compute="_compute_state_order", store=True, export_string_translation=False, precompute=True
    )
    user_ids = fields.Many2many(
        "res.users",
        "crm_call_campaign_user_rel",
        "campaign_id",
        "user_id",
        string="Operators",
        check_company=True,
        domain="[('share', '=', False)]",
        help="Who takes contacts of this campaign. Empty: every call operator of the company.",
    )
    outcome_ids = fields.Many2many(
        "crm.call.outcome", string="Outcomes", check_company=True, help="How its calls can end. Empty: all outcomes."
    )
    step_ids = fields.One2many("crm.call.campaign.step", "campaign_id", "Script", copy=True)
    entry_ids = fields.One2many("crm.call.entry", "campaign_id", "Contacts")
    call_ids = fields.One2many("crm.call", "campaign_id", "Calls")
    # When
    window_ids = fields.One2many(
        "crm.call.window",
        "campaign_id",
        "Calling Hours",
        copy=True,
        help="By the clock of the person called. Empty: at any time.",
    )
    skip_holidays = fields.Boolean(
        "Not on Public Holidays", default=True, help="The public holidays of the company's working hours."
    )
    # How often
    max_calls_day = fields.Integer("Calls a Day", help="How often a contact is tried on one day. 0: no limit.")
    max_calls_24h = fields.Integer(
        "Calls in 24 Hours", help="How often a contact is tried in any 24 hours. 0: no limit."
    )
    max_calls = fields.Integer("Calls in All", help="How often a contact is tried in this campaign. 0: no limit.")

    _caps_positive = models.Constraint(
        "CHECK (max_calls_day >= 0 AND max_calls_24h >= 0 AND max_calls >= 0)",
        "A limit of calls can't be below 0. Enter 0 for no limit.",
    )

    @api.depends("state")
    def _compute_state_order(self):
        order = ("running", "paused", "draft", "done")
        for campaign in self:
            campaign.state_order = order.index(campaign.state)

    # ------------------------------------------------------------
    # HOURS
    # ------------------------------------------------------------

    def _get_hours(self):
        """When contacts of this campaign may be called.

        :return: :class:`CallingHours`; at any time without a campaign
        """
        windows = [(int(window.weekday), window.hour_from, window.hour_to) for window in self.window_ids]
        return CallingHours(windows, self._get_holidays() if self.skip_holidays else ())

    def _get_holidays(self):
        """The company's public holidays from yesterday on, by the clock of its working hours.

        :return: list of (start, stop) naive local datetimes
        """
        calendar = self.company_id.resource_calendar_id
        leaves = self.env["resource.calendar.leaves"].sudo().search(
            [
                ("resource_id", "=", False),
                ("calendar_id", "in", (False, calendar.id)),
                ("company_id", "in", (False, self.company_id.id)),
                ("date_to", ">=", fields.Datetime.now() - timedelta(days=2)),
            ]
        )  # fmt: skip
        in_zone = leaves.with_context(tz=calendar.tz or "UTC")

        def local(moment):
            return fields.Datetime.context_timestamp(in_zone, moment).replace(tzinfo=None)

        # a day that is entered until 23:59:59 ends with the day
        return [(local(leave.date_from), local(leave.date_to) + timedelta(seconds=1)) for leave in in_zone]

    # ------------------------------------------------------------
    # QUEUE
    # ------------------------------------------------------------

    def add_leads(self, leads):
        """Add leads to the queue, in the caller's transaction. None is added twice; closed ones are left out.

        :param leads: crm.lead, as many as you like
        :return: the crm.call.entry that were added
        :raise AccessError: for leads that the user may not see
        """
        self.ensure_one()
        self.check_access("write")
        leads.check_access("read")
        foreign = leads.filtered(lambda lead: lead.company_id and lead.company_id != self.company_id)
        if foreign:
            raise UserError(
                self.env._(
                    "The campaign “%(campaign)s” belongs to %(company)s, these leads do not: %(leads)s",
                    campaign=self.name,
                    company=self.company_id.name,
                    leads=", ".join(foreign[:5].mapped("display_name")),
                )
            )
        leads = leads.filtered(lambda lead: lead._is_callable())
        zones = self.env["crm.call.zone"].sudo()
        zones_by_lead = zones._map_lead_zones(leads)
        zone_ids = zones._get_ids(zones_by_lead.values())
        self.env["crm.call.entry"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_call_entry (campaign_id, company_id, lead_id, zone_id, state, priority, attempts,
                                            is_recall, date_queued, create_uid, create_date, write_uid, write_date)
                SELECT %(campaign)s, %(company)s, lead_id, zone_id, 'ready', 0, 0, FALSE, %(now)s, %(user)s, %(now)s,
                       %(user)s, %(now)s
                  FROM unnest(%(leads)s::int[], %(zones)s::int[]) AS row(lead_id, zone_id)
                    ON CONFLICT DO NOTHING
             RETURNING id
                """,
                campaign=self.id,
                company=self.company_id.id,
                leads=list(zones_by_lead),
                zones=[zone_ids[names] for names in zones_by_lead.values()],
                now=fields.Datetime.now(),
                user=self.env.uid,
            )
        )
        entries = self.env["crm.call.entry"].browse(id_ for (id_,) in self.env.cr.fetchall())
        self.invalidate_recordset(["entry_ids"])
        leads.invalidate_recordset(["call_entry_ids"])
        return entries

    def _get_of_user(self, user):
        """Those of the campaigns that run and that ``user`` takes contacts of."""
        return self.sudo().filtered(
            lambda campaign: campaign.state == "running"
            and campaign.active
            and (not campaign.user_ids or user in campaign.user_ids)
            and campaign.company_id in user.company_ids
        )

    @api.private
    def _claim_next(self, user):
        """Take the contact that is to be called next out of the queues of these campaigns.

        In this order: call backs that ``user`` has promised and that are due, in a campaign or not; those that anybody
        may make; further attempts that are due; fresh contacts by priority, then by how long they are in line. Only
        such count whose customers may be called at this hour, often enough and at all. Rivals never wait for each
        other and never get the same contact: each locks the first one that is free.

        :param user: single res.users
        :return: the claimed crm.call.entry, or an empty set
        """
        entries = self.env["crm.call.entry"].sudo()
        entries._release_lapsed()
        self.env.flush_all()
        now = fields.Datetime.now()
        claim = entries._prepare_claim_values(user)
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_call_entry
                   SET state = %s, claimed_by_id = %s, claimed_until = %s
                 WHERE id = (%s)
             RETURNING id
                """,
                claim["state"],
                claim["claimed_by_id"],
                claim["claimed_until"],
                self._get_of_user(user)._select_next(user, now),
            )
        )
        entry = entries.browse(id_ for (id_,) in rows)
        entry.invalidate_recordset()
        return entry.with_env(self.env)

    def _get_open_zones(self, now):
        """For each campaign the time zones in which it calls now.

        :return: list of (campaign id, zone id, start of the contact's day)
        """
        zones = self.env["crm.call.zone"]._get_all()
        return [
            (campaign.id, zone_id, day_start(now, names))
            for campaign in self
            for hours in [campaign._get_hours()]
            for zone_id, names in zones.items()
            if hours.is_open(now, names)
        ]

    def _select_next(self, user, now):
        """The id of the contact to claim, locked, as a query. See :meth:`_claim_next`."""
        open_zones = self._get_open_zones(now)
        open_now = SQL(
            "(SELECT * FROM unnest(%s::int[], %s::int[], %s::timestamp[]) AS row(campaign_id, zone_id, day_start))",
            *([row[column] for row in open_zones] for column in range(3)),
        )
        released = SQL(
            """
            (entry.recall_user_id IS NULL
             OR entry.next_call_at <= %s - make_interval(mins => (
                    SELECT NULLIF(company.call_release_minutes, 0) FROM res_company company
                     WHERE company.id = COALESCE(entry.company_id, %s)))
             OR NOT EXISTS (SELECT FROM res_users owner WHERE owner.id = entry.recall_user_id AND owner.active))
            """,
            now,
            self.env.company.id,
        )
        own = SQL("entry.recall_user_id = %s", user.id)
        outside = SQL(
            "entry.campaign_id IS NULL AND COALESCE(entry.company_id = ANY(%s), TRUE) AND %s",
            user.company_ids.ids,
            released,
        )
        due = SQL("entry.state = 'waiting' AND entry.date_queued <= %s AND entry.next_call_at <= %s", now, now)
        by_time = SQL("date_queued, id")
        queues = (
            self._select_recall(SQL("%s AND (%s OR %s)", due, own, outside), own, open_now, now),
            self._select_first(SQL("%s AND entry.is_recall AND %s", due, released), by_time, open_now, now),
            self._select_first(SQL("%s AND NOT entry.is_recall AND %s", due, released), by_time, open_now, now),
            self._select_first(SQL("entry.state = 'ready'"), SQL("priority DESC, date_queued, id"), open_now, now),
        )
        # PostgreSQL asks one after the other, and none any more once there is a row
        return SQL(
            "%s LIMIT 1", SQL(" UNION ALL ").join(SQL("SELECT id FROM (%s) AS queue", query) for query in queues)
        )

    def _select_recall(self, condition, own, open_now, now):
        """The first call back of one operator, then that of no campaign which anybody may make."""
        return SQL(
            """
            SELECT entry.id
              FROM crm_call_entry entry
              JOIN crm_lead lead ON lead.id = entry.lead_id
              LEFT JOIN crm_call_campaign campaign ON campaign.id = entry.campaign_id
              LEFT JOIN %(open_now)s open ON open.campaign_id = entry.campaign_id AND open.zone_id = entry.zone_id
             WHERE %(condition)s
               AND (entry.campaign_id IS NULL OR open.campaign_id IS NOT NULL)
               AND %(gates)s
             ORDER BY %(own)s IS NOT TRUE, entry.date_queued, entry.id
             LIMIT 1
               FOR UPDATE OF entry SKIP LOCKED
            """,
            open_now=open_now,
            condition=condition,
            own=SQL("(%s)", own),
            gates=self._get_gates(now),
        )

    def _select_first(self, condition, order, open_now, now):
        """The first contact in line that may be called: the first one of each time zone, then of these the first."""
        return SQL(
            """
            SELECT first.id
              FROM %(open_now)s open
              JOIN crm_call_campaign campaign ON campaign.id = open.campaign_id AND campaign.state = 'running'
             CROSS JOIN LATERAL (
                SELECT entry.id, entry.priority, entry.date_queued
                  FROM crm_call_entry entry
                  JOIN crm_lead lead ON lead.id = entry.lead_id
                 WHERE entry.campaign_id = open.campaign_id AND entry.zone_id = open.zone_id
                   AND %(condition)s AND %(gates)s
                 ORDER BY %(order)s
                 LIMIT 1
                   FOR UPDATE OF entry SKIP LOCKED
             ) first
             ORDER BY %(order)s
             LIMIT 1
            """,
            open_now=open_now,
            condition=condition,
            order=order,
            gates=self._get_gates(now),
        )

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_start(self):
        """Let operators take contacts."""
        self._set_state("running")

    def action_pause(self):
        """Give out no more contacts until it is started again. Calls that are going on can be confirmed."""
        self._set_state("paused")

    def action_finish(self):
        self._set_state("done")

    def _set_state(self, state):
        self.check_access("write")
        self.sudo().state = state

    def next_contact(self):
        """Take the next contact of these campaigns and open its call; the one that the user has not finished first.

        :return: a window action, or a notification that there is nobody to call and why
        :raise AccessError: for who is no operator of the campaigns
        """
        user = self.env.user
        self.env["crm.lead"]._check_call_operator()
        with self._own_transaction() as campaigns:
            entry_id = (campaigns._get_unfinished(user) or campaigns._claim_next(user)).id
        if not entry_id:
            return self._get_nobody_notice()
        entry = self.env["crm.call.entry"].sudo().browse(entry_id)
        return self.env["crm.call.wizard"]._get_action(entry.lead_id, entry)

    @api.model
    def action_next_contact(self):
        """Take the next contact of all campaigns that the user calls for."""
        return self.search([("state", "=", "running")])._get_of_user(self.env.user).with_env(self.env).next_contact()

    def _get_unfinished(self, user):
        """The contact that the user has taken and neither confirmed nor stopped, after the page was loaded again. One
        whose number has been blocked since goes back."""
        entry = self.env["crm.call.entry"].sudo().search(
            [
                ("state", "=", "claimed"),
                ("claimed_by_id", "=", user.id),
                ("claimed_until", ">=", fields.Datetime.now()),
                ("campaign_id", "in", [False, *self.ids]),
            ],
            order="claimed_until desc",
            limit=1,
        )  # fmt: skip
        if entry.lead_id._get_call_block():
            # whoever has its dialog still open can confirm it
            entry.write({**entry._prepare_return_values(), "claimed_by_id": user.id})
            return entry.browse()
        return entry

    @contextmanager
    def _own_transaction(self):
        """These campaigns in a short transaction of its own. It reads what is committed when each of its statements
        begins, where Odoo's would fail and be repeated if a rival has claimed in the meantime."""
        if module.current_test:  # all in one transaction, which the test rolls back
            yield self
            return
        with self.env.registry.cursor() as cr:
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            yield self.with_env(self.env(cr=cr))

    def _get_nobody_notice(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.env._("Nobody to call now"),
                "message": self._get_nobody_reason(),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class CrmCallWindow(models.Model):
    """Hours of a weekday in which contacts may be called, by their own clock."""

    _name = "crm.call.window"
    _description = "Calling Hours"
    _order = "weekday, hour_from"

    campaign_id = fields.Many2one("crm.call.campaign", required=True, ondelete="cascade", index=True)
    weekday = fields.Selection(
        [
            ("0", "Monday"),
            ("1", "Tuesday"),
            ("2", "Wednesday"),
            ("3", "Thursday"),
            ("4", "Friday"),
            ("5", "Saturday"),
            ("6", "Sunday"),
        ],
        required=True,
        default="0",
    )
    hour_from = fields.Float("From", required=True, default=9)
    hour_to = fields.Float("To", required=True, default=20)

    @api.constrains("hour_from", "hour_to")
    def _check_hours(self):
        for window in self:
            if not 0 <= window.hour_from < window.hour_to <= 24:
                raise ValidationError(self.env._("Calling hours begin before they end, between 00:00 and 24:00."))
