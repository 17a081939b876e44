import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { queryAll, queryAllTexts } from "@odoo/hoot-dom";
import { defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";

class Campaign extends models.Model {
    _name = "crm.call.campaign";

    forecast = fields.Json();

    _records = [
        {
            id: 1,
            forecast: [
                { hour: "11:00", count: 40 },
                { hour: "12:00", count: 12345 },
                { hour: "13:00", count: 0 },
            ],
        },
        { id: 2, forecast: false },
    ];
}

defineModels([Campaign]);
defineMailModels();

const mountCampaign = (resId) =>
    mountView({
        type: "form",
        resModel: "crm.call.campaign",
        resId,
        arch: `<form><field name="forecast" widget="call_forecast"/></form>`,
    });

test("each hour has its bar with its figure, the highest one of full height", async () => {
    await mountCampaign(1);
    expect(queryAllTexts(".o_call_forecast_hour")).toEqual(["11:00", "12:00", "13:00"]);
    expect(queryAllTexts(".o_call_forecast_figure")).toEqual(["40", "12k", "0"]);
    expect(queryAll(".o_call_forecast li").map((bar) => bar.title)).toEqual([
        "11:00: 40 contacts",
        "12:00: 12,345 contacts",
        "13:00: 0 contacts",
    ]);
    expect(queryAll(".o_call_forecast_track span").map((bar) => bar.style.height)).toEqual([
        "0.3%",
        "100%",
        "0%",
    ]);
});

test("a campaign that is not saved has no bars", async () => {
    await mountCampaign(2);
    expect(".o_call_forecast li").toHaveCount(0);
});
