import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// both begin at a link of the mail
tours.add("lead_digest_lead", {
    steps: () => [
        {
            content: "the lead is open",
            trigger: ".o_form_view .o_field_widget[name=name] textarea:value(Longest wait)",
        },
        {
            content: "and could be worked on",
            trigger: ".o_statusbar_buttons button:contains(Conclude)",
        },
    ],
});

tours.add("lead_digest_list", {
    steps: () => [
        {
            content: "the list is of expired leads",
            trigger: ".o_searchview_facet:contains(Expired)",
        },
        {
            content: "of the reader",
            trigger: ".o_searchview_facet:contains(Olga Own)",
        },
        {
            content: "all of them",
            trigger: ".o_pager_limit:contains(21)",
        },
        {
            content: "open the one that the mail has left out",
            trigger: ".o_data_row .o_data_cell:contains(Shortest wait)",
            run: "click",
        },
        {
            content: "it is open",
            trigger: ".o_form_view .o_field_widget[name=name] textarea:value(Shortest wait)",
        },
    ],
});
