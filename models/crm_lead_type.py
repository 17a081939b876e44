from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class CrmLeadType(models.Model):
    _name = "crm.lead.type"
    _description = "Lead Type"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    description = fields.Text(translate=True, help="What these leads are and how they are worked, for who works them.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", "Company", index="btree_not_null", help="Empty: for every company.")
    color = fields.Integer()
    is_default = fields.Boolean("Default", copy=False, help="Leads that come without a type get this one.")
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
        copy=False,
        ondelete="set null",
        groups="base.group_system",
        help="Numbers of this type's leads. Empty: the company's lead numbers.",
    )
    due_days = fields.Integer(
        "Due After (days)", help="New leads are due this many days after they came. 0: no deadline."
    )
    next_type_id = fields.Many2one(
        "crm.lead.type",
        "Goes On As",
        ondelete="restrict",
        index="btree_not_null",
        help="A lead that is concluded in a qualified stage is not won, but goes on in the initial stage of this type.",
    )
    preset_key = fields.Char(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="The preset that this type was loaded from.",
    )

    _preset_key_uniq = models.UniqueIndex(
        "(preset_key, company_id) WHERE preset_key IS NOT NULL",
        "Somebody has just loaded this lead type for the company. Load the page again.",
    )
    _due_days_possible = models.Constraint(
        "CHECK (due_days BETWEEN 0 AND 3650)", "A lead is due after 1 to 3650 days. Write 0 for no deadline."
    )

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

    @api.constrains("next_type_id", "company_id", "active")
    def _check_next_type(self):
        previous = self.sudo().with_context(active_test=False).search([("next_type_id", "in", self.ids)])
        for lead_type in self.sudo() | previous:
            next_type = lead_type.next_type_id
            if lead_type._has_cycle("next_type_id"):
                raise ValidationError(
                    self.env._(
                        "Leads of “%(type)s” would go on in a circle. Choose a type that does not lead back to it.",
                        type=lead_type.name,
                    )
                )
            if next_type and lead_type.active and not next_type.active:
                raise ValidationError(
                    self.env._(
                        "Leads of “%(type)s” go on as “%(next_type)s”, which is archived. Choose another type first.",
                        type=lead_type.name,
                        next_type=next_type.name,
                    )
                )
            if next_type.company_id not in (lead_type.company_id, self.env["res.company"]):
                raise ValidationError(
                    self.env._(
                        "Leads of “%(type)s” can't go on as “%(next_type)s”, a type of %(company)s. Choose a type of "
                        "the same company, or of every company.",
                        type=lead_type.name,
                        next_type=next_type.name,
                        company=next_type.company_id.name,
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
            if stage and not lead_type._owns_stage(stage):
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
        self.env.registry.clear_cache("default", "templates")
        lead_types.filtered("is_default")._settle_default()
        lead_types._show_types()
        return lead_types

    def write(self, vals):
        res = super().write(vals)
        self.env.registry.clear_cache("default", "templates")
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

    def _show_types(self):
        """Show the lead types to everybody as soon as there are two to tell apart."""
        group = self.env.ref("crm_lead_lifecycle.group_lead_types").sudo()
        if group not in self.env.ref("base.group_user").sudo().all_implied_ids and self.sudo().search_count([]) > 1:
            self.env.ref("base.group_user").sudo()._apply_group(group)

    def unlink(self):
        """The stages that are no other type's go with their type: they must not become those of every type."""
        orphans = (
            self.sudo()
            .with_context(active_test=False)
            .stage_ids.filtered(lambda stage: stage.lead_type_ids and stage.lead_type_ids <= self)
        )
        res = super().unlink()
        orphans.active = False
        self.env.registry.clear_cache("default", "templates")
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for lead_type in self:
            if lead_type.is_default:
                raise ValidationError(
                    self.env._("“%(type)s” is the default lead type. Mark another one first.", type=lead_type.name)
                )
            previous = self.sudo().with_context(active_test=False).search([("next_type_id", "=", lead_type.id)])
            if previous - self:
                raise ValidationError(
                    self.env._(
                        "Leads of “%(previous)s” go on as “%(type)s”. Choose another type for them first.",
                        previous=previous[0].name,
                        type=lead_type.name,
                    )
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

    def _owns_stage(self, stage):
        """Whether ``stage`` is one of this type's stages: of its own, or of no type."""
        self.ensure_one()
        lead_types = stage.sudo().with_context(active_test=False).lead_type_ids
        return not lead_types or self in lead_types

    def _filter_stages(self, stages):
        """Those of ``stages`` that leads of this type may be in."""
        return stages if self._is_without_stages() else stages.filtered(self._owns_stage)

    def _takes_stage(self, stage):
        """Whether leads of this type may be in ``stage``."""
        return self._owns_stage(stage) or self._is_without_stages()

    def _is_without_stages(self):
        """Whether there is no stage yet that leads of these types may be in; until then they use those of all types."""
        stages = self.env["crm.stage"].sudo()
        return not self.sudo().with_context(active_test=False).stage_ids and not stages.search_count(
            [("lead_type_ids", "=", False)], limit=1
        )

    def _get_stage_domain(self):
        """The domain of the stages that leads of these types may be in."""
        if not self or self._is_without_stages():
            return Domain.TRUE
        return Domain("lead_type_ids", "=", False) | Domain("lead_type_ids", "in", self.ids)
