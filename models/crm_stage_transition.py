from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

# an object, not a flag: no client can send it in a context
SAVING = object()


class CrmStageTransition(models.Model):
    """A move that people may make with leads of a type. A type without any is free."""

    _name = "crm.stage.transition"
    _description = "Stage Move"
    _order = "lead_type_id, from_stage_id, to_stage_id, id"

    lead_type_id = fields.Many2one("crm.lead.type", "Lead Type", required=True, ondelete="cascade", index=True)
    from_stage_id = fields.Many2one("crm.stage", "From", required=True, ondelete="cascade", index=True)
    to_stage_id = fields.Many2one("crm.stage", "To", required=True, ondelete="cascade", index=True)
    group_ids = fields.Many2many(
        "res.groups", string="Who", ondelete="restrict", help="Who may make this move. Empty: everybody."
    )

    _move_uniq = models.UniqueIndex(
        "(lead_type_id, from_stage_id, to_stage_id)",
        "This move is listed already. Change who may make it in that line.",
    )

    @api.depends("from_stage_id", "to_stage_id")
    def _compute_display_name(self):
        for move in self:
            move.display_name = f"{move.from_stage_id.name} → {move.to_stage_id.name}"

    @api.constrains("lead_type_id", "from_stage_id", "to_stage_id")
    def _check_stages(self):
        if self.env.context.get("lead_type_saving") is SAVING:
            return  # the type checks them when all of it is written
        for move in self:
            if move.from_stage_id == move.to_stage_id:
                raise ValidationError(
                    self.env._(
                        "A move from “%(stage)s” to itself is none. Choose another stage to go to.",
                        stage=move.from_stage_id.name,
                    )
                )
            for stage in move.from_stage_id + move.to_stage_id:
                if not move.lead_type_id._owns_stage(stage):
                    raise ValidationError(
                        self.env._(
                            "“%(stage)s” is not a stage of “%(type)s”. Add it to the type's stages, or take its moves "
                            "out.",
                            stage=stage.name,
                            type=move.lead_type_id.name,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        self.env.registry.clear_cache()
        return moves

    def write(self, vals):
        res = super().write(vals)
        self.env.registry.clear_cache()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    @api.model
    @tools.ormcache("lead_type_id")
    def _get_moves(self, lead_type_id):
        """The moves of a type; cached.

        :return: ``{id of the stage from: {id of the stage to: ids of the groups, none for everybody}}``
        """
        moves = {}
        for move in self.sudo().search([("lead_type_id", "=", lead_type_id)]):
            moves.setdefault(move.from_stage_id.id, {})[move.to_stage_id.id] = frozenset(move.group_ids.ids)
        return moves
