import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

/** Who the inquirer may be, as a list to choose from with the arrow keys; Enter assigns. */
export class LeadClientCandidatesField extends Component {
    static template = "crm_lead_lifecycle.LeadClientCandidatesField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get candidates() {
        return this.props.record.data[this.props.name].records.map((record) => ({
            id: record.resId,
            ...record.data,
            lines: (record.data.reasons || "").split("\n"),
        }));
    }

    get bandClass() {
        return { auto: "text-bg-success", review: "text-bg-warning", weak: "text-bg-secondary" };
    }

    get bandLabel() {
        const { selection } = this.props.record.data[this.props.name].fields.band;
        return Object.fromEntries(selection);
    }

    isChosen(candidate) {
        const { choice, partner_id: partner } = this.props.record.data;
        return choice === "candidate" && partner?.id === candidate.partner_id.id;
    }

    choose(candidate) {
        this.props.record.update({ choice: "candidate", partner_id: candidate.partner_id });
    }

    chooseOther(choice) {
        this.props.record.update({ choice, partner_id: false });
    }

    onKeydown(ev) {
        if (ev.key !== "Enter") {
            return;
        }
        ev.preventDefault();
        const footer = ev.target.closest(".modal-content, .o_form_view");
        footer?.querySelector("footer .btn-primary:not([disabled])")?.click();
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
        { name: "choice", type: "selection" },
        { name: "partner_id", type: "many2one" },
    ],
});
