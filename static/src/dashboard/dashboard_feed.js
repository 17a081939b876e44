import { browser } from "@web/core/browser/browser";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { isPassing } from "../call_wall/call_wall_feed";

const REFRESH = 60 * 1000;

/**
 * The figures of the dashboard, asked for again every minute while somebody can see them. Without a connection the last
 * ones stay.
 */
export class LeadDashboardFeed {
    /** null until they are there */
    figures = null;
    /** what they are the figures of */
    shown = {};
    updatedAt = null;
    isLost = false;
    isChoosing = false;

    constructor(orm, { span = "today", teamId = false } = {}) {
        Object.assign(this, { orm, span, teamId });
        this.onVisible = () => {
            if (Date.now() - this.askedAt >= REFRESH) {
                this.refreshByItself();
            }
        };
    }

    start() {
        this.timer = browser.setInterval(() => this.refreshByItself(), REFRESH);
        document.addEventListener("visibilitychange", this.onVisible);
        return this.load(this.orm);
    }

    stop() {
        browser.clearInterval(this.timer);
        document.removeEventListener("visibilitychange", this.onVisible);
    }

    /** @param {{span?: string, teamId?: number|false}} choice */
    async choose(choice) {
        Object.assign(this, choice, { isChoosing: true });
        const { span, teamId } = this;
        try {
            await this.load(this.orm);
        } catch (error) {
            if (this.isChosen(span, teamId)) {
                Object.assign(this, this.shown);
            }
            throw error;
        } finally {
            if (this.isChosen(this.shown.span, this.shown.teamId)) {
                this.isChoosing = false;
            }
        }
    }

    isChosen(span, teamId) {
        return span === this.span && teamId === this.teamId;
    }

    async refreshByItself() {
        if (document.visibilityState === "hidden") {
            return;
        }
        try {
            await this.load(this.orm.silent);
        } catch (error) {
            if (!isPassing(error)) {
                this.stop();
                throw error;
            }
            this.isLost = true;
        }
    }

    async load(orm) {
        const { span, teamId } = this;
        this.askedAt = Date.now();
        const figures = await orm.call("crm.lead.dashboard", "get_dashboard", [], {
            span,
            team_id: teamId,
        });
        if (!this.isChosen(span, teamId)) {
            return; // something else was chosen in the meantime
        }
        const updatedAt = deserializeDateTime(figures.now);
        Object.assign(this, { figures, updatedAt, isLost: false, shown: { span, teamId } });
    }
}
