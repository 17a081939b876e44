from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

from .crm_lead_touch import FIRSTS


class CrmLead(models.Model):
    """A merge keeps what the merged leads were: their numbers find the winner, their history goes on in its
    timeline."""

    _inherit = "crm.lead"

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        removed = self.filtered(lambda lead: lead.client_status == "removed")
        if removed:
            raise UserError(
                self.env._(
                    "Removed leads can't be merged. Restore them first, or leave them out: %(leads)s",
                    leads=", ".join(removed[:5].mapped("display_name")),
                )
            )
        leads = self._by_rule().with_context(merge_team_id=team_id, merged_leads=self)
        merged = super(CrmLead, leads)._merge_opportunity(
            user_id=user_id, team_id=team_id, auto_unlink=auto_unlink, max_length=max_length
        )
        return merged.with_env(self.env)

    def _sort_by_confidence_level(self, reverse=False):
        """Odoo's order, in which a lost lead counts by the stage that it was lost in, not by the one that says so,
        which stands
        at the end of the pipeline."""

        def confidence(lead):
            is_opportunity = lead.type == "opportunity"
            sequence = (lead.lost_from_stage_id or lead.stage_id).sequence
            return is_opportunity or lead.active, is_opportunity, sequence, lead.probability, -lead._origin.id

        return self.sorted(key=confidence, reverse=reverse)

    def _merge_data(self, fnames=None):
        """Into another team the merged lead takes a stage of its own kind: Odoo would take the first one of any
        kind."""
        data = super()._merge_data(fnames)
        stage = self.env["crm.stage"].browse(data.get("stage_id"))
        team = self.env["crm.team"].browse(self.env.context.get("merge_team_id") or data.get("team_id"))
        if team and stage.team_ids and team not in stage.team_ids:
            lead = self.new({"lead_type_id": data.get("lead_type_id"), "team_id": team.id})
            data["stage_id"] = (lead._map_stages(stage.stage_type)[lead] or stage).id
        return data

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "lead_type_id", "lead_location_id", "target_year", "proposal_deadline"]

    def _merge_get_fields_specific(self):
        return {
            **super()._merge_get_fields_specific(),
            "type_properties": lambda fname, leads: leads._merge_type_properties(),
            "request": lambda fname, leads: "\n\n".join(dict.fromkeys(filter(None, leads.mapped("request")))) or False,
            "is_urgent": lambda fname, leads: any(leads.mapped("is_urgent")) and leads[0].won_status != "won",
            **dict.fromkeys(("date_client_requested", "client_requested_by_id"), self._merge_client_request),
            "date_due": lambda fname, leads: min(filter(None, leads.mapped("date_due")), default=False),
        }

    @api.model
    def _merge_client_request(self, fname, leads):
        """Who asked first still waits, if nobody has brought a client along."""
        asking = leads.filtered("date_client_requested").sorted("date_client_requested")[:1]
        value = not leads.partner_id and asking[fname]
        return value.id if isinstance(value, models.BaseModel) else value

    def _merge_type_properties(self):
        """What the first lead has filled in, completed by what others of its type have."""
        merged = {}
        for lead in self.sudo().filtered(lambda lead: lead.lead_type_id == self[0].lead_type_id):
            for name, value in (lead.type_properties or {}).items():
                merged[name] = merged.get(name) or value
        return merged

    def _merge_dependences(self, opportunities):
        res = super()._merge_dependences(opportunities)
        self._merge_dependences_numbers(opportunities)
        self._merge_dependences_events(opportunities)
        self._merge_dependences_refusals(opportunities)
        self._merge_dependences_firsts(opportunities)
        self._merge_dependences_outside(opportunities)
        return res

    def _merge_dependences_outside(self, opportunities):
        """What came from outside and what others were told follows, so that it goes with the lead when that is
        anonymised."""
        self.env.flush_all()
        for table in ("crm_intake_request", "crm_webhook_delivery"):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET lead_id = %s WHERE lead_id = ANY(%s)",
                    SQL.identifier(table),
                    self.id,
                    opportunities.ids,
                )
            )
        (self | opportunities).invalidate_recordset(["intake_ids"])

    def _merge_dependences_numbers(self, opportunities):
        """The number of a merged lead, and those that it had taken over itself, find the winner from now on."""
        numbers = [self.former_numbers, *opportunities.mapped("number"), *opportunities.mapped("former_numbers")]
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET former_numbers = %s WHERE id = %s",
                " ".join(filter(None, numbers)) or None,
                self.id,
            )
        )
        self.invalidate_recordset(["former_numbers"])

    def _merge_dependences_refusals(self, opportunities):
        """Whoever is not the inquirer of one of them is not that of the merged lead either."""
        refused = opportunities.sudo().with_context(active_test=False).refused_client_ids
        self.sudo().write({"refused_client_ids": [Command.link(partner.id) for partner in refused - self.partner_id]})

    def _merge_dependences_firsts(self, opportunities):
        """What was first done with one of them was first done with the merged lead."""
        names = list(FIRSTS.values())
        dates = {name: list(filter(None, (self + opportunities).mapped(name))) for name in names}
        first = [SQL("%s = %s", SQL.identifier(name), min(found)) for name, found in dates.items() if found]
        if first:
            self.env.cr.execute(SQL("UPDATE crm_lead SET %s WHERE id = %s", SQL(", ").join(first), self.id))
            self._forget_firsts(names)

    def _merge_dependences_events(self, opportunities):
        self.env.cr.execute(
            SQL("UPDATE crm_lead_event SET lead_id = %s WHERE lead_id = ANY(%s)", self.id, opportunities.ids)
        )
        self.env["crm.lead.event"].invalidate_model(["lead_id"])
        self.env["crm.lead.event"]._log_many(
            [
                (
                    "merge",
                    self,
                    {
                        "lead": lead.id,
                        "number": lead.number,
                        "name": lead.name,
                        "from_type": lead.lead_type_id.id,
                        "properties": properties,
                    },
                )
                for lead, properties in opportunities._map_property_texts().items()
            ]
        )
        opportunities.invalidate_recordset(["event_ids"])
