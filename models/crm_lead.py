from itertools import compress

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)
NOT_SET = _lt("Not set")  # pylint: disable=prefer-env-translation
NOT_SPECIFIED = _lt("Not specified")  # pylint: disable=prefer-env-translation

# what the inquirer gave, kept as it was in the event of the creation ("As received")
RECEIVED_FIELDS = (
    "name",
    "contact_name",
    "partner_name",
    "email_from",
    "phone",
    "website",
    "street",
    "street2",
    "zip",
    "city",
    "request",
    "target_year",
)
# written by the module alone, never by import or RPC
PROTECTED_FIELDS = (
    "number",
    "number_company_id",
    "former_numbers",
    "stage_type",
    "lost_from_stage_id",
    "event_ids",
    "date_client",
    "is_contact_kept",
    "date_first_touch",
    "date_first_call",
    "date_first_contact",
    "date_first_mail",
    "date_first_meeting",
    "sla_id",
    "date_sla_within",
    "date_sla_late",
    "access_token",
    "date_access_end",
    "is_unread",
    "date_customer_wrote",
    "customer_seen_id",
    "date_customer_seen",
    "frozen_from_stage_id",
    "escalated_days",
    "assignment_rule_id",
    "date_assigned",
    "is_unanswered",
    "date_anonymised",
    "is_suppressed",
)
FIRST_YEAR, LAST_YEAR = 1900, 2200
# between the number and the name of a lead
SEPARATOR = " · "


class CrmLead(models.Model):
    _inherit = "crm.lead"
    _rec_names_search = ["number", "former_numbers", "name"]

    # Identity
    number = fields.Char(
        readonly=True,
        copy=False,
        index="trigram",
        help="Given when the lead comes in, never changed.",
    )
    number_company_id = fields.Many2one(
        "res.company",
        "Numbered By",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The company whose counter gave the number. It stays, wherever the lead goes.",
    )
    former_numbers = fields.Char(
        "Also Known As", readonly=True, copy=False, help="Numbers of the leads that were merged into this one."
    )
    lead_type_id = fields.Many2one(
        "crm.lead.type",
        "Lead Type",
        index=True,
        ondelete="restrict",
        tracking=True,
        domain="['|', ('company_id', '=', False), ('company_id', '=?', company_id)]",
        default=lambda self: self._get_default_type_id(self.env.company.id, self.env.context.get("default_stage_id")),
    )
    event_ids = fields.One2many("crm.lead.event", "lead_id", "Timeline", readonly=True, copy=False)
    # Known before the row is inserted, so that it is numbered and placed in that same insert
    company_id = fields.Many2one(compute="_compute_company_id", store=True, readonly=False, precompute=True)
    stage_id = fields.Many2one(
        compute="_compute_stage_id",
        store=True,
        readonly=False,
        precompute=True,
        domain="['|', ('team_ids', '=', False), ('team_ids', 'in', team_id), "
        "'|', ('lead_type_ids', '=', False), ('lead_type_ids', 'in', lead_type_id)]",
    )
    # Request
    request = fields.Text(
        help="What the customer asked, in their own words. This is the only free text that a customer ever sees."
    )
    is_urgent = fields.Boolean("Urgent", tracking=True, help="Shown first in every list. Cleared when the lead is won.")
    lead_location_id = fields.Many2one(
        "crm.lead.location",
        "Location",
        index="btree_not_null",
        check_company=True,
        falsy_value_label=NOT_SPECIFIED,
    )
    source_id = fields.Many2one(falsy_value_label=NOT_SET)
    campaign_id = fields.Many2one(falsy_value_label=NOT_SET)
    target_year = fields.Integer(aggregator=None, help="The year that the customer asks for, such as the holiday year.")

    _number_uniq = models.UniqueIndex(
        "(number_company_id, number)",
        "A lead of this company has this number already. Raise the next number of the lead number sequence.",
    )
    _former_numbers_idx = models.Index(
        lambda registry: "USING gin (former_numbers gin_trgm_ops) WHERE former_numbers IS NOT NULL"
        if registry.has_trigram
        else "(former_numbers) WHERE former_numbers IS NOT NULL"
    )
    # As Odoo sorts a boolean; with what the record rules and the pipeline ask for, so that they need not read the leads
    _urgent_order_idx = models.Index(
        "(COALESCE(is_urgent, FALSE) DESC, priority DESC, id DESC) "
        "INCLUDE (is_urgent, user_id, company_id, type, stage_id) WHERE active IS TRUE"
    )

    # ------------------------------------------------------------
    # COMPUTES AND CONSTRAINTS
    # ------------------------------------------------------------

    @api.depends("name", "number")
    @api.depends_context("uid")
    def _compute_display_name(self):
        """Odoo tells customers what their messages belong to, past all rights: the name is for the desk."""
        is_customer = self.env.user._is_portal()
        for lead in self:
            # each once: an anonymised lead is called by its number
            names = dict.fromkeys((lead.number, not is_customer and lead.name))
            lead.display_name = SEPARATOR.join(filter(None, names))

    @api.model
    def _search_display_name(self, operator, value):
        """A whole display name, as an export or a copied link has it, is found by its number."""

        def number_of(text):
            return text.split(SEPARATOR)[0] if isinstance(text, str) else text

        value = number_of(value) if isinstance(value, str) else [number_of(text) for text in value or ()]
        return super()._search_display_name(operator, value)

    @api.constrains("target_year")
    def _check_target_year(self):
        for lead in self:
            if lead.target_year and not FIRST_YEAR <= lead.target_year <= LAST_YEAR:
                raise ValidationError(
                    self.env._(
                        "“%(year)s” is not a year. Write it with four digits, such as 2027.", year=lead.target_year
                    )
                )

    @api.constrains("lead_type_id", "company_id")
    def _check_lead_type_company(self):
        for lead in self:
            company = lead.lead_type_id.company_id
            if company and lead.company_id and company != lead.company_id:
                raise ValidationError(
                    self.env._(
                        "“%(type)s” is a lead type of %(type_company)s, but the lead belongs to %(company)s. "
                        "Choose a type of that company.",
                        type=lead.lead_type_id.name,
                        type_company=company.name,
                        company=lead.company_id.name,
                    )
                )

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        new_lead = self.browse()  # a copy is created on the leads that are copied
        vals_list = [self._choose_type(new_lead._check_values(vals)) for vals in vals_list]
        received = [self._get_received(vals) for vals in vals_list]
        held = self._hold_for_rules(vals_list)
        leads = super().create(vals_list)
        leads._settle_lost()
        made_with = [vals.get("lead_type_id") or self.env.context.get("default_lead_type_id") for vals in vals_list]
        events = []
        for lead, vals, type_id, data in zip(leads, vals_list, made_with, received, strict=True):
            events.append(("create", lead, {"to_stage": lead.stage_id.id or None, "received": data}))
            stage_id = vals.get("stage_id") or self.env.context.get("default_stage_id")
            events += lead._get_creation_events(type_id, stage_id)
        self.env["crm.lead.event"]._log_many(events)
        self.browse().concat(*compress(leads, held))._assign_new()
        self._check_new_forms(dict(zip(leads, made_with, strict=True)))
        return leads

    @api.model
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        """Find a page, then read it: what lists filter and sort by is in one index, so that only the leads of the
        page have to be read from the table."""
        if not limit or not field_names:
            return super().search_fetch(domain, field_names, offset, limit, order)
        leads = super().search_fetch(domain, [], offset, limit, order)
        leads.fetch(field_names)
        return leads

    def _prepare_create_values(self, vals_list):
        vals_list = super()._prepare_create_values(vals_list)
        for vals in vals_list:
            for name in self._get_protected_fields():  # defaults in the context are no way in either
                if not self._fields[name].precompute:
                    vals.pop(name, None)
            self._complete_identity(vals)
        self._complete_stages(vals_list)
        self._complete_successions(vals_list)
        self._complete_deadlines(vals_list)
        self._complete_states(vals_list)
        self._complete_numbers(vals_list)
        return vals_list

    @api.model
    def _get_protected_fields(self):
        """Names of the fields that the module alone writes."""
        return PROTECTED_FIELDS

    def _check_values(self, vals):
        """Refuse what only the module may write and what is no value at all.

        :return: a copy of ``vals`` without what would not change anything (an import writes back what it was given)
        :raise UserError: in words that say what to do
        """
        vals = dict(vals)
        for name in self._get_protected_fields():
            if name not in vals:
                continue
            value, field = vals.pop(name), self._fields[name]
            if value and (not self or any(field.convert_to_write(lead[name], lead) != value for lead in self)):
                raise UserError(
                    self.env._(
                        "“%(field)s” can't be written: it follows from what is done with the lead. Leave it out.",
                        field=field._description_string(self.env),
                    )
                )
        for name, value in vals.items():
            field = self._fields.get(name)
            if field is not None and field.type == "many2one":
                vals[name] = value = self._get_id(field, value)
            if value and field is not None and field.type in ("date", "datetime", "integer"):
                self._check_format(field, value)
        if self and not vals.get("lead_type_id", True):
            raise UserError(self.env._("A lead always has a type. Choose one."))
        if vals.get("lead_type_id"):
            self._check_lead_type(self.env["crm.lead.type"].browse(vals["lead_type_id"]))
        return vals

    def _check_lead_type(self, lead_type):
        """Refuse a type that the user can't see, and a person one that is archived."""
        lead_type.check_access("read")
        if self._is_asked() and not lead_type.active and any(lead.lead_type_id != lead_type for lead in self or [self]):
            raise UserError(
                self.env._("The lead type “%(type)s” is archived. Choose another one.", type=lead_type.name)
            )

    def _get_id(self, field, value):
        """The id of a many2one's value, which a client may also send along with a name."""
        if isinstance(value, (list, tuple)) and value:
            value = value[0]
        if isinstance(value, models.BaseModel):
            value = value.id
        if value and (not isinstance(value, int) or value is True):
            raise UserError(
                self.env._(
                    "“%(value)s” is no record for “%(field)s”. Give its database id.",
                    value=str(value)[:40],
                    field=field._description_string(self.env),
                )
            )
        return value or False

    def _check_format(self, field, value):
        """Refuse in words what Odoo would refuse with a traceback."""
        try:
            field.convert_to_cache(value, self)
        except (TypeError, ValueError) as error:
            examples = {"date": "2027-07-31", "datetime": "2027-07-31 18:00:00", "integer": "2027"}
            raise UserError(
                self.env._(
                    "“%(value)s” is no value for “%(field)s”. Write it as %(example)s.",
                    value=str(value)[:40],
                    field=field._description_string(self.env),
                    example=examples[field.type],
                )
            ) from error

    @api.model
    def _get_received(self, vals):
        """What the inquirer gave, out of the values of a creation."""
        return {name: vals[name] for name in RECEIVED_FIELDS if vals.get(name)}

    def _choose_type(self, vals):
        """A company's type gives its company to a lead that is made without one; a lead that is made without a type
        gets the default type of its company."""
        lead_types = self.env["crm.lead.type"]
        if vals.get("lead_type_id"):
            company = lead_types.browse(vals["lead_type_id"]).sudo().company_id
            if company and not vals.get("company_id"):
                vals["company_id"] = company.id
        elif not self.env.context.get("default_lead_type_id"):
            stage_id = vals.get("stage_id") or self.env.context.get("default_stage_id")
            vals["lead_type_id"] = self._get_default_type_id(vals.get("company_id") or self.env.company.id, stage_id)
        return vals

    @api.model
    def _get_default_type_id(self, company_id, stage_id=False):
        """Id of the type of a lead that comes without one: the default type of its company; for a lead that is made in
        a stage of other types the first of them."""
        lead_type = self.env["crm.lead.type"].browse(self.env["crm.lead.type"]._get_default_id(company_id)).sudo()
        stage = self.env["crm.stage"].browse(stage_id).sudo()
        if stage and not lead_type._takes_stage(stage):
            lead_type = (
                stage.lead_type_ids.filtered(lambda other: other.company_id.id in (False, company_id))[:1] or lead_type
            )
        return lead_type.id

    def _complete_identity(self, vals):
        """The numbering company of a new lead; and once Odoo has found its company, the default type of that one."""
        company_id = vals.get("company_id") or self.env.company.id
        vals["number_company_id"] = company_id
        lead_type = self.env["crm.lead.type"].browse(vals.get("lead_type_id")).sudo()
        computed = vals.get("__precomputed__", ())
        if lead_type.company_id.id not in (False, company_id) and self._fields["company_id"] in computed:
            vals["lead_type_id"] = lead_type._get_default_id(company_id)
            if self._fields["stage_id"] in computed:
                stage = self._get_initial_stage(lead_type.browse(vals["lead_type_id"]), vals.get("team_id"))
                vals.update(stage_id=stage.id, stage_type=stage.stage_type)
