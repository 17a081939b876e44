from odoo import models

# an object, not a flag: no client can send it in a context
SIGNING = object()
WRITTEN_TYPES = ("comment", "email")


class SaleOrder(models.Model):
    """What a customer writes on a proposal, or answers to its mail, is part of the conversation of its lead."""

    _inherit = "sale.order"

    def _message_post_after_hook(self, message, msg_vals):
        res = super()._message_post_after_hook(message, msg_vals)
        if self._is_word_of_customer(message):
            self.sudo()._repeat_in_conversation(message.sudo())
        return res

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Whom the lead's own notices tell is not told once more."""
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        event = bool(self.ids) and self._get_told_event(message.sudo())
        if not event:
            return recipients
        told = self.sudo().opportunity_id._get_notice_receivers(event).partner_id
        return [recipient for recipient in recipients if recipient["id"] not in told.ids]

    def _get_told_event(self, message):
        """
        :return: of :class:`crm.notice` by which a message of this order is told; False if by none
        """
        if self.env.context.get("proposal_signing") is SIGNING:
            return self.state == "sale" and bool(self.sudo().opportunity_id) and "accepted"
        return self._is_word_of_customer(message) and "wrote"

    def _is_word_of_customer(self, message):
        lead = self.sudo().opportunity_id
        return (
            bool(lead.partner_id)
            and message.message_type in WRITTEN_TYPES
            and not message.is_internal
            and message.subtype_id == self.env.ref("mail.mt_comment")
            and message.author_id == lead.partner_id
            and self.env.context.get("proposal_signing") is not SIGNING
        )

    def _repeat_in_conversation(self, message):
        files = message.attachment_ids.copy({"res_model": "crm.lead", "res_id": self.opportunity_id.id})
        self.opportunity_id._post_in_conversation(
            None,
            "customer",
            body=message.body,
            author_id=message.author_id.id,
            email_from=message.email_from,
            attachment_ids=files.ids,
        )
