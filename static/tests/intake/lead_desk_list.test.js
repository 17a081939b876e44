import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    MockServer,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Lead extends models.Model {
    _name = "crm.lead";

    name = fields.Char();
    is_open = fields.Boolean({ default: true });

    _records = [{ id: 1, name: "A week in July", is_open: true }];
}

defineModels([Lead]);
defineMailModels();

beforeEach(() => onRpc("has_group", () => true));

async function open() {
    await mountView({
        type: "list",
        resModel: "crm.lead",
        arch: `<list js_class="lead_desk_list"><field name="name"/></list>`,
        domain: [["is_open", "=", true]],
    });
    await animationFrame();
}

async function comeIn(values) {
    MockServer.env["crm.lead"].create(values);
    await advanceTime(30 * 1000);
    await animationFrame();
}

test("a lead that comes in appears by itself", async () => {
    onRpc("crm.lead", "web_search_read", () => expect.step("loaded"));
    await open();
    expect.verifySteps(["loaded"]);
    await comeIn({ name: "A pitch for a tent" });
    expect(".o_data_row").toHaveCount(2);
    expect.verifySteps(["loaded"]);
});

test("what does not belong in the list, or nothing, loads nothing", async () => {
    onRpc("crm.lead", "web_search_read", () => expect.step("loaded"));
    await open();
    await comeIn({ name: "Spam", is_open: false });
    await comeIn({ name: "Spam", is_open: false });
    expect.verifySteps(["loaded"]);
});

test("whoever has chosen leads keeps them, and sees the new ones after that", async () => {
    await open();
    await contains(".o_data_row .o_list_record_selector input").click();
    await comeIn({ name: "A pitch for a tent" });
    expect(".o_data_row").toHaveCount(1);
    expect(".o_data_row_selected").toHaveCount(1);
    await contains(".o_data_row .o_list_record_selector input").click();
    document.activeElement.blur();
    await advanceTime(30 * 1000);
    await animationFrame();
    expect(".o_data_row").toHaveCount(2);
});
