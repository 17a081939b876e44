import { Component, useEffect } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { formatInteger } from "@web/views/fields/formatters";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const PERIOD = 1500;

/** How far a trial in the background is; looks until it is done, then the form shows the result. */
export class AssignmentTrialProgress extends Component {
    static template = "crm_lead_lifecycle.AssignmentTrialProgress";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        useEffect(
            (isPending) => {
                if (isPending) {
                    const timer = browser.setInterval(() => this.look(), PERIOD);
                    return () => browser.clearInterval(timer);
                }
            },
            () => [this.isPending],
        );
    }

    get isPending() {
        return ["waiting", "running"].includes(this.props.record.data.state);
    }

    get percent() {
        const { progress, lead_count } = this.props.record.data;
        return lead_count ? Math.round((100 * progress) / lead_count) : 0;
    }

    get done() {
        return formatInteger(this.props.record.data.progress);
    }

    get all() {
        return formatInteger(this.props.record.data.lead_count);
    }

    async look() {
        const { record } = this.props;
        await this.orm.silent.call(record.resModel, "action_look", [[record.resId]]);
        await record.load();
    }
}

registry.category("fields").add("assignment_trial_progress", {
    component: AssignmentTrialProgress,
    supportedTypes: ["integer"],
    fieldDependencies: [
        { name: "state", type: "selection" },
        { name: "lead_count", type: "integer" },
    ],
});
