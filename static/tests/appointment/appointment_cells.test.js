import { beforeEach, expect, test } from "@odoo/hoot";
import { mockDate } from "@odoo/hoot-mock";
import { makeMockEnv, patchWithCleanup } from "@web/../tests/web_test_helpers";
import {
    addColors,
    formatClock,
    formatThere,
    formatTime,
    getNeighbour,
    makeCells,
} from "@crm_lead_lifecycle/appointment/appointment_cells";
import {
    getAppointmentValues,
    readAppointment,
} from "@crm_lead_lifecycle/appointment/appointment_draft";
import { deserializeDateTime, serializeDateTime } from "@web/core/l10n/dates";
import { localization } from "@web/core/l10n/localization";

// the format of times is a language's
beforeEach(() => makeMockEnv());

const agents = addColors([
    { id: 7, name: "Anna" },
    { id: 8, name: "Bea" },
]);
const slot = (agentId, start, stop) => ({ agent_id: agentId, start, stop });
const cellsOf = (slots, options) =>
    makeCells(slots, {
        agents,
        zone: "Europe/Warsaw",
        customerZone: "Europe/Warsaw",
        isMerged: false,
        ...options,
    });

test("times are those of the clock, also in the night in which it is put back", () => {
    mockDate("2026-10-20 08:00:00");
    const cells = cellsOf([
        slot(7, "2026-10-24 08:00:00", "2026-10-24 09:00:00"),
        slot(7, "2026-10-25 00:00:00", "2026-10-25 01:00:00"),
        slot(7, "2026-10-25 01:00:00", "2026-10-25 02:00:00"),
        slot(7, "2026-10-26 09:00:00", "2026-10-26 10:00:00"),
    ]);
    expect(cells.map(({ start }) => start.toFormat("EEE HH:mm"))).toEqual([
        "Sat 10:00",
        "Sun 02:00",
        "Sun 02:00",
        "Mon 10:00",
    ]);
    expect(new Set(cells.map(({ key }) => key)).size).toBe(4);
    expect(cells[1].stop.diff(cells[1].start).as("minutes")).toBe(60);
});

test("the customer's clock is told where it shows something else", () => {
    const [start, stop] = ["2026-12-01 00:30:00", "2026-12-01 01:30:00"].map((moment) =>
        deserializeDateTime(moment, { tz: "Europe/Warsaw" }),
    );
    expect(formatThere(start, stop, "Europe/Rome")).toBe("");
    expect(formatThere(start, stop, "Europe/London")).toBe("00:30 to 01:30");
    expect(formatThere(start, stop, "America/New_York")).toMatch(
        /^Monday, November 30 19:30 to 20:30$/,
    );
    const [cell] = cellsOf([slot(7, "2026-12-01 09:00:00", "2026-12-01 10:00:00")], {
        customerZone: "America/New_York",
    });
    expect(cell.label).toBe("Tuesday, December 1 10:00 to 11:00, Anna; 04:00 to 05:00 in New York");
});

test("merged, a time is there once for all who are free", () => {
    const slots = [
        slot(7, "2026-12-01 09:00:00", "2026-12-01 10:00:00"),
        slot(8, "2026-12-01 09:00:00", "2026-12-01 10:00:00"),
        slot(8, "2026-12-01 09:00:00", "2026-12-01 09:30:00"),
    ];
    expect(cellsOf(slots)).toHaveLength(3);
    const cells = cellsOf(slots, { isMerged: true });
    expect(cells.map(({ agents }) => agents.map(({ name }) => name))).toEqual([
        ["Anna", "Bea"],
        ["Bea"],
    ]);
});

test("merged, agents are in their order whoever is free first", () => {
    const [cell] = cellsOf(
        [8, 7].map((id) => slot(id, "2026-12-01 09:00:00", "2026-12-01 10:00:00")),
        { isMerged: true },
    );
    expect(cell.agents.map(({ name }) => name)).toEqual(["Anna", "Bea"]);
    expect(cell.label).toMatch(/Anna, Bea$/);
});

test("beside a clock a time is short", () => {
    const moment = deserializeDateTime("2026-12-01 13:05:00", { tz: "Europe/Warsaw" });
    expect(formatClock(moment)).toBe("14:05");
    patchWithCleanup(localization, { timeFormat: "hh:mm a" });
    expect(formatClock(moment)).toBe("2:05");
    expect(formatTime(moment)).toBe("2:05 PM");
});

test("arrows lead to earlier and later ones, and to about the same time beside", () => {
    const cells = cellsOf([
        slot(7, "2026-12-01 09:00:00", "2026-12-01 10:00:00"),
        slot(8, "2026-12-01 09:30:00", "2026-12-01 10:30:00"),
        slot(7, "2026-12-01 10:00:00", "2026-12-01 11:00:00"),
        slot(7, "2026-12-04 08:00:00", "2026-12-04 09:00:00"),
        slot(7, "2026-12-04 10:00:00", "2026-12-04 11:00:00"),
    ]);
    const [early, bea, late, , friday] = cells;
    expect(getNeighbour(cells, early, "later")).toBe(late);
    expect(getNeighbour(cells, late, "earlier")).toBe(early);
    expect(getNeighbour(cells, late, "later")).toBe(late);
    expect(getNeighbour(cells, late, "after")).toBe(bea);
    expect(getNeighbour(cells, bea, "before")).toBe(early);
    expect(getNeighbour(cells, bea, "after")).toBe(friday);
    expect(getNeighbour(cells, friday, "after")).toBe(friday);
});

test("a draft holds the agent, the time, the place and the notes", () => {
    expect(readAppointment({})).toBe(null);
    expect(getAppointmentValues(null)).toEqual({});
    const data = {
        agent_id: { id: 7, display_name: "Anna" },
        slot_start: deserializeDateTime("2026-12-01 09:00:00"),
        slot_stop: deserializeDateTime("2026-12-01 10:00:00"),
        appointment_location: "Office",
        appointment_notes: "Bring the contract",
    };
    const draft = JSON.parse(JSON.stringify(readAppointment(data)));
    const values = getAppointmentValues(draft);
    expect(serializeDateTime(values.slot_start)).toBe("2026-12-01 09:00:00");
    expect(serializeDateTime(values.slot_stop)).toBe("2026-12-01 10:00:00");
    expect(values).toMatchObject({
        agent_id: { id: 7, display_name: "Anna" },
        appointment_location: "Office",
        appointment_notes: "Bring the contract",
    });
    expect(readAppointment({ appointment_notes: "Later" })).toEqual({ notes: "Later" });
});
