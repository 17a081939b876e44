from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class CrmLead(models.Model):
    """Why the customer is called now, or not."""

    _inherit = "crm.lead"

    call_reasons = fields.Html(
        "Why Called or Not", compute="_compute_call_reasons", groups="crm_lead_lifecycle.group_call_operator"
    )

    @api.depends_context("uid", "lang", "tz", "allowed_company_ids")
    def _compute_call_reasons(self):
        places = self._get_call_gates(self.env.user)
        now = fields.Datetime.now()
        for lead in self:
            of_lead = [place for place in places if place.entry.lead_id.id == lead._origin.id]
            lead.call_reasons = self.env["ir.qweb"]._render(
                "crm_lead_lifecycle.crm_lead_call_reasons",
                {"places": of_lead, "block": not of_lead and lead.sudo()._get_call_block_notice(), "now": now},
            )

    def _get_call_gates(self, user):
        """Why these leads are called now, or not, as far as the reader may know.

        :param user: single res.users who would call
        :return: a list of :class:`Place`, one for each place in a queue of a company that the reader works in; nothing
            for who is no call operator, nor of leads that the reader can't see
        """
        if not self.env.user.has_group("crm_lead_lifecycle.group_call_operator"):
            return []
        companies = (self.env["res.company"], *self.env.companies)
        entries = (
            self._origin._filtered_access("read")
            .sudo()
            .call_entry_ids.filtered(
                lambda entry: entry.company_id in companies and (entry.campaign_id or entry.state != "done")
            )
        )
        return entries._get_places(user, fields.Datetime.now())

    # ------------------------------------------------------------
    # BLOCKED NUMBERS
    # ------------------------------------------------------------

    def _get_call_number(self):
        """The number by which the customer is called, in international form; False if there is none."""
        return self.phone_sanitized or self.partner_id.phone_sanitized

    def _get_call_block(self):
        """The row of Odoo's list of blocked numbers that forbids to call, as superuser; or an empty set."""
        return self.env["phone.blacklist"]._get_block(self.sudo()._get_call_number())

    def _get_call_block_notice(self):
        """Since when the number is blocked and who can lift that, as a sentence; empty if it is not blocked."""
        return self._get_call_block()._get_notice()

    def _check_call_block(self):
        """
        :raise UserError: if the customer's number is blocked
        """
        notice = self._get_call_block_notice()
        if notice:
            raise UserError(
                self.env._("%(lead)s can't be called. %(reason)s", lead=self.sudo().display_name, reason=notice)
            )


class PhoneBlacklist(models.Model):
    _inherit = "phone.blacklist"

    @api.model
    def _get_block(self, number):
        """The row that blocks a number, as superuser; an empty set for one that is free, or for none."""
        rows = self.sudo()
        return rows.search([("number", "=", number)]) if number else rows.browse()

    def _get_notice(self):
        if not self:
            return ""
        return self.env._(
            "The phone number is blocked since %(date)s. Only an administrator can lift that, in the list of blocked "
            "phone numbers.",
            date=format_date(self.env, self.write_date),
        )
