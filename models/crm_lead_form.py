from collections import defaultdict

from lxml import etree
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import is_html_empty

from .crm_stage import LOST_TYPES

CONTACT_FIELDS = ("email_from", "phone")
# what a lead lacks that needs one of the two
CONTACT = "contact"
TYPES_GROUP = "crm_lead_lifecycle.group_lead_types"


class CrmLead(models.Model):
    """The form of the lead's type: what it hides, what it asks for, and what is still missing."""

    _inherit = "crm.lead"

    type_properties = fields.Properties(
        "Properties of the Type", definition="lead_type_id.property_definition", copy=True
    )
    is_incomplete = fields.Boolean(
        "Incomplete",
        compute="_compute_is_incomplete",
        search="_search_is_incomplete",
        help="Came in by itself without all that its type requires.",
    )

    # ------------------------------------------------------------
    # WHAT IS MISSING
    # ------------------------------------------------------------

    # not by the fields that types require: their change invalidates it, and the form need not ask the server after each
    @api.depends("lead_type_id")
    def _compute_is_incomplete(self):
        for lead, missing in self._map_missing().items():
            lead.is_incomplete = bool(missing)

    def _search_is_incomplete(self, operator, value):
        if operator != "in":
            return NotImplemented
        if False in value:
            return Domain.TRUE
        _hidden, required, contact = self.env["crm.lead.type"]._get_form_rules()
        no_contact = Domain.AND(self._get_empty_domain(name) for name in CONTACT_FIELDS)
        return Domain.OR(
            [
                *(Domain("lead_type_id", "in", type_ids) & self._get_empty_domain(name) for name, type_ids in required),
                Domain("lead_type_id", "in", contact) & no_contact,
            ]
        )

    def _get_empty_domain(self, name):
        is_number = self._fields[name].type in ("integer", "float", "monetary")
        kinds = self.env["crm.lead.type"]._get_form_field_names()[name]
        return Domain(name, "in", [False, 0] if is_number else [False]) & Domain("type", "in", kinds)

    def _map_missing(self, types=None):
        """What each lead lacks of what its type requires.

        :param dict types: ``{lead: id of the type to ask}``, for all leads; without it each lead's own
        :return: ``{lead: names of fields, and CONTACT}``
        """
        lead_types = self.env["crm.lead.type"]
        _hidden, required, contact = lead_types._get_form_rules()
        kinds = lead_types._get_form_field_names()
        missing = {}
        for lead, all_of_it in zip(self, self.sudo(), strict=True):
            type_id = types[lead] if types else lead.lead_type_id._origin.id
            missing[lead] = [
                name
                for name, type_ids in required
                if type_id in type_ids and all_of_it.type in kinds[name] and self._is_empty(all_of_it[name])
            ]
            if type_id in contact and all(self._is_empty(all_of_it[name]) for name in CONTACT_FIELDS):
                missing[lead].append(CONTACT)
        return missing

    @api.model
    def _is_empty(self, value):
        if isinstance(value, Markup):
            return is_html_empty(value)
        return not (value.strip() if isinstance(value, str) else value)

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.model
    def _check_new_forms(self, types):
        """Refuse what a person makes without all that its type requires; what comes in by itself is taken in.

        :param dict types: ``{lead: id of the type that it was made with}``
        """
        if self._is_asked():
            self._refuse_missing(self.browse().concat(*types)._map_missing(types))

    def _get_forms(self, vals):
        """What the forms of these leads lack before a person writes ``vals``.

        :return: ``{lead: (type, stage, what is missing)}``, empty where nothing has to be checked
        """
        _hidden, required, contact = self.env["crm.lead.type"]._get_form_rules()
        checked = {name for name, _ids in required} | {"stage_id", "partner_id", *CONTACT_FIELDS}
        if not (required or contact) or not checked & vals.keys() or self._is_free_to_move():
            return {}
        return {lead: (lead.lead_type_id, lead.stage_id, missing) for lead, missing in self._map_missing().items()}

    def _check_forms(self, forms, vals):
        """Refuse a person who moves on leads that lack something, or takes away what is required. A lead that is lost
        or changes its type may lack what it likes.

        :param dict forms: the result of :meth:`_get_forms` before the write
        """
        types = {
            lead: lead_type.id
            for lead, (lead_type, _stage, _before) in forms.items()
            if vals.get("lead_type_id", lead_type.id) == lead_type.id
        }
        missing = self.browse().concat(*types)._map_missing(types)
        for lead in missing:
            _lead_type, stage, before = forms[lead]
            if "stage_id" not in vals or lead.stage_id == stage or lead.stage_type in LOST_TYPES:
                missing[lead] = [name for name in missing[lead] if name not in before]
        self._refuse_missing(missing)

    def _refuse_missing(self, missing):
        """
        :param dict missing: ``{lead: what it lacks}``
        :raise UserError: one for all leads, that names everything
        """
        leads_by_names = defaultdict(self.browse)
        for lead, names in missing.items():
            if names:
                leads_by_names[tuple(names)] += lead
        if leads_by_names:
            lines = [
                f"• {', '.join(map(self._get_missing_label, names))} ({', '.join(leads[:5].mapped('display_name'))})"
                for names, leads in leads_by_names.items()
            ]
            raise UserError(self.env._("Please fill in what is missing:") + "\n" + "\n".join(lines))

    def _get_missing_label(self, name):
        if name == CONTACT:
            return self.env._("e-mail or phone")
        return self._fields[name]._description_string(self.env)

    # ------------------------------------------------------------
    # VIEWS
    # ------------------------------------------------------------

    @api.model
    def get_empty_list_help(self, help_message):
        """The empty pipeline of a type says what the type is for; any offers the ready types to who may load them."""
        message = super().get_empty_list_help(help_message)
        lead_type = self.env["crm.lead.type"].browse(self.env.context.get("default_lead_type_id")).exists()
        lead_type = lead_type._filtered_access("read")
        if lead_type.description:
            message = Markup("%s<p>%s</p>") % (Markup(message or ""), lead_type.description)
        if not self.env["crm.lead.type"].has_access("create"):
            return message
        return Markup("%s<p>%s</p><p><a type='action' name='%s' class='btn btn-secondary'>%s</a></p>") % (
            Markup(message or ""),
            self.env._("Hotel, property developer, call centre or workshop? Start with ready stages and forms:"),
            "crm_lead_lifecycle.crm_lead_type_preset_action",
            self.env._("Load a ready lead type"),
        )

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        if view_type == "form":
            return (*key, self.env["crm.lead.type"]._get_form_rules())
        if view_type == "search":
            return (*key, self._get_type_filters())
        return key

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Forms follow the lead's type: what it hides and requires are conditions in the view, the same for everybody.
        Searches have a filter for each type."""
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            if view == self.env.ref("crm.quick_create_opportunity_form"):
                self._add_required_nodes(arch)
            self._add_type_conditions(arch)
        elif view_type == "search":
            self._add_type_filters(arch)
        return arch, view

    @api.model
    def _get_required_conditions(self):
        """Under which condition each field is required. A lead that came in incomplete can be saved bit by bit.

        :return: ``{name of the field: [expressions]}``
        """
        _hidden, required, contact = self.env["crm.lead.type"]._get_form_rules()
        conditions = defaultdict(list)
        for name, type_ids in required:
            conditions[name].append(f"lead_type_id in {list(type_ids)}")
        for name, other in (CONTACT_FIELDS, CONTACT_FIELDS[::-1]) if contact else ():
            conditions[name].append(f"(lead_type_id in {list(contact)} and not {other})")
        return {name: f"({' or '.join(terms)}) and not (id and is_incomplete)" for name, terms in conditions.items()}

    @api.model
    def _add_type_conditions(self, arch):
        hidden = {name: f"lead_type_id in {list(ids)}" for name, ids in self.env["crm.lead.type"]._get_form_rules()[0]}
        required = self._get_required_conditions()
        nodes = [node for node in arch.iter("field", "label") if next(node.iterancestors("field"), None) is None]
        names_by_id = {node.get("id"): node.get("name") for node in nodes if node.tag == "field" and node.get("id")}
        for node in nodes:
            label_for = node.get("for")
            name = names_by_id.get(label_for, label_for) if node.tag == "label" else node.get("name")
            if name in hidden:
                self._add_condition(node, "invisible", hidden[name])
                if node.tag == "label":
                    self._keep_cell(node, name)
            if name in required and node.tag == "field":
                self._add_condition(node, "required", required[name])

    @api.model
    def _add_condition(self, node, attribute, condition):
        present = node.get(attribute)
        node.set(attribute, f"({present}) or ({condition})" if present else condition)

    @api.model
    def _keep_cell(self, label, name):
        """A hidden label leaves its cell where the next one has other fields as well: they would move into it."""
        cell = label.getnext()
        if cell is not None and any(node.get("name") != name for node in cell.iter("field")):
            wrapper = etree.Element("div")
            label.addprevious(wrapper)
            wrapper.append(label)

    @api.model
    def _add_required_nodes(self, arch):
        """The quick-create form asks for what the type requires, and for nothing else of it."""
        present = {node.get("name") for node in arch.iter("field") if node.get("invisible") not in ("1", "True")}
        group = etree.SubElement(arch, "group")
        for name, condition in self._get_required_conditions().items():
            if name not in present:
                etree.SubElement(group, "field", name=name, invisible=f"not ({condition})")

    @api.model
    def _get_type_filters(self):
        """Id and name of each type that a search has a filter for, if there is more than one."""
        lead_types = self.env["crm.lead.type"]._get_visible_types()
        return tuple((lead_type.id, lead_type.name) for lead_type in lead_types) if len(lead_types) > 1 else ()

    @api.model
    def _add_type_filters(self, arch):
        last = next(iter(arch.xpath("//filter[@name='incomplete']")), None)
        if last is None:
            return
        filters = [
            etree.Element(
                "filter",
                name=f"lead_type_{type_id}",
                string=name,
                domain=f"[('lead_type_id', '=', {type_id})]",
                context=f"{{'default_lead_type_id': {type_id}}}",
                groups=TYPES_GROUP,
            )
            for type_id, name in self._get_type_filters()
        ]
        for node in reversed([etree.Element("separator"), *filters] if filters else []):
            last.addnext(node)
