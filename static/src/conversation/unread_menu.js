import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

/** How many of the user's leads have a message to read, in Odoo's systray; a click lists them. */
export class UnreadMenu extends Component {
    static template = "crm_lead_lifecycle.UnreadMenu";
    static props = [];

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.unread = useState(useService("crm_lead_unread"));
    }

    get title() {
        const { count } = this.unread;
        if (!count) {
            return _t("Messages of customers: all read");
        }
        return count === 1
            ? _t("1 lead has an unread message")
            : _t("%s leads have unread messages", count);
    }

    async open() {
        const action = await this.orm.call("crm.lead", "action_open_unread");
        return this.action.doAction(action, { clearBreadcrumbs: true });
    }
}

registry
    .category("systray")
    .add("crm_lead_lifecycle.unread", { Component: UnreadMenu }, { sequence: 23 });
