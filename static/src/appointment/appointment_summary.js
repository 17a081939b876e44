import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { formatTalk } from "../call/call_head";
import { formatDay, formatSpan, formatThere, getCity } from "./appointment_cells";

/** Who, when, where and what the agent has to know: what is confirmed. */
export class AppointmentSummary extends Component {
    static template = "crm_lead_lifecycle.AppointmentSummary";
    static props = {
        record: Object,
        agent: Object,
        zone: String,
        customerZone: String,
        keptUntil: { type: [Number, { value: null }] }, // in milliseconds, by the clock of the browser
        onConfirm: Function,
        onKeep: Function,
        onOther: Function,
    };

    setup() {
        this.root = useRef("root");
        this.getCity = getCity;
        this.clock = useState({ now: Date.now() });
        const timer = browser.setInterval(() => (this.clock.now = Date.now()), 1000);
        onWillUnmount(() => browser.clearInterval(timer));
        useHotkey("escape", () => this.props.onOther(), { bypassEditableProtection: true });
        onMounted(() => {
            this.root.el.scrollIntoView({ block: "nearest" });
            this.root.el.focus({ preventScroll: true });
        });
    }

    get data() {
        return this.props.record.data;
    }

    /** The appointment by a clock. */
    get times() {
        const { slot_start: start, slot_stop: stop } = this.data;
        return [start, stop ?? start].map((moment) => moment.setZone(this.props.zone));
    }

    get day() {
        return formatDay(this.times[0], { year: "numeric" });
    }

    get span() {
        return formatSpan(...this.times);
    }

    get there() {
        return formatThere(...this.times, this.props.customerZone);
    }

    /** For how long the time is kept, as minutes and seconds; empty if it is not. */
    get kept() {
        const seconds = Math.round((this.props.keptUntil - this.clock.now) / 1000);
        return seconds > 0 ? formatTalk(seconds).replace(/^0/, "") : "";
    }

    /** At once: what is typed stays, whatever happens to the dialog. */
    set(name, value) {
        this.props.record.update({ [name]: value });
    }
}
