from odoo import api, fields, models

from .crm_stage_transition import SAVING


class CrmLeadType(models.Model):
    """The moves of a lead type: which stage may follow which, and who may make it follow."""

    _inherit = "crm.lead.type"

    transition_ids = fields.One2many("crm.stage.transition", "lead_type_id", "Moves", copy=True)

    @api.model_create_multi
    def create(self, vals_list):
        lead_types = super(CrmLeadType, self.with_context(lead_type_saving=SAVING)).create(vals_list).with_env(self.env)
        lead_types.sudo().transition_ids._check_stages()
        return lead_types

    def write(self, vals):
        """Stages and their moves are checked when both are written, in whichever order they were edited."""
        res = super(CrmLeadType, self.with_context(lead_type_saving=SAVING)).write(vals)
        if {"stage_ids", "transition_ids"} & vals.keys():
            self.sudo().transition_ids._check_stages()
        return res

    def try_moves(self, moves, stage_ids):
        """Which open leads of this type could go where, if these were its moves. Nothing is saved.

        :param list moves: dicts of ``from_stage_id``, ``to_stage_id`` and ``group_ids`` (a list; empty: everybody)
        :param list stage_ids: ids of the stages that the type would have
        :return: one dict for each stage that holds open leads or could be left: ``id``, ``name``, ``stage_type``,
            ``lead_count``, and under ``now`` and ``then`` where its leads can go (dicts of ``id``, ``name`` and
            ``who``, a list of names of groups)
        :raise AccessError: for who may not change lead types
        """
        self.ensure_one()
        self.check_access("write")
        leads = self.env["crm.lead"]
        now = self.env["crm.stage.transition"]._get_moves(self.id)
        then = {}
        for move in moves:
            if move["from_stage_id"] and move["to_stage_id"]:
                then.setdefault(move["from_stage_id"], {})[move["to_stage_id"]] = frozenset(move["group_ids"])
        counts = dict(
            leads._read_group(
                [("lead_type_id", "=", self.id), ("won_status", "=", "pending")], ["stage_id"], ["__count"]
            )
        )
        stages = self.env["crm.stage"].search(["|", ("id", "in", stage_ids), ("lead_type_ids", "=", False)])
        group_ids = {
            group for rows in (now, then) for targets in rows.values() for ids in targets.values() for group in ids
        }
        groups = {group.id: group.display_name for group in self.env["res.groups"].browse(group_ids).exists()}

        def targets(rows, stage):
            """Where the leads of a stage can go under ``rows``."""
            allowed = rows.get(stage.id, {}) if rows else dict.fromkeys((stages - stage).ids, ())
            return [
                {
                    "id": target.id,
                    "name": target.name,
                    "who": [groups[group] for group in allowed[target.id] if group in groups],
                }
                for target in stages
                if target.id in allowed
            ]

        return [
            {
                "id": stage.id,
                "name": stage.name,
                "stage_type": stage.stage_type,
                "lead_count": counts.get(stage, 0),
                "now": targets(now, stage),
                "then": targets(then, stage),
            }
            for stage in stages | self.env["crm.stage"].concat(*filter(None, counts))
            if counts.get(stage) or stage.id in now or stage.id in then
        ]
