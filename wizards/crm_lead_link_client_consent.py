from odoo import api, fields, models
from odoo.fields import Command

from ..models.crm_consent import CONSENT_STATES


class CrmLeadLinkClient(models.TransientModel):
    """What a new client has consented to: as the lead has it, to be completed in the dialog."""

    _inherit = "crm.lead.link.client"

    consent_ids = fields.One2many(
        "crm.lead.link.client.consent",
        "wizard_id",
        "Consents",
        compute="_compute_consent_ids",
        store=True,
        readonly=False,
        compute_sudo=False,
    )

    @api.depends("lead_id")
    def _compute_consent_ids(self):
        purposes = self.env["crm.consent.purpose"].search([("active", "=", True)])
        for wizard in self:
            current = wizard.lead_id.current_consent_ids
            recorded = current.grouped("purpose_id")
            wizard.consent_ids = [
                Command.clear(),
                *(
                    Command.create(
                        {
                            "purpose_id": purpose.id,
                            "consent_id": recorded[purpose].id if purpose in recorded else False,
                            "state": purpose in recorded and recorded[purpose].state,
                            "proof": purpose in recorded and recorded[purpose].proof,
                        }
                    )
                    for purpose in (purposes | current.purpose_id).sorted()
                ),
            ]

    def _record_consents(self):
        """Add to the lead what somebody has changed in the dialog; its client gets it from there."""
        changed = self.consent_ids.filtered(lambda line: line.state and line.state != line.consent_id.state)
        self.env["crm.consent"].create(
            [
                {
                    "lead_id": self.lead_id.id,
                    "purpose_id": line.purpose_id.id,
                    "state": line.state,
                    "proof": line.proof != line.consent_id.proof and line.proof,
                }
                for line in changed
            ]
        )


class CrmLeadLinkClientConsent(models.TransientModel):
    """The last word of the inquirer on a purpose, or what is to be recorded as such."""

    _name = "crm.lead.link.client.consent"
    _description = "Consent of a New Client"
    _order = "id"

    wizard_id = fields.Many2one("crm.lead.link.client", required=True, ondelete="cascade")
    purpose_id = fields.Many2one("crm.consent.purpose", "Purpose", required=True, ondelete="cascade", readonly=True)
    consent_id = fields.Many2one("crm.consent", "Recorded", ondelete="cascade", readonly=True)
    recorded_state = fields.Selection(related="consent_id.state", string="Recorded As", related_sudo=False)
    date = fields.Datetime(related="consent_id.date", related_sudo=False)
    state = fields.Selection(CONSENT_STATES, "Consent", help="Empty: the inquirer has not been asked.")
    proof = fields.Text(help="How it can be shown: the form and its address, the call, where the paper is filed ...")
