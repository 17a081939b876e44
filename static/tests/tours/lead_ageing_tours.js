import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

const openDesk = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "open the CRM",
        trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
        run: "click",
    },
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

tours.add("lead_freeze", {
    steps: () => {
        const day = luxon.DateTime.now().plus({ days: 30 });
        return [
            ...openDesk(),
            {
                content: "open the lead",
                trigger: ".o_data_row:contains('Two weeks in July') [name=name]",
                run: "click",
            },
            {
                content: "let it rest",
                trigger: ".o_statusbar_buttons button[name=action_freeze]:contains('Freeze')",
                run: "click",
            },
            {
                content: "the only frozen stage is not asked for; until when is",
                trigger:
                    ".modal:not(:has([name=stage_id] .o_selection_badge)) [name=date_until] input",
                run: "click",
            },
            {
                content: "in a month",
                trigger: ".modal [name=date_until] input",
                run: `edit ${day.toFormat("MM/dd/yyyy")} && press Escape`,
            },
            {
                content: "and why",
                trigger: ".modal [name=note] textarea",
                run: "edit Decides after the holidays",
            },
            {
                content: "freeze it",
                trigger: ".modal button[name=action_apply]",
                run: "click",
            },
            {
                content: "it says until when it rests",
                trigger: `body:not(:has(.modal)) .o_lead_identity .badge:contains('Frozen until'):contains('${day.toFormat("MMM d")}')`,
            },
            {
                content: "in its frozen stage",
                trigger: ".o_statusbar_status .o_arrow_button_current:contains('On ice')",
            },
            ...openDesk(),
            {
                content: "open the filters",
                trigger: ".o_searchview_dropdown_toggler",
                run: "click",
            },
            {
                content: "what is frozen",
                trigger: ".o_filter_menu .o_menu_item:contains('Frozen')",
                run: "click",
            },
            {
                content: "it is found, the other one is not",
                trigger:
                    ".o_list_renderer:not(:has(.o_data_row:contains('Another request'))) .o_data_row:contains('Two weeks in July')",
            },
        ];
    },
});

tours.add("stage_escalation", {
    steps: () => [
        {
            content: "say what happens",
            trigger:
                "[name=escalation_ids] .o_field_x2many_list_row_add button, [name=escalation_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "two days after the expiry",
            trigger: "[name=escalation_ids] [name=days] input",
            run: "edit 2",
        },
        {
            content: "save it",
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        {
            content: "the team leader is told",
            trigger:
                ".o_form_saved [name=escalation_ids] .o_data_row:contains('Tell the team leader')",
        },
    ],
});
