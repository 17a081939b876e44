from odoo import models
from odoo.exceptions import UserError


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def message_post(self, **kwargs):
        self._check_may_be_written_to(**kwargs)
        return super().message_post(**kwargs)

    def _check_may_be_written_to(
        self, message_type="notification", partner_ids=(), outgoing_email_to=False, by_channel=False, **_others
    ):
        """What somebody writes to a customer in Odoo's own composer and below a document obeys the same as our buttons.

        :raise UserError: for who wants no mails, or asked to be erased
        """
        written_to = self._get_written_to()
        if not written_to or by_channel or message_type != "comment" or not (partner_ids or outgoing_email_to):
            return
        customer, notice = written_to
        receivers = self.env["res.partner"].sudo().browse(partner_ids or ()).exists()
        if notice and (outgoing_email_to or customer in receivers):
            raise UserError(notice)
        for partner, rows in (receivers - customer)._map_suppressions().items():
            raise UserError(
                self.env._("%(contact)s: %(reason)s", contact=partner.display_name, reason=rows._get_notice())
            )

    def _get_written_to(self):
        """
        :return: the customer of this document, and why they are not written to; nothing if it is of no lead or contact
        """
        return ()


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _get_written_to(self):
        return (self.partner_id, self._get_mail_block_notice()) if self.ids else ()


class SaleOrder(models.Model):
    """What is sent from the order of a lead goes to the customer of the lead."""

    _inherit = "sale.order"

    def _get_written_to(self):
        lead = self.sudo().opportunity_id
        return (self.partner_id, lead._get_mail_block_notice()) if lead else ()


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
        return (self, self._get_mail_block_notice()) if self.ids else ()

    def _get_mail_block_notice(self):
        """Why nobody writes to this contact, as a sentence; empty if it may be written to."""
        partner = self.sudo()
        if partner.is_blacklisted:
            return self.env._("%(address)s wants no e-mails.", address=partner.email_normalized)
        rows = partner._map_suppressions().get(partner)
        return rows._get_notice() if rows else ""
