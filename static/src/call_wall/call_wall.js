import { Component, onWillDestroy, onWillStart, useExternalListener, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { CallWallFeed } from "./call_wall_feed";
import { CallWallTile, formatClock, STATE_ORDER } from "./call_wall_tile";

const byName = (one, other) => one.name.localeCompare(other.name);

/** How operators can be sorted; those that are equal go by name. */
const SORTINGS = {
    name: { title: _t("By name"), compare: () => 0 },
    calls: { title: _t("By calls"), compare: (one, other) => other.calls - one.calls },
    state: {
        title: _t("By what they do"),
        compare: (one, other) => STATE_ORDER.indexOf(one.state) - STATE_ORDER.indexOf(other.state),
    },
};

const sum = (records, name) =>
    records ? records.reduce((total, record) => total + record[name], 0) : null;

/** How the room is doing: a tile for each operator, and what is left in the queues. For a screen that all can see. */
export class CallWall extends Component {
    static template = "crm_lead_lifecycle.CallWall";
    static components = { CallWallTile };
    static props = { ...standardActionServiceProps };

    setup() {
        this.feed = useState(
            new CallWallFeed({ bus_service: useService("bus_service"), orm: useService("orm") }),
        );
        this.state = useState({ sorting: "name", isFullScreen: false });
        this.sortings = Object.entries(SORTINGS).map(([name, { title }]) => ({ name, title }));
        onWillStart(() => this.feed.start());
        onWillDestroy(() => {
            this.feed.stop();
            if (this.state.isFullScreen) {
                this.setFullScreen(false);
            }
        });
        useExternalListener(document, "fullscreenchange", () => {
            if (!document.fullscreenElement && this.state.isFullScreen) {
                this.setFullScreen(false);
            }
        });
    }

    get operators() {
        const { compare } = SORTINGS[this.state.sorting];
        return [...this.feed.operators].sort(
            (one, other) => compare(one, other) || byName(one, other),
        );
    }

    get campaigns() {
        const { campaigns, campaignId } = this.feed;
        return campaignId ? campaigns?.filter(({ id }) => id === campaignId) : campaigns;
    }

    get figures() {
        const { operators } = this.feed;
        const inState = (state) => operators.filter((operator) => operator.state === state).length;
        return [
            {
                name: "left",
                label: _t("Left in queue"),
                count: sum(this.campaigns, "left"),
                help: _t("Contacts of campaigns that run and are not done"),
            },
            {
                name: "callable",
                label: _t("Callable this hour"),
                count: sum(this.campaigns, "callable"),
                help: _t("Contacts that are due and whose calling hours include this hour"),
            },
            { name: "calling", label: _t("Calling"), count: inState("calling") },
            { name: "wrapping_up", label: _t("Wrapping up"), count: inState("wrapping_up") },
            { name: "calls", label: _t("Calls today"), count: sum(operators, "calls") },
            {
                name: "appointments",
                label: _t("Appointments"),
                count: sum(operators, "appointments"),
            },
            { name: "contracts", label: _t("Contracts"), count: sum(operators, "contracts") },
        ].map((figure) => ({
            ...figure,
            count: figure.count === null ? "–" : formatInteger(figure.count),
        }));
    }

    get updatedAt() {
        const { updatedAt } = this.feed;
        return updatedAt ? formatClock(updatedAt, { showSeconds: true }) : "";
    }

    get lostText() {
        const { updatedAt } = this.feed;
        if (!updatedAt) {
            return _t("No connection. It is tried again by itself.");
        }
        return _t("No connection since %(time)s. These are the figures of then.", {
            time: formatClock(updatedAt),
        });
    }

    onCampaign({ target }) {
        return this.feed.setCampaign(Number(target.value) || false);
    }

    onSorting({ target }) {
        this.state.sorting = target.value;
    }

    /** The whole screen, without Odoo's menu. Where the browser does not allow it, at least without the menu. */
    async setFullScreen(isFullScreen) {
        this.state.isFullScreen = isFullScreen;
        this.env.bus.trigger("ACTION_MANAGER:UI-UPDATED", isFullScreen ? "fullscreen" : "current");
        try {
            if (isFullScreen) {
                await document.documentElement.requestFullscreen?.();
            } else if (document.fullscreenElement) {
                await document.exitFullscreen();
            }
        } catch (error) {
            if (!(error instanceof TypeError)) {
                throw error;
            }
        }
    }
}

registry.category("actions").add("crm_call_wall", CallWall);
