import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, destroy, expect, test } from "@odoo/hoot";
import { click, edit, press, queryAllTexts } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate, mockTimeZone } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    makeMockEnv,
    makeServerError,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { LeadConversation } from "@crm_lead_lifecycle/conversation/lead_conversation";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";

defineMailModels();

const SECOND = 1000;
const TEXT = ".o_conversation_box textarea";
const THEIRS = {
    id: 11,
    date: "2026-11-24 08:40:00",
    is_ours: false,
    author: "Marco Rossi",
    body: "<p>Is it free?</p>",
    attachments: [],
    is_seen: true,
};
const OURS = { ...THEIRS, id: 12, date: "2026-11-24 08:41:00", is_ours: true, author: "Anna" };
const CARD = {
    id: 12,
    kind: "proposal",
    step: "sent",
    date: "2026-11-24 08:45:00",
    text: "Proposal S1 was sent",
    user: "Anna",
};

/** what the server answers; it may throw */
let answer;
/** what the conversation was asked for */
let asked;
/** what was sent: text and key */
let sent;
/** what a send does */
let onSend;
/** whether the server is away */
let isLost;
let bus;
/** the conversation's end comes on the screen, or leaves it */
let scroll;

beforeEach(() => {
    mockTimeZone(+1);
    mockDate("2026-11-24 09:00:00"); // UTC
    asked = [];
    sent = [];
    isLost = undefined;
    bus = { channels: [], state: {}, subscribed: {} };
    answer = () => conversation([THEIRS]);
    onSend = () => answer();
    patchWithCleanup(document, { hasFocus: () => true });
    patchWithCleanup(window, {
        IntersectionObserver: class {
            constructor(callback) {
                scroll = (isIntersecting) => callback([{ isIntersecting }]);
            }
            observe() {
                scroll(true);
            }
            disconnect() {}
        },
    });
    mockService("bus_service", {
        workerState: "CONNECTED",
        subscribe: (name, callback) => (bus.subscribed[name] = callback),
        unsubscribe: (name) => delete bus.subscribed[name],
        addEventListener: (name, callback) => (bus.state[name] = callback),
        removeEventListener: (name) => delete bus.state[name],
        addChannel: (name) => bus.channels.push(name),
        deleteChannel: (name) => bus.channels.splice(bus.channels.indexOf(name), 1),
        start: () => {},
    });
    onRpc("crm.lead", "get_conversation", ({ kwargs }) => {
        asked.push(kwargs);
        return answer();
    });
    onRpc("crm.lead", "post_to_customer", ({ args: [, body], kwargs: { key } }) => {
        sent.push({ body, key });
        return onSend();
    });
    onRpc("crm.lead", "mark_conversation_read", () => {
        expect.step("read");
        return true;
    });
});

function conversation(messages, values = {}) {
    return {
        messages,
        cards: [],
        has_more: false,
        is_unread: false,
        can_write: true,
        obstacle: false,
        channel: "channel_1",
        seen_id: 0,
        date_customer_seen: false,
        ...values,
    };
}

async function open(leadId = 7) {
    await loseWhenLost();
    const component = await mountWithCleanup(LeadConversation, {
        props: { leadId, isShown: true, onNews: () => {} },
    });
    await animationFrame();
    await animationFrame();
    return component;
}

async function loseWhenLost() {
    if (isLost === undefined) {
        await makeMockEnv();
        isLost = false;
        patchWithCleanup(getService("orm"), {
            call(_model, method, args, { key } = {}) {
                if (!isLost) {
                    return super.call(...arguments);
                }
                if (method === "post_to_customer") {
                    sent.push({ body: args[1], key });
                }
                return Promise.reject(new ConnectionLostError("/web"));
            },
        });
    }
}

async function pass(seconds) {
    await advanceTime(seconds * SECOND);
    await animationFrame();
}

async function write(text) {
    await click(TEXT);
    await edit(text);
    await animationFrame();
}

const tell = async (leadId = 7) => {
    bus.subscribed.crm_lead_conversation({ lead_id: leadId });
    await pass(0);
};
const connect = async (state) => {
    bus.state["BUS:WORKER_STATE_UPDATED"]({ detail: state });
    await pass(0);
};

function expectAsked(...lastIds) {
    expect(asked.map(({ after }) => after)).toEqual(lastIds);
    asked = [];
}

describe("what is shown", () => {
    test("each on its side, files, and cards at their time", async () => {
        const attachments = [{ id: 5, name: "map.pdf", size: 2048, mimetype: "application/pdf" }];
        answer = () => conversation([THEIRS, { ...OURS, attachments }], { cards: [CARD] });
        await open();
        expect(".o_conversation_theirs .o_conversation_bubble").toHaveText("Is it free?");
        expect(".o_conversation_ours header").toHaveText(/Anna\s*9:41/);
        expect(".o_conversation_ours a").toHaveText("map.pdf");
        expect(".o_conversation_ours a").toHaveAttribute("href", "/web/content/5?download=true");
        expect(".o_conversation_day").toHaveText("Today");
        const texts = queryAllTexts(".o_conversation_list > article, .o_conversation_card");
        expect(texts).toHaveLength(3);
        expect(texts[2]).toMatch(/Proposal S1 was sent/);
    });

    test("whether the customer has seen it, and when", async () => {
        const ours = [12, 13, 14].map((id) => ({ ...OURS, id, is_seen: id < 14 }));
        answer = () =>
            conversation(ours, { seen_id: 13, date_customer_seen: "2026-11-24 08:42:00" });
        await open();
        expect(queryAllTexts(".o_conversation_fate")).toEqual(["seen", "seen 9:42 AM", "sent"]);
    });

    test("nothing yet", async () => {
        answer = () => conversation([]);
        await open();
        expect(".o_conversation_empty").toHaveText(/Nothing was written yet/);
        expect(TEXT).toHaveCount(1);
    });

    test("earlier messages, by a click", async () => {
        answer = () => conversation([OURS], { has_more: true });
        await open();
        answer = () => conversation([THEIRS]);
        await contains(".o_conversation_earlier").click();
        expect(asked.at(-1).before).toBe(12);
        expect(".o_conversation_message").toHaveCount(2);
        expect(".o_conversation_message:first").toHaveClass("o_conversation_theirs");
        expect(".o_conversation_earlier").toHaveCount(0);
    });

    test("who may not write has no box, who can't reads why", async () => {
        answer = () => conversation([THEIRS], { can_write: false, obstacle: "No address" });
        const component = await open();
        expect(TEXT).toHaveCount(0);
        expect(".o_conversation_obstacle").toHaveCount(0);
        destroy(component);
        answer = () => conversation([THEIRS], { obstacle: "No address" });
        await open();
        expect(TEXT).toHaveCount(0);
        expect(".o_conversation_obstacle").toHaveText("No address");
    });
});

describe("writing", () => {
    test("Enter makes a line, Ctrl+Enter sends", async () => {
        await open();
        expect(".o_conversation_send").not.toBeEnabled();
        await write("<b>Yes</b>\nit is");
        await press("Enter");
        expect(sent).toEqual([]);
        answer = () => conversation([THEIRS, OURS]);
        await press(["ctrl", "Enter"]);
        await animationFrame();
        expect(sent.map(({ body }) => body)).toEqual(["&lt;b&gt;Yes&lt;/b&gt;<br>it is"]);
        expect(sent[0].key).toMatch(/^[a-z0-9]{16}$/);
        expect(TEXT).toHaveValue("");
        expect(".o_conversation_message").toHaveCount(2);
    });

    test("what fails stays, and is tried again under the same key", async () => {
        await open();
        isLost = true;
        await write("Yes");
        await contains(".o_conversation_send").click();
        expect(".o_conversation_error").toHaveText(/It was not sent: there is no connection/);
        expect(TEXT).toHaveValue("Yes");
        isLost = false;
        await contains(".o_conversation_error button:contains(Try again)").click();
        expect(".o_conversation_error").toHaveCount(0);
        expect(TEXT).toHaveValue("");
        expect(sent).toHaveLength(2);
        expect(sent[0].key).toBe(sent[1].key);
        await write("And more");
        await contains(".o_conversation_send").click();
        expect(sent[2].key).not.toBe(sent[0].key);
    });

    test("another text after a failure is another message", async () => {
        await open();
        isLost = true;
        await write("Yes");
        await contains(".o_conversation_send").click();
        await write("Yes, and no");
        await contains(".o_conversation_send").click();
        expect(sent[1].key).not.toBe(sent[0].key);
    });

    test("a refusal is told in its words", async () => {
        onSend = () => {
            throw makeServerError({ message: "The address is blacklisted." });
        };
        await open();
        await write("Yes");
        await contains(".o_conversation_send").click();
        expect(".o_conversation_error").toHaveText(/The address is blacklisted\./);
        expect(TEXT).toHaveValue("Yes");
    });

    test("a draft is there again for this lead, until it is sent", async () => {
        let component = await open();
        await write("Half a sent");
        destroy(component);
        component = await open(8);
        expect(TEXT).toHaveValue("", { message: "another lead" });
        destroy(component);
        component = await open();
        expect(TEXT).toHaveValue("Half a sent");
        await contains(".o_conversation_send").click();
        destroy(component);
        await open();
        expect(TEXT).toHaveValue("");
    });

    test("what is sent in another tab is empty in this one", async () => {
        await open();
        await write("Yes");
        const [key] = Object.keys(browser.localStorage).filter((name) =>
            name.startsWith("crm_lead_conversation"),
        );
        const oldValue = browser.localStorage.getItem(key);
        window.dispatchEvent(new StorageEvent("storage", { key: "else", oldValue }));
        await animationFrame();
        expect(TEXT).toHaveValue("Yes");
        window.dispatchEvent(new StorageEvent("storage", { key, oldValue, newValue: null }));
        await animationFrame();
        expect(TEXT).toHaveValue("");
    });
});

describe("reading", () => {
    test("what comes on the screen is read", async () => {
        answer = () => conversation([THEIRS], { is_unread: true });
        await open();
        expect.verifySteps(["read"]);
    });

    test("not while another window has the focus, or it is out of sight", async () => {
        patchWithCleanup(document, { hasFocus: () => false });
        answer = () => conversation([THEIRS], { is_unread: true });
        await open();
        expect.verifySteps([]);
        patchWithCleanup(document, { hasFocus: () => true });
        scroll(false);
        window.dispatchEvent(new Event("focus"));
        await animationFrame();
        expect.verifySteps([]);
        scroll(true);
        await animationFrame();
        expect.verifySteps(["read"]);
    });

    test("not by who may only look", async () => {
        answer = () => conversation([THEIRS], { is_unread: true, can_write: false });
        await open();
        expect.verifySteps([]);
    });
});

describe("live", () => {
    test("the bus tells of news of this lead: what came since is asked for", async () => {
        const component = await open();
        expectAsked(0);
        expect(bus.channels).toEqual(["channel_1"]);
        answer = () => conversation([OURS], { channel: "channel_2" });
        await tell(8);
        expectAsked();
        await tell();
        expectAsked(11);
        expect(".o_conversation_message").toHaveCount(2);
        expect(bus.channels).toEqual(["channel_2"]);
        destroy(component);
        expect(bus.channels).toEqual([]);
        expect(Object.keys(bus.state)).not.toInclude("BUS:WORKER_STATE_UPDATED");
        expect(Object.keys(bus.subscribed)).not.toInclude("crm_lead_conversation");
        await pass(600);
        expectAsked();
    });

    test("without the bus it asks by itself, at last every 45 seconds", async () => {
        await open();
        expectAsked(0);
        await pass(60);
        expectAsked();
        await connect("DISCONNECTED");
        expectAsked(11);
        for (const wait of [5, 10, 20, 40, 45, 45]) {
            await pass(wait - 1);
            expectAsked();
            await pass(1);
            expectAsked(11);
        }
        await connect("CONNECTED");
        expectAsked(11);
        await pass(60);
        expectAsked();
    });

    test("a server that is away is told, and asked until it is back", async () => {
        await open();
        isLost = true;
        await tell();
        expect(".o_conversation_lost").toHaveCount(1);
        expect(".o_conversation_message").toHaveCount(1);
        isLost = false;
        answer = () => conversation([OURS]);
        await pass(5);
        expect(".o_conversation_lost").toHaveCount(0);
        expect(".o_conversation_message").toHaveCount(2);
    });
});

test("canned replies are Odoo's", async () => {
    let asked;
    mockService("mail.suggestion", {
        fetchSuggestions: async () => {},
        searchSuggestions: ({ delimiter, term }) => {
            asked = `${delimiter}${term}`;
            return { suggestions: [{ source: "hello", substitution: "Hello, thank you." }] };
        },
    });
    await open();
    await write("Well ::hel");
    await animationFrame();
    expect(asked).toBe("::hel");
    expect(".o-mail-Composer-suggestion").toHaveText(/hello\s*Hello, thank you\./);
    await press("Enter");
    await animationFrame();
    expect(TEXT).toHaveValue("Well Hello, thank you. ");
    expect(".o-mail-Composer-suggestion").toHaveCount(0);
    await contains(".o_conversation_canned").click();
    expect(TEXT).toHaveValue("Well Hello, thank you. ::");
    expect(asked).toBe("::");
});
