import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

const tile = (name) => `.o_lead_dashboard_tile[data-name='${name}']`;
const figure = (name, count) => `${tile(name)} button.o_lead_dashboard_main:text(${count})`;
const back = {
    content: "go back to the dashboard",
    trigger: ".breadcrumb-item a:contains('Dashboard')",
    run: "click",
};

const openDashboard = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "open the application",
        trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
        run: "click",
    },
    {
        content: "open the reports",
        trigger: ".dropdown-toggle[data-menu-xmlid='crm.crm_menu_report']",
        run: "click",
    },
    {
        content: "the dashboard is the first of them",
        trigger:
            ".o-dropdown--menu .dropdown-item:first-child[data-menu-xmlid='crm_lead_lifecycle.crm_lead_dashboard_menu']",
        run: "click",
    },
];

tours.add("lead_dashboard", {
    steps: () => [
        ...openDashboard(),
        {
            content: "the own team can be chosen first",
            trigger: ".o_lead_dashboard_team:has(option:nth-child(2):contains('Tour Team'))",
        },
        {
            content: "choose it",
            trigger: ".o_lead_dashboard_team",
            run: "selectByLabel Tour Team",
        },
        {
            content: "three leads came in; open them",
            trigger: figure("came", 3),
            run: "click",
        },
        {
            content: "three leads are there",
            trigger:
                ".o_list_view:has(.o_data_row:nth-child(3)):not(:has(.o_data_row:nth-child(4)))",
        },
        back,
        {
            content: "the team is still chosen; open what is overdue",
            trigger: figure("overdue", 1),
            run: "click",
        },
        {
            content: "it is the late one, and no other",
            trigger:
                ".o_list_view:has(.o_data_row:contains('Tour too late')):not(:has(.o_data_row:nth-child(2)))",
        },
        {
            content: "open it",
            trigger: ".o_data_row [name=name]:contains('Tour too late')",
            run: "click",
        },
        {
            content: "the lead is there",
            trigger: ".o_form_view .o_field_widget[name=name]",
        },
        back,
        {
            content: "look at the week",
            trigger: ".o_lead_dashboard [data-span=week]",
            run: "click",
        },
        {
            content: "open the leads of a salesperson",
            trigger:
                "[data-table=user_id] tr:contains('Tour Salesperson') [data-column=came] button:text(2)",
            run: "click",
        },
        {
            content: "two leads are there",
            trigger:
                ".o_list_view:has(.o_data_row:nth-child(2)):not(:has(.o_data_row:nth-child(3)))",
        },
        back,
        {
            content: "the week is still chosen; open what belongs to nobody",
            trigger:
                ".o_lead_dashboard:has([data-span=week].active) [data-table=user_id] tr:contains('Nobody') [data-column=came] button:text(1)",
            run: "click",
        },
        {
            content: "it is there",
            trigger: ".o_list_view:has(.o_data_row:contains('Tour of nobody'))",
        },
        back,
        {
            content: "the dashboard is there again",
            trigger: figure("came", 3),
        },
    ],
});

tours.add("lead_dashboard_empty", {
    steps: () => [
        ...openDashboard(),
        {
            content: "there are no leads yet, and a way to the desk",
            trigger: ".o_lead_dashboard_empty .btn-primary",
            run: "click",
        },
        {
            content: "the desk is open",
            trigger:
                ".breadcrumb-item:contains('Dashboard') ~ .active, .o_breadcrumb .active:contains('Lead Desk')",
        },
    ],
});
