import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { session } from "@web/session";

const { DateTime } = luxon;

/** Should the bus have missed something. */
const REFRESH = 10 * 60 * 1000;

/**
 * The user's call backs of the next day. At the time of each a notification offers to call.
 *
 * What is due already when a page is opened is counted, not announced: it was announced at its time, or before the user
 * came.
 */
export class CallReminders {
    isOperator = Boolean(session.is_call_operator);
    /** by their time: id, customer, phone, lead_number, at (DateTime) */
    recalls = [];
    /** how many are due that anybody may make */
    openCount = 0;
    /** the call that is open on this page: id of its dialog, customer */
    current = null;
    now = DateTime.now();

    constructor({ action, bus_service, notification, orm }) {
        this.services = { action, bus_service, notification, orm };
        this.keepLast = new KeepLast();
        /** keys of recalls whose time has come, with what closes their notification */
        this.announced = new Map();
    }

    start() {
        const { bus_service } = this.services;
        bus_service.subscribe("crm_call_reminder", () => this.refresh());
        bus_service.start();
        browser.setInterval(() => this.refresh(), REFRESH);
        return this.load((recall) => this.announced.set(this.key(recall), () => {}));
    }

    refresh() {
        return this.load((recall) => this.announce(recall));
    }

    get due() {
        return this.recalls.filter(({ at }) => at <= this.now);
    }

    get coming() {
        return this.recalls.filter(({ at }) => at > this.now);
    }

    /** Whoever gets another time is announced once more. */
    key({ id, at }) {
        return `${id} ${at.toMillis()}`;
    }

    /** @param {(recall: Object) => void} onDue what is done with those whose time has come since the last look */
    async load(onDue) {
        let found;
        try {
            const call = this.services.orm.silent.call("crm.call.entry", "get_reminders");
            found = await this.keepLast.add(call);
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                return; // there is another try to come
            }
            throw error;
        }
        this.recalls = found.recalls.map((recall) => ({
            ...recall,
            at: deserializeDateTime(recall.at),
        }));
        this.openCount = found.open_count;
        this.look(onDue);
    }

    /** See whose time has come, and look again when it comes for the next one. */
    look(onDue) {
        this.now = DateTime.now();
        const listed = new Set(this.recalls.map((recall) => this.key(recall)));
        for (const [key, close] of this.announced) {
            if (!listed.has(key)) {
                close();
                this.announced.delete(key);
            }
        }
        for (const recall of this.due) {
            if (!this.announced.has(this.key(recall))) {
                onDue(recall);
            }
        }
        browser.clearTimeout(this.timer);
        const [next] = this.coming;
        if (next) {
            const wait = next.at.diff(this.now).toMillis();
            this.timer = browser.setTimeout(
                () => this.look((recall) => this.announce(recall)),
                wait,
            );
        }
    }

    announce(recall) {
        const time = toLocaleDateTimeString(recall.at, { showDate: false });
        const close = this.services.notification.add(
            _t("Call back: %(customer)s, %(time)s", { customer: recall.customer, time }),
            {
                type: "info",
                sticky: true,
                buttons: [{ name: _t("Call"), primary: true, onClick: () => this.call(recall) }],
            },
        );
        this.announced.set(this.key(recall), close);
    }

    async call(recall) {
        if (this.refuseSecondCall()) {
            return;
        }
        await this.openCall(recall.id);
        this.announced.get(this.key(recall))?.();
    }

    /** Take a contact and open its call. A call back leaves the list by the bus. */
    async openCall(entryId, options) {
        const { action, orm } = this.services;
        const opening = await orm.call("crm.call.entry", "action_call", [[entryId]]);
        return action.doAction(opening, options);
    }

    /**
     * A second call would take the place of the one that is open, whose contact would stay taken.
     *
     * @returns {boolean} whether a call is open: the user is told
     */
    refuseSecondCall() {
        if (this.current) {
            this.services.notification.add(
                _t("End the call with %s first.", this.current.customer),
                { type: "warning" },
            );
        }
        return Boolean(this.current);
    }
}

export const callReminderService = {
    dependencies: ["action", "bus_service", "notification", "orm"],
    start(env, services) {
        const reminders = reactive(new CallReminders(services));
        if (reminders.isOperator) {
            reminders.start();
        }
        return reminders;
    },
};

registry.category("services").add("crm_call_reminder", callReminderService);
