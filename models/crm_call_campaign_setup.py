from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

OFFICE_DAYS = ("0", "1", "2", "3", "4")
OFFICE_HOURS = {"hour_from": 9, "hour_to": 20}


class CrmCallCampaign(models.Model):
    """What those do who set campaigns up."""

    _inherit = "crm.call.campaign"

    @api.constrains("company_id")
    def _check_company_of_contacts(self):
        entries = self.env["crm.call.entry"].sudo()
        for campaign in self:
            of_others = [
                ("campaign_id", "=", campaign.id),
                ("lead_id.company_id", "not in", [False, campaign.company_id.id]),
            ]
            if entries.search_count(of_others, limit=1):
                raise ValidationError(
                    self.env._(
                        "“%(campaign)s” has contacts of another company than %(company)s.",
                        campaign=campaign.name,
                        company=campaign.company_id.name,
                    )
                )

    def copy_data(self, default=None):
        """Script, hours, limits, outcomes and operators come along; contacts and calls stay."""
        return [
            {**values, "name": self.env._("%(campaign)s (copy)", campaign=campaign.name), **(default or {})}
            for campaign, values in zip(self, super().copy_data(default), strict=True)
        ]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_called(self):
        called = self.env["crm.call"].sudo().search([("campaign_id", "in", self.ids)], limit=1).campaign_id
        if called:
            raise UserError(
                self.env._("“%(campaign)s” has calls, which are kept. Archive it instead.", campaign=called.name)
            )

    def action_fill_weekdays(self):
        """Monday to Friday from 9 to 20, for those of these days that have no hours yet."""
        for campaign in self:
            missing = sorted(set(OFFICE_DAYS) - set(campaign.window_ids.mapped("weekday")))
            campaign.window_ids = [Command.create({"weekday": day, **OFFICE_HOURS}) for day in missing]


class CrmCallOutcome(models.Model):
    _inherit = "crm.call.outcome"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        calls = self.env["crm.call"].sudo()
        campaigns = self.env["crm.call.campaign"].sudo().with_context(active_test=False)
        for outcome in self:
            before = self.sudo().with_context(active_test=False)
            if (
                calls.search_count([("outcome_id", "=", outcome.id)], limit=1)
                or campaigns.search_count([("outcome_ids", "in", outcome.ids)], limit=1)
                or before.search_count([("exhausted_outcome_id", "=", outcome.id), ("id", "not in", self.ids)], limit=1)
            ):
                raise UserError(
                    self.env._(
                        "“%(outcome)s” is in use: calls ended with it, a campaign offers it or it follows the last "
                        "attempt of another outcome. Archive it instead.",
                        outcome=outcome.name,
                    )
                )
