import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

tours.add("report_to_lead", {
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
            content: "open the sources",
            trigger:
                ".dropdown-item[data-menu-xmlid='crm_lead_lifecycle.crm_lead_source_report_menu_source']",
            run: "click",
        },
        {
            content: "leads without a source are told",
            trigger: ".o_pivot tbody th:contains('Not set')",
        },
        {
            content: "open the leads of the fair",
            trigger:
                ".o_pivot tbody tr:has(th:contains('Spring fair')) .o_pivot_cell_value:contains('1')",
            run: "click",
        },
        {
            content: "it is the one, open it",
            trigger:
                ".o_list_view:not(:has(.o_data_row ~ .o_data_row)) .o_data_cell[name=name]:contains('Two weeks in July')",
            run: "click",
        },
        {
            content: "there it is",
            trigger: ".o_form_view .o_field_widget[name=name] textarea:value(Two weeks in July)",
        },
    ],
});
