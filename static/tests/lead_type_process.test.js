import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { hover, queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { animationFrame, runAllTimers } from "@odoo/hoot-mock";
import {
    clickSave,
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
    serverState,
} from "@web/../tests/web_test_helpers";
import { CrmLeadType, CrmStage } from "@crm_lead_lifecycle/../tests/lead_test_models";
import { layoutProcess } from "@crm_lead_lifecycle/type/lead_type_process_layout";

class Stage extends CrmStage {
    _records = [
        { id: 1, name: "New", stage_type: "open", sequence: 1 },
        { id: 2, name: "Offered", stage_type: "open", sequence: 2 },
        { id: 3, name: "Won", stage_type: "qualified", sequence: 4 },
        { id: 4, name: "Lost", stage_type: "not_interested", sequence: 5 },
        { id: 5, name: "Later", stage_type: "frozen", sequence: 3 },
    ];
}

class Transition extends models.Model {
    _name = "crm.stage.transition";

    lead_type_id = fields.Many2one({ relation: "crm.lead.type" });
    from_stage_id = fields.Many2one({ relation: "crm.stage" });
    to_stage_id = fields.Many2one({ relation: "crm.stage" });
    group_ids = fields.Many2many({ relation: "res.groups" });

    _records = [
        { id: 1, lead_type_id: 1, from_stage_id: 1, to_stage_id: 2 },
        { id: 2, lead_type_id: 1, from_stage_id: 2, to_stage_id: 3 },
        {
            id: 3,
            lead_type_id: 1,
            from_stage_id: 2,
            to_stage_id: 4,
            group_ids: [serverState.groupId],
        },
        { id: 4, lead_type_id: 1, from_stage_id: 2, to_stage_id: 1 },
    ];
}

class Type extends CrmLeadType {
    stage_ids = fields.Many2many({ relation: "crm.stage" });
    transition_ids = fields.One2many({
        relation: "crm.stage.transition",
        relation_field: "lead_type_id",
    });
    initial_stage_id = fields.Many2one({ relation: "crm.stage" });
    next_type_id = fields.Many2one({ relation: "crm.lead.type" });

    _records = [
        {
            id: 1,
            name: "Booking",
            stage_ids: [1, 2, 3, 4],
            transition_ids: [1, 2, 3, 4],
            initial_stage_id: 1,
        },
        { id: 2, name: "Contract", stage_ids: [1, 2], transition_ids: [] },
    ];
}

defineModels([Stage, Transition, Type]);
defineMailModels();

beforeEach(() => {
    onRpc("has_group", () => true);
});

const mountType = (values = {}, { resId = 1 } = {}) => {
    Object.assign(Type._records[0], values);
    return mountView({
        type: "form",
        resModel: "crm.lead.type",
        resId,
        arch: `
            <form>
                <field name="name"/>
                <field name="next_type_id"/>
                <field name="stage_ids">
                    <list>
                        <field name="sequence" widget="handle"/>
                        <field name="name"/>
                        <field name="stage_type"/>
                    </list>
                </field>
                <field name="transition_ids">
                    <list editable="bottom">
                        <field name="from_stage_id"/>
                        <field name="to_stage_id"/>
                        <field name="group_ids" widget="many2many_tags"/>
                    </list>
                </field>
                <widget name="lead_type_process"/>
            </form>`,
    });
};

const stage = (name) => `.o_lead_type_stage:contains(${name})`;
const description = () => queryOne(".o_lead_type_process svg[role=img]").getAttribute("aria-label");

describe("where the boxes and arrows stand", () => {
    const STAGES = [
        { id: "lost", kind: "not_interested" },
        { id: "won", kind: "qualified" },
        { id: "a", kind: "open" },
        { id: "b", kind: "frozen" },
        { id: "c", kind: "open" },
    ];
    const layout = (moves, stages = STAGES) =>
        layoutProcess(
            stages,
            moves.map(([from, to]) => ({ from, to })),
        );
    const boxOf = ({ boxes }, id) => boxes.find((box) => box.id === id);
    const numbers = (path) => path.match(/-?[\d.]+/g).map(Number);
    /** The height of the middle of a curve. */
    const middle = ({ line }) => {
        const [, y0, , y1, , y2, , y3] = numbers(line);
        return (y0 + 3 * y1 + 3 * y2 + y3) / 8;
    };

    test("one row in their order, the won ones at its end, the lost ones below", () => {
        const picture = layout([]);
        const [a, b, c, won, lost] = ["a", "b", "c", "won", "lost"].map((id) => boxOf(picture, id));
        expect([a, b, c, won].map((box) => box.y)).toEqual(Array(4).fill(a.y));
        expect(a.x < b.x && b.x < c.x && c.x < won.x).toBe(true);
        expect(lost.y > a.y + a.height).toBe(true);
        expect(picture.height >= lost.y + lost.height).toBe(true);
        expect(picture.width >= won.x + won.width).toBe(true);
    });

    test("the type that comes next stands at the very end", () => {
        const picture = layout([], [{ id: "next", kind: "next" }, ...STAGES]);
        expect(boxOf(picture, "next").x > boxOf(picture, "won").x).toBe(true);
    });

    test("a move to the neighbour is straight, others forward go above, backward below", () => {
        const picture = layout([
            ["a", "b"],
            ["a", "c"],
            ["c", "a"],
        ]);
        const [straight, forward, backward] = picture.arrows;
        const { y, height } = boxOf(picture, "a");
        expect(straight.line).not.toInclude("C");
        expect(numbers(straight.line)[1]).toBe(y + height / 2);
        expect(middle(forward) < y).toBe(true);
        expect(middle(backward) > y + height).toBe(true);
    });

    test("a lost lead goes down, a reopened one up", () => {
        const picture = layout([
            ["b", "lost"],
            ["lost", "b"],
        ]);
        const [down, up] = picture.arrows.map(({ line, head }) => [
            numbers(line)[1],
            numbers(head)[1],
        ]);
        const [b, lost] = [boxOf(picture, "b"), boxOf(picture, "lost")];
        expect(down).toEqual([b.y + b.height, lost.y]);
        expect(up).toEqual([lost.y, b.y + b.height]);
    });

    test("no two arrows begin or end at the same point, and all stay inside the picture", () => {
        const ids = STAGES.map(({ id }) => id);
        const moves = ids.flatMap((from) => ids.map((to) => [from, to]));
        const picture = layout(moves);
        expect(picture.arrows).toHaveLength(20);
        const ends = picture.arrows.flatMap(({ line, head }) => [
            numbers(line).slice(0, 2).join(),
            numbers(head).slice(0, 2).join(),
        ]);
        expect(new Set(ends).size).toBe(40);
        for (const arrow of picture.arrows) {
            if (arrow.line.includes("C")) {
                expect(middle(arrow)).toBeWithin(0, picture.height);
            }
        }
    });

    test("a move that is listed twice is drawn once", () => {
        const moves = [
            ["a", "b"],
            ["b", "a"],
            ["a", "b"],
        ];
        expect(layout(moves).arrows).toHaveLength(2);
    });

    test("moves of stages that are not there, or to the same stage, are left out", () => {
        expect(
            layout([
                ["a", "x"],
                ["x", "a"],
                ["a", "a"],
            ]).arrows,
        ).toEqual([]);
    });

    test("without stages it is empty", () => {
        expect(layout([], []).boxes).toEqual([]);
    });
});

test("the stages in their order, each with its kind and the first with its mark", async () => {
    await mountType();
    expect(queryAllTexts(".o_lead_type_stage")).toEqual([
        "New\nOpen ● Start",
        "Offered\nOpen",
        "Won\nWon",
        "Lost\nLost",
    ]);
    expect(stage("New")).toHaveClass("text-primary");
    expect(".o_lead_type_stage:eq(2)").toHaveClass("text-success");
    expect(".o_lead_type_stage:eq(3)").toHaveClass("text-danger");
});

test("the moves as arrows, dashed where only some people may make them, and in words", async () => {
    await mountType();
    expect(".o_lead_type_move").toHaveCount(4);
    expect(".o_lead_type_dashed").toHaveCount(1);
    expect(queryAllTexts(".o_lead_type_legend li")).toEqual([
        "Open",
        "Won",
        "Lost",
        "dashed: only some people",
    ]);
    expect(description()).toBe(
        "Starts in New. From New to Offered. From Offered to Won, Lost (only some people), or New.",
    );
    expect(stage("Offered")).toHaveAttribute("title", /From Offered to Won/);
    expect(".o_lead_type_free").toHaveCount(0);
});

test("a stage that is pointed at or focused shows where it leads", async () => {
    await mountType();
    expect(".o_lead_type_move.o_active").toHaveCount(0);
    await hover(stage("Offered"));
    await animationFrame();
    expect(".o_lead_type_move.o_active").toHaveCount(3);
    await hover("[name=name] input");
    await animationFrame();
    expect(".o_lead_type_move.o_active").toHaveCount(0);
    queryOne(stage("New")).focus();
    await animationFrame();
    expect(".o_lead_type_move.o_active").toHaveCount(1);
});

test("stages of every type are there as soon as a move names them", async () => {
    await mountType();
    expect(stage("Later")).toHaveCount(0);
    await contains("[name=transition_ids] .o_field_x2many_list_row_add a").click();
    expect(".o_lead_type_move").toHaveCount(4, { message: "a row without stages is no move yet" });
    await contains(".o_selected_row [name=from_stage_id] input").click();
    await contains(".o-autocomplete--dropdown-item:contains(New)").click();
    await contains(".o_selected_row [name=to_stage_id] input").click();
    await contains(".o-autocomplete--dropdown-item:contains(Later)").click();
    await runAllTimers();
    await animationFrame();
    expect(".o_lead_type_move").toHaveCount(5);
    expect(stage("Later")).toHaveText("Later\nFrozen");
    expect(description()).toInclude("From New to Offered or Later.");
});

test("without moves it says that there is freedom", async () => {
    await mountType({ transition_ids: [] });
    const freedom = "No moves are listed: every stage can follow every other.";
    expect(".o_lead_type_stage").toHaveCount(4);
    expect(".o_lead_type_move").toHaveCount(0);
    expect(".o_lead_type_free").toHaveText(freedom);
    expect(description()).toBe(`Starts in New. ${freedom}`);
});

test("the type that a won lead goes on as stands behind the won stages, at once", async () => {
    await mountType();
    await contains("[name=next_type_id] input").click();
    await contains(".o-autocomplete--dropdown-item:contains(Contract)").click();
    await animationFrame();
    expect(stage("Contract")).toHaveText("→ Contract");
    expect(stage("Contract")).toHaveClass("rounded-pill");
    expect(".o_lead_type_move").toHaveCount(5);
    expect(description()).toInclude("Won goes on as Contract.");
});

const target = (id, name, ...who) => ({ id, name, who });

let asked;

function mockTrial(...stages) {
    onRpc("crm.lead.type", "try_moves", ({ args }) => {
        asked = args;
        return stages;
    });
}

const tryIt = () => contains(".o_lead_type_try").click();
const cells = (row) => queryAllTexts(`.o_lead_type_trial tbody tr:eq(${row}) > *`);

test("a trial asks about what is listed, saved or not, and shows what would change", async () => {
    mockTrial(
        {
            id: 1,
            name: "New",
            stage_type: "open",
            lead_count: 12,
            now: [target(2, "Offered"), target(5, "Later")],
            then: [target(2, "Offered"), target(3, "Won", "Managers")],
        },
        {
            id: 2,
            name: "Offered",
            stage_type: "open",
            lead_count: 3,
            now: [target(4, "Lost")],
            then: [],
        },
        { id: 4, name: "Lost", stage_type: "not_interested", lead_count: 1, now: [], then: [] },
    );
    await mountType();
    await contains("[name=transition_ids] .o_list_record_remove:eq(3) button").click();
    await contains("[name=transition_ids] .o_field_x2many_list_row_add a").click();
    await contains(".o_selected_row [name=from_stage_id] input").click();
    await contains(".o-autocomplete--dropdown-item:contains(New)").click();
    await tryIt();
    // the row that is not complete is left out
    expect(asked).toEqual([
        [1],
        [
            { from_stage_id: 1, to_stage_id: 2, group_ids: [] },
            { from_stage_id: 2, to_stage_id: 3, group_ids: [] },
            { from_stage_id: 2, to_stage_id: 4, group_ids: [serverState.groupId] },
        ],
        [1, 2, 3, 4],
    ]);
    expect(queryAllTexts(".o_lead_type_trial th[scope=col]")).toEqual([
        "Stage",
        "Open leads",
        "Could go to now",
        "Could go to after saving",
    ]);
    expect(cells(0)).toEqual([
        "New",
        "12",
        "Offered\nLater",
        "Offered\nWon (Managers) (new)\nLater (no longer)",
    ]);
    expect("li:contains(Later) s").toHaveCount(1);
    expect("li:contains((new))").toHaveClass("text-success");
    expect("li:contains((no longer)):first").toHaveClass("text-danger");
    expect(cells(1)).toEqual(["Offered", "3", "Lost", "Lost (no longer)\nstuck"]);
    expect(cells(2)).toEqual(["Lost", "1", "", ""]);
    expect(".o_lead_type_process [role=status]").not.toHaveText(/No open lead/);
});

test("a trial that changes nothing says so", async () => {
    const targets = [target(2, "Offered", "A", "B")];
    mockTrial({
        id: 1,
        name: "New",
        stage_type: "open",
        lead_count: 12,
        now: targets,
        then: [target(2, "Offered", "B", "A")],
    });
    await mountType();
    await tryIt();
    expect(".o_lead_type_process [role=status]").toHaveText("No open lead is affected.");
    expect(".o_lead_type_trial").toHaveCount(0);
});

test("other people for the same move are a change", async () => {
    const values = { id: 1, name: "New", stage_type: "open", lead_count: 1 };
    mockTrial({ ...values, now: [target(2, "Offered")], then: [target(2, "Offered", "Managers")] });
    await mountType();
    await tryIt();
    expect(cells(0)).toEqual(["New", "1", "Offered", "Offered (Managers)"]);
    expect(".o_lead_type_process [role=status]").not.toHaveText(/No open lead/);
});

test("the result goes as soon as it is about something else, and when it is saved", async () => {
    mockTrial({
        id: 1,
        name: "New",
        stage_type: "open",
        lead_count: 1,
        now: [target(2, "Offered")],
        then: [],
    });
    await mountType();
    await tryIt();
    expect(".o_lead_type_trial").toHaveCount(1);
    await contains("[name=transition_ids] .o_list_record_remove:eq(0) button").click();
    expect(".o_lead_type_trial").toHaveCount(0);
    await tryIt();
    expect(".o_lead_type_trial").toHaveCount(1);
    await clickSave();
    expect(".o_lead_type_trial").toHaveCount(0);
});

test("a type that was never saved can't be tried, and says why", async () => {
    await mountType({}, { resId: false });
    expect(".o_lead_type_try").toHaveAttribute("disabled");
    expect(".o_lead_type_try").toHaveAttribute("title", /^Save the lead type first/);
});
