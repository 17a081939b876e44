from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .crm_lead_stage import PREFER_ALLOWED
from .crm_stage import WON_STATUS

# an object, not a flag: no client can send it in a context
BY_RULE = object()


class CrmLead(models.Model):
    """Moves: from which stage people may take a lead to which, by its type; and what a change of the type does to the
    stage."""

    _inherit = "crm.lead"

    type_stage_ids = fields.Many2many("crm.stage", compute="_compute_type_stage_ids", export_string_translation=False)
    allowed_stage_ids = fields.Many2many(
        "crm.stage", compute="_compute_type_stage_ids", export_string_translation=False
    )

    @api.depends("lead_type_id", "team_id", "stage_id")
    @api.depends_context("uid")
    def _compute_type_stage_ids(self):
        """The stages of the lead's type, and those among them that the user may move it to."""
        for leads in self.grouped(lambda lead: (lead.lead_type_id, lead.team_id)).values():
            stages = leads._stage_find(domain=[("stage_type", "!=", False)], limit=None)
            leads.type_stage_ids = stages
            for lead in leads:
                lead.allowed_stage_ids = lead._filter_allowed_stages(stages)

    # ------------------------------------------------------------
    # MOVES
    # ------------------------------------------------------------

    def _is_by_rule(self):
        """Whether a rule that somebody configured moves the lead, not the person whose action it follows."""
        return self.env.context.get("lead_move") is BY_RULE

    def _by_rule(self):
        """These leads, for moves that a configured rule makes: they are not refused, but logged."""
        return self.with_context(lead_move=BY_RULE)

    def _is_free_to_move(self):
        return not self._is_person() or self._is_by_rule() or self._is_remapping()

    def _filter_allowed_stages(self, stages):
        """Those of ``stages`` that the user may take this lead to: its own type's, by the moves of that type."""
        self.ensure_one()
        lead_type, stage = self.lead_type_id, self._origin.stage_id
        if not lead_type:
            return stages
        if not stage or lead_type != self._origin.lead_type_id:  # new, or in a form where its type is being changed
            return lead_type._filter_stages(stages)
        return self._filter_next_stages(lead_type, stage, stages)

    @api.model
    def _filter_next_stages(self, lead_type, stage, stages):
        """Those of ``stages`` that may follow ``stage`` in a lead type, if the user makes the move."""
        stages = lead_type._filter_stages(stages)
        moves = self.env["crm.stage.transition"]._get_moves(lead_type._origin.id)
        if (
            not moves
            or not self._is_person()
            or not lead_type._takes_stage(stage)  # it has to get back to its type somehow
            or self.env.user.has_group("crm_lead_lifecycle.group_stage_override")
        ):
            return stages
        groups, allowed = set(self.env.user._get_group_ids()), moves.get(stage.id, {})
        return stages.filtered(
            lambda target: target == stage
            or (target.id in allowed and (not allowed[target.id] or allowed[target.id] & groups))
        )

    def _check_moves(self, targets):
        """Refuse moves that a person may not make. A lead that is restored is not asked: it returns to its own stage.

        :param dict targets: ``{lead: stage}`` for leads that change their stage
        :raise UserError: for all of them at once
        """
        if self._is_free_to_move():
            return
        emptied = self.browse().concat(*(lead for lead, stage in targets.items() if not stage))
        if emptied:
            raise UserError(
                self.env._(
                    "A lead is always in a stage. Choose one for: %(leads)s",
                    leads=", ".join(emptied[:5].mapped("display_name")),
                )
            )
        moves = defaultdict(self.browse)
        for lead, stage in targets.items():
            moves[lead.lead_type_id, lead.stage_id, stage] += lead
        refusals = [
            leads._get_refusal(*move)
            for move, leads in moves.items()
            if move[2] not in leads[0]._filter_allowed_stages(move[2])
        ]
        if refusals:
            raise UserError("\n\n".join(refusals))

    def _get_refusal(self, lead_type, from_stage, to_stage):
        """Why these leads can't be moved, and where they can go, as one sentence or two."""
        names = ", ".join(self[:5].mapped("display_name"))
        if not lead_type._takes_stage(to_stage):
            return self.env._(
                "“%(stage)s” is not a stage of “%(type)s”. Change the lead type first, or choose another stage: "
                "%(leads)s",
                stage=to_stage.name,
                type=lead_type.name,
                leads=names,
            )
        lead = self.new({"lead_type_id": lead_type.id, "team_id": self[0].team_id.id})
        stages = lead._stage_find(domain=[("stage_type", "!=", False), ("id", "!=", from_stage.id)], limit=None)
        allowed = self._filter_next_stages(lead_type, from_stage, stages)
        if not allowed:
            return self.env._(
                "You can't move a lead of the type “%(type)s” out of “%(from_stage)s”: %(leads)s",
                type=lead_type.name,
                from_stage=from_stage.name,
                leads=names,
            )
        return self.env._(
            "You can't move a lead of the type “%(type)s” from “%(from_stage)s” to “%(to_stage)s”. From there it can "
            "go to: %(stages)s. (%(leads)s)",
            type=lead_type.name,
            from_stage=from_stage.name,
            to_stage=to_stage.name,
            stages=", ".join(allowed.mapped("name")),
            leads=names,
        )

    def action_set_won(self):
        """Win each lead in a stage of its own type, in one to which the user may move it if there is one."""
        for leads in self.grouped(lambda lead: (lead.lead_type_id, lead.team_id, lead.stage_id)).values():
            super(CrmLead, leads.with_context(lead_stages=PREFER_ALLOWED)).action_set_won()
        return True

    def _complete_stages(self, vals_list):
        """A new lead may start in any stage of its type. A person who names another one is refused; in a column of
        another type, where the small form is opened, and out of an import the lead starts in a stage of its own."""
        found = {}
        for vals in vals_list:
            stage, team_id = self.env["crm.stage"].browse(vals.get("stage_id")), vals.get("team_id")
            lead_type = self.env["crm.lead.type"].browse(vals["lead_type_id"]).sudo()
            if not stage or lead_type._takes_stage(stage):
                continue
            if self._is_asked() and stage.id != self.env.context.get("default_stage_id"):
                raise self._get_foreign_stage_error(lead_type, stage)
            key = (lead_type, team_id, stage)
            if key not in found:
                like = not self._is_asked() and self._get_initial_stage(lead_type, team_id, like=stage)
                found[key] = like or self._get_initial_stage(lead_type, team_id)
            vals.update(stage_id=found[key].id, stage_type=found[key].stage_type)

    def _get_foreign_stage_error(self, lead_type, stage):
        return UserError(
            self.env._(
                "“%(stage)s” is not a stage of “%(type)s”. Choose one of that type.",
                stage=stage.name,
                type=lead_type.name,
            )
        )

    # ------------------------------------------------------------
    # CHANGE OF THE TYPE
    # ------------------------------------------------------------

    def _map_type_stages(self, lead_type, team_id=None):
        """The stage that each lead gets when it becomes one of ``lead_type``: its own if it is one of that type, else
        one of the same kind: the one in which it left that type, the one of the same name, the only one, or the initial
        one for a lead in its initial stage.

        :param int team_id: the team that the leads are given along with the type
        :return: ``{lead: stage}``, with an empty stage where a person has to choose
        """
        found, left = {}, self._map_left_stages(lead_type)
        for (team, stage, old_type, left_stage), leads in self.grouped(
            lambda lead: (lead.team_id, lead.stage_id, lead._origin.lead_type_id, left.get(lead))
        ).items():
            target = self.new({"lead_type_id": lead_type.id, "team_id": team_id or team.id})
            candidates = target._stage_find(domain=[("stage_type", "=", stage.stage_type)], limit=None)
            alike = candidates.filtered(lambda other, stage=stage: other.name.casefold() == stage.name.casefold())
            initial = target._map_initial_stages()[target]
            if not stage or not leads._origin:
                choice = initial
            elif stage.active and lead_type._takes_stage(stage):
                choice = stage
            elif left_stage and left_stage in candidates:
                choice = left_stage
            elif alike:
                choice = alike[0]
            elif len(candidates) == 1:
                choice = candidates
            elif initial in candidates and stage == self._get_initial_stage(old_type, team.id):
                choice = initial
            else:
                choice = self.env["crm.stage"]
            found.update(dict.fromkeys(leads, choice))
        return found

    def _map_left_stages(self, lead_type):
        """The stage that each lead was in when it stopped being one of ``lead_type``, by its log."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (lead_id) lead_id, (data->>'from_stage')::int
                  FROM crm_lead_event
                 WHERE lead_id = ANY(%s) AND kind = 'type' AND data->>'from_type' = %s
                 ORDER BY lead_id, id DESC
                """,
                self.ids,
                str(lead_type.id),
            )
        )
        return {self.browse(lead_id): self.env["crm.stage"].browse(stage_id) for lead_id, stage_id in rows}

    @api.model
    def _get_initial_stage(self, lead_type, team_id=False, like=None):
        """Where a lead of a team starts in a type.

        :param like: a stage of another type; then one of its kind, none if there is none of a closed kind
        """
        lead = self.new({"lead_type_id": lead_type.id, "team_id": team_id, "stage_id": like and like.id})
        return lead._map_initial_stages(keep_kind=bool(like))[lead]

    def _get_type_event(self, lead_type, stage, properties):
        """The event of a change of the type, with the typed properties as they were: the other type has its own.

        :param lead_type: the type before
        :param stage: the stage before
        :param dict properties: ``{label: text}``
        :return: kind, lead and data as :meth:`crm.lead.event._log_many` takes them
        """
        data = {"from_type": lead_type.id or None, "to_type": self.lead_type_id.id, "from_stage": stage.id or None}
        return "type", self, {**data, "properties": properties}

    def _prepare_type_change(self, vals):
        """The stages of leads whose type is being changed without naming a stage.

        :return: ``{lead: stage}``
        :raise UserError: when a person has to choose the stage, or a change of the type would win, lose or reopen
        """
        if "lead_type_id" not in vals:
            return {}
        lead_type = self.env["crm.lead.type"].browse(vals["lead_type_id"])
        changing = self.filtered(lambda lead: lead.lead_type_id != lead_type)
        if vals.get("stage_id"):
            changing._check_chosen_stage(lead_type, self.env["crm.stage"].browse(vals["stage_id"]))
            return {}
        found = changing._map_type_stages(lead_type, vals.get("team_id"))
        unclear = changing.filtered(lambda lead: not found[lead])
        if unclear and not self._is_free_to_move():
            raise UserError(
                self.env._(
                    "Choose in which stage of “%(type)s” they go on, there is none just like theirs: %(leads)s",
                    type=lead_type.name,
                    leads=", ".join(f"{lead.display_name} ({lead.stage_id.name})" for lead in unclear[:5]),
                )
            )
        for (team, stage), leads in unclear.grouped(lambda lead: (lead.team_id, lead.stage_id)).items():
            found.update(dict.fromkeys(leads, self._get_initial_stage(lead_type, team.id, like=stage)))
        return {lead: stage for lead, stage in found.items() if stage and stage != lead.stage_id}

    def _check_chosen_stage(self, lead_type, stage):
        """A change of the type may go with a stage of the new type that means the same for the lead. Where it is clear
        in which stage the lead goes on, its new type's moves have to lead from there to the one chosen."""
        if self._is_free_to_move() or not self:
            return
        if not lead_type._takes_stage(stage):
            raise self._get_foreign_stage_error(lead_type, stage)
        changed = self.filtered(
            lambda lead: lead.stage_id and WON_STATUS[lead.stage_type] != WON_STATUS[stage.stage_type]
        )
        if changed:
            raise UserError(
                self.env._(
                    "A change of the lead type neither wins, loses nor reopens a lead. Change the type first, then "
                    "move it to “%(stage)s”: %(leads)s",
                    stage=stage.name,
                    leads=", ".join(changed[:5].mapped("display_name")),
                )
            )
        for start, leads in self.grouped(self._map_type_stages(lead_type).get).items():
            if start and stage not in self._filter_next_stages(lead_type, start, stage) + start:
                raise UserError(leads._get_refusal(lead_type, start, stage))

    # ------------------------------------------------------------
    # TYPED PROPERTIES
    # ------------------------------------------------------------

    def _map_property_texts(self):
        """The typed properties of each lead that have a value.

        :return: ``{lead: {label: text}}``
        """
        return {
            self.browse(values["id"]): {
                item["string"]: self._get_property_text(item)
                for item in values["type_properties"] or []
                if item.get("value") and item["type"] != "separator"
            }
            for values in self.sudo().read(["type_properties"])
        }

    @api.model
    def _get_property_text(self, item):
        value = item["value"]
        match item["type"]:
            case "selection":
                return dict(item.get("selection") or []).get(value, value)
            case "tags":
                labels = {tag[0]: tag[1] for tag in item.get("tags") or []}
                return ", ".join(labels.get(tag, tag) for tag in value)
            case "many2one":
                return value[1]
            case "many2many":
                return ", ".join(name for _id, name in value)
            case "boolean":
                return self.env._("Yes")
        return str(value)
