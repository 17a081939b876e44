from odoo import api, fields, models
from odoo.exceptions import ValidationError

# figures of a campaign, and what they are in the report
FIGURES = {
    "desk_lead_count": "leads:sum",
    "desk_won_count": "won:sum",
    "cost_per_lead": "cost_per_lead:mean",
    "cost_per_won": "cost_per_won:per_won",
    "revenue": "revenue:sum",
}


class UtmCampaign(models.Model):
    """What a campaign costs, and what its leads have brought: the figures of the report on sources."""

    _inherit = "utm.campaign"

    cost = fields.Float(
        company_dependent=True,
        groups="sales_team.group_sale_salesman",
        help="What your company has spent on it, in its currency. Each company has its own.",
    )
    cost_currency_id = fields.Many2one("res.currency", compute="_compute_cost_currency_id")
    desk_lead_count = fields.Integer("All Leads", compute="_compute_figures", groups="sales_team.group_sale_salesman")
    desk_won_count = fields.Integer("Won Leads", compute="_compute_figures", groups="sales_team.group_sale_salesman")
    cost_per_lead = fields.Monetary(
        "Cost per Lead",
        compute="_compute_figures",
        currency_field="cost_currency_id",
        groups="sales_team.group_sale_salesman",
    )
    cost_per_won = fields.Monetary(
        "Cost per Won Lead",
        compute="_compute_figures",
        currency_field="cost_currency_id",
        groups="sales_team.group_sale_salesman",
    )
    revenue = fields.Monetary(
        "Revenue of Its Leads",
        compute="_compute_figures",
        currency_field="cost_currency_id",
        groups="sales_team.group_sale_salesman",
        help="Of their confirmed orders, untaxed.",
    )

    @api.constrains("cost")
    def _check_cost(self):
        for campaign in self:
            if campaign.cost < 0:
                raise ValidationError(
                    self.env._("A campaign can't cost less than nothing: %(campaign)s", campaign=campaign.title)
                )

    @api.depends_context("company")
    def _compute_cost_currency_id(self):
        self.cost_currency_id = self.env.company.currency_id

    @api.depends("cost")
    @api.depends_context("uid", "company", "allowed_company_ids")
    def _compute_figures(self):
        rows = self.env["crm.lead.source.report"]._read_group(
            [("campaign_id", "in", self.ids)], ["campaign_id"], list(FIGURES.values())
        )
        figures = {campaign.id: dict(zip(FIGURES, values, strict=True)) for campaign, *values in rows}
        for campaign in self:
            campaign.update(figures.get(campaign._origin.id) or dict.fromkeys(FIGURES, 0))

    def action_open_lead_report(self):
        """Open the report on the leads of these campaigns.

        :return: a window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_lead_lifecycle.crm_lead_source_report_action_campaign"
        )
        return {**action, "domain": [("campaign_id", "in", self.ids)], "context": {}}
