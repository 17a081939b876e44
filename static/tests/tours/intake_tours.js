import { registry } from "@web/core/registry";

let secret = "";

registry.category("web_tour.tours").add("intake_channel", {
    steps: () => [
        {
            content: "a new channel",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "its name",
            trigger: "[name=name] input",
            run: "edit Harbour Portal && press Tab",
        },
        {
            content: "the address is suggested",
            trigger: "[name=code] input:value(harbour-portal)",
        },
        {
            content: "keep it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "who may send",
            trigger: "button[name=action_new_secret]:visible",
            run: "click",
        },
        {
            content: "the secret is shown once",
            trigger: ".modal [name=value]:contains(/\\S{40}/)",
            run() {
                secret = this.anchor.textContent.trim().match(/\S{40,}/)[0];
            },
        },
        {
            content: "it is copied",
            trigger: ".modal footer .btn-primary",
            run: "click",
        },
        {
            content: "it is live",
            trigger: ".o_form_view:not(:has(.modal)) [name=secret_ids] .o_data_row",
        },
        {
            content: "try a sample",
            trigger: "button[name=action_try]",
            run: "click",
        },
        {
            content: "the sample of the channel",
            trigger: ".modal button[name=action_try]",
            run: "click",
        },
        {
            content: "a new lead it would be",
            trigger: ".modal [name=verdict]:contains('A new lead')",
        },
        {
            content: "with what was sent",
            trigger: ".modal [name=line_ids] .o_data_row:contains('Maria Rossi')",
        },
        {
            content: "enough",
            trigger: ".modal footer .btn-secondary",
            run: "click",
        },
        {
            content: "the portal sends an inquiry",
            trigger: "body:not(:has(.modal)) [name=json_url]",
            async run() {
                const response = await fetch("/lead_intake/harbour-portal", {
                    method: "POST",
                    headers: {
                        Authorization: `Bearer ${secret}`,
                        "Content-Type": "application/json",
                    },
                    body: JSON.stringify({
                        contact_name: "Giulia Neri",
                        email_from: "giulia.neri@example.com",
                        request: "A berth for ten metres in June",
                    }),
                });
                if (response.status !== 201) {
                    throw new Error(`The answer was ${response.status}`);
                }
            },
        },
        {
            content: "what came in",
            trigger: "button[name=action_open_requests]",
            run: "click",
        },
        {
            content: "the request is done",
            trigger: ".o_data_row:contains('Done') td[name=date]",
            run: "click",
        },
        {
            content: "the lead of it",
            trigger: "[name=lead_id] a",
            run: "click",
        },
        {
            content: "the lead says how it came in",
            trigger: "[name=intake_note]:contains('Harbour Portal, request')",
        },
        {
            content: "with the words of who asked",
            trigger: ".o_form_view:contains('A berth for ten metres in June')",
        },
    ],
});
