import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("lead_notice_matrix", {
    steps: () => [
        {
            content: "who is told what",
            trigger: "#lead_notices button:contains('Notices')",
            run: "click",
        },
        {
            content: "leaders want to know what was assigned",
            trigger: ".o_data_row:contains('Lead assigned') [name=to_leader] input:not(:checked)",
            run: "click",
        },
        {
            content: "it is kept at once",
            trigger: ".o_data_row:contains('Lead assigned') [name=to_leader] input:checked",
        },
        {
            content: "a colleague wants to know of new leads",
            trigger: ".o_data_row:contains('New lead') [name=user_ids]",
            run: "click",
        },
        {
            content: "look for the colleague",
            trigger: ".o_data_row [name=user_ids] input",
            run: "edit Nosy Colleague",
        },
        {
            content: "choose the colleague",
            trigger: ".o-autocomplete--dropdown-item:contains('Nosy Colleague')",
            run: "click",
        },
        {
            content: "save the row",
            trigger: ".o_list_button_save:enabled",
            run: "click",
        },
        {
            content: "it is saved",
            trigger: ".o_list_view:not(:has(.o_list_button_save))",
        },
    ],
});

tours.add("lead_notice_choice", {
    steps: () => [
        {
            content: "my own menu",
            trigger: ".o_user_menu button",
            run: "click",
        },
        {
            content: "my preferences",
            trigger: ".dropdown-item[data-menu=preferences]",
            run: "click",
        },
        {
            content: "choose what I am told of my leads",
            trigger:
                ".modal .o_field_widget[name=notice_assigned] select, .o_field_widget[name=notice_assigned] input",
            run: "click",
        },
        {
            content: "never",
            trigger: ".o_select_menu_item:contains('Never')",
            run: "click",
        },
        {
            content: "save it",
            trigger: "button[name=preference_save]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "back at work",
            trigger: ".o_user_menu",
        },
    ],
});
