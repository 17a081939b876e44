import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("assignment_rule_build", {
    steps: () => [
        {
            content: "no rule yet: the first one is added",
            trigger: ".o_view_nocontent:contains('Add the first rule')",
        },
        {
            content: "add it",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "name it",
            trigger: ".o_field_widget[name=name] input",
            run: "edit Flats of the portal",
        },
        {
            content: "it says that nobody would get leads",
            trigger: ".alert:contains('Nobody is there to get leads.')",
        },
        {
            content: "add somebody",
            trigger:
                ".o_field_widget[name=member_ids] .o_field_x2many_list_row_add button, .o_field_widget[name=member_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "look for the person",
            trigger: ".o_field_widget[name=member_ids] .o_field_widget[name=user_id] input",
            run: "edit Tour Salesperson",
        },
        {
            content: "choose the person",
            trigger: ".o-autocomplete--dropdown-item:contains('Tour Salesperson')",
            run: "click",
        },
        {
            content: "the most per day",
            trigger: ".o_field_widget[name=member_ids] .o_field_widget[name=daily_max] input",
            run: "edit 5",
        },
        {
            content: "save it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "nothing is to be said any more",
            trigger: "body:not(:has(.alert:contains('Nobody is there')))",
        },
        {
            content: "it is saved",
            trigger: ".o_form_saved",
        },
    ],
});

tours.add("assignment_lead", {
    steps: () => [
        {
            content: "the lead says which rule gave it",
            trigger: ".o_field_widget[name=assignment_rule_id]:contains('Flats of the portal')",
        },
    ],
});
