import { Component, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatLateness } from "../deadline/lead_due_field";

const ACTION = "crm_lead_lifecycle.crm_call_entry_action_recall_mine";

/** The call backs of an operator in Odoo's systray: how many are due, and a button to call for each. */
export class CallReminderMenu extends Component {
    static template = "crm_lead_lifecycle.CallReminderMenu";
    static components = { Dropdown };
    static props = [];

    setup() {
        this.action = useService("action");
        this.reminders = useState(useService("crm_call_reminder"));
        this.dropdown = useDropdownState();
    }

    get title() {
        const { length } = this.reminders.due;
        if (!length) {
            return _t("Call backs");
        }
        return length === 1 ? _t("1 call back is due") : _t("%s call backs are due", length);
    }

    get openTitle() {
        const { openCount } = this.reminders;
        return openCount === 1 ? _t("1 open to all") : _t("%s open to all", openCount);
    }

    get sections() {
        return [
            {
                name: "due",
                title: _t("Due Now"),
                recalls: this.reminders.due,
                when: ({ at }) => formatLateness(this.reminders.now.diff(at).as("minutes")),
            },
            {
                name: "coming",
                title: _t("Coming"),
                recalls: this.reminders.coming,
                when: ({ at }) => this.formatComing(at),
            },
        ].filter(({ recalls }) => recalls.length);
    }

    formatTime(at) {
        return toLocaleDateTimeString(at, { showDate: false });
    }

    formatComing(at) {
        return at.hasSame(this.reminders.now, "day") ? _t("today") : _t("tomorrow");
    }

    call(recall) {
        this.dropdown.close();
        return this.reminders.call(recall);
    }

    openAll(filter) {
        this.dropdown.close();
        return this.action.doAction(ACTION, {
            clearBreadcrumbs: true,
            additionalContext: filter ? { [`search_default_${filter}`]: 1 } : {},
        });
    }
}

registry
    .category("systray")
    .add("crm_lead_lifecycle.call_reminder", { Component: CallReminderMenu }, { sequence: 22 });
