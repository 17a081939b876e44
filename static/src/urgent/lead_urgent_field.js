import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** A red bolt on urgent leads; on the others it appears under the mouse, as the stars of a priority do. */
export class LeadUrgentField extends Component {
    static template = "crm_lead_lifecycle.LeadUrgentField";
    static props = { ...standardFieldProps };

    get isUrgent() {
        return this.props.record.data[this.props.name];
    }

    get title() {
        if (this.props.readonly) {
            return _t("Urgent");
        }
        return this.isUrgent ? _t("Urgent: click when it no longer is") : _t("Mark as urgent");
    }

    toggle() {
        return this.props.record.update({ [this.props.name]: !this.isUrgent }, { save: true });
    }
}

export const leadUrgentField = {
    component: LeadUrgentField,
    displayName: _t("Urgent Lead"),
    supportedTypes: ["boolean"],
    isEmpty: () => false,
    listViewWidth: 28,
    // as for priorities: a click is enough, the row need not be in edition
    extractProps: (_fieldInfo, dynamicInfo) => ({ readonly: dynamicInfo.readonly }),
};

registry.category("fields").add("lead_urgent", leadUrgentField);
