import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const openMenu = (name) => [
    {
        content: "open the menu of actions",
        trigger: ".o_control_panel .o_cp_action_menus .dropdown-toggle:has(.fa-cog)",
        run: "click",
    },
    {
        content: `choose ${name}`,
        trigger: `.o-dropdown--menu .o_menu_item:contains('${name}')`,
        run: "click",
    },
];

const openDialog = (name) => [
    {
        content: "the lead is open",
        trigger: ".o_form_view .o_field_widget[name='name'] :value(Tour of Ottavia)",
    },
    ...openMenu(name),
    {
        content: "the lead and its client are listed",
        trigger: ".modal .o_field_widget[name='line_ids'] .o_data_row:nth-child(2)",
    },
];

const confirmErasure = (told) => [
    {
        content: "erase",
        trigger: ".modal footer button[name='action_erase']",
        run: "click",
    },
    {
        content: "yes, for good",
        trigger: ".modal:contains('Nobody can bring this back') footer .btn-primary:not([name])",
        run: "click",
    },
    {
        content: "it is told what was done",
        trigger: `.o_notification:contains('${told}')`,
    },
];

tours.add("person_erase", {
    steps: () => [
        ...openDialog("Erase This Person"),
        {
            content: "read what goes",
            trigger: ".modal .o_field_widget[name='goes']:contains('Leads, anonymised: 1')",
        },
        {
            content: "and what stays, and why",
            trigger:
                ".modal .o_field_widget[name='stays']:contains('which the law asks to keep: 1')",
        },
        ...confirmErasure("Erased. Leads: 1, contacts: 0."),
        {
            content: "the lead says that nobody knows any more whose it was",
            trigger: ".o_form_view .badge:contains('Anonymised')",
        },
        {
            content: "and is called by its number",
            trigger: ".o_form_view .o_field_widget[name='name'] :value(LEAD)",
        },
    ],
});

tours.add("person_erase_contact", {
    steps: () => [
        {
            content: "the contact is open",
            trigger: ".o_form_view .o_field_widget[name='name'] :value(Tour Bruno)",
        },
        ...openMenu("Erase This Person"),
        ...confirmErasure("Erased. Leads: 0, contacts: 1."),
        {
            content: "the contact is there no more, so all others are shown",
            trigger: ".o_list_view:has(.o_data_row):not(:contains('Tour Bruno'))",
        },
    ],
});

tours.add("person_export", {
    steps: () => [
        ...openDialog("Export All Data of This Person"),
        {
            content: "make the file",
            trigger: ".modal footer button[name='action_export']",
            run: "click",
        },
        {
            content: "it can be saved",
            trigger: ".modal .o_field_widget[name='file']:contains('.zip')",
        },
        {
            content: "close",
            trigger: ".modal footer .btn-primary:contains('Close')",
            run: "click",
        },
        {
            content: "the lead is there as it was",
            trigger:
                "body:not(:has(.modal)) .o_form_view .o_field_widget[name='name'] :value(Tour of Ottavia)",
        },
    ],
});
