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
    color = fields.Integer()
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

    @api.constrains("company_id")
    def _check_company_of_leads(self):
        for lead_type in self.filtered("company_id"):
            domain = [("lead_type_id", "=", lead_type.id), ("company_id", "not in", (False, lead_type.company_id.id))]
            if self.env["crm.lead"].sudo().with_context(active_test=False).search_count(domain, limit=1):
                raise ValidationError(
                    self.env._(
                        "Leads of another company are of the type “%(type)s”. Leave it to every company, or make a new "
                        "type.",
                        type=lead_type.name,
                    )
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
        lead_types = super().create(vals_list)
        self.env.registry.clear_cache()
        lead_types.filtered("is_default")._settle_default()
        return lead_types

    def write(self, vals):
        res = super().write(vals)
        self.env.registry.clear_cache()
        if {"is_default", "active", "company_id"} & vals.keys():
            self.filtered(lambda lead_type: lead_type.is_default and lead_type.active)._settle_default()
        return res

    def _settle_default(self):  # pylint: disable=missing-return
        """The type that was marked last is the default one of its company, or of all companies; there always is one of
        all companies."""
        for lead_type in self:
            domain = [
                ("is_default", "=", True),
                ("company_id", "=", lead_type.company_id.id),
                ("id", "!=", lead_type.id),
            ]
            super(CrmLeadType, self.sudo().search(domain)).write({"is_default": False})
        if not self.sudo().search_count([("is_default", "=", True), ("company_id", "=", False)], limit=1):
            raise ValidationError(
                self.env._("One active lead type of every company has to be the default. Mark another one instead.")
            )

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for lead_type in self:
            if lead_type.is_default:
                raise ValidationError(
                    self.env._("“%(type)s” is the default lead type. Mark another one first.", type=lead_type.name)
                )
            count = (
                self.env["crm.lead"]
                .sudo()
                .with_context(active_test=False)
                .search_count([("lead_type_id", "=", lead_type.id)])
            )
            if count:
                raise ValidationError(
                    self.env._(
                        "The lead type “%(type)s” is in use (leads: %(count)s). Archive it instead: its leads keep it.",
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
