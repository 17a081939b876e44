import { Component, useEffect } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { DateTimeField, dateTimeField } from "@web/views/fields/datetime/datetime_field";

const { DateTime } = luxon;

const HOUR = 60;
const DAY = 24 * HOUR;

/** How late a lead is, as people say it: the two largest units, only days after a month. */
export function formatLateness(minutes) {
    const values = {
        days: Math.floor(minutes / DAY),
        hours: Math.floor((minutes % DAY) / HOUR),
        minutes: Math.floor(minutes % HOUR),
    };
    if (minutes < HOUR) {
        return _t("%(minutes)s min late", { ...values, minutes: values.minutes || 1 });
    }
    if (minutes < DAY) {
        return _t("%(hours)s h %(minutes)s min late", values);
    }
    if (values.days <= 30 && values.hours) {
        return _t("%(days)s d %(hours)s h late", values);
    }
    return _t("%(days)s d late", values);
}

/**
 * The deadline of a lead: the moment while there is time, amber on its day, red with the delay afterwards.
 * A lead that is frozen or closed has no hurry: it shows the plain moment.
 */
export class LeadDueField extends Component {
    static template = "crm_lead_lifecycle.LeadDueField";
    static components = { DateTimeField };
    static props = { ...DateTimeField.props };

    setup() {
        // the time goes on while nobody touches the record
        useEffect(
            () => {
                const timer = browser.setInterval(() => this.render(), 60 * 1000);
                return () => browser.clearInterval(timer);
            },
            () => [],
        );
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get title() {
        const date = this.value.toLocaleString({
            ...DateTime.DATE_HUGE,
            hour: "numeric",
            minute: "numeric",
        });
        return _t("Due %(date)s", { date });
    }

    get badge() {
        const { data, isActive } = this.props.record;
        const text = toLocaleDateTimeString(this.value);
        if (data.stage_type !== "open" || !isActive) {
            return { text, className: "text-muted" };
        }
        const now = DateTime.now();
        if (this.value < now) {
            const minutes = now.diff(this.value).as("minutes");
            return {
                text: formatLateness(minutes),
                className: "badge rounded-pill text-bg-danger",
            };
        }
        if (this.value.hasSame(now, "day")) {
            const time = toLocaleDateTimeString(this.value, { showDate: false });
            return {
                text: _t("Today %(time)s", { time }),
                className: "badge rounded-pill text-bg-warning",
            };
        }
        return { text, iconClassName: "text-muted" };
    }
}

export const leadDueField = {
    ...dateTimeField,
    component: LeadDueField,
    displayName: _t("Deadline of a Lead"),
    fieldDependencies: [
        { name: "stage_type", type: "selection" },
        { name: "active", type: "boolean" },
    ],
    listViewWidth: [110, 160],
};

registry.category("fields").add("lead_due", leadDueField);
