import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, Deferred, mockDate, mockTimeZone } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    makeMockEnv,
    makeServerError,
    mockService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { WebClient } from "@web/webclient/webclient";
import {
    compareCounts,
    compareMinutes,
    comparePercents,
    percentOf,
    tellFew,
} from "@crm_lead_lifecycle/dashboard/dashboard_words";
import { formatMinutes } from "@crm_lead_lifecycle/metric/lead_minutes";

defineMailModels();

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const figure = (count, name) => ({ count, domain: [["name", "=", name]] });
const flow = (count, before, name) => ({
    ...figure(count, name),
    before: figure(before, `${name} before`),
});
const standing = (count, fresh, name) => ({
    ...figure(count, name),
    new: figure(fresh, `new ${name}`),
});
const row = (values, columns) => ({
    ...values,
    figures: Object.fromEntries(
        ["came", "taken", "decided", "within", "won", "overdue"].map((name, index) => [
            name,
            figure(columns[index], `${name} of ${values.name}`),
        ]),
    ),
});

const makeFigures = () => ({
    now: "2026-11-24 09:42:00",
    zone: "Europe/Rome",
    teams: [
        { id: 3, name: "Mine" },
        { id: 4, name: "Other" },
    ],
    is_empty: false,
    flows: {
        came: flow(12, 9, "came"),
        taken: flow(7, 9, "taken"),
        decided: flow(4, 20, "decided"),
        within: flow(3, 10, "within"),
        running: flow(5, 0, "running"),
        late: flow(1, 0, "late"),
        missed: flow(0, 0, "missed"),
        linked: flow(2, 2, "linked"),
        converted: flow(0, 0, "converted"),
        won: flow(1, 0, "won"),
        lost: flow(3, 1, "lost"),
    },
    standing: {
        overdue: standing(6, 2, "overdue"),
        expired: standing(1, 0, "expired"),
        without_client: standing(0, 0, "without_client"),
        ready: standing(0, 0, "ready"),
    },
    first_touch: {
        minutes: { median: 125, p90: 3000, before: { median: 60, p90: 3000 } },
        working_minutes: { median: 5.2, p90: null, before: { median: null, p90: null } },
    },
    tables: [
        {
            field: "user_id",
            rows: [
                row({ id: 2, name: "Anna" }, [9, 5, 4, 3, 1, 0]),
                row({ id: false, name: false }, [2, 0, 0, 0, 0, 6]),
                row({ others: 4 }, [1, 2, 0, 0, 0, 0]),
            ],
        },
        { field: "source_id", rows: [row({ id: false, name: false }, [12, 7, 4, 3, 1, 6])] },
    ],
});

/** what the server answers; it may throw */
let answer;
/** what it was asked for, since the last look */
let asked;
/** what was opened */
let opened;

beforeEach(() => {
    mockTimeZone(+1);
    mockDate("2026-11-24 09:42:00"); // UTC
    asked = [];
    opened = [];
    answer = makeFigures;
    onRpc("crm.lead.dashboard", "get_dashboard", ({ kwargs }) => {
        asked.push([kwargs.span, kwargs.team_id]);
        return answer();
    });
});

function expectAsked(...calls) {
    expect(asked).toEqual(calls);
    asked = [];
}

async function open() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "crm_lead_dashboard" });
    await animationFrame();
}

async function pass(time) {
    await advanceTime(time);
    await animationFrame();
}

const tile = (name) => `.o_lead_dashboard_tile[data-name=${name}]`;

describe("a tile", () => {
    test("tells how much it is, and in words whether that is better", async () => {
        await open();
        expect(`${tile("came")} .o_lead_dashboard_main`).toHaveText("12");
        expect(`${tile("came")} .o_lead_dashboard_compared`).toHaveText("▲ 3 more");
        expect(`${tile("came")} .o_lead_dashboard_compared`).toHaveClass("text-muted");
        expect(`${tile("taken")} .o_lead_dashboard_compared`).toHaveText("▼ 2 fewer, worse");
        expect(`${tile("taken")} .o_lead_dashboard_compared`).toHaveClass("text-danger");
        expect(`${tile("linked")} .o_lead_dashboard_compared`).toHaveText("= the same");
        expect(`${tile("won")} .o_lead_dashboard_compared`).toHaveText("▲ 1 more, better");
        expect(`${tile("won")} .o_lead_dashboard_compared`).toHaveClass("text-success");
        expect(`${tile("lost")} .o_lead_dashboard_compared`).toHaveText("▲ 2 more, worse");
        expect(`${tile("overdue")} .o_lead_dashboard_compared`).toHaveText("▲ more to do");
        expect(`${tile("expired")} .o_lead_dashboard_compared`).toHaveText("= none added");
    });

    test("a share has its number, and a hint where that is small", async () => {
        await open();
        expect(`${tile("within")} .o_lead_dashboard_main`).toHaveText("75 %");
        expect(`${tile("within")} .o_lead_dashboard_few`).toHaveText("few leads: 4");
        expect(`${tile("within")} .o_lead_dashboard_compared`).toHaveText(
            "▲ 25 points more, better",
        );
        expect(`${tile("within")} .o_lead_dashboard_answers`).toHaveText(
            /Waiting: 5\s*Late: 1\s*Missed: 0/,
        );
    });

    test("is a button with a name for who does not see it", async () => {
        await open();
        expect(`${tile("came")} button.o_lead_dashboard_main`).toHaveAttribute(
            "aria-label",
            "Leads in, Today: 12 leads",
        );
        expect(`${tile("within")} button.o_lead_dashboard_main`).toHaveAttribute(
            "aria-label",
            "Answered in time, Today: 75 %, 3 leads",
        );
    });

    test("opens its leads", async () => {
        mockService("action", {
            loadAction: async (xmlId) => ({ id: 1, xml_id: xmlId, domain: [], name: "Leads" }),
            doAction(action, options) {
                if (action.type === "ir.actions.client") {
                    return super.doAction(action, options);
                }
                opened.push([action.name, action.domain, options.newWindow]);
            },
        });
        await open();
        await contains(`${tile("came")} button.o_lead_dashboard_main`).click();
        await contains(`${tile("came")} .text-muted button`).click();
        await contains(
            "[data-table=user_id] tr:contains(Nobody) [data-column=overdue] button",
        ).click();
        await contains(`${tile("lost")} button.o_lead_dashboard_main`).click({ ctrlKey: true });
        await animationFrame();
        expect(opened).toEqual([
            ["Leads in, Today", [["name", "=", "came"]], false],
            ["Leads in, Yesterday", [["name", "=", "came before"]], false],
            ["Overdue, Nobody", [["name", "=", "overdue of false"]], false],
            ["Lost, Today", [["name", "=", "lost"]], true],
        ]);
    });
});

describe("the page", () => {
    test("tells how soon leads are answered", async () => {
        await open();
        expect(queryAllTexts(".o_lead_dashboard_touch td .fw-bold")).toEqual([
            "5 min",
            "2 h 5 min",
            "–",
            "2 d 2 h",
        ]);
    });

    test("names who and what has no name", async () => {
        await open();
        expect(queryAllTexts("[data-table=user_id] tbody th")).toEqual([
            "Anna",
            "Nobody",
            "All others (4)",
        ]);
        expect(queryAllTexts("[data-table=source_id] tbody th")).toEqual(["Not set"]);
        expect("[data-table=user_id] tr:contains(Anna) [data-column=within]").toHaveText(
            /75 %\s+of 4/,
        );
        expect("[data-table=user_id] tr:contains(Nobody) [data-column=within]").toHaveText(
            /–\s+of 0/,
        );
    });

    test("says when its figures were read, and by which clock days are counted", async () => {
        await open();
        expect(".o_lead_dashboard_as_of").toHaveText(/As of 10:42/);
        expect(".o_lead_dashboard").toHaveText(/Days by the clock of Europe\/Rome/);
    });

    test("another span and another team", async () => {
        await open();
        await contains("[data-span=month]").click();
        await contains(".o_lead_dashboard_team").select(4);
        await animationFrame();
        expectAsked(["today", false], ["month", false], ["month", 4]);
        expect("[data-span=month]").toHaveClass("active");
        expect("[data-span=month]").toHaveAttribute("aria-pressed", "true");
        expect("h2:first").toHaveText("This month, Other");
        expect(`${tile("came")}`).toHaveText(/Last month: 9/);
    });

    test("without a connection another span is not shown, and not named", async () => {
        expect.errors(1);
        await open();
        answer = () => {
            throw new ConnectionLostError("/web");
        };
        await contains("[data-span=month]").click();
        await animationFrame();
        expect.verifyErrors(['Connection to "/web" couldn\'t be established']);
        expect("[data-span=today]").toHaveClass("active");
        expect("h2:first").toHaveText("Today");
        expect(`${tile("came")}`).toHaveText(/Yesterday: 9/);
        expect(".opacity-50").toHaveCount(0);
    });

    test("the heading is that of the figures until others are there", async () => {
        await open();
        const month = new Deferred();
        answer = () => month;
        await contains("[data-span=month]").click();
        expect("h2:first").toHaveText("Today");
        expect(".opacity-50").toHaveCount(1);
        month.resolve(makeFigures());
        await animationFrame();
        expect("h2:first").toHaveText("This month");
        expect(".opacity-50").toHaveCount(0);
    });

    test("without any lead it says where to begin", async () => {
        answer = () => ({ ...makeFigures(), is_empty: true });
        await open();
        expect(".o_lead_dashboard_empty").toHaveText(/No leads yet/);
        expect(".o_lead_dashboard_tile").toHaveCount(0);
    });

    test("tables without rows", async () => {
        answer = () => ({ ...makeFigures(), tables: [{ field: "source_id", rows: [] }] });
        await open();
        expect("[data-table=source_id]").toHaveText(/Nothing happened/);
    });
});

describe("by itself", () => {
    test("it asks again each minute, and what is there stays", async () => {
        await open();
        const link = queryFirst(`${tile("came")} button.o_lead_dashboard_main`);
        answer = () => {
            const figures = makeFigures();
            figures.flows.came.count = 13;
            return { ...figures, now: "2026-11-24 09:43:00" };
        };
        await pass(MINUTE - SECOND);
        expectAsked(["today", false]);
        await pass(SECOND);
        expectAsked(["today", false]);
        expect(link).toHaveText("13");
        expect(queryFirst(`${tile("came")} button.o_lead_dashboard_main`)).toBe(link);
        expect(".o_lead_dashboard_as_of").toHaveText(/As of 10:43/);
    });

    test("not while nobody can see it", async () => {
        await open();
        expectAsked(["today", false]);
        let visibility = "hidden";
        Object.defineProperty(document, "visibilityState", {
            configurable: true,
            get: () => visibility,
        });
        try {
            await pass(5 * MINUTE);
            expectAsked();
            visibility = "visible";
            document.dispatchEvent(new Event("visibilitychange"));
            await animationFrame();
            expectAsked(["today", false]);
            document.dispatchEvent(new Event("visibilitychange"));
            await animationFrame();
            expectAsked();
        } finally {
            delete document.visibilityState;
        }
    });

    test("without a connection the last figures stay, with a note", async () => {
        await open();
        answer = () => {
            throw new ConnectionLostError("/web");
        };
        await pass(MINUTE);
        expect(".o_lead_dashboard_lost").toHaveCount(1);
        expect(`${tile("came")} .o_lead_dashboard_main`).toHaveText("12");
        expect(".o_error_dialog").toHaveCount(0);
        answer = makeFigures;
        await pass(MINUTE);
        expect(".o_lead_dashboard_lost").toHaveCount(0);
    });

    test("who may not see it any more is told, and it stops", async () => {
        expect.errors(1);
        await open();
        answer = () => {
            throw makeServerError({ errorName: "odoo.exceptions.AccessError", message: "Not you" });
        };
        await pass(MINUTE);
        expect.verifyErrors(["Not you"]);
        asked = [];
        await pass(MINUTE);
        expectAsked();
    });

    test("it stops when it is left", async () => {
        await open();
        expectAsked(["today", false]);
        await getService("action").doAction({
            type: "ir.actions.client",
            tag: "crm_lead_dashboard",
        });
        await animationFrame();
        expectAsked(["today", false]);
        await pass(MINUTE);
        expectAsked(["today", false]);
    });
});

test("words", async () => {
    await makeMockEnv();
    expect(compareCounts(3, 3, 1).arrow).toBe("=");
    expect(compareCounts(1500, 0, 0).text.toString()).toBe("1,500 more");
    expect(compareCounts(1, 2, -1).text.toString()).toBe("1 fewer, better");
    expect(comparePercents(40, 50).text.toString()).toBe("10 points less, worse");
    expect(compareMinutes(3.2, 3.4).arrow).toBe("=");
    expect(compareMinutes(5, 3).text.toString()).toBe("slower");
    expect(percentOf({ count: 1 }, { count: 3 })).toBe(33);
    expect(percentOf({ count: 0 }, { count: 0 })).toBe(null);
    expect(tellFew(0)).toBe("");
    expect(tellFew(10)).toBe("");
    expect(formatMinutes(null)).toBe("–");
    expect(formatMinutes(59.4).toString()).toBe("59 min");
    expect(formatMinutes(60).toString()).toBe("1 h 0 min");
    expect(formatMinutes(2880).toString()).toBe("2 d 0 h");
});
