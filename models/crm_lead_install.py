from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmLead(models.Model):
    """What the installation does with what is there already; called by the data files, before any demo data."""

    _inherit = "crm.lead"

    @api.model
    def _adopt_existing(self):
        """Give the default type to all stages and leads, a counter to each company and a number to each lead."""
        lead_type = self.env.ref("crm_lead_lifecycle.crm_lead_type_default")
        lead_type.stage_ids = self.env["crm.stage"].with_context(active_test=False).search(Domain.TRUE)
        for company in self.env["res.company"].with_context(active_test=False).search(Domain.TRUE):
            sequence = company._get_lead_number_sequence()
            count = self._adopt_leads(company, lead_type, sequence)
            if count >= sequence.number_next_actual:
                sequence.number_next_actual = count + 1
        self._add_direct_source()

    @api.model
    def _adopt_leads(self, company, lead_type, sequence):
        """Give the leads of a company their type and their number, in the order in which they came and with the
        year in which
        they came, in one statement. The main company counts the leads of no company.

        :return: how many there were
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead lead
                   SET lead_type_id = %(type)s,
                       number_company_id = %(company)s,
                       number = adopted.number,
                       stage_type = adopted.stage_type,
                       date_first_touch = CASE
                           WHEN lead.date_last_stage_update > lead.create_date + INTERVAL '1 minute'
                           THEN lead.date_last_stage_update
                       END,
                       client_status = CASE WHEN lead.partner_id IS NULL THEN 'new' ELSE 'linked' END
                  FROM (
                        SELECT old.id,
                               stage.stage_type,
                               concat(
                                   'LEAD/', to_char(coalesce(old.create_date, now()), 'YYYY'), '/',
                                   to_char(row_number() OVER (ORDER BY old.id), 'FM999999900000')
                               ) AS number
                          FROM crm_lead old
                          LEFT JOIN crm_stage stage ON stage.id = old.stage_id
                         WHERE old.number IS NULL
                           AND (old.company_id = %(company)s OR (old.company_id IS NULL AND %(is_main)s))
                       ) adopted
                 WHERE lead.id = adopted.id
                """,
                type=lead_type.id,
                company=company.id,
                is_main=company == self.env.company,
            )
        )
        self.invalidate_model()
        return self.env.cr.rowcount

    @api.model
    def _add_direct_source(self):
        """The source "Direct" (by phone or at the desk), unless there is one already."""
        sources = self.env["utm.source"]
        if sources.search_count([("name", "=", "Direct")], limit=1):
            return
        self.env["ir.model.data"]._update_xmlids(
            [
                {
                    "xml_id": "crm_lead_lifecycle.utm_source_direct",
                    "record": sources.create({"name": "Direct"}),
                    "noupdate": True,
                }
            ]
        )
