from odoo import api, fields, models

LEAD_NUMBER_CODE = "crm_lead_lifecycle.lead_number"
LEAD_NUMBER_TEMPLATE = "LEAD/%(year)s/#####"


class ResCompany(models.Model):
    _inherit = "res.company"

    lead_number_template = fields.Char(
        compute="_compute_lead_number_template",
        inverse="_inverse_lead_number_template",
        help="How the numbers of new leads look. The # signs are the counter; %(year)s, %(month)s and %(day)s are the "
        "date of the lead. Numbers that were given stay as they are.",
    )

    def _compute_lead_number_template(self):
        for company in self:
            is_saved = bool(company._origin)
            company.lead_number_template = (
                company._get_lead_number_sequence()._get_template() if is_saved else LEAD_NUMBER_TEMPLATE
            )

    def _inverse_lead_number_template(self):
        for company in self:
            sequence = company._get_lead_number_sequence()
            sequence.write(sequence._parse_template(company.lead_number_template))

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._create_lead_number_sequence()
        return companies

    def _create_lead_number_sequence(self):
        """Give each company the counter of its leads; each company counts on its own."""
        sequences = self.env["ir.sequence"].sudo()
        return sequences.create(
            [
                {
                    "name": self.env._("Lead numbers of %(company)s", company=company.name),
                    "code": LEAD_NUMBER_CODE,
                    "company_id": company.id,
                    **sequences._parse_template(LEAD_NUMBER_TEMPLATE),
                }
                for company in self
            ]
        )

    def _get_lead_number_sequence(self):
        """The counter of the company's leads, as superuser; made anew should somebody have deleted it."""
        self.ensure_one()
        company = self._origin or self
        sequence = self.env["ir.sequence"].sudo()
        return (
            sequence.with_context(active_test=False).search(
                [("code", "=", LEAD_NUMBER_CODE), ("company_id", "=", company.id)], limit=1
            )
            or company._create_lead_number_sequence()
        )
