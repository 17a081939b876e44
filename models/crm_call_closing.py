from odoo import models


class CrmCall(models.Model):
    """A closing makes a contract: client, confirmed order and number, all in the transaction of the call."""

    _inherit = "crm.call"

    def _apply_closing(self, effects, wizard):  # pylint: disable=missing-return
        lead = self.lead_id._by_rule()
        effects["lead"] = lead._get_call_state()
        super()._apply_closing(effects, wizard)
        sale = wizard._with_sale()
        had_client = bool(lead.partner_id)
        client = sale._take_client()
        order = sale._create_order(client)
        order.action_confirm()
        self.order_id = order
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
    # TAKING BACK
    # ------------------------------------------------------------

    def _prepare_draft_values(self):
        lines = [
            {
                "product_id": line.product_id.id,
                "quantity": line.product_uom_qty,
                "price_unit": line.price_unit,
                "discount": line.discount,
            }
            for line in self.order_id.order_line
            if line.product_id
        ]
        return {**super()._prepare_draft_values(), "lines": lines}

    def _undo_order(self, effects):
        """The order is cancelled as Odoo cancels one, and keeps its number. What has been invoiced, delivered or locked
        since stays; a client that was made stays too."""
        order, kept = self.order_id, []
        if order.state == "sale" and not order._can_be_taken_back():
            kept.append(
                self.env._(
                    "The contract %(contract)s stays: its order %(order)s is locked, delivered or invoiced by now.",
                    contract=order.contract_number,
                    order=order.name,
                )
            )
        elif order and order.state != "cancel":
            order.action_cancel()
        client = effects.get("client") or {}
        partner = self.env["res.partner"].browse(client.get("id")).exists()
        if partner and client["is_made"]:
            kept.append(self.env._("%(client)s stays as a client.", client=partner.display_name))
        return kept

    def _undo_lead(self, effects, event):
        """A contract that stands has settled its lead."""
        return [] if self.order_id.state == "sale" else super()._undo_lead(effects, event)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _can_be_taken_back(self):
        """Whether nothing has come of this order yet that cancelling would leave behind."""
        return (
            not self.locked
            and not any(self.order_line.mapped("qty_delivered"))
            and all(invoice.state in ("draft", "cancel") for invoice in self.invoice_ids)
        )
