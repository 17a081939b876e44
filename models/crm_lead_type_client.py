from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmLeadType(models.Model):
    """What happens in a lead type when a lead gets its client."""

    _inherit = "crm.lead.type"

    plan_client_call = fields.Boolean(
        "Plan a Call to New Clients",
        default=True,
        help="Whoever serves a client that was made from a lead with a phone number gets a call to do: today while "
        "there are working hours left, else on the next working day.",
    )
    succeeds_with_client = fields.Boolean(
        "Goes On Once It Has a Client",
        help="A lead goes on as the next type as soon as it is linked to a client or converted; nobody has to conclude "
        "it.",
    )
    client_property_names = fields.Json(
        "Kept with the Client",
        help="The names of the properties that a new client takes over from the lead, to be kept with the client.",
    )

    @api.constrains("client_property_names")
    def _check_client_property_names(self):
        for lead_type in self:
            names = lead_type.client_property_names or []
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                raise ValidationError(
                    self.env._(
                        "What is kept with the client is a list of names of properties: %(type)s", type=lead_type.name
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        lead_types = super().create(vals_list)
        lead_types._settle_client_properties()
        return lead_types

    def write(self, vals):
        res = super().write(vals)
        if {"client_property_names", "property_definition"} & vals.keys():
            self._settle_client_properties()
        return res

    def _get_client_properties(self):
        """
        :return: the definitions of the properties that are client data
        """
        names = self.client_property_names or []
        return [
            item for item in self.property_definition or [] if item["name"] in names and item["type"] != "separator"
        ]

    def _settle_client_properties(self):
        """Forget the names that are those of no property, or no more, and let clients have the others."""
        for lead_type in self:
            names = [item["name"] for item in lead_type._get_client_properties()]
            if names != (lead_type.client_property_names or []):
                lead_type.client_property_names = names
        self._share_client_properties()

    def _share_client_properties(self):
        """Clients get the properties that are client data, beside those that they have."""
        definition = (
            self.env["properties.base.definition"]
            .sudo()
            ._get_definition_for_property_field("res.partner", "properties")
        )
        shared = definition.properties_definition or []
        known = {item["name"] for item in shared}
        new = {item["name"]: item for lead_type in self for item in lead_type._get_client_properties()}
        missing = [item for name, item in new.items() if name not in known]
        if missing:
            definition.properties_definition = [*shared, *missing]
