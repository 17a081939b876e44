import {
    Component,
    markRaw,
    onMounted,
    onWillUnmount,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, serializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { addColors, formatDay, formatTime, makeCells } from "./appointment_cells";
import { AppointmentChoice } from "./appointment_choice";
import { AppointmentList } from "./appointment_list";
import { AppointmentSummary } from "./appointment_summary";
import { AppointmentWeek } from "./appointment_week";

const { DateTime } = luxon;
const DAYS = 7;
const REFRESH = 30 * 1000;
const TYPING = 300;
/** What a column of an agent needs to be pressed with a finger, and what the clock at the side takes, in pixels. */
const COLUMN_WIDTH = 44;
const CLOCK_WIDTH = 60;
const NO_TIME = { agent_id: false, slot_start: false, slot_stop: false };
const NO_FILTERS = { agentIds: [], skillIds: [], text: "" };

/** With whom and when the appointment is: the free times of the agents, then a summary of the one that is chosen. */
export class AppointmentAgendaField extends Component {
    static template = "crm_lead_lifecycle.AppointmentAgendaField";
    static components = { AppointmentChoice, AppointmentList, AppointmentSummary, AppointmentWeek };
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.call = useState(this.env.call);
        this.root = useRef("root");
        this.state = useState({
            day: this.today,
            filters: { ...NO_FILTERS },
            isList: this.env.isSmall,
            isLoading: false,
            agenda: null, // what the server says
            drawing: null, // what is drawn of it
            failure: "", // why there is no agenda
            problem: "", // why a time could not be had
            choice: null, // a time at which several agents are free
            held: null, // what is kept on the server for this call
            focusKey: null,
        });
        this.loads = 0;
        this.loadLater = useDebounced(() => this.load(), TYPING);
        onMounted(() => {
            this.measure();
            this.timer = browser.setInterval(() => this.refresh(), REFRESH);
            // a refusal is read where the other times are
            this.call.refuse = (message) => this.refuse(message);
        });
        onWillUnmount(() => {
            browser.clearInterval(this.timer);
            this.call.refuse = null;
            if (this.data.kind !== "appointment") {
                this.release();
            }
        });
        // it is in sight, however much has been noted above
        useEffect(
            () => {
                this.root.el.scrollIntoView({ block: "nearest" });
            },
            () => [Boolean(this.state.agenda)],
        );
        const problem = useRef("problem");
        useEffect(
            () => {
                problem.el?.scrollIntoView({ block: "nearest" });
            },
            () => [this.state.problem],
        );
        // another outcome may have other agents, and another length
        useEffect(
            () => {
                if (this.state.agenda) {
                    this.release();
                }
                this.load();
            },
            () => [this.outcomeId],
        );
        useExternalListener(window, "resize", () => this.measure());
        useExternalListener(document, "visibilitychange", () => this.refresh());
    }

    get data() {
        return this.props.record.data;
    }

    get outcomeId() {
        return this.data.outcome_id ? this.data.outcome_id.id : false;
    }

    get zone() {
        return this.state?.agenda?.zone ?? user.tz; // the state itself begins with it
    }

    get today() {
        return DateTime.now().setZone(this.zone).toISODate();
    }

    measure() {
        this.width = this.root.el.clientWidth;
        this.draw();
    }

    // -- the free times --------------------------------------------------

    callServer(method, ...args) {
        const { resModel, resId } = this.props.record;
        return this.orm.silent.call(resModel, method, [[resId], ...args], {
            outcome_id: this.outcomeId,
        });
    }

    async load() {
        const { day, filters } = this.state;
        const load = ++this.loads;
        this.state.isLoading = true;
        try {
            const { agentIds, skillIds, text } = filters;
            const args = [day, DAYS, [...agentIds], [...skillIds], text];
            const agenda = await this.callServer("get_agenda", ...args);
            if (load === this.loads) {
                this.show(agenda, day);
            }
        } catch (error) {
            if (load === this.loads) {
                this.state.failure = getReason(error);
            }
        }
        if (load === this.loads) {
            this.state.isLoading = false;
        }
    }

    show(agenda, day) {
        const { state } = this;
        state.failure = "";
        state.held = agenda.held && withDeadline(agenda.held);
        // what is drawn stays as it is while nothing has changed
        const shown = JSON.stringify([day, { ...agenda, held: null }]);
        if (shown !== this.shown) {
            this.shown = shown;
            state.agenda = markRaw({ ...agenda, day, agents: addColors(agenda.agents) });
            this.draw();
        }
        // who has pressed a key for the outcome goes on with the time
        const isAtOutcome = document.activeElement.closest(".o_call_outcome");
        if (this.call.isChosenByKey && isAtOutcome && !state.focusKey) {
            state.focusKey = state.drawing.cells[0]?.key ?? null;
        }
        // a page that was loaded again goes on with what is kept
        if (state.held && !this.selection) {
            this.select(state.held);
        }
    }

    refresh() {
        if (!document.hidden && !this.state.isLoading) {
            this.load();
        }
    }

    draw() {
        const { agenda, isList } = this.state;
        if (!agenda) {
            return;
        }
        const { day, slots, zone, customer_zone: customerZone } = agenda;
        const agents = agenda.agents.filter(({ id }) => agenda.shown.includes(id));
        // without weekends that have nothing, the other days are wider
        const isWeekendVisible = slots.some(
            ({ start }) => deserializeDateTime(start, { tz: zone }).weekday > 5,
        );
        const days = isWeekendVisible ? DAYS : DAYS - 2;
        const room = Math.floor((this.width - CLOCK_WIDTH) / days / COLUMN_WIDTH);
        const isMerged = !isList && agents.length > room;
        this.state.drawing = markRaw({
            cells: makeCells(slots, { agents, zone, customerZone, isMerged }),
            columns: isMerged ? 1 : agents.length,
            days: [day, addDays(day, DAYS)],
            isWeekendVisible,
        });
    }

    setList(isList) {
        this.state.isList = isList;
        this.draw();
    }

    get period() {
        const [first, last] = [0, DAYS - 1].map((days) =>
            DateTime.fromISO(addDays(this.state.day, days)),
        );
        return first.until(last).toLocaleString({ day: "numeric", month: "long", year: "numeric" });
    }

    move(days) {
        this.goTo(addDays(this.state.day, days));
    }

    goTo(day) {
        this.state.day = day;
        this.state.focusKey = null;
        this.load();
    }

    get nextFree() {
        const { next_free: moment } = this.state.agenda;
        return moment && deserializeDateTime(moment, { tz: this.zone });
    }

    formatNextFree() {
        return `${formatDay(this.nextFree)} ${formatTime(this.nextFree)}`;
    }

    // -- the filters -----------------------------------------------------

    get isFiltered() {
        const { agentIds, skillIds, text } = this.state.filters;
        return Boolean(agentIds.length || skillIds.length || text);
    }

    toggle(name, id) {
        const ids = this.state.filters[name];
        this.state.filters[name] = ids.includes(id)
            ? ids.filter((other) => other !== id)
            : [...ids, id];
        this.load();
    }

    setText(text) {
        this.state.filters.text = text;
        this.loadLater();
    }

    clearFilters() {
        this.state.filters = { ...NO_FILTERS };
        this.load();
    }

    // -- the time that is chosen -------------------------------------------

    /** The agent of the time that is chosen; null if none is. */
    get selection() {
        const { agent_id: agent, slot_start: start } = this.data;
        if (!agent || !start) {
            return null;
        }
        const known = this.state.agenda?.agents.find(({ id }) => id === agent.id);
        return known ?? { id: agent.id, name: agent.display_name, color: 0 };
    }

    get isHeld() {
        const { held } = this.state;
        return Boolean(
            held &&
                held.agent_id === this.selection?.id &&
                held.start === serializeDateTime(this.data.slot_start),
        );
    }

    choose(cell) {
        this.state.focusKey = cell.key;
        this.state.problem = "";
        if (cell.agents.length > 1) {
            this.state.choice = cell;
        } else {
            this.take(
                cell.agents[0].id,
                serializeDateTime(cell.start),
                serializeDateTime(cell.stop),
            );
        }
    }

    chooseAgent(agent) {
        this.choose({ ...this.state.choice, agents: [agent] });
    }

    keepAgain() {
        const { slot_start: start, slot_stop: stop } = this.data;
        this.take(this.selection.id, serializeDateTime(start), serializeDateTime(stop));
    }

    async take(agentId, start, stop) {
        if (this.isTaking) {
            return;
        }
        this.isTaking = true;
        try {
            const held = await this.callServer("hold_slot", agentId, start, stop);
            this.state.problem = "";
            this.state.held = withDeadline(held);
            this.state.choice = null;
            await this.select(held);
        } catch (error) {
            await this.refuse(getReason(error));
        } finally {
            this.isTaking = false;
        }
    }

    async select({ agent_id: id, start, stop }) {
        const { name } = this.state.agenda.agents.find((agent) => agent.id === id) ?? {};
        await this.props.record.update({
            agent_id: { id, display_name: name },
            slot_start: deserializeDateTime(start),
            slot_stop: deserializeDateTime(stop),
        });
    }

    /** What the server does not grant is said; a time that is not kept is not there any more. */
    async refuse(message) {
        this.state.choice = null;
        this.state.problem = message;
        await this.load();
        if (this.selection && !this.isHeld) {
            await this.props.record.update(NO_TIME);
        }
    }

    /** Back to the free times. */
    async chooseOther() {
        this.state.choice = null;
        this.state.problem = "";
        await this.release();
        await this.load();
    }

    async release() {
        const { held } = this.state;
        this.state.held = null;
        if (held) {
            try {
                await this.orm.silent.call(this.props.record.resModel, "release_slot", [
                    [this.props.record.resId],
                ]);
            } catch (error) {
                getReason(error); // it lapses by itself
            }
        }
        if (this.selection) {
            await this.props.record.update(NO_TIME);
        }
    }

    confirm() {
        return this.env.onClickViewButton({
            clickParams: { name: "action_confirm", type: "object" },
            getResParams: () => ({}),
        });
    }
}

function addDays(day, days) {
    return DateTime.fromISO(day).plus({ days }).toISODate();
}

/**
 * Why the server did not do what was asked of it, in words.
 *
 * @throws what is no answer of the server
 */
function getReason(error) {
    if (error instanceof ConnectionLostError) {
        return _t("There is no connection. What you have typed is kept.");
    }
    if (error instanceof RPCError) {
        return error.data?.message || error.message;
    }
    throw error;
}

/** When a time lapses, by the clock of the browser. */
function withDeadline(held) {
    return { ...held, deadline: Date.now() + held.seconds_left * 1000 };
}

registry.category("fields").add("appointment_agenda", {
    component: AppointmentAgendaField,
    displayName: _t("Agenda"),
    supportedTypes: ["many2one"],
    fieldDependencies: [
        { name: "slot_start", type: "datetime", readonly: false },
        { name: "slot_stop", type: "datetime", readonly: false },
        { name: "appointment_location", type: "char", readonly: false },
        { name: "appointment_notes", type: "text", readonly: false },
        { name: "kind", type: "selection" },
    ],
});
