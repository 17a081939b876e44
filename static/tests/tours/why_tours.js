import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

const chooseFilter = (name) => [
    {
        content: "open the filters",
        trigger: ".o_searchview_dropdown_toggler",
        run: "click",
    },
    {
        content: `choose ${name}`,
        trigger: `.o_filter_menu .o_menu_item:contains('${name}')`,
        run: "click",
    },
    {
        content: "close the filters",
        trigger: ".o_searchview_dropdown_toggler",
        run: "click",
    },
];

tours.add("why_expired", {
    steps: () => [
        {
            content: "ask why",
            trigger: ".o_notebook .nav-link[name=why]",
            run: "click",
        },
        {
            content: "it is expired, in words",
            trigger:
                ".o_field_widget[name=reasons] li:contains('it expired 5 days ago'):has(.badge:contains('Late'))",
        },
        {
            content: "it is due tomorrow",
            trigger: ".o_field_widget[name=reasons] li:contains('Due on'):contains('in 1 day')",
        },
        {
            content: "who does not call is told nothing of calls",
            trigger: ".o_form_view:not(:has([name=call_reasons]))",
        },
    ],
});

tours.add("forecast_report", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "open the CRM",
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            run: "click",
        },
        {
            content: "open the reports",
            trigger: ".dropdown-toggle[data-menu-xmlid='crm.crm_menu_report']",
            run: "click",
        },
        {
            content: "open what is due and expires",
            trigger: ".dropdown-item[data-menu-xmlid='crm_lead_lifecycle.crm_lead_forecast_menu']",
            run: "click",
        },
        {
            content: "the next days are asked for",
            trigger: ".o_facet_value:contains('Next 7 Days')",
        },
        {
            content: "one lead is due, nothing else is coming",
            trigger:
                ".o_pivot thead:has(th:contains('Due')):not(:has(th:contains('Stage Expires')))",
        },
        ...chooseFilter("Already Past"),
        {
            content: "it is expired",
            trigger: ".o_pivot th:contains('Stage Expires')",
        },
        {
            content: "look at the graph",
            trigger: ".o_switch_view.o_graph",
            run: "click",
        },
        {
            content: "there it is",
            trigger: ".o_graph_canvas_container canvas",
        },
        {
            content: "look at the list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            content: "open the lead that is expired",
            trigger: ".o_data_row:has(.text-bg-danger:contains('Stage Expires')) [name=lead_id]",
            run: "click",
        },
        {
            content: "it is there",
            trigger: ".o_form_view .o_field_widget[name=name] textarea:value(Two weeks in July)",
        },
    ],
});
