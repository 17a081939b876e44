export const DIALOG = ".modal:not(.o_inactive_modal)";
export const CALL = `${DIALOG} .o_call_head`;
export const NO_DIALOG = "body:not(:has(.modal))";
export const NOTES = `${DIALOG} [name=notes] textarea`;
export const SAVED = ".o_notification";

/** What a campaign's button does. */
export const takeContact = () => ({
    content: "take the next contact of the campaign",
    trigger: `${NO_DIALOG} .o_web_client, .o_web_client:not(:has(.modal))`,
    async run() {
        const { action, orm } = odoo.__WOWL_DEBUG__.root.env.services;
        const [id] = await orm.search("crm.call.campaign", [["name", "=", "Tour campaign"]]);
        await action.doAction({
            type: "ir.actions.client",
            tag: "crm_call_next_contact",
            params: { campaign_id: id },
        });
    },
});

export const sees = (content, selector) => ({ content, trigger: selector });

export const isCalled = (name) => sees(`${name} is called`, `${CALL}:contains('${name}')`);

export const press = (content, keys, trigger = CALL) => ({
    content,
    trigger,
    run: `press ${keys}`,
});

export const type = (content, trigger, text) => ({ content, trigger, run: `edit ${text}` });

export const isChosen = (name) =>
    sees(`“${name}” is chosen`, `${DIALOG} input:checked + .o_call_quick:contains('${name}')`);

export const confirm = () => press("confirm", "Control+Enter");

export const isSaved = (name) =>
    sees("it is said what was saved", `${SAVED}:contains('Outcome saved: ${name}')`);

export const stop = () => ({
    content: "stop",
    trigger: `${DIALOG} button[name=action_stop]`,
    run: "click",
});
