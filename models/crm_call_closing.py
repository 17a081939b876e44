from odoo import models
from odoo.exceptions import UserError


class CrmCall(models.Model):
    """A closing makes a contract: client, confirmed order and number, all in the transaction of the call."""

    _inherit = "crm.call"

    def _apply_closing(self, effects, wizard):  # pylint: disable=missing-return
        lead = self.lead_id._by_rule()
        effects["lead"] = lead._get_call_state()
        lead_type = lead.lead_type_id
        super()._apply_closing(effects, wizard)
        sale = wizard._with_sale()
        had_client = bool(lead.partner_id)
        client = sale._take_client()
        order = sale._create_order(client)
        # a lead that goes on as its next type has taken its step already: the sale does not conclude that one, too
        (order if lead.lead_type_id == lead_type else order._settled()).action_confirm()
        self.order_id = order
        effects["order"] = {
            "is_locked": order.locked,
            "notes": {str(line.product_id.id): line.notes for line in sale.line_ids if line.notes},
        }
        if not had_client:
            effects["client"] = {"id": client.id, "is_made": lead.client_status == "converted"}
        after = lead._get_call_state()
        if after != effects["lead"]:
            effects["lead_after"] = after
        else:
            del effects["lead"]
        # last: from here on, who closes another contract of the company waits
        order._draw_contract(self.user_id.id, self.campaign_id.id, self.date_end)

    def _get_saved_name(self):
        """With the number, which customers are told before they hang up."""
        name, contract = super()._get_saved_name(), self.order_id.contract_number
        return self.env._("%(outcome)s, contract %(contract)s", outcome=name, contract=contract) if contract else name

    # ------------------------------------------------------------
    # CORRECTING
    # ------------------------------------------------------------

    def _check_corrected_outcome(self, outcome):  # pylint: disable=missing-return
        """A correction neither makes a contract or an appointment nor undoes a contract."""
        super()._check_corrected_outcome(outcome)
        others = self.filtered(lambda call: call.kind != outcome.kind)
        if others and outcome.kind in ("closing", "appointment"):
            raise UserError(
                self.env._(
                    "“%(outcome)s” is confirmed in a call. Call again, and make the contract or the appointment there.",
                    outcome=outcome.name,
                )
            )
        standing = others.sudo().order_id.filtered(lambda order: order.contract_number and order.state == "sale")
        if standing:
            raise UserError(
                self.env._(
                    "The contract %(contract)s stands. Cancel its order before you correct the call.",
                    contract=standing[0].contract_number,
                )
            )

    # ------------------------------------------------------------
    # TAKING BACK
    # ------------------------------------------------------------

    def _prepare_draft_values(self):
        notes = self._get_order_effects().get("notes", {})
        # what stays is not sold a second time
        order = self.order_id.browse() if self._keeps_order() else self.order_id
        lines = [
            {
                "product_id": line.product_id.id,
                "quantity": line.product_uom_qty,
                "price_unit": line.price_unit,
                "discount": line.discount,
                "notes": notes.get(str(line.product_id.id)),
            }
            for line in order.order_line
            if line.product_id
        ]
        return {**super()._prepare_draft_values(), "lines": lines}

    def _undo_order(self, effects):
        """The order is cancelled as Odoo cancels one, and keeps its number. What has been invoiced, delivered or locked
        by somebody since stays; a client that was made stays too."""
        order, kept = self.order_id, []
        if self._keeps_order():
            kept.append(
                self.env._(
                    "The contract %(contract)s stays: its order %(order)s is locked, delivered or invoiced by now.",
                    contract=order.contract_number,
                    order=order.name,
                )
            )
        elif order and order.state != "cancel":
            order.action_unlock()
            order.action_cancel()
        client = effects.get("client") or {}
        partner = self.env["res.partner"].browse(client.get("id")).exists()
        if partner and client["is_made"]:
            kept.append(self.env._("%(client)s stays as a client.", client=partner.display_name))
        return kept

    def _get_order_effects(self):
        """What is known of the order as it was closed."""
        effects = (self._get_event().data or {}).get("effects") or {}
        return effects.get("order") or {}

    def _keeps_order(self):
        """Whether something has come of the order that taking back can't undo."""
        is_locked = self._get_order_effects().get("is_locked")
        return self.order_id.state == "sale" and not self.order_id._can_be_taken_back(is_locked)

    def _undo_lead(self, effects, event):
        """A contract that stands has settled its lead."""
        return [] if self.order_id.state == "sale" else super()._undo_lead(effects, event)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _can_be_taken_back(self, is_locked=False):
        """Whether nothing has come of this order yet that cancelling would leave behind.

        :param bool is_locked: whether confirming it has locked it, as a setting of Odoo's does
        """
        return (
            (is_locked or not self.locked)
            and not any(self.order_line.mapped("qty_delivered"))
            and all(invoice.state in ("draft", "cancel") for invoice in self.invoice_ids)
        )
