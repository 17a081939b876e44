import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame, mockDate, mockTimeZone } from "@odoo/hoot-mock";
import {
    allowTranslations,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { formatLateness } from "@crm_lead_lifecycle/deadline/lead_due_field";

class Lead extends models.Model {
    _name = "crm.lead";

    name = fields.Char();
    active = fields.Boolean({ default: true });
    date_due = fields.Datetime();
    stage_type = fields.Selection({
        selection: [
            ["open", "Open"],
            ["frozen", "Frozen"],
            ["qualified", "Qualified"],
        ],
        default: "open",
    });
}

defineModels([Lead]);
defineMailModels();

beforeEach(() => {
    onRpc("has_group", () => true);
    mockTimeZone(+1);
    mockDate("2026-11-22 11:00:00"); // UTC
});

const ARCHES = {
    list: `<list><field name="date_due" widget="lead_due"/></list>`,
    kanban: `
        <kanban>
            <templates>
                <t t-name="card"><field name="date_due" widget="lead_due"/></t>
            </templates>
        </kanban>`,
    form: `<form><field name="date_due" widget="lead_due" readonly="1"/></form>`,
};

/** @param {string | false} date_due in UTC, as the server gives it */
async function mountLead(date_due, { type = "list", ...values } = {}) {
    Lead._records = [{ id: 1, name: "Two weeks in July", date_due, ...values }];
    const domain = [["active", "in", [true, false]]];
    await mountView({ type, resModel: "crm.lead", resId: 1, arch: ARCHES[type], domain });
}

describe("how late", () => {
    const MINUTES = { hour: 60, day: 24 * 60 };
    const CASES = [
        [0.2, "1 min late"],
        [12.7, "12 min late"],
        [59.9, "59 min late"],
        [MINUTES.hour, "1 h 0 min late"],
        [4 * MINUTES.hour + 12, "4 h 12 min late"],
        [MINUTES.day - 1, "23 h 59 min late"],
        [MINUTES.day, "1 d late"],
        [2 * MINUTES.day + 4 * MINUTES.hour + 59, "2 d 4 h late"],
        [31 * MINUTES.day - 1, "30 d 23 h late"],
        [31 * MINUTES.day, "31 d late"],
    ];
    for (const [minutes, text] of CASES) {
        test(text, () => {
            allowTranslations();
            expect(formatLateness(minutes).toString()).toBe(text);
        });
    }
});

for (const type of Object.keys(ARCHES)) {
    test(`a late lead has a red badge in ${type}, which reads what it needs by itself`, async () => {
        await mountLead("2026-11-20 06:48:00", { type });
        expect(".o_lead_due").toHaveText("2 d 4 h late");
        expect(".o_lead_due").toHaveClass(["badge", "text-bg-danger"]);
        expect(".o_lead_due i").toHaveAttribute("aria-label", "Due");
        expect(".o_lead_due").toHaveAttribute("title", /Friday, November 20, 2026.*7:48/);
    });

    test(`a frozen lead has no colour in ${type}`, async () => {
        await mountLead("2026-11-20 06:48:00", { type, stage_type: "frozen" });
        expect(".o_lead_due").toHaveText(/^Nov 20, 7:48/);
        expect(".o_lead_due").toHaveClass("text-muted");
        expect(".o_lead_due").not.toHaveClass("badge");
    });

    test(`an archived lead has no colour in ${type}`, async () => {
        await mountLead("2026-11-20 06:48:00", { type, active: false });
        expect(".o_lead_due").toHaveClass("text-muted");
        expect(".o_lead_due").not.toHaveClass("badge");
    });
}

test("a lead with time left shows a grey clock and the moment", async () => {
    await mountLead("2026-11-24 17:00:00");
    expect(".o_lead_due").toHaveText(/^Nov 24, 6:00/);
    expect(".o_lead_due").not.toHaveClass("badge");
    expect(".o_lead_due i").toHaveClass("text-muted");
});

test("another year is named", async () => {
    await mountLead("2027-11-24 17:00:00");
    expect(".o_lead_due").toHaveText(/^Nov 24, 2027, 6:00/);
});

test("today is the user's day, not that of UTC", async () => {
    await mountLead("2026-11-22 22:59:00");
    expect(".o_lead_due").toHaveText(/^Today 11:59/);
    expect(".o_lead_due").toHaveClass(["badge", "text-bg-warning"]);
});

test("after midnight of the user it is no longer today", async () => {
    await mountLead("2026-11-22 23:30:00");
    expect(".o_lead_due").toHaveText(/^Nov 23, 12:30/);
    expect(".o_lead_due").not.toHaveClass("badge");
});

test("a lead without a date shows nothing", async () => {
    await mountLead(false);
    expect(".o_data_row").toHaveCount(1);
    expect(".o_lead_due").toHaveCount(0);
});

test("the badge turns red while it is looked at", async () => {
    await mountLead("2026-11-22 11:01:30");
    expect(".o_lead_due").toHaveClass("text-bg-warning");
    await advanceTime(3 * 60 * 1000);
    await animationFrame();
    expect(".o_lead_due").toHaveClass("text-bg-danger");
    expect(".o_lead_due").toHaveText("1 min late");
});

test("a form that can be edited has Odoo's own date picker", async () => {
    Lead._records = [{ id: 1, date_due: "2026-11-24 17:00:00" }];
    await mountView({
        type: "form",
        resModel: "crm.lead",
        resId: 1,
        arch: `<form><field name="date_due" widget="lead_due"/></form>`,
    });
    expect(".o_lead_due").toHaveCount(0);
    expect(".o_field_widget[name=date_due] .o_input").toHaveCount(1);
});
