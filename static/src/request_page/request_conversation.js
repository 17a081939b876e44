import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

// milliseconds between two questions whether there is something new
export const SOONEST = 5000;
export const LATEST = 45000;
const BACK_OFF = 2;
const TIMEOUT = 60000;

/**
 * The conversation on the customer's page: what the desk writes shows without
 * reload, by the bus where there is one, else by asking again and again, less
 * often the longer nothing happens. What the customer writes is sent under a
 * key, which stays the same until the answer is there.
 */
export class RequestConversation extends Interaction {
    static selector = ".o_request_conversation";
    dynamicContent = {
        ".o_request_form": { "t-on-submit.prevent": this.onSubmit },
        ".o_request_form textarea": { "t-on-input": this.onType, "t-on-keydown": this.onKeydown },
        ".o_request_form input[type=file]": { "t-on-change": this.onType },
        _document: { "t-on-visibilitychange": this.onVisibility },
    };

    setup() {
        this.url = this.el.dataset.url;
        this.messagesEl = this.el.querySelector(".o_request_messages");
        this.formEl = this.el.querySelector(".o_request_form");
        this.title = document.title;
        // what is 0 stands in no attribute
        this.isRead = this.el.dataset.isRead || "0";
        this.seenId = Number(this.el.dataset.seenId || 0);
        this.lastId = this.getShownIds().at(-1) || 0;
        this.unseen = 0;
        this.delay = SOONEST;
        // pages of older messages stay as they are
        this.isLive = !this.el.dataset.isOld;
    }

    start() {
        if (!this.isLive) {
            return;
        }
        this.el.dataset.isStarted = "1";
        this.listen();
        this.markSeen();
        this.schedule();
    }

    destroy() {
        browser.clearTimeout(this.timer);
        this.services.bus_service?.unsubscribe(this.el.dataset.busType, this.onBus);
        document.title = this.title;
    }

    listen() {
        this.onBus = () => this.ask();
        const bus = this.services.bus_service;
        bus?.addChannel(this.el.dataset.channel);
        bus?.subscribe(this.el.dataset.busType, this.onBus);
    }

    getShownIds() {
        return [...this.messagesEl.querySelectorAll("[data-id]")].map((el) =>
            Number(el.dataset.id),
        );
    }

    //------------------------------------------------------------------
    // Reading
    //------------------------------------------------------------------

    schedule() {
        browser.clearTimeout(this.timer);
        if (this.isLive && !document.hidden) {
            this.timer = browser.setTimeout(() => this.ask(), this.delay);
        }
    }

    async ask() {
        if (this.isAsking) {
            this.isAskedAgain = true;
            return;
        }
        this.isAsking = true;
        this.isAskedAgain = false;
        this.delay = Math.min(this.delay * BACK_OFF, LATEST);
        try {
            const response = await this.fetch(
                `messages?after=${this.lastId}&is_read=${this.isRead}`,
            );
            if (response.status === 200) {
                this.show(await response.json());
            } else if (response.status === 404) {
                this.end();
            } else if (!response.ok) {
                this.delay = LATEST;
            }
            this.isLost = false;
        } catch {
            // the network is away: it is asked again, soon for the first time
            this.delay = this.isLost ? this.delay : SOONEST;
            this.isLost = true;
        }
        this.isAsking = false;
        if (this.isAskedAgain) {
            await this.ask();
        } else {
            this.schedule();
        }
    }

    /** Show what has come, once, and the state of the request as it is now. */
    show({ html, summary, last_id, is_read, has_more }) {
        if (this.isDestroyed) {
            return;
        }
        const shown = new Set(this.getShownIds());
        const parsed = new DOMParser().parseFromString(html, "text/html");
        const fresh = [...parsed.querySelectorAll("[data-id]")].filter(
            (el) => !shown.has(Number(el.dataset.id)),
        );
        for (const el of fresh) {
            this.insert(el, this.messagesEl, "beforeend", false);
        }
        this.lastId = Math.max(this.lastId, last_id);
        this.isRead = is_read ? "1" : "0";
        this.showMarks();
        this.showSummary(summary);
        if (fresh.length) {
            this.delay = SOONEST;
            fresh.at(-1).scrollIntoView({ block: "nearest", behavior: "smooth" });
            this.unseen += fresh.filter((el) => el.dataset.isOurs === "1").length;
            this.markSeen();
        }
        this.isAskedAgain ||= has_more;
    }

    showMarks() {
        const lastEl = this.messagesEl.lastElementChild;
        const isSeen = this.isRead === "1" && lastEl && lastEl.dataset.isOurs !== "1";
        this.el.querySelector(".o_request_read").classList.toggle("d-none", !isSeen);
        this.el.querySelector(".o_request_empty").classList.toggle("d-none", Boolean(lastEl));
    }

    /** Proposals and appointments change along with the conversation. */
    showSummary(html) {
        const parsed = new DOMParser().parseFromString(html, "text/html");
        document
            .querySelector(".o_request_summary")
            ?.replaceWith(parsed.querySelector(".o_request_summary"));
    }

    async markSeen() {
        const oursIds = [...this.messagesEl.querySelectorAll("[data-is-ours='1']")];
        const id = Number(oursIds.at(-1)?.dataset.id || 0);
        if (document.hidden) {
            document.title = this.unseen ? `(${this.unseen}) ${this.title}` : this.title;
            return;
        }
        this.unseen = 0;
        document.title = this.title;
        if (id > this.seenId && this.formEl) {
            this.seenId = id;
            try {
                await this.fetch("seen", this.prepareForm({ message_id: id }));
            } catch {
                this.seenId = 0;
            }
        }
    }

    onVisibility() {
        if (!this.isLive || document.hidden) {
            browser.clearTimeout(this.timer);
            return;
        }
        this.delay = SOONEST;
        this.markSeen();
        this.ask();
    }

    /** The link has ended: nothing comes any more, and what is typed stays. */
    end() {
        this.isLive = false;
        browser.clearTimeout(this.timer);
        this.showProblem(_t("Your link has ended. Load the page again to get a new one."));
    }

    //------------------------------------------------------------------
    // Writing
    //------------------------------------------------------------------

    /** Another text is another message. */
    onType() {
        this.key = null;
        this.delay = SOONEST;
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && (ev.ctrlKey || ev.metaKey)) {
            ev.preventDefault();
            this.formEl.requestSubmit();
        }
    }

    async onSubmit() {
        if (this.isSending) {
            return;
        }
        this.isSending = true;
        this.key ||= makeKey();
        this.showProblem("");
        const buttonEl = this.formEl.querySelector("button");
        buttonEl.disabled = true;
        const form = new FormData(this.formEl);
        form.set("key", this.key);
        form.set("after", this.lastId);
        try {
            await this.read(await this.fetch("messages", form));
        } catch {
            this.showProblem(_t("Your message was not sent. Try again."));
        }
        buttonEl.disabled = false;
        this.isSending = false;
    }

    async read(response) {
        if (response.ok) {
            const answer = await response.json();
            this.key = null;
            this.formEl.reset();
            this.formEl.querySelector("textarea").value = "";
            if (this.isLive) {
                this.show(answer);
                this.schedule();
            } else {
                browser.location.assign(`${this.url}#newest`);
            }
        } else if (response.status === 404) {
            this.end();
        } else if (response.status === 413) {
            this.showProblem(_t("These files are too large to be sent at once."));
        } else if ([422, 429].includes(response.status)) {
            this.showProblem((await response.json()).problem);
        } else {
            throw new Error(response.status);
        }
    }

    showProblem(text) {
        const problemEl = this.formEl?.querySelector(".o_request_problem");
        if (problemEl) {
            problemEl.textContent = text;
            problemEl.classList.toggle("d-none", !text);
        }
    }

    //------------------------------------------------------------------
    // Asking the server
    //------------------------------------------------------------------

    prepareForm(values) {
        const form = new FormData();
        form.set("csrf_token", this.formEl.elements.csrf_token.value);
        for (const [name, value] of Object.entries(values)) {
            form.set(name, value);
        }
        return form;
    }

    /** With a body it is sent, else it is read. */
    fetch(path, body) {
        return browser.fetch(`${this.url}/${path}`, {
            method: body ? "POST" : "GET",
            headers: { Accept: "application/json" },
            signal: AbortSignal.timeout(TIMEOUT),
            body,
        });
    }
}

/** What nobody else calls a message, also where a page has no secure connection. */
function makeKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

registry
    .category("public.interactions")
    .add("crm_lead_lifecycle.request_conversation", RequestConversation);
