from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmLeadType(models.Model):
    """Numbers of a type with a counter of its own, as one text: in this form they go into the configuration file."""

    _inherit = "crm.lead.type"

    number_template = fields.Char(
        compute="_compute_number_template",
        inverse="_inverse_number_template",
        groups="base.group_system",
        help="How the numbers of this type's leads look. Empty: as those of the company.",
    )

    @api.depends("number_sequence_id.prefix", "number_sequence_id.padding", "number_sequence_id.suffix")
    def _compute_number_template(self):
        for lead_type in self:
            lead_type.number_template = lead_type._get_number_template()

    def _get_number_template(self):
        """False also for a counter that no template can say, as one with date ranges."""
        if not self.number_sequence_id:
            return False
        template = self.number_sequence_id._get_template()
        try:
            self.number_sequence_id._parse_template(template)
        except ValidationError:
            return False
        return template

    def _inverse_number_template(self):
        """A counter that is there is never changed, as others may count by it: another template is another counter."""
        for lead_type in self:
            template = lead_type.number_template
            lead_type.number_sequence_id = template and lead_type._get_number_sequence(template)

    def _get_number_sequence(self, template):
        """The counter of the types that number so, made where there is none: two would draw the same numbers."""
        values = self.env["ir.sequence"]._parse_template(template)
        lead_types = self.with_context(active_test=False).search(
            [("company_id", "=", self.company_id.id), ("number_sequence_id", "!=", False)]
        )
        alike = lead_types.number_sequence_id.filtered(
            lambda sequence: all((sequence[name] or "") == value for name, value in values.items())
        )
        return alike[:1] or alike.create(
            {
                "name": self.env._("Lead numbers of %(type)s", type=self.name),
                "company_id": self.company_id.id,
                **values,
            }
        )
