import { Component, onMounted, onPatched, onWillPatch, useRef } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { is24HourFormat } from "@web/core/l10n/time";
import { renderToFragment } from "@web/core/utils/render";
import { useFullCalendar } from "@web/views/calendar/hooks/full_calendar_hook";
import { formatClock, getNeighbour } from "./appointment_cells";

const { DateTime, Settings } = luxon;
const DIRECTIONS = { ArrowUp: "earlier", ArrowDown: "later" };
const SIDEWAYS = ["before", "after"];
/** How long a row of the week may be, in minutes. */
const ROWS = [60, 30, 20, 15];

/** The free times of some days by the clock, with a column a day for each agent. */
export class AppointmentWeek extends Component {
    static template = "crm_lead_lifecycle.AppointmentWeek";
    static cellTemplate = "crm_lead_lifecycle.AppointmentWeek.Cell";
    static props = {
        cells: Array,
        columns: Number,
        days: Array, // the first one and the one after the last, as ISO dates
        zone: String,
        isWeekendVisible: Boolean, // Odoo's hook looks for it
        focusKey: { type: [String, { value: null }], optional: true },
        onChoose: Function,
    };

    setup() {
        this.root = useRef("root");
        this.key = this.props.focusKey;
        this.fc = useFullCalendar("calendar", this.options);
        // who comes back from the summary goes on where they were
        onMounted(() => {
            if (this.props.focusKey) {
                this.focus(this.current);
            }
        });
        // whenever something has changed, the cells are drawn anew
        onWillPatch(() => (this.hadFocus = this.root.el.contains(document.activeElement)));
        onPatched(() => {
            for (const [name, value] of Object.entries(this.frame)) {
                this.fc.api.setOption(name, value);
            }
            this.markCurrent();
            if (this.hadFocus) {
                this.focus(this.current);
            }
        });
    }

    get options() {
        const [start, end] = this.props.days;
        return {
            initialView: "timeGrid",
            initialDate: start,
            visibleRange: { start, end },
            weekends: this.props.isWeekendVisible,
            timeZone: this.props.zone,
            locale: Settings.defaultLocale,
            direction: localization.direction,
            headerToolbar: false,
            allDaySlot: false,
            height: "auto",
            ...this.frame,
            slotLabelInterval: { hours: 1 },
            slotLabelFormat: {
                hour: "numeric",
                minute: "2-digit",
                hour12: !is24HourFormat(),
            },
            slotEventOverlap: false,
            eventInteractive: false, // arrows lead from one to the other
            eventOrder: "start,order",
            events: (_, successCb) => successCb(this.props.cells.map(toEvent)),
            dayHeaderContent: this.getDay,
            eventClassNames: this.getClasses,
            eventContent: this.getContent,
            eventDidMount: this.onCellMounted,
        };
    }

    /** The hours in which there is something, how long a row is and what is beside what, as FullCalendar takes them. */
    get frame() {
        const { cells, columns } = this.props;
        const first = Math.min(...cells.map(({ start }) => start.hour));
        const last = Math.max(
            ...cells.map(({ start, stop }) =>
                start.hasSame(stop, "day") ? stop.hour + (stop.minute ? 1 : 0) : 24,
            ),
        );
        const shortest = Math.min(
            ...cells.map(({ start, stop }) => stop.diff(start).as("minutes")),
        );
        const row = ROWS.find((minutes) => minutes <= shortest) ?? ROWS.at(-1);
        return {
            slotMinTime: `${first}:00:00`,
            slotMaxTime: `${last}:00:00`,
            slotDuration: `00:${row}:00`.replace("00:60", "01:00"),
            // where agents share a column, times of another length take the first place that is free
            eventOrderStrict: columns > 1,
        };
    }

    // -- what FullCalendar draws ---------------------------------------

    getDay({ date }) {
        return DateTime.fromJSDate(date, { zone: this.props.zone }).toLocaleString({
            weekday: "short",
            day: "numeric",
            month: "short",
        });
    }

    getClasses({ event }) {
        const { agents, order } = event.extendedProps;
        return [
            "o_appointment_cell",
            `o_appointment_column_${order}`,
            ...(agents.length === 1 ? [`o_call_color_${agents[0].color}`] : []),
        ];
    }

    getContent({ event }) {
        const { agents, start } = event.extendedProps;
        return {
            domNodes: [
                ...renderToFragment(this.constructor.cellTemplate, {
                    agents,
                    time: formatClock(start),
                }).childNodes,
            ],
        };
    }

    onCellMounted({ el, event }) {
        const { label } = event.extendedProps;
        el.dataset.key = event.id;
        el.tabIndex = event.id === this.current?.key ? 0 : -1;
        el.title = label;
        el.setAttribute("role", "button");
        el.setAttribute("aria-label", label);
    }

    // -- one cell is in the order of the Tab key, arrows lead to the others ------

    get current() {
        const { cells } = this.props;
        return cells.find(({ key }) => key === this.key) ?? cells[0];
    }

    find(cell) {
        return this.root.el.querySelector(`[data-key="${cell?.key}"]`);
    }

    focus(cell) {
        this.key = cell?.key;
        this.markCurrent();
        this.find(cell)?.focus();
    }

    markCurrent() {
        for (const el of this.root.el.querySelectorAll("[data-key][tabindex='0']")) {
            el.tabIndex = -1;
        }
        const el = this.find(this.current);
        if (el) {
            el.tabIndex = 0;
        }
    }

    getPressed({ target }) {
        const key = target.closest("[data-key]")?.dataset.key;
        return this.props.cells.find((cell) => cell.key === key);
    }

    onClick(ev) {
        const cell = this.getPressed(ev);
        if (cell) {
            this.props.onChoose(cell);
        }
    }

    onKeydown(ev) {
        const cell = this.getPressed(ev);
        if (!cell || ev.ctrlKey || ev.altKey || ev.metaKey) {
            return;
        }
        const sideways = localization.direction === "rtl" ? SIDEWAYS.toReversed() : SIDEWAYS;
        const directions = { ...DIRECTIONS, ArrowLeft: sideways[0], ArrowRight: sideways[1] };
        if (ev.key === "Enter" || ev.key === " ") {
            ev.preventDefault();
            this.props.onChoose(cell);
        } else if (directions[ev.key]) {
            ev.preventDefault();
            this.focus(getNeighbour(this.props.cells, cell, directions[ev.key]));
        }
    }
}

function toEvent({ key, order, agents, start, stop, label }) {
    return {
        id: key,
        start: start.toISO(),
        end: stop.toISO(),
        extendedProps: { order, agents, start, label },
    };
}
