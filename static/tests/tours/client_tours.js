import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const DIALOG = ".modal:not(.o_inactive_modal)";
const candidate = (name) => `${DIALOG} .o_lead_client_candidate:contains('${name}')`;

const openDialog = () => [
    {
        content: "look for the client",
        trigger: "button[name=action_link_client]",
        run: "click",
    },
];

const confirm = () => ({
    content: "yes, it is meant so",
    trigger: `${DIALOG} .modal-footer .btn-primary`,
    run: "click",
});

const leadIsNew = () => ({
    content: "the lead is without a client again",
    trigger: ".o_form_view:not(:has(.o_lead_client_card)) button[name=action_link_client]",
});

tours.add("client_link_hint", {
    steps: () => [
        {
            content: "nobody knows yet who has called",
            trigger: ".o_form_view:not(:has(.o_lead_client_hint))",
        },
        {
            content: "the phone shows a number",
            trigger: ".o_field_widget[name=phone] input",
            run: "edit 333 1234567",
        },
        {
            content: "it is known while it is being typed, and opens who it may be",
            trigger: ".o_lead_client_hint:contains('This is a client')",
            run: "click",
        },
        {
            content: "the sure one is chosen, and has the focus",
            trigger: `${candidate("Ada Tour")} input:checked:focus`,
            run: "press Enter",
        },
        {
            content: "the client's card stands where name and phone were",
            trigger:
                ".o_form_view:not(:has(.o_field_widget[name=phone])) .o_lead_client_card:contains('Ada Tour'):contains('Linked')",
        },
    ],
});

tours.add("client_create", {
    steps: () => [
        ...openDialog(),
        {
            content: "there is no such client",
            trigger: `${DIALOG} .alert:contains('No client')`,
        },
        {
            content: "the name was a nickname",
            trigger: `${DIALOG} .o_field_widget[name=client_first_name] input:value('Bobby')`,
            run: "edit Roberto",
        },
        {
            content: "the phone is gone",
            trigger: `${DIALOG} .o_field_widget[name=client_phone] input`,
            run: "clear",
        },
        {
            content: "make the client",
            trigger: `${DIALOG} button[name=action_create]`,
            run: "click",
        },
        {
            content: "nobody could ever reach it",
            trigger: `${DIALOG} .modal-body:contains('needs an e-mail address or a phone')`,
        },
        {
            content: "well then",
            trigger: `${DIALOG} .modal-footer .btn-primary`,
            run: "click",
        },
        {
            content: "what was typed is still there",
            trigger: `${DIALOG} .o_field_widget[name=client_first_name] input:value('Roberto')`,
        },
        {
            content: "an address will do",
            trigger: `${DIALOG} .o_field_widget[name=client_email] input`,
            run: "edit roberto@example.org",
        },
        {
            content: "make the client",
            trigger: `${DIALOG} button[name=action_create]`,
            run: "click",
        },
        {
            content: "the client is shown",
            trigger: ".o_form_view .o_field_widget[name=name] input:value('Roberto Nowhere')",
        },
        {
            content: "with the lead that it was made from",
            trigger: ".o_notebook .nav-link:contains('Related Leads')",
            run: "click",
        },
        {
            content: "which is converted",
            trigger: ".o_data_row:contains('Tour inquiry'):contains('Converted')",
        },
    ],
});

tours.add("client_detach", {
    steps: () => [
        {
            content: "see the leads of the client",
            trigger: ".o_notebook .nav-link:contains('Related Leads')",
            run: "click",
        },
        {
            content: "one of them is somebody else's",
            trigger: ".o_data_row:contains('Tour inquiry') button[name=action_detach_client]",
            run: "click",
        },
        {
            content: "or is it not?",
            trigger: `${DIALOG}:contains('new again') .modal-footer .btn-secondary`,
            run: "click",
        },
        {
            content: "nothing has happened",
            trigger:
                "body:not(:has(.modal)) .o_data_row:contains('Tour inquiry'):contains('Linked')",
        },
        {
            content: "it is",
            trigger: ".o_data_row:contains('Tour inquiry') button[name=action_detach_client]",
            run: "click",
        },
        confirm(),
        {
            content: "the client has no lead any more, and no page for them",
            trigger: ".o_form_view:not(:has(.nav-link:contains('Related Leads')))",
        },
    ],
});

tours.add("client_undo", {
    steps: () => [
        {
            content: "the client was made from this lead, by mistake",
            trigger: ".o_lead_client_card:contains('Converted')",
        },
        {
            content: "take it back",
            trigger: "button[name=action_undo_client]",
            run: "click",
        },
        confirm(),
        leadIsNew(),
        {
            content: "on second thoughts it was right",
            trigger: "button[name=action_undo_client]",
            run: "click",
        },
        confirm(),
        {
            content: "the client is back",
            trigger: ".o_lead_client_card:contains('Converted')",
        },
        {
            content: "no, it was wrong",
            trigger: "button[name=action_undo_client]",
            run: "click",
        },
        confirm(),
        leadIsNew(),
    ],
});

tours.add("client_refuse", {
    steps: () => [
        {
            content: "two may be it",
            trigger: ".o_lead_client_hint:contains('2 clients match')",
            run: "click",
        },
        {
            content: "this one is the brother",
            trigger: `${candidate("Bruno Verdi")} button:contains('Not the same')`,
            run: "click",
        },
        {
            content: "one is left, and is another person too",
            trigger: `${DIALOG}:not(:has(.o_lead_client_candidate:contains('Bruno Verdi'))) .o_lead_client_candidate:contains('Carla Verdi') button`,
            run: "click",
        },
        {
            content: "nobody is left",
            trigger: `${DIALOG} .alert:contains('No client')`,
        },
        {
            content: "who was refused could be shown again, but need not be",
            trigger: `${DIALOG}:has(button[name=action_forget_refusals]) button[special=cancel]`,
            run: "click",
        },
        {
            content: "the lead tells of nobody any more",
            trigger: "body:not(:has(.modal)) .o_form_view:not(:has(.o_lead_client_hint))",
        },
    ],
});

tours.add("client_mass", {
    steps: () => [
        ...["Tour inquiry", "Another inquiry"].map((name) => ({
            content: `choose ${name}`,
            trigger: `.o_data_row:contains('${name}') .o_list_record_selector input`,
            run: "click",
        })),
        {
            content: "look for both clients",
            trigger: ".o_control_panel button[name=action_link_client]",
            run: "click",
        },
        {
            content: "the sure one is to be assigned",
            trigger: `${DIALOG}:contains('1 to be assigned, 0 new clients, 1 left')`,
        },
        {
            content: "the other one has no client yet",
            trigger: `${DIALOG} .o_data_row:contains('Bobby') [name=decision]`,
            run: "click",
        },
        {
            content: "make one",
            trigger: `${DIALOG} .o_selected_row [name=decision] input`,
            run: "click",
        },
        {
            content: "a new client",
            trigger: ".o_select_menu_item:contains('New client')",
            run: "click",
        },
        {
            content: "nothing is left",
            trigger: `${DIALOG}:contains('1 to be assigned, 1 new clients, 0 left')`,
        },
        {
            content: "do it",
            trigger: `${DIALOG} button[name=action_apply]`,
            run: "click",
        },
        {
            content: "both have their client",
            trigger: ".o_notification:contains('2 leads have their client')",
        },
        {
            content: "the dialog is closed",
            trigger: "body:not(:has(.modal))",
        },
    ],
});

tours.add("client_ask", {
    steps: () => [
        {
            content: "who may not see clients neither gets the hint nor the dialog",
            trigger:
                ".o_form_view:not(:has(.o_lead_client_hint)):not(:has(button[name=action_link_client]))",
        },
        {
            content: "a colleague will know",
            trigger: "button[name=action_request_client]",
            run: "click",
        },
        {
            content: "that is all there is to do",
            trigger:
                ".o_form_view:not(:has(button[name=action_request_client])) .alert:contains('A colleague will assign a client')",
        },
    ],
});

tours.add("client_queue", {
    steps: () => [
        {
            content: "somebody waits",
            trigger:
                ".o_data_row:contains('Tour inquiry'):contains('Tour Blind') button:contains('Assign')",
            run: "click",
        },
        {
            content: "for a client that is there",
            trigger: `${DIALOG}:has(.o_lead_client_candidate:contains('Ada Tour') input:checked) button[name=action_link]`,
            run: "click",
        },
        {
            content: "nobody waits any more",
            trigger: ".o_view_nocontent:contains('No lead waits')",
        },
    ],
});

tours.add("client_card", {
    steps: () => [
        {
            content:
                "who may not see clients sees whose lead this is, and nothing more of the client",
            trigger:
                ".o_lead_client_card:contains('Ada Tour'):not(:has([name=client_phone])):not(:has([name=client_user_id]))",
        },
    ],
});

tours.add("client_phones", {
    steps: () => [
        {
            content: "the client's phone has its line to itself",
            trigger: ".o_field_widget[name=phone] input:value('+39 333 1234567')",
            run({ anchor }) {
                const line = anchor.closest(".o_field_widget").parentElement;
                if (line.querySelector("[name=client_phone_ids]")) {
                    throw new Error("the other phones push it away");
                }
            },
        },
        {
            content: "there is a number at work",
            trigger: ".o_field_widget[name=client_phone_ids] a:contains('Add another phone')",
            run: "click",
        },
        {
            content: "which one",
            trigger: ".o_field_widget[name=client_phone_ids] .o_selected_row [name=phone] input",
            run: "edit 0565 123456",
        },
        {
            content: "what it is for",
            trigger: ".o_field_widget[name=client_phone_ids] .o_selected_row [name=label] input",
            run: "edit At work",
        },
        {
            content: "save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "both are there",
            trigger:
                ".o_form_saved .o_field_widget[name=client_phone_ids] .o_data_row:contains('0565 123456'):contains('At work')",
        },
    ],
});
