import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

const openCrm = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "open the CRM",
        trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
        run: "click",
    },
];

const openDesk = () => [
    {
        content: "open the menu of the sales",
        trigger: ".dropdown-toggle[data-menu-xmlid='crm.crm_menu_sales']",
        run: "click",
    },
    {
        content: "open the lead desk",
        trigger: ".dropdown-item[data-menu-xmlid='crm_lead_lifecycle.crm_lead_menu_desk']",
        run: "click",
    },
    {
        content: "the desk is open",
        trigger: ".o_breadcrumb:contains('Lead Desk')",
    },
];

const search = (text) => [
    {
        content: `search for ${text}`,
        trigger: ".o_searchview_input",
        run: `edit ${text}`,
    },
    {
        content: "in everything that the search box knows",
        trigger: ".o_searchview_autocomplete .o-dropdown-item:first",
        run: "click",
    },
];

tours.add("lead_desk_create", {
    steps: () => {
        const due = luxon.DateTime.now().minus({ days: 2, hours: 4, minutes: 5 });
        return [
            ...openCrm(),
            ...openDesk(),
            {
                content: "write down a new lead",
                trigger: ".o_list_button_add",
                run: "click",
            },
            {
                content: "what it is about",
                trigger: ".o_field_widget[name=name] textarea",
                run: "edit Two weeks in July",
            },
            {
                content: "what was asked",
                trigger: ".o_field_widget[name=request] textarea",
                run: "edit A pitch near the sea, please",
            },
            {
                content: "by when it should be done",
                trigger: ".o_field_widget[name=date_due]:not(.o_lead_identity *) .o_input",
                run: "click",
            },
            {
                content: "which was two days ago",
                trigger: ".o_field_widget[name=date_due]:not(.o_lead_identity *) input",
                run: `edit ${due.toFormat("MM/dd/yyyy HH:mm:ss")} && press Escape`,
            },
            {
                content: "it is urgent",
                trigger: ".o_field_widget[name=is_urgent] input",
                run: "click",
            },
            {
                content: "save it",
                trigger: ".o_form_button_save:enabled",
                run: "click",
            },
            {
                content: "it has its number",
                trigger: ".o_lead_identity .o_field_widget[name=number]:contains('DESK-00777')",
            },
            {
                content: "it is urgent in words",
                trigger: ".o_lead_identity .badge:contains('Urgent')",
            },
            {
                content: "it says how late it is",
                trigger: ".o_lead_identity .o_lead_due.text-bg-danger:contains('2 d 4 h late')",
            },
            ...openDesk(),
            {
                content: "it is not alone in the list",
                trigger: ".o_data_row:contains('Another request')",
            },
            ...search("00777"),
            {
                content: "its number finds it alone",
                trigger:
                    ".o_list_renderer:not(:has(.o_data_row:contains('Another request'))) .o_data_row:contains('Two weeks in July')",
            },
            {
                content: "with its deadline",
                trigger: ".o_data_row .o_lead_due:contains('2 d 4 h late')",
            },
            {
                content: "and its bolt",
                trigger: ".o_data_row .o_lead_urgent.active",
            },
        ];
    },
});

// a card can't be dragged while its last move is under way
const drag = (column) => ({
    content: `drag it to ${column}`,
    trigger: ".o_kanban_record.o_draggable:contains('Two weeks in July')",
    run: `drag_and_drop (.o_kanban_group:contains('${column}'))`,
});
const isIn = (column) => ({
    content: `it is in ${column}`,
    trigger: `.o_kanban_group:contains('${column}') .o_kanban_record:contains('Two weeks in July')`,
});
const isAsked = (stage) => ({
    content: `it is asked why, with ${stage} chosen`,
    trigger: `.modal .o_lead_conclude_stage input:checked + label:contains('${stage}')`,
});

const chooseReason = (field, reason) => ({
    content: `the reason: ${reason}`,
    trigger: `.modal .o_field_widget[name=${field}] .o_selection_badge:contains('${reason}')`,
    run: "click",
});
const apply = () => ({
    content: "apply",
    trigger: ".modal button[name=action_apply]",
    run: "click",
});

tours.add("lead_desk_drag", {
    steps: () => [
        isIn("Incoming"),
        drag("In preparation"),
        isIn("In preparation"),
        drag("Gone elsewhere"),
        isAsked("Gone elsewhere"),
        {
            content: "think better of it",
            trigger: ".modal button:contains('Discard')",
            run: "click",
        },
        { content: "the question is gone", trigger: "body:not(:has(.modal))" },
        isIn("In preparation"),
        drag("Gone elsewhere"),
        isAsked("Gone elsewhere"),
        chooseReason("lost_reason_id", "Too far away"),
        apply(),
        {
            content: "it is no longer worked",
            trigger:
                ".o_kanban_renderer:not(:has(.o_kanban_record:contains('Two weeks in July'))):has(.o_kanban_record:contains('Another request'))",
        },
    ],
});

const conclude = (stage) => [
    {
        content: "conclude",
        trigger: ".o_statusbar_buttons button[name=action_conclude]",
        run: "click",
    },
    {
        content: `it ended: ${stage}`,
        trigger: `.modal .o_lead_conclude_stage label:contains('${stage}')`,
        run: "click",
    },
    isAsked(stage),
];
const hasRibbon = (text) => ({
    content: `the ribbon says ${text}`,
    trigger: `.o_form_view .ribbon:contains('${text}')`,
});

tours.add("lead_desk_conclude_won", {
    steps: () => [...conclude("Booked"), apply(), hasRibbon("Won")],
});

tours.add("lead_desk_conclude_client", {
    steps: () => [
        {
            content: "a lead without a client: that is what to do first",
            trigger: ".o_statusbar_buttons .btn-primary:contains('Assign to Client')",
        },
        ...conclude("Booked"),
        {
            content: "conclude, and go on with the client",
            trigger: ".modal button:contains('Conclude and Assign to Client')",
            run: "click",
        },
        {
            content: "a client has the phone of the lead",
            trigger: ".modal .o_lead_client_candidate:contains('Tour Client') input:checked",
        },
        {
            content: "that is the one",
            trigger: ".modal button[name=action_link]",
            run: "click",
        },
        {
            content: "the lead shows its client",
            trigger: ".o_lead_client_card:contains('Tour Client')",
        },
        hasRibbon("Won"),
        {
            content: "nothing is left to do",
            trigger: ".o_statusbar_buttons:not(:has(.btn-primary))",
        },
    ],
});

tours.add("lead_desk_conclude_lost", {
    steps: () => [
        ...conclude("Gone elsewhere"),
        apply(),
        {
            content: "without a reason it is refused",
            trigger: ".modal .o_field_widget[name=lost_reason_id].o_field_invalid",
        },
        chooseReason("lost_reason_id", "Too far away"),
        apply(),
        hasRibbon("Lost"),
    ],
});

tours.add("lead_desk_remove", {
    steps: () => [
        {
            content: "remove it",
            trigger: ".o_statusbar_buttons button[name=action_remove]",
            run: "click",
        },
        chooseReason("removal_reason_id", "A robot"),
        apply(),
        hasRibbon("Removed"),
        ...openDesk(),
        {
            content: "it left the desk",
            trigger:
                ".o_list_renderer:not(:has(.o_data_row:contains('Two weeks in July'))) .o_data_row:contains('Another request')",
        },
        {
            content: "take the filter away",
            trigger: ".o_searchview_facet .o_facet_remove",
            run: "click",
        },
        {
            content: "open the filters",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "look at what was removed",
            trigger: ".o_filter_menu .o-dropdown-item:contains('Removed')",
            run: "click",
        },
        {
            content: "there it is: open it",
            trigger:
                ".o_list_renderer:not(:has(.o_data_row:contains('Another request'))) .o_data_row:contains('Two weeks in July') [name=name]",
            run: "click",
        },
        hasRibbon("Removed"),
        {
            content: "restore it",
            trigger: ".o_statusbar_buttons button[name=action_restore]",
            run: "click",
        },
        {
            content: "it is as it was",
            trigger:
                ".o_form_view:not(:has(.ribbon)) .o_statusbar_status button.o_arrow_button_current:contains('Incoming')",
        },
    ],
});

tours.add("lead_desk_mark_lost", {
    steps: () => [
        {
            content: "conclude",
            trigger: "button[name=action_conclude]",
            run: "click",
        },
        {
            content: "there is no stage for lost leads",
            trigger: ".modal .alert button[name=action_mark_lost]",
            run: "click",
        },
        {
            content: "lost without a reason",
            trigger: ".modal button[name=action_lost_reason_apply]",
            run: "click",
        },
        {
            content: "it is lost",
            trigger: "body:not(:has(.modal)) button[name=action_restore]",
        },
    ],
});

tours.add("lead_desk_number", {
    steps: () => [
        {
            content: "change what numbers look like",
            trigger: ".o_field_widget[name=lead_number_template] input",
            run: "edit REQ-%(year)s-#### && press Tab",
        },
        {
            content: "the next one is shown at once",
            trigger: `.o_field_widget[name=lead_number_preview]:contains('REQ-${luxon.DateTime.utc().year}-0777')`,
        },
        {
            content: "a template without a counter",
            trigger: ".o_field_widget[name=lead_number_template] input",
            run: "edit REQ && press Tab",
        },
        {
            content: "is explained",
            trigger: ".o_field_widget[name=lead_number_error]:contains('#')",
        },
        {
            content: "back to the good one",
            trigger: ".o_field_widget[name=lead_number_template] input",
            run: "edit REQ-%(year)s-#### && press Tab",
        },
        {
            content: "the next one is shown again",
            trigger: ".o_field_widget[name=lead_number_preview]:contains('0777')",
        },
        {
            content: "save",
            trigger: ".o_form_button_save:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        ...openCrm(),
        ...openDesk(),
        {
            content: "write down a new lead",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "what it is about",
            trigger: ".o_field_widget[name=name] textarea",
            run: "edit One week in August",
        },
        {
            content: "save it",
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "it has a number of the new look",
            trigger: `.o_lead_identity [name=number]:contains('REQ-${luxon.DateTime.utc().year}-0777')`,
        },
    ],
});

tours.add("lead_desk_archive_stage", {
    steps: () => [
        {
            content: "what can be done with the stage",
            trigger: ".o_cp_action_menus .dropdown-toggle",
            run: "click",
        },
        {
            content: "archive it",
            trigger: ".o-dropdown--menu .o_menu_item:contains('Archive')",
            run: "click",
        },
        {
            content: "sure",
            trigger: ".modal:contains('archive') .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "its leads have to go somewhere",
            trigger:
                ".modal:contains('Incoming'):contains('2') .o_field_widget[name=target_stage_id] input",
            run: "edit In preparation",
        },
        {
            content: "to the next stage",
            trigger: ".o-autocomplete--dropdown-item > a:contains('In preparation')",
            run: "click",
        },
        apply(),
        {
            content: "that is all",
            trigger: "body:not(:has(.modal))",
        },
    ],
});
