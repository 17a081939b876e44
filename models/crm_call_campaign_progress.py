from odoo import api, fields, models
from odoo.tools import SQL


class CrmCallCampaign(models.Model):
    """How far a campaign is."""

    _inherit = "crm.call.campaign"

    entry_count = fields.Integer("Number of Contacts", compute="_compute_entry_counts")
    ready_count = fields.Integer("Ready", compute="_compute_entry_counts", help="Not called yet.")
    due_count = fields.Integer(
        "Due Now", compute="_compute_entry_counts", help="Call backs and further attempts whose time has come."
    )
    waiting_count = fields.Integer(
        "Waiting", compute="_compute_entry_counts", help="Call backs and further attempts for later."
    )
    claimed_count = fields.Integer("In a Call", compute="_compute_entry_counts")
    done_count = fields.Integer("Done", compute="_compute_entry_counts")
    excluded_count = fields.Integer(
        "Taken Out", compute="_compute_entry_counts", help="By hand, because the lead is closed, or not to be called."
    )
    progress = fields.Float(compute="_compute_entry_counts", help="How many of the contacts are done, in percent.")
    can_call = fields.Boolean(compute="_compute_can_call", export_string_translation=False)

    def _compute_entry_counts(self):
        """For all campaigns of a page in one query. Figures of a campaign are for everybody who sees it, its contacts
        are not."""
        names = ("ready", "due", "waiting", "claimed", "done", "excluded")
        counts = {}
        self.env["crm.call.entry"].flush_model(["campaign_id", "state", "next_call_at"])
        for campaign_id, state, count in self.env.execute_query(
            SQL(
                """
                SELECT campaign_id,
                       CASE WHEN state = 'waiting' AND next_call_at <= %s THEN 'due' ELSE state END,
                       count(*)
                  FROM crm_call_entry
                 WHERE campaign_id = ANY(%s)
                 GROUP BY 1, 2
                """,
                fields.Datetime.now(),
                self.ids,
            )
        ):
            counts[campaign_id, state] = count
        for campaign in self:
            numbers = {name: counts.get((campaign._origin.id, name), 0) for name in names}
            campaign.update({f"{name}_count": number for name, number in numbers.items()})
            campaign.entry_count = sum(numbers.values())
            to_do = campaign.entry_count - campaign.excluded_count
            campaign.progress = 100 * campaign.done_count / to_do if to_do else 0

    @api.depends("state", "active", "user_ids")
    @api.depends_context("uid")
    def _compute_can_call(self):
        """Whether the user takes contacts of this campaign."""
        is_operator = self.env.user.has_group("crm_lead_lifecycle.group_call_operator")
        mine = self._get_of_user(self.env.user) if is_operator else self.browse()
        for campaign in self:
            campaign.can_call = campaign in mine

    def action_refresh(self):
        """Have the form read again how far it is."""

    def action_view_entries(self):
        """Open the contacts of this campaign; a filter is named by ``search_default_...`` of the context."""
        self.ensure_one()
        filters = {name: value for name, value in self.env.context.items() if name.startswith("search_default_")}
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_call_entry_action")
        return {
            **action,
            "domain": [("campaign_id", "=", self.id)],
            "context": {"hide_campaign": True, **filters},
        }
