import { Component, onMounted, useRef, useState } from "@odoo/owl";
import { formatDay, formatTime } from "./appointment_cells";

/** The free times in words, a day after the other: for narrow screens, and for who does not see. */
export class AppointmentList extends Component {
    static template = "crm_lead_lifecycle.AppointmentList";
    static props = {
        cells: Array,
        focusKey: { type: [String, { value: null }], optional: true },
        onChoose: Function,
    };

    setup() {
        this.root = useRef("root");
        this.formatTime = formatTime;
        const { cells, focusKey } = this.props;
        const first = cells.find(({ key }) => key === focusKey) ?? cells[0];
        // of many agents, a week is more than anybody reads
        this.state = useState({ open: first?.start.toISODate() });
        // who comes back from the summary goes on where they were
        onMounted(() => this.root.el.querySelector(`[data-key="${focusKey}"]`)?.focus());
    }

    /** ``{ date, title, count, agents }``; of a day that is closed there are no agents. */
    get days() {
        const days = Object.groupBy(this.props.cells, ({ start }) => start.toISODate());
        return Object.entries(days).map(([date, cells]) => ({
            date,
            title: formatDay(cells[0].start),
            count: cells.length,
            agents: date === this.state.open ? groupByAgent(cells) : [],
        }));
    }

    toggle(date) {
        this.state.open = this.state.open === date ? null : date;
    }
}

function groupByAgent(cells) {
    return [...Map.groupBy(cells, ({ agents }) => agents[0])]
        .map(([agent, cells]) => ({ ...agent, cells }))
        .sort((one, other) => one.cells[0].order - other.cells[0].order);
}
