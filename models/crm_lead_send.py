from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class CrmLead(models.Model):
    """Sending proposals: all that are ready in one message, which is part of the conversation."""

    _inherit = "crm.lead"

    def _get_proposals_to_send(self):
        """Quotations that are prepared and that the customer does not have yet, as far as the user may see them."""
        # searched: what the lead has in the cache may be what somebody else sees
        domain = Domain("opportunity_id", "=", self.id) & Domain("state", "=", "draft")
        return self.env["sale.order"].search(domain, order="id").filtered("order_line")

    def _get_send_problem(self):
        """Why the proposals of this lead can't be sent now, as a sentence that says what to do; empty if they can."""
        self.ensure_one()
        orders = self._get_proposals_to_send()
        if not self._takes_orders():
            return self.env._("The lead is closed. Restore it first.")
        if not orders and self.sudo()._get_proposals_to_send():
            return self.env._("You may not see the quotation. Whoever made it can send it.")
        if not orders:
            return self.env._("There is no quotation to send. Prepare one first.")
        expired = orders.filtered("is_expired")
        if expired:
            return self.env._(
                "%(orders)s is no longer valid. Extend it first.", orders=", ".join(expired.mapped("name"))
            )
        if not self.partner_id:
            return self.env._("The lead has no client yet. Assign it to one first.")
        if orders.partner_id.commercial_partner_id != self.partner_id.commercial_partner_id:
            return self.env._("A quotation is for another customer than the lead. Change one of the two first.")
        if archived := self._get_archived_problem():
            return archived
        address = self._get_proposals_address()
        if not address:
            if given := self.partner_id.email:
                return self.env._("“%(address)s” is no e-mail address. Correct it first.", address=given)
            return self.env._(
                "The client has no e-mail address. Add one, or move the lead on once the customer has them."
            )
        blocked = self.env["mail.blacklist"].sudo()
        if blocked.search_count([("email", "=", address)], limit=1):
            return self.env._("%(address)s wants no e-mails.", address=address)
        return ""

    def _get_proposals_address(self):
        """Where proposals go: to the client, whatever address the lead came with."""
        return (self.partner_id.email_normalized if self.partner_id else self._get_customer_address()) or ""

    def _send_proposals(self, note=""):
        """Send the customer all proposals that are ready, in one message of the conversation, in their language. The
        mail goes out with Odoo's queue.

        :param note: HTML, the words of whoever sends
        :return: the sale.order that were sent
        :raise UserError: in words, when they can't be sent
        """
        self.ensure_one()
        self.check_access("write")
        problem = self._get_send_problem()
        if problem:
            raise UserError(problem)
        orders = self._get_proposals_to_send()
        subject, body = self._prepare_proposals_message(note)
        lead = self._for_customer().with_context(mail_notify_force_send=False)
        lead._post_in_conversation(
            None, "desk", scheduled_date=False, subject=subject, body=body, partner_ids=self.partner_id.ids
        )
        orders.message_subscribe(self.partner_id.ids)
        orders.action_quotation_sent()
        return orders

    def _prepare_proposals_message(self, note="", is_preview=False):
        """What the customer gets, in their language: all proposals that are ready.

        :param note: HTML, the words of whoever sends
        :param bool is_preview: without links, which give access
        :return: subject and body
        """
        lead = self._for_customer()
        orders = self._get_proposals_to_send().with_env(lead.env)
        values = {"lead": lead, "orders": orders, "note": Markup(note or ""), "is_preview": is_preview}
        body = lead.env["ir.qweb"]._render("crm_lead_lifecycle.crm_lead_proposals_message", values)
        return lead._get_proposals_subject(orders), body

    def _get_proposals_subject(self, orders):
        if len(orders) == 1:
            return self.env._("Our proposal %(name)s", name=orders.name)
        return self.env._("Our %(count)s proposals", count=len(orders))

    # ------------------------------------------------------------
    # SENT BY HAND
    # ------------------------------------------------------------

    def write(self, vals):
        """Whoever moves a lead to where its customer has the proposals has given them: on paper, on the phone."""
        if not vals.get("stage_id") or self._is_free_to_move():
            return super().write(vals)
        moving = self.filtered(lambda lead: not lead._is_proposal_sent())
        res = super().write(vals)
        # sudo: a quotation is sent whoever of the company says so
        for lead in moving.filtered(lambda lead: lead._is_proposal_sent()).sudo():
            orders = lead._get_proposals_to_send()
            orders.filtered(lambda order: not order.is_expired).action_quotation_sent()
        return res

    def _is_proposal_sent(self):
        stage = self.lead_type_id.sudo().proposal_sent_stage_id
        return bool(stage) and self.stage_id == stage

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_send_proposals(self):
        """Open the dialog that sends what is ready."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_send_action")
        return {**action, "context": {"dialog_size": "large", "default_lead_ids": self.ids}}
