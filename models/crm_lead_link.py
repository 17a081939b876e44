import logging

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS
from odoo.tools import SQL, email_normalize

_logger = logging.getLogger(__name__)

BATCH = 50


class CrmLead(models.Model):
    """Sending the customer's link: by the desk, or because the customer asked for a new one. It goes to the address
    that the lead has, never to one that a visitor types."""

    _inherit = "crm.lead"

    is_link_asked = fields.Boolean(
        groups=NO_ACCESS, copy=False, export_string_translation=False, help="The customer waits for a new link."
    )

    _link_asked_idx = models.Index("(id) WHERE is_link_asked IS TRUE")

    def _get_customer_address(self):
        """The e-mail address of the client, else of the lead; empty if there is none that mail could reach."""
        return email_normalize(self.partner_id.email) or email_normalize(self.email_from) or ""

    def _get_access_link(self):
        """The address of the customer's page with a token that works from now on."""
        return f"{self.get_base_url()}{self.get_portal_url()}"

    def action_send_link(self):
        """Send customers the links to their pages."""
        self.check_access("write")
        unreachable = self.filtered(lambda lead: not lead._get_customer_address() or not lead._takes_customer())
        if unreachable:
            raise UserError(
                self.env._(
                    "There is no e-mail address to send a link to: %(leads)s",
                    leads=", ".join(unreachable[:5].mapped("display_name")),
                )
            )
        for lead in self:
            if reason := lead._get_mail_block_notice():
                raise UserError(
                    self.env._("No link was sent to %(lead)s. %(reason)s", lead=lead.display_name, reason=reason)
                )
        self._send_link()
        return True

    def _send_link(self):
        template = self.env.ref("crm_lead_lifecycle.crm_lead_mail_template_link").sudo()
        for lead in self:  # in no layout of Odoo's: they are headed by what the desk calls the lead
            template.send_mail(lead.id)

    def _try_to_send_link(self):
        """A link that can't be sent holds no other up."""
        try:
            with self.env.cr.savepoint():
                self._send_link()
        except OperationalError:
            raise  # Odoo runs the job again
        except Exception:
            _logger.exception("The link to lead %s can't be sent", self.id)

    @api.model
    def _ask_for_link(self, lead_id):
        """A visitor asks for a new link. Whether there is such a lead, and whether it has an address, is looked at
        later, by the scheduled job: neither the answer nor its time tells."""
        self.env.cr.execute(SQL("UPDATE crm_lead SET is_link_asked = TRUE WHERE id = %s", lead_id))
        self.env.ref("crm_lead_lifecycle.crm_lead_link_cron").sudo()._trigger()

    @api.model
    def _cron_send_links(self):
        """Send the links that customers have asked for."""
        leads = self.sudo().with_context(active_test=False)
        asked = leads.search([("is_link_asked", "=", True)], limit=BATCH)
        self.env.cr.execute(SQL("UPDATE crm_lead SET is_link_asked = NULL WHERE id = ANY(%s)", asked.ids))
        asked.invalidate_recordset(["is_link_asked"], flush=False)
        for lead in asked.filtered(lambda lead: lead._takes_customer() and lead._get_customer_address()):
            lead._try_to_send_link()
        self.env["ir.cron"]._commit_progress(len(asked), remaining=leads.search_count([("is_link_asked", "=", True)]))
