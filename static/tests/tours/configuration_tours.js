import { registry } from "@web/core/registry";
import { rpc } from "@web/core/network/rpc";
import { inputFiles } from "@web/../tests/utils";

let exported = null;

const call = (model, method, args, kwargs = {}) =>
    rpc(`/web/dataset/call_kw/${model}/${method}`, { model, method, args, kwargs });

registry.category("web_tour.tours").add("configuration", {
    steps: () => [
        {
            content: "the settings lead to the file",
            trigger: "#lead_configuration button:contains('Export and Import')",
            run: "click",
        },
        {
            content: "write one",
            trigger: ".modal button[name=action_export]:enabled",
            async run() {
                // the download itself is the browser's
                const [id] = await call("crm.configuration", "create", [[{}]]);
                const action = await call("crm.configuration", "action_export", [[id]]);
                exported = await (await fetch(action.url)).text();
                const reasons = await call("crm.removal.reason", "search", [
                    [["name", "=", "A tour"]],
                ]);
                await call("crm.removal.reason", "write", [reasons, { sequence: 9 }]);
            },
        },
        {
            content: "now one comes in",
            trigger: ".modal [name=operation] label:contains('Import from a file')",
            run: "click",
        },
        {
            content: "this one",
            trigger: ".modal [name=file] input[type=file]:not(:visible)",
            async run() {
                const file = new File([exported], "lead_desk.json", { type: "application/json" });
                await inputFiles(".modal [name=file] input[type=file]", [file]);
            },
        },
        {
            content: "it is taken up",
            trigger: ".modal [name=file] input:value(lead_desk.json)",
        },
        {
            content: "what would it do",
            trigger: ".modal button[name=action_preview]:enabled",
            run: "click",
        },
        {
            content: "one record changes, and how",
            trigger:
                ".modal [name=line_ids] .o_data_row:contains('Changed'):contains('A tour'):contains('9 → 7')",
        },
        {
            content: "that is right",
            trigger: ".modal button[name=action_import]:enabled",
            run: "click",
        },
        {
            content: "it is done",
            trigger: ".modal .alert-success:contains('It is imported')",
        },
        {
            content: "the page is loaded anew",
            trigger: ".modal button[name=action_close]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the settings are there again",
            trigger: "#lead_configuration",
        },
    ],
});
