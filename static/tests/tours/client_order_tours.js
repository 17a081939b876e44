import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("client_order", {
    steps: () => [
        {
            content: "somebody is at the counter",
            trigger: ".o_field_widget[name=partner_id] input",
            run: "edit Tour Customer",
        },
        {
            content: "the customer is known",
            trigger: ".o-autocomplete--dropdown-item:contains('Tour Customer')",
            run: "click",
        },
        {
            content: "and has called before: both leads with the phone are told of",
            trigger: ".alert:contains('2 open leads have this customer')",
        },
        {
            content: "which ones, and who works on them",
            trigger:
                ".o_order_leads li:contains('Coffee grinder stuck'):contains('No salesperson')",
        },
        {
            content: "it is about the machine",
            trigger:
                ".o_order_leads li:contains('Coffee machine drips') button:contains('Link to this order')",
            run: "click",
        },
        {
            content: "one is told what has become of the lead",
            trigger: ".o_notification:contains('is won')",
        },
        {
            content: "the order is saved, and the question answered",
            trigger: ".o_form_saved:not(:has(.o_order_leads))",
        },
        {
            content: "see where the lead is kept",
            trigger: ".o_notebook .nav-link:contains('Other Info')",
            run: "click",
        },
        {
            content: "it is a lead in Odoo's sense, and shown all the same",
            trigger: ".o_field_widget[name=opportunity_id] input:value('Coffee machine drips')",
        },
    ],
});
