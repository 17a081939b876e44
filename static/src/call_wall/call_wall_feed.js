import { WORKER_STATE } from "@bus/workers/websocket_worker";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { user } from "@web/core/user";

const { DateTime } = luxon;

const SECOND = 1000;
/** While the bus tells what happens, should it have missed something; and without the bus. */
const REFRESH = 30 * SECOND;
const POLL = 10 * SECOND;
/** However much happens. */
const AT_MOST_EVERY = SECOND;
/** The contacts of campaigns are many. */
const COUNT_EVERY = 30 * SECOND;
/** Without a connection the first try again comes soon, each further one later. */
const FIRST_RETRY = SECOND;
const LAST_RETRY = 30 * SECOND;
/** A server that was cut off never answers. */
const PATIENCE = 20 * SECOND;
/** No further try will mend these. */
const FINAL_ERRORS = ["odoo.exceptions.AccessError", "odoo.http.SessionExpiredException"];

/**
 * The figures of the wall, asked for again when Odoo's bus tells that something has happened, and now and then. Without
 * a connection the last ones stay, until the server is back.
 */
export class CallWallFeed {
    operators = [];
    /** null until they are counted */
    campaigns = null;
    campaignId = false;
    /** by the clock of the server: its present, and when the figures were its */
    now = DateTime.now();
    updatedAt = null;
    isLost = false;

    constructor({ bus_service, orm }) {
        this.services = { bus_service, orm };
        this.offset = 0;
        this.retry = FIRST_RETRY;
        this.isStopped = false;
    }

    start() {
        const { bus_service } = this.services;
        this.isTold = bus_service.workerState === WORKER_STATE.CONNECTED;
        this.onTold = ({ company_id }) => {
            if (user.activeCompanies.some(({ id }) => id === company_id)) {
                this.refreshSoon();
            }
        };
        this.onBusState = ({ detail }) => {
            const isTold = detail === WORKER_STATE.CONNECTED;
            if (isTold !== this.isTold) {
                this.isTold = isTold;
                this.refreshSoon();
            }
        };
        bus_service.subscribe("crm_call_wall", this.onTold);
        bus_service.addEventListener("BUS:WORKER_STATE_UPDATED", this.onBusState);
        bus_service.start();
        this.clock = browser.setInterval(() => this.tick(), SECOND);
        this.counting = browser.setInterval(() => this.countCampaigns(), COUNT_EVERY);
        this.countCampaigns();
        return this.refresh();
    }

    stop() {
        const { bus_service } = this.services;
        this.isStopped = true;
        bus_service.unsubscribe("crm_call_wall", this.onTold);
        bus_service.removeEventListener("BUS:WORKER_STATE_UPDATED", this.onBusState);
        browser.clearInterval(this.clock);
        browser.clearInterval(this.counting);
        browser.clearTimeout(this.timer);
    }

    /** What is not known any more does not go on either. */
    tick() {
        if (!this.isLost) {
            this.now = DateTime.now().plus(this.offset);
        }
    }

    /** @param {number|false} campaignId */
    setCampaign(campaignId) {
        this.campaignId = campaignId;
        return this.refresh();
    }

    refreshSoon() {
        if (this.isAsking) {
            this.isAskedAgain = true;
        } else {
            this.schedule(this.askedAt + AT_MOST_EVERY - Date.now());
        }
    }

    schedule(wait) {
        browser.clearTimeout(this.timer);
        if (!this.isStopped) {
            this.timer = browser.setTimeout(() => this.refresh(), Math.max(0, wait));
        }
    }

    async refresh() {
        if (this.isAsking) {
            this.isAskedAgain = true;
            return;
        }
        browser.clearTimeout(this.timer);
        Object.assign(this, { isAsking: true, isAskedAgain: false, askedAt: Date.now() });
        try {
            await this.load();
            this.retry = FIRST_RETRY;
        } catch (error) {
            if (!isPassing(error)) {
                this.stop();
                throw error;
            }
            this.isLost = true;
        } finally {
            this.isAsking = false;
        }
        if (this.isLost) {
            this.schedule(this.retry);
            this.retry = Math.min(2 * this.retry, LAST_RETRY);
        } else if (this.isAskedAgain) {
            this.refreshSoon();
        } else {
            this.schedule(this.isTold ? REFRESH : POLL);
        }
    }

    async load() {
        const { campaignId } = this;
        const wall = await this.ask("get_wall", { campaign_ids: campaignId ? [campaignId] : [] });
        if (campaignId !== this.campaignId) {
            this.isAskedAgain = true; // another campaign was chosen in the meantime
            return;
        }
        const wasLost = this.isLost;
        this.operators = wall.operators.map((operator) => ({
            ...operator,
            since: operator.since && deserializeDateTime(operator.since),
        }));
        this.updatedAt = deserializeDateTime(wall.now);
        this.offset = this.updatedAt.toMillis() - this.askedAt;
        this.isLost = false;
        this.tick();
        if (wasLost) {
            this.countCampaigns();
        }
    }

    async countCampaigns() {
        try {
            this.campaigns = await this.ask("get_campaigns");
        } catch (error) {
            if (error instanceof ConnectionLostError || error instanceof RPCError) {
                return; // what is wrong is told by the figures of the operators; there is another try to come
            }
            throw error;
        }
        // one that has ended can't be chosen any more: a screen that nobody is at goes on with the others
        if (this.campaignId && !this.campaigns.some(({ id }) => id === this.campaignId)) {
            await this.setCampaign(false);
        }
    }

    async ask(method, kwargs = {}) {
        let timer;
        const patience = new Promise((_resolve, reject) => {
            timer = browser.setTimeout(() => reject(new ConnectionLostError()), PATIENCE);
        });
        try {
            const call = this.services.orm.silent.call("crm.call.wall", method, [], kwargs);
            return await Promise.race([call, patience]);
        } finally {
            browser.clearTimeout(timer);
        }
    }
}

/** Whether it may be otherwise in a moment: no connection, or a server that is about to start. */
export function isPassing(error) {
    return (
        error instanceof ConnectionLostError ||
        (error instanceof RPCError && !FINAL_ERRORS.includes(error.exceptionName))
    );
}
