from odoo import fields, models


class CrmAppointmentSkill(models.Model):
    """What an agent is good at, such as a language or a product: operators filter the agenda by it."""

    _name = "crm.appointment.skill"
    _description = "Skill of Agents"
    _order = "name"

    name = fields.Char(required=True, translate=True)
    color = fields.Integer("Colour")

    _name_uniq = models.UniqueIndex("(name)", "There is such a skill already.")
