from odoo import api, fields, models
from odoo.fields import Domain

LIVE_STATES = ("draft", "sent")
PAID_STATES = ("authorized", "done")


class SaleOrder(models.Model):
    """Proposals: the quotations of a lead. What becomes of them is told to the lead, which follows by its type."""

    _inherit = "sale.order"

    def _compute_validity_date(self):  # pylint: disable=missing-return
        """New quotations are valid as long as the lead's proposals are; a quotation that gets its lead later, or is
        taken along by a merge, keeps the day that it has."""
        super()._compute_validity_date()
        today = fields.Date.context_today(self)
        for order in self:
            deadline = order.opportunity_id.sudo().proposal_deadline
            if deadline and deadline >= today:
                order.validity_date = deadline

    @api.onchange("opportunity_id")
    def _onchange_opportunity_id(self):
        if not self._origin:
            self._compute_validity_date()

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._follow_as_proposals("created")
        return orders

    def write(self, vals):
        """A quotation that gets its lead later, or is sent by whatever path."""
        lead_id = vals.get("opportunity_id")
        is_linking = lead_id and not self.env.context.get("merged_leads")
        linked = self.filtered(lambda order: is_linking and order.opportunity_id.id != lead_id)
        before = {order: order.state for order in self} if "state" in vals else {}
        res = super().write(vals)
        linked._follow_as_proposals("created")
        changed = self.filtered(lambda order: order in before and before[order] != order.state)
        changed.filtered(lambda order: order.state == "sent")._follow_as_proposals("sent")
        changed.filtered(lambda order: order.state == "cancel")._tell_cancelled()
        return res

    def _action_confirm(self):
        res = super()._action_confirm()
        self.sudo().opportunity_id._tell("accepted")
        return res

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _follow_as_proposals(self, step):
        """Tell leads what has become of their quotations, whoever did it, and take them to the stage that follows.

        :param str step: ``created`` or ``sent``
        """
        proposals = self.sudo().filtered(lambda order: order.opportunity_id and order.state in LIVE_STATES)
        if not proposals:
            return
        proposals._log_proposals(step)
        sent = proposals.filtered(lambda order: order.state == "sent")
        sent.opportunity_id._complete_proposal_deadline()
        sent.opportunity_id._follow_proposals("sent")
        (proposals - sent).opportunity_id._follow_proposals("draft")

    def _tell_cancelled(self):
        """A proposal that the customer has and cancels is refused."""
        orders = self.sudo().filtered("opportunity_id")
        orders._log_proposals("refused" if self._is_of_customer() else "cancelled")

    def _is_of_customer(self):
        """Whether it is the customer who acts, on the page of the order; what follows by a rule is not."""
        return self.env.user.share and not self._is_settled()

    def _get_order_event(self, **values):
        """The customer's own acceptance, by signature or payment, is told as such."""
        if values.get("confirmed") and (
            self._is_of_customer()
            or any(transaction.state in PAID_STATES for transaction in self.sudo().transaction_ids)
        ):
            values["accepted"] = True
        return super()._get_order_event(**values)

    def _log_proposals(self, step):
        self.env["crm.lead.event"]._log_many(
            [
                ("proposal", order.opportunity_id, {"order": order.id, "name": order.name, "step": step})
                for order in self
            ]
        )

    def _enter_order_stage(self):  # pylint: disable=missing-return
        """One confirmed proposal settles its lead, also one that gets its lead later: the others are off."""
        others = self.sudo()._get_other_proposals()  # by the type that the lead has now, not the next one
        super()._enter_order_stage()
        if others:
            others._settled()._action_cancel()

    def _get_other_proposals(self):
        """What is off when these are confirmed: the other open quotations of leads whose type works with proposals,
        where the company wants that."""
        leads = self.filtered(lambda order: order.state == "sale").opportunity_id.filtered(
            lambda lead: (lead.company_id or lead.number_company_id).proposal_cancel_others
            and lead.lead_type_id._has_proposal_stages()
        )
        return self.search(
            Domain("opportunity_id", "in", leads.ids)
            & Domain("state", "in", LIVE_STATES)
            & Domain("id", "not in", self.ids)
        )
