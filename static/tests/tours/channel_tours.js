import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

/** what would have been opened */
let opened;

registry.category("web_tour.tours").add("channel_link", {
    steps: () => [
        {
            content: "an application that is not opened in the test",
            trigger: ".o_lead_channels",
            run: () => {
                browser.open = (url) => {
                    opened = url;
                };
            },
        },
        {
            content: "there is one channel: Odoo's own ways to call and to send SMS are not set up",
            trigger:
                ".o_form_view:not(:has(.o_phone_form_link)):not(:has(.o_field_phone_sms)) .o_lead_channels:not(:has(button:nth-child(2)))",
        },
        {
            content: "write by it",
            trigger: ".o_lead_channel:contains('Tour Messenger')",
            run: "click",
        },
        {
            content: "the dialog knows the number, and says what Odoo can't know",
            trigger: ".modal:contains('+393338142907'):contains('know whether you did')",
        },
        {
            content: "write",
            trigger: ".modal [name=body] textarea",
            run: "edit The chalet is free",
        },
        {
            content: "open it",
            trigger: ".modal footer button:contains('Open')",
            run: "click",
        },
        {
            content:
                "the dialog is gone, and the message is in the conversation, which does not say that it was sent",
            trigger:
                "body:not(:has(.modal)) .o_conversation_ours:contains('The chalet is free'):contains('opened in Tour Messenger'):not(:contains('sent'))",
            run: () => {
                if (opened !== "https://example.org/393338142907?text=The%20chalet%20is%20free") {
                    throw new Error(`opened ${opened}`);
                }
            },
        },
    ],
});
