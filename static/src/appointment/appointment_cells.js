import { deserializeDateTime } from "@web/core/l10n/dates";
import { is24HourFormat } from "@web/core/l10n/time";
import { _t } from "@web/core/l10n/translation";

/** Colours of Odoo's palette, less the grey one. */
const COLORS = 11;

/**
 * A free time: of one agent, or of several who are free at the same time.
 *
 * @typedef {{
 *  key: string,
 *  column: string,
 *  order: number,
 *  agents: { id: number, name: string, color: number }[],
 *  start: luxon.DateTime,
 *  stop: luxon.DateTime,
 *  label: string,
 * }} Cell
 */

/** Agents with a colour each, which stays theirs whatever the filters. */
export function addColors(agents) {
    return agents.map((agent, index) => ({ ...agent, color: 1 + (index % COLORS) }));
}

/** The place that a time zone is named after. */
export function getCity(zone) {
    return zone.split("/").at(-1).replaceAll("_", " ");
}

export function formatTime(moment) {
    return moment.toFormat(is24HourFormat() ? "HH:mm" : "h:mm a");
}

/** Beside a clock that says whether it is morning. */
export function formatClock(moment) {
    return moment.toFormat(is24HourFormat() ? "HH:mm" : "h:mm");
}

export function formatSpan(start, stop) {
    return _t("%(start)s to %(stop)s", { start: formatTime(start), stop: formatTime(stop) });
}

export function formatDay(moment, options) {
    return moment.toLocaleString({ weekday: "long", day: "numeric", month: "long", ...options });
}

/** By the customer's clock, with the day where that is another one; empty if their clock shows the same. */
export function formatThere(start, stop, zone) {
    const there = start.setZone(zone);
    if (there.offset === start.offset) {
        return "";
    }
    const span = formatSpan(there, stop.setZone(zone));
    return there.toISODate() === start.toISODate() ? span : `${formatDay(there)} ${span}`;
}

/**
 * @param {{ agent_id: number, start: string, stop: string }[]} slots by time
 * @param {{
 *  agents: { id: number, name: string, color: number }[],
 *  zone: string,
 *  customerZone: string,
 *  isMerged: boolean,
 * }} options `agents` are the columns of a day, from left to right; merged there is one column for all of them
 * @returns {Cell[]}
 */
export function makeCells(slots, { agents, zone, customerZone, isMerged }) {
    const cells = new Map();
    const moments = new Map(); // thousands of times are often the same ones
    const parse = (text) => {
        if (!moments.has(text)) {
            moments.set(text, deserializeDateTime(text, { tz: zone }));
        }
        return moments.get(text);
    };
    for (const { agent_id: agentId, start, stop } of slots) {
        const order = agents.findIndex(({ id }) => id === agentId);
        const key = [start, stop, ...(isMerged ? [] : [agentId])].join("/");
        const cell = cells.get(key);
        if (cell) {
            cell.agents.push(agents[order]);
        } else {
            const [from, to] = [parse(start), parse(stop)];
            cells.set(key, {
                key,
                order: isMerged ? 0 : order,
                column: `${from.toISODate()}/${isMerged ? 0 : String(order).padStart(3, "0")}`,
                agents: [agents[order]],
                start: from,
                stop: to,
            });
        }
    }
    for (const cell of cells.values()) {
        cell.agents.sort((one, other) => agents.indexOf(one) - agents.indexOf(other));
        cell.label = getLabel(cell, customerZone);
    }
    return [...cells.values()];
}

function getLabel({ agents, start, stop }, customerZone) {
    const there = formatThere(start, stop, customerZone);
    const label = {
        day: formatDay(start),
        time: formatSpan(start, stop),
        agents: agents.map(({ name }) => name).join(", "),
    };
    return there
        ? _t("%(day)s %(time)s, %(agents)s; %(there)s in %(city)s", {
              ...label,
              there,
              city: getCity(customerZone),
          })
        : _t("%(day)s %(time)s, %(agents)s", label);
}

/**
 * The cell that an arrow leads to: earlier and later in the same column, or at about the same time in the one beside it.
 *
 * @param {Cell[]} cells
 * @param {Cell} cell
 * @param {"earlier"|"later"|"before"|"after"} direction
 * @returns {Cell} the same one where there is no other
 */
export function getNeighbour(cells, cell, direction) {
    const columns = Object.groupBy(cells, ({ column }) => column);
    if (direction === "earlier" || direction === "later") {
        const column = columns[cell.column];
        return column[column.indexOf(cell) + (direction === "later" ? 1 : -1)] ?? cell;
    }
    const names = Object.keys(columns).sort();
    const beside = columns[names[names.indexOf(cell.column) + (direction === "after" ? 1 : -1)]];
    return beside ? getNearest(beside, cell) : cell;
}

function getNearest(cells, { start }) {
    const minutes = ({ hour, minute }) => hour * 60 + minute;
    const distance = (cell) => Math.abs(minutes(cell.start) - minutes(start));
    return cells.reduce((best, cell) => (distance(cell) < distance(best) ? cell : best));
}
