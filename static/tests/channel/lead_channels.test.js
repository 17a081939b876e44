import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { openApplication } from "@crm_lead_lifecycle/channel/open_application";
import { browser } from "@web/core/browser/browser";

describe.current.tags("desktop");

class Channel extends models.Model {
    _name = "crm.lead.channel";
    name = fields.Char();
    icon = fields.Char();
    _records = [
        { id: 1, name: "Call", icon: "fa-phone" },
        { id: 2, name: "WhatsApp", icon: false },
    ];
}

class Lead extends models.Model {
    _name = "crm.lead";
    phone = fields.Char();
    channel_ids = fields.Many2many({ relation: "crm.lead.channel", readonly: true });
    _records = [{ id: 1, phone: "+39 333 814 2907", channel_ids: [1, 2] }];
}

defineMailModels();
defineModels([Channel, Lead]);

const FORM = `
    <form>
        <field name="phone" widget="lead_phone" />
        <field name="channel_ids" widget="lead_channels" />
    </form>`;

/** what was asked of the server, and done */
let steps;

beforeEach(() => {
    steps = [];
    onRpc("crm.lead", "web_save", ({ args }) => steps.push(["save", args[1]]) && undefined);
    onRpc("crm.lead", "action_open_channel", ({ args }) => {
        steps.push(["open", ...args]);
        return { type: "ir.actions.act_window_close" };
    });
});

test("a button for each channel, in the place of Odoo's own", async () => {
    await mountView({ type: "form", resModel: "crm.lead", resId: 1, arch: FORM });
    expect(queryAllTexts(".o_lead_channel")).toEqual(["Call", "WhatsApp"]);
    expect(".o_lead_channel .fa-phone").toHaveCount(1);
    expect(".o_field_widget[name=phone] a").toHaveCount(0);
});

test("what is changed is saved before the channel is asked", async () => {
    mockService("action", {
        doAction: (action, { onClose }) => {
            steps.push(["do", action.type]);
            return onClose();
        },
    });
    await mountView({ type: "form", resModel: "crm.lead", resId: 1, arch: FORM });
    await contains(".o_field_widget[name=phone] input").edit("+39 333 814 2908");
    await click(".o_lead_channel:contains(WhatsApp)");
    await animationFrame();
    expect(steps).toEqual([
        ["save", { phone: "+39 333 814 2908" }],
        ["open", [1], 2],
        ["do", "ir.actions.act_window_close"],
    ]);
});

test("sites open in a new tab, applications where the browser finds them", () => {
    const opened = [];
    patchWithCleanup(browser, { open: (...args) => opened.push(args) });
    patchWithCleanup(browser.location, { assign: (url) => opened.push([url]) });
    for (const url of ["https://wa.me/39", "viber://chat?number=39", "tel:+39"]) {
        expect(openApplication({}, { params: { url } })).toEqual({
            type: "ir.actions.act_window_close",
        });
    }
    expect(opened).toEqual([
        ["https://wa.me/39", "_blank", "noopener"],
        ["viber://chat?number=39"],
        ["tel:+39"],
    ]);
});
