import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

/** Open what Odoo does not: another site in a new tab, an application where the browser finds it. The dialog closes. */
export function openApplication(_env, { params: { url } }) {
    if (/^https?:/i.test(url)) {
        browser.open(url, "_blank", "noopener");
    } else {
        browser.location.assign(url);
    }
    return { type: "ir.actions.act_window_close" };
}

registry.category("actions").add("crm_lead_lifecycle.open_application", openApplication);
