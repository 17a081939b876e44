import { Component, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { toLocaleDateTimeString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const { DateTime } = luxon;

/** How long somebody has been talking, as minutes and seconds. */
export function formatTalk(seconds) {
    const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
    return [minutes, rest].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Who is called: name, numbers to dial, the time there, how long the talk has lasted, and why it is them. */
export class CallHead extends Component {
    static template = "crm_lead_lifecycle.CallHead";
    static props = { ...standardWidgetProps };

    setup() {
        this.call = useState(this.env.call);
        this.clock = useState({ now: DateTime.now() });
        const timer = browser.setInterval(() => (this.clock.now = DateTime.now()), 1000);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    get details() {
        return this.call.details;
    }

    get timeThere() {
        const there = this.clock.now.setZone(this.details.time_zone);
        return toLocaleDateTimeString(there, {
            showDate: false,
            showSeconds: false,
            tz: this.details.time_zone,
        });
    }

    get talk() {
        const { date_start: start } = this.props.record.data;
        return formatTalk(Math.max(0, this.clock.now.diff(start).as("seconds")));
    }
}

registry.category("view_widgets").add("call_head", {
    component: CallHead,
    fieldDependencies: [{ name: "date_start", type: "datetime", readonly: false }],
});
