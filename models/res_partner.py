from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_lead_client import VIEWER_GROUP

# tables whose rows come and go with a client and are no documents
DEPENDENT_TABLES = ("mail_", "discuss_", "bus_", "crm_client_", "crm_lead_event", "crm_consent", "res_partner_")


class ResPartner(models.Model):
    """The client's side: its leads, and where it came from."""

    _inherit = "res.partner"

    client_lead_ids = fields.One2many(
        "crm.lead",
        "partner_id",
        "Related Leads",
        context={"active_test": False},
        groups=VIEWER_GROUP,
        help="All leads of this client, also those that were lost or removed.",
    )
    client_lead_count = fields.Integer(compute="_compute_client_lead_count", groups=VIEWER_GROUP)
    client_source_id = fields.Many2one(
        "utm.source",
        "Came By",
        copy=False,
        index="btree_not_null",
        groups=VIEWER_GROUP,
        help="The source of the lead that the client was made from.",
    )

    def _get_client_leads_domain(self):
        """The leads of these clients and of their contacts."""
        contacts = self.with_context(active_test=False)._search([("id", "child_of", self.ids)])
        return Domain("partner_id", "in", contacts)

    def _compute_client_lead_count(self):
        for partner in self:
            leads = self.env["crm.lead"].with_context(active_test=False)
            partner.client_lead_count = leads.search_count(partner._get_client_leads_domain()) if partner.id else 0

    def action_view_client_leads(self):
        """Open all leads of this client and of its contacts."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_action_client")
        contacts = self.with_context(active_test=False).search([("id", "child_of", self.ids)])
        return {
            **action,
            "domain": [("partner_id", "in", contacts.ids)],
            "context": {"active_test": False, "default_partner_id": self.id},
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_clients_of_leads(self):
        """A lead would silently lose its client."""
        lead = self.env["crm.lead"].sudo().with_context(active_test=False)
        lead = lead.search([("partner_id", "in", self.ids), ("is_contact_kept", "=", True)], limit=1)
        if lead:
            raise UserError(
                self.env._(
                    "%(client)s is the client of leads and can't be deleted. Archive it, or detach the leads first.",
                    client=lead.partner_id.display_name,
                )
            )

    def unlink(self):
        """Leads of clients that are deleted are new again, and keep the names as they do without the lead desk."""
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        for lead in leads.search([("partner_id", "in", self.ids), ("is_contact_kept", "=", False)]):
            lead.write({"partner_id": False, "contact_name": lead.contact_name, "partner_name": lead.partner_name})
        return super().unlink()

    def _get_dependents(self, except_lead):
        """What would be left without its client if this one had never been made.

        :param except_lead: the lead that it was made from
        :return: names
        """
        self.ensure_one()
        everything = self.with_context(active_test=False)
        names = [
            *(everything.client_lead_ids - except_lead).mapped("display_name"),
            *everything.child_ids.mapped("name"),
        ]
        self.env.flush_all()
        for table, column in self._get_referring_columns():
            self.env.cr.execute(
                SQL(
                    "SELECT FROM %s WHERE %s = %s LIMIT 1",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    self.id,
                )
            )
            if self.env.cr.rowcount:
                model = next((name for name, model in self.env.registry.items() if model._table == table), None)
                names.append(self.env[model]._description if model else table)
        return names

    @api.model
    def _get_referring_columns(self):
        """
        :return: (table, column) of the foreign keys on clients that stand for documents: orders, invoices, users ...
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT constraints.conrelid::regclass::text, columns.attname
                  FROM pg_constraint constraints
                  JOIN pg_attribute columns
                    ON columns.attrelid = constraints.conrelid AND columns.attnum = constraints.conkey[1]
                 WHERE constraints.contype = 'f' AND constraints.confrelid = 'res_partner'::regclass
                """
            )
        )
        transient = {model._table for model in self.env.registry.values() if model._transient}
        return [
            (table, column)
            for table, column in rows
            if table not in ("res_partner", "crm_lead", *transient)
            and not table.startswith(DEPENDENT_TABLES)
            and not table.endswith("_rel")
        ]
