import { Component, onWillStart } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** Opens the trial with the rule as it is in the form. A plain button would save the rule first. */
export class AssignmentTrialButton extends Component {
    static template = "crm_lead_lifecycle.AssignmentTrialButton";
    static props = { ...standardWidgetProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        onWillStart(async () => {
            this.isManager = await user.hasGroup("sales_team.group_sale_manager");
        });
    }

    /** The rule of the form as defaults of the dialog. */
    get defaults() {
        const { data, resId } = this.props.record;
        const values = {
            rule_id: resId,
            is_new: !resId,
            name: data.name,
            sequence: data.sequence,
            company_id: data.company_id?.id,
            domain: data.domain,
            method: data.method,
            team_id: data.team_id?.id,
            member_ids: data.member_ids.records
                .filter((member) => member.data.user_id)
                .map(({ data: { sequence, user_id, weight, daily_max } }) => [
                    0,
                    0,
                    { sequence, user_id: user_id.id, weight, daily_max },
                ]),
        };
        return Object.fromEntries(
            Object.entries(values)
                .filter(([, value]) => value !== undefined)
                .map(([name, value]) => [`default_${name}`, value || false]),
        );
    }

    async onClick() {
        const { record } = this.props;
        const action = await this.orm.call("crm.assignment.rule", "action_try", [[]]);
        action.context = { ...action.context, ...this.defaults };
        await this.action.doAction(action, {
            onClose: async (infos) => {
                if (infos?.rule_id) {
                    await record.discard();
                    await record.model.load({ resId: infos.rule_id });
                }
            },
        });
    }
}

registry.category("view_widgets").add("assignment_trial_button", {
    component: AssignmentTrialButton,
});
