import { rpcBus } from "@web/core/network/rpc";
import { UPDATE_METHODS } from "@web/core/orm_service";
import { registry } from "@web/core/registry";

const MODELS = ["crm.lead.type", "crm.stage.transition"];

/** The form of a lead follows its type: whoever changes a type sees it at once, as with a view that is changed. */
export const leadTypeViewsService = {
    start() {
        rpcBus.addEventListener("RPC:RESPONSE", ({ detail: { data, error } }) => {
            const { model, method } = data.params;
            if (!error && MODELS.includes(model) && UPDATE_METHODS.includes(method)) {
                rpcBus.trigger("CLEAR-CACHES", "get_views");
            }
        });
    },
};

registry.category("services").add("lead_type_views", leadTypeViewsService);
