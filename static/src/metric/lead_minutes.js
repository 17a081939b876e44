import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { FloatField, floatField } from "@web/views/fields/float/float_field";

const MINUTES_PER_HOUR = 60;
const MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR;
/** Longer than that nobody counts in hours. */
const COUNTED_IN_HOURS = 2 * MINUTES_PER_DAY;

/** @param {number|null|false} minutes how long something took, null or false if that is unknown */
export function formatMinutes(minutes) {
    if (minutes === null || minutes === false) {
        return "–";
    }
    const whole = Math.round(minutes);
    if (whole < MINUTES_PER_HOUR) {
        return _t("%(minutes)s min", { minutes: whole });
    }
    if (whole < COUNTED_IN_HOURS) {
        return _t("%(hours)s h %(minutes)s min", {
            hours: Math.floor(whole / MINUTES_PER_HOUR),
            minutes: whole % MINUTES_PER_HOUR,
        });
    }
    return _t("%(days)s d %(hours)s h", {
        days: Math.floor(whole / MINUTES_PER_DAY),
        hours: Math.floor((whole % MINUTES_PER_DAY) / MINUTES_PER_HOUR),
    });
}

/** A number of minutes as one says it; pivots and graphs show it by the formatter of the same name. */
export class LeadMinutesField extends FloatField {
    get formattedValue() {
        return formatMinutes(this.value);
    }
}

registry.category("fields").add("lead_minutes", { ...floatField, component: LeadMinutesField });
registry.category("formatters").add("lead_minutes", formatMinutes);
