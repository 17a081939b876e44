from odoo import api, fields, models
from odoo.fields import Domain


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
    # BUSINESS
    # ------------------------------------------------------------

    def _has_client(self):
        self.ensure_one()
        return bool(self.partner_id) and self.client_status in ("linked", "converted")

    def _copy_consents_to_client(self, partner):
        """Copy what was recorded on these leads to their client, each consent once: what the client has already is left
        alone.

        The caller has checked that the user may link these leads; the user need not see the client's consents.

        :param partner: single res.partner
        :return: the consents that were created
        """
        consents = self.env["crm.consent"].sudo()
        sources = consents.search([("lead_id", "in", self.ids)], order="date, id")
        copies = consents.search([("source_consent_id", "in", sources.ids), ("partner_id", "=", partner.id)])
        missing = sources - copies.source_consent_id
        return consents.create([source._prepare_copy_values(partner) for source in missing]).with_env(self.env)

    def _drop_client_consents(self, partner):
        """Delete from a client exactly the consents that were copied from these leads; the leads keep theirs.

        The caller has checked that the user may detach these leads.

        :param partner: single res.partner
        :return: list of dicts, what was deleted as JSON can hold it: ``source_consent``, ``purpose``, ``state``,
            ``date`` (ISO text, UTC)
        """
        copies = (
            self.env["crm.consent"]
            .sudo()
            .search([("partner_id", "=", partner.id), ("source_consent_id.lead_id", "in", self.ids)], order="id")
        )
        dropped = [
            {
                "source_consent": copy.source_consent_id.id,
                "purpose": copy.purpose_id.id,
                "state": copy.state,
                "date": copy.date.isoformat(),
            }
            for copy in copies
        ]
        copies.unlink()
        return dropped

    # ------------------------------------------------------------
    # MERGE
    # ------------------------------------------------------------

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        merged = super()._merge_opportunity(
            user_id=user_id, team_id=team_id, auto_unlink=auto_unlink, max_length=max_length
        )
        if merged._has_client():
            merged._copy_consents_to_client(merged.partner_id)
        return merged

    def _merge_dependences(self, opportunities):
        res = super()._merge_dependences(opportunities)
        opportunities.sudo().consent_ids.write({"lead_id": self.id})
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
