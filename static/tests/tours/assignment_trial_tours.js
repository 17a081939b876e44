import { registry } from "@web/core/registry";

const dialog = ".modal:has(button[name=action_try])";
const people = `${dialog} .o_field_widget[name=member_ids]`;

registry.category("web_tour.tours").add("assignment_trial", {
    steps: () => [
        {
            content: "open the rule",
            trigger: ".o_data_row .o_data_cell:contains('Fairs')",
            run: "click",
        },
        {
            content: "rename it, without saving",
            trigger: ".o_field_widget[name=name] input",
            run: "edit Fairs and markets",
        },
        {
            content: "try it",
            trigger: ".o_assignment_trial_button",
            run: "click",
        },
        {
            content: "the dialog has the people of the rule",
            trigger: `${people} .o_data_row:contains('Tour Anna')`,
        },
        {
            content: "the leads of the last days",
            trigger: `${dialog} button[name=action_try]`,
            run: "click",
        },
        {
            content: "she would get all of them: who are they?",
            trigger: `${dialog} [name=user_line_ids] .o_data_row:contains('Tour Anna') [name=saved] button:contains('2')`,
            run: "click",
        },
        {
            content: "the leads are listed over the dialog",
            trigger: ".modal .o_data_row:contains('Stand at the fair')",
        },
        {
            content: "back to the dialog",
            trigger: ".modal:has(.o_data_row:contains('Stand at the fair')):last .btn-close",
            run: "click",
        },
        {
            content: "with one lead",
            trigger: `${dialog} .o_field_widget[name=mode] label:contains('One lead')`,
            run: "click",
        },
        {
            content: "look for it",
            trigger: `${dialog} .o_field_widget[name=lead_id] input`,
            run: "edit Stand at the fair",
        },
        {
            content: "choose it",
            trigger: ".o-autocomplete--dropdown-item:contains('Stand at the fair')",
            run: "click",
        },
        {
            content: "what was found before is not of this lead",
            trigger: `${dialog} .alert:contains('Something was changed')`,
        },
        {
            content: "take her off the rule",
            trigger: `${people} .o_data_row:contains('Tour Anna') .o_list_record_remove button`,
            run: "click",
        },
        {
            content: "somebody else",
            trigger: `${people} .o_field_x2many_list_row_add a`,
            run: "click",
        },
        {
            content: "look for him",
            trigger: `${people} .o_selected_row [name=user_id] input`,
            run: "edit Tour Bruno",
        },
        {
            content: "choose him",
            trigger: ".o-autocomplete--dropdown-item:contains('Tour Bruno')",
            run: "click",
        },
        {
            content: "try the change",
            trigger: `${dialog}:has(.o_selected_row [name=user_id] input:value('Tour Bruno')) button[name=action_try]`,
            run: "click",
        },
        {
            content: "as the rules are, she gets it",
            trigger: `${dialog} [name=lead_result] section:contains('As the rules are'):contains('Tour Anna')`,
        },
        {
            content: "with the change he does, and why",
            trigger: `${dialog} [name=lead_result] section:contains('With the change'):contains('Tour Bruno'):contains('in turn')`,
        },
        {
            content: "use it",
            trigger: `${dialog} button[name=action_use]`,
            run: "click",
        },
        {
            content: "the rule has him, and its name as it was saved",
            trigger:
                "body:not(:has(.modal)) .o_form_saved:has(.o_field_widget[name=name] input:value('Fairs')) [name=member_ids] .o_data_row:contains('Tour Bruno')",
        },
        {
            content: "a new rule",
            trigger: ".o_form_button_create",
            run: "click",
        },
        {
            content: "for fairs too",
            trigger: ".o_form_view:not(:has(.o_data_row)) .o_field_widget[name=name] input",
            run: "edit Everything",
        },
        {
            content: "its people are those of the team: none",
            trigger: ".o_assignment_trial_button",
            run: "click",
        },
        {
            content: "it is tried before it is saved",
            trigger: `${dialog} .o_field_widget[name=name]:contains('Everything')`,
        },
        {
            content: "with the leads of the last days",
            trigger: `${dialog} button[name=action_try]`,
            run: "click",
        },
        {
            content: "nothing is different: the other rule comes first",
            trigger: `${dialog} [name=user_line_ids] .o_data_row:contains('Tour Bruno') [name=changed] button:contains('2')`,
        },
        {
            content: "better not",
            trigger: `${dialog} button:contains('Discard')`,
            run: "click",
        },
        {
            content: "the form is as it was, and not saved",
            trigger:
                "body:not(:has(.modal)) .o_form_dirty .o_field_widget[name=name] input:value('Everything')",
        },
        {
            content: "leave it",
            trigger: ".o_form_button_cancel",
            run: "click",
        },
        {
            content: "from the list",
            trigger: ".o_list_view button[name=action_try]",
            run: "click",
        },
        {
            content: "the rules as they are",
            trigger: `${dialog}:not(:has(.o_field_widget[name=member_ids]))`,
        },
        {
            content: "enough",
            trigger: `${dialog} button:contains('Close'):visible`,
            run: "click",
        },
        {
            content: "the list is there",
            trigger: "body:not(:has(.modal)) .o_list_view",
        },
    ],
});
