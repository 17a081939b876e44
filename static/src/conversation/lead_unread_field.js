import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** An envelope on leads whose customer wrote something that nobody has read; as a badge it says so in words. */
export class LeadUnreadField extends Component {
    static template = "crm_lead_lifecycle.LeadUnreadField";
    static props = { ...standardFieldProps, showText: { type: Boolean, optional: true } };

    get isUnread() {
        return this.props.record.data[this.props.name];
    }

    get isBesidePane() {
        return this.env.config?.viewType === "form";
    }

    /** On a narrow screen the conversation lies below the form. */
    showConversation() {
        document.querySelector(".o_conversation_end")?.scrollIntoView({ block: "end" });
    }
}

export const leadUnreadField = {
    component: LeadUnreadField,
    displayName: _t("Unread Message"),
    supportedTypes: ["boolean"],
    isEmpty: () => false,
    listViewWidth: 28,
    extractProps: ({ options }) => ({ showText: Boolean(options.show_text) }),
};

registry.category("fields").add("lead_unread", leadUnreadField);
