import { Component, onMounted, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useSpecialData } from "@web/views/fields/relational_utils";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

let nextId = 0;

/** The final stages to choose from, as one radio group: won ones green, lost ones red. */
export class LeadConcludeStageField extends Component {
    static template = "crm_lead_lifecycle.LeadConcludeStageField";
    static props = {
        ...standardFieldProps,
        label: { type: String, optional: true },
    };

    setup() {
        this.id = `lead_conclude_stage_${nextId++}`;
        this.root = useRef("root");
        this.stages = useSpecialData((orm, { record, name }) =>
            orm.read(record.fields[name].relation, record.data.available_stage_ids.currentIds, [
                "display_name",
                "stage_type",
            ]),
        );
        onMounted(() => {
            const root = this.root.el;
            (root.querySelector("input:checked") || root.querySelector("input"))?.focus();
        });
    }

    get groups() {
        const stagesOf = (type) => this.stages.data.filter((stage) => stage.stage_type === type);
        return [
            {
                name: "won",
                title: _t("Won"),
                icon: "fa-check",
                buttonClass: "btn-outline-success",
                stages: stagesOf("qualified"),
            },
            {
                name: "lost",
                title: _t("Lost"),
                icon: "fa-times",
                buttonClass: "btn-outline-danger",
                stages: stagesOf("not_interested"),
            },
        ].filter((group) => group.stages.length);
    }

    isChosen(stage) {
        return this.props.record.data[this.props.name]?.id === stage.id;
    }

    choose({ id, display_name }) {
        return this.props.record.update({ [this.props.name]: { id, display_name } });
    }
}

export const leadConcludeStageField = {
    component: LeadConcludeStageField,
    displayName: _t("Final Stage"),
    supportedTypes: ["many2one"],
    fieldDependencies: [{ name: "available_stage_ids", type: "many2many" }],
    extractProps: ({ string }) => ({ label: string }),
};

registry.category("fields").add("lead_conclude_stage", leadConcludeStageField);
