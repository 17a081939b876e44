import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Lead extends models.Model {
    _name = "crm.lead";

    is_urgent = fields.Boolean();

    _records = [
        { id: 1, is_urgent: true },
        { id: 2, is_urgent: false },
    ];
}

defineModels([Lead]);
defineMailModels();

beforeEach(() => {
    onRpc("has_group", () => true);
    onRpc("web_save", ({ args }) => {
        expect.step(args);
    });
});

test("a click on the bolt marks a lead as urgent, and unmarks it, without opening it", async () => {
    await mountView({
        type: "list",
        resModel: "crm.lead",
        arch: `<list><field name="is_urgent" widget="lead_urgent"/></list>`,
        selectRecord: () => expect.step("opened"),
    });
    expect(".o_data_row:eq(0) .o_lead_urgent").toHaveAttribute("aria-pressed", "true");
    expect(".o_data_row:eq(1) .o_lead_urgent").toHaveAttribute("aria-pressed", "false");

    await contains(".o_data_row:eq(1) .o_lead_urgent", { visible: false }).click();
    expect.verifySteps([[[2], { is_urgent: true }]]);
    expect(".o_data_row:eq(1) .o_lead_urgent").toHaveAttribute("aria-pressed", "true");

    await contains(".o_data_row:eq(1) .o_lead_urgent").click();
    expect.verifySteps([[[2], { is_urgent: false }]]);
});

test("where it can't be changed only the urgent ones have a bolt", async () => {
    await mountView({
        type: "list",
        resModel: "crm.lead",
        arch: `<list><field name="is_urgent" widget="lead_urgent" readonly="1"/></list>`,
    });
    expect(".o_data_row:eq(0) .fa-bolt").toHaveAttribute("title", "Urgent");
    expect(".o_data_row:eq(1) .fa-bolt").toHaveCount(0);
    expect("button.o_lead_urgent").toHaveCount(0);
});
