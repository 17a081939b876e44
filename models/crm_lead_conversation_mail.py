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

    def _get_conversation_sender(self, sender=None):
        """What mails to the customer come from: the sender's name, with the address that takes the answers rather than
        their own, if the company has one.

        :param sender: res.users or res.company; by default the user
        """
        sender = sender or self.env.user
        _name, address = parseaddr(self.sudo()._notify_get_reply_to(default="")[self.id] or "")
        name = self.sudo()._get_our_name(sender.name)
        return formataddr((name, address)) if address else sender.email_formatted or ""

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
        """What the customer wrote goes to whom the company's notices name, besides followers; what the desk wrote, to
        the customer who has not seen it on the page."""
        lead, told = self.sudo(), message.sudo()
        if not lead.ids or not told.filtered_domain(lead._get_conversation_domain()):
            return super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        if lead._filter_from_desk(told):
            recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
            is_seen = told.id <= lead.customer_seen_id
            return [recipient for recipient in recipients if not (is_seen and lead._is_customer(recipient))]
        receivers = lead._get_notice_receivers("wrote").partner_id
        values = {**(msg_vals or {}), "partner_ids": [*{*told.partner_ids.ids, *receivers.ids}]}
        recipients = super()._notify_get_recipients(message, msg_vals=values, **kwargs)
        unwanted = lead._get_unwanting(recipients) - receivers
        return [recipient for recipient in recipients if recipient["id"] not in unwanted.ids]

    def _get_unwanting(self, recipients):
        """Of who is told of a message of the customer those who want none: the salesperson follows the lead without
        being asked, and some have chosen so.

        :return: res.partner
        """
        users = self.env["res.users"].browse({recipient["uid"] for recipient in recipients if recipient["uid"]})
        return users.filtered(lambda user: user == self.user_id or user.notice_wrote == "never").partner_id

    def _message_compute_subject(self):
        """What a mail is about for the customer: the lead's own name is for the desk."""
        return self.sudo()._get_conversation_subject()

    def _notify_by_email_get_base_mail_values(self, message, recipients_data, additional_values=None):
        """For colleagues it is about the lead, and says that the customer wrote."""
        if self.ids and not message.subject and not self._is_for_customer(message):
            told = message.sudo().filtered_domain(self.sudo()._get_conversation_domain())
            subject = self._get_notice_subject("wrote", self.env.user) if told else self.display_name
            additional_values = {"subject": " ".join(subject.split()), **(additional_values or {})}
        return super()._notify_by_email_get_base_mail_values(message, recipients_data, additional_values)

    def _notify_by_email_get_headers(self, headers=None):
        """Odoo would name whoever else outside gets the message: customers do not see each other's addresses."""
        headers = super()._notify_by_email_get_headers(headers=headers)
        if self.ids:
            headers.pop("X-Msg-To-Add", None)
        return headers

    def _is_for_customer(self, message):
        """Whether a message of this lead is what the desk, or a rule of it, tells the customer."""
        told = message.sudo()
        is_open = told.subtype_id == self.env.ref("mail.mt_comment") and not told.is_internal
        return is_open and bool(self.sudo()._filter_from_desk(told))

    def _get_conversation_subject(self):
        """The customer's request in the customer's language, by its number."""
        lead = self._for_customer()
        if not lead.number:
            return lead.env._("Your request")
        return lead.env._("Your request %(number)s", number=lead.number)

    def _notify_by_email_prepare_rendering_context(self, message, msg_vals=False, **kwargs):
        """Nor do the lead's own name or Odoo's expected closing stand above what goes out to customers, also by rules
        that write no part of the conversation."""
        context = super()._notify_by_email_prepare_rendering_context(message, msg_vals=msg_vals, **kwargs)
        if self.ids and self._is_for_customer(message):
            name = self.sudo()._get_conversation_subject()
            context.update(record_name=name, subtitles=[name])
        return context

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
