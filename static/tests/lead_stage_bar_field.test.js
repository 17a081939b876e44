import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { press, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame, runAllTimers } from "@odoo/hoot-mock";
import {
    clickSave,
    contains,
    defineModels,
    fields,
    makeServerError,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { CrmLead, CrmLeadType, CrmStage } from "@crm_lead_lifecycle/../tests/lead_test_models";

class Stage extends CrmStage {
    _records = [
        { id: 1, name: "New" },
        { id: 2, name: "Contacted" },
        { id: 3, name: "Offered" },
        { id: 4, name: "Won" },
        { id: 5, name: "Signed" },
    ];
}

class Lead extends CrmLead {
    lead_type_id = fields.Many2one({
        relation: "crm.lead.type",
        onChange(lead) {
            lead.type_stage_ids = [
                [3, 2],
                [3, 3],
                [3, 4],
                [4, 5],
            ];
            lead.allowed_stage_ids = [
                [3, 3],
                [4, 5],
            ];
        },
    });
    duration_tracking = fields.Json();
    is_rotting = fields.Boolean();
    rotting_days = fields.Integer();

    _records = [
        {
            id: 1,
            name: "Two weeks in July",
            lead_type_id: 1,
            stage_id: 1,
            type_stage_ids: [1, 2, 3, 4],
            allowed_stage_ids: [1, 3],
        },
    ];
}

defineModels([Lead, Stage, CrmLeadType]);
defineMailModels();

const TITLE = "Not a move of this lead type";
let refusal;

beforeEach(() => {
    refusal = null;
    onRpc("has_group", () => true);
    onRpc("crm.lead", "web_save", ({ args }) => {
        expect.step(args[1]);
        if (refusal) {
            throw makeServerError({ message: refusal });
        }
    });
});

const mountLead = (values = {}) => {
    Object.assign(Lead._records[0], values);
    return mountView({
        type: "form",
        resModel: "crm.lead",
        resId: 1,
        arch: `
            <form>
                <header>
                    <field
                        name="stage_id"
                        widget="lead_stage_bar"
                        domain="[('id', 'in', type_stage_ids)]"
                        options="{'clickable': 1, 'fold_field': 'fold'}"
                    />
                </header>
                <field name="type_stage_ids" invisible="1"/>
                <field name="is_rotting" invisible="1"/>
                <field name="rotting_days" invisible="1"/>
                <field name="name"/>
                <field name="lead_type_id"/>
            </form>`,
    });
};

const current = ".o_arrow_button_current";
const buttons = ".o_statusbar_status button[role=radio]";
// the bar is built from right to left
const shownStages = () => queryAllTexts(buttons).reverse();

test.tags("desktop");
test("all stages of the type are shown; those that are no move say so and can't be chosen", async () => {
    await mountLead();
    expect(shownStages()).toEqual(["New", "Contacted", "Offered", "Won"]);
    for (const stage of ["Contacted", "Won"]) {
        expect(`${buttons}:contains(${stage})`).toHaveAttribute("disabled");
        expect(`${buttons}:contains(${stage})`).toHaveAttribute("title", TITLE);
    }
    expect(`${buttons}:contains(Offered)`).not.toHaveAttribute("disabled");
    expect(`${buttons}:contains(Offered)`).not.toHaveAttribute("title");
    expect(current).not.toHaveAttribute("title");
});

test.tags("desktop");
test("it looks like Odoo's bar, with the time in each stage and the days it is left alone", async () => {
    await mountLead({ duration_tracking: { 2: 3600 * 24 }, is_rotting: true, rotting_days: 9 });
    expect(".o_field_lead_stage_bar").toHaveClass("o_field_statusbar");
    expect(`${buttons}:contains(Contacted)`).toHaveText("Contacted\n1d");
    expect(current).toHaveText("New\n9d");
});

test.tags("desktop");
test("a move of the type is made at once", async () => {
    await mountLead();
    await contains(`${buttons}:contains(Offered)`).click();
    expect.verifySteps([{ stage_id: 3 }]);
    expect(current).toHaveText("Offered");
});

test.tags("desktop");
test("a new lead can go anywhere", async () => {
    await mountView({
        type: "form",
        resModel: "crm.lead",
        arch: `
            <form>
                <field name="stage_id" widget="lead_stage_bar" options="{'clickable': 1}"/>
            </form>`,
    });
    expect(buttons).toHaveCount(5);
    expect(`${buttons}:disabled`).toHaveCount(0);
});

test.tags("desktop");
test("a move that the server refuses leaves the bar where the lead is, and nothing to save", async () => {
    expect.errors(1);
    await mountLead();
    refusal = "Not by you";
    await contains(`${buttons}:contains(Offered)`).click();
    await animationFrame();
    expect.verifyErrors(["Not by you"]);
    expect.verifySteps([{ stage_id: 3 }]);
    expect(current).toHaveText("New");
    expect(".o_form_status_indicator_buttons").toHaveClass("invisible");
});

test.tags("desktop");
test("a move that the server refuses keeps what else was typed", async () => {
    expect.errors(1);
    await mountLead();
    await contains("[name=name] input").edit("Three weeks in July");
    refusal = "Not by you";
    await contains(`${buttons}:contains(Offered)`).click();
    await animationFrame();
    expect.verifyErrors(["Not by you"]);
    expect.verifySteps([{ name: "Three weeks in July", stage_id: 3 }]);
    expect(current).toHaveText("New");
    expect("[name=name] input").toHaveValue("Three weeks in July");
    refusal = null;
    await contains(".modal .btn-close, .modal .btn-primary").click();
    await clickSave();
    expect.verifySteps([{ name: "Three weeks in July", stage_id: 1 }]);
});

test.tags("desktop");
test("the commands offer the moves of the type only; the next stage is the next of them", async () => {
    await mountLead();
    await press(["alt", "shift", "x"]);
    await animationFrame();
    expect(queryAllTexts(".o_command")).toEqual(["New", "Offered"]);
    await press("escape");
    await animationFrame();
    await press(["alt", "x"]);
    await animationFrame();
    expect.verifySteps([{ stage_id: 3 }]);
    expect(current).toHaveText("Offered");
});

test.tags("desktop");
test("where no move is left there is no next stage", async () => {
    await mountLead({ stage_id: 3, allowed_stage_ids: [1, 3] });
    await press(["control", "k"]);
    await animationFrame();
    const commands = queryAllTexts(".o_command").join();
    expect(commands).toInclude("Move to Stage");
    expect(commands).not.toInclude("Move to next");
});

test.tags("desktop");
test("who changes the type sees the stages of that type at once", async () => {
    await mountLead();
    await contains("[name=lead_type_id] input").click();
    await contains(".o-autocomplete--dropdown-item:contains(Contract)").click();
    await runAllTimers();
    await animationFrame();
    expect(shownStages()).toEqual(["New", "Signed"]);
    expect(`${buttons}:contains(Signed)`).not.toHaveAttribute("disabled");
});

const item = (stage) => `.o-dropdown--menu .dropdown-item:contains(${stage})`;

test.tags("desktop");
test("the one drop-down of a small screen refuses what the bar refuses, by mouse and by keyboard", async () => {
    await mountLead();
    await contains(".o_statusbar_status .dropdown-toggle:last", { visible: false }).click();
    expect(item("Contacted")).toHaveClass("disabled");
    expect(item("Contacted")).toHaveAttribute("title", TITLE);
    expect(item("Contacted")).toHaveAttribute("aria-disabled", "true");
    expect(item("Offered")).not.toHaveClass("disabled");
    expect(item("Offered")).not.toHaveAttribute("title");

    await contains(item("Contacted")).click();
    await press("enter");
    await animationFrame();
    expect.verifySteps([]);
    expect(current).toHaveText("New");
    expect(item("Contacted")).toHaveCount(1, { message: "it stays open" });
    await contains(item("Offered")).click();
    expect.verifySteps([{ stage_id: 3 }]);
});

test.tags("desktop");
test("the drop-downs before and after a long bar refuse what the bar refuses", async () => {
    for (const stage of Stage._records) {
        stage.name = stage.name.padEnd(50, "m");
        stage.fold = stage.id === 4;
    }
    await mountLead({ stage_id: 3, allowed_stage_ids: [2, 3] });
    await contains(".dropdown-toggle.o_first").click();
    expect(item("Won")).toHaveAttribute("title", TITLE);
    await press("escape");
    await animationFrame();
    await contains(".dropdown-toggle.o_last").click();
    expect(item("New")).toHaveAttribute("title", TITLE);
});
