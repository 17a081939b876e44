import "@crm/views/crm_form/crm_form";
import { Chatter } from "@mail/chatter/web_portal/chatter";
import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { LeadConversation } from "./lead_conversation";
import { LeadHistory } from "./lead_history";

/**
 * Beside a lead: the conversation with its customer, or Odoo's chatter, where colleagues write notes and plan
 * activities. The chatter is there all the time, as Odoo's own forms have it.
 */
export class LeadPane extends Component {
    static template = "crm_lead_lifecycle.LeadPane";
    static components = { Chatter, LeadConversation };
    static props = Chatter.props;

    setup() {
        this.dialog = useService("dialog");
        this.store = useService("mail.store");
        this.state = useState({
            // a link to a message leads to where Odoo shows it
            tab: this.props.highlightMessageId ? "internal" : "conversation",
            isUnread: false,
        });
    }

    get tab() {
        return this.props.threadId ? this.state.tab : "internal";
    }

    get tabs() {
        const { activities } = this.store.Thread.insert({
            model: this.props.threadModel,
            id: this.props.threadId,
        });
        return [
            {
                name: "conversation",
                title: _t("Conversation"),
                badge: this.state.isUnread && _t("new"),
                badgeTitle: _t("Unread message"),
            },
            {
                name: "internal",
                title: _t("Internal"),
                badge: activities.length,
                badgeTitle: _t("Planned activities"),
            },
        ];
    }

    /** What is new in the conversation shows on the form and in the chatter too, unless somebody is changing the form. */
    async onNews({ isUnread, isLoaded, lastCardId }) {
        this.state.isUnread = isUnread;
        const { record, threadModel, threadId } = this.props;
        if (!isLoaded) {
            return;
        }
        // what became of a proposal may have moved the lead on
        const hasNewCard = this.lastCardId < lastCardId;
        this.lastCardId = lastCardId;
        this.env.bus.trigger("MAIL:RELOAD-THREAD", { model: threadModel, id: threadId });
        const isOld = hasNewCard || record.data.is_unread !== isUnread;
        if (isOld && !(await record.isDirty())) {
            await record.load();
        }
    }

    openHistory() {
        this.dialog.add(LeadHistory, { leadId: this.props.threadId });
    }
}

const crmForm = registry.category("views").get("crm_form");

class LeadFormRenderer extends crmForm.Renderer {
    setup() {
        super.setup();
        if (this.props.record.resModel === "crm.lead") {
            this.mailComponents = { ...this.mailComponents, Chatter: LeadPane };
        }
    }
}

registry
    .category("views")
    .add("crm_form", { ...crmForm, Renderer: LeadFormRenderer }, { force: true });
