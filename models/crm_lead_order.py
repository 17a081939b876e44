from odoo import models

from .crm_stage import PENDING_TYPES


class CrmLead(models.Model):
    """Orders: what a linked or confirmed order does to its lead."""

    _inherit = "crm.lead"

    def _takes_orders(self):
        """Whether an order can be linked to this lead: it is open or frozen, neither archived nor removed (removed ones
        are archived)."""
        return self.active and self.stage_type in PENDING_TYPES

    def _enter_order_stage(self):
        """Take leads to the stage of their type in which an order settles them: they are won, or go on as leads of the
        next type. It is a configured rule that moves them. Won leads stay where they are; lost ones are restored, as
        somebody did order in the end; removed ones are left alone: they were no inquiries, and a person has to restore
        them first. In a type without any qualified stage nothing can be won, its leads stay where they are too."""
        leads = self.filtered(lambda lead: lead.stage_type != "qualified" and lead.client_status != "removed")
        for stage, leads_of_stage in leads.grouped(leads._map_order_stages().get).items():
            if stage:
                leads_of_stage._by_rule().write({"stage_id": stage.id})

    def _map_order_stages(self):
        """The stage in which an order settles each lead: the one that its type names, else the first qualified one of
        the type and the team.

        :return: ``{lead: stage}``, with an empty stage where there is none
        """
        found = {}
        for (lead_type, team), leads in self.grouped(lambda lead: (lead.lead_type_id, lead.team_id)).items():
            stage = lead_type.sudo().order_confirmed_stage_id.with_env(self.env)
            if not stage.active or (stage.team_ids and team not in stage.team_ids):
                stage = leads._stage_find(domain=[("stage_type", "=", "qualified")])
            found.update(dict.fromkeys(leads, stage))
        return found

    def _update_revenues_from_so(self, order):
        """Odoo raises the lead's revenue as whoever confirms the order, who may have no right to see the lead."""
        return super(CrmLead, self.sudo())._update_revenues_from_so(order)


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        if self.kind != "order":
            return super()._get_summary(data, names)
        if data.get("accepted"):
            return self.env._("The customer accepted the proposal %(name)s", name=data.get("name"))
        if data.get("confirmed"):
            return self.env._("Order %(name)s was confirmed", name=data.get("name"))
        return self.env._("Linked to the order %(name)s", name=data.get("name"))
