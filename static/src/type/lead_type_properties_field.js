import { registry } from "@web/core/registry";
import { PropertiesField, propertiesField } from "@web/views/fields/properties/properties_field";
import { useSubEnv } from "@odoo/owl";

/**
 * The typed properties of a lead. What they are is set up on the form of the lead type: "Edit Properties" in the menu of a
 * lead is about those of its team, and must not change both.
 */
export class LeadTypePropertiesField extends PropertiesField {
    setup() {
        useSubEnv({ config: { ...this.env.config, viewType: false } });
        super.setup();
    }
}

registry.category("fields").add("lead_type_properties", {
    ...propertiesField,
    component: LeadTypePropertiesField,
    additionalClasses: [...(propertiesField.additionalClasses || []), "o_field_properties"],
});
