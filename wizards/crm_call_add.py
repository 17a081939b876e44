from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import formatLang

# open leads that can be called
CALLABLE_LEADS = [("stage_type", "in", ["open", "frozen"]), ("phone", "!=", False)]


class CrmCallAdd(models.TransientModel):
    """The dialog that adds leads to a campaign: those of a filter, or those that are selected in a list."""

    _name = "crm.call.add"
    _description = "Add Leads to a Campaign"

    campaign_id = fields.Many2one("crm.call.campaign", "Campaign", required=True, ondelete="cascade")
    lead_domain = fields.Char("Which Leads", default=lambda self: self._default_lead_domain())
    is_selection = fields.Boolean(
        default=lambda self: self.env.context.get("active_model") == "crm.lead", export_string_translation=False
    )
    summary = fields.Char("Matching", compute="_compute_summary")
    without_phone = fields.Integer(compute="_compute_summary")

    @api.model
    def _default_lead_domain(self):
        """The leads that are selected in a list; elsewhere all that can be called.

        Of a very long list that is selected as a whole the web client sends only the first ids, and its domain.
        """
        context = self.env.context
        if context.get("active_model") != "crm.lead":
            return repr(CALLABLE_LEADS)
        ids = context.get("active_ids", [])
        limit = int(self.env["ir.config_parameter"].sudo().get_param("web.active_ids_limit", default="20000"))
        if len(ids) >= limit and context.get("active_domain"):
            return repr(context["active_domain"])
        return repr([("id", "in", ids)])

    @api.depends("lead_domain", "campaign_id")
    def _compute_summary(self):
        additions = self.env["crm.call.addition"]
        for dialog in self:
            domain = additions._parse_domain(dialog.lead_domain)
            if dialog.campaign_id:
                domain = dialog.campaign_id._get_addable_domain(domain)
            count = self.env["crm.lead"].search_count(domain)
            dialog.without_phone = self.env["crm.lead"].search_count(domain & Domain("phone", "=", False))
            number = formatLang(self.env, count, digits=0)
            if count > additions._at_once:
                dialog.summary = self.env._("%(count)s leads. They are added in the background.", count=number)
            elif count == 1:
                dialog.summary = self.env._("1 lead")
            else:
                dialog.summary = self.env._("%(count)s leads", count=number)

    def action_add(self):
        """Add the leads; many of them in the background.

        :return: an action that says how many were added, or that it goes on in the background
        """
        self.ensure_one()
        message = self.campaign_id._add_matching(self.lead_domain)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.campaign_id.name,
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
