from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import OrderedSet

from .crm_stage import LOST_TYPES, PENDING_TYPES

# an object, not a flag: no client can send it in a context
PREFER_ALLOWED = object()


class CrmLead(models.Model):
    """Typed stages: which stages a lead may be in, where it starts and where it returns to."""

    _inherit = "crm.lead"

    stage_type = fields.Selection(related="stage_id.stage_type", store=True, precompute=True)
    lost_from_stage_id = fields.Many2one(
        "crm.stage",
        "Lost In",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The stage that the lead was in when it was lost. A restored lead returns to it.",
    )

    # ------------------------------------------------------------
    # CHOICE OF STAGES
    # ------------------------------------------------------------

    @api.depends("lead_type_id")
    def _compute_stage_id(self):
        """Odoo's rule (a lead without a stage, or in a stage of another team, gets one of its own), kept to the
        kind of stage that the lead is in, so that a change of team neither wins, loses nor reopens it. One query a
        team, not one a lead. In a form, a lead of another type gets a stage of that one."""
        moved = {}
        changed = self.filtered(
            lambda lead: not isinstance(lead.id, int)
            and lead.stage_id
            and lead.lead_type_id
            and not lead.lead_type_id._takes_stage(lead.stage_id)
        )
        for lead_type, leads in changed.grouped("lead_type_id").items():
            for lead, stage in leads._map_type_stages(lead_type).items():
                lead.stage_id = stage  # none: the person who changes the type has to choose
        todo = (self - changed).filtered(
            lambda lead: not lead.stage_id
            or (lead.team_id and lead.stage_id.team_ids and lead.team_id not in lead.stage_id.team_ids)
        )
        for lead, stage in todo._map_initial_stages(keep_kind=True).items():
            if stage and stage != lead.stage_id:
                if lead.stage_id and isinstance(lead.id, int):
                    moved[lead] = {"from_stage": lead.stage_id.id, "to_stage": stage.id}
                lead.stage_id = stage
            elif not lead.stage_id:
                lead.stage_id = False
        self._by_rule().env["crm.lead.event"]._log("stage", moved)

    def _stage_find(self, team_id=False, domain=None, order="sequence, id", limit=1):
        """Odoo's choice, among the stages of the lead's type; without being asked for a kind, among open ones."""
        domain = Domain(domain or Domain.TRUE)
        if not any(condition.field_expr in ("stage_type", "is_won") for condition in domain.iter_conditions()):
            domain &= Domain("stage_type", "=", "open")
        domain &= self.lead_type_id._get_stage_domain()
        stages = super()._stage_find(team_id=team_id, domain=list(domain), order=order, limit=limit)
        if self.env.context.get("lead_stages") is PREFER_ALLOWED:
            stages = self[:1]._prefer_allowed_stages(stages)
        return stages

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """The columns of the types that are looked at, else those of the default type; and whatever holds leads,
        archived stages too."""
        columns = super()._read_group_stage_ids(stages, domain)
        columns = columns.sudo().filtered_domain(self._get_types_of_view(domain)._get_stage_domain()) | stages.sudo()
        return columns.with_context(active_test=False).sorted().with_env(self.env)

    @api.model
    def _get_types_of_view(self, domain):
        """The lead types that a view shows: those of its domain, else that of its menu, else the default one."""
        lead_types = self.env["crm.lead.type"]
        for condition in Domain(domain).iter_conditions():
            if condition.field_expr != "lead_type_id" or condition.operator.startswith(("not", "!")):
                continue
            values = condition.value if isinstance(condition.value, (list, tuple, OrderedSet)) else [condition.value]
            ids = [value for value in values if value and isinstance(value, int)]
            names = [value for value in values if isinstance(value, str)]
            lead_types |= lead_types.browse(ids).exists()
            for name in names:
                lead_types |= lead_types.search([("display_name", condition.operator.replace("in", "="), name)])
        default_id = self.env.context.get("default_lead_type_id") or lead_types._get_default_id(self.env.company.id)
        return lead_types or lead_types.browse(default_id).exists()

    def _map_stages(self, stage_type):
        """The first stage of a kind for each lead, by its type and team; where there are moves, among several the first
        to which the user may take it from its stage.

        :return: ``{lead: stage}``, with an empty stage where there is none
        """
        found = {}
        moves = self.env["crm.stage.transition"]._get_moves if self._is_person() else lambda type_id: {}
        for leads in self.grouped(
            lambda lead: (lead.lead_type_id, lead.team_id, lead.stage_id if moves(lead.lead_type_id.id) else None)
        ).values():
            stages = leads._stage_find(domain=[("stage_type", "=", stage_type)], limit=None)
            found.update(dict.fromkeys(leads, leads[0]._prefer_allowed_stages(stages)[:1]))
        return found

    def _prefer_allowed_stages(self, stages):
        """Those of ``stages`` to which the user may move this lead, if there are any."""
        return (len(stages) > 1 and self._filter_allowed_stages(stages)) or stages

    def _map_initial_stages(self, keep_kind=False):
        """Where each lead starts: the initial stage of its type, else Odoo's own choice.

        :param bool keep_kind: leads that have a stage get one of the same kind; the closed ones none if there is none
        :return: ``{lead: stage}``
        """
        found = {}
        kind = (lambda lead: lead.stage_id.stage_type) if keep_kind else (lambda lead: False)
        for leads in self.grouped(lambda lead: (lead.lead_type_id, lead.team_id, kind(lead))).values():
            team, initial, stage_type = leads.team_id, leads.lead_type_id.sudo().initial_stage_id, kind(leads[0])
            stage = self.env["crm.stage"]
            if stage_type:
                stage = leads._stage_find(domain=[("stage_type", "=", stage_type), ("fold", "=", False)])
                stage = stage or leads._stage_find(domain=[("stage_type", "=", stage_type)])
            if not stage and stage_type not in ("qualified", *LOST_TYPES):
                fits = (
                    initial.active
                    and initial.stage_type in PENDING_TYPES
                    and (not initial.team_ids or team in initial.team_ids)
                )
                stage = initial if fits else leads._stage_find(domain=[("fold", "=", False)])
            found.update(dict.fromkeys(leads, stage))
        return found

    def _map_restore_stages(self):
        """Where each lost lead returns to: the last open stage that it was in, else the initial one."""
        returning = self.filtered(
            lambda lead: lead.lost_from_stage_id.active
            and lead.lost_from_stage_id.stage_type in PENDING_TYPES
            and (not lead.lead_type_id or lead.lead_type_id._takes_stage(lead.lost_from_stage_id))
        )
        return {
            **{lead: lead.lost_from_stage_id for lead in returning},
            **(self - returning)._map_initial_stages(),
        }
