import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Which of the properties next to it are client data: a list of their names, chosen by checkboxes. */
export class LeadClientPropertiesField extends Component {
    static template = "crm_lead_lifecycle.LeadClientPropertiesField";
    static props = {
        ...standardFieldProps,
        label: { type: String, optional: true },
        propertiesField: { type: String },
    };

    get names() {
        return this.props.record.data[this.props.name] || [];
    }

    /** As they are on the form, saved or not. */
    get properties() {
        const properties = this.props.record.data[this.props.propertiesField] || [];
        return properties.filter(
            ({ type, definition_deleted: isDeleted }) => type !== "separator" && !isDeleted,
        );
    }

    id({ name }) {
        return `${this.props.id || this.props.name}_${name}`;
    }

    isChosen({ name }) {
        return this.names.includes(name);
    }

    choose(property, isChosen) {
        const names = this.properties
            .filter((other) => (other.name === property.name ? isChosen : this.isChosen(other)))
            .map(({ name }) => name);
        return this.props.record.update({ [this.props.name]: names });
    }
}

registry.category("fields").add("lead_client_properties", {
    component: LeadClientPropertiesField,
    displayName: _t("Properties Kept with the Client"),
    supportedTypes: ["json"],
    isEmpty: () => false,
    extractProps: ({ options, string }) => ({
        label: string,
        propertiesField: options.properties_field,
    }),
});
