import { browser } from "@web/core/browser/browser";

/** Who tries several outcomes tells it once. */
const DELAY = 500;

/** Tells the wall that a call has got its outcome, or has none any more. Should that fail, nobody is kept by it. */
export class CallWrapUp {
    isTold = false;
    telling = Promise.resolve();

    /** @param {(isWrappingUp: boolean) => Promise<void>} tell */
    constructor(tell) {
        this.tell = tell;
    }

    /** @param {boolean} isWrappingUp whether there is an outcome now */
    follow(isWrappingUp) {
        browser.clearTimeout(this.timer);
        if (isWrappingUp !== this.isTold) {
            this.timer = browser.setTimeout(() => this.send(isWrappingUp), DELAY);
        }
    }

    send(isWrappingUp) {
        this.isTold = isWrappingUp;
        this.telling = this.telling.then(() => this.tell(isWrappingUp)).catch(() => {});
    }

    /** Before the end of the call: of two requests for one dialog at once the database would have the later one wait. */
    settle() {
        browser.clearTimeout(this.timer);
        return this.telling;
    }
}
