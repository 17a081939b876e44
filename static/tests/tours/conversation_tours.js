import { registry } from "@web/core/registry";

const BOX = ".o_conversation_box";

registry.category("web_tour.tours").add("conversation_pane", {
    steps: () => [
        {
            content: "a customer wrote: look at the leads with something to read",
            trigger: ".o_lead_unread_menu button:has(.o_lead_unread_count:contains(1))",
            run: "click",
        },
        {
            content: "open the lead that waits",
            trigger: ".o_data_row:contains('Tour chalet'):has(.fa-envelope) td[name=name]",
            run: "click",
        },
        {
            content: "what the customer wrote is there",
            trigger: ".o_conversation_theirs:contains('Is the chalet free?')",
        },
        {
            content: "it is read: nothing waits any more",
            trigger: ".o_lead_unread_menu:not(:has(.o_lead_unread_count))",
        },
        {
            content: "and the form does not say so either",
            trigger: ".o_lead_identity:not(:has(.o_lead_unread))",
        },
        {
            content: "write an answer",
            trigger: `${BOX} textarea`,
            run: "edit Yes, it is free",
        },
        {
            content: "send it",
            trigger: `${BOX} .o_conversation_send:enabled`,
            run: "click",
        },
        {
            content: "it stands on our side",
            trigger: ".o_conversation_ours:contains('Yes, it is free'):contains('sent')",
        },
        {
            content: "the box is empty again",
            trigger: `${BOX}:has(.o_conversation_send:disabled)`,
        },
        {
            content: "Odoo's chatter is beside it",
            trigger: ".o_lead_pane_internal",
            run: "click",
        },
        {
            content: "log a note",
            trigger: ".o-mail-Chatter-logNote",
            run: "click",
        },
        {
            content: "for colleagues alone",
            trigger: ".o-mail-Composer-input",
            run: "edit A regular guest",
        },
        {
            content: "log it",
            trigger: ".o-mail-Composer-send:enabled",
            run: "click",
        },
        {
            content: "it is in the chatter, as is what was sent",
            trigger:
                ".o-mail-Chatter:has(.o-mail-Message:contains('A regular guest')):has(.o-mail-Message:contains('Yes, it is free'))",
        },
        {
            content: "all of it is in the history",
            trigger: ".o_lead_pane_history",
            run: "click",
        },
        {
            content: "the note too",
            trigger: ".o_lead_history_row:contains('Internal note'):contains('A regular guest')",
        },
        {
            content: "only the messages",
            trigger: ".o_lead_history_topics button:contains('Messages')",
            run: "click",
        },
        {
            content: "two",
            trigger:
                ".o_lead_history:has(.o_lead_history_row:nth-child(2)):not(:has(.o_lead_history_row:nth-child(3)))",
        },
        {
            content: "close it",
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            content: "back to the conversation: the note is not there",
            trigger: ".o_lead_pane_conversation",
            run: "click",
        },
        {
            content: "two messages",
            trigger: ".o_conversation:not(:contains('A regular guest')) .o_conversation_ours",
        },
    ],
});

registry.category("web_tour.tours").add("conversation_below", {
    steps: () => [
        {
            content: "the message is there, below the form",
            trigger: ".o_conversation_theirs:contains('Is the chalet free?')",
        },
        {
            content: "nobody has read it: go there",
            trigger: ".o_lead_identity button.o_lead_unread",
            run: "click",
        },
        {
            content: "now it is read",
            trigger: ".o_lead_identity:not(:has(.o_lead_unread))",
        },
    ],
});
