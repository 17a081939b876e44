import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("call_reminder", {
    steps: () => [
        {
            content: "a call back is due: open the list",
            trigger: ".o_call_reminder:has(.o_call_reminder_count:contains(1))",
            run: "click",
        },
        {
            content: "call the customer who waits",
            trigger:
                ".o_call_reminder_menu li:contains('Tour Customer'):contains('min late') button:contains('Call')",
            run: "click",
        },
        {
            content: "the call has begun: it went this way",
            trigger: ".modal .o_call_quick:contains('Not interested')",
            run: "click",
        },
        {
            content: "confirm it",
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "the call is over",
            trigger: "body:not(:has(.modal))",
        },
        {
            content: "nothing is due any more: look at the list",
            trigger: ".o_call_reminder",
            run: "click",
        },
        {
            content: "there is nobody to call",
            trigger: ".o_call_reminder_menu:contains('No call back within a day')",
        },
    ],
});

registry.category("web_tour.tours").add("call_reminder_absent", {
    steps: () => [
        {
            content: "the systray is there, without a list of call backs",
            trigger: ".o_menu_systray:has(.o_user_menu):not(:has(.o_call_reminder))",
        },
    ],
});
