from odoo import models
from odoo.exceptions import UserError

# how people write to a customer, and what says why nobody does
NOTICES = {
    "comment": "_get_mail_block_notice",
    "email": "_get_mail_block_notice",
    "sms": "_get_call_block_notice",
}


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def message_post(self, **kwargs):
        self._check_may_be_written_to(**kwargs)
        return super().message_post(**kwargs)

    def _check_may_be_written_to(
        self,
        message_type="notification",
        partner_ids=(),
        outgoing_email_to=False,
        sms_numbers=(),
        by_channel=False,
        **_others,
    ):
        """What somebody writes to a customer in Odoo's own composers and below a document obeys the same as our
        buttons.

        :raise UserError: for who wants no mails, whose number is blocked, or who asked to be erased
        """
        is_addressed = outgoing_email_to or sms_numbers
        is_written = message_type in ("comment", "sms") and not by_channel and (partner_ids or is_addressed)
        if not is_written or not self._get_written_to():
            return
        receivers = self.env["res.partner"].sudo().browse(partner_ids or ()).exists()
        for contact, notice in self._map_unwritten(receivers, message_type).items():
            if is_addressed or contact in receivers:
                raise UserError(notice)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Nor does what is written go to them because they follow the document. Colleagues get it all the same."""
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        message_type = (msg_vals or {}).get("message_type") or message.sudo().message_type
        outside = [recipient["id"] for recipient in recipients if recipient["id"] and recipient["share"]]
        if message_type not in NOTICES or not outside:
            return recipients
        unwritten = self._map_unwritten(self.env["res.partner"].sudo().browse(outside), message_type)
        left_out = {contact.id for contact in unwritten}.intersection(outside)
        return [recipient for recipient in recipients if recipient["id"] not in left_out]

    def _map_unwritten(self, receivers, message_type):
        """Who is not written to from this document: its customer, whether they are among the receivers or not, and
        those of the receivers who asked to be erased.

        :param receivers: res.partner
        :param str message_type: one of NOTICES
        :return: ``{contact: why}``
        """
        written_to = self._get_written_to()
        if not written_to:
            return {}
        customer, asked = written_to
        notice = getattr(asked, NOTICES[message_type])()
        return {
            **({customer: notice} if notice else {}),
            **{
                contact: self.env._("%(contact)s: %(reason)s", contact=contact.display_name, reason=rows._get_notice())
                for contact, rows in (receivers - customer)._map_suppressions().items()
            },
        }

    def _get_written_to(self):
        """
        :return: the customer of this document, and the lead or contact that says why they are not written to, as
            superuser; nothing if it is of no lead or contact
        """
        return ()

    def _get_suppressed(self):
        """Those of many documents that are left out when the same is written from all of them."""
        return self.browse()

    def _sms_get_recipients_info(self, *args, **kwargs):
        """Of Odoo's application for SMS, where it is installed: what goes to many is cancelled for who asked to be
        erased, as there is no number for them that can be used."""
        receivers = super()._sms_get_recipients_info(*args, **kwargs)
        for document in self._get_suppressed():
            receivers[document.id]["sanitized"] = False
        return receivers


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _get_written_to(self):
        lead = self.sudo()
        return (lead.partner_id, lead) if self.ids else ()

    def _get_suppressed(self):
        """Whoever asked again, too: what goes to many is no answer."""
        return self.browse(lead.id for lead in self.sudo()._map_suppressions())

    def _get_unanswered(self):
        """Those of these leads whose customer asked to be erased, and has not asked again."""
        suppressed = self.browse().union(*self._map_suppressions())
        return suppressed.filtered(lambda lead: lead._get_suppression_notice())


class SaleOrder(models.Model):
    """What is sent from the order of a lead goes to the customer of the lead. One without a lead is the customer's own
    wish."""

    _inherit = "sale.order"

    def _get_written_to(self):
        lead = self.sudo().opportunity_id
        return (self.sudo().partner_id, lead) if lead else ()

    def _get_suppressed(self):
        unanswered = self.sudo().opportunity_id._get_unanswered()
        return self.filtered(lambda order: order.sudo().opportunity_id in unanswered)


class CalendarEvent(models.Model):
    """What is written to those who take part in the meeting of a lead."""

    _inherit = "calendar.event"

    def _check_may_be_written_to(self, message_type="notification", **kwargs):
        """Odoo's reminders by SMS leave out who is not written to, and go on."""
        if message_type == "sms":
            return None
        return super()._check_may_be_written_to(message_type=message_type, **kwargs)

    def _get_written_to(self):
        lead = self.sudo().opportunity_id
        return (lead.partner_id, lead) if lead else ()

    def _get_suppressed(self):
        unanswered = self.sudo().opportunity_id._get_unanswered()
        return self.filtered(lambda event: event.sudo().opportunity_id in unanswered)


class ResPartner(models.Model):
    """A contact of somebody who asked to be erased, whatever list has brought it in again."""

    _inherit = "res.partner"

    def _get_suppression_contact(self):
        """By what this contact is known as that of somebody who asked to be erased.

        :return: company, numbers in E.164 or their digits, normalised addresses
        """
        phones, emails = self.env["crm.suppression"]._get_written(
            [
                (self, self.phone_sanitized, self.phone),
                *((self, line.phone_sanitized, line.phone) for line in self.client_phone_ids),
            ],
            [self.email],
        )
        return self.company_id or self.env.company, phones, emails

    def _map_suppressions(self):
        """
        :return: ``{contact: crm.suppression}`` as superuser, of those that are somebody's who asked to be erased
        """
        suppressions = self.env["crm.suppression"]
        if not suppressions._get_company_ids():  # nobody: nothing is read
            return {}
        return suppressions._map_rows({partner: partner._get_suppression_contact() for partner in self.sudo()})

    def _get_written_to(self):
        return (self.sudo(), self.sudo()) if self.ids else ()

    def _get_suppressed(self):
        return self.browse(partner.id for partner in self._map_suppressions())

    def _get_mail_block_notice(self):
        """Why nobody writes to this contact, as a sentence; empty if it may be written to."""
        partner = self.sudo()
        if partner.is_blacklisted:
            return self.env._("%(address)s wants no e-mails.", address=partner.email_normalized)
        return self._get_suppression_notice()

    def _get_call_block_notice(self):
        """Why nobody sends this contact an SMS, as a sentence; empty if they may."""
        block = self.env["phone.blacklist"]._get_block(self.sudo().phone_sanitized)
        return block._get_notice() or self._get_suppression_notice()

    def _get_suppression_notice(self):
        partner = self.sudo()
        rows = partner._map_suppressions().get(partner)
        return rows._get_notice() if rows else ""
