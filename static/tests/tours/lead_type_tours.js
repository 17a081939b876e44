import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const column = (name) => `.o_kanban_group:has(.o_column_title:contains('${name}'))`;

tours.add("lead_type_preset", {
    steps: () => [
        {
            content: "look for ready lead types in the settings",
            trigger: "#lead_types button:contains('Load a ready lead type')",
            run: "click",
        },
        {
            content: "the workshop's one",
            trigger: ".modal .o_field_widget[name=preset] label:contains('Service lead')",
            run: "click",
        },
        {
            content: "it says what it brings",
            trigger: ".modal .o_field_widget[name=stage_names]:contains('New lead → In progress')",
        },
        {
            content: "load it",
            trigger: ".modal button[name=action_load]:contains('Load')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "its pipeline is open, with its stages",
            trigger: `.o_breadcrumb:contains('Service lead')`,
        },
        {
            content: "a new lead comes to the counter",
            trigger: ".o-kanban-button-new",
            run: "click",
        },
        {
            content: "it is of this type",
            trigger:
                ".o_kanban_quick_create .o_field_widget[name=lead_type_id] input:value('Service lead')",
        },
        {
            content: "what it is about",
            trigger: ".o_kanban_quick_create .o_field_widget[name=name] input",
            run: "edit Coffee machine leaks",
        },
        {
            content: "add it",
            trigger: ".o_kanban_quick_create .o_kanban_add",
            run: "click",
        },
        {
            content: "leave the small form",
            trigger: `${column("New lead")} .o_kanban_record:contains('Coffee machine leaks')`,
            run: "press Escape",
        },
        {
            content: "somebody is in a hurry and drops it where it may not go yet",
            trigger: `${column("New lead")} .o_kanban_record:contains('Coffee machine leaks')`,
            run: `drag_and_drop (${column("Successful sale")})`,
        },
        {
            content: "it is refused in words",
            trigger: ".modal:contains('From there it can go to: In progress')",
        },
        {
            content: "close the message",
            trigger: ".modal .modal-footer button:first",
            run: "click",
        },
        {
            content: "the lead is where it was: open it",
            trigger: `body:not(:has(.modal)) ${column("New lead")} .o_kanban_record:contains('Coffee machine leaks')`,
            run: "click",
        },
        {
            content: "the bar does not offer it either",
            trigger: ".o_statusbar_status .o_arrow_button:disabled:contains('Successful sale')",
        },
        {
            content: "take it into work",
            trigger: ".o_statusbar_status .o_arrow_button:enabled:contains('In progress')",
            run: "click",
        },
        {
            content: "it is in work, and saved",
            trigger:
                ".o_form_saved .o_statusbar_status .o_arrow_button_current:contains('In progress')",
        },
        {
            content: "the fields of the type are there",
            trigger:
                ".o_field_widget[name=type_properties] .o_property_field:contains('Serial number')",
        },
    ],
});

tours.add("lead_type_successor", {
    steps: () => [
        {
            content: "conclude the prospect",
            trigger: "button[name=action_conclude]",
            run: "click",
        },
        {
            content: "it is qualified",
            trigger: ".modal .o_lead_conclude_stage label:contains('Fit for an offer')",
            run: "click",
        },
        {
            content: "it says how it goes on",
            trigger: ".modal .o_field_widget[name=next_type_names]:contains('Stay')",
        },
        {
            content: "conclude",
            trigger: ".modal button[name=action_apply]",
            run: "click",
        },
        {
            content: "it says where it is now",
            trigger: ".o_notification:contains('goes on as “Stay” in “Asked for”')",
        },
        {
            content: "the form is that of the next type",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Asked for')",
        },
        {
            content: "it is not won",
            trigger: "body:not(:has(.ribbon:contains('Won')))",
        },
        {
            content: "read its history",
            trigger: ".nav-link[name=timeline]",
            run: "click",
        },
        {
            content: "the conclusion is there",
            trigger:
                ".o_field_widget[name=event_ids]:contains('Concluded in Fit for an offer: goes on from Acquisition as Stay')",
        },
    ],
});

tours.add("lead_type_moves", {
    steps: () => [
        {
            content: "look at the moves",
            trigger: ".nav-link[name=moves]",
            run: "click",
        },
        {
            content: "they are drawn",
            trigger: ".o_lead_type_process svg",
        },
        {
            content: "take one out",
            trigger:
                ".o_field_widget[name=transition_ids] .o_data_row:first:contains('Asked for') .o_list_record_remove button",
            run: "click",
        },
        {
            content: "try what that would do",
            trigger: ".o_lead_type_process button:contains('Try it')",
            run: "click",
        },
        {
            content: "the leads there could go nowhere",
            trigger: ".o_lead_type_process table tr:contains('Asked for'):contains('stuck')",
        },
        {
            content: "better not",
            trigger: ".o_form_button_cancel",
            run: "click",
        },
        {
            content: "the move is back",
            trigger: ".o_field_widget[name=transition_ids] .o_data_row:contains('Asked for')",
        },
    ],
});

tours.add("lead_type_client", {
    steps: () => [
        {
            content: "open the form of the type",
            trigger: ".nav-link[name=form]",
            run: "click",
        },
        {
            content: "nothing to keep yet",
            trigger: ".o_lead_client_properties:contains('This type has no properties yet')",
        },
        {
            content: "make a property",
            trigger: ".o_field_property_add button",
            run: "click",
        },
        {
            content: "Odoo asks at once what it is",
            trigger: ".o_property_field_popover",
        },
        {
            content: "its name will do",
            trigger: ".o_horizontal_separator:contains('Properties')",
            run: "click",
        },
        {
            content: "the question is gone",
            trigger: "body:not(:has(.o_property_field_popover))",
        },
        {
            content: "it can be kept before it is saved",
            trigger: ".o_lead_client_properties label:contains('Property 1')",
            run: "click",
        },
        {
            content: "it will be kept",
            trigger: ".o_lead_client_properties input:checked",
        },
        {
            content: "save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "it is saved, and kept",
            trigger: ".o_form_saved .o_lead_client_properties input:checked",
        },
    ],
});
