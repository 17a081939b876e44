from odoo import api, fields, models
from odoo.fields import Domain

from ..models import client_names

BANDS = [("auto", "Sure"), ("review", "Maybe"), ("weak", "Weak")]


class CrmLeadLinkClientCandidate(models.TransientModel):
    """A client that may be the inquirer of a lead, as the match engine found it."""

    _name = "crm.lead.link.client.candidate"
    _description = "Possible Client"
    _order = "score desc, id"

    wizard_id = fields.Many2one("crm.lead.link.client", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", "Client", required=True, ondelete="cascade", readonly=True)
    score = fields.Integer(readonly=True)
    band = fields.Selection(BANDS, readonly=True)
    reasons = fields.Text(readonly=True)
    phone = fields.Char(related="partner_id.phone", string="Phone", related_sudo=False)
    email = fields.Char(related="partner_id.email", string="E-mail", related_sudo=False)
    city = fields.Char(related="partner_id.city", string="City", related_sudo=False)
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson", related_sudo=False)
    last_order = fields.Char(compute="_compute_last_order")
    differences = fields.Char("Otherwise on the Lead", compute="_compute_differences")

    @api.depends("partner_id")
    def _compute_last_order(self):
        """The last confirmed order of each client that the user may see, all in one query."""
        orders = {}
        if self.env["sale.order"].has_access("read"):
            domain = Domain("partner_id", "in", self.partner_id.ids) & Domain("state", "=", "sale")
            groups = self.env["sale.order"]._read_group(domain, ["partner_id"], ["id:max"])
            last = self.env["sale.order"].browse([order_id for _partner, order_id in groups])
            orders = {order.partner_id: order.name for order in last}
        for candidate in self:
            candidate.last_order = orders.get(candidate.partner_id, False)

    @api.depends("partner_id")
    def _compute_differences(self):
        """What the lead says otherwise: nothing of it will be changed on the client."""
        for candidate in self:
            lead, partner = candidate.wizard_id.lead_id, candidate.partner_id
            pairs = (
                (lead.phone, self._get_phones(lead), self._get_phones(partner, *partner.client_phone_ids)),
                (lead.email_from, self._get_emails(lead.email_from), self._get_emails(partner.email)),
                (lead.city, {client_names.plain(lead.city)}, {client_names.plain(partner.city)}),
            )
            texts = [text for text, ours, theirs in pairs if text and any(theirs) and not ours & theirs]
            candidate.differences = ", ".join(texts)

    @api.model
    def _get_phones(self, *records):
        """The numbers of leads, clients and their further phones, however they are written."""
        return {client_names.last_digits(record.phone_sanitized or record.phone) for record in records}

    @api.model
    def _get_emails(self, text):
        return set(client_names.canonical_emails(text))

    def action_refuse(self):
        """Not the same person: it is not proposed for this lead again."""
        lead = self.wizard_id.lead_id
        lead._refuse_client(self.partner_id)
        return lead.action_link_client()
