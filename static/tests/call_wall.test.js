import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { Component, xml } from "@odoo/owl";
import { advanceTime, animationFrame, mockDate, mockTimeZone } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    makeServerError,
    mockService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

class Elsewhere extends Component {
    static template = xml`<p>Elsewhere</p>`;
    static props = ["*"];
}

const SECOND = 1000;
const NO_ANSWER = { id: 1, name: "No answer", color: 8, count: 3 };
const SALE = { id: 2, name: "Sale", color: 10, count: 1 };
const ANNA = {
    id: 1,
    name: "Anna",
    calls: 12,
    contacts: 6,
    appointments: 2,
    contracts: 1,
    contact_rate: 50,
    closing_rate: 17,
    outcomes: [NO_ANSWER, SALE],
    state: "calling",
    since: "2026-11-24 08:57:29",
    campaign: "Summer",
};
const BRUNO = {
    ...ANNA,
    id: 2,
    name: "Bruno",
    calls: 20,
    outcomes: [],
    state: "idle",
    since: "2026-11-24 08:31:00",
    campaign: false,
};
const CAMPAIGNS = [
    { id: 7, name: "Summer", left: 1200, callable: 300 },
    { id: 8, name: "Winter", left: 10, callable: 0 },
];

/** what the server answers; it may throw */
let answer;
/** the campaigns that run */
let running;
/** what it was asked for, since the last look */
let asked;
/** what the wall listens to */
let bus;

function expectAsked(...campaignIds) {
    expect(asked).toEqual(campaignIds);
    asked = [];
}

const wallOf = (...operators) => ({ now: "2026-11-24 09:00:00", operators });

beforeEach(() => {
    mockTimeZone(+1);
    mockDate("2026-11-24 09:00:00"); // UTC
    asked = [];
    answer = () => wallOf(BRUNO, ANNA);
    bus = { state: {}, subscribed: {} };
    onRpc("crm.call.wall", "get_wall", ({ kwargs }) => {
        asked.push(kwargs.campaign_ids);
        return answer();
    });
    running = CAMPAIGNS;
    onRpc("crm.call.wall", "get_campaigns", () => running);
    mockService("bus_service", {
        workerState: "CONNECTED",
        subscribe: (name, callback) => (bus.subscribed[name] = callback),
        unsubscribe: (name) => delete bus.subscribed[name],
        addEventListener: (name, callback) => (bus.state[name] = callback),
        removeEventListener: (name) => delete bus.state[name],
        start: () => {},
    });
});

async function open() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "crm_call_wall" });
    await animationFrame();
}

async function pass(seconds) {
    await advanceTime(seconds * SECOND);
    await animationFrame();
}

const tell = (companyId = user.activeCompanies[0].id) =>
    bus.subscribed.crm_call_wall({ company_id: companyId });

const connect = (state) => bus.state["BUS:WORKER_STATE_UPDATED"]({ detail: state });

const lose = () => {
    throw new ConnectionLostError("/web");
};

describe("a tile", () => {
    test("shows how an operator does, colours with their words", async () => {
        await open();
        expect(".o_call_wall_tile").toHaveCount(2);
        const tile = ".o_call_wall_tile[aria-label=Anna]";
        expect(tile).toHaveClass("o_call_color_8");
        expect(`${tile} .o_call_wall_prevailing`).toHaveText("No answer");
        expect(`${tile} .o_call_wall_calls`).toHaveText(/12\s+calls/);
        expect(`${tile} .o_call_wall_bar`).toHaveAttribute("aria-label", "No answer 3, Sale 1");
        expect(queryAllTexts(`${tile} .o_call_wall_outcomes li`)).toEqual([
            "No answer 3",
            "Sale 1",
        ]);
        expect(`${tile} .o_call_wall_contacts dd`).toHaveText("6 50 %");
        expect(`${tile} .o_call_wall_appointments dd`).toHaveText("2");
        expect(`${tile} .o_call_wall_contracts dd`).toHaveText("1 17 %");
        expect(".o_call_wall_tile[aria-label=Bruno] .o_call_wall_hour").toHaveText(
            "No call in the last hour",
        );
        expect(".o_call_wall_tile[aria-label=Bruno] .o_call_wall_prevailing").toHaveCount(0);
    });

    test("names three outcomes and counts the others", async () => {
        const outcomes = [1, 2, 3, 4, 5, 6].map((id) => ({ ...SALE, id, name: `Outcome ${id}` }));
        answer = () => wallOf({ ...ANNA, outcomes });
        await open();
        expect(".o_call_wall_outcomes li").toHaveCount(4);
        expect(".o_call_wall_others").toHaveText("and 3 more");
        expect(".o_call_wall_bar span").toHaveCount(6);
    });

    test("its clock ticks without asking the server", async () => {
        await open();
        const state = ".o_call_wall_tile[aria-label=Anna] .o_call_wall_state_text";
        expect(state).toHaveText("Calling 02:31");
        await pass(1);
        expect(state).toHaveText("Calling 02:32");
        await pass(20);
        expect(state).toHaveText("Calling 02:52");
        expect(".o_call_wall_tile[aria-label=Bruno] .o_call_wall_state").toHaveText(
            /^Idle since 9:31\sAM$/,
        );
        expectAsked([]);
    });

    test("its clock is the server's", async () => {
        mockDate("2026-11-24 09:07:00"); // seven minutes ahead
        await open();
        const state = ".o_call_wall_tile[aria-label=Anna] .o_call_wall_state_text";
        expect(state).toHaveText("Calling 02:31");
        await pass(1);
        expect(state).toHaveText("Calling 02:32");
    });

    test("who has only come, who is away and who has gone", async () => {
        answer = () =>
            wallOf(
                { ...BRUNO, name: "A", since: false },
                { ...BRUNO, id: 3, name: "B", state: "away" },
                { ...BRUNO, id: 4, name: "C", state: "offline" },
                { ...ANNA, id: 5, name: "D", state: "wrapping_up", since: "2026-11-24 08:59:20" },
            );
        await open();
        const texts = queryAllTexts(".o_call_wall_state_text").map((text) =>
            text.replace(/\s/g, " "),
        );
        expect(texts).toEqual([
            "Idle",
            "Away, last call 9:31 AM",
            "Offline, last call 9:31 AM",
            "Wrapping up 00:40",
        ]);
    });
});

describe("the head", () => {
    test("campaigns and the room in figures", async () => {
        await open();
        expect(".o_call_wall_total_left dd").toHaveText("1,210");
        expect(".o_call_wall_total_callable dd").toHaveText("300");
        expect(".o_call_wall_total_calling dd").toHaveText("1");
        expect(".o_call_wall_total_calls dd").toHaveText("32");
        expect(".o_call_wall_updated").toHaveText(/10:00:00/);
        expect(".o_call_wall .btn-primary").toHaveCount(1);
    });

    test("one campaign", async () => {
        await open();
        expectAsked([]);
        answer = () => wallOf(ANNA);
        await contains(".o_call_wall_campaign").select("7");
        await animationFrame();
        expectAsked([7]);
        expect(".o_call_wall_tile").toHaveCount(1);
        expect(".o_call_wall_total_left dd").toHaveText("1,200");
    });

    test("all campaigns, as soon as the chosen one does not run any more", async () => {
        await open();
        await contains(".o_call_wall_campaign").select("7");
        await animationFrame();
        asked = [];
        running = [CAMPAIGNS[1]];
        await pass(30);
        await pass(1); // at most once a second
        expect(asked.at(-1)).toEqual([]);
        expect(".o_call_wall_campaign").toHaveValue("");
        expect(".o_call_wall_total_left dd").toHaveText("10");
    });

    test("sorted by name, by calls and by what they do", async () => {
        answer = () =>
            wallOf({ ...ANNA, id: 3, name: "Carla", state: "away", calls: 1 }, BRUNO, ANNA);
        await open();
        const names = () => queryAllTexts(".o_call_wall_name");
        expect(names()).toEqual(["Anna", "Bruno", "Carla"]);
        await contains(".o_call_wall_sorting").select("calls");
        expect(names()).toEqual(["Bruno", "Anna", "Carla"]);
        await contains(".o_call_wall_sorting").select("state");
        expect(names()).toEqual(["Anna", "Bruno", "Carla"]);
    });

    test("nobody is there", async () => {
        answer = () => wallOf();
        await open();
        expect(".o_call_wall_tile").toHaveCount(0);
        expect(".o_call_wall_empty").toHaveText(/Nobody is calling yet/);
    });

    test("full screen hides the menu, until it is left", async () => {
        await open();
        expect(".o_main_navbar").toHaveCount(1);
        await contains(".o_call_wall_full").click();
        expect(".o_main_navbar").toHaveCount(0);
        expect(".o_call_wall_full").toHaveText("Leave full screen");
        await contains(".o_call_wall_full").click();
        expect(".o_main_navbar").toHaveCount(1);
    });
});

describe("live", () => {
    test("what the bus tells is asked for at once, but once a second at most", async () => {
        await open();
        expectAsked([]);
        await pass(5);
        tell();
        await pass(0);
        expectAsked([]);
        tell();
        tell();
        await pass(0.5);
        tell();
        expectAsked();
        await pass(0.5);
        expectAsked([]);
        await pass(5);
        expectAsked();
    });

    test("other companies are not of interest", async () => {
        await open();
        expectAsked([]);
        await pass(5);
        tell(99);
        await pass(5);
        expectAsked();
    });

    test("every thirty seconds anyway, without the bus every ten", async () => {
        await open();
        expectAsked([]);
        await pass(29);
        expectAsked();
        await pass(1);
        expectAsked([]);
        connect("DISCONNECTED");
        await pass(1);
        expectAsked([]);
        await pass(10);
        expectAsked([]);
        await pass(10);
        expectAsked([]);
        connect("CONNECTED");
        await pass(1);
        expectAsked([]);
        await pass(29);
        expectAsked();
    });

    test("stops when it is left", async () => {
        await open();
        expectAsked([]);
        expect(Object.keys(bus.subscribed)).toInclude("crm_call_wall");
        registry.category("actions").add("somewhere_else", Elsewhere);
        await getService("action").doAction({ type: "ir.actions.client", tag: "somewhere_else" });
        await animationFrame();
        expect(Object.keys(bus.subscribed)).not.toInclude("crm_call_wall");
        expect(Object.keys(bus.state)).not.toInclude("BUS:WORKER_STATE_UPDATED");
        await pass(60);
        expectAsked();
    });
});

describe("without a connection", () => {
    test("the last figures stay, with a note, and it tries again by itself", async () => {
        await open();
        expectAsked([]);
        answer = lose;
        await pass(30);
        expectAsked([]);
        expect(".o_call_wall_tile").toHaveCount(2);
        expect(".o_call_wall_lost").toHaveText(/^No connection since 10:00/);
        expect(".o_error_dialog").toHaveCount(0);
        const clock = ".o_call_wall_tile[aria-label=Anna] .o_call_wall_state_text";
        const then = queryOne(clock).textContent;
        await pass(1);
        expectAsked([]);
        await pass(1);
        expect(clock).toHaveText(then, { message: "clocks stand still" });
        expectAsked(); // each try comes later than the one before
        await pass(1);
        expectAsked([]);
        answer = () => wallOf(ANNA);
        await pass(4);
        expectAsked([]);
        expect(".o_call_wall_lost").toHaveCount(0);
        expect(".o_call_wall_tile").toHaveCount(1);
        await pass(29);
        expectAsked();
    });

    test("a server that is about to start is no error", async () => {
        await open();
        answer = () => {
            throw makeServerError({ errorName: "psycopg2.OperationalError" });
        };
        await pass(30);
        expect(".o_call_wall_lost").toHaveCount(1);
        expect(".o_error_dialog").toHaveCount(0);
    });

    test("a server that never answers", async () => {
        await open();
        answer = () => new Promise(() => {});
        await pass(30);
        expect(".o_call_wall_lost").toHaveCount(0);
        await pass(20);
        expect(".o_call_wall_lost").toHaveCount(1);
        answer = () => wallOf(ANNA);
        await pass(1);
        expect(".o_call_wall_lost").toHaveCount(0);
    });

    test("a page that is opened without one waits for it", async () => {
        answer = lose;
        await open();
        expect(".o_call_wall_lost").toHaveText("No connection. It is tried again by itself.");
        expect(".o_call_wall_empty").toHaveCount(0);
        answer = () => wallOf(ANNA);
        await pass(1);
        expect(".o_call_wall_tile").toHaveCount(1);
    });

    test("who may not see it any more is told, and it stops", async () => {
        expect.errors(1);
        await open();
        answer = () => {
            throw makeServerError({ errorName: "odoo.exceptions.AccessError", message: "Not you" });
        };
        await pass(30);
        expect.verifyErrors(["Not you"]);
        asked = [];
        await pass(60);
        expectAsked();
    });
});
