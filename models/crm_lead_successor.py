from odoo import fields, models
from odoo.exceptions import UserError

from .crm_lead_state import UNCHANGED


class CrmLead(models.Model):
    """Succession: a lead that is concluded well goes on as a lead of the next type, with all that belongs to it."""

    _inherit = "crm.lead"

    def _prepare_successions(self, vals, prepared):
        """Where a lead enters a qualified stage of a type with a successor, let the same write carry it on instead.

        :param dict prepared: ``{lead: values}`` of the write, changed in place
        :return: ``{lead: qualified stage}`` of those leads
        """
        stages, lead_types = self.env["crm.stage"], self.env["crm.lead.type"]
        concluded, next_stages = {}, {}
        for lead, values in prepared.items():
            stage = stages.browse(values.get("stage_id", vals.get("stage_id")))
            if stage.stage_type != "qualified" or stage == lead.stage_id or self._is_remapping():
                continue
            if vals.get("lead_type_id") and lead.stage_type == "qualified":
                continue  # a change of the type is no conclusion
            lead_type = lead_types.browse(vals["lead_type_id"]) if vals.get("lead_type_id") else lead.lead_type_id
            next_type = lead_type.sudo().next_type_id.with_env(self.env)
            if next_type:
                key = (next_type, lead.team_id)
                if key not in next_stages:
                    next_stages[key] = lead._get_next_stage(next_type)
                concluded[lead] = stage
                values.update(lead._prepare_succession_values(next_type, next_stages[key], vals))
        return concluded

    def _prepare_succession_values(self, next_type, stage, vals):
        """What carries this lead on: its next type, the stage in which leads of that type start, its deadline. Odoo's
        own conversion comes first if it is still a lead in Odoo's sense."""
        values = dict.fromkeys(("probability", "automated_probability", "date_closed", "active"), UNCHANGED)
        if self.won_status == "lost":
            values.update(active=True, lost_reason_id=False, date_closed=False)
        if self.type == "lead":
            values.update(self._convert_opportunity_data(self.partner_id))
        return {
            **values,
            "lead_type_id": next_type.id,
            "stage_id": stage.id,
            "is_urgent": vals.get("is_urgent", UNCHANGED),
            "date_due": vals.get("date_due") or next_type._get_date_due(),
        }

    def _get_next_stage(self, next_type):
        """The stage in which this lead goes on.

        :raise UserError: when the next type has none to start in
        """
        stage = self._get_initial_stage(next_type, self.team_id.id)
        if not stage:
            raise UserError(
                self.env._(
                    "“%(type)s” has no open stage to go on in. Ask a sales manager to add one: %(lead)s",
                    type=next_type.sudo().name,
                    lead=self.display_name,
                )
            )
        return stage

    def _complete_successions(self, vals_list):
        """New leads that are made in a qualified stage of a type with a successor start as leads of that one."""
        stages, lead_types = self.env["crm.stage"], self.env["crm.lead.type"]
        next_stages = {}
        for vals in vals_list:
            stage = stages.browse(vals.get("stage_id"))
            next_type = lead_types.browse(vals["lead_type_id"]).sudo().next_type_id.with_env(self.env)
            if not next_type or stage.stage_type != "qualified":
                continue
            key = (next_type, vals.get("team_id"))
            if key not in next_stages:
                lead = self.new({"team_id": vals.get("team_id"), "name": vals.get("name")})
                next_stages[key] = lead._get_next_stage(next_type)
            next_stage = next_stages[key]
            vals.update(lead_type_id=next_type.id, stage_id=next_stage.id, stage_type=next_stage.stage_type)
            if vals.get("type") == "lead":
                vals.update(type="opportunity", date_conversion=fields.Datetime.now())
            if vals.get("probability") == 100:
                del vals["probability"]

    def _get_creation_events(self, type_id, stage_id):
        """The events of this new lead that goes on as another type than it was made with.

        :param int type_id: the type that it was made with
        :param int stage_id: the stage that it was made in
        """
        lead_type, stage = self.env["crm.lead.type"].browse(type_id), self.env["crm.stage"].browse(stage_id)
        if self.lead_type_id == lead_type or not lead_type.sudo().next_type_id or stage.stage_type != "qualified":
            return []
        return [self._get_succession_event(lead_type, stage, {})]

    def _get_succession_event(self, lead_type, stage, properties):
        """The event of a succession, with the typed properties as they were: the next type has its own.

        :param lead_type: the type before
        :param stage: the qualified stage in which the lead was concluded
        :param dict properties: ``{label: text}``
        :return: kind, lead and data as :meth:`crm.lead.event._log_many` takes them
        """
        return (
            "succeed",
            self,
            {
                "from_type": lead_type.id,
                "to_type": self.lead_type_id.id,
                "concluded_stage": stage.id,
                "to_stage": self.stage_id.id,
                "properties": properties,
            },
        )

    def _get_succession_notice(self):
        """Tell whoever concluded this lead how it goes on.

        :return: an action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(lead)s goes on as “%(type)s” in “%(stage)s”.",
                    lead=self.display_name,
                    type=self.lead_type_id.name,
                    stage=self.stage_id.name,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_set_won_rainbowman(self):
        action = super().action_set_won_rainbowman()
        return action if self.won_status == "won" else self._get_succession_notice()
