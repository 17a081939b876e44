import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { animationFrame, mockDate, mockTimeZone, runAllTimers } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Entry extends models.Model {
    _name = "crm.call.entry";

    customer_name = fields.Char();
    next_call_at = fields.Datetime();
    recall_user_id = fields.Many2one({ relation: "res.users" });

    _records = [{ id: 1, customer_name: "Marco Rossi", next_call_at: "2026-11-24 09:40:00" }];
    _views = { form: `<form><field name="customer_name"/></form>` };
}

defineModels([Entry]);
defineMailModels();

beforeEach(async () => {
    mockTimeZone(+1);
    mockDate("2026-11-24 09:00:00"); // UTC
    onRpc("has_group", () => true);
    onRpc("has_access", () => true);
    onRpc("crm.call.entry", "action_call", ({ args }) => {
        expect.step(`call ${args[0]}`);
        return { type: "ir.actions.act_window_close" };
    });
    await mountView({
        type: "calendar",
        resModel: "crm.call.entry",
        arch: `
            <calendar js_class="call_recall_calendar" date_start="next_call_at" mode="week" edit="0" delete="0"
                create_name_field="customer_name" color="recall_user_id">
                <field name="recall_user_id" filters="1" invisible="1"/>
            </calendar>`,
    });
    await animationFrame();
});

test("a call back has a time and no end, and a button to call", async () => {
    mockService("action", { doAction: () => expect.step("open") });
    await contains(".fc-event").click();
    await runAllTimers();
    await animationFrame();
    expect(".o_cw_popover .popover-header").toHaveText("Marco Rossi");
    expect(".o_cw_popover .fa-clock-o + span").toHaveText(/^10:40/);
    expect(".o_cw_popover .fa-clock-o + span").not.toHaveText(/11:40/);
    expect(".o_cw_popover_delete").toHaveCount(0);
    await contains(".o_cw_popover button:contains(Call)").click();
    await animationFrame();
    expect.verifySteps(["call 1", "open"]);
    expect(".o_cw_popover").toHaveCount(0);
});

test("what nobody has to do alone is anybody's", async () => {
    expect(".o_calendar_filter_item").toHaveCount(1);
    expect(".o_calendar_filter_item").toHaveText("Anybody");
});
