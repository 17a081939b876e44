import { Component, useState } from "@odoo/owl";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** What is known: the request, the last calls, open proposals and what else happened. */
export class CallBackground extends Component {
    static template = "crm_lead_lifecycle.CallBackground";
    static props = { ...standardWidgetProps };

    setup() {
        this.call = useState(this.env.call);
    }

    get details() {
        return this.call.details;
    }

    format(date) {
        return toLocaleDateTimeString(deserializeDateTime(date), { showSeconds: false });
    }
}

registry.category("view_widgets").add("call_background", { component: CallBackground });
