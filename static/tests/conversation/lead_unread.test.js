import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { session } from "@web/session";
import { WebClient } from "@web/webclient/webclient";

class Lead extends models.Model {
    _name = "crm.lead";

    is_unread = fields.Boolean();

    _records = [
        { id: 1, is_unread: true },
        { id: 2, is_unread: false },
    ];
}

defineModels([Lead]);
defineMailModels();

describe("on leads", () => {
    beforeEach(() => onRpc("has_group", () => true));

    test("an envelope in the list, with words for who can't see it", async () => {
        await mountView({
            type: "list",
            resModel: "crm.lead",
            arch: `<list><field name="is_unread" widget="lead_unread"/></list>`,
        });
        expect(".o_data_row:eq(0) .fa-envelope").toHaveAttribute("aria-label", "Unread message");
        expect(".o_data_row:eq(1) .o_lead_unread").toHaveCount(0);
    });

    test("a badge on the form", async () => {
        await mountView({
            type: "form",
            resModel: "crm.lead",
            resId: 1,
            arch: `<form><field name="is_unread" widget="lead_unread" options="{'show_text': True}"/></form>`,
        });
        expect(".badge.o_lead_unread").toHaveText("Unread message");
    });
});

describe("in the systray", () => {
    let count;
    let told;

    async function open(unreadCount) {
        told = [];
        patchWithCleanup(session, { lead_unread_count: unreadCount });
        mockService("bus_service", {
            subscribe: (name, callback) => name === "crm_lead_conversation" && told.push(callback),
        });
        onRpc("crm.lead", "get_unread_count", () => {
            expect.step("counted");
            return count;
        });
        await mountWithCleanup(WebClient);
        await animationFrame();
    }

    test("the number that the page came with, and a new one when the bus tells", async () => {
        await open(2);
        expect(".o_lead_unread_count").toHaveText("2");
        expect(".o_lead_unread_menu button").toHaveAttribute(
            "title",
            "2 leads have unread messages",
        );
        expect.verifySteps([]);
        count = 0;
        told.forEach((callback) => [1, 2, 3].forEach((id) => callback({ lead_id: id })));
        await advanceTime(1000);
        await animationFrame();
        expect.verifySteps(["counted"]);
        expect(".o_lead_unread_count").toHaveCount(0);
    });

    test("a click lists them", async () => {
        await open(1);
        onRpc("crm.lead", "action_open_unread", () => {
            expect.step("opened");
            return { type: "ir.actions.act_window_close" };
        });
        await contains(".o_lead_unread_menu button").click();
        expect.verifySteps(["opened"]);
    });

    test("who works no leads has none, and asks for nothing", async () => {
        await open(undefined);
        expect(".o_lead_unread_menu").toHaveCount(0);
        expect(told).toHaveLength(0);
    });
});
