from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class CrmLeadType(models.Model):
    _name = "crm.lead.type"
    _description = "Lead Type"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", "Company", index="btree_not_null", help="Empty: for every company.")
    color = fields.Integer("Color Index", export_string_translation=False)
    is_default = fields.Boolean("Default", help="Leads that come without a type get this one.")
    stage_ids = fields.Many2many(
        "crm.stage",
        "crm_lead_type_stage_rel",
        "lead_type_id",
        "stage_id",
        string="Stages",
        help="The stages of this type, beside those that belong to no type.",
    )
    initial_stage_id = fields.Many2one(
        "crm.stage",
        "Initial Stage",
        ondelete="set null",
        help="New leads start here. Empty: in the first stage of their team.",
    )
    number_sequence_id = fields.Many2one(
        "ir.sequence",
        "Number Sequence",
        ondelete="set null",
        groups="base.group_system",
        help="Numbers of this type's leads. Empty: the company's lead numbers.",
    )
    due_days = fields.Integer(
        "Due After (days)", help="New leads are due this many days after they came. 0: no deadline."
    )

    _due_days_positive = models.Constraint("CHECK (due_days >= 0)", "The days until a lead is due can't be negative.")

    @api.constrains("is_default", "company_id", "active")
    def _check_one_default(self):
        for lead_type in self.filtered("is_default"):
            if not lead_type.active:
                raise ValidationError(
                    self.env._(
                        "“%(type)s” is the default lead type. Make another one the default first.", type=lead_type.name
                    )
                )
            if self.sudo().search_count(
                [("is_default", "=", True), ("company_id", "=", lead_type.company_id.id), ("id", "!=", lead_type.id)],
                limit=1,
            ):
                raise ValidationError(
                    self.env._("There can be one default lead type only. Take the mark off the other one first.")
                )

    @api.constrains("initial_stage_id", "stage_ids")
    def _check_initial_stage(self):
        for lead_type in self:
            stage = lead_type.initial_stage_id
            if stage and stage.stage_type not in ("open", "frozen"):
                raise ValidationError(
                    self.env._("“%(stage)s” closes a lead. Choose an open stage to start in.", stage=stage.name)
                )
            if stage.lead_type_ids and lead_type not in stage.lead_type_ids:
                raise ValidationError(
                    self.env._(
                        "“%(stage)s” is not a stage of “%(type)s”. Add it to the type's stages first.",
                        stage=stage.name,
                        type=lead_type.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for lead_type in self:
            count = (
                self.env["crm.lead"]
                .sudo()
                .with_context(active_test=False)
                .search_count([("lead_type_id", "=", lead_type.id)])
            )
            if count:
                raise ValidationError(
                    self.env._(
                        "%(count)s leads are of the type “%(type)s”. Archive the type instead: its leads keep it.",
                        count=count,
                        type=lead_type.name,
                    )
                )

    @api.model
    @tools.ormcache("company_id")
    def _get_default_id(self, company_id):
        """Id of the type of leads that come without one: the company's own default, else that of all companies."""
        domain = Domain("is_default", "=", True) & Domain("company_id", "in", [company_id, False])
        return self.sudo().search(domain, order="company_id, id", limit=1).id
