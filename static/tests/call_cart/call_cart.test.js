import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { press, queryOne } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    getService,
    makeServerError,
    models,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { WebClient } from "@web/webclient/webclient";

class Answer extends models.Model {
    _name = "crm.call.wizard.answer";

    name = fields.Char();
}

class Call extends models.Model {
    _name = "crm.call.wizard";

    date_start = fields.Datetime();
    outcome_id = fields.Many2one({ relation: "crm.call.wizard.answer" });
    kind = fields.Char();
    notes = fields.Text();
    recall_scope = fields.Char();
    answer_ids = fields.One2many({ relation: "crm.call.wizard.answer" });

    _records = [{ id: 1, date_start: "2026-11-20 10:00:00", kind: "closing" }];
    _views = {
        form: `
            <form js_class="crm_call" disable_autofocus="1">
                <div class="o_call_body"><field name="notes"/></div>
                <field name="date_start" invisible="1"/>
                <field name="kind" invisible="1"/>
                <field name="outcome_id" invisible="1"/>
                <field name="recall_scope" invisible="1"/>
                <field name="answer_ids" invisible="1"><list><field name="name"/></list></field>
                <widget name="call_cart"/>
                <footer>
                    <button name="action_confirm" type="object" string="Confirm" class="btn-primary"/>
                    <button name="action_stop" type="object" string="Stop"/>
                </footer>
            </form>`,
    };
}

defineModels([Answer, Call]);
defineMailModels();

const PRODUCTS = [
    { id: 11, name: "Pitch", reference: "P", price: "$ 100.00", taxes: "VAT", image: false },
    { id: 12, name: "Bikes", reference: false, price: "$ 20.00", taxes: "", image: false },
];
const PRICES = { 11: 100, 12: 20 };
const drafts = () => Object.keys(browser.localStorage).filter((key) => key.includes("draft"));
let candidates, asked, failure;

beforeEach(() => {
    browser.localStorage.clear();
    candidates = [];
    asked = [];
    failure = null;
    onRpc("has_group", () => true);
    onRpc("crm.call.wizard", "get_details", () => ({
        lead_id: 7,
        entry_id: 3,
        outcomes: [],
        recall_choices: [],
        cart: [],
    }));
    onRpc("crm.call.wizard", "keep_claim", () => true);
    onRpc("crm.call.wizard", "action_stop", () => ({ type: "ir.actions.act_window_close" }));
    onRpc("crm.call.wizard", "search_products", ({ kwargs }) => ({
        products: PRODUCTS.filter(({ name }) => name.toLowerCase().includes(kwargs.search)),
        has_more: false,
        categories: [{ id: 1, name: "Stays", count: 2 }],
    }));
    onRpc("crm.call.wizard", "get_cart", ({ kwargs: { cart } }) => {
        if (failure) {
            throw failure;
        }
        asked.push(cart);
        const sum = cart.lines.reduce(
            (sum, line) => sum + line.quantity * (line.price_unit ?? PRICES[line.product_id]),
            0,
        );
        return {
            lines: cart.lines.map((line) => ({
                product_id: line.product_id,
                name: PRODUCTS.find(({ id }) => id === line.product_id).name,
                price_unit: line.price_unit ?? PRICES[line.product_id],
                discount: line.discount ?? 0,
                problem: line.quantity > 0 ? "" : "the quantity has to be more than 0",
            })),
            untaxed: `$ ${sum}`,
            tax: "$ 0",
            total: `$ ${sum}`,
            clients: { name: false, candidates },
        };
    });
    onRpc("crm.call.wizard", "write", ({ args }) => {
        expect.step(["write", args[1]]);
        return true;
    });
    onRpc("crm.call.wizard", "action_confirm", () => {
        expect.step("confirm");
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
    await settle();
}

async function mountCall() {
    await mountWithCleanup(WebClient);
    await openCall();
}

/** What is typed is asked about a moment later, and is kept a moment after that. */
async function settle() {
    await advanceTime(500);
    await animationFrame();
}

test("arrows and Enter put products into the cart, a second time one more of them", async () => {
    await mountCall();
    expect(".o_call_body").not.toBeVisible();
    expect(".o_call_cart_empty").toHaveCount(1);
    await contains(".o_call_cart_search").focus();
    await press("Enter");
    await press("Enter");
    await press("ArrowDown");
    await animationFrame();
    expect(".o_call_product.active").toHaveText(/Bikes/);
    await press("Enter");
    await settle();
    expect(".o_call_cart_line").toHaveCount(2);
    expect(queryOne(".o_call_cart_quantity:first").value).toBe("2");
    expect(".o_call_cart_total").toHaveText("$ 220");
    expect(".o_call_cart_search").toBeFocused();
});

test("a price that is emptied is the price list's again", async () => {
    await mountCall();
    await contains(".o_call_product:first").click();
    await contains(".o_call_cart_price").edit("90", { confirm: false });
    await settle();
    expect(asked.at(-1).lines[0].price_unit).toBe(90);
    expect(".o_call_cart_total").toHaveText("$ 90");
    await contains(".o_call_cart_price").edit("", { confirm: false });
    await settle();
    expect(asked.at(-1).lines[0].price_unit).toBe(null);
    expect(".o_call_cart_total").toHaveText("$ 100");
});

test("- in the quantity and Delete on the button take a product out", async () => {
    await mountCall();
    await contains(".o_call_product:first").click();
    await contains(".o_call_product:last").click();
    await contains(".o_call_cart_quantity:first").focus();
    await press("-");
    await animationFrame();
    expect(".o_call_cart_line").toHaveCount(1);
    expect(".o_call_cart_line").toHaveText(/Bikes/);
    await contains(".o_call_cart_remove").focus();
    await press("Delete");
    await animationFrame();
    expect(".o_call_cart_line").toHaveCount(0);
    expect(".o_call_cart_search").toBeFocused();
});

test("what is found is said, and what is not", async () => {
    await mountCall();
    await contains(".o_call_cart_search").edit("bikes", { confirm: false });
    await settle();
    expect(".o_call_product").toHaveCount(1);
    await contains(".o_call_cart_search").edit("nothing", { confirm: false });
    await settle();
    expect(".o_call_no_product").toHaveText(/Nothing found/);
});

test("a draft brings the cart back; confirming writes it before the outcome", async () => {
    await mountCall();
    await contains(".o_call_product:first").click();
    await contains(".o_call_cart_quantity").edit("3", { confirm: false });
    await contains(".o_call_cart_notes").edit("by the sea", { confirm: false });
    await settle();
    const [key] = drafts();
    const kept = browser.localStorage.getItem(key);
    await contains(".modal-footer [name=action_stop]").click();
    await contains(".modal-footer .btn-danger").click();
    await animationFrame();
    expect(drafts()).toEqual([], { message: "stopped, nothing is kept" });

    browser.localStorage.setItem(key, kept); // as if the page had been loaded again instead
    await openCall();
    expect(queryOne(".o_call_cart_quantity").value).toBe("3");
    expect(".o_call_cart_total").toHaveText("$ 300");
    await contains(".modal-footer [name=action_confirm]").click();
    await animationFrame();
    const line = { product_id: 11, quantity: 3, notes: "by the sea" };
    const cart = {
        line_ids: [
            [5, 0, 0],
            [0, 0, line],
        ],
        client_id: false,
        is_new_client: false,
    };
    expect.verifySteps([["write", cart], "confirm"]);
});

test("who the customer is goes along with the cart", async () => {
    candidates = [{ id: 5, name: "Marco Rossi", city: "Turin", reasons: ["Same phone"] }];
    await mountCall();
    await contains(".o_call_product:first").click();
    await settle();
    expect(".o_call_cart_clients").toHaveText(/Marco Rossi, Turin/);
    expect(".o_call_cart_clients input:checked").toHaveCount(0);
    await contains("#o_call_client_5").click();
    await settle();
    expect([asked.at(-1).client_id, asked.at(-1).is_new_client]).toEqual([5, false]);
    await contains("#o_call_client_new").click();
    await settle();
    expect([asked.at(-1).client_id, asked.at(-1).is_new_client]).toEqual([false, true]);
});

test("back to the call and to the cart again, all stays", async () => {
    await mountCall();
    await contains(".o_call_product:first").click();
    await settle();
    await contains(".o_call_cart_back").click();
    expect(".o_call_body").toBeVisible();
    expect(".o_call_cart_summary").toHaveText("1 in the cart: $ 100");
    await contains(".o_call_cart_open_again").click();
    expect(".o_call_body").not.toBeVisible();
    expect(".o_call_cart_line").toHaveCount(1);
});

test("an error of the server leaves the cart as it is", async () => {
    expect.errors(1);
    await mountCall();
    await contains(".o_call_product:first").click();
    await settle();
    failure = makeServerError({ message: "The server is busy." });
    await contains(".o_call_product:last").click();
    await settle();
    await animationFrame();
    expect.verifyErrors(["The server is busy."]);
    expect(".o_call_cart_line").toHaveCount(2);
    expect(drafts()).toHaveLength(1);
});
