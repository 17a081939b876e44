import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { edit, press, queryAll, queryAllTexts, queryOne, resize } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    getService,
    makeServerError,
    models,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
    preloadBundle,
    serverState,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { WebClient } from "@web/webclient/webclient";

const OUTCOMES = [
    { id: 1, name: "Appointment", kind: "appointment" },
    { id: 2, name: "Not interested", kind: "negative" },
    { id: 3, name: "Visit", kind: "appointment" },
];

class Outcome extends models.Model {
    _name = "crm.call.outcome";

    name = fields.Char();

    _records = OUTCOMES.map(({ id, name }) => ({ id, name }));
}

class Answer extends models.Model {
    _name = "crm.call.wizard.answer";

    name = fields.Char();
}

class Call extends models.Model {
    _name = "crm.call.wizard";

    date_start = fields.Datetime();
    outcome_id = fields.Many2one({
        relation: "crm.call.outcome",
        onChange: (record) => {
            const outcome = OUTCOMES.find(({ id }) => id === record.outcome_id);
            record.kind = outcome ? outcome.kind : false;
        },
    });
    kind = fields.Selection({
        selection: [
            ["appointment", "Appointment"],
            ["negative", "Negative"],
        ],
    });
    answer_ids = fields.One2many({ relation: "crm.call.wizard.answer" });
    notes = fields.Text();
    recall_scope = fields.Char();
    agent_id = fields.Many2one({ relation: "res.users" });
    slot_start = fields.Datetime();
    slot_stop = fields.Datetime();
    appointment_location = fields.Char();
    appointment_notes = fields.Text();

    _records = [{ id: 1, date_start: "2026-11-30 08:00:00" }];
    _views = {
        form: `
            <form js_class="crm_call" disable_autofocus="1">
                <widget name="call_head"/>
                <field name="outcome_id" widget="call_outcome"/>
                <field name="answer_ids" invisible="1"><list><field name="name"/></list></field>
                <field name="notes"/>
                <field name="recall_scope" invisible="1"/>
                <div name="appointment" invisible="kind != 'appointment'">
                    <field name="agent_id" widget="appointment_agenda" class="w-100"/>
                </div>
                <footer>
                    <button name="action_confirm" type="object" string="Confirm outcome" class="btn-primary"/>
                    <button name="action_stop" type="object" string="Stop" class="btn-secondary"/>
                </footer>
            </form>`,
    };
}

defineModels([Outcome, Answer, Call]);
defineMailModels();
preloadBundle("web.fullcalendar_lib");

const CELL = ".o_appointment_week .o_appointment_cell";
const SUMMARY = ".o_appointment_summary";
const TAKEN = "This time of Anna has just been taken. Choose another one.";
const refusal = (message = TAKEN) => makeServerError({ message });
const slot = (agentId, start, stop) => ({ agent_id: agentId, start, stop });
const cell = (label) => `${CELL}[aria-label*="${label}"]`;
let agenda, asked, refused;
const verifyAsked = (expected) => expect(asked.splice(0)).toEqual(expected);
const countHolds = () => asked.filter(([what]) => what === "hold").length;

beforeEach(async () => {
    await resize({ width: 1366, height: 768 });
    mockDate("2026-11-30 08:02:00"); // UTC, a Monday
    browser.localStorage.clear();
    serverState.timezone = "Europe/Warsaw";
    patchWithCleanup(user, { userId: 2 });
    asked = [];
    refused = {};
    agenda = {
        agents: [
            { id: 7, name: "Anna", area: "Centre", skill_ids: [1] },
            { id: 8, name: "Bea", area: "", skill_ids: [] },
        ],
        skills: [{ id: 1, name: "English", color: 1 }],
        shown: [7, 8],
        slots: [
            slot(7, "2026-12-01 09:00:00", "2026-12-01 10:00:00"),
            slot(7, "2026-12-01 10:00:00", "2026-12-01 11:00:00"),
            slot(8, "2026-12-01 10:00:00", "2026-12-01 11:00:00"),
            slot(7, "2026-12-02 09:00:00", "2026-12-02 10:00:00"),
        ],
        held: false,
        zone: "Europe/Warsaw",
        customer_zone: "America/New_York",
        next_free: false,
    };
    onRpc("has_group", () => true);
    onRpc("crm.call.wizard", "keep_claim", () => true);
    onRpc("crm.call.wizard", "get_details", () => ({
        lead_id: 7,
        entry_id: 3,
        name: "Marco Rossi",
        time_zone: "America/New_York",
        city: "New York",
        phones: [],
        outcomes: OUTCOMES.map(({ id, name }) => ({ id, name, color: id, is_quick: true })),
        choices: {},
        recall_choices: [],
    }));
    onRpc("crm.call.wizard", "get_agenda", ({ args, kwargs }) => {
        const [, day, days, agentIds, skillIds, text] = args;
        asked.push(["agenda", day, days, agentIds, skillIds, text, kwargs.outcome_id]);
        if (refused.agenda) {
            throw refused.agenda;
        }
        return agenda;
    });
    onRpc("crm.call.wizard", "hold_slot", ({ args, kwargs }) => {
        const [, agentId, start, stop] = args;
        asked.push(["hold", agentId, start, stop, kwargs.outcome_id]);
        if (refused.hold) {
            throw refused.hold;
        }
        agenda.held = { agent_id: agentId, start, stop, until: "", seconds_left: 300 };
        return agenda.held;
    });
    onRpc("crm.call.wizard", "release_slot", () => {
        asked.push("release");
        agenda.held = false;
    });
    onRpc("crm.call.wizard", "action_stop", () => {
        asked.push("stop");
        return { type: "ir.actions.act_window_close" };
    });
    onRpc("crm.call.wizard", "web_save", ({ args }) => {
        asked.push(["save", { ...args[1] }]);
        args[1].kind = "appointment";
    });
    onRpc("crm.call.wizard", "action_confirm", () => {
        asked.push("confirm");
        if (refused.confirm) {
            throw refused.confirm;
        }
        return { type: "ir.actions.act_window_close" };
    });
});

async function settle() {
    await animationFrame();
    await animationFrame();
}

async function openAgenda({ outcome = 1 } = {}) {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.act_window",
        name: "Call",
        res_model: "crm.call.wizard",
        res_id: 1,
        views: [[false, "form"]],
        target: "new",
    });
    await animationFrame();
    if (outcome) {
        await press(String(outcome));
        await settle();
        await settle();
    }
}

const read = (day = "2026-11-30", agentIds = [], skillIds = [], text = "", outcome = 1) => [
    "agenda",
    day,
    7,
    agentIds,
    skillIds,
    text,
    outcome,
];
const FIRST = ["hold", 7, "2026-12-01 09:00:00", "2026-12-01 10:00:00", 1];

/** The first time of Anna as it is saved by confirming, with what else was typed. */
const savedFirst = (values) => [
    "save",
    {
        agent_id: 7,
        outcome_id: 1,
        slot_start: "2026-12-01 09:00:00",
        slot_stop: "2026-12-01 10:00:00",
        ...values,
    },
];

test("free times by the operator's clock; the customer's is told beside it", async () => {
    await openAgenda();
    expect(
        queryAll(CELL)
            .map((el) => el.ariaLabel)
            .sort(),
    ).toEqual([
        "Tuesday, December 1 10:00 to 11:00, Anna; 04:00 to 05:00 in New York",
        "Tuesday, December 1 11:00 to 12:00, Anna; 05:00 to 06:00 in New York",
        "Tuesday, December 1 11:00 to 12:00, Bea; 05:00 to 06:00 in New York",
        "Wednesday, December 2 10:00 to 11:00, Anna; 04:00 to 05:00 in New York",
    ]);
    expect(cell("10:00 to 11:00, Anna") + ":first").toHaveText(/10:00\s*Anna/);
    expect(".o_appointment_period").toHaveText(/November 30.*December 6, 2026/);
    expect(".fc-col-header-cell").toHaveCount(5, { message: "no weekend without free times" });
    expect(".o_appointment_columns_2").toHaveCount(1);
    expect(`${CELL}[tabindex='0']`).toHaveCount(1);
    verifyAsked([read()]);
});

test("a click keeps the time and shows the summary, which confirms the call", async () => {
    await openAgenda();
    await contains(cell("10:00 to 11:00, Anna")).click();
    await settle();
    expect(`${SUMMARY} dd:first`).toHaveText(/Anna\s*Centre/);
    expect(".o_appointment_when").toHaveText("Tuesday, December 1, 2026, 10:00 to 11:00");
    expect(".o_appointment_there").toHaveText("04:00 to 05:00 for the customer (New York)");
    expect(".o_appointment_kept").toHaveText("kept for 5:00");
    expect(SUMMARY).toBeFocused();
    await advanceTime(29_000);
    expect(".o_appointment_kept").toHaveText("kept for 4:31");
    await contains(".o_appointment_location").edit("Office, 2nd floor");
    await contains(".o_appointment_notes").edit("Bring the contract");
    await contains(".o_appointment_confirm").click();
    await settle();
    expect(".modal").toHaveCount(0);
    verifyAsked([
        read(),
        FIRST,
        savedFirst({
            appointment_location: "Office, 2nd floor",
            appointment_notes: "Bring the contract",
        }),
        "confirm",
    ]);
});

test("arrows move, Enter chooses, Escape goes back, Ctrl+Enter confirms", async () => {
    await openAgenda();
    queryOne(`${CELL}[tabindex='0']`).focus();
    await press("ArrowDown");
    expect(cell("11:00 to 12:00, Anna")).toBeFocused();
    await press("ArrowRight");
    expect(cell("11:00 to 12:00, Bea")).toBeFocused();
    await press("ArrowRight");
    expect(cell("Wednesday")).toBeFocused();
    expect(`${CELL}[tabindex='0']`).toHaveCount(1);
    await press("ArrowLeft");
    await press("Enter");
    await settle();
    expect(SUMMARY).toHaveText(/Bea/);
    await press("Escape");
    await settle();
    await settle();
    expect(SUMMARY).toHaveCount(0);
    expect(".modal").toHaveCount(1, { message: "the call goes on" });
    expect(cell("11:00 to 12:00, Bea")).toBeFocused();
    await press("ArrowLeft");
    await press("ArrowUp");
    await press("Enter");
    await settle();
    await contains(".o_appointment_location").click();
    await edit("Office");
    await press(["Control", "Enter"]);
    await settle();
    verifyAsked([
        read(),
        ["hold", 8, "2026-12-01 10:00:00", "2026-12-01 11:00:00", 1],
        "release",
        read(),
        FIRST,
        savedFirst({ appointment_location: "Office" }),
        "confirm",
    ]);
});

test("a time that somebody else has taken: it is said, the others are there, nothing is lost", async () => {
    await openAgenda();
    await contains("[name=notes] textarea").edit("Wants to see it");
    refused.hold = refusal();
    agenda = { ...agenda, slots: agenda.slots.slice(1) };
    await contains(cell("10:00 to 11:00, Anna")).click();
    await settle();
    expect(".o_appointment_problem").toHaveText(TAKEN);
    expect(".modal").toHaveCount(1);
    expect(CELL).toHaveCount(3);
    expect("[name=notes] textarea").toHaveValue("Wants to see it");
    refused.hold = null;
    await contains(cell("11:00 to 12:00, Anna")).click();
    await settle();
    expect(".o_appointment_problem").toHaveCount(0);
    expect(SUMMARY).toHaveCount(1);
    verifyAsked([
        read(),
        FIRST,
        read(),
        ["hold", 7, "2026-12-01 10:00:00", "2026-12-01 11:00:00", 1],
    ]);
});

test("lost when it is confirmed: no message on top, the place stays", async () => {
    await openAgenda();
    await contains(cell("10:00 to 11:00, Anna")).click();
    await settle();
    await contains(".o_appointment_location").edit("Office");
    refused.confirm = refusal();
    agenda.held = false;
    await contains(".o_appointment_confirm").click();
    await settle();
    expect(".modal").toHaveCount(1);
    expect(".o_appointment_problem").toHaveText(TAKEN);
    expect(SUMMARY).toHaveCount(0);
    refused.confirm = null;
    await contains(cell("11:00 to 12:00, Bea")).click();
    await settle();
    expect(".o_appointment_location").toHaveValue("Office");
    expect(countHolds()).toBe(2);
});

test("refused for another reason: what is kept stays in the summary", async () => {
    await openAgenda();
    await contains(cell("10:00 to 11:00, Anna")).click();
    await settle();
    refused.confirm = refusal("Bruno has called Marco Rossi since you opened this call.");
    await press(["Control", "Enter"]);
    await settle();
    expect(".o_appointment_problem").toHaveText(/Bruno has called/);
    expect(SUMMARY).toHaveCount(1);
    expect(".modal").toHaveCount(1);
});

test("a time that is kept no longer is kept again on demand", async () => {
    await openAgenda();
    await contains(cell("10:00 to 11:00, Anna")).click();
    await settle();
    expect(".o_appointment_lapsed").toHaveCount(0);
    agenda.held = false; // the server lets go of it
    await advanceTime(301_000);
    expect(".o_appointment_kept").toHaveCount(0);
    expect(".o_appointment_lapsed").toHaveText(/no longer kept for you/);
    expect(".o_appointment_confirm").toBeEnabled();
    await contains(".o_appointment_lapsed button").click();
    await settle();
    expect(".o_appointment_kept").toHaveText("kept for 5:00");
    expect(countHolds()).toBe(2);
});

test("what is kept on the server is there after the page was loaded again", async () => {
    agenda.held = {
        agent_id: 8,
        start: "2026-12-01 10:00:00",
        stop: "2026-12-01 11:00:00",
        seconds_left: 42,
    };
    await openAgenda();
    expect(SUMMARY).toHaveText(/Bea/);
    expect(".o_appointment_kept").toHaveText("kept for 0:42");
});

test("a draft has the agent, the time, the place and the notes", async () => {
    await openAgenda();
    await contains(cell("10:00 to 11:00, Anna")).click();
    await settle();
    await contains(".o_appointment_location").edit("Office");
    await advanceTime(300);
    const key = Object.keys(browser.localStorage).find((key) => key.includes("draft"));
    expect(JSON.parse(browser.localStorage.getItem(key)).appointment).toEqual({
        agent: { id: 7, display_name: "Anna" },
        start: "2026-12-01 09:00:00",
        stop: "2026-12-01 10:00:00",
        location: "Office",
    });
    // as if the page had been loaded again, after the time had lapsed
    agenda.held = false;
    await getService("action").doAction({ type: "ir.actions.act_window_close" });
    await settle();
    await getService("action").doAction({
        type: "ir.actions.act_window",
        res_model: "crm.call.wizard",
        res_id: 1,
        views: [[false, "form"]],
        target: "new",
    });
    await settle();
    await settle();
    expect(SUMMARY).toHaveText(/Anna/);
    expect(".o_appointment_location").toHaveValue("Office");
    expect(".o_appointment_lapsed").toHaveCount(1);
});

test("another outcome lets go of the time; the place stays", async () => {
    await openAgenda();
    await contains(cell("10:00 to 11:00, Anna")).click();
    await settle();
    await contains(".o_appointment_location").edit("Office");
    await contains(".o_call_quick:contains('Not interested')").click();
    await settle();
    expect(".o_appointment").toHaveCount(0);
    await contains(".o_call_quick:contains('Visit')").click();
    await settle();
    await contains(cell("10:00 to 11:00, Anna")).click();
    await settle();
    expect(".o_appointment_location").toHaveValue("Office");
    await contains(".o_call_quick:contains('Appointment')").click();
    await settle();
    expect(SUMMARY).toHaveCount(0, { message: "it may have other agents" });
    expect(CELL).toHaveCount(4);
    verifyAsked([
        read(),
        FIRST,
        "release",
        read("2026-11-30", [], [], "", 3),
        [...FIRST.slice(0, 4), 3],
        "release",
        read(),
    ]);
});

test("agents, skills and words are asked for; weeks too", async () => {
    await openAgenda();
    await contains(".o_appointment_agents button:contains('Bea')").click();
    await contains(".o_appointment_skills button").click();
    await contains(".o_appointment_text").click();
    await edit("cen");
    await edit("centre");
    await advanceTime(300);
    expect(".o_appointment_agents .active").toHaveText("Bea");
    expect(".o_appointment_agents .active").toHaveAttribute("aria-pressed", "true");
    expect(".o_appointment_back").not.toBeEnabled();
    await contains(".o_appointment_forward").click();
    await settle();
    expect(".o_appointment_period").toHaveText(/December 7/);
    await contains(".o_appointment_today").click();
    verifyAsked([
        read(),
        read("2026-11-30", [8]),
        read("2026-11-30", [8], [1]),
        read("2026-11-30", [8], [1], "centre"),
        read("2026-12-07", [8], [1], "centre"),
        read("2026-11-30", [8], [1], "centre"),
    ]);
});

test("an empty week says so and leads to the next free time", async () => {
    const { slots } = agenda;
    Object.assign(agenda, { slots: [], next_free: "2026-12-16 23:30:00" });
    await openAgenda();
    expect(".o_appointment_empty p").toHaveText("In these days there is no free time.");
    expect(".o_appointment_next").toHaveText(/Thursday, December 17 00:30/);
    agenda = { ...agenda, slots, next_free: false };
    await contains(".o_appointment_next").click();
    await settle();
    verifyAsked([read(), read("2026-12-17")]);
    expect(".o_appointment_empty").toHaveCount(0);
    agenda = { ...agenda, slots: [] };
    await contains(".o_appointment_agents button:contains('Bea')").click();
    await settle();
    expect(".o_appointment_empty p").toHaveText(/no free time in the next eight weeks/);
    agenda = { ...agenda, shown: [] };
    await contains(".o_appointment_skills button").click();
    await settle();
    expect(".o_appointment_empty p").toHaveText("No agent is as you look for.");
    await contains(".o_appointment_clear").click();
    verifyAsked([read("2026-12-17", [8]), read("2026-12-17", [8], [1]), read("2026-12-17")]);
});

test("nobody keeps appointments", async () => {
    Object.assign(agenda, { agents: [], skills: [], shown: [], slots: [] });
    await openAgenda();
    expect(".o_appointment_empty").toHaveText(/Nobody keeps the appointments of these calls/);
});

test("what can't be read is said, and read again on demand", async () => {
    refused.agenda = refusal("No.");
    await openAgenda();
    expect(".o_appointment_failure").toHaveText(/No\./);
    refused.agenda = null;
    await contains(".o_appointment_failure button").click();
    await settle();
    expect(CELL).toHaveCount(4);
    expect(".o_appointment_failure").toHaveCount(0);
});

test("free times are read again while they are looked at, and the focus stays", async () => {
    await openAgenda();
    queryOne(cell("11:00 to 12:00, Bea")).focus();
    await press("ArrowRight");
    agenda = { ...agenda, slots: agenda.slots.slice(1) };
    await advanceTime(30_000);
    await settle();
    expect(CELL).toHaveCount(3);
    expect(cell("Wednesday")).toBeFocused();
    document.dispatchEvent(new Event("visibilitychange"));
    await settle();
    verifyAsked([read(), read(), read()]);
});

test("of many agents a time is there once, and who keeps it is chosen then", async () => {
    agenda.agents = Array.from({ length: 20 }, (_, index) => ({
        id: index + 1,
        name: `Agent ${index + 1}`,
        area: "",
        skill_ids: [],
    }));
    agenda.shown = agenda.agents.map(({ id }) => id);
    agenda.slots = agenda.shown.map((id) => slot(id, "2026-12-01 09:00:00", "2026-12-01 10:00:00"));
    await openAgenda();
    expect(CELL).toHaveCount(1);
    expect(CELL).toHaveText(/10:00\s*20 agents/);
    await contains(CELL).click();
    await settle();
    expect(".o_appointment_agent_choice").toHaveCount(20);
    expect(".o_appointment_agent_choice:first").toBeFocused();
    await press("Escape");
    await settle();
    expect(CELL).toBeFocused();
    await press("Enter");
    await settle();
    await contains(".o_appointment_agent_choice:contains('Agent 12')").click();
    await settle();
    expect(SUMMARY).toHaveText(/Agent 12/);
    verifyAsked([read(), ["hold", 12, "2026-12-01 09:00:00", "2026-12-01 10:00:00", 1]]);
});

test("of many agents, times of another length are beside the others and no staircase", async () => {
    agenda.agents = Array.from({ length: 20 }, (_, index) => ({
        id: index + 1,
        name: `Agent ${index + 1}`,
        area: "",
        skill_ids: [],
    }));
    agenda.shown = agenda.agents.map(({ id }) => id);
    const at = (time) => `2026-12-01 ${time}:00`;
    const most = agenda.shown.slice(1);
    agenda.slots = [
        slot(1, at("09:00"), at("09:45")),
        ...most.map((id) => slot(id, at("09:00"), at("10:00"))),
        slot(1, at("09:45"), at("10:30")),
        ...most.map((id) => slot(id, at("10:00"), at("11:00"))),
        slot(1, at("10:30"), at("11:15")),
    ];
    await openAgenda();
    expect(CELL).toHaveCount(5);
    const places = queryAll(".o_appointment_week .fc-timegrid-event-harness").map(
        ({ style }) => style.left,
    );
    expect([...new Set(places)].sort()).toEqual(["0%", "50%"]);
});

test("the list has a day after the other, by agent", async () => {
    await openAgenda();
    await contains(".o_appointment_as_list").click();
    expect(".o_appointment_week").toHaveCount(0);
    expect(queryAllTexts(".o_appointment_day")).toEqual([
        "Tuesday, December 1\n3 free",
        "Wednesday, December 2\n1 free",
    ]);
    expect(queryAllTexts(".o_appointment_list [role=group] > div:first-child")).toEqual([
        "Anna",
        "Bea",
    ]);
    expect(".o_appointment_list .o_appointment_cell").toHaveCount(3);
    await contains(".o_appointment_day:last").click();
    expect(".o_appointment_list .o_appointment_cell").toHaveCount(1);
    await contains(".o_appointment_list .o_appointment_cell").click();
    await settle();
    expect(".o_appointment_when").toHaveText(/Wednesday/);
    await contains(".o_appointment_other").click();
    await settle();
    expect(".o_appointment_list .o_appointment_cell").toBeFocused();
});
