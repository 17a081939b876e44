from odoo import api, fields, models
from odoo.exceptions import ValidationError

MAX_NAME = 120


class CrmLeadLocation(models.Model):
    _name = "crm.lead.location"
    _description = "Lead Location"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", "Company", help="Empty: for every company.")

    @api.constrains("name")
    def _check_name(self):
        for location in self:
            if len(location.name) > MAX_NAME:
                raise ValidationError(
                    self.env._("The name of a location may have up to %(count)s characters.", count=MAX_NAME)
                )
