from datetime import timedelta
from email.utils import parseaddr

from odoo import fields, models
from odoo.tools.mail import formataddr

# how long somebody who has the conversation on the screen has to see a message before it is mailed
PATIENCE = timedelta(minutes=2)


class CrmLead(models.Model):
    """Mails of the conversation are for who is not there. They wait a little in Odoo's own queue of notifications, from
    which they go by themselves; who has seen the message by then gets none."""

    _inherit = "crm.lead"

    def _get_conversation_mail_date(self):
        return fields.Datetime.now() + PATIENCE

    def _get_conversation_sender(self):
        """What mails to the customer come from: the user's name, with the address that takes the answers rather than
        the user's own, if the company has one."""
        user = self.env.user
        _name, address = parseaddr(self.sudo()._notify_get_reply_to(default="")[self.id] or "")
        return formataddr((user.name, address)) if address else user.email_formatted

    def _drop_mails_of_reader(self):
        """The user has read what the customers of these leads wrote: Odoo notifies nobody who is notified already."""
        waiting = (
            self.env["mail.message.schedule"]
            .sudo()
            .search([("mail_message_id.model", "=", "crm.lead"), ("mail_message_id.res_id", "in", self.ids)])
        )
        reader = self.env.user.partner_id
        messages = waiting.mail_message_id
        self.env["mail.notification"].sudo().create(
            [
                {
                    "mail_message_id": message.id,
                    "res_partner_id": reader.id,
                    "notification_type": "inbox",
                    "notification_status": "sent",
                    "is_read": True,
                }
                for message in messages.filtered(lambda message: reader not in message.notification_ids.res_partner_id)
            ]
        )

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """The customer who has seen a message on the page needs no mail of it."""
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        lead = self.sudo()
        if not lead.ids or not message.id or message.id > lead.customer_seen_id:
            return recipients
        return [recipient for recipient in recipients if not lead._is_customer(recipient)]

    def _is_customer(self, recipient):
        """Whether Odoo's data of a recipient are those of the lead's customer."""
        if recipient["id"]:
            return recipient["id"] == self.partner_id.id
        return bool(recipient["email_normalized"]) and recipient["email_normalized"] == self.email_normalized

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """The customer's button leads to the customer's page, also that of one who is no contact in Odoo yet."""
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        if not self:
            return groups
        title = self.env._("See and answer")
        for name, _condition, values in groups:
            if name == "portal_customer":
                values["button_access"]["title"] = title
        if self.email_normalized and not self.partner_id:
            # sudo: whoever may write to the customer may give them their link
            url = f"{self.get_base_url()}{self.sudo().get_portal_url()}"
            button = {"url": url, "title": title}
            values = {"active": True, "button_access": button, "has_button_access": True}
            groups.insert(0, ("lead_customer", lambda recipient: self._is_customer(recipient), values))
        return groups
