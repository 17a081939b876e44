from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import parse_contact_from_email

from ..models.crm_lead_client_match import SHOWN

# the new client, as the lead has it
CLIENT_FIELDS = (
    "client_is_company", "client_first_name", "client_last_name", "client_company_name", "client_phone", "client_email",
    "client_source_id", "client_comment",
)  # fmt: skip


class CrmLeadLinkClient(models.TransientModel):
    """The dialog that assigns a lead to a client, or makes a new one out of it."""

    _name = "crm.lead.link.client"
    _description = "Assign to Client"

    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade", readonly=True)
    received = fields.Char("As Received", compute="_compute_received")
    candidate_ids = fields.One2many(
        "crm.lead.link.client.candidate",
        "wizard_id",
        "Who It May Be",
        compute="_compute_candidate_ids",
        store=True,
        readonly=False,
        compute_sudo=False,
    )
    has_more_candidates = fields.Boolean(compute="_compute_candidate_ids", store=True, compute_sudo=False)
    refused_count = fields.Integer(compute="_compute_refused_count")
    choice = fields.Selection(
        [("candidate", "One of these"), ("other", "Another client"), ("new", "New client")],
        compute="_compute_choice",
        store=True,
        readonly=False,
        compute_sudo=False,
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Client",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        compute_sudo=False,
        ondelete="cascade",
    )
    is_client_archived = fields.Boolean(compute="_compute_is_client_archived")
    unarchive_client = fields.Boolean(
        "Take It out of the Archive",
        compute="_compute_unarchive_client",
        store=True,
        readonly=False,
        compute_sudo=False,
        help="An archived client is found in no list and no search.",
    )
    fill_text = fields.Char("Will Be Filled In", compute="_compute_fill_text")
    salesperson_id = fields.Many2one("res.users", compute="_compute_salesperson_id")
    notify_salesperson = fields.Boolean(
        compute="_compute_notify_salesperson", store=True, readonly=False, compute_sudo=False
    )
    # The new client, filled in from the lead
    client_is_company = fields.Boolean(
        "Company", compute="_compute_client", store=True, readonly=False, compute_sudo=False
    )
    client_first_name = fields.Char(
        "First Name", compute="_compute_client", store=True, readonly=False, compute_sudo=False
    )
    client_last_name = fields.Char(
        "Last Name", compute="_compute_client", store=True, readonly=False, compute_sudo=False
    )
    client_company_name = fields.Char(
        "Company Name", compute="_compute_client", store=True, readonly=False, compute_sudo=False
    )
    client_phone = fields.Char("Phone", compute="_compute_client", store=True, readonly=False, compute_sudo=False)
    client_email = fields.Char("E-mail", compute="_compute_client", store=True, readonly=False, compute_sudo=False)
    client_source_id = fields.Many2one(
        "utm.source", "Source", compute="_compute_client", store=True, readonly=False, compute_sudo=False
    )
    client_comment = fields.Html(
        "Description", compute="_compute_client", store=True, readonly=False, compute_sudo=False
    )
    client_definition_id = fields.Many2one("properties.base.definition", compute="_compute_client_definition_id")
    client_properties = fields.Properties("Client Data", definition="client_definition_id.properties_definition")
    has_client_properties = fields.Boolean(compute="_compute_client_definition_id")

    # ------------------------------------------------------------
    # CANDIDATES
    # ------------------------------------------------------------

    @api.depends("lead_id")
    def _compute_received(self):
        for wizard in self:
            lead = wizard.lead_id
            texts = (lead.contact_name, lead.partner_name, lead.phone, lead.email_from, lead.city)
            wizard.received = " · ".join(filter(None, texts))

    @api.depends("lead_id")
    def _compute_candidate_ids(self):
        match = self.env["crm.client.match"].with_context(active_test=False)
        for wizard in self:
            values = wizard.lead_id and wizard.lead_id._get_match_values()
            candidates = match.search_candidates(values, limit=SHOWN + 1) if values else []
            wizard.has_more_candidates = len(candidates) > SHOWN
            wizard.candidate_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "partner_id": candidate["partner_id"],
                            "score": candidate["score"],
                            "band": candidate["band"],
                            "reasons": "\n".join(candidate["reasons"]),
                        }
                    )
                    for candidate in candidates[:SHOWN]
                ),
            ]

    @api.depends("lead_id")
    def _compute_refused_count(self):
        for wizard in self:
            wizard.refused_count = len(wizard.lead_id.with_context(active_test=False).refused_client_ids)

    # by the lead, not by the candidates: who is named at once stays chosen
    @api.depends("lead_id")
    def _compute_choice(self):
        """Only a sure match is chosen beforehand; without any candidate there is but a new client."""
        for wizard in self:
            if any(candidate.band == "auto" for candidate in wizard.candidate_ids):
                wizard.choice = "candidate"
            else:
                wizard.choice = False if wizard.candidate_ids else "new"

    @api.depends("lead_id")
    def _compute_partner_id(self):
        for wizard in self:
            sure = wizard.candidate_ids.filtered(lambda candidate: candidate.band == "auto")
            wizard.partner_id = sure[:1].partner_id

    @api.depends("partner_id")
    def _compute_is_client_archived(self):
        for wizard in self:
            wizard.is_client_archived = bool(wizard.partner_id) and not wizard.partner_id.active

    @api.depends("partner_id")
    def _compute_unarchive_client(self):
        """Asked anew of each client, never done unasked."""
        self.unarchive_client = False

    @api.depends("partner_id")
    def _compute_fill_text(self):
        for wizard in self:
            partner = wizard.partner_id
            names = wizard.lead_id._get_client_fill(partner) if partner else {}
            labels = [partner._fields[name]._description_string(self.env) for name in names]
            wizard.fill_text = ", ".join(labels)

    @api.depends("partner_id")
    def _compute_salesperson_id(self):
        for wizard in self:
            wizard.salesperson_id = wizard.lead_id._get_client_salesperson(wizard.partner_id)

    @api.depends("partner_id")
    def _compute_notify_salesperson(self):
        for wizard in self:
            wizard.notify_salesperson = bool(wizard.salesperson_id)

    # ------------------------------------------------------------
    # NEW CLIENT
    # ------------------------------------------------------------

    @api.depends("lead_id")
    def _compute_client(self):
        """A lead with the name of a company and of nobody who works there makes a company, all others a person."""
        for wizard in self:
            lead = wizard.lead_id
            name = (lead.contact_name or parse_contact_from_email(lead.email_from or "")[0] or "").strip()
            wizard.client_is_company = bool(lead.partner_name and not lead.contact_name)
            wizard.client_last_name, comma, wizard.client_first_name = map(str.strip, name.partition(","))
            if not comma or " " in wizard.client_last_name:  # not "Rossi, Ada"
                wizard.client_first_name, _space, wizard.client_last_name = name.rpartition(" ")
            wizard.client_company_name = lead.partner_name
            wizard.client_phone, wizard.client_email = lead.phone, lead.email_from
            wizard.client_source_id = lead.source_id
            wizard.client_comment = lead.description

    @api.depends("lead_id")
    def _compute_client_definition_id(self):
        definition = self.env["properties.base.definition"].sudo()
        self.client_definition_id = definition._get_definition_for_property_field("res.partner", "properties")
        for wizard in self:
            wizard.has_client_properties = bool(wizard.lead_id.lead_type_id._get_client_properties())

    @api.model_create_multi
    def create(self, vals_list):
        # a value that is given would keep all the others of the new client from being filled in
        given = [{name: vals[name] for name in vals if name in CLIENT_FIELDS} for vals in vals_list]
        wizards = super().create(
            [{name: vals[name] for name in vals if name not in CLIENT_FIELDS} for vals in vals_list]
        )
        for name in ("candidate_ids", "consent_ids", "client_phone"):  # now, as the user: later may be as another one
            wizards.mapped(name)
        for wizard, values in zip(wizards, given, strict=True):
            wizard.write(values)
        for wizard, vals in zip(wizards, vals_list, strict=True):
            if wizard.has_client_properties and "client_properties" not in vals:  # properties can't be computed
                names = [item["name"] for item in wizard.lead_id.lead_type_id._get_client_properties()]
                values = wizard.lead_id.type_properties or {}
                wizard.client_properties = {name: values[name] for name in names if values.get(name)}
        return wizards

    def _prepare_client_values(self):
        """The new client as the dialog has it.

        :return: values of a res.partner
        """
        lead = self.lead_id
        name = " ".join(
            filter(None, (part and part.strip() for part in (self.client_first_name, self.client_last_name)))
        )
        company_name = (self.client_company_name or "").strip()
        if self.client_is_company:
            name = company_name or name
        values = {
            **lead._prepare_customer_values(name or company_name, is_company=self.client_is_company),
            "name": name or company_name or self.client_email or self.client_phone,
            "phone": self.client_phone,
            "email": self.client_email,
            "comment": self.client_comment,
            "client_source_id": self.client_source_id.id,
            "company_name": not self.client_is_company and bool(name) and company_name,
        }
        if self.has_client_properties and self.client_properties:
            values["properties"] = dict(self.client_properties)
        parent = lead.commercial_partner_id
        if (
            not self.client_is_company
            and parent.is_company
            and parent.name == company_name
            and parent.has_access("read")
        ):
            values.update(parent_id=parent.id, company_name=False)
        return values

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def _get_action(self):
        """The action that opens this dialog."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_link_client_action")
        return {**action, "res_id": self.id}

    def action_link(self):
        """Assign the lead to the chosen client.

        :raise UserError: when none is chosen, or the lead has another one by now
        """
        self.ensure_one()
        if not self.partner_id:
            raise UserError(self.env._("Choose the client first, or “New client”."))
        lead, lead_type = self.lead_id, self.lead_id.lead_type_id
        lead._link_client(self.partner_id, notify=self.notify_salesperson, unarchive=self.unarchive_client)
        if lead.lead_type_id != lead_type:
            return lead._get_succession_notice()
        return {"type": "ir.actions.act_window_close"}

    def action_create(self):
        """Make the client and link the lead to it, in one transaction.

        :return: the action that opens the client
        :raise UserError: without e-mail and phone, or when the same client is there already
        """
        self.ensure_one()
        lead = self.lead_id
        lead.check_access("write")
        lead._lock_for_client()
        if not lead.partner_id:  # not once more on a double click
            self._record_consents()
        partner = lead._convert_client(self._prepare_client_values())
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": partner.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def action_forget_refusals(self):
        """Propose again whom somebody has found to be another person."""
        self.lead_id._check_may_see_clients()
        self.lead_id.check_access("write")
        self.lead_id.sudo().with_context(active_test=False).refused_client_ids = False
        return self.lead_id.action_link_client()
