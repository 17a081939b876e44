from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError


class CrmLead(models.Model):
    """Sending proposals: all that are ready in one message, which is part of the conversation."""

    _inherit = "crm.lead"

    def _get_proposals_to_send(self):
        """Quotations that are prepared and that the customer does not have yet."""
        return self.order_ids.filtered(lambda order: order.state == "draft" and order.order_line)

    def _get_send_problem(self):
        """Why the proposals of this lead can't be sent now, as a sentence that says what to do; empty if they can."""
        self.ensure_one()
        orders = self._get_proposals_to_send()
        today = fields.Date.context_today(self)
        if not self._takes_orders():
            return self.env._("The lead is closed. Restore it first.")
        if not orders:
            return self.env._("There is no quotation to send. Prepare one first.")
        expired = orders.filtered(lambda order: order.validity_date and order.validity_date < today)
        if expired:
            return self.env._(
                "%(orders)s is no longer valid. Extend it first.", orders=", ".join(expired.mapped("name"))
            )
        if self.partner_id and orders.partner_id - self.partner_id:
            return self.env._("A quotation is for another customer than the lead. Change one of the two first.")
        address = self._get_customer_address()
        if not address:
            given = self.partner_id.email or self.email_from
            if given:
                return self.env._("“%(address)s” is no e-mail address. Correct it first.", address=given)
            return self.env._("There is no e-mail address. Add one, or send the proposals otherwise.")
        blocked = self.env["mail.blacklist"].sudo()
        if blocked.search_count([("email", "=", address)], limit=1):
            return self.env._("%(address)s wants no e-mails.", address=address)
        return ""

    def _send_proposals(self, note=""):
        """Send the customer all proposals that are ready, in one message of the conversation, in their language. The
        mail goes out with Odoo's queue.

        :param note: HTML, the words of whoever sends
        :return: the sale.order that were sent
        :raise UserError: in words, when they can't be sent
        """
        self.ensure_one()
        problem = self._get_send_problem()
        if problem:
            raise UserError(problem)
        orders = self._get_proposals_to_send()
        lead = self._for_customer().with_context(mail_notify_force_send=False)
        body = lead.env["ir.qweb"]._render(
            "crm_lead_lifecycle.crm_lead_proposals_message",
            {"lead": lead, "orders": orders.with_env(lead.env), "note": Markup(note or "")},
        )
        receivers = (
            {"partner_ids": self.partner_id.ids}
            if self.partner_id
            else {"outgoing_email_to": self._get_customer_address()}
        )
        lead._post_in_conversation(
            None, "desk", scheduled_date=False, subject=lead._get_proposals_subject(orders), body=body, **receivers
        )
        orders.message_subscribe(self.partner_id.ids)
        orders.action_quotation_sent()
        return orders

    def _get_proposals_subject(self, orders):
        if len(orders) == 1:
            return self.env._("Our proposal %(name)s", name=orders.name)
        return self.env._("Our %(count)s proposals", count=len(orders))

    def action_send_proposals(self):
        """Open the dialog that sends what is ready."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_send_action")
        return {**action, "context": {"dialog_size": "large", "default_lead_ids": self.ids}}
