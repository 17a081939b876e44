import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const sees = (content, trigger) => ({ content, trigger });
const clicks = (content, trigger, more = {}) => ({ content, trigger, run: "click", ...more });

// ------------------------------------------------------------
// The desk and a customer at the same time, each in a browser
// ------------------------------------------------------------

const BOX = ".o_conversation_box";
const FORM = ".o_request_conversation[data-is-started] .o_request_form";
const says = (text) => [
    { content: "write", trigger: `${FORM} textarea`, run: `edit ${text}` },
    clicks("send it", `${FORM} button`),
    sees("it stands there", `.o_request_own .o_request_body:contains('${text}')`),
];

tours.add("proposal_desk", {
    steps: () => [
        sees("proposals are sent", ".o_conversation:contains('was sent')"),
        sees(
            "the customer asks while the lead is open",
            ".o_conversation_theirs:contains('May the dog come into the chalet?')",
        ),
        { content: "answer", trigger: `${BOX} textarea`, run: "edit She is welcome" },
        clicks("send it", `${BOX} .o_conversation_send:enabled`),
        sees("it stands there", ".o_conversation_ours:contains('She is welcome')"),
        sees("the customer sees it", ".o_conversation_ours:contains('seen')"),
        sees(
            "the customer accepts",
            ".o_conversation:contains(/was confirmed|accepted the proposal/)",
        ),
        sees(
            "the lead has concluded itself",
            ".o_statusbar_status .o_arrow_button_current:contains('Booked')",
        ),
        sees("and is won", ".ribbon:contains('Won')"),
        sees(
            "the customer writes once more",
            ".o_conversation_theirs:contains('See you in August')",
        ),
    ],
});

tours.add("proposal_customer", {
    steps: () => [
        sees(
            "two proposals",
            ".o_request_summary:has(.card.border-primary ~ .card.border-primary)",
        ),
        ...says("May the dog come into the chalet?"),
        sees(
            "the answer comes by itself",
            ".o_request_ours .o_request_body:contains('She is welcome')",
        ),
        clicks("look at the chalet", ".card:contains('200.00') a:contains('See and accept')", {
            expectUnloadPage: true,
        }),
        sees("Odoo's own page is ready", "body[is-ready=true] .o_portal_sale_sidebar"),
        clicks("accept", "#sale_order_sidebar_button .btn-primary:contains('Accept & Sign')"),
        sees(
            "the name is there",
            ".modal .o_web_sign_name_and_signature input:value('Marco Rossi')",
        ),
        {
            content: "the signature too",
            trigger: ".modal canvas.o_web_sign_signature",
            run: "canvasNotEmpty",
        },
        clicks("sign", ".modal .o_portal_sign_submit:enabled", { expectUnloadPage: true }),
        sees("it is confirmed", "#quote_content:contains('Your order has been confirmed')"),
        clicks("back to the request", "a.o_request_back", { expectUnloadPage: true }),
        sees("it is confirmed here too", ".o_request_summary .badge:contains('Confirmed')"),
        sees("the chalet is theirs", ".card:contains('200.00'):contains('Accepted')"),
        sees("the pitch is off", ".card:contains('100.00'):contains('No longer on offer')"),
        ...says("See you in August"),
        sees("the desk has read it", ".o_request_read:visible"),
    ],
});

// ------------------------------------------------------------
// Sending many
// ------------------------------------------------------------

const LINES = ".modal [name=line_ids]";

tours.add("proposal_batch", {
    steps: () => [
        sees("three are ready", ".o_data_row:eq(2)"),
        clicks("choose all", "thead .o_list_record_selector input"),
        clicks("send them", "button[name=action_send_proposals]"),
        sees(
            "one can't be sent",
            `${LINES} .o_data_row:contains('is no e-mail address'):not(:has(input))`,
        ),
        sees("two can", ".modal [name=summary]:contains('2 of 3 will be sent')"),
        sees("what the first one gets", ".modal [name=body]:contains('Hello')"),
        clicks("leave one out", `${LINES} .o_data_row:contains('later@') [name=is_chosen] input`),
        sees("one is left", ".modal [name=summary]:contains('1 of 3 will be sent')"),
        clicks("send it", ".modal button[name=action_send]"),
        sees("what has become of them", ".modal [name=summary]:contains('1 sent, 1 not sent')"),
        sees("one was sent", `${LINES} .o_data_row:contains('now@') [name=is_sent] input:checked`),
        clicks("go on", ".modal footer button:contains('Close')"),
        sees("the others are left", ".o_list_view:not(:has(.modal)) .o_data_row:eq(1)"),
        sees("two of them", ".o_list_view:not(:has(.o_data_row:eq(2)))"),
    ],
});
