from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.call_hours import main_zone
from ..models.crm_call_outcome import SCOPES
from ..models.crm_call_recall import LAST_YEAR


class CrmCallWizard(models.TransientModel):
    """A call that is going on. Until its outcome is confirmed nothing of it is anywhere but here."""

    _name = "crm.call.wizard"
    _description = "Call"
    _transient_max_hours = 24  # a talk may last longer than Odoo's hour

    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade")
    entry_id = fields.Many2one(
        "crm.call.entry",
        "Contact",
        compute="_compute_entry_id",
        compute_sudo=True,
        store=True,
        readonly=False,
        ondelete="cascade",
    )
    campaign_id = fields.Many2one(related="entry_id.campaign_id")
    attempts = fields.Integer(
        compute="_compute_attempts",
        compute_sudo=True,
        store=True,
        export_string_translation=False,
        help="Of the contact when the dialog was opened: one more means that it was called by another one.",
    )
    date_start = fields.Datetime(default=fields.Datetime.now, required=True)
    outcome_id = fields.Many2one(
        "crm.call.outcome", "Outcome", ondelete="cascade", domain="[('id', 'in', available_outcome_ids)]"
    )
    available_outcome_ids = fields.Many2many(
        "crm.call.outcome", compute="_compute_available_outcome_ids", compute_sudo=True
    )
    kind = fields.Selection(related="outcome_id.kind")
    notes = fields.Text()
    answer_ids = fields.One2many(
        "crm.call.wizard.answer",
        "wizard_id",
        "Script",
        compute="_compute_answer_ids",
        compute_sudo=True,
        store=True,
        readonly=False,
    )
    # Call back: typed by the customer's clock
    is_retry = fields.Boolean(compute="_compute_is_retry", export_string_translation=False)
    recall_at = fields.Datetime("Call Back At")
    recall_date = fields.Date(
        "Day", compute="_compute_recall_parts", inverse="_inverse_recall_parts", help="By the customer's clock."
    )
    recall_hour = fields.Float(
        "Time", compute="_compute_recall_parts", inverse="_inverse_recall_parts", help="By the customer's clock."
    )
    recall_scope = fields.Selection(
        SCOPES, "Who Calls Back", compute="_compute_recall_scope", store=True, readonly=False
    )
    time_zone = fields.Char("Customer's Time Zone", compute="_compute_time_zone", compute_sudo=True)
    reason = fields.Char("Why Now", compute="_compute_reason", compute_sudo=True)

    @api.depends("lead_id")
    def _compute_entry_id(self):
        for wizard in self:
            lead = wizard.lead_id._origin.sudo(False)._filtered_access("read")
            wizard.entry_id = lead._get_entry_to_call()

    @api.depends("entry_id")
    def _compute_attempts(self):
        for wizard in self:
            wizard.attempts = wizard.entry_id.attempts

    @api.depends("campaign_id", "lead_id")
    def _compute_available_outcome_ids(self):
        for wizard in self:
            company = wizard.entry_id.company_id or wizard.lead_id.company_id or self.env.company
            wizard.available_outcome_ids = wizard.campaign_id.outcome_ids.filtered("active") or self.env[
                "crm.call.outcome"
            ].search([("company_id", "in", (False, company.id))])

    @api.depends("campaign_id")
    def _compute_answer_ids(self):
        for wizard in self:
            wizard.answer_ids = [
                Command.clear(),
                *(Command.create({"step_id": step.id}) for step in wizard.campaign_id.step_ids),
            ]

    @api.depends("outcome_id")
    def _compute_is_retry(self):
        for wizard in self:
            wizard.is_retry = wizard.kind == "recall" and bool(wizard.outcome_id._get_retry_delays())

    @api.depends("outcome_id")
    def _compute_recall_scope(self):
        for wizard in self:
            scope = wizard.outcome_id.recall_scope
            wizard.recall_scope = scope if scope != "ask" else False

    @api.depends("lead_id")
    def _compute_time_zone(self):
        zones = self.env["crm.call.zone"]._map_lead_zones(self.lead_id)
        for wizard in self:
            wizard.time_zone = main_zone(zones.get(wizard.lead_id.id, ("UTC",)))

    @api.depends("recall_at", "time_zone")
    def _compute_recall_parts(self):
        for wizard in self:
            moment = wizard.recall_at and wizard._to_local(wizard.recall_at)
            wizard.recall_date = moment and moment.date()
            wizard.recall_hour = moment and moment.hour + moment.minute / 60

    @api.onchange("recall_date", "recall_hour")
    def _inverse_recall_parts(self):
        for wizard in self:
            wizard.recall_at = wizard.recall_date and wizard._from_local(wizard.recall_date, wizard.recall_hour)

    @api.depends("entry_id", "date_start")
    @api.depends_context("uid", "lang", "tz")
    def _compute_reason(self):
        for wizard in self:
            if wizard.entry_id:
                wizard.reason = wizard.entry_id._get_turn(self.env.user, wizard.date_start)
            else:
                wizard.reason = self.env._("Opened from the lead, out of turn.")

    def _to_local(self, moment):
        """A moment in UTC by the customer's clock, naive."""
        return pytz.utc.localize(moment).astimezone(pytz.timezone(self.time_zone)).replace(tzinfo=None)

    def _from_local(self, date, hour):
        """A day and an hour by the customer's clock as a moment in UTC. An hour that the clock leaves out is the one
        after it."""
        if not 1900 < date.year < LAST_YEAR:
            raise UserError(self.env._("%(day)s is no day on which anybody is called.", day=date))
        local = datetime.combine(date, time()) + timedelta(minutes=round(hour * 60))
        zone = pytz.timezone(self.time_zone)
        return zone.normalize(zone.localize(local)).astimezone(pytz.utc).replace(tzinfo=None)

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        wizards._check_lead_access()
        return wizards

    def write(self, vals):
        res = super().write(vals)
        if not {"lead_id", "entry_id"}.isdisjoint(vals):
            self._check_lead_access()
        return res

    def _check_lead_access(self):
        """Who opens a call by hand has to see its lead; the queue opens it for whom it gives a contact to.

        :raise AccessError: for a lead that the user may not see
        """
        if self.env.su:
            return
        for wizard in self:
            entry = wizard.sudo().entry_id
            if entry and entry.lead_id != wizard.sudo().lead_id:
                raise UserError(self.env._("This contact is another lead's."))
            if not (entry.state == "claimed" and entry.claimed_by_id == self.env.user):
                wizard.lead_id.check_access("read")

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    @api.model
    def _get_action(self, lead, entry):
        """The dialog of a call that begins now.

        :param lead: single crm.lead
        :param entry: the crm.call.entry that is called, or an empty set
        :return: a window action
        """
        wizard = self.sudo().create({"lead_id": lead.id, **({"entry_id": entry.id} if entry else {})})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Call"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def _fill(self, draft):
        """Give the dialog of a call that was taken back what was in it.

        :param dict draft: ``date_start``, ``notes``, ``answers`` (``{step id: text}``)
        """
        self.write({"date_start": draft["date_start"], "notes": draft["notes"]})
        for answer in self.answer_ids:
            answer._set_text(draft["answers"].get(answer.step_id.id))

    def action_confirm(self):
        """Write the call and all that its outcome does, in this transaction.

        :return: the action that says so, closes the dialog and goes on with the next contact of the campaign
        :raise UserError: when something is missing, a time can't be kept, or somebody else has taken the contact
        """
        self.ensure_one()
        lead, entry = self.lead_id, self.sudo().entry_id.with_env(self.env)
        lead._check_call_operator()
        if entry:
            entry._lock()
            self._check_still_mine(entry)
        if entry.sudo().claimed_by_id != self.env.user:
            lead.check_access("read")
        self._check_outcome()
        call = self.env["crm.call"]._record(lead, entry, self.outcome_id, self._prepare_call_values(), self)
        self.sudo().unlink()
        return {
            "type": "ir.actions.client",
            "tag": "crm_call_next_contact",
            "params": {
                "campaign_id": call.sudo().campaign_id.id,
                "call_id": call.id,
                "outcome": call.sudo()._get_saved_name(),
                "notice": call.sudo()._get_notice(),
                "take_back_minutes": call.sudo().company_id.call_take_back_minutes,
            },
        }

    def _prepare_call_values(self):
        recall_at = self.kind == "recall" and self.recall_at
        now = fields.Datetime.now()
        longest = timedelta(hours=self._transient_max_hours)
        return {
            # a dialog that was restored in the browser brings its own
            "date_start": min(max(self.date_start, now - longest), now),
            "notes": self.notes,
            "recall_at": recall_at,
            "recall_scope": recall_at and self.recall_scope,
            "answer_ids": [
                Command.create(answer._prepare_answer_values()) for answer in self.answer_ids if answer._get_text()
            ],
        }

    def _check_still_mine(self, entry):
        """
        :raise UserError: when the contact went to somebody else while this dialog was left open
        """
        entry._check_not_with_another()
        contact = entry.sudo()
        if contact.attempts != self.attempts:
            raise UserError(
                self.env._(
                    "%(user)s has called %(lead)s since you opened this call. Stop it and take the next contact.",
                    user=contact.call_ids[:1].user_id.name or self.env._("Somebody else"),
                    lead=contact.lead_id.display_name,
                )
            )

    def _check_outcome(self):
        """
        :raise UserError: in words, for what the outcome needs and is not there
        """
        if not self.outcome_id:
            raise UserError(self.env._("Choose how the call ended."))
        if self.outcome_id not in self.available_outcome_ids:
            raise UserError(
                self.env._(
                    "“%(outcome)s” is no outcome of this campaign. Choose one of: %(outcomes)s",
                    outcome=self.outcome_id.name,
                    outcomes=", ".join(self.available_outcome_ids.mapped("name")),
                )
            )
        getattr(self, f"_check_{self.kind}")()

    def _check_negative(self):
        """Nothing is needed."""

    def _check_closing(self):
        """What the sale needs."""

    def _check_recall(self):
        if not self.recall_at and self.is_retry:
            return
        entry = self.sudo().entry_id
        entry._check_calls_left()
        entry._check_recall_at(self.recall_at, self.time_zone)
        if not self.recall_scope:
            raise UserError(self.env._("Choose who calls back: only you, or anybody."))

    def action_stop(self):
        """Leave the call without an outcome: nothing of it stays, the contact goes back in line behind the others."""
        self.check_access("write")
        for wizard in self:
            entry = wizard.sudo().entry_id.with_env(self.env)
            if entry and entry.sudo()._is_with(self.env.user):
                entry._give_back()
        self.sudo().unlink()
        return {"type": "ir.actions.act_window_close"}
