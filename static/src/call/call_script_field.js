import { Component, useState } from "@odoo/owl";
import { deserializeDate, serializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** The script of a campaign, one step after the other. Each can be skipped. */
export class CallScriptField extends Component {
    static template = "crm_lead_lifecycle.CallScriptField";
    static props = { ...standardFieldProps };

    setup() {
        this.call = useState(this.env.call);
    }

    get steps() {
        return this.props.record.data[this.props.name].records;
    }

    get index() {
        return Math.min(this.call.step, this.steps.length - 1);
    }

    get step() {
        return this.steps[this.index];
    }

    get position() {
        return _t("Script: step %(number)s of %(count)s", {
            number: this.index + 1,
            count: this.steps.length,
        });
    }

    get yesNo() {
        return this.step.fields.answer_yes_no.selection.map(([value, label]) => ({ value, label }));
    }

    get choices() {
        return this.call.details.choices[this.step.data.step_id.id];
    }

    get date() {
        const { answer_date: date } = this.step.data;
        return date ? serializeDate(date) : "";
    }

    go(steps) {
        this.call.step = Math.max(0, Math.min(this.index + steps, this.steps.length - 1));
    }

    answer(values) {
        return this.step.update(values);
    }

    answerNumber(value) {
        return this.answer({ answer_number: value });
    }

    answerDate(value) {
        return this.answer({ answer_date: value ? deserializeDate(value) : false });
    }

    /** What is chosen a second time is not chosen any more. */
    toggleYesNo(value) {
        return this.answer({ answer_yes_no: this.step.data.answer_yes_no !== value && value });
    }

    toggleChoice({ id, name }) {
        const isChosen = this.step.data.answer_choice_id?.id === id;
        return this.answer({ answer_choice_id: !isChosen && { id, display_name: name } });
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && !ev.ctrlKey && ev.target.tagName === "INPUT") {
            ev.preventDefault();
            this.go(1);
        }
    }
}

registry.category("fields").add("call_script", {
    component: CallScriptField,
    displayName: _t("Script of a Call"),
    supportedTypes: ["one2many"],
    useSubView: true,
});
