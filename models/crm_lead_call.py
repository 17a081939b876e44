from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_datetime

from .crm_client_phone import is_phone


class CrmLead(models.Model):
    """Calls of a lead, and its places in the queues."""

    _inherit = "crm.lead"

    call_ids = fields.One2many("crm.call", "lead_id", "Calls", readonly=True, copy=False)
    call_entry_ids = fields.One2many(
        "crm.call.entry",
        "lead_id",
        "Places in Queues",
        readonly=True,
        copy=False,
        groups="crm_lead_lifecycle.group_call_operator",
    )
    call_count = fields.Integer(compute="_compute_call_count", export_string_translation=False)
    can_be_called = fields.Boolean(compute="_compute_can_be_called", compute_sudo=True, export_string_translation=False)
    in_call_with_id = fields.Many2one(
        "res.users",
        "In a Call With",
        compute="_compute_in_call_with_id",
        compute_sudo=True,
        help="Another operator who is calling this customer now.",
    )

    def _compute_call_count(self):
        counts = self.env["crm.call"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"])
        count_by_lead = {lead.id: count for lead, count in counts}
        for lead in self:
            lead.call_count = count_by_lead.get(lead._origin.id, 0)

    @api.depends("phone", "partner_id.phone", "partner_id.client_phone_ids", "active", "won_status")
    def _compute_can_be_called(self):
        for lead in self:
            client = lead.partner_id
            phones = [lead.phone, client.phone, *client.client_phone_ids.mapped("phone")]
            lead.can_be_called = bool(lead._origin) and lead._is_callable() and any(map(is_phone, phones))

    @api.depends("call_entry_ids.state", "call_entry_ids.claimed_by_id", "call_entry_ids.claimed_until")
    @api.depends_context("uid")
    def _compute_in_call_with_id(self):
        for lead in self:
            entries = lead.call_entry_ids.filtered(lambda entry: entry._is_with_another(self.env.user))
            lead.in_call_with_id = entries[:1].claimed_by_id

    def _is_callable(self):
        """Whether there is still something to call about: the lead is neither won, lost, removed nor archived."""
        return self.active and self.won_status == "pending"

    def _get_customer_name(self):
        """Whom a call of this lead is for."""
        return self.contact_name or self.partner_id.name or self.partner_name or self.name

    def _get_call_state(self):
        """What an outcome may change of this lead, as JSON holds it; and which one it is, as it may be merged."""
        return {
            "lead": self.id,
            "stage": self.stage_id.id,
            "type": self.lead_type_id.id,
            "won_status": self.won_status,
            "lost_reason": self.lost_reason_id.id,
            "is_urgent": self.is_urgent,
        }

    def _write_states(self, vals):
        """Closed leads leave the queues, those opened again return."""
        callable_leads = self.filtered(lambda lead: lead._is_callable())
        res = super()._write_states(vals)
        turned = self.filtered(lambda lead: lead._is_callable() != (lead in callable_leads))
        if turned:
            self.env["crm.call.entry"]._follow_leads(turned)
        return res

    def _merge_dependences(self, opportunities):
        res = super()._merge_dependences(opportunities)
        self._merge_dependences_calls(opportunities)
        return res

    def _merge_dependences_calls(self, opportunities):
        """Calls and places in queues go on with the merged lead. Where it is in a queue already its own place stays,
        unless another one has promised a call back, or an earlier one."""
        opportunities.sudo().call_ids._confirmed().write({"lead_id": self.id})
        places = {entry.campaign_id: entry for entry in self.sudo().call_entry_ids}
        for entry in opportunities.sudo().call_entry_ids.sorted("id"):
            place = places.get(entry.campaign_id, entry)
            stays, goes = (entry, place) if entry._is_promised_before(place) else (place, entry)
            if goes != stays:
                goes.call_ids._confirmed().entry_id = stays
                goes.unlink()
            stays.lead_id = self
            places[stays.campaign_id] = stays

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_call(self):
        """Open the call dialog for this lead, out of turn.

        :return: a window action
        :raise UserError: when somebody else is in a call with the customer, or the number is blocked
        """
        self.ensure_one()
        self._check_call_operator()
        self.check_access("read")
        self._check_call_block()
        for entry in self.sudo().call_entry_ids.with_env(self.env):
            entry._check_not_with_another()
        entry = self._get_entry_to_call()
        if entry:
            entry._claim()
        return self.env["crm.call.wizard"]._get_action(self, entry)

    def _get_entry_to_call(self):
        """The place in a queue that a call of this lead is made for, if there is one: what the user has taken, then
        their call back, then one that they could be given next.

        :return: at most one crm.call.entry
        """
        user, entries = self.env.user, self.sudo().call_entry_ids
        in_line = entries.filtered(
            lambda entry: entry.state in ("ready", "waiting")
            and entry.recall_user_id in (user, user.browse())
            and (not entry.campaign_id or entry.campaign_id._get_of_user(user))
        )
        found = entries.filtered(lambda entry: entry._is_with(user)) or in_line.sorted(
            lambda entry: (entry.recall_user_id != user, not entry.is_recall, entry.date_queued)
        )
        return found[:1].with_env(self.env)

    def action_view_calls(self):
        """Open the calls of this lead."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_call_action")
        return {**action, "domain": [("lead_id", "=", self.id)], "context": {"create": False}}

    @api.model
    def _check_call_operator(self):
        if not self.env.user.has_group("crm_lead_lifecycle.group_call_operator"):
            raise AccessError(self.env._("Only call operators make calls. Ask your manager for that right."))


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        match self.kind:
            case "call" if data.get("recall_at"):
                return self.env._(
                    "Call: %(outcome)s, again on %(date)s",
                    outcome=data.get("outcome"),
                    date=format_datetime(self.env, data["recall_at"], dt_format="short"),
                )
            case "call":
                return self.env._("Call: %(outcome)s", outcome=data.get("outcome"))
            case "call_change":
                changes = "; ".join(
                    f"{label}: {before or '–'} → {after or '–'}" for label, before, after in data.get("changes") or ()
                )
                return self.env._("Call corrected: %(changes)s", changes=changes)
            case "call_undo":
                return self.env._("Call taken back: %(outcome)s", outcome=data.get("outcome"))
        return super()._get_summary(data, names)
