import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { uuid } from "@web/core/utils/strings";
import { session } from "@web/session";

/**
 * What is being written to a customer, kept in the browser until it is sent: it survives leaving the form, and all tabs
 * know it under the same key, so that it is sent once.
 */
export class ConversationDraft {
    /** @param {number} leadId */
    constructor(leadId) {
        this.name = `crm_lead_conversation:${session.db}:${user.userId}:${leadId}`;
    }

    /** @returns {{ text: string, key: string }} */
    load() {
        try {
            const { text, key } = JSON.parse(browser.localStorage.getItem(this.name));
            return { text, key };
        } catch {
            return this.make();
        }
    }

    make() {
        return { text: "", key: uuid() };
    }

    save({ text, key }) {
        if (text) {
            browser.localStorage.setItem(this.name, JSON.stringify({ text, key }));
        } else {
            this.clear();
        }
    }

    clear() {
        browser.localStorage.removeItem(this.name);
    }

    /**
     * @param {StorageEvent} event of another tab
     * @returns {string|undefined} key of the draft that was sent or emptied there
     */
    getCleared({ key, newValue, oldValue }) {
        if (key === this.name && !newValue && oldValue) {
            return JSON.parse(oldValue).key;
        }
    }
}
