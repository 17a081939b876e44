import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, consteq

# what gives access to one lead alone, in Odoo's own requests
ACCESS_PARAMS = ("token", "hash", "pid")
# what decides on the customer's access, and whether there is news: pages that ask for it read nothing else
ACCESS_FIELDS = (
    "access_token",
    "date_access_end",
    "client_status",
    "partner_id",
    "email_from",
    "email_normalized",
    "is_unread",
    "date_anonymised",
)


class CrmLead(models.Model):
    """The customer's access: a link with Odoo's own token, which ends, or the login of whoever the lead's client is.

    The link opens the customer's page and nothing else: Odoo's own paths to a thread would show its followers,
    activities and the files of notes, and know no limit of the page. It ends by itself after the company's days, and
    with whatever makes the lead another's: a change of its client, a merge, a removal.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead", "portal.mixin"]

    date_access_end = fields.Datetime(
        "Link Valid To", readonly=True, copy=False, help="Until when the customer's link to the request works."
    )

    # ------------------------------------------------------------
    # TOKEN
    # ------------------------------------------------------------

    def _compute_access_url(self):  # pylint: disable=missing-return
        super()._compute_access_url()
        for lead in self:
            lead.access_url = f"/my/requests/{lead.id}"

    def _portal_ensure_token(self):
        """The token of a link that is sent now: it holds for all the company's days from now on. Odoo's
        ``get_portal_url`` is open to RPC: who may not see the lead gets none."""
        self.ensure_one()
        self.check_access("read")
        lead = self.sudo()
        token = lead.access_token if lead._is_access_open() else secrets.token_urlsafe(32)
        lead._write_access(token, fields.Datetime.now() + timedelta(days=lead._get_access_days()))
        return token

    def _get_access_days(self):
        return (self.company_id or self.number_company_id).lead_access_days

    def _is_access_open(self):
        """Whether the customer's link works."""
        lead = self.sudo()
        return (
            bool(lead.access_token and lead.date_access_end and lead.date_access_end > fields.Datetime.now())
            and lead._takes_customer()
        )

    def _takes_customer(self):
        """Whether the customer may see the lead at all: a removed one was no request."""
        return self.client_status != "removed"

    def _write_access(self, token, end):
        """Written past the ORM: it is no change of the lead, and no client may write it.

        :param token: None for none
        """
        if not self.ids:
            return
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET access_token = %s, date_access_end = %s WHERE id = ANY(%s)", token, end, self.ids)
        )
        self.invalidate_recordset(["access_token", "date_access_end"], flush=False)

    def _revoke_access(self):
        """Shut every link to these leads that was ever given out."""
        self.sudo().filtered("access_token")._write_access(None, None)

    @api.model
    def _cron_end_access(self):
        """Links that have ended are forgotten, so that no path of Odoo's takes them any more."""
        ended = self.sudo().with_context(active_test=False)
        domain = Domain("access_token", "!=", False) & Domain("date_access_end", "<=", fields.Datetime.now())
        ended.search(domain)._write_access(None, None)

    # ------------------------------------------------------------
    # ACCESS
    # ------------------------------------------------------------

    @api.model
    def _find_for_customer(self, lead_id, token=None):
        """The lead that a customer asks for, by the token of a link or by the login.

        :param int lead_id: its id
        :param str token: of the link, if there is one
        :return: crm.lead as superuser; an empty set for a lead that is not theirs, is gone or whose link has ended
        """
        leads = self.sudo().with_context(active_test=False)
        lead = leads.search_fetch([("id", "=", lead_id)], ACCESS_FIELDS, order="id")
        is_right = lead._is_link(token)  # compared in any case: how long it takes tells nothing
        if lead and lead._takes_customer() and (is_right or lead._is_of_login()):
            return lead
        return self.sudo().browse()

    def _is_link(self, token):
        """Whether a link is that of this lead, and works."""
        lead = self.sudo()
        is_right = consteq((lead.access_token or secrets.token_urlsafe(32)).encode(), (token or "").encode())
        return is_right and lead._is_access_open()

    def _is_of_login(self):
        """Whether the user is the client of this lead; not a colleague of theirs."""
        user = self.env.user
        return not user._is_public() and self.partner_id == user.partner_id

    @api.model
    def _get_customer_domain(self):
        """The leads of the client who is logged in."""
        return Domain("partner_id", "=", self.env.user.partner_id.id) & Domain("client_status", "!=", "removed")

    @api.model
    def _get_thread_with_access(self, thread_id, *, mode="read", **kwargs):
        """Odoo's own paths to the thread of a lead take no link."""
        kwargs = {name: value for name, value in kwargs.items() if name not in ACCESS_PARAMS}
        return super()._get_thread_with_access(thread_id, mode=mode, **kwargs)

    def _get_access_action(self, access_uid=None, force_website=False):
        """Whoever is shown the way to the page gets no new link thereby."""
        user = self.env["res.users"].sudo().browse(access_uid) if access_uid else self.env.user
        if user.share or force_website:
            return {"type": "ir.actions.act_url", "url": self.access_url, "target": "self", "res_id": self.id}
        return super()._get_access_action(access_uid=access_uid, force_website=force_website)

    # ------------------------------------------------------------
    # WHAT ENDS IT
    # ------------------------------------------------------------

    def write(self, vals):
        """Another's lead has no link of the one before."""
        if not {"partner_id", "client_status", "email_from"} & vals.keys():
            return super().write(vals)
        before = {lead: (lead.partner_id, lead.client_status, lead.email_normalized) for lead in self}
        res = super().write(vals)
        self.filtered(
            lambda lead: (lead.partner_id != before[lead][0] and before[lead][0])
            or (lead.client_status == "removed" != before[lead][1])
            or (not lead.partner_id and before[lead][2] and lead.email_normalized != before[lead][2])
        )._revoke_access()
        return res

    def _merge_dependences(self, opportunities):
        res = super()._merge_dependences(opportunities)
        opportunities._revoke_access()
        return res

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_revoke_access(self):
        """Shut the customer's link; a new one can be sent."""
        self.check_access("write")
        self._revoke_access()
        return True


class ResCompany(models.Model):
    _inherit = "res.company"

    lead_access_days = fields.Integer(
        "Customer's Link (Days)",
        default=60,
        help="How long the customer's link to the request works after it was sent last.",
    )

    _lead_access_days_positive = models.Constraint(
        "CHECK (lead_access_days BETWEEN 1 AND 3650)", "A link works for a day at least and ten years at most."
    )
