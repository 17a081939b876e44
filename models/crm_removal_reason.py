from odoo import fields, models


class CrmRemovalReason(models.Model):
    _name = "crm.removal.reason"
    _inherit = "crm.lead.ready.made"
    _description = "Lead Removal Reason"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
