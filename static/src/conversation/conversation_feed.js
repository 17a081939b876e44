import { WORKER_STATE } from "@bus/workers/websocket_worker";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { ConnectionLostError } from "@web/core/network/rpc";

const SECOND = 1000;
/** While the bus tells of news, should it have missed something. */
const REFRESH = 300 * SECOND;
/** Without the bus the first look comes soon, each further one later. */
const FIRST_POLL = 5 * SECOND;
const LAST_POLL = 45 * SECOND;
export const BUS_TYPE = "crm_lead_conversation";

/**
 * The conversation of a lead, kept up to date: by Odoo's bus, without it by asking now and then.
 *
 * What is asked again is laid over what is there: it does no harm to ask twice.
 */
export class ConversationFeed {
    isLoaded = false;
    /** the server does not answer: what is there may be old */
    isLost = false;
    hasMore = false;
    isUnread = false;
    canWrite = false;
    obstacle = false;
    seenId = 0;
    seenAt = false;
    /** by their ids */
    messages = {};
    cards = {};

    constructor({ bus_service, orm }, leadId) {
        this.services = { bus_service, orm };
        this.leadId = leadId;
        this.wait = FIRST_POLL;
    }

    start() {
        const { bus_service } = this.services;
        this.isTold = bus_service.workerState === WORKER_STATE.CONNECTED;
        this.onTold = ({ lead_id }) => lead_id === this.leadId && this.refresh();
        this.onBusState = ({ detail }) => {
            const isTold = detail === WORKER_STATE.CONNECTED;
            if (isTold !== this.isTold) {
                this.isTold = isTold;
                this.wait = FIRST_POLL;
                this.refresh();
            }
        };
        bus_service.subscribe(BUS_TYPE, this.onTold);
        bus_service.addEventListener("BUS:WORKER_STATE_UPDATED", this.onBusState);
        return this.refresh();
    }

    stop() {
        const { bus_service } = this.services;
        this.isStopped = true;
        browser.clearTimeout(this.timer);
        bus_service.unsubscribe(BUS_TYPE, this.onTold);
        bus_service.removeEventListener("BUS:WORKER_STATE_UPDATED", this.onBusState);
        if (this.channel) {
            bus_service.deleteChannel(this.channel);
        }
    }

    /** Messages and cards as they followed each other. */
    get items() {
        const messages = Object.values(this.messages).map((item) => ({ ...item, isMessage: true }));
        return [...messages, ...Object.values(this.cards)].sort((a, b) => a.at - b.at);
    }

    get lastId() {
        return Math.max(0, ...Object.keys(this.messages));
    }

    get lastCardId() {
        return Math.max(0, ...Object.keys(this.cards));
    }

    async refresh() {
        browser.clearTimeout(this.timer);
        try {
            const { lastId } = this;
            const answer = await this.services.orm.silent.call(
                "crm.lead",
                "get_conversation",
                [[this.leadId]],
                { after: lastId },
            );
            this.take(answer);
            if (!lastId) {
                this.hasMore = answer.has_more;
            } else if (answer.has_more && !this.isStopped) {
                return this.refresh();
            }
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.isLost = true;
        }
        this.schedule();
    }

    schedule() {
        browser.clearTimeout(this.timer);
        if (this.isStopped) {
            return;
        }
        const isTold = this.isTold && !this.isLost;
        this.timer = browser.setTimeout(() => this.refresh(), isTold ? REFRESH : this.wait);
        this.wait = isTold ? FIRST_POLL : Math.min(2 * this.wait, LAST_POLL);
    }

    async loadEarlier() {
        const answer = await this.services.orm.call(
            "crm.lead",
            "get_conversation",
            [[this.leadId]],
            { before: Math.min(...Object.keys(this.messages)) },
        );
        this.take(answer);
        this.hasMore = answer.has_more;
    }

    /** @param {{ body: string, attachmentIds: number[], key: string }} message */
    async send({ body, attachmentIds, key }) {
        const answer = await this.services.orm.silent.call(
            "crm.lead",
            "post_to_customer",
            [[this.leadId], body],
            { attachment_ids: attachmentIds, key },
        );
        this.take(answer);
    }

    async markRead() {
        if (this.isReading) {
            return;
        }
        this.isReading = true;
        try {
            await this.services.orm.silent.call("crm.lead", "mark_conversation_read", [
                [this.leadId],
            ]);
            this.isUnread = false;
        } finally {
            this.isReading = false;
        }
    }

    take(answer) {
        const byId = (items) =>
            Object.fromEntries(
                items.map((item) => [item.id, { ...item, at: deserializeDateTime(item.date) }]),
            );
        Object.assign(this, {
            messages: { ...this.messages, ...byId(answer.messages) },
            cards: { ...this.cards, ...byId(answer.cards) },
            isLoaded: true,
            isLost: false,
            isUnread: answer.is_unread,
            canWrite: answer.can_write,
            obstacle: answer.obstacle,
            seenId: answer.seen_id,
            seenAt: answer.date_customer_seen && deserializeDateTime(answer.date_customer_seen),
        });
        this.listen(answer.channel);
    }

    /** The channel is another one when the customer got another link. */
    listen(channel) {
        const { bus_service } = this.services;
        if (channel === this.channel || this.isStopped) {
            return;
        }
        if (this.channel) {
            bus_service.deleteChannel(this.channel);
        }
        this.channel = channel;
        bus_service.addChannel(channel);
    }
}
