import { Component, onWillStart } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Open leads with the phone of an order's customer: each with a link to it and a button that links the order to it. */
export class OrderLeadsField extends Component {
    static template = "crm_lead_lifecycle.OrderLeadsField";
    static props = standardFieldProps;

    setup() {
        this.action = useService("action");
        onWillStart(async () => {
            this.withTypes = await user.hasGroup("crm_lead_lifecycle.group_lead_types");
        });
    }

    get title() {
        const { count } = this.props.record.data[this.props.name];
        return count === 1
            ? _t("1 open lead has this customer's phone:")
            : _t("%s open leads have this customer's phone:", count);
    }

    get leads() {
        return this.props.record.data[this.props.name].records.map(({ resId, data }) => ({
            id: resId,
            title: [data.number, data.name].filter(Boolean).join(" · "),
            url: `/odoo/crm.lead/${resId}`,
            details: [
                this.withTypes && data.lead_type_id?.display_name,
                data.stage_id?.display_name,
                data.user_id?.display_name || _t("No salesperson"),
            ].filter(Boolean),
        }));
    }

    get canLink() {
        return this.props.record.isInEdition;
    }

    /** In this tab, with the way back in the breadcrumb; other clicks on a link are the browser's. */
    open(ev, lead) {
        if (ev.ctrlKey || ev.metaKey || ev.shiftKey) {
            return;
        }
        ev.preventDefault();
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.lead",
            res_id: lead.id,
            views: [[false, "form"]],
        });
    }

    /** As a button of the form would: what was typed is saved first, then the form shows what has changed. */
    link(lead) {
        const { record } = this.props;
        return this.env.onClickViewButton({
            clickParams: { type: "object", name: "link_lead", args: JSON.stringify([lead.id]) },
            getResParams: () => ({
                resModel: record.resModel,
                resId: record.resId,
                resIds: record.resIds,
                context: record.context,
                evalContext: record.evalContext,
            }),
        });
    }
}

export const orderLeadsField = {
    component: OrderLeadsField,
    displayName: _t("Leads of an Order"),
    supportedTypes: ["many2many"],
    relatedFields: [
        { name: "number", type: "char" },
        { name: "name", type: "char" },
        { name: "lead_type_id", type: "many2one", relation: "crm.lead.type" },
        { name: "stage_id", type: "many2one", relation: "crm.stage" },
        { name: "user_id", type: "many2one", relation: "res.users" },
    ],
};

registry.category("fields").add("order_leads", orderLeadsField);
