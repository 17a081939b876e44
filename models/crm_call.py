from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .crm_call_outcome import SCOPES

# an object, not a flag: no client can send it in a context
CONFIRMED = object()
# what a coordinator may correct later
CORRECTABLE = ("outcome_id", "notes", "date_start", "date_end")


class CrmCall(models.Model):
    """A call as it was confirmed: who called whom, when, and how it ended."""

    _name = "crm.call"
    _description = "Call"
    _order = "date_start desc, id desc"
    _rec_name = "lead_id"
    _check_company_auto = True

    lead_id = fields.Many2one("crm.lead", required=True, ondelete="cascade", readonly=True)
    customer_name = fields.Char("Customer", compute="_compute_customer_name", compute_sudo=True)
    entry_id = fields.Many2one("crm.call.entry", "Contact", ondelete="set null", readonly=True, index="btree_not_null")
    campaign_id = fields.Many2one("crm.call.campaign", ondelete="restrict", readonly=True, index="btree_not_null")
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", "Operator", required=True, ondelete="restrict", readonly=True)
    date_start = fields.Datetime("Start", required=True)
    date_end = fields.Datetime("End", required=True)
    minutes = fields.Float(
        compute="_compute_minutes",
        store=True,
        aggregator="avg",
        help="From opening the call to its outcome.",
    )
    outcome_id = fields.Many2one("crm.call.outcome", required=True, ondelete="restrict", index=True, check_company=True)
    kind = fields.Selection(related="outcome_id.kind", store=True)
    is_contact = fields.Boolean(
        "Reached", compute="_compute_is_contact", store=True, help="Somebody was reached, as the outcome says."
    )
    notes = fields.Text()
    recall_at = fields.Datetime("Call Back At", readonly=True)
    recall_scope = fields.Selection(SCOPES, "Called Back By", readonly=True)
    answer_ids = fields.One2many("crm.call.answer", "call_id", "Answers", readonly=True)
    event_id = fields.Many2one("calendar.event", "Meeting", ondelete="set null", readonly=True, index="btree_not_null")
    order_id = fields.Many2one("sale.order", "Order", ondelete="set null", readonly=True, index="btree_not_null")
    can_take_back = fields.Boolean(compute="_compute_can_take_back", export_string_translation=False)

    # The limits of calls a day, and a lead's last calls
    _lead_date_idx = models.Index("(lead_id, date_start DESC)")
    _user_date_idx = models.Index("(user_id, date_start DESC)")
    # Companies; the wall: what was called today, among the calls of years
    _company_date_idx = models.Index("(company_id, date_end DESC)")
    _ends_after_start = models.Constraint("CHECK (date_end >= date_start)", "A call ends after it began.")

    @api.depends("lead_id.contact_name", "lead_id.partner_id.name", "lead_id.partner_name", "lead_id.name")
    def _compute_customer_name(self):
        for call in self:
            call.customer_name = call.lead_id._get_customer_name()

    @api.depends("date_start", "date_end")
    def _compute_minutes(self):
        for call in self:
            has_both = call.date_start and call.date_end
            call.minutes = has_both and (call.date_end - call.date_start).total_seconds() / 60

    @api.depends("outcome_id")
    def _compute_is_contact(self):
        """As the outcome said when the call was confirmed or corrected."""
        for call in self:
            call.is_contact = call.outcome_id.is_contact

    @api.depends("lead_id", "outcome_id")
    def _compute_display_name(self):
        for call in self:
            call.display_name = f"{call.lead_id.sudo().display_name}: {call.outcome_id.name}"

    # ------------------------------------------------------------
    # CRUD: made by the call dialog alone
    # ------------------------------------------------------------

    def _confirmed(self):
        return self.with_context(crm_call=CONFIRMED)

    def _is_confirmed(self):
        return self.env.context.get("crm_call") is CONFIRMED

    @api.model_create_multi
    def create(self, vals_list):
        if not self._is_confirmed():
            raise UserError(self.env._("A call is recorded by confirming its outcome in the call dialog."))
        return super().create(vals_list)

    def write(self, vals):
        if self._is_confirmed() or not vals:
            return super().write(vals)
        if not self.env.user.has_group("crm_lead_lifecycle.group_call_coordinator"):
            raise AccessError(self.env._("A confirmed call can only be corrected by a coordinator."))
        foreign = vals.keys() - set(CORRECTABLE)
        if foreign:
            raise UserError(
                self.env._(
                    "Of a confirmed call only the outcome, the notes and the times can be corrected, not: %(fields)s",
                    fields=", ".join(
                        self._fields[name]._description_string(self.env) if name in self._fields else name
                        for name in sorted(foreign)
                    ),
                )
            )
        self.check_access("write")
        if vals.get("outcome_id"):
            self._check_corrected_outcome(self.env["crm.call.outcome"].sudo().browse(vals["outcome_id"]))
        end = fields.Datetime.to_datetime(vals.get("date_end"))
        if end and end > fields.Datetime.now():
            raise UserError(self.env._("A call can't end in the future. Correct its times."))
        names = [name for name in CORRECTABLE if name in vals]
        before = {call: call._get_texts(names) for call in self}
        res = super().write(vals)
        events = []
        for call in self:
            after = call._get_texts(names)
            changes = [[label, text, after[label]] for label, text in before[call].items() if text != after[label]]
            if changes:
                data = {"call": call.id, "changes": changes, "reached": call.is_contact}
                events.append(("call_change", call.lead_id.sudo(), data))
        self.env["crm.lead.event"]._log_many(events)
        if "outcome_id" in vals:
            self.lead_id.sudo()._rebuild_firsts()
        return res

    def _check_corrected_outcome(self, outcome):
        """
        :param outcome: single crm.call.outcome
        :raise UserError: when the calls can't be said to have ended like that
        """

    def _get_texts(self, names):
        """The values of fields as texts, by their labels."""
        return {
            self._fields[name]._description_string(self.env): str(
                self._fields[name].convert_to_display_name(self[name], self) or ""
            )
            for name in names
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_taken_back(self):
        if not self._is_confirmed():
            raise UserError(self.env._("Confirmed calls are kept. Take back the last one, or correct its outcome."))


class CrmCallAnswer(models.Model):
    """What somebody answered to a question of the script, with the question as it was."""

    _name = "crm.call.answer"
    _description = "Answer in a Call"
    _order = "id"

    call_id = fields.Many2one("crm.call", required=True, ondelete="cascade", index=True, readonly=True)
    step_id = fields.Many2one("crm.call.campaign.step", "Step", ondelete="set null", readonly=True)
    question = fields.Char(required=True, readonly=True)
    answer = fields.Char(required=True, readonly=True)
    number = fields.Float(readonly=True, help="The answer, if it is a number.")
