from collections import defaultdict
from functools import partial

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# without these no lead can be worked
ALWAYS_SHOWN = ("name", "lead_type_id", "stage_id")
# the conditions of Odoo's form under which a part is not there, and for which kind of leads
# their emptiness does not say that something is missing, or they are filled in by what is done with the lead
NEVER_REQUIRED_TYPES = ("boolean", "properties")
KIND_CONDITIONS = {"type == 'lead'": "lead", "type == 'opportunity'": "opportunity"}
NEVER_REQUIRED = ("lost_reason_id", "removal_reason_id")


def _is_shown(groups, node):
    """Whether a node of a view is there for users of ``groups``, a set of XML ids."""
    wanted = [name.strip() for name in (node.get("groups") or "").split(",") if name.strip()]
    return node.get("invisible") not in ("1", "True") and (not wanted or not groups.isdisjoint(wanted))


class CrmLeadType(models.Model):
    """The form of a lead type: what it hides, what it asks for, its own typed properties."""

    _inherit = "crm.lead.type"

    contact_required = fields.Boolean(
        "E-mail or Phone Required", help="A lead of this type needs an e-mail address or a phone number."
    )
    required_field_ids = fields.Many2many(
        "ir.model.fields",
        "crm_lead_type_required_field_rel",
        "lead_type_id",
        "field_id",
        string="Required Fields",
        groups="sales_team.group_sale_manager",
        help="Whoever makes a lead of this type or moves it on has to fill these in. What comes in by itself is taken "
        "in without them and marked as incomplete.",
    )
    hidden_field_ids = fields.Many2many(
        "ir.model.fields",
        "crm_lead_type_hidden_field_rel",
        "lead_type_id",
        "field_id",
        string="Hidden Fields",
        groups="sales_team.group_sale_manager",
        help="The form of this type does without these.",
    )
    form_field_ids = fields.Many2many(
        "ir.model.fields", compute="_compute_form_field_ids", groups="sales_team.group_sale_manager"
    )
    requirable_field_ids = fields.Many2many(
        "ir.model.fields", compute="_compute_form_field_ids", groups="sales_team.group_sale_manager"
    )
    property_definition = fields.PropertiesDefinition("Properties")
    # only there to set up the properties in the form of the type, by Odoo's own editor of them
    definition_type_id = fields.Many2one("crm.lead.type", compute="_compute_definition_type_id")
    sample_properties = fields.Properties(
        "Properties of Its Leads", definition="definition_type_id.property_definition", store=False, copy=False
    )

    def _compute_definition_type_id(self):
        for lead_type in self:
            lead_type.definition_type_id = lead_type._origin

    def _compute_form_field_ids(self):
        """The fields that have a place in the form of a lead, to choose from."""
        names = [name for name in self._get_form_field_names() if name not in ALWAYS_SHOWN]
        form_fields = self.env["ir.model.fields"].sudo().search([("model", "=", "crm.lead"), ("name", "in", names)])
        self.form_field_ids = form_fields.with_env(self.env)
        self.requirable_field_ids = form_fields.filtered(self._is_requirable).with_env(self.env)

    @api.model
    def _is_requirable(self, field):
        return (
            field.ttype not in NEVER_REQUIRED_TYPES
            and field.name not in NEVER_REQUIRED
            and not self.env["crm.lead"]._fields[field.name].readonly
            and self._get_form_field_names().get(field.name)
        )

    @api.constrains("required_field_ids", "hidden_field_ids", "contact_required")
    def _check_form(self):
        placed = self._get_form_field_names()
        for lead_type in self.sudo():
            required, hidden = lead_type.required_field_ids, lead_type.hidden_field_ids
            for field in required | hidden:
                if field.model != "crm.lead" or field.name not in placed:
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” has no place in the form of a lead that everybody sees. Choose another field, "
                            "or show this one on the settings page first.",
                            field=field.field_description,
                        )
                    )
            contact = hidden.filtered(lambda field: field.name in ("email_from", "phone"))
            both = required & hidden or (lead_type.contact_required and len(contact) == 2 and contact)
            if both:
                raise ValidationError(
                    self.env._(
                        "“%(field)s” can't be both required and hidden. Take it out of one of the two.",
                        field=both[0].field_description,
                    )
                )
            for field in hidden.filtered(lambda field: field.name in ALWAYS_SHOWN):
                raise ValidationError(
                    self.env._(
                        "“%(field)s” can't be hidden: no lead can be worked without it.", field=field.field_description
                    )
                )
            for field in required:
                if not self._is_requirable(field):
                    raise ValidationError(
                        self.env._(
                            "“%(field)s” can't be required: there is nothing to fill in.", field=field.field_description
                        )
                    )

    def write(self, vals):
        res = super().write(vals)
        if {"required_field_ids", "contact_required"} & vals.keys():
            self.env["crm.lead"].invalidate_model(["is_incomplete"])
        return res

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    @api.model
    @tools.ormcache(cache="templates")  # cleared with the views and the groups
    def _get_form_field_names(self):
        """The fields that have a place in the form of a lead which every user may see; cached.

        :return: ``{name: in which of Odoo's kinds of leads it can be filled in there}``
        """
        # all views also while modules are being loaded, when demo data load ready types
        view = self.env.ref("crm.crm_lead_view_form").sudo().with_context(load_all_views=True)
        everybody = self.env.ref("base.group_user").sudo()
        shown = set((everybody | everybody.all_implied_ids).get_external_id().values()) - {"base.group_no_one"}
        names = {}
        for node in view._get_combined_arch().iter("field"):
            nodes = (node, *node.iterancestors())
            if any(parent.tag == "field" for parent in nodes[1:]) or not all(map(partial(_is_shown, shown), nodes)):
                continue
            kinds = names.setdefault(node.get("name"), set())
            if node.get("readonly") not in ("1", "True"):
                elsewhere = {KIND_CONDITIONS.get(parent.get("invisible")) for parent in nodes}
                kinds.update({"lead", "opportunity"} - elsewhere)
        return {name: tuple(kinds) for name, kinds in names.items()}

    @api.model
    @tools.ormcache(cache="templates")  # cleared with the views and the groups
    def _get_form_rules(self):
        """What the types ask of the form of a lead; cached, and part of the key under which Odoo keeps the views. A
        field that has lost its place in the form, as when its setting was switched off, is not asked for.

        :return: ``(hidden, required, contact)``: two tuples of pairs of a field's name and a tuple of ids of types, and
            a tuple of ids of the types that need an e-mail address or a phone number
        """
        hidden, required, contact = defaultdict(list), defaultdict(list), []
        placed = self._get_form_field_names()
        for lead_type in self.sudo().with_context(active_test=False).search(Domain.TRUE, order="id"):
            for field in lead_type.hidden_field_ids:
                hidden[field.name].append(lead_type.id)
            for field in lead_type.required_field_ids.filtered(lambda field: placed.get(field.name)):
                required[field.name].append(lead_type.id)
            if lead_type.contact_required:
                contact.append(lead_type.id)

        def freeze(types_by_field):
            return tuple((name, tuple(ids)) for name, ids in sorted(types_by_field.items()))

        return freeze(hidden), freeze(required), tuple(contact)
