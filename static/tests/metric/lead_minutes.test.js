import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { formatMinutes } from "@crm_lead_lifecycle/metric/lead_minutes";

class Wait extends models.Model {
    _name = "wait";
    minutes = fields.Float({ string: "Minutes", aggregator: "avg" });
    source = fields.Char({ string: "Source" });
    _records = [
        { id: 1, minutes: 45, source: "Fair" },
        { id: 2, minutes: 135, source: "Mail" },
        { id: 3, minutes: 3000, source: "Portal" },
    ];
}

defineMailModels();
defineModels([Wait]);

test("what is unknown took no time that anybody could say", () => {
    expect(formatMinutes(null)).toBe("–");
    expect(formatMinutes(false)).toBe("–");
});

test("a list says minutes as one does", async () => {
    await mountView({
        type: "list",
        resModel: "wait",
        arch: `<list><field name="minutes" widget="lead_minutes"/></list>`,
    });
    expect(queryAllTexts(".o_data_cell")).toEqual(["45 min", "2 h 15 min", "2 d 2 h"]);
});

test("a pivot says minutes as one does", async () => {
    await mountView({
        type: "pivot",
        resModel: "wait",
        arch: `<pivot><field name="source" type="row"/><field name="minutes" type="measure" widget="lead_minutes"/></pivot>`,
    });
    expect(queryAllTexts(".o_pivot_cell_value").slice(1)).toEqual([
        "45 min",
        "2 h 15 min",
        "2 d 2 h",
    ]);
});
