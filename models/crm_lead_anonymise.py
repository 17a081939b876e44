from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .crm_lead_personal import PERSONAL_FIELDS

# what nobody may fill in again, or bring back to work, on a lead that is anonymised
SHUT_FIELDS = (*PERSONAL_FIELDS["crm.lead"], "partner_id", "active", "stage_id", "lead_type_id", "client_status")
# since when nobody works on a closed lead: it was lost or removed then, and what its customer wrote is older
CLOSED_SINCE = SQL("COALESCE(lead.date_closed, lead.write_date)")


class ResCompany(models.Model):
    _inherit = "res.company"

    lead_anonymise_days = fields.Integer(
        "Anonymise After (Days)",
        help="So many days after a lead was lost or removed, all that tells who it was is erased, if it has no client "
        "and no order. 0: never.",
    )

    _lead_anonymise_days_possible = models.Constraint(
        "CHECK (lead_anonymise_days BETWEEN 0 AND 36500)",
        "Leads are anonymised after 1 to 36500 days. Write 0 for never.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    lead_anonymise_days = fields.Integer(related="company_id.lead_anonymise_days", readonly=False)


class CrmLead(models.Model):
    """Leads that came to nothing are anonymised after some time: who it was and what they said goes, what is counted
    stays. It can't be taken back, so that nothing of such a lead can be worked on any more."""

    _inherit = "crm.lead"

    date_anonymised = fields.Datetime(
        "Anonymised", readonly=True, copy=False, help="Since when nothing here tells whose lead it was."
    )
    is_anonymised = fields.Boolean(
        compute="_compute_is_anonymised", search="_search_is_anonymised", export_string_translation=False
    )

    # what may be due one day, for the daily job
    _anonymisable_idx = models.Index(
        "(COALESCE(date_closed, write_date)) "
        "WHERE date_anonymised IS NULL AND partner_id IS NULL AND active IS NOT TRUE"
    )

    @api.depends("date_anonymised")
    def _compute_is_anonymised(self):
        for lead in self:
            lead.is_anonymised = bool(lead.date_anonymised)

    def _search_is_anonymised(self, operator, value):
        return [("date_anonymised", "!=", False)] if operator == "in" and True in value else NotImplemented

    # ------------------------------------------------------------
    # ANONYMISING
    # ------------------------------------------------------------

    @api.model
    def _cron_anonymise(self):
        """Anonymise what has been closed for longer than its company keeps it."""
        for company in self.env["res.company"].sudo().search([("lead_anonymise_days", ">", 0)]):
            self._work_off(lambda company=company: self._anonymise_batch(company))

    def _anonymise_batch(self, company):
        until = fields.Datetime.now() - timedelta(days=company.lead_anonymise_days)
        leads = self._lock_batch(self._get_anonymise_condition(company, until), CLOSED_SINCE, self._ageing_batch)
        leads.sudo()._anonymise()
        return len(leads)

    @api.model
    def _get_anonymise_condition(self, company, until):
        """Lost and removed leads of a company that nobody has to know any more: an order belongs to somebody, whether
        the lead still names the client or not.

        :param datetime until: closed before that
        :return: SQL on the table ``lead``
        """
        return SQL(
            """
            lead.date_anonymised IS NULL AND lead.partner_id IS NULL AND lead.active IS NOT TRUE
            AND COALESCE(lead.company_id, lead.number_company_id) = %s
            AND (lead.client_status = 'removed' OR lead.won_status = 'lost')
            AND %s < %s AND COALESCE(lead.date_customer_wrote < %s, TRUE)
            AND NOT EXISTS (SELECT FROM sale_order WHERE opportunity_id = lead.id)
            """,
            company.id,
            CLOSED_SINCE,
            until,
            until,
        )

    def _anonymise(self):
        """Erase whose leads these are; the log says that it was done, and nothing else."""
        leads = self.filtered(lambda lead: not lead.date_anonymised)
        if not leads:
            return
        leads._erase_personal()
        self.env.cr.execute(
            SQL("UPDATE crm_lead SET date_anonymised = %s WHERE id = ANY(%s)", fields.Datetime.now(), leads.ids)
        )
        leads.invalidate_recordset()
        self.env["crm.lead.event"]._log("anonymise", {lead: {} for lead in leads})

    # ------------------------------------------------------------
    # WHAT IS OVER
    # ------------------------------------------------------------

    def _check_not_anonymised(self):
        """
        :raise UserError: for leads of which nobody knows any more whose they were
        """
        over = self.filtered("date_anonymised")
        if over:
            raise UserError(
                self.env._(
                    "Anonymised leads can't be worked on any more: nobody knows whose they were. If the person asks "
                    "again, make a new lead: %(leads)s",
                    leads=", ".join(over[:5].mapped("number")),
                )
            )

    def _check_values(self, vals):
        vals = super()._check_values(vals)
        over = self.filtered("date_anonymised")
        if over and not self._is_remapping():
            for name in SHUT_FIELDS:
                if vals.get(name) and any(
                    self._fields[name].convert_to_write(lead[name], lead) != vals[name] for lead in over
                ):
                    over._check_not_anonymised()
        return vals

    def _check_takes_client(self):  # pylint: disable=missing-return
        self._check_not_anonymised()
        super()._check_takes_client()

    def _undo_client(self):
        self._check_not_anonymised()
        return super()._undo_client()

    def _check_call_block(self):  # pylint: disable=missing-return
        self.sudo()._check_not_anonymised()
        super()._check_call_block()

    def _is_callable(self):
        return super()._is_callable() and not self.date_anonymised

    def _takes_customer(self):
        return super()._takes_customer() and not self.date_anonymised

    def _get_conversation_obstacle(self):
        return self._get_anonymised_notice() or super()._get_conversation_obstacle()

    def _get_send_problem(self):
        return self._get_anonymised_notice() or super()._get_send_problem()

    def _get_anonymised_notice(self):
        return self.env._("This lead is anonymised: nobody knows whose it was.") if self.date_anonymised else ""

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        self._check_not_anonymised()
        return super()._merge_opportunity(
            user_id=user_id, team_id=team_id, auto_unlink=auto_unlink, max_length=max_length
        )


class CrmLeadChannel(models.Model):
    _inherit = "crm.lead.channel"

    def _get_lead_problem(self, lead):
        return lead.sudo()._get_anonymised_notice() or super()._get_lead_problem(lead)


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        if self.kind == "anonymise":
            return self.env._("Erased whose lead it was")
        return super()._get_summary(data, names)
