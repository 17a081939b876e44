import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { edit, press } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, Deferred } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Country extends models.Model {
    _name = "country";

    name = fields.Char();

    _records = [{ id: 1, name: "Italy" }];
}

class Lead extends models.Model {
    _name = "crm.lead";

    phone = fields.Char();
    email_from = fields.Char();
    contact_name = fields.Char();
    partner_name = fields.Char();
    street = fields.Char();
    city = fields.Char();
    zip = fields.Char();
    country_id = fields.Many2one({ relation: "country" });
    note = fields.Char();

    _records = [
        { id: 1, contact_name: "Ada", phone: "1", country_id: 1 },
        { id: 2, contact_name: "Bo" },
    ];
}

defineModels([Country, Lead]);
defineMailModels();

/** What the server answers, by the phone that it is asked about. */
let known;
const HINT = ".o_lead_client_hint";
const PHONE = "[name=phone] input";

beforeEach(() => {
    known = {
        1: { count: 2, is_sure: false },
        12: { count: 1, is_sure: true },
        123: { count: 1, is_sure: false },
        99: { count: 10, is_sure: false, has_more: true },
    };
    onRpc("has_group", () => true);
    onRpc("crm.lead", "get_client_hint", ({ args: [{ phone }] }) => {
        expect.step(`ask ${phone}`);
        return known[phone] || false;
    });
});

const mountLead = (resId = 1, resIds = [1, 2]) =>
    mountView({
        type: "form",
        resModel: "crm.lead",
        resId,
        resIds,
        arch: `
            <form>
                <widget name="lead_client_hint"/>
                <field name="phone"/>
                <field name="note"/>
            </form>`,
    });

/** Type without leaving the field, and wait as long as the hint does. */
async function type(text) {
    await contains(PHONE).click();
    await edit(text);
    await advanceTime(500);
    await animationFrame();
}

test("a lead with a known phone has its hint at once, which reads what it needs by itself", async () => {
    onRpc("crm.lead", "get_client_hint", ({ args: [values] }) => {
        expect(values).toEqual({
            id: 1,
            country_id: 1,
            phone: "1",
            email_from: false,
            contact_name: "Ada",
            partner_name: false,
            street: false,
            city: false,
            zip: false,
        });
    });
    await mountLead();
    await animationFrame();
    expect(HINT).toHaveText("2 clients match");
    expect(HINT).toHaveClass("btn-outline-primary");
    expect.verifySteps(["ask 1"]);
});

test("nothing is asked while there is neither phone nor e-mail", async () => {
    await mountLead(2);
    await animationFrame();
    expect(HINT).toHaveCount(0);
    expect.verifySteps([]);
});

test("the hint follows what is being typed, before the field is left", async () => {
    await mountLead(2);
    await type("12");
    expect(PHONE).toBeFocused();
    expect(HINT).toHaveText("This is a client");
    expect(HINT).toHaveClass("btn-outline-success");
    await type("123");
    expect(HINT).toHaveText("1 client matches");
    await type("1234");
    expect(HINT).toHaveCount(0);
    expect.verifySteps(["ask 12", "ask 123", "ask 1234"]);
});

test("more than the dialog shows", async () => {
    await mountLead(2);
    await type("99");
    expect(HINT).toHaveText("More than 10 clients match");
    expect.verifySteps(["ask 99"]);
});

test("one question for many keys", async () => {
    await mountLead(2);
    await contains(PHONE).click();
    for (const text of ["1", "12", "123"]) {
        await edit(text);
        await advanceTime(100);
    }
    await advanceTime(500);
    expect.verifySteps(["ask 123"]);
});

test("other fields ask nothing", async () => {
    await mountLead();
    await animationFrame();
    expect.verifySteps(["ask 1"]);
    await contains("[name=note] input").edit("12");
    await advanceTime(500);
    expect.verifySteps([]);
});

test("a late answer to an old question is ignored", async () => {
    const answer = known[12];
    known[12] = new Deferred();
    await mountLead(2);
    await type("12");
    await type("1");
    expect(HINT).toHaveText("2 clients match");
    known[12].resolve(answer);
    await animationFrame();
    expect(HINT).toHaveText("2 clients match");
    expect.verifySteps(["ask 12", "ask 1"]);
});

test("the next lead has a hint of its own, whatever was typed on this one", async () => {
    await mountLead();
    await type("12");
    expect(HINT).toHaveText("This is a client");
    await contains(".o_pager_next").click();
    await animationFrame();
    expect(PHONE).toHaveValue("");
    expect(HINT).toHaveCount(0);
    expect.verifySteps(["ask 1", "ask 12"]);
});

test("what is discarded is forgotten", async () => {
    await mountLead();
    await type("12");
    await contains(".o_form_button_cancel").click();
    await animationFrame();
    expect(PHONE).toHaveValue("1");
    expect(HINT).toHaveText("2 clients match");
    expect.verifySteps(["ask 1", "ask 12", "ask 1"]);
});

test("a refusal of the server leaves the hint out", async () => {
    onRpc("crm.lead", "get_client_hint", () => false);
    await mountLead();
    await animationFrame();
    expect(HINT).toHaveCount(0);
});

test("a click saves what was typed and opens the dialog; once it is closed the lead is read again", async () => {
    onRpc("crm.lead", "web_save", ({ args }) => expect.step(["save", args[1]]));
    onRpc("crm.lead", "action_link_client", ({ args }) => {
        expect.step(["open", ...args[0]]);
        return { type: "dialog" };
    });
    mockService("action", {
        doAction(action, { onClose }) {
            expect.step(action.type);
            known[12] = false;
            return onClose();
        },
    });
    await mountLead(2);
    await type("12");
    await press("Tab");
    await contains(HINT).click();
    await animationFrame();
    expect(HINT).toHaveCount(0);
    expect.verifySteps(["ask 12", ["save", { phone: "12" }], ["open", 2], "dialog", "ask 12"]);
});

test("a lead that can't be saved opens no dialog", async () => {
    onRpc("crm.lead", "action_link_client", () => expect.step("open"));
    Lead._fields.note.required = true;
    await mountLead();
    await animationFrame();
    await contains(HINT).click();
    expect("[name=note]").toHaveClass("o_field_invalid");
    expect.verifySteps(["ask 1"]);
});
