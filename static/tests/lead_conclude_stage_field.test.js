import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { press, queryAllAttributes, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    clickSave,
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { CrmStage } from "@crm_lead_lifecycle/../tests/lead_test_models";

class Stage extends CrmStage {
    _records = [
        { id: 1, name: "Won", stage_type: "qualified" },
        { id: 2, name: "Won by phone", stage_type: "qualified" },
        { id: 3, name: "Not interested", stage_type: "not_interested" },
        { id: 4, name: "Open", stage_type: "open" },
    ];
}

class Conclude extends models.Model {
    _name = "crm.lead.conclude";

    available_stage_ids = fields.Many2many({ relation: "crm.stage" });
    stage_id = fields.Many2one({ relation: "crm.stage" });

    _records = [{ id: 1, available_stage_ids: [2, 1, 3] }];
}

defineModels([Stage, Conclude]);
defineMailModels();

beforeEach(() => {
    onRpc("has_group", () => true);
});

const mountWizard = (values = {}) => {
    Object.assign(Conclude._records[0], values);
    return mountView({
        type: "form",
        resModel: "crm.lead.conclude",
        resId: 1,
        arch: `
            <form>
                <field name="available_stage_ids" invisible="1"/>
                <field name="stage_id" widget="lead_conclude_stage"/>
            </form>`,
    });
};

test("the stages offered stand in two groups that say what they mean, in their order", async () => {
    await mountWizard();
    expect(queryAllTexts("[data-group=won] label")).toEqual(["Won by phone", "Won"]);
    expect(queryAllTexts("[data-group=lost] label")).toEqual(["Not interested"]);
    expect(queryAllTexts(".o_lead_conclude_caption")).toEqual(["Won", "Lost"]);
    expect("[data-group=won] label").toHaveClass("btn-outline-success");
    expect("[data-group=lost] label").toHaveClass("btn-outline-danger");
    expect("[role=radiogroup] input:checked").toHaveCount(0);
});

test("a kind without a stage has no group", async () => {
    await mountWizard({ available_stage_ids: [1] });
    expect("[data-group=won]").toHaveCount(1);
    expect("[data-group=lost]").toHaveCount(0);
});

test("without any stage it says so", async () => {
    await mountWizard({ available_stage_ids: [] });
    expect("[role=radiogroup]").toHaveText("There is no final stage to choose.");
});

test("a click chooses the stage", async () => {
    onRpc("crm.lead.conclude", "web_save", ({ args }) => {
        expect.step(args[1]);
    });
    await mountWizard();
    await contains("[data-group=lost] label").click();
    expect("[data-group=lost] input").toBeChecked();
    await clickSave();
    expect.verifySteps([{ stage_id: 3 }]);
});

test("the stage that is set is chosen from the beginning", async () => {
    await mountWizard({ stage_id: 3 });
    expect("[data-group=lost] input").toBeChecked();
    expect("[data-group=lost] input").toBeFocused();
});

test("the first one has the focus, enter chooses it", async () => {
    await mountWizard();
    expect("[data-group=won] input:first").toBeFocused();
    await press("Enter");
    await animationFrame();
    expect("[data-group=won] input:first").toBeChecked();
});

test("both groups are one radio group, so that the browser's arrow keys go through all of them", async () => {
    await mountWizard();
    expect(new Set(queryAllAttributes("input[type=radio]", "name")).size).toBe(1);
});
