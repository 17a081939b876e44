import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { formatInteger } from "@web/views/fields/formatters";
import { useService } from "@web/core/utils/hooks";
import { SelectCreateDialog } from "@web/views/view_dialogs/select_create_dialog";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Leads of a trial: a list over the dialog, which stays. A click opens the lead in a tab of its own. */
export class AssignmentTrialLeads extends SelectCreateDialog {
    async select([id]) {
        const [{ lead_id }] = await this.env.services.orm.read(
            this.props.resModel,
            [id],
            ["lead_id"],
        );
        await this.env.services.action.doAction(
            {
                type: "ir.actions.act_window",
                res_model: "crm.lead",
                res_id: lead_id[0],
                views: [[false, "form"]],
            },
            { newWindow: true },
        );
    }
}

/** A number of leads; a click shows them. */
export class AssignmentTrialCount extends Component {
    static template = "crm_lead_lifecycle.AssignmentTrialCount";
    static props = { ...standardFieldProps };

    setup() {
        this.dialog = useService("dialog");
        this.orm = useService("orm");
    }

    get count() {
        return this.props.record.data[this.props.name];
    }

    get text() {
        return formatInteger(this.count);
    }

    async show() {
        const { resModel, resId } = this.props.record;
        const { domain, title, context } = await this.orm.call(resModel, "get_leads", [
            [resId],
            this.props.name,
        ]);
        this.dialog.add(AssignmentTrialLeads, {
            resModel: "crm.assignment.trial.lead",
            domain,
            title,
            context,
            multiSelect: false,
            noCreate: true,
        });
    }
}

registry.category("fields").add("assignment_trial_count", {
    component: AssignmentTrialCount,
    supportedTypes: ["integer"],
});
