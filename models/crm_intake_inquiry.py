from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from .crm_lead_conversation import LONGEST_MESSAGE


class CrmIntakeChannel(models.Model):
    """How an inquiry that was understood comes in."""

    _inherit = "crm.intake.channel"

    def _get_quarantine_reason(self, values):
        """Why an inquiry waits for a person to look at it, in words; empty if it does not."""
        if not values.get("email_from") and not values.get("phone"):
            return self.env._("There is neither an e-mail address nor a phone number.")
        _hidden, required, _contact = self.env["crm.lead.type"]._get_form_rules()
        if not values.get("source_id") and any(
            name == "source_id" and values.get("lead_type_id") in type_ids for name, type_ids in required
        ):
            return self.env._("There is no source.")
        return ""

    def _take_in(self, values, intake):
        """
        :param dict values: of a lead
        :param intake: crm.intake.request
        :return: crm.lead, a new one or the one that the inquiry belongs to
        """
        earlier = self._find_earlier(values)
        if earlier and self.again == "message":
            self._add_to_earlier(earlier, values, intake)
            return earlier
        lead = self.env["crm.lead"].create({**values, "again_lead_id": earlier.id})
        self._add_to_new(lead, intake)
        return lead

    def _add_to_new(self, lead, intake):
        """What else a request brings to the lead that was made of it."""

    def _add_to_earlier(self, lead, values, intake):
        """What a request brings to the lead that it belongs to."""
        text = values.get("request") or values["name"]
        for begin in range(0, len(text), LONGEST_MESSAGE):
            lead._post_from_customer(text[begin : begin + LONGEST_MESSAGE])

    def _find_earlier(self, values):
        """The last lead of the same person within the channel's days."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        if not self.again_days:
            return leads
        address = leads.new({"email_from": values.get("email_from"), "phone": values.get("phone"),
                             "country_id": values.get("country_id"), "company_id": self.company_id.id})  # fmt: skip
        same = [Domain(name, "=", address[name]) for name in ("email_normalized", "phone_sanitized") if address[name]]
        if not same:
            return leads
        since = fields.Datetime.now() - timedelta(days=self.again_days)
        domain = (
            Domain.OR(same)
            & Domain("create_date", ">=", since)
            & Domain("client_status", "!=", "removed")
            & (Domain("company_id", "=", self.company_id.id) | Domain("number_company_id", "=", self.company_id.id))
        )
        return leads.search(domain, order="id desc", limit=1)
