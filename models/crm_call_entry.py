from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

STATES = [
    ("ready", "Ready"),
    ("waiting", "Waiting"),
    ("claimed", "In a Call"),
    ("done", "Done"),
    ("excluded", "Taken Out"),
]
EXCLUSIONS = [
    ("closed", "The lead is closed"),
    ("do_not_call", "Does not want to be called"),
    ("suppressed", "Asked to be erased"),
    ("company", "The lead went to another company"),
    ("hand", "Taken out by hand"),
]
# How long a contact stays with whoever took it. The open call prolongs it every minute; a closed browser does not.
LEASE = timedelta(minutes=5)
# by coordinators; the rest changes by calls
CHANGEABLE = {"priority", "next_call_at", "recall_user_id"}
# what a call changes, and a take-back restores
CHANGED_BY_CALL = (
    "state",
    "next_call_at",
    "date_queued",
    "is_recall",
    "recall_user_id",
    "attempts",
    "exclusion",
)


class CrmCallEntry(models.Model):
    """A contact in the queue of a campaign, or a call back outside of any.

    Who is called next is decided by :meth:`crm.call.campaign._claim_next`; the indexes are made for it.
    """

    _name = "crm.call.entry"
    _description = "Contact to Call"
    _order = "priority desc, date_queued, id"
    _rec_name = "lead_id"

    campaign_id = fields.Many2one(
        "crm.call.campaign",
        "Campaign",
        ondelete="cascade",
        readonly=True,
        help="Empty for a call back outside of campaigns.",
    )
    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, precompute=True, export_string_translation=False
    )
    state = fields.Selection(STATES, default="ready", required=True, readonly=True)
    priority = fields.Integer(help="Contacts of a higher priority are called first.")
    next_call_at = fields.Datetime("Next Call", readonly=True)
    # what due contacts and those of one priority are sorted by: put back by a call that was stopped
    date_queued = fields.Datetime(
        "In Line Since",
        compute="_compute_date_queued",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        default=fields.Datetime.now,
    )
    is_recall = fields.Boolean("Call Back", readonly=True, help="The customer was told when they are called.")
    recall_user_id = fields.Many2one(
        "res.users", "Called Back By", ondelete="set null", readonly=True, help="Empty: anybody may call back."
    )
    attempts = fields.Integer(readonly=True, help="Calls made in this campaign.")
    exclusion = fields.Selection(EXCLUSIONS, "Taken Out Because", readonly=True)
    zone_id = fields.Many2one(
        "crm.call.zone",
        "Time Zones",
        compute="_compute_zone_id",
        store=True,
        precompute=True,
        required=True,
        ondelete="restrict",
        help="Those of the phone number, else of the address, else of the company. Where several are possible it has "
        "to be the right hour in all of them.",
    )
    claimed_by_id = fields.Many2one("res.users", "Taken By", ondelete="set null", readonly=True)
    claimed_until = fields.Datetime("Taken Until", readonly=True)
    call_ids = fields.One2many("crm.call", "entry_id", "Calls", readonly=True)
    outcome_id = fields.Many2one(
        "crm.call.outcome", "Last Outcome", compute="_compute_outcome_id", store=True, ondelete="set null"
    )

    # Of the lead, for lists
    lead_phone = fields.Char(related="lead_id.phone", string="Phone")
    lead_user_id = fields.Many2one(related="lead_id.user_id", string="Salesperson")

    _campaign_lead_uniq = models.UniqueIndex(
        "(campaign_id, lead_id) WHERE campaign_id IS NOT NULL", "A lead is in a campaign only once."
    )
    _lead_uniq = models.UniqueIndex(
        "(lead_id) WHERE campaign_id IS NULL", "A lead has only one call back outside of campaigns."
    )
    # Fresh contacts, by campaign and time zone in the order in which they are called
    _ready_idx = models.Index("(campaign_id, zone_id, priority DESC, date_queued, id) WHERE state = 'ready'")
    # Call backs and further attempts
    _waiting_idx = models.Index("(campaign_id, zone_id, is_recall, date_queued, id) WHERE state = 'waiting'")
    _own_idx = models.Index("(recall_user_id, date_queued, id) WHERE state = 'waiting' AND recall_user_id IS NOT NULL")
    _claimed_idx = models.Index("(claimed_until, claimed_by_id) WHERE state = 'claimed'")

    # ------------------------------------------------------------
    # COMPUTES AND CONSTRAINTS
    # ------------------------------------------------------------

    @api.depends("campaign_id.company_id", "lead_id.company_id")
    def _compute_company_id(self):
        for entry in self:
            entry.company_id = entry.campaign_id.company_id or entry.lead_id.company_id

    @api.depends("call_ids.outcome_id")
    def _compute_outcome_id(self):
        for entry in self:
            entry.outcome_id = entry.call_ids[:1].outcome_id

    @api.depends("next_call_at")
    def _compute_date_queued(self):
        for entry in self:
            entry.date_queued = entry.next_call_at or entry.date_queued or fields.Datetime.now()

    @api.depends(
        "lead_id.phone_sanitized",
        "lead_id.country_id",
        "lead_id.state_id",
        "lead_id.partner_id.phone_sanitized",
        "lead_id.partner_id.country_id",
    )
    def _compute_zone_id(self):
        zones = self.env["crm.call.zone"].sudo()
        zones_by_lead = zones._map_lead_zones(self.lead_id)
        ids = zones._get_ids(zones_by_lead.values())
        for entry in self:
            entry.zone_id = ids[zones_by_lead[entry.lead_id.id]]

    @api.constrains("campaign_id", "lead_id")
    def _check_lead_company(self):
        for entry in self.sudo():
            companies = entry.lead_id.company_id | entry.campaign_id.company_id
            if len(companies) > 1:
                raise ValidationError(
                    self.env._(
                        "The campaign “%(campaign)s” belongs to another company than %(lead)s.",
                        campaign=entry.campaign_id.name,
                        lead=entry.lead_id.display_name,
                    )
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and vals.keys() - CHANGEABLE:
            raise UserError(
                self.env._(
                    "Of a contact only the priority can be changed, and of a call back who makes it and when. Take the "
                    "contact out, return it, or call it."
                )
            )
        return super().write(vals)

    # ------------------------------------------------------------
    # CLAIMS
    # ------------------------------------------------------------

    def _is_with(self, user):
        """Whether this contact is with ``user`` now."""
        return self.state == "claimed" and self.claimed_by_id == user and self.claimed_until >= fields.Datetime.now()

    def _is_with_another(self, user):
        """Whether another one than ``user`` is in a call with this contact."""
        return self.state == "claimed" and self.claimed_by_id != user and self.claimed_until >= fields.Datetime.now()

    def _claim(self):
        """Take this contact for the user, whether it is its turn or not.

        :raise UserError: when somebody else has it
        """
        self.ensure_one()
        self._lock()
        self._check_not_with_another()
        self.sudo().write(self._prepare_claim_values(self.env.user))

    def _prepare_claim_values(self, user):
        return {"state": "claimed", "claimed_by_id": user.id, "claimed_until": fields.Datetime.now() + LEASE}

    def _lock(self):
        """Wait for whoever changes this contact at the moment. If it is another one then, Odoo repeats the request."""
        self.env.cr.execute(SQL("SELECT FROM crm_call_entry WHERE id = ANY(%s) FOR NO KEY UPDATE", self.ids))
        self.invalidate_recordset()

    def _check_not_with_another(self):
        entry = self.sudo()
        if entry._is_with_another(self.env.user):
            raise UserError(
                self.env._(
                    "%(user)s is in a call with %(lead)s. Take the next contact.",
                    user=entry.claimed_by_id.name,
                    lead=entry.lead_id.display_name,
                )
            )

    @api.model
    def _release_lapsed(self):
        """Give back contacts whose call was neither confirmed nor stopped: the browser was closed. Who had taken them
        stays noted: that call can still be confirmed while nobody else has taken its contact."""
        self.flush_model(["state", "claimed_until"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_call_entry
                   SET state = CASE WHEN next_call_at IS NULL THEN 'ready' ELSE 'waiting' END
                 WHERE id IN (SELECT id FROM crm_call_entry
                               WHERE state = 'claimed' AND claimed_until < %s
                                 FOR UPDATE SKIP LOCKED)
                """,
                fields.Datetime.now(),
            )
        )
        if self.env.cr.rowcount:
            self.invalidate_model(["state"])

    def _prepare_return_values(self):
        """Back in line as it was, behind the others."""
        return {
            "state": "waiting" if self.next_call_at else "ready",
            "date_queued": fields.Datetime.now(),
            "claimed_by_id": False,
            "claimed_until": False,
        }

    def _give_back(self):
        """Return contacts without a call: their attempts stay, others of their priority come first."""
        for entry in self.sudo():
            entry.write(entry._prepare_return_values())

    @api.model
    def _prolong_claim(self, entry_id):
        """Called by the open call once a minute.

        :return: whether the contact is still the user's
        """
        entry = self.sudo().browse(entry_id).exists()
        is_mine = entry.state == "claimed" and entry.claimed_by_id == self.env.user
        if is_mine:
            entry.claimed_until = fields.Datetime.now() + LEASE
        return is_mine

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    def _get_outside(self, lead):
        """The one contact of a lead that stands for call backs outside of campaigns, made where it is missing."""
        entries = self.sudo()
        return entries.search([("lead_id", "=", lead.id), ("campaign_id", "=", False)]) or entries.create(
            {"lead_id": lead.id, "state": "done"}
        )

    def _is_promised_before(self, other):
        """Whether somebody expects a call back of this contact, and none or a later one of the other."""

        def promised(entry):
            return entry.is_recall and entry.state in ("waiting", "claimed")

        return promised(self) and (not promised(other) or self.next_call_at < other.next_call_at)

    @api.model
    def _follow_leads(self, leads):
        """Take leads that were closed out of the queues, and return those that were opened again."""
        entries = self.sudo().search([("lead_id", "in", leads.ids), ("state", "in", ("ready", "waiting", "excluded"))])
        closed = entries.filtered(lambda entry: not entry.lead_id._is_callable())
        closed.filtered(lambda entry: entry.state != "excluded").write({"state": "excluded", "exclusion": "closed"})
        for entry in (entries - closed).filtered(lambda entry: entry.exclusion == "closed"):
            entry.write({"state": "waiting" if entry.next_call_at else "ready", "exclusion": False})

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_call(self):
        """Take this contact and open its call.

        :return: a window action
        :raise UserError: when somebody else has it, it has left the queue, or its number is blocked
        """
        self.ensure_one()
        self.check_access("read")
        if self.state in ("done", "excluded"):
            raise UserError(
                self.env._("%(lead)s is no longer in line. Call from the lead.", lead=self.sudo().lead_id.display_name)
            )
        self.sudo().lead_id.with_env(self.env)._check_call_block()
        self._claim()
        return self.env["crm.call.wizard"]._get_action(self.lead_id, self)

    def action_exclude(self):
        """Take contacts out of their queue by hand."""
        self.check_access("write")
        self.filtered(lambda entry: entry.state in ("ready", "waiting")).sudo().write(
            {"state": "excluded", "exclusion": "hand"}
        )

    def action_include(self):
        """Return contacts to the queue that were taken out or are done."""
        self.check_access("write")
        entries = self.sudo().filtered(lambda entry: entry.state in ("excluded", "done"))
        closed = entries.lead_id.filtered(lambda lead: not lead._is_callable())
        if closed:
            raise UserError(
                self.env._(
                    "These leads are closed. Restore them first: %(leads)s",
                    leads=", ".join(closed[:5].mapped("display_name")),
                )
            )
        entries.write(
            {
                "state": "ready",
                "exclusion": False,
                "next_call_at": False,
                "is_recall": False,
                "recall_user_id": False,
                "date_queued": fields.Datetime.now(),
            }
        )
