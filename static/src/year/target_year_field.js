import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { IntegerField, integerField } from "@web/views/fields/integer/integer_field";

/** A year: no thousands separator, and nothing at all where none was given. */
export class TargetYearField extends IntegerField {
    get formattedValue() {
        return this.value ? String(this.value) : "";
    }
}

export const targetYearField = {
    ...integerField,
    component: TargetYearField,
    displayName: _t("Year"),
};

registry.category("fields").add("target_year", targetYearField);
