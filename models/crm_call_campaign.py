from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .own_transaction import own_transaction

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
    # QUEUE
    # ------------------------------------------------------------

    def add_leads(self, leads):
        """Add leads to the queue, in the caller's transaction. None is added twice; closed ones are left out,
        and those of people who asked to be erased.

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
        leads = leads.filtered(lambda lead: lead._is_callable() and not lead.is_suppressed)
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
                leads=leads.ids,
                zones=[zone_ids[zones_by_lead[lead_id]] for lead_id in leads.ids],
                now=fields.Datetime.now(),
                user=self.env.uid,
            )
        )
        entries = self.env["crm.call.entry"].browse(id_ for (id_,) in self.env.cr.fetchall())
        self.invalidate_recordset(["entry_ids"])
        leads.invalidate_recordset(["call_entry_ids"])
        return entries

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
        with own_transaction(self) as campaigns:
            entry = (campaigns._get_unfinished(user) or campaigns._claim_next(user)).sudo()
            # the dialog too: this request's own transaction may have begun before the claim, and could not refer to it
            action = entry and campaigns.env["crm.call.wizard"]._get_action(entry.lead_id, entry)
        return action or self._get_nobody_notice()

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
        if entry.lead_id._get_call_block_notice():
            # whoever has its dialog still open can confirm it
            entry.write({**entry._prepare_return_values(), "claimed_by_id": user.id})
            return entry.browse()
        return entry

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
