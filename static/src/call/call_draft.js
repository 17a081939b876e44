import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { session } from "@web/session";

const PREFIX = "crm_call_draft";
const DAY = 24 * 60 * 60 * 1000;
/** How long typing may go on before it is kept, in milliseconds. */
export const DELAY = 250;

/**
 * What is typed into a call, kept in the browser until the call is over: for the same user and the same contact alone.
 */
export class CallDraft {
    /**
     * @param {number} leadId
     * @param {number|false} entryId
     * @param {() => Object|null} read what is there to be kept; null if there is nothing
     */
    constructor(leadId, entryId, read) {
        this.key = `${ownPrefix()}${leadId}:${entryId || 0}`;
        this.read = read;
        this.isOver = false;
    }

    /** What was kept the last time, or null. */
    load() {
        removeOldDrafts();
        return parse(browser.localStorage.getItem(this.key));
    }

    saveLater() {
        // not a debounce: whoever types without a pause loses no more than others
        this.timer ??= browser.setTimeout(() => this.save(), DELAY);
    }

    save() {
        this.cancel();
        if (this.isOver) {
            return;
        }
        const values = this.read();
        if (values) {
            browser.localStorage.setItem(
                this.key,
                JSON.stringify({ ...values, savedAt: Date.now() }),
            );
        } else {
            browser.localStorage.removeItem(this.key);
        }
    }

    /** The call is over: nothing of it stays, and nothing is kept any more. */
    wipe() {
        this.isOver = true;
        this.cancel();
        browser.localStorage.removeItem(this.key);
    }

    cancel() {
        browser.clearTimeout(this.timer);
        delete this.timer;
    }
}

function ownPrefix() {
    return `${PREFIX}:${session.db}:${user.userId}:`;
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}

/** Drafts of the user that are older than a day, or that can't be read. */
function removeOldDrafts() {
    const { localStorage } = browser;
    const keys = Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index));
    for (const key of keys.filter((key) => key.startsWith(ownPrefix()))) {
        const draft = parse(localStorage.getItem(key));
        if (!(draft?.savedAt > Date.now() - DAY)) {
            localStorage.removeItem(key);
        }
    }
}
