from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .crm_lead_client import VIEWER_GROUP

# bands of crm.client.match that are worth a hint
HINT_BANDS = ("auto", "review")
# how many candidates a person is asked to look through
SHOWN = 10
# by what name the match engine knows what a lead's form has
HINT_FIELDS = {
    "contact_name": "name",
    "partner_name": "company_name",
    "email_from": "email",
    "phone": "phone",
    "street": "street",
    "city": "city",
    "zip": "zip",
    "country_id": "country_id",
}


class CrmLead(models.Model):
    """Matching: which client a lead may belong to, who it is not, and the queue of those who may not look."""

    _inherit = "crm.lead"

    refused_client_ids = fields.Many2many(
        "res.partner",
        "crm_lead_refused_client_rel",
        "lead_id",
        "partner_id",
        "Not the Same Person",
        copy=False,
        groups=VIEWER_GROUP,
        help="Clients that somebody has looked at and found to be another person. They are not proposed again.",
    )
    date_client_requested = fields.Datetime(
        "Client Asked For",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Since when somebody who may not see clients waits for one to be assigned.",
    )
    client_requested_by_id = fields.Many2one("res.users", "Asked By", readonly=True, copy=False)

    # ------------------------------------------------------------
    # MATCHING
    # ------------------------------------------------------------

    def _get_match_values(self):
        """What the match engine gets to know about a lead.

        :return: values for :meth:`crm.client.match.search_candidates`
        """
        self.ensure_one()
        return {
            "name": self.contact_name,
            "company_name": self.partner_name,
            "email": self.email_from,
            "phone": self.phone_sanitized or self.phone,
            "street": self.street,
            "city": self.city,
            "zip": self.zip,
            "country_id": self.country_id.id,
            "excluded_ids": self._get_refused_client_ids(),
        }

    def _get_refused_client_ids(self):
        """Those who are another person, the archived ones too."""
        return self.sudo().with_context(active_test=False).refused_client_ids.ids

    def _find_matching_partner(self):
        """What Odoo's own conversion proposes: the client that the match engine is sure of, or else the best one that
        shares phone or e-mail; Odoo's own choice for whoever may not see clients."""
        self.ensure_one()
        if self.partner_id or not self._may_see_clients():
            return super()._find_matching_partner()
        values = self._get_match_values()
        # a name alone is weak: what is left is who shares phone or e-mail
        contact = {name: values[name] for name in ("name", "email", "phone", "country_id", "excluded_ids")}
        found = self.env["crm.client.match"].search_candidates_batch([values, contact], limit=1)
        for candidates, bands in zip(found, (("auto",), HINT_BANDS), strict=True):
            if candidates and candidates[0]["band"] in bands:
                return self.env["res.partner"].browse(candidates[0]["partner_id"])
        return super()._find_matching_partner()

    @api.model
    @api.readonly
    def get_client_hint(self, values):
        """How many clients may be the one that a person is typing in, of those that the dialog shows.

        :param dict values: ``phone``, ``email_from``, ``contact_name``, ``partner_name``, ``street``, ``city``,
            ``zip``, ``country_id`` of the form, and ``id`` of the lead if it is saved
        :return: ``{"count": clients, "is_sure": whether one of them is, "has_more": whether there are more than
            these}``; False without any, and always for whoever may not see clients
        """
        if not self._may_see_clients() or not isinstance(values, dict):
            return False
        asked = {}
        lead_id = values.get("id")
        if isinstance(lead_id, int) and not isinstance(lead_id, bool):
            lead = self.browse(lead_id).exists()
            if lead and lead.has_access("read"):
                asked = lead._get_match_values()
        asked.update({HINT_FIELDS[name]: value for name, value in values.items() if name in HINT_FIELDS})
        match = self.env["crm.client.match"].with_context(active_test=False)
        bands = [candidate["band"] for candidate in match.search_candidates(asked, limit=SHOWN + 1)]
        hints = [band for band in bands if band in HINT_BANDS]
        if not hints:
            return False
        return {"count": min(len(hints), SHOWN), "is_sure": "auto" in hints, "has_more": len(hints) > SHOWN}

    def _refuse_client(self, partner):
        """Remember that the inquirer of this lead is not ``partner``."""
        self._check_may_see_clients()
        self.check_access("write")
        self.sudo().write({"refused_client_ids": [Command.link(partner.id)]})
        self.env["crm.lead.event"]._log("not_client", {lead: {"client": partner.id} for lead in self})

    def _check_no_such_client(self, values):
        """
        :param dict values: of a new res.partner
        :raise UserError: when the match engine is sure that there is such a client already
        """
        candidate = self._find_such_client(values)
        if candidate:
            raise UserError(
                self.env._(
                    "There is such a client already: %(client)s (%(reasons)s). Assign the lead to it, or say that "
                    "it is not the same.",
                    client=self.env["res.partner"].browse(candidate["partner_id"]).display_name,
                    reasons=" · ".join(candidate["reasons"]),
                )
            )

    def _find_such_client(self, values):
        """
        :param dict values: of a new res.partner
        :return: the candidate of which the match engine is sure that it is the same, or None
        """
        asked = {name: values.get(name) for name in ("email", "phone", "street", "city", "zip", "country_id")}
        asked["company_name" if values.get("is_company") else "name"] = values.get("name")
        asked["excluded_ids"] = self._get_refused_client_ids()
        candidates = self.env["crm.client.match"].search_candidates(asked, limit=1)
        return next((candidate for candidate in candidates if candidate["band"] == "auto"), None)

    def _read_group_groupby(self, alias, groupby_spec, query):
        """Odoo groups by a many2many field without asking whether the user may read it."""
        if groupby_spec == "refused_client_ids":
            self._check_field_access(self._fields[groupby_spec], "read")
        return super()._read_group_groupby(alias, groupby_spec, query)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_link_client(self):
        """Open the dialog that assigns these leads to clients or makes new ones.

        :raise AccessError: for whoever may not see clients
        :raise UserError: for removed leads, and if all of them have a client
        """
        self._check_may_see_clients()
        self.check_access("write")
        self._check_takes_client()
        leads = self.filtered(lambda lead: not lead.partner_id)
        if not leads:
            raise UserError(self.env._("These leads have a client already. Detach it first if it is wrong."))
        if len(self) == 1:
            return self.env["crm.lead.link.client"].create({"lead_id": self.id})._get_action()
        return self.env["crm.lead.link.client.mass"].create({"lead_ids": leads.ids})._get_action()

    def action_request_client(self):
        """Put these leads into the queue of those who may see clients."""
        self.check_access("write")
        self._check_takes_client()
        self.filtered(lambda lead: not lead.partner_id and not lead.date_client_requested).write(
            {"date_client_requested": fields.Datetime.now(), "client_requested_by_id": self.env.uid}
        )
        return True
