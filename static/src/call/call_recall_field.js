import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { getRecallParts } from "./call_form_view";

const { DateTime } = luxon;
const FORMAT = {
    weekday: "short",
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
};

/** When the customer is called back, by their clock, with what that is by the user's. */
export class CallRecallField extends Component {
    static template = "crm_lead_lifecycle.CallRecallField";
    static props = { ...standardFieldProps };

    setup() {
        this.call = useState(this.env.call);
        this.id = this.props.id || this.props.name;
        this.root = useRef("root");
        // below long notes, the question of who calls back would be out of sight
        useEffect(
            () => {
                const { el } = this.root;
                (el.closest("[name=recall]") ?? el).scrollIntoView({ block: "nearest" });
            },
            () => [Boolean(this.data.recall_at)],
        );
        // who has pressed a key for the outcome goes on with the time, if one is needed
        useEffect(
            (isNeeded) => {
                if (isNeeded && this.call.isChosenByKey) {
                    this.root.el.querySelector("button, input").focus();
                }
            },
            () => [!this.data.is_retry],
        );
    }

    get data() {
        return this.props.record.data;
    }

    get choices() {
        return this.call.details.recall_choices;
    }

    /** By the user's clock. */
    get forUser() {
        return _t("%s for you", this.format(this.data.recall_at));
    }

    get retry() {
        const { retry_at: moment } = this.data;
        if (!moment) {
            return _t("This was the last attempt: it is not tried again by itself.");
        }
        return _t("It is tried again by itself on %(there)s there (%(here)s for you).", {
            there: this.format(moment.setZone(this.call.details.time_zone)),
            here: this.format(moment),
        });
    }

    format(moment) {
        return moment.toLocaleString(FORMAT);
    }

    getTime({ hour }) {
        const minutes = Math.round(hour * 60);
        return [Math.floor(minutes / 60), minutes % 60]
            .map((part) => String(part).padStart(2, "0"))
            .join(":");
    }

    isChosen(choice) {
        const { date, time } = this.call.recall;
        return date === choice.date && time === this.getTime(choice);
    }

    choose(choice) {
        this.set({ date: choice.date, time: this.getTime(choice) });
    }

    setDate(date) {
        this.set({ ...this.call.recall, date });
    }

    /** A time alone is today's, or tomorrow's if it is over there. */
    setTime(time) {
        let { date } = this.call.recall;
        if (time && !date) {
            const there = DateTime.now().setZone(this.call.details.time_zone);
            const days = time > there.toFormat("HH:mm") ? 0 : 1;
            date = there.plus({ days }).toISODate();
        }
        this.set({ date, time });
    }

    async set(recall) {
        this.call.recall = recall;
        const { date, hour } = getRecallParts(recall);
        await this.props.record.update({ recall_date: date, recall_hour: hour });
    }
}

registry.category("fields").add("call_recall", {
    component: CallRecallField,
    displayName: _t("Call Back"),
    supportedTypes: ["date"],
    fieldDependencies: [
        { name: "recall_hour", type: "float", readonly: false },
        { name: "recall_at", type: "datetime", readonly: false },
        { name: "retry_at", type: "datetime" },
        { name: "is_retry", type: "boolean" },
    ],
});
