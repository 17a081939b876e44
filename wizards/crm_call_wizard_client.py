from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ..models.crm_lead_client_match import HINT_BANDS, SHOWN

# what of a client that is not made yet its price list, taxes and salesperson depend on
TELLING = ("name", "is_company", "country_id", "state_id", "zip", "lang", "user_id")


class CrmCallWizard(models.TransientModel):
    """To whom is sold in a call: the lead's client, the one that the match engine is sure of, whom the operator has
    chosen, or a new one."""

    _inherit = "crm.call.wizard"

    client_id = fields.Many2one(
        "res.partner", "Client", ondelete="set null", help="Who it is, of those that may be the same person."
    )
    is_new_client = fields.Boolean("New Client", help="None of those that may be the same person.")
    # who may not see clients learns of them by get_cart alone
    client_candidates = fields.Json(compute="_compute_client_candidates", compute_sudo=True, groups=NO_ACCESS)

    @api.depends("lead_id.partner_id")
    def _compute_client_candidates(self):
        for wizard in self:
            sale = wizard._with_sale()
            lead = sale.lead_id
            match = sale.env["crm.client.match"].with_context(active_test=False)  # archived ones are never sure
            found = not lead.partner_id and match.search_candidates(lead._get_match_values(), limit=SHOWN)
            wizard.client_candidates = [candidate for candidate in found or () if candidate["band"] in HINT_BANDS]

    def _get_candidates(self):
        return self.client_candidates or []

    def _get_known_client(self):
        """The client for whom nobody has to decide; empty if there is none."""
        sure = [candidate["partner_id"] for candidate in self._get_candidates() if candidate["band"] == "auto"]
        return self.lead_id.partner_id or self.env["res.partner"].browse(sure[:1])

    def _get_chosen_client(self):
        shown = [candidate["partner_id"] for candidate in self._get_candidates()]
        return self.client_id.filtered(lambda client: client.id in shown)

    def _get_customer(self):
        """To whom prices and taxes are computed; a client that will be made is one that is nowhere yet."""
        client = self._get_known_client() or self._get_chosen_client()
        if client:
            return client
        values = self._prepare_new_client_values()
        return client.new({name: values[name] for name in TELLING if name in values})

    def _prepare_new_client_values(self):
        return self.env["crm.lead.link.client"].new({"lead_id": self.lead_id.id})._prepare_client_values()

    def _read_clients(self):
        """Whom the operator may have to choose from, for the dialog.

        :return: dict ``name`` of the client who is known, if the user may see them; ``candidates`` to decide about
        """
        known = self._get_known_client()
        if known:
            may_see = self.lead_id.partner_id or self.lead_id.sudo(False)._may_see_clients()
            return {"name": may_see and known.display_name, "candidates": []}
        partners = self.env["res.partner"].browse([found["partner_id"] for found in self._get_candidates()])
        return {
            "name": False,
            "candidates": [
                {
                    "id": partner.id,
                    "name": partner.display_name,
                    "city": partner.city,
                    "reasons": candidate["reasons"],
                }
                for partner, candidate in zip(partners, self._get_candidates(), strict=True)
            ],
        }

    def _check_client(self):
        """
        :raise UserError: when the operator has to decide who it is, or no client can be made
        """
        if self._get_known_client():
            return
        if self.client_id and not self._get_chosen_client():
            raise UserError(self.env._("Choose one of the clients that are shown, or “New client”."))
        if self._get_candidates() and not (self.client_id or self.is_new_client):
            raise UserError(
                self.env._(
                    "%(customer)s may be a client already. Say in the cart which one it is, or choose “New client”.",
                    customer=self.lead_id._get_customer_name(),
                )
            )
        if not self.client_id:
            self.lead_id._check_client_values(self._prepare_new_client_values())

    def _take_client(self):
        """The client of the sale, linked to the lead by now.

        :return: single res.partner
        """
        lead = self.lead_id
        lead._lock_for_client()
        client = self._get_known_client() or self._get_chosen_client()
        if not client:
            dialog = self.env["crm.lead.link.client"].create({"lead_id": lead.id})
            values = dialog._prepare_client_values()
            dialog.unlink()
            self.env["crm.client.claim"]._claim(values)
            such = lead._find_such_client(values)  # made a moment ago, for another lead of the same person
            if not such or such["partner_id"] in [found["partner_id"] for found in self._get_candidates()]:
                return lead._make_client(values)
            client = client.browse(such["partner_id"])
        if not lead.partner_id:
            # what the client lacks is filled in by who may do so
            lead._link_client(client.sudo(False))
        return client
