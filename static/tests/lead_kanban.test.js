import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import {
    contains,
    defineModels,
    makeServerError,
    MockServer,
    mockService,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { CrmLead, CrmLeadType, CrmStage } from "@crm_lead_lifecycle/../tests/lead_test_models";

class Stage extends CrmStage {
    _records = [
        { id: 1, name: "New", stage_type: "open" },
        { id: 2, name: "Too late", stage_type: "not_interested" },
        { id: 3, name: "Not interested", stage_type: "not_interested", lost_reason_required: true },
        { id: 4, name: "Abandoned", stage_type: "abandoned", lost_reason_required: true },
        { id: 5, name: "Won", stage_type: "qualified" },
        { id: 6, name: "Contract to write", stage_type: "open" },
    ];
}

class Lead extends CrmLead {
    _records = [
        {
            id: 1,
            name: "Two weeks in July",
            stage_id: 1,
            lead_type_id: 1,
            allowed_stage_ids: [1, 2, 3, 4, 5],
        },
        { id: 2, name: "One week", stage_id: 2, lead_type_id: 1 },
        { id: 3, name: "A day", stage_id: 3, lead_type_id: 1 },
        { id: 4, name: "An hour", stage_id: 4, lead_type_id: 1 },
        { id: 5, name: "A night", stage_id: 5, lead_type_id: 2 },
        { id: 6, name: "A month", stage_id: 6, lead_type_id: 2 },
    ];
}

defineModels([Lead, Stage, CrmLeadType]);
defineMailModels();

/** What the server makes of a lead that is won */
let successor;

beforeEach(async () => {
    successor = null;
    onRpc("crm.lead", "get_rainbowman_message", () => false);
    onRpc("crm.lead", "action_conclude", ({ args }) => ({ name: "conclude", leads: args[0] }));
    onRpc("crm.lead", "web_save", ({ args }) => {
        if ([3, 4].includes(args[1].stage_id)) {
            throw makeServerError({ message: "A reason is needed" });
        }
        if (args[1].stage_id === 5 && successor) {
            Object.assign(args[1], successor);
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
                <field name="stage_id"/>
                <field name="lead_type_id"/>
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
test("a move that is refused, whatever the reason, does not ask for one", async () => {
    expect.errors(1);
    MockServer.env["crm.lead"].write([1], { allowed_stage_ids: [[6, 0, [1, 2]]] });
    await drop("Not interested");
    expect.verifyErrors(["A reason is needed"]);
    expect.verifySteps([]);
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

test.tags("desktop");
test("a card that goes on as another type goes to the column where it is, and says so", async () => {
    successor = { lead_type_id: 2, stage_id: 6 };
    await drop("Won");
    expect.verifySteps(["load"]);
    expect(queryAllTexts(".o_kanban_group:contains(Contract to write) .o_kanban_record")).toEqual([
        "Two weeks in July",
        "A month",
    ]);
    expect(".o_notification").toHaveText("Two weeks in July goes on as “Contract”.");
    expect(".o_notification_bar").toHaveClass("bg-success");
});

test.tags("desktop");
test("a card that is won stays where it was dropped, without more ado", async () => {
    await drop("Won");
    expect.verifySteps([]);
    expect(queryAllTexts(".o_kanban_group:contains(Won) .o_kanban_record")).toInclude(
        "Two weeks in July",
    );
    expect(".o_notification").toHaveCount(0);
});
