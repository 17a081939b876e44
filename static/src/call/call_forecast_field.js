import { Component } from "@odoo/owl";
import { formatInteger } from "@web/views/fields/formatters";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** How many contacts can be called in each hour of today, as bars with their figures. */
export class CallForecastField extends Component {
    static template = "crm_lead_lifecycle.CallForecastField";
    static props = { ...standardFieldProps };

    get bars() {
        const hours = this.props.record.data[this.props.name] || [];
        const most = Math.max(1, ...hours.map(({ count }) => count));
        return hours.map(({ hour, count }, number) => ({
            key: number,
            hour,
            figure: formatInteger(count, { humanReadable: count > 9999 }),
            percent: Math.round((1000 * count) / most) / 10,
            title: _t("%(hour)s: %(count)s contacts", { hour, count: formatInteger(count) }),
        }));
    }
}

export const callForecastField = {
    component: CallForecastField,
    displayName: _t("Contacts by Hour"),
    supportedTypes: ["jsonb", "json"],
};

registry.category("fields").add("call_forecast", callForecastField);
