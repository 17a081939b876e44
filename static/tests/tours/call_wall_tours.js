import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

const tile = (name) => `.o_call_wall_tile[aria-label='${name}']`;
const MINE = tile("Tour Coordinator");
/** Without a bus, as in tests, the wall asks every ten seconds. */
const LIVE = { timeout: 25000 };

const openCalls = () => [
    stepUtils.showAppsMenuItem(),
    {
        content: "open the application",
        trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
        run: "click",
    },
    {
        content: "open the menu of calls",
        trigger: ".dropdown-toggle[data-menu-xmlid='crm_lead_lifecycle.crm_call_menu']",
        run: "click",
    },
];

/** What the operator's dialog asks of the server. */
const wizard = (method, ...args) => {
    const { orm } = odoo.__WOWL_DEBUG__.root.env.services;
    return orm.call("crm.call.wizard", method, [[wizard.id], ...args]);
};

tours.add("call_wall", {
    steps: () => [
        ...openCalls(),
        {
            content: "open the wall",
            trigger: ".dropdown-item[data-menu-xmlid='crm_lead_lifecycle.crm_call_menu_wall']",
            run: "click",
        },
        {
            content: "an operator has called already",
            trigger: `${tile("Tour Operator")} .o_call_wall_calls:contains('1 call')`,
        },
        {
            content: "how the last hour went stands there in words",
            trigger: `${tile("Tour Operator")} .o_call_wall_prevailing:contains('No answer')`,
        },
        {
            content: "somebody else opens a call meanwhile",
            trigger: `.o_call_wall:not(:has(${MINE}))`,
            async run() {
                const { orm } = odoo.__WOWL_DEBUG__.root.env.services;
                const [id] = await orm.search("crm.lead", [["name", "=", "Tour pitch"]]);
                wizard.id = (await orm.call("crm.lead", "action_call", [[id]])).res_id;
            },
        },
        {
            content: "it is seen",
            trigger: `${MINE} .o_call_wall_state:contains('Calling 0')`,
            ...LIVE,
        },
        {
            content: "the call gets its outcome",
            trigger: MINE,
            async run() {
                const { orm } = odoo.__WOWL_DEBUG__.root.env.services;
                const [id] = await orm.search("crm.call.outcome", [
                    ["name", "=", "Not interested"],
                ]);
                await orm.write("crm.call.wizard", [wizard.id], { outcome_id: id });
                await wizard("tell_wrap_up", true);
            },
        },
        {
            content: "the operator wraps up",
            trigger: `${MINE} .o_call_wall_state:contains('Wrapping up')`,
            ...LIVE,
        },
        {
            content: "the call is confirmed",
            trigger: MINE,
            run: () => wizard("action_confirm"),
        },
        {
            content: "the call appears",
            trigger: `${MINE} .o_call_wall_calls:contains('1 call')`,
            ...LIVE,
        },
        {
            content: "with its outcome",
            trigger: `${MINE} .o_call_wall_prevailing:contains('Not interested')`,
        },
        {
            content: "the operator is idle",
            trigger: `${MINE} .o_call_wall_state:contains('Idle since')`,
        },
    ],
});

tours.add("call_wall_absent", {
    steps: () => [
        ...openCalls(),
        {
            content: "there are calls, and no wall",
            trigger:
                ".o-dropdown--menu:has([data-menu-xmlid='crm_lead_lifecycle.crm_call_campaign_menu'])" +
                ":not(:has([data-menu-xmlid='crm_lead_lifecycle.crm_call_menu_wall']))",
        },
    ],
});
