import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";

const TOPICS = [
    { name: false, title: _t("All"), icon: "fa-history", color: "secondary" },
    { name: "messages", title: _t("Messages"), icon: "fa-comments-o", color: "primary" },
    { name: "notes", title: _t("Notes"), icon: "fa-sticky-note-o", color: "warning" },
    { name: "stages", title: _t("Stages"), icon: "fa-arrow-right", color: "info" },
    { name: "proposals", title: _t("Proposals"), icon: "fa-file-text-o", color: "success" },
    { name: "calls", title: _t("Calls"), icon: "fa-phone", color: "primary" },
    { name: "appointments", title: _t("Appointments"), icon: "fa-calendar", color: "success" },
    { name: "others", title: _t("Other"), icon: "fa-cog", color: "secondary" },
];
const LOOKS = Object.fromEntries(TOPICS.map((topic) => [topic.name, topic]));

/** All that happened with a lead, the latest first: its events and its messages in one list. */
export class LeadHistory extends Component {
    static template = "crm_lead_lifecycle.LeadHistory";
    static components = { Dialog };
    static props = { leadId: Number, close: Function };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.topics = TOPICS;
        this.state = useState({ topic: false, rows: [], next: false, isLoading: false });
        onWillStart(() => this.show(false));
    }

    show(topic) {
        Object.assign(this.state, { topic, rows: [], next: false });
        return this.load();
    }

    async load() {
        this.state.isLoading = true;
        const { topic, next } = this.state;
        const { rows, next: following } = await this.keepLast.add(
            this.orm.call("crm.lead", "get_history", [[this.props.leadId]], {
                topic,
                before: next || null,
            }),
        );
        this.state.rows.push(...rows.map((row) => this.prepare(row)));
        Object.assign(this.state, { next: following, isLoading: false });
    }

    prepare(row) {
        const at = deserializeDateTime(row.date);
        return {
            ...row,
            iso: at.toISO(),
            time: toLocaleDateTimeString(at),
            look: LOOKS[row.topic],
        };
    }
}
