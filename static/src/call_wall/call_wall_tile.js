import { Component, useState } from "@odoo/owl";
import { formatTalk } from "../call/call_head";
import { toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

/** So many outcomes are named on a tile, the others are counted. */
const NAMED = 3;
const STATES = {
    calling: _t("Calling"),
    wrapping_up: _t("Wrapping up"),
    idle: _t("Idle"),
    away: _t("Away"),
    offline: _t("Offline"),
};
const STATE_ICONS = {
    calling: "fa-phone text-success",
    wrapping_up: "fa-pencil text-warning",
    idle: "fa-pause text-info",
    away: "fa-clock-o text-muted",
    offline: "fa-power-off text-muted",
};

/** In what operators can be: the busiest first. */
export const STATE_ORDER = Object.keys(STATES);

export function formatClock(moment, options) {
    return toLocaleDateTimeString(moment, { showDate: false, showSeconds: false, ...options });
}

/** What an operator does now, and for how long. It ticks by itself: the tile around it stays as it is. */
export class CallWallState extends Component {
    static template = "crm_lead_lifecycle.CallWallState";
    static props = {
        campaign: { type: [String, Boolean] },
        feed: Object,
        since: { type: [Object, Boolean] },
        state: String,
    };

    setup() {
        this.feed = useState(this.props.feed);
    }

    get icon() {
        return STATE_ICONS[this.props.state];
    }

    get isInCall() {
        return ["calling", "wrapping_up"].includes(this.props.state);
    }

    get text() {
        const { since, state } = this.props;
        const name = STATES[state].toString();
        if (!since) {
            return name;
        }
        if (this.isInCall) {
            const seconds = Math.round(this.feed.now.diff(since).as("seconds"));
            return `${name} ${formatTalk(Math.max(0, seconds))}`;
        }
        const time = formatClock(since);
        if (state === "idle") {
            return _t("Idle since %(time)s", { time });
        }
        return _t("%(state)s, last call %(time)s", { state: name, time });
    }
}

/** How an operator does: calls of today with what came of them, and the outcomes of the last hour in their colours. */
export class CallWallTile extends Component {
    static template = "crm_lead_lifecycle.CallWallTile";
    static components = { CallWallState };
    static props = { feed: Object, operator: Object };

    get outcomes() {
        return this.props.operator.outcomes;
    }

    get prevailing() {
        return this.outcomes[0];
    }

    get named() {
        return this.outcomes.slice(0, NAMED);
    }

    get others() {
        const count = this.outcomes.length - this.named.length;
        return count ? _t("and %s more", count) : "";
    }

    /** In words what the bar shows. */
    get outcomeText() {
        return this.outcomes.map(({ name, count }) => `${name} ${count}`).join(", ");
    }

    get figures() {
        const { operator } = this.props;
        const percent = (rate) => (rate ? `${rate} %` : "");
        return [
            {
                name: "contacts",
                label: _t("Contacts"),
                count: operator.contacts,
                rate: percent(operator.contact_rate),
                help: _t("Calls in which somebody was reached; in percent of the calls"),
            },
            {
                name: "appointments",
                label: _t("Appointments"),
                count: operator.appointments,
                rate: "",
                help: _t("Calls that ended with an appointment"),
            },
            {
                name: "contracts",
                label: _t("Contracts"),
                count: operator.contracts,
                rate: percent(operator.closing_rate),
                help: _t("Calls that ended with a sale; in percent of the contacts"),
            },
        ];
    }
}
