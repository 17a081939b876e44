import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { edit, keyDown, press, queryAllTexts, queryOne } from "@odoo/hoot-dom";
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
} from "@web/../tests/web_test_helpers";
import { formatTalk } from "@crm_lead_lifecycle/call/call_head";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { WebClient } from "@web/webclient/webclient";

class Outcome extends models.Model {
    _name = "crm.call.outcome";

    name = fields.Char();

    _records = Array.from({ length: 11 }, (_, index) => ({
        id: index + 1,
        name: `Outcome ${index + 1}`,
    }));
}

class Step extends models.Model {
    _name = "crm.call.campaign.step";

    name = fields.Char();

    _records = [
        { id: 1, name: "Hello" },
        { id: 2, name: "Budget" },
        { id: 3, name: "Pets" },
    ];
}

class Answer extends models.Model {
    _name = "crm.call.wizard.answer";

    step_id = fields.Many2one({ relation: "crm.call.campaign.step" });
    name = fields.Char({ related: "step_id.name" });
    text = fields.Text();
    question = fields.Char();
    answer_type = fields.Char();
    answer_text = fields.Char();
    answer_number = fields.Char();
    answer_date = fields.Date();
    answer_yes_no = fields.Selection({
        selection: [
            ["yes", "Yes"],
            ["no", "No"],
        ],
    });
    answer_choice_id = fields.Many2one({ relation: "crm.call.campaign.step" });

    _records = [
        { id: 1, step_id: 1, text: "Good morning" },
        { id: 2, step_id: 2, question: "How much?", answer_type: "number" },
        { id: 3, step_id: 3, question: "Pets?", answer_type: "yes_no" },
    ];
}

class Call extends models.Model {
    _name = "crm.call.wizard";

    date_start = fields.Datetime();
    outcome_id = fields.Many2one({ relation: "crm.call.outcome" });
    answer_ids = fields.One2many({ relation: "crm.call.wizard.answer" });
    notes = fields.Text();
    recall_date = fields.Date();
    recall_hour = fields.Float();
    recall_at = fields.Datetime();
    recall_scope = fields.Char();
    retry_at = fields.Datetime();
    is_retry = fields.Boolean();

    _records = [{ id: 1, date_start: "2026-11-20 10:00:00", answer_ids: [1, 2, 3] }];
    _views = {
        form: `
            <form js_class="crm_call" disable_autofocus="1">
                <widget name="call_head"/>
                <field name="outcome_id" widget="call_outcome"/>
                <field name="answer_ids" widget="call_script">
                    <list>
                        <field name="name"/>
                        <field name="text"/>
                        <field name="question"/>
                        <field name="answer_type"/>
                        <field name="answer_text"/>
                        <field name="answer_number"/>
                        <field name="answer_date"/>
                        <field name="answer_yes_no"/>
                        <field name="answer_choice_id"/>
                        <field name="step_id"/>
                    </list>
                </field>
                <field name="notes"/>
                <field name="recall_scope" invisible="1"/>
                <field name="recall_date" widget="call_recall"/>
                <footer>
                    <button name="action_confirm" type="object" string="Confirm outcome" class="btn-primary"/>
                    <button name="action_stop" type="object" string="Stop" class="btn-secondary"/>
                    <widget name="call_pause"/>
                </footer>
            </form>`,
    };
}

defineModels([Outcome, Step, Answer, Call]);
defineMailModels();

const NOTES = "[name=notes] textarea";
const ASKED = ".modal:contains('Nothing of this call will be saved')";
const drafts = () => Object.keys(browser.localStorage).filter((key) => key.includes("draft"));
let details, isMine, refusal;

beforeEach(() => {
    mockDate("2026-11-20 10:02:00");
    browser.localStorage.clear();
    patchWithCleanup(user, { userId: 2 });
    isMine = true;
    refusal = null;
    details = {
        lead_id: 7,
        entry_id: 3,
        name: "Marco Rossi",
        campaign: "Summer",
        time_zone: "Europe/Rome",
        city: "Rome",
        phones: [
            { phone: "333 123", label: "", link: "tel:+39333123" },
            { phone: "333 456", label: "office", link: false },
        ],
        outcomes: Outcome._records.map(({ id, name }) => ({ id, name, color: id, is_quick: true })),
        choices: {},
        recall_choices: [
            { label: "In 1 hour", date: "2026-11-20", hour: 12.25, at: "2026-11-20 11:15:00" },
        ],
    };
    onRpc("has_group", () => true);
    onRpc("crm.call.wizard", "get_details", () => details);
    onRpc("crm.call.wizard", "keep_claim", () => isMine);
    onRpc("crm.call.wizard", "tell_wrap_up", () => {});
    onRpc("crm.call.wizard", "action_stop", () => {
        expect.step("stop");
        return { type: "ir.actions.act_window_close" };
    });
    onRpc("crm.call.wizard", "web_save", ({ args }) => {
        expect.step(["save", args[1]]);
    });
    onRpc("crm.call.wizard", "action_confirm", () => {
        expect.step("confirm");
        if (refusal) {
            throw refusal;
        }
        return {
            type: "ir.actions.client",
            tag: "crm_call_next_contact",
            params: { campaign_id: 4, call_id: 9, outcome: "Outcome 4", take_back_minutes: 10 },
        };
    });
    onRpc("crm.call.campaign", "next_contact", ({ args }) => {
        expect.step(["next", ...args[0]]);
        return { type: "ir.actions.act_window_close" };
    });
});

async function openCall() {
    await getService("action").doAction({
        type: "ir.actions.act_window",
        name: "Call",
        res_model: "crm.call.wizard",
        res_id: 1,
        views: [[false, "form"]],
        target: "new",
    });
    await animationFrame();
}

async function mountCall() {
    await mountWithCleanup(WebClient);
    await openCall();
}

const chosen = () => queryOne(".o_call_outcome input:checked + label").dataset.hotkey;

test("who is called, with links but for who does not want to be", async () => {
    await mountCall();
    expect(".o_call_name").toHaveText("Marco Rossi");
    expect(".o_call_phone:first a").toHaveAttribute("href", "tel:+39333123");
    expect(".o_call_phone:last a").toHaveCount(0);
    expect(".o_call_phone:last").toHaveText(/Does not want to be called/);
    expect(".o_call_talk").toHaveText(/talk 02:\d\d/);
    expect(".o_call_time_there").toHaveText(/11:02/);
    await advanceTime(60_000);
    expect(".o_call_talk").toHaveText(/talk 03:\d\d/);
});

test("a call back is not begun while a call is open", async () => {
    onRpc("crm.call.entry", "action_call", ({ args }) => {
        expect.step(["call", ...args[0]]);
        return { type: "ir.actions.act_window_close" };
    });
    await mountCall();
    await getService("crm_call_reminder").call({ id: 8, at: luxon.DateTime.now() });
    await animationFrame();
    expect(".o_notification").toHaveText(/End the call with Marco Rossi first/);
    expect(".o_call_head").toHaveCount(1);
    expect.verifySteps([]);
    await press("Escape");
    await animationFrame();
    await getService("crm_call_reminder").call({ id: 8, at: luxon.DateTime.now() });
    expect.verifySteps(["stop", ["call", 8]]);
});

test("how long somebody talks", () => {
    expect(formatTalk(0)).toBe("00:00");
    expect(formatTalk(151.9)).toBe("02:31");
    expect(formatTalk(3600)).toBe("60:00");
});

test("digits choose an outcome, but not while something is typed", async () => {
    await mountCall();
    expect(".o_call_outcome input:first").toBeFocused();
    await press("4");
    await animationFrame();
    expect(chosen()).toBe("4");
    await contains(NOTES).click();
    await press("5");
    await animationFrame();
    expect(chosen()).toBe("4");
    await keyDown("Alt");
    await press("5");
    await advanceTime(10);
    await animationFrame();
    expect(chosen()).toBe("5");
});

test("digits of the numeric keypad, and none for the tenth", async () => {
    await mountCall();
    await press("9", { code: "Numpad9" });
    await animationFrame();
    expect(chosen()).toBe("9");
    await press("0");
    await animationFrame();
    expect(chosen()).toBe("9");
    expect(".o_call_quick").toHaveCount(11);
    expect(".o_call_key").toHaveCount(9);
});

test("without quick outcomes there is no row of buttons", async () => {
    details.outcomes.forEach((outcome) => (outcome.is_quick = false));
    await mountCall();
    expect(".o_call_outcome [role=radiogroup]").toHaveCount(0);
    expect(".o_call_outcomes").toBeFocused();
    await press("1");
    await contains(".o_call_outcomes").select("10");
    await contains(".modal-footer [name=action_confirm]").click();
    expect.verifySteps([["save", { outcome_id: 10 }], "confirm", ["next", 4]]);
});

test("Escape asks once and stops; nothing is asked when there is nothing to lose", async () => {
    await mountCall();
    await press("4");
    await press("Escape");
    await animationFrame();
    expect(ASKED).toHaveCount(1);
    await press("Escape");
    await animationFrame();
    expect(ASKED).toHaveCount(0);
    expect(".o_call_head").toHaveCount(1);
    await contains(".modal-header .btn-close").click();
    await contains(`${ASKED} .modal-footer .btn-danger`).click();
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect(drafts()).toEqual([]);
    await openCall();
    await press("Escape");
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect.verifySteps(["stop", "stop"]);
});

test("notes that are being typed are something to lose, and are kept", async () => {
    await mountCall();
    await contains(NOTES).click();
    await edit("Wants a pitch");
    await advanceTime(300);
    expect(JSON.parse(browser.localStorage.getItem(drafts()[0])).notes).toBe("Wants a pitch");
    await press("Escape");
    await animationFrame();
    expect(ASKED).toHaveCount(1);
});

test("a draft is back when the contact is called again; confirming wipes it", async () => {
    await mountCall();
    await press("4");
    await contains(".o_call_next").click();
    await contains("input.o_call_answer").edit("450");
    await contains(".o_call_next").click();
    await contains("button.o_call_answer:first").click();
    await contains(".o_call_recall_choice").click();
    await contains(NOTES).edit("Wants a pitch");
    await advanceTime(300);
    const [key] = drafts();
    const kept = browser.localStorage.getItem(key);
    await contains(".modal-footer [name=action_stop]").click();
    await contains(`${ASKED} .modal-footer .btn-danger`).click();
    await animationFrame();
    expect.verifySteps(["stop"]);

    // as if the page had been loaded again instead
    const start = "2026-11-20 09:58:00";
    browser.localStorage.setItem(key, JSON.stringify({ ...JSON.parse(kept), start }));
    await openCall();
    await animationFrame();
    expect(".o_call_restored").toHaveCount(1);
    expect(".o_call_talk").toHaveText(/talk 04:0/, { message: "the talk goes on" });
    expect(chosen()).toBe("4");
    expect(NOTES).toHaveValue("Wants a pitch");
    expect(".o_call_recall_choice").toHaveClass("active");
    expect(queryOne(".o_call_recall_time").value).toBe("12:15");
    expect(".o_call_script").toHaveText(/step 3 of 3/);
    expect("button.o_call_answer:first").toHaveClass("active");

    await press(["Control", "Enter"]);
    await animationFrame();
    await animationFrame();
    expect.verifySteps([
        [
            "save",
            {
                answer_ids: [
                    [1, 2, { answer_number: "450" }],
                    [1, 3, { answer_yes_no: "yes" }],
                ],
                date_start: start,
                notes: "Wants a pitch",
                outcome_id: 4,
                recall_date: "2026-11-20",
                recall_hour: 12.25,
                recall_scope: false,
            },
        ],
        "confirm",
        ["next", 4],
    ]);
    expect(drafts()).toEqual([]);
    expect(".o_notification").toHaveText(/Outcome saved: Outcome 4/);
    await advanceTime(9 * 60_000);
    expect(".o_notification button:contains('Take back')").toHaveCount(1);
    await advanceTime(60_000);
    expect(".o_notification").toHaveCount(0, { message: "it can't be taken back any more" });
});

test("a refusal leaves everything as it is", async () => {
    expect.errors(1);
    refusal = makeServerError({ message: "The call back lies in the past." });
    await mountCall();
    await press("4");
    await contains(NOTES).edit("Wants a pitch");
    await press(["Control", "Enter"]);
    await animationFrame();
    await animationFrame();
    await advanceTime(300);
    expect(".o_error_dialog").toHaveCount(1);
    expect(NOTES).toHaveValue("Wants a pitch");
    expect(drafts()).toHaveLength(1);
    expect.verifyErrors(["The call back lies in the past."]);
    expect.verifySteps([["save", { outcome_id: 4, notes: "Wants a pitch" }], "confirm"]);
});

test("a pause after this call opens no other one, and counts once", async () => {
    await mountCall();
    await press("4");
    await contains(".o_call_pause input").click();
    await contains(".modal-footer [name=action_confirm]").click();
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect.verifySteps([["save", { outcome_id: 4 }], "confirm"]);
    await contains(".o_notification button:contains('Next contact')").click();
    expect(".o_notification").toHaveCount(0);
    expect.verifySteps([["next", 4]]);
    await openCall();
    expect(".o_call_pause input").not.toBeChecked();
});

test("a contact that has gone is said to be", async () => {
    await mountCall();
    await advanceTime(60_000);
    await animationFrame();
    expect(".o_call_gone").toHaveCount(0);
    isMine = false;
    await advanceTime(60_000);
    await animationFrame();
    expect(".o_call_gone").toHaveCount(1);
});

test("the wall is told that there is an outcome, once it stays, and that there is none any more", async () => {
    onRpc("crm.call.wizard", "tell_wrap_up", ({ args }) => {
        expect.step(["wrap up", args[1]]);
    });
    await mountCall();
    await press("4");
    await animationFrame();
    await advanceTime(300);
    await press("5");
    await animationFrame();
    await advanceTime(300);
    expect.verifySteps([]);
    await advanceTime(300);
    expect.verifySteps([["wrap up", true]]);
    await press("6");
    await animationFrame();
    await advanceTime(600);
    expect.verifySteps([]);
    await contains(".o_call_outcomes").select("");
    await animationFrame();
    await advanceTime(600);
    expect.verifySteps([["wrap up", false]]);
});

test("a wall that can not be told keeps nobody from going on", async () => {
    onRpc("crm.call.wizard", "tell_wrap_up", () => {
        throw makeServerError();
    });
    await mountCall();
    await press("4");
    await animationFrame();
    await advanceTime(600);
    await contains(".modal-footer [name=action_confirm]").click();
    expect.verifySteps([["save", { outcome_id: 4 }], "confirm", ["next", 4]]);
});

test("what the operator should know of a call is said beside its outcome", async () => {
    await mountWithCleanup(WebClient);
    const said = async (notice) => {
        await getService("action").doAction({
            type: "ir.actions.client",
            tag: "crm_call_next_contact",
            params: { call_id: 9, outcome: "Appointment", notice, take_back_minutes: 10 },
        });
        await animationFrame();
        return queryAllTexts(".o_notification_content").toSorted();
    };
    expect(await said("")).toEqual(["Outcome saved: Appointment"]);
    expect(await said("No invitation was sent.")).toEqual([
        "No invitation was sent.",
        "Outcome saved: Appointment",
    ]);
});
