from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .crm_stage import LOST_TYPES, PENDING_TYPES

# what a write may change of a lead's state
STATE_FIELDS = {"stage_id", "active", "probability", "client_status", "user_id"}

# an object, not a flag: no client can send it in a context
REMAPPING = object()


class CrmLead(models.Model):
    """Typed stages: the stage of a lead and Odoo's won and lost say the same, whoever writes which of the two."""

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
        kind of stage
        that the lead is in, so that a change of team neither wins, loses nor reopens it. One query a team, not one
        a lead."""
        moved = {}
        todo = self.filtered(
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
        self.env["crm.lead.event"]._log("stage", moved)

    def _stage_find(self, team_id=False, domain=None, order="sequence, id", limit=1):
        """Odoo's choice, among the stages of the lead's type; without being asked for a kind, among open ones."""
        domain = Domain(domain or Domain.TRUE)
        if not any(condition.field_expr in ("stage_type", "is_won") for condition in domain.iter_conditions()):
            domain &= Domain("stage_type", "=", "open")
        if self.lead_type_id:
            domain &= Domain("lead_type_ids", "=", False) | Domain("lead_type_ids", "in", self.lead_type_id.ids)
        return super()._stage_find(team_id=team_id, domain=list(domain), order=order, limit=limit)

    @api.model
    def _read_group_stage_ids(self, stages, domain):
        """Archived stages that still hold leads keep their column."""
        columns = super()._read_group_stage_ids(stages, domain) | stages
        return columns.with_context(active_test=False).sorted().with_env(columns.env)

    def _map_stages(self, stage_type):
        """The first stage of a kind for each lead, by its type and team.

        :return: ``{lead: stage}``, with an empty stage where there is none
        """
        found = {}
        for leads in self.grouped(lambda lead: (lead.lead_type_id, lead.team_id)).values():
            stage = leads._stage_find(domain=[("stage_type", "=", stage_type)])
            found.update(dict.fromkeys(leads, stage))
        return found

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
                fits = initial.active and (not initial.team_ids or team in initial.team_ids)
                stage = initial if fits else leads._stage_find(domain=[("fold", "=", False)])
            found.update(dict.fromkeys(leads, stage))
        return found

    def _map_restore_stages(self):
        """Where each lost lead returns to: the last open stage that it was in, else the initial one."""
        returning = self.filtered(
            lambda lead: lead.lost_from_stage_id.active and lead.lost_from_stage_id.stage_type in PENDING_TYPES
        )
        return {
            **{lead: lead.lost_from_stage_id for lead in returning},
            **(self - returning)._map_initial_stages(),
        }

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        vals = self._check_values(vals)
        if not STATE_FIELDS & vals.keys():
            return super().write(vals)
        self._check_stage_choice(vals)
        before = self._get_states()
        groups = defaultdict(self.browse)
        for lead, values in self._prepare_state_values(vals).items():
            groups[tuple(sorted(values.items()))] += lead
        for values, leads in groups.items():
            super(CrmLead, leads).write({**vals, **dict(values)})
        # only now: Odoo's scoring has to unlearn the loss in the stage that it was learned in
        left = self.filtered(lambda lead: lead.lost_from_stage_id and lead.stage_type not in LOST_TYPES)
        if left:
            super(CrmLead, left).write({"lost_from_stage_id": False})
        self._log_state_changes(before)
        return True

    def _complete_states(self, vals_list):
        """Make the values of new leads agree: a lead in a closed stage is won or lost, a lost lead is in such a
        stage."""
        stages = self.env["crm.stage"]
        for vals in vals_list:
            stage = stages.browse(vals.get("stage_id"))
            self._check_stage_active(stage)
            vals["client_status"] = "linked" if vals.get("partner_id") else "new"
            if stage.stage_type == "qualified":
                vals["is_urgent"] = False
            is_lost = vals.get("active") is False and vals.get("probability") == 0
            if not is_lost and stage.stage_type not in LOST_TYPES:
                continue
            lead = self.new({name: vals.get(name) for name in ("lead_type_id", "team_id", "lost_reason_id")})
            if stage.stage_type not in LOST_TYPES:
                lost_stage, from_stage = lead._map_stages("not_interested")[lead], stage
            else:
                lost_stage, from_stage = stage, lead._map_initial_stages()[lead]
            if lost_stage and not self.env.context.get("import_file"):
                lead._check_lost_reason(lost_stage, vals)
            vals.update(
                active=False,
                probability=0,
                automated_probability=0,
                date_closed=vals.get("date_closed") or fields.Datetime.now(),
                stage_id=lost_stage.id or stage.id,
                lost_from_stage_id=from_stage.id if lost_stage else False,
                stage_type=(lost_stage or stage).stage_type,
            )

    def _settle_lost(self):  # pylint: disable=missing-return
        """New leads that turned out lost in an open stage: archived ones whose probability Odoo computed to be 0."""
        lost = self.filtered(lambda lead: lead.won_status == "lost" and lead.stage_type in PENDING_TYPES)
        for lead, stage in lost._map_stages("not_interested").items():
            if stage:
                super(CrmLead, lead).write({**lead._prepare_move_values(stage), "stage_id": stage.id})

    def _prepare_state_values(self, vals):
        """What has to be written along with ``vals`` so that stage, won and lost agree afterwards.

        :return: ``{lead: values}`` for every lead of the set
        """
        removal = self.filtered(lambda lead: "removed" in (lead.client_status, vals.get("client_status")))
        values = removal._prepare_removal_values(vals)
        rest = self - removal
        values.update({lead: {} for lead in rest})
        if "stage_id" in vals:
            stage = self.env["crm.stage"].browse(vals["stage_id"])
            moving = rest.filtered(lambda lead: lead.stage_id != stage)
            for lead in moving:
                values[lead] = lead._prepare_move_values(stage)
            rest -= moving
        # Odoo's own ways to lose and to restore, which do not name a stage
        lost = rest.filtered(
            lambda lead: not vals.get("active", lead.active) and not vals.get("probability", lead.probability)
        )
        losing = lost.filtered(lambda lead: lead.won_status != "lost" and lead.stage_type in PENDING_TYPES)
        for lead, stage in losing._map_stages("not_interested").items():
            if stage:
                lead._check_lost_reason(stage, vals)
                values[lead] = {**lead._prepare_move_values(stage), "stage_id": stage.id}
        restoring = (rest - lost).filtered(lambda lead: lead.won_status == "lost" and lead.stage_type in LOST_TYPES)
        for lead, stage in restoring._map_restore_stages().items():
            values[lead] = {"stage_id": stage.id, "lost_reason_id": False}
        return values

    def _prepare_move_values(self, stage):
        """What has to be written along with a move of this lead to ``stage``."""
        if stage.stage_type in LOST_TYPES:
            if self.won_status == "lost" and self.stage_type in LOST_TYPES:
                return {"probability": 0}  # from one lost stage to another: the date of the loss stays
            came_from = self.stage_id if self.stage_type in PENDING_TYPES else self._get_last_pending_stage()
            return {
                "active": False,
                "probability": 0,
                "automated_probability": 0,
                "lost_from_stage_id": came_from.id,
            }
        if stage.stage_type == "qualified":
            return {"is_urgent": False, **({"lost_reason_id": False} if self.lost_reason_id else {})}
        if self.won_status != "lost":
            return {}
        if self.stage_type in LOST_TYPES:
            return {"active": True, "lost_reason_id": False}
        return {"probability": 0}  # lost by Odoo in an open stage: it stays lost, with its date

    def _get_last_pending_stage(self):
        """The open or frozen stage that a won lead was in before, by its log; else the initial one."""
        self.ensure_one()
        for event in self.sudo().event_ids.filtered(
            lambda event: event.kind in ("stage", "conclude", "restore", "create")
        ):
            for key in ("to_stage", "from_stage"):
                stage = self.env["crm.stage"].browse((event.data or {}).get(key)).exists()
                if stage.active and stage.stage_type in PENDING_TYPES:
                    return stage
        return self._map_initial_stages()[self]

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    def _check_stage_choice(self, vals):
        """Refuse a stage that can't be chosen, or that asks for a reason which is missing."""
        if not vals.get("stage_id"):
            return
        stage = self.env["crm.stage"].browse(vals["stage_id"])
        moving = self.filtered(lambda lead: lead.stage_id != stage)
        if moving:
            moving._check_stage_active(stage)
            if vals.get("client_status") != "removed":
                moving.filtered(lambda lead: lead.won_status != "lost")._check_lost_reason(stage, vals)

    def _check_stage_active(self, stage):
        if stage and not stage.active:
            raise UserError(self.env._("The stage “%(stage)s” is archived. Choose another one.", stage=stage.name))

    def _check_lost_reason(self, stage, vals):
        if not stage.lost_reason_required or stage.stage_type not in LOST_TYPES or not self._is_person():
            return
        missing = self.filtered(lambda lead: not vals.get("lost_reason_id", lead.lost_reason_id))
        if missing:
            raise UserError(
                self.env._(
                    "“%(stage)s” needs a reason. Use “Conclude” and choose why it was lost: %(leads)s",
                    stage=stage.name,
                    leads=", ".join(lead.display_name or self.env._("New lead") for lead in missing[:5]),
                )
            )

    def _remap_stage(self, stage):
        """Move leads of a stage that is going to be archived, deleted or re-typed to another one of the same kind.
        Removed
        leads go along and stay removed."""
        self.with_context(lead_remapping=REMAPPING).write({"stage_id": stage.id})

    def _is_remapping(self):
        return self.env.context.get("lead_remapping") is REMAPPING

    # ------------------------------------------------------------
    # LOG
    # ------------------------------------------------------------

    def _get_states(self):
        return {lead: (lead.stage_id, lead.won_status, lead.user_id, lead.client_status) for lead in self}

    def _log_state_changes(self, before):
        """Log what a write has changed, in one insert.

        :param dict before: the result of :meth:`_get_states` before the write
        """
        events = []
        for lead, (stage, won_status, user, client_status) in before.items():
            data = {"from_stage": stage.id, "to_stage": lead.stage_id.id}
            if lead.client_status == "removed" != client_status:
                data = {"removal_reason": lead.removal_reason_id.id, "client_status": client_status}
                events.append(("remove", lead, data))
            elif client_status == "removed" != lead.client_status or (
                won_status == "lost" and lead.won_status == "pending"
            ):
                events.append(("restore", lead, data))
            elif lead.won_status != won_status and lead.won_status in ("won", "lost"):
                data.update(won_status=lead.won_status, lost_reason=lead.lost_reason_id.id)
                events.append(("conclude", lead, data))
            elif lead.stage_id != stage:
                events.append(("stage", lead, data))
            if lead.user_id != user:
                events.append(("assign", lead, {"from_user": user.id, "to_user": lead.user_id.id}))
        self.env["crm.lead.event"]._log_many(events)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_set_lost(self, **additional_values):
        """Lose in one write, in the stage given or else the type's first one of the kind "not interested"; without
        one the
        lead stays in its stage. What Odoo does after that finds its work done."""
        self.write({"active": False, "probability": 0, "automated_probability": 0, **additional_values})
        return super().action_set_lost(**additional_values)

    def action_conclude(self):
        """Open the dialog that ends the work on these leads."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_conclude_action")
        return {**action, "context": {"dialog_size": "medium", "default_lead_ids": self.ids}}
