import { Component, onWillDestroy, onWillStart, useRef, useState } from "@odoo/owl";
import { formatDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { formatClock } from "../call_wall/call_wall_tile";
import { formatMinutes } from "../metric/lead_minutes";
import { LeadDashboardFeed } from "./dashboard_feed";
import {
    ANSWERS,
    CLOCKS,
    COLUMNS,
    compareCounts,
    compareMinutes,
    comparePercents,
    FLOWS,
    formatPercent,
    PERCENTILES,
    percentOf,
    SPANS,
    STANDING,
    TABLES,
    tellFew,
    tellNew,
    TITLES,
} from "./dashboard_words";

const LEADS_ACTION = "crm_lead_lifecycle.crm_lead_dashboard_action_leads";

/** A figure that opens the leads that it counts. */
class LeadDashboardFigure extends Component {
    static template = "crm_lead_lifecycle.LeadDashboardFigure";
    static props = {
        figure: { type: Object, shape: { count: Number, domain: Array, "*": true } },
        /** what is counted, for the title of the list */
        name: { type: [String, Object] },
        /** what is shown, if not the count */
        text: { type: [String, Object], optional: true },
        class: { type: String, optional: true },
        /** what is said of the figure beside its name and count */
        help: { type: [String, Object], optional: true },
    };

    setup() {
        this.action = useService("action");
    }

    get count() {
        return formatInteger(this.props.figure.count);
    }

    get label() {
        const { name, text } = this.props;
        const values = { name, count: this.count, text };
        return text
            ? _t("%(name)s: %(text)s, %(count)s leads", values)
            : _t("%(name)s: %(count)s leads", values);
    }

    async open(newWindow) {
        const { name, figure } = this.props;
        const action = await this.action.loadAction(LEADS_ACTION);
        const title = name.toString();
        return this.action.doAction(
            { ...action, name: title, display_name: title, domain: figure.domain },
            { newWindow },
        );
    }
}

/** How the desk is doing, on one page: what happened, what is to be done, who and what it comes from. */
export class LeadDashboard extends Component {
    static template = "crm_lead_lifecycle.LeadDashboard";
    static components = { Layout, LeadDashboardFigure };
    static props = { ...standardActionServiceProps };

    setup() {
        this.feed = useState(new LeadDashboardFeed(useService("orm"), this.props.state));
        this.action = useService("action");
        this.rootRef = useRef("root");
        useSetupAction({
            rootRef: this.rootRef,
            getLocalState: () => ({ span: this.feed.span, teamId: this.feed.teamId }),
        });
        Object.assign(this, {
            CLOCKS,
            COLUMNS,
            PERCENTILES,
            formatPercent,
            percentOf,
            tellFew,
            TITLES,
        });
        this.spans = Object.entries(SPANS).map(([name, words]) => ({ name, ...words }));
        onWillStart(() => this.feed.start());
        onWillDestroy(() => this.feed.stop());
    }

    get figures() {
        return this.feed.figures;
    }

    get words() {
        return SPANS[this.feed.shown.span];
    }

    get heading() {
        const team = this.figures.teams.find(({ id }) => id === this.feed.shown.teamId);
        return team
            ? _t("%(span)s, %(team)s", { span: this.words.title, team: team.name })
            : this.words.title;
    }

    get asOf() {
        const { updatedAt } = this.feed;
        return _t("As of %(time)s", { time: formatClock(updatedAt) });
    }

    get day() {
        return formatDate(this.feed.updatedAt);
    }

    /** What a list is called that a figure opens. */
    named(title, ...parts) {
        return [title, ...parts].join(", ");
    }

    get flows() {
        return FLOWS.map((tile) => {
            const figure = this.figures.flows[tile.name];
            return {
                ...tile,
                figure,
                compared: compareCounts(figure.count, figure.before.count, tile.better),
            };
        });
    }

    get inTime() {
        const { within, decided, running } = this.figures.flows;
        const [percent, before] = [
            percentOf(within, decided),
            percentOf(within.before, decided.before),
        ];
        return {
            within,
            decided,
            percent,
            before,
            hasAnswerTimes: Boolean(decided.count || running.count),
            compared: percent !== null && before !== null && comparePercents(percent, before),
            answers: ANSWERS.map((answer) => ({
                ...answer,
                figure: this.figures.flows[answer.name],
            })),
        };
    }

    get standing() {
        return STANDING.map((tile) => {
            const figure = this.figures.standing[tile.name];
            return { ...tile, figure, told: tellNew(figure.new.count) };
        });
    }

    touched(clock, percentile) {
        const measured = this.figures.first_touch[clock];
        const [minutes, before] = [measured[percentile], measured.before[percentile]];
        return {
            text: formatMinutes(minutes),
            before: formatMinutes(before),
            compared: minutes !== null && before !== null && compareMinutes(minutes, before),
        };
    }

    get tables() {
        return this.figures.tables.map(({ field, rows }) => ({
            field,
            ...TABLES[field],
            rows: rows.map((row) => ({ ...row, title: this.titleOf(row, TABLES[field]) })),
        }));
    }

    titleOf({ others, name }, { none }) {
        return others
            ? _t("All others (%(count)s)", { count: formatInteger(others) })
            : name || none;
    }

    onTeam({ target }) {
        return this.feed.choose({ teamId: Number(target.value) || false });
    }

    openDesk() {
        return this.action.doAction("crm_lead_lifecycle.crm_lead_action_desk");
    }

    print() {
        window.print();
    }
}

registry.category("actions").add("crm_lead_dashboard", LeadDashboard);
