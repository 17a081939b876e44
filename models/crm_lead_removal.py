from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_lead_client import HAS_CLIENT
from .crm_stage import LOST_TYPES


class CrmLead(models.Model):
    """Removal of what is no inquiry at all (spam, test, mistake). It is not a loss: the lead is archived, keeps its
    stage,
    teaches Odoo's scoring nothing and can be restored."""

    _inherit = "crm.lead"

    removal_reason_id = fields.Many2one(
        "crm.removal.reason", "Removal Reason", copy=False, ondelete="restrict", tracking=True
    )

    @api.depends("client_status")
    def _compute_won_status(self):
        removed = self.filtered(lambda lead: lead.client_status == "removed")
        removed.won_status = "pending"
        return super(CrmLead, self - removed)._compute_won_status()

    def _compute_potential_lead_duplicates(self):
        res = super()._compute_potential_lead_duplicates()
        for lead in self:
            duplicates = lead.duplicate_lead_ids.filtered(lambda other: other.client_status != "removed") | lead
            lead.duplicate_lead_ids = duplicates
            lead.duplicate_lead_count = len(duplicates) - 1
        return res

    def _get_lead_duplicates(self, partner=None, email=None, include_lost=False):
        leads = super()._get_lead_duplicates(partner=partner, email=email, include_lost=include_lost)
        return leads.filtered(lambda lead: lead.client_status != "removed")

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def _check_values(self, vals):
        vals = super()._check_values(vals)
        # an empty status says nothing
        status = vals.get("client_status") or vals.pop("client_status", None)
        removed = self.filtered(lambda lead: lead.client_status == "removed")
        if status and not (self and (status == "removed" or removed == self)):
            if any(lead.client_status != status for lead in self or self.new()):
                raise UserError(
                    self.env._(
                        "The client status can't be written: it changes when a lead is linked to a client, converted "
                        "or removed. Leave it out."
                    )
                )
            del vals["client_status"]
        if "removal_reason_id" in vals and status != "removed":
            reason = vals["removal_reason_id"]
            if reason and self and removed == self:
                return vals
            if reason or (removed and not status and not vals.get("active")):
                raise UserError(self.env._("A removal reason goes with a removed lead, and with no other one."))
            del vals["removal_reason_id"]
        return vals

    def _prepare_removal_values(self, vals):
        """What has to be written along with ``vals`` on leads that are removed, or are being removed by it.

        :return: ``{lead: values}``
        :raise UserError: when the reason is missing, a lead is won, or a removed lead is being moved
        """
        if vals.get("client_status") == "removed":
            return {lead: lead._prepare_remove_values(vals) for lead in self}
        if vals.get("active") or vals.get("client_status"):
            return self._prepare_unremove_values(vals)
        for lead in self:
            if vals.get("stage_id", lead.stage_id.id) != lead.stage_id.id and not self._is_remapping():
                raise UserError(
                    self.env._("%(lead)s was removed. Restore it before you move it.", lead=lead.display_name)
                )
        return {lead: {} for lead in self}

    def _prepare_remove_values(self, vals):
        if not vals.get("removal_reason_id", self.removal_reason_id):
            raise UserError(
                self.env._("Choose why you remove %(lead)s: spam, a test, a mistake ...", lead=self.display_name)
            )
        if self.won_status == "won":
            raise UserError(
                self.env._(
                    "%(lead)s is won and can't be removed. Move it back to an open stage first.", lead=self.display_name
                )
            )
        return {"active": False, "stage_id": self.stage_id.id}

    def _prepare_unremove_values(self, vals):
        """Back to what they were: their client status from the log, their stage or the one that they were lost in,
        unless ``vals`` name one."""
        chosen = self.env["crm.stage"].browse(vals.get("stage_id"))
        lost = self.filtered(lambda lead: lead.stage_type in LOST_TYPES)
        stages = lost._map_restore_stages()
        values = {}
        for lead in self:
            event = lead.sudo().event_ids.filtered(lambda event: event.kind == "remove")[:1]
            status = (event.data or {}).get("client_status") or "new"
            if (status in HAS_CLIENT) != bool(lead.partner_id):  # changed while it was removed
                status = "linked" if lead.partner_id else "new"
            values[lead] = {
                "active": True,
                "client_status": status,
                "removal_reason_id": False,
                "date_closed": False,
            }
            if chosen:
                values[lead].update(lead._prepare_move_values(chosen, vals))
            elif lead in stages:
                values[lead].update(stage_id=stages[lead].id, lost_reason_id=False)
        return values

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_remove(self):
        """Open the dialog that removes spam, tests and mistakes."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_remove_action")
        return {**action, "context": {"dialog_size": "medium", "default_lead_ids": self.ids}}

    def action_restore(self):
        """Restore removed leads as they were, lost ones as Odoo does; leads that are open stay as they are."""
        removed = self.filtered(lambda lead: lead.client_status == "removed")
        removed.write({"active": True})
        archived = (self - removed).filtered(lambda lead: not lead.active)
        return super(CrmLead, archived).action_restore()
