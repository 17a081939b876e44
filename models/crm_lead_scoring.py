from odoo import models
from odoo.fields import Domain
from odoo.tools.constants import PREFETCH_MAX


class CrmLead(models.Model):
    """Odoo's predictive scoring keeps its sense: a loss is learned in the stage that the lead came from, not in the
    stage
    that says that it is lost."""

    _inherit = "crm.lead"

    def _pls_prepare_update_frequency_table(self, rebuild=False, target_state=False):
        learning = self.with_context(pls_learning=True, active_test=False)
        return super(CrmLead, learning)._pls_prepare_update_frequency_table(rebuild=rebuild, target_state=target_state)

    def _pls_get_lead_pls_values(self, domain=None):
        values_by_lead = super()._pls_get_lead_pls_values(domain=domain)
        if self.env.context.get("pls_learning"):
            stages = self._pls_get_lost_from_stages(values_by_lead)
            for lead_id, stage_id in stages.items():
                values = values_by_lead[lead_id]["values"]
                values_by_lead[lead_id]["values"] = [
                    (name, stage_id if name == "stage_id" else value) for name, value in values
                ]
        return values_by_lead

    def _pls_get_lost_from_stages(self, lead_ids):
        """``{lead id: stage id}`` of those leads that were lost in another stage than they are in.

        :param collection lead_ids: all lost and won leads when Odoo rebuilds its table, which are too many to send
        """
        domain = Domain("lost_from_stage_id", "!=", False)
        if len(lead_ids) <= PREFETCH_MAX:
            domain &= Domain("id", "in", list(lead_ids))
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        rows = leads._read_group(domain, ["lost_from_stage_id"], ["id:array_agg"])
        return {lead_id: stage.id for stage, ids in rows for lead_id in ids if lead_id in lead_ids}

    def _pls_get_won_lost_total_count(self, team_results):
        # the first stage may be archived: every win and every loss was counted in it
        return super(CrmLead, self.with_context(active_test=False))._pls_get_won_lost_total_count(team_results)
