import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate, mockTimeZone } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { session } from "@web/session";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

const MINUTE = 60 * 1000;
const ROSSI = { id: 1, customer: "Marco Rossi", phone: "+39 333 1", lead_number: "LEAD/1" };
const NOWAK = { id: 2, customer: "Anna Nowak", phone: "", lead_number: "LEAD/2" };

/** what the server knows: times in UTC, as it gives them */
let found;
/** how often it was asked since the last look */
let asked;

function expectAsked(times) {
    expect(asked).toBe(times);
    asked = 0;
}

beforeEach(() => {
    mockTimeZone(+1);
    mockDate("2026-11-24 09:00:00"); // UTC
    asked = 0;
    found = { recalls: [{ ...ROSSI, at: "2026-11-24 09:40:00" }], open_count: 0 };
    onRpc("crm.call.entry", "get_reminders", () => {
        asked++;
        return found;
    });
    onRpc("crm.call.entry", "action_call", ({ args }) => {
        expect.step(`call ${args[0]}`);
        return { type: "ir.actions.act_window_close" };
    });
});

/** @param {boolean} isOperator */
async function open(isOperator = true) {
    patchWithCleanup(session, { is_call_operator: isOperator });
    await mountWithCleanup(WebClient);
    await animationFrame();
}

async function pass(minutes) {
    await advanceTime(minutes * MINUTE);
    await animationFrame();
}

/** as Odoo's bus does when a call back of the user was made, moved, done or taken */
async function tell(reminders) {
    found = reminders;
    await getService("crm_call_reminder").refresh();
    await animationFrame();
}

describe("at the time", () => {
    test("a notification tells of a call back, and the badge counts it", async () => {
        await open();
        expect(".o_call_reminder").toHaveCount(1);
        expect(".o_call_reminder_count").toHaveCount(0);
        expect(".o_call_reminder").toHaveAttribute("title", "Call backs");
        await pass(9);
        await pass(30);
        expect(".o_notification").toHaveCount(0);
        await pass(1);
        expect(".o_notification").toHaveCount(1);
        expect(".o_notification_content").toHaveText(/^Call back: Marco Rossi, 10:40/);
        expect(".o_call_reminder_count").toHaveText("1");
        expect(".o_call_reminder").toHaveAttribute("title", "1 call back is due");
        await pass(60);
        expect(".o_notification").toHaveCount(1, { message: "it is told once, and stays" });
    });

    test("each is told at its own time, without asking the server", async () => {
        found.recalls.push({ ...NOWAK, at: "2026-11-24 09:45:00" });
        await open();
        expectAsked(1);
        found.recalls = [
            { ...ROSSI, at: "2026-11-24 09:03:00" },
            { ...NOWAK, at: "2026-11-24 09:05:00" },
        ];
        await tell(found);
        expectAsked(1);
        await pass(4);
        expect(".o_notification").toHaveCount(1);
        await pass(2);
        expect(".o_notification").toHaveCount(2);
        expect(".o_call_reminder_count").toHaveText("2");
        expect(".o_call_reminder").toHaveAttribute("title", "2 call backs are due");
        expectAsked(0);
    });

    test("what is due already when the page opens is counted, not told", async () => {
        found.recalls = [{ ...ROSSI, at: "2026-11-24 08:55:00" }];
        await open();
        expect(".o_call_reminder_count").toHaveText("1");
        expect(".o_notification").toHaveCount(0);
    });

    test("the button of the notification calls, and closes it", async () => {
        await open();
        await pass(40);
        found = { recalls: [], open_count: 0 };
        await contains(".o_notification button:contains(Call)").click();
        await animationFrame();
        expect(".o_notification").toHaveCount(0);
        expect.verifySteps(["call 1"]);
    });
});

describe("when something changes", () => {
    test("one that is moved is told again at its new time", async () => {
        await open();
        await pass(40);
        expect(".o_notification").toHaveCount(1);
        await tell({ recalls: [{ ...ROSSI, at: "2026-11-24 10:00:00" }], open_count: 0 });
        expect(".o_notification").toHaveCount(0);
        expect(".o_call_reminder_count").toHaveCount(0);
        await pass(20);
        expect(".o_notification_content").toHaveText(/^Call back: Marco Rossi, 11:00/);
    });

    test("one that somebody else took or that is done goes, with its notification", async () => {
        await open();
        await pass(40);
        await tell({ recalls: [], open_count: 0 });
        expect(".o_notification").toHaveCount(0);
        expect(".o_call_reminder_count").toHaveCount(0);
        await pass(60);
        expect(".o_notification").toHaveCount(0);
    });

    test("one that is made while the page is open is told", async () => {
        found.recalls = [];
        await open();
        await tell({ recalls: [{ ...NOWAK, at: "2026-11-24 09:05:00" }], open_count: 0 });
        await pass(5);
        expect(".o_notification_content").toHaveText(/^Call back: Anna Nowak, 10:05/);
    });

    test("the bus makes it ask again", async () => {
        const subscribed = {};
        mockService("bus_service", {
            subscribe: (name, callback) => (subscribed[name] = callback),
        });
        await open();
        expectAsked(1);
        subscribed.crm_call_reminder({});
        await animationFrame();
        expectAsked(1);
    });

    test("it asks every ten minutes, should the bus be silent", async () => {
        await open();
        await pass(9);
        expectAsked(1);
        await pass(1);
        expectAsked(1);
        await pass(10);
        expectAsked(1);
    });

    test("without a connection it goes on with what it knows", async () => {
        await open();
        patchWithCleanup(getService("orm"), {
            call: () => Promise.reject(new ConnectionLostError("/web")),
        });
        await pass(41);
        expect(".o_notification_content").toHaveText(/^Call back: Marco Rossi/);
    });
});

describe("the list", () => {
    test("due and coming ones with their time, number and a button", async () => {
        found = {
            recalls: [
                { ...ROSSI, at: "2026-11-24 08:48:00" },
                { ...NOWAK, at: "2026-11-24 15:30:00" },
                { ...NOWAK, id: 3, at: "2026-11-25 08:00:00" },
            ],
            open_count: 3,
        };
        await open();
        await click(".o_call_reminder");
        await animationFrame();
        expect(".o_call_reminder_menu h6").toHaveCount(2);
        expect(".o_call_reminder_menu li").toHaveCount(3);
        expect(".o_call_reminder_menu li:eq(0)").toHaveText(
            /9:48[^]*12 min late[^]*Marco Rossi[^]*\+39 333 1 · LEAD\/1[^]*Call/,
        );
        expect(".o_call_reminder_menu li:eq(1)").toHaveText(
            /4:30[^]*today[^]*Anna Nowak[^]*LEAD\/2/,
        );
        expect(".o_call_reminder_menu li:eq(2)").toHaveText(/9:00[^]*tomorrow/);
        expect(".o_call_reminder_menu .btn-primary").toHaveCount(1);
        expect(".o_call_reminder_menu li:eq(0) button").toHaveClass("btn-primary");
        expect(".o_call_reminder_open").toHaveText("3 open to all");
        expect(".o_notification").toHaveCount(0, {
            message: "public ones are not told to everybody",
        });
        await contains(".o_call_reminder_menu li:eq(1) button:contains(Call)").click();
        expect.verifySteps(["call 2"]);
        expectAsked(2); // when the page and when the list was opened
    });

    test("nothing to do", async () => {
        found = { recalls: [], open_count: 0 };
        await open();
        await click(".o_call_reminder");
        await animationFrame();
        expect(".o_call_reminder_menu").toHaveText(/No call back within a day/);
        expect(".o_call_reminder_open").toHaveCount(0);
    });

    test("who is no operator has no list and asks for nothing", async () => {
        await open(false);
        await pass(60);
        expect(".o_call_reminder").toHaveCount(0);
        expectAsked(0);
    });
});
