import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { press, queryAllAttributes, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Client extends models.Model {
    _name = "client";

    name = fields.Char();

    _records = [
        { id: 1, name: "Ada Rossi" },
        { id: 2, name: "Bruno Rossi" },
    ];
}

class Candidate extends models.Model {
    _name = "crm.lead.link.client.candidate";

    partner_id = fields.Many2one({ relation: "client" });
    score = fields.Integer();
    band = fields.Selection({
        selection: [
            ["auto", "Sure"],
            ["review", "Maybe"],
            ["weak", "Weak"],
        ],
    });
    reasons = fields.Text();
    phone = fields.Char();
    email = fields.Char();
    city = fields.Char();
    user_id = fields.Many2one({ relation: "client" });
    last_order = fields.Char();
    differences = fields.Char();

    _records = [
        {
            id: 1,
            partner_id: 1,
            score: 96,
            band: "auto",
            reasons: "Same phone\nSame name",
            phone: "+39 333 1234567",
            last_order: "S00031",
        },
        { id: 2, partner_id: 2, score: 58, band: "review", reasons: false, differences: "Bari" },
    ];
}

class Dialog extends models.Model {
    _name = "crm.lead.link.client";

    candidate_ids = fields.One2many({ string: "Who It May Be", relation: Candidate._name });
    choice = fields.Selection({
        selection: [
            ["candidate", "One of these"],
            ["other", "Another client"],
            ["new", "New client"],
        ],
    });
    partner_id = fields.Many2one({ relation: "client" });

    _records = [{ id: 1, candidate_ids: [1, 2], choice: "candidate", partner_id: 1 }];
}

defineModels([Client, Candidate, Dialog]);
defineMailModels();

beforeEach(() => {
    onRpc("has_group", () => true);
    onRpc("crm.lead.link.client.candidate", "action_refuse", ({ args }) => {
        expect.step(["refuse", ...args[0]]);
        return { type: "the dialog again" };
    });
    onRpc("crm.lead.link.client", "web_save", ({ args }) => expect.step(args[1]));
    mockService("action", {
        doAction: ({ type }) => expect.step(type),
        doActionButton: ({ name }) => expect.step(name),
    });
});

const mountDialog = (values = {}) => {
    Object.assign(Dialog._records[0], values);
    return mountView({
        type: "form",
        resModel: "crm.lead.link.client",
        resId: 1,
        arch: `
            <form>
                <field name="partner_id" invisible="1"/>
                <field name="candidate_ids" widget="lead_client_candidates">
                    <list>
                        <field name="partner_id"/>
                        <field name="score"/>
                        <field name="band"/>
                        <field name="reasons"/>
                        <field name="phone"/>
                        <field name="email"/>
                        <field name="city"/>
                        <field name="user_id"/>
                        <field name="last_order"/>
                        <field name="differences"/>
                    </list>
                </field>
            </form>`,
    });
};

const CANDIDATE = ".o_lead_client_candidate";
const radio = (text) => `label:contains(${text}) input`;

test("who it may be, best first, each with its reasons and what is known", async () => {
    await mountDialog();
    expect("[role=radiogroup]").toHaveAttribute("aria-label", "Who It May Be");
    expect(queryAllTexts(`${CANDIDATE} strong`)).toEqual(["Ada Rossi", "Bruno Rossi"]);
    expect(queryAllTexts(".o_lead_client_band")).toEqual(["96 Sure", "58 Maybe"]);
    expect(".o_lead_client_band:first").toHaveClass("text-bg-success");
    expect(".o_lead_client_band:last").toHaveClass("text-bg-warning");
    expect(queryAllTexts(`${CANDIDATE}:first li`)).toEqual(["Same phone", "Same name"]);
    expect(`${CANDIDATE}:first`).toHaveText(/\+39 333 1234567/);
    expect(`${CANDIDATE}:first`).toHaveText(/Last order S00031/);
});

test("what a candidate has not is left out", async () => {
    await mountDialog();
    expect(`${CANDIDATE}:last li`).toHaveCount(0);
    expect(`${CANDIDATE}:last`).toHaveText(/No order/);
    expect(`${CANDIDATE}:last`).toHaveText(/Otherwise on the lead: Bari/);
    expect(`${CANDIDATE}:first`).not.toHaveText(/Salesperson|Otherwise/);
});

test("what is chosen has the focus, and all choices are one radio group", async () => {
    await mountDialog();
    expect(radio("Ada")).toBeChecked();
    expect(radio("Ada")).toBeFocused();
    expect("input[type=radio]").toHaveCount(4);
    expect(new Set(queryAllAttributes("input[type=radio]", "name")).size).toBe(1);
});

test("without a candidate there remain another client and a new one", async () => {
    await mountDialog({ candidate_ids: [], choice: "new", partner_id: false });
    expect(queryAllTexts("label")).toEqual(["Another client", "New client"]);
    expect(radio("New client")).toBeFocused();
});

test("Enter assigns to who is chosen", async () => {
    await mountDialog();
    await press("Enter");
    await animationFrame();
    expect.verifySteps(["action_link"]);
});

test("Enter waits for a choice that is still on its way", async () => {
    const answer = new Deferred();
    onRpc("crm.lead.link.client", "onchange", () => answer);
    Dialog._onChanges.partner_id = () => {};
    await mountDialog();
    await contains(radio("New client")).check();
    await press("Enter");
    await animationFrame();
    expect.verifySteps([]);
    answer.resolve({ value: {} });
    await animationFrame();
    expect.verifySteps([{ choice: "new", partner_id: false }, "action_create"]);
});

test("Enter on a new client makes it", async () => {
    await mountDialog();
    await contains(radio("New client")).check();
    await press("Enter");
    await animationFrame();
    expect.verifySteps([{ choice: "new", partner_id: false }, "action_create"]);
});

test("another client is to be named: nobody stays chosen", async () => {
    await mountDialog();
    await contains(radio("Another client")).check();
    expect(radio("Ada")).not.toBeChecked();
    await press("Enter");
    await animationFrame();
    expect.verifySteps([{ choice: "other", partner_id: false }, "action_link"]);
});

test("somebody who is not the same is refused, and nobody assigned", async () => {
    await mountDialog();
    await contains(`${CANDIDATE}:last button`).click();
    expect.verifySteps([["refuse", 2], "the dialog again"]);
    expect(radio("Ada")).toBeChecked();
});

test("Enter on the button that refuses does not assign", async () => {
    await mountDialog();
    queryFirst(`${CANDIDATE}:last button`).focus();
    await press("Enter");
    await animationFrame();
    expect.verifySteps([["refuse", 2], "the dialog again"]);
});
