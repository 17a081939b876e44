import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { animationFrame, mockTimeZone } from "@odoo/hoot-mock";
import { contains, getService, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { LeadHistory } from "@crm_lead_lifecycle/conversation/lead_history";
import { MainComponentsContainer } from "@web/core/main_components_container";

defineMailModels();

const ROW = {
    key: "event-1",
    topic: "stages",
    kind: "stage",
    date: "2026-11-24 08:40:00",
    title: "Stage",
    text: "Moved from New to Sent",
    user: "Anna",
};
let pages;

beforeEach(() => {
    mockTimeZone(+1);
    onRpc("crm.lead", "get_history", ({ args: [[leadId]], kwargs: { topic, before } }) => {
        expect.step([leadId, topic, before]);
        return pages.shift();
    });
});

async function open() {
    await mountWithCleanup(MainComponentsContainer);
    getService("dialog").add(LeadHistory, { leadId: 7 });
    await animationFrame();
}

test("rows with icon, words, time and who did it; earlier ones by a click", async () => {
    const next = { "crm.lead.event": ["2026-11-24 08:40:00", 1] };
    pages = [
        { rows: [ROW], next },
        { rows: [{ ...ROW, key: "message-1", topic: "messages" }], next: false },
    ];
    await open();
    expect(".o_lead_history_row").toHaveText(/Stage\s+Anna · .*9:40.*\s+Moved from New to Sent/);
    expect(".o_lead_history_row i").toHaveAttribute("aria-label", "Stages");
    await contains(".o_lead_history_earlier").click();
    expect(".o_lead_history_row").toHaveCount(2);
    expect(".o_lead_history_earlier").toHaveCount(0);
    expect.verifySteps([
        [7, false, null],
        [7, false, next],
    ]);
});

test("filtered by what it tells of", async () => {
    pages = [
        { rows: [ROW], next: false },
        { rows: [], next: false },
    ];
    await open();
    await contains(".o_lead_history_topics button:contains(Calls)").click();
    expect(".o_lead_history_topics .btn-primary").toHaveText("Calls");
    expect(".o_lead_history_row").toHaveCount(0);
    expect(".modal-body").toHaveText(/Nothing of this sort happened/);
    expect.verifySteps([
        [7, false, null],
        [7, "calls", null],
    ]);
});
