import { Component, onMounted, useRef } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const BAND_CLASSES = {
    auto: "text-bg-success",
    review: "text-bg-warning",
    weak: "text-bg-secondary",
};

/** Who the inquirer may be, as a list to choose from with the arrow keys; Enter assigns. */
export class LeadClientCandidatesField extends Component {
    static template = "crm_lead_lifecycle.LeadClientCandidatesField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.bandClasses = BAND_CLASSES;
        onMounted(() => this.root.el.querySelector("input:checked")?.focus());
    }

    get candidates() {
        return this.props.record.data[this.props.name].records.map((record) => ({
            id: record.resId,
            ...record.data,
            lines: (record.data.reasons || "").split("\n").filter(Boolean),
        }));
    }

    get label() {
        return this.props.record.fields[this.props.name].string;
    }

    get bandLabels() {
        const { selection } = this.props.record.data[this.props.name].fields.band;
        return Object.fromEntries(selection);
    }

    isChosen(candidate) {
        const { choice, partner_id: partner } = this.props.record.data;
        return choice === "candidate" && partner?.id === candidate.partner_id.id;
    }

    choose(candidate) {
        this.update({ choice: "candidate", partner_id: candidate.partner_id });
    }

    chooseOther(choice) {
        this.update({ choice, partner_id: false });
    }

    update(changes) {
        this.updated = this.props.record.update(changes);
    }

    /** Enter on a choice assigns, as the dialog's button would; on a button it is the button's. */
    async onKeydown(ev) {
        if (ev.key !== "Enter" || ev.target.type !== "radio") {
            return;
        }
        ev.preventDefault();
        await this.updated;
        const { record } = this.props;
        const name = record.data.choice === "new" ? "action_create" : "action_link";
        return this.env.onClickViewButton({
            clickParams: { type: "object", name },
            getResParams: () => ({
                resModel: record.resModel,
                resId: record.resId,
                resIds: record.resIds,
                context: record.context,
                evalContext: record.evalContext,
            }),
        });
    }

    async refuse(candidate) {
        const action = await this.orm.call("crm.lead.link.client.candidate", "action_refuse", [
            [candidate.id],
        ]);
        await this.action.doAction(action);
    }
}

registry.category("fields").add("lead_client_candidates", {
    component: LeadClientCandidatesField,
    supportedTypes: ["one2many"],
    useSubView: true,
    fieldDependencies: [
        { name: "choice", type: "selection", readonly: false },
        { name: "partner_id", type: "many2one", readonly: false },
    ],
});
