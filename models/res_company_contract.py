from odoo import api, fields, models

CONTRACT_NUMBER_CODE = "crm_lead_lifecycle.contract_number"
CONTRACT_NUMBER_TEMPLATE = "CTR/%(year)s/#####"


class ResCompany(models.Model):
    """Contracts: the counter of their numbers, and how much may be given away in a call."""

    _inherit = "res.company"

    contract_number_template = fields.Char(
        compute="_compute_contract_number_template",
        inverse="_inverse_contract_number_template",
        help="How the numbers of new contracts look. The # signs are the counter; %(year)s, %(month)s and %(day)s are "
        "the date of the contract. Numbers that were given stay as they are.",
    )
    call_discount_max = fields.Float(
        "Largest Discount in a Call",
        digits="Discount",
        help="Percent that operators without the right “Change prices in calls” may give at most. A discount of the "
        "price list itself is always given.",
    )
    _call_discount_percent = models.Constraint(
        "CHECK (call_discount_max BETWEEN 0 AND 100)", "The largest discount is a percentage: 0 to 100."
    )

    def _compute_contract_number_template(self):
        for company in self:
            is_saved = bool(company._origin)
            company.contract_number_template = (
                company._get_contract_sequence()._get_template() if is_saved else CONTRACT_NUMBER_TEMPLATE
            )

    def _inverse_contract_number_template(self):
        for company in self:
            sequence = company._get_contract_sequence()
            sequence.write(sequence._parse_template(company.contract_number_template))

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._create_number_sequences(CONTRACT_NUMBER_CODE)
        return companies

    def _prepare_number_sequence_values(self, code):
        if code != CONTRACT_NUMBER_CODE:
            return super()._prepare_number_sequence_values(code)
        return {
            "name": self.env._("Contract numbers of %(company)s", company=self.name),
            "implementation": "no_gap",  # a contract that fails burns no number
            **self.env["ir.sequence"]._parse_template(CONTRACT_NUMBER_TEMPLATE),
        }

    def _get_contract_sequence(self):
        return self._get_number_sequence(CONTRACT_NUMBER_CODE)

    @api.model
    def _load_contract_sequences(self):
        """Give each company its counter before contracts need it: two first ones at once would make two."""
        for company in self.with_context(active_test=False).search([]):  # pylint: disable=no-search-all
            company._get_contract_sequence()


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    contract_number_template = fields.Char(related="company_id.contract_number_template", readonly=False)
    contract_number_preview = fields.Char("Next Contract Number", compute="_compute_contract_number_preview")
    contract_number_error = fields.Char(
        "What Is Wrong With the Contract Number", compute="_compute_contract_number_preview"
    )
    call_discount_max = fields.Float(related="company_id.call_discount_max", readonly=False)

    @api.depends("contract_number_template", "company_id")
    def _compute_contract_number_preview(self):
        for settings in self:
            settings.contract_number_preview, settings.contract_number_error = self._preview_number(
                settings.company_id._get_contract_sequence(), settings.contract_number_template
            )
