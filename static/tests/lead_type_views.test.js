import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { after, beforeEach, expect, test } from "@odoo/hoot";
import {
    defineModels,
    fields,
    getService,
    makeMockEnv,
    makeServerError,
    models,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { CrmLeadType } from "@crm_lead_lifecycle/../tests/lead_test_models";
import { rpcBus } from "@web/core/network/rpc";

class Transition extends models.Model {
    _name = "crm.stage.transition";

    _records = [{ id: 1 }];
}

class Reason extends models.Model {
    _name = "crm.lost.reason";

    name = fields.Char();

    _records = [{ id: 1, name: "Too expensive" }];
}

defineModels([CrmLeadType, Transition, Reason]);
defineMailModels();

beforeEach(async () => {
    const listen = ({ detail }) => detail === "get_views" && expect.step(detail);
    rpcBus.addEventListener("CLEAR-CACHES", listen);
    after(() => rpcBus.removeEventListener("CLEAR-CACHES", listen));
    await makeMockEnv();
});

test("a change of a lead type or of its moves has the views read anew", async () => {
    const orm = getService("orm");
    await orm.webSave("crm.lead.type", [1], { name: "Request" }, { specification: {} });
    expect.verifySteps(["get_views"]);
    await orm.unlink("crm.stage.transition", [1]);
    expect.verifySteps(["get_views"]);
});

test("what is only read, refused, or of another model leaves them alone", async () => {
    const orm = getService("orm");
    await orm.read("crm.lead.type", [1], ["name"]);
    await orm.write("crm.lost.reason", [1], { name: "Too far" });
    onRpc("crm.lead.type", "write", () => {
        throw makeServerError({ message: "Not by you" });
    });
    await expect(orm.write("crm.lead.type", [1], { name: "Request" })).rejects.toThrow(
        "Not by you",
    );
    expect.verifySteps([]);
});
