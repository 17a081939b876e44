import { Component, onMounted, useRef } from "@odoo/owl";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { formatDay, formatSpan } from "./appointment_cells";

/** Who of the agents that are free at the same time keeps the appointment. */
export class AppointmentChoice extends Component {
    static template = "crm_lead_lifecycle.AppointmentChoice";
    static props = {
        cell: Object,
        onChoose: Function,
        onOther: Function,
    };

    setup() {
        this.root = useRef("root");
        useHotkey("escape", () => this.props.onOther(), { bypassEditableProtection: true });
        onMounted(() => this.root.el.querySelector("button").focus());
    }

    get title() {
        const { start, stop } = this.props.cell;
        return `${formatDay(start)}, ${formatSpan(start, stop)}`;
    }
}
