from odoo import api, fields, models
from odoo.models import parse_read_group_spec
from odoo.tools import SQL

from ..models.crm_lead import NOT_SET
from ..models.crm_lead_metric import Minutes
from ..models.many_rows import plan_for_many_rows

QUANTILES = {"median": 0.5, "p90": 0.9}


class Rate(Minutes):
    """A share in percent: a row is 100 or 0, or neither where it does not count."""


def dimension(model, label, what=None):
    return fields.Many2one(model, label, readonly=True, falsy_value_label=NOT_SET, help=what)


def count(label, what=None):
    return fields.Integer(label, readonly=True, aggregator="sum", help=what)


def rate(label, what):
    return Rate(label, readonly=True, aggregator="mean", digits=(16, 1), help=what)


def minutes(label, aggregator="mean"):
    return Minutes(
        label,
        readonly=True,
        aggregator=aggregator,
        digits=(16, 1),
        help="Leads of which it is known count. How many these are is said by the measure of the same name with n: "
        "where it is small, it says little.",
    )


class CrmReportRates(models.AbstractModel):
    """Figures that are no sums, right in every grouping and in every total: each group goes back to the rows.

    ``mean`` is the average of those rows that have a value, which for a share in percent is the sum over the sum;
    ``median`` and ``p90`` are quantiles.

    Amounts of a report are in the currency of the company that looks at it, whatever company a row is of.
    """

    _name = "crm.report.rates"
    _inherit = ["crm.mean"]
    _description = "Rates of a Report"

    @api.model
    def _read_group(self, *args, **kwargs):
        plan_for_many_rows(self.env)
        return super()._read_group(*args, **kwargs)

    @api.model
    def _read_grouping_sets(self, *args, **kwargs):
        plan_for_many_rows(self.env)
        return super()._read_grouping_sets(*args, **kwargs)

    def _read_group_select(self, aggregate_spec, query):
        name, _property, function = parse_read_group_spec(aggregate_spec)
        if function == "sum_currency":
            return super()._read_group_select(f"{name}:sum", query)
        if name == "currency_id" and function == "array_agg_distinct":
            return SQL("ARRAY[%s]", self.env.company.currency_id.id)
        if function in QUANTILES:
            return SQL(
                "percentile_cont(%s) WITHIN GROUP (ORDER BY %s)",
                QUANTILES[function],
                self._field_to_sql(self._table, name, query),
            )
        return super()._read_group_select(aggregate_spec, query)

    def _get_readable(self, model):
        """The rows of a model that the user may read, archived ones too, to select from in the place of its table: its
        rules are part of the query."""
        records = self.env[model]
        everything = SQL("%s.*", SQL.identifier(records._table))
        if not records.has_access("read"):
            return SQL("(SELECT %s FROM %s WHERE FALSE)", everything, SQL.identifier(records._table))
        return SQL("(%s)", records._search([], active_test=False).select(everything))

    def _get_factor(self, company_id):
        """
        :param SQL company_id: of whose currency an amount is
        :return: SQL of what it is multiplied by to be in that of the current company
        """
        own = self.env.company
        others = self.env["res.company"].sudo().search([("currency_id", "!=", own.currency_id.id)])
        factors = [
            SQL(
                "WHEN %s THEN %s",
                company.id,
                company.currency_id._get_conversion_rate(company.currency_id, own.currency_id, own),
            )
            for company in others
        ]
        return SQL("CASE %s %s ELSE 1.0 END", company_id, SQL(" ").join(factors)) if factors else SQL("1.0")

    def _get_lead_action(self, lead_id):
        """
        :return: a window action that opens a lead
        :raise AccessError: if the user may not see it
        """
        lead = self.env["crm.lead"].browse(lead_id)
        lead.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": lead.display_name,
            "res_model": lead._name,
            "res_id": lead.id,
            "views": [(False, "form")],
        }
