from odoo import api, fields, models
from odoo.fields import Domain

from .crm_lead_client import HAS_CLIENT


class CrmLead(models.Model):
    """What an inquirer consented to; their client keeps it."""

    _inherit = "crm.lead"

    consent_ids = fields.One2many("crm.consent", "lead_id", "Consents")
    current_consent_ids = fields.Many2many(
        "crm.consent",
        string="Current Consents",
        compute="_compute_current_consent_ids",
        help="The last word on each purpose, recorded here or on the client.",
    )

    @api.depends("consent_ids", "partner_id.consent_ids")
    @api.depends_context("uid")
    def _compute_current_consent_ids(self):
        # Searched as the user: whoever does not see clients sees what the lead says alone
        domain = Domain("lead_id", "in", self.ids) | Domain("partner_id", "in", self.partner_id.ids)
        consents = self.env["crm.consent"].search(domain)
        by_lead, by_partner = consents.grouped("lead_id"), consents.grouped("partner_id")
        for lead in self:
            of_lead = by_lead.get(lead._origin, consents.browse())
            of_client = by_partner.get(lead.partner_id._origin, consents.browse()) if lead.partner_id else of_lead
            lead.current_consent_ids = (of_lead | of_client)._filter_current()

    # ------------------------------------------------------------
    # THE CLIENT
    # ------------------------------------------------------------

    def _write_states(self, vals):  # pylint: disable=missing-return
        """Whatever gives a lead a client, takes it away or swaps it: the consents go along."""
        partners, clients = {lead: lead.partner_id for lead in self}, self._map_clients()
        super()._write_states(vals)
        left = self.filtered(lambda lead: partners[lead] and lead.partner_id != partners[lead])
        for partner, leads in left.grouped(partners.get).items():
            leads._drop_consents_of_client(partner)
        self.filtered(lambda lead: lead._map_clients()[lead] != clients[lead])._copy_consents_to_clients()

    def _map_clients(self):
        """The client of each lead, none for leads that are removed: what is recorded on spam counts for nobody."""
        partners = self.env["res.partner"]
        return {lead: lead.partner_id if lead.client_status in HAS_CLIENT else partners for lead in self}

    def _copy_consents_to_clients(self):
        """Copy what was recorded on these leads to their clients, each consent once: what a client has already is left
        alone.

        The user may change these leads, and need not see the consents of their clients.

        :return: the consents that were created
        """
        clients = {lead.id: partner for lead, partner in self._map_clients().items() if partner}
        consents = self.env["crm.consent"].sudo()
        # through the field: Odoo converts lead by lead, and reads those of all of them at once
        sources = (
            self.sudo().filtered(lambda lead: lead.id in clients).consent_ids.sorted(lambda row: (row.date, row.id))
        )
        copies = consents.search([("source_consent_id", "in", sources.ids)])
        known = {(copy.source_consent_id, copy.partner_id.id) for copy in copies}
        missing = sources.filtered(lambda source: (source, clients[source.lead_id.id].id) not in known)
        return consents.create([source._prepare_copy_values(clients[source.lead_id.id]) for source in missing])

    def _drop_consents_of_client(self, partner):
        """Take back from a client exactly what was copied to it from these leads; the leads keep theirs, and the client
        keeps what came from elsewhere.

        :param partner: single res.partner
        """
        domain = Domain("partner_id", "=", partner.id) & Domain("source_consent_id.lead_id", "in", self.ids)
        self.env["crm.consent"].sudo().search(domain).unlink()

    # ------------------------------------------------------------
    # MERGE
    # ------------------------------------------------------------

    def _merge_dependences(self, opportunities):
        res = super()._merge_dependences(opportunities)
        opportunities.sudo().consent_ids.write({"lead_id": self.id})
        self._copy_consents_to_clients()
        return res


class ResPartner(models.Model):
    _inherit = "res.partner"

    consent_ids = fields.One2many(
        "crm.consent", "partner_id", "Consents", groups="crm_lead_lifecycle.group_client_viewer"
    )
    current_consent_ids = fields.Many2many(
        "crm.consent",
        string="Current Consents",
        compute="_compute_current_consent_ids",
        groups="crm_lead_lifecycle.group_client_viewer",
        help="The last word on each purpose.",
    )

    @api.depends("consent_ids")
    @api.depends_context("uid")
    def _compute_current_consent_ids(self):
        by_partner = self.env["crm.consent"].search([("partner_id", "in", self.ids)]).grouped("partner_id")
        for partner in self:
            consents = by_partner.get(partner._origin, self.env["crm.consent"])
            partner.current_consent_ids = consents._filter_current()
