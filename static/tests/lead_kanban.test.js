import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import {
    contains,
    defineModels,
    fields,
    makeServerError,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

class Stage extends models.Model {
    _name = "crm.stage";

    name = fields.Char();
    stage_type = fields.Char();
    lost_reason_required = fields.Boolean();

    _records = [
        { id: 1, name: "New", stage_type: "open" },
        { id: 2, name: "Too late", stage_type: "not_interested" },
        { id: 3, name: "Not interested", stage_type: "not_interested", lost_reason_required: true },
        { id: 4, name: "Abandoned", stage_type: "abandoned", lost_reason_required: true },
    ];
}

class Lead extends models.Model {
    _name = "crm.lead";

    name = fields.Char();
    stage_id = fields.Many2one({ relation: "crm.stage", group_expand: true });
    stage_type = fields.Char({ related: "stage_id.stage_type" });

    _records = [
        { id: 1, name: "Two weeks in July", stage_id: 1 },
        { id: 2, name: "One week", stage_id: 2 },
        { id: 3, name: "A day", stage_id: 3 },
        { id: 4, name: "An hour", stage_id: 4 },
    ];
}

defineModels([Lead, Stage]);
defineMailModels();

beforeEach(async () => {
    onRpc("crm.lead", "get_rainbowman_message", () => false);
    onRpc("crm.lead", "action_conclude", ({ args }) => ({ name: "conclude", leads: args[0] }));
    onRpc("crm.lead", "web_save", ({ args }) => {
        if (args[1].stage_id > 2) {
            throw makeServerError({ message: "A reason is needed" });
        }
    });
    onRpc("crm.lead", "web_read_group", () => {
        expect.step("load");
    });
    mockService("action", {
        doAction(action, { additionalContext, onClose }) {
            expect.step([action, additionalContext]);
            onClose();
        },
    });
    await mountView({
        type: "kanban",
        resModel: "crm.lead",
        groupBy: ["stage_id"],
        arch: `
            <kanban js_class="crm_kanban">
                <field name="stage_type"/>
                <templates>
                    <t t-name="card"><field name="name"/></t>
                </templates>
            </kanban>`,
    });
    expect.verifySteps(["load"]);
});

const drop = (column) =>
    contains(".o_kanban_record:contains(Two weeks)").dragAndDrop(
        `.o_kanban_group:contains(${column})`,
    );

test.tags("desktop");
test("a column of a lost kind takes the card, and the view is loaded anew", async () => {
    await drop("Too late");
    expect.verifySteps(["load"]);
    expect(queryAllTexts(".o_kanban_group:contains(Too late) .o_kanban_record")).toInclude(
        "Two weeks in July",
    );
});

test.tags("desktop");
test("a column that requires a reason asks for it; the card stays where it was", async () => {
    await drop("Not interested");
    expect.verifySteps([[{ name: "conclude", leads: [1] }, { default_stage_id: 3 }], "load"]);
    expect(queryAllTexts(".o_kanban_group:contains(New) .o_kanban_record")).toEqual([
        "Two weeks in July",
    ]);
});

test.tags("desktop");
test("what the dialog can't do is refused in the server's words", async () => {
    expect.errors(1);
    await drop("Abandoned");
    expect.verifyErrors(["A reason is needed"]);
    expect.verifySteps([]);
    expect(queryAllTexts(".o_kanban_group:contains(New) .o_kanban_record")).toEqual([
        "Two weeks in July",
    ]);
});
