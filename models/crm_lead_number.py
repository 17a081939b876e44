from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

MAX_DRAWS = 16


class CrmLead(models.Model):
    """Numbers: drawn in batches, in the company's or the type's sequence."""

    _inherit = "crm.lead"

    def _complete_numbers(self, vals_list):
        """Draw the numbers of new leads, one batch a sequence."""
        groups = defaultdict(list)
        for vals in vals_list:
            groups[vals["number_company_id"], vals["lead_type_id"]].append(vals)
        for (company_id, type_id), group in groups.items():
            company = self.env["res.company"].browse(company_id)
            lead_type = self.env["crm.lead.type"].sudo().browse(type_id)
            sequence = lead_type.number_sequence_id or company._get_lead_number_sequence()
            for vals, number in zip(group, self._draw_numbers(company, sequence, len(group)), strict=True):
                vals["number"] = number

    def _draw_numbers(self, company, sequence, count):
        """Draw ``count`` numbers that no lead of ``company`` has, also after somebody has set the counter back: it
        then runs
        on in strides that double.

        :raise UserError: when it finds no free number
        """
        numbers = []
        for attempt in range(MAX_DRAWS):
            drawn = sequence._next_batch((count - len(numbers)) * 2**attempt)
            taken = {
                number
                for (number,) in self.env.execute_query(
                    SQL(
                        "SELECT number FROM crm_lead WHERE number_company_id = %s AND number = ANY(%s)",
                        company.id,
                        drawn,
                    )
                )
            }
            numbers += dict.fromkeys(number for number in drawn if number not in taken and number not in numbers)
            if len(numbers) >= count:
                return numbers[:count]
        raise UserError(
            self.env._(
                "The next lead numbers of %(company)s, such as %(number)s, are taken. "
                "Ask an administrator to raise the next number of the sequence “%(sequence)s”.",
                company=company.name,
                number=drawn[-1],
                sequence=sequence.name,
            )
        )
