import { _t } from "@web/core/l10n/translation";
import { formatInteger } from "@web/views/fields/formatters";

/** Of so few leads a share says little. */
const FEW = 10;

export const SPANS = {
    today: {
        title: _t("Today"),
        before: _t("Yesterday"),
        since: _t("new today"),
        compared: _t("Compared with yesterday until this hour"),
    },
    week: {
        title: _t("This week"),
        before: _t("Last week"),
        since: _t("new this week"),
        compared: _t("Compared with last week until this weekday and hour"),
    },
    month: {
        title: _t("This month"),
        before: _t("Last month"),
        since: _t("new this month"),
        compared: _t("Compared with last month until this day and hour"),
    },
};

export const TITLES = {
    within: _t("Answered in time"),
    decided: _t("Answered or late"),
    taken: _t("Taken in charge"),
};

/** What happened; `better` tells what more of it means: 1 better, -1 worse, 0 neither. */
export const FLOWS = [
    { name: "came", title: _t("Leads in"), better: 0, help: _t("Removed leads are not counted") },
    {
        name: "taken",
        title: TITLES.taken,
        better: 1,
        help: _t("Somebody moved them on, called or wrote for the first time"),
    },
    {
        name: "linked",
        title: _t("Linked"),
        better: 1,
        help: _t("Assigned to a client that was there already"),
    },
    { name: "converted", title: _t("Converted"), better: 1, help: _t("Became a new client") },
    { name: "won", title: _t("Won"), better: 1 },
    { name: "lost", title: _t("Lost"), better: -1 },
];

/** What is to be done now. */
export const STANDING = [
    { name: "overdue", title: _t("Overdue"), help: _t("Open leads whose due date has passed") },
    {
        name: "expired",
        title: _t("Expired"),
        help: _t("Open leads that have been in their stage for longer than it allows"),
    },
    {
        name: "without_client",
        title: _t("Without a client"),
        help: _t("Open leads that have no client yet"),
    },
    {
        name: "ready",
        title: _t("Proposals to send"),
        help: _t("Open leads whose proposals wait to be sent"),
    },
];

/** Of the leads that came in: what became of their answers. */
export const ANSWERS = [
    { name: "running", title: _t("Waiting") },
    { name: "late", title: _t("Late") },
    { name: "missed", title: _t("Missed") },
];

export const COLUMNS = [
    { name: "came", title: _t("Leads in") },
    { name: "taken", title: _t("Taken") },
    { name: "within", title: _t("In time"), of: "decided" },
    { name: "won", title: _t("Won") },
    { name: "overdue", title: _t("Overdue") },
];

export const TABLES = {
    user_id: { title: _t("By salesperson"), head: _t("Salesperson"), none: _t("Nobody") },
    source_id: { title: _t("By source"), head: _t("Source"), none: _t("Not set") },
};

export const PERCENTILES = [
    { name: "median", title: _t("Half of them within (median)") },
    { name: "p90", title: _t("Nine of ten within (P90)") },
];

export const CLOCKS = [
    { name: "working_minutes", title: _t("Working time") },
    { name: "minutes", title: _t("All time") },
];

const NO_DIFFERENCE = { arrow: "=", tone: "text-muted", text: _t("the same") };

/**
 * @param {number} difference to the time before
 * @param {number} better what more of it means: 1 better, -1 worse, 0 neither
 * @param {{more: Function, less: Function}} words each gets the count as text
 */
function compare(difference, better, { more, less }) {
    if (!difference) {
        return NO_DIFFERENCE;
    }
    const count = formatInteger(Math.abs(difference));
    const said = difference > 0 ? more(count) : less(count);
    const arrow = difference > 0 ? "▲" : "▼";
    if (!better) {
        return { arrow, tone: "text-muted", text: said };
    }
    return difference * better > 0
        ? { arrow, tone: "text-success", text: _t("%(difference)s, better", { difference: said }) }
        : { arrow, tone: "text-danger", text: _t("%(difference)s, worse", { difference: said }) };
}

export const compareCounts = (count, before, better) =>
    compare(count - before, better, {
        more: (count) => _t("%(count)s more", { count }),
        less: (count) => _t("%(count)s fewer", { count }),
    });

export const comparePercents = (percent, before) =>
    compare(percent - before, 1, {
        more: (count) => _t("%(count)s points more", { count }),
        less: (count) => _t("%(count)s points less", { count }),
    });

export const compareMinutes = (minutes, before) =>
    Math.round(minutes) === Math.round(before)
        ? NO_DIFFERENCE
        : {
              arrow: minutes > before ? "▲" : "▼",
              tone: minutes > before ? "text-danger" : "text-success",
              text: minutes > before ? _t("slower") : _t("faster"),
          };

/** How many of what is to be done are so only since the span began: each is one too many. */
export const tellNew = (count) =>
    count
        ? { arrow: "▲", tone: "text-danger", text: _t("more to do") }
        : { arrow: "=", tone: "text-success", text: _t("none added") };

/** null without anything to have a share of */
export const percentOf = ({ count }, { count: total }) =>
    total ? Math.round((100 * count) / total) : null;

export const formatPercent = (percent) =>
    percent === null ? "–" : _t("%(percent)s %", { percent });

export const tellFew = (count) =>
    count && count < FEW ? _t("few leads: %(count)s", { count: formatInteger(count) }) : "";
