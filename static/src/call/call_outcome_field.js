import { Component, onMounted, useExternalListener, useRef } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const TYPED_INTO =
    "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable=true]";

/**
 * The number that a key stands for, where digits are no text: 1 to 9, else null.
 *
 * @param {KeyboardEvent} ev
 */
export function getNumber({ key, target, altKey, ctrlKey, metaKey, isComposing }) {
    if (altKey || ctrlKey || metaKey || isComposing || target.closest?.(TYPED_INTO)) {
        return null;
    }
    return /^[1-9]$/.test(key) ? Number(key) : null;
}

/** How the call ended: a button with a number for the quick outcomes, and all in a drop-down. */
export class CallOutcomeField extends Component {
    static template = "crm_lead_lifecycle.CallOutcomeField";
    static props = { ...standardFieldProps };

    setup() {
        this.root = useRef("root");
        this.ui = useService("ui");
        this.label = _t("Outcome");
        this.id = this.props.id || this.props.name;
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
        onMounted(() => this.root.el.querySelector("input, select")?.focus());
    }

    get outcomes() {
        return this.env.call.details.outcomes;
    }

    get quickOutcomes() {
        return this.outcomes.filter((outcome) => outcome.is_quick);
    }

    get chosenId() {
        return this.props.record.data[this.props.name]?.id;
    }

    /** Keys there are only nine of. */
    getKey(index) {
        return index < 9 ? String(index + 1) : "";
    }

    async choose(outcome) {
        const value = outcome ? { id: outcome.id, display_name: outcome.name } : false;
        await this.props.record.update({ [this.props.name]: value });
    }

    onSelect({ target }) {
        this.choose(this.outcomes.find(({ id }) => id === Number(target.value)));
    }

    onKeydown(ev) {
        const number = getNumber(ev);
        const outcome = number && this.quickOutcomes[number - 1];
        if (outcome && this.ui.activeElement.contains(this.root.el)) {
            ev.preventDefault();
            this.env.call.isChosenByKey = true;
            this.root.el.querySelector(`input[value='${outcome.id}']`).focus();
            this.choose(outcome);
        }
    }
}

registry.category("fields").add("call_outcome", {
    component: CallOutcomeField,
    displayName: _t("Outcome of a Call"),
    supportedTypes: ["many2one"],
});
