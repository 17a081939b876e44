import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { session } from "@web/session";
import { BUS_TYPE } from "./conversation_feed";

/** However many messages come. */
const AT_MOST_EVERY = 1000;
/** Should the bus have missed something. */
const REFRESH = 10 * 60 * 1000;

/** On how many leads the user has something to read: the page came with it, and the bus tells when to ask again. */
export class UnreadLeads {
    isWorkingLeads = session.lead_unread_count !== undefined;
    count = session.lead_unread_count || 0;

    constructor({ bus_service, orm }) {
        this.services = { bus_service, orm };
        this.keepLast = new KeepLast();
    }

    start() {
        const { bus_service } = this.services;
        bus_service.subscribe(BUS_TYPE, () => this.refreshSoon());
        // what was told in the meantime is unknown
        bus_service.addEventListener("BUS:RECONNECT", () => this.refreshSoon());
        bus_service.start();
        browser.setInterval(() => this.refresh(), REFRESH);
    }

    refreshSoon() {
        if (!this.isWorkingLeads) {
            return;
        }
        this.timer ??= browser.setTimeout(() => {
            delete this.timer;
            return this.refresh();
        }, AT_MOST_EVERY);
    }

    async refresh() {
        const asked = this.services.orm.silent.call("crm.lead", "get_unread_count");
        try {
            this.count = await this.keepLast.add(asked);
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
        }
    }
}

export const unreadLeadsService = {
    dependencies: ["bus_service", "orm"],
    start(_env, services) {
        const unread = reactive(new UnreadLeads(services));
        if (unread.isWorkingLeads) {
            unread.start();
        }
        return unread;
    },
};

registry.category("services").add("crm_lead_unread", unreadLeadsService);
