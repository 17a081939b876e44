// the tour has to be there, also on pages of the portal, whose scripts come in two parts
import "@crm/../tests/tours/crm_forecast_tour";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";

// Odoo's tour of the forecast goes there from the pipeline and waits for a column that can be added, which the
// pipeline has too. Clicked before the forecast's records are read, "New" opens the whole form instead of the
// card that the tour fills in: here the tour waits for the forecast itself.
patch(registry.category("web_tour.tours").get("crm_forecast"), {
    steps() {
        const steps = super.steps();
        const waiting = steps.find(({ trigger }) => trigger === ".o_column_quick_create");
        waiting.trigger = ".o_action:has(.o_breadcrumb:contains(Forecast)) .o_column_quick_create";
        return steps;
    },
});
