import { Component, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const PAUSE = "crm_call_pause";
const CLOSE = { type: "ir.actions.act_window_close" };

/** A tick in this browser: no next contact after this call. It counts for one call. */
export class CallPause extends Component {
    static template = "crm_lead_lifecycle.CallPause";
    static props = { ...standardWidgetProps };

    setup() {
        this.call = useState(this.env.call);
        this.state = useState({ isOn: Boolean(browser.localStorage.getItem(PAUSE)) });
    }

    toggle({ target }) {
        this.state.isOn = target.checked;
        if (target.checked) {
            browser.localStorage.setItem(PAUSE, "1");
        } else {
            browser.localStorage.removeItem(PAUSE);
        }
    }
}

registry.category("view_widgets").add("call_pause", { component: CallPause });

function takePause() {
    const isOn = Boolean(browser.localStorage.getItem(PAUSE));
    browser.localStorage.removeItem(PAUSE);
    return isOn;
}

/** Closes what was said about the call before. */
let closeNotice = () => {};

function notify(
    { services },
    { call_id, campaign_id, outcome, notice, take_back_minutes },
    isPaused,
) {
    closeNotice();
    const buttons = [];
    if (isPaused) {
        buttons.push({
            name: _t("Next contact"),
            primary: true,
            onClick: () => {
                closeNotice();
                services.action.doAction({
                    type: "ir.actions.client",
                    tag: "crm_call_next_contact",
                    params: { campaign_id },
                });
            },
        });
    }
    if (take_back_minutes) {
        buttons.push({
            name: _t("Take back"),
            onClick: async () => {
                closeNotice();
                const action = await services.orm.call("crm.call", "action_take_back", [[call_id]]);
                await services.action.doAction(action);
            },
        });
    }
    const close = services.notification.add(_t("Outcome saved: %s", outcome), {
        type: "success",
        className: "o_call_saved",
        buttons,
        sticky: Boolean(take_back_minutes),
    });
    if (take_back_minutes) {
        browser.setTimeout(close, take_back_minutes * 60 * 1000);
    }
    closeNotice = close;
    if (notice) {
        services.notification.add(notice, { type: "warning" });
    }
}

/**
 * Go on with the next contact of a campaign (``campaign_id``), after a call if there was one (``call_id``, its
 * ``outcome``, a ``notice`` if not all is as usual, the minutes in which it can be taken back).
 */
export async function nextContact(env, { params }) {
    const isPaused = Boolean(params.call_id && params.campaign_id) && takePause();
    if (params.call_id) {
        notify(env, params, isPaused);
    }
    if (!params.campaign_id || isPaused) {
        return CLOSE;
    }
    try {
        return await env.services.orm.call("crm.call.campaign", "next_contact", [
            [params.campaign_id],
        ]);
    } catch (error) {
        // the call before is over, whatever keeps the next one away
        await env.services.action.doAction(CLOSE);
        throw error;
    }
}

registry.category("actions").add("crm_call_next_contact", nextContact);
