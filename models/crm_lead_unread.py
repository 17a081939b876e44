from odoo import api, models
from odoo.fields import Domain

from .crm_lead_conversation import BUS_TYPE

READER_FIELDS = {"user_id", "team_id"}


class CrmLead(models.Model):
    """Who has something to read: the salesperson of a lead; of leads that nobody has, the leader of their team."""

    _inherit = "crm.lead"

    def _get_reader(self):
        self.ensure_one()
        return self.user_id or self.team_id.user_id

    @api.model
    def _get_unread_domain(self):
        """The leads on which the user has something to read, whether archived or not."""
        own = Domain("user_id", "=", self.env.uid)
        of_nobody = Domain("user_id", "=", False) & Domain("team_id.user_id", "=", self.env.uid)
        return Domain("is_unread", "=", True) & Domain("client_status", "!=", "removed") & (own | of_nobody)

    @api.model
    @api.readonly
    def get_unread_count(self):
        """
        :return: on how many leads the user has something to read
        """
        return self.with_context(active_test=False).search_count(self._get_unread_domain())

    @api.model
    def action_open_unread(self):
        """Open the leads on which the user has something to read, who wrote last first.

        :return: a window action
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_action_unread")
        action["domain"] = list(self._get_unread_domain())
        return action

    def write(self, vals):
        """Whoever gets or gives away a lead with something to read has another number of them."""
        unread = self.sudo().filtered("is_unread") if READER_FIELDS & vals.keys() else self.sudo().browse()
        readers = {lead: lead._get_reader() for lead in unread}
        res = super().write(vals)
        for lead, reader in readers.items():
            if reader != lead._get_reader():
                (reader | lead._get_reader())._bus_send(BUS_TYPE, {"lead_id": lead.id})
        return res

    def _merge_dependences(self, opportunities):
        """What was to be read on a lead that is merged is to be read on the other."""
        unread = opportunities.sudo().filtered("is_unread")
        res = super()._merge_dependences(opportunities)
        if unread:
            wrote = max((unread + self.sudo()).filtered("date_customer_wrote").mapped("date_customer_wrote"))
            self.sudo()._write_conversation(is_unread=True, date_customer_wrote=wrote)
            self._tell_conversation()
        return res


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """A page knows without asking how many leads its user has to read; who works no leads has no such number."""
        info = super().session_info()
        if self.env.user.has_group("sales_team.group_sale_salesman"):
            info["lead_unread_count"] = self.env["crm.lead"].get_unread_count()
        return info
