// node --input-type=module - URL BROWSER FOLDER < screenshots.mjs
import { argv } from "node:process";
import { chromium } from "playwright-core";

const [url, executablePath, folder] = argv.slice(2);
const DEMO_LEAD = "Two weeks in July, pitch near the sea";
const DEMO_INQUIRY = "Chalet for six";
const DEMO_CONVERSATION = "Two weeks in August with a dog";
const DEMO_CAMPAIGN = "Early bookers";
const DEMO_CONTACT = "Chalet by the lake";
const DEMO_PRODUCTS = ["Chalet for six", "Bikes"];
const PRESETS = {
    booking: "Booking request",
    property: "Property inquiry",
    telesales: "Telesales contact",
    prospect: "Prospect",
    service: "Service lead",
};

const browser = await chromium.launch({
    executablePath,
    // Playwright itself adds --no-sandbox, --no-first-run and --disable-background-networking.
    args: ["--headless=new", "--disable-gpu"],
});
const page = await browser.newPage({
    baseURL: url,
    viewport: { width: 1366, height: 768 },
    locale: "en-US",
    reducedMotion: "reduce",
});
// The first page of a new database waits for its assets to be bundled.
page.setDefaultTimeout(300_000);

async function picture(name) {
    // Under the pointer lies nothing that reacts.
    await page.mouse.move(683, 20);
    await page.waitForFunction(
        () =>
            document.fonts.status === "loaded" &&
            [...document.images].every((image) => image.complete) &&
            !document.querySelector(".o_loading_indicator, .o_view_sample_data"),
    );
    await page.screenshot({ path: `${folder}/${name}.png`, animations: "disabled" });
}

async function pictures() {
    await page.goto("/web/login?redirect=/odoo/lead-desk");
    await page.fill("input[name=login]", "admin");
    await page.fill("input[name=password]", "admin");
    await page.click("button[type=submit]");
    const row = page.locator(".o_data_row", { hasText: DEMO_LEAD });
    await row.waitFor();
    await picture("desk");

    await row.locator("[name=name]").click();
    await page.locator(".o_lead_identity .o_lead_due").waitFor();
    await page.locator(".o_conversation_empty, .o_conversation_message").first().waitFor();
    await picture("lead");
    await page.locator(".nav-link[name=why]").click();
    await page.locator("[name=reasons] .badge").first().waitFor();
    await page.locator("[name=reasons]").scrollIntoViewIfNeeded();
    await picture("why");

    await page.locator("button[name=action_conclude]").click();
    const dialog = page.locator(".modal");
    await dialog.locator("label", { hasText: "Concluded (no booking)" }).click();
    await dialog.locator(".o_selection_badge", { hasText: "Too expensive" }).click();
    await dialog.locator(".o_selection_badge.active", { hasText: "Too expensive" }).waitFor();
    await picture("conclude");

    await page.goto("/odoo/lead-desk");
    await page.locator(".o_data_row", { hasText: DEMO_INQUIRY }).locator("[name=name]").click();
    await page.locator("button[name=action_link_client]:visible").first().click();
    await page.locator(".modal .o_lead_client_candidate").first().waitFor();
    await picture("client");

    await page.goto("/odoo/lead-desk");
    const lead = page.locator(".o_data_row", { hasText: DEMO_CONVERSATION });
    await lead.locator("[name=name]").click();
    await page.locator(".o_conversation_message").first().waitFor();
    // on a wide screen it stands beside the lead
    await page.setViewportSize({ width: 1640, height: 920 });
    await page.locator(".o-aside .o_conversation_message").first().waitFor();
    await picture("conversation");
    await page.setViewportSize({ width: 1366, height: 768 });

    await page.goto("/odoo/call-campaigns");
    await page.locator(".o_kanban_record").getByText(DEMO_CAMPAIGN).click();
    await page.locator(".o_call_forecast").waitFor();
    await picture("campaign");

    await page.locator("button[name=action_view_entries].oe_stat_button").click();
    await page.locator(".o_data_row [name=lead_id]", { hasText: DEMO_CONTACT }).click();
    await page.locator("button[name=action_call]").click();
    await page
        .locator("[name=notes] textarea")
        .fill("Two weeks from 10 July; asks her sister first.");
    await page.locator(".o_call_quick", { hasText: "Call back" }).click();
    await page.locator(".o_call_recall_choice").last().click();
    await page.locator(".o_call_recall_here").waitFor();
    await picture("calls");
    await page.locator(".o_call_quick", { hasText: "Appointment" }).click();
    await page.locator(".o_appointment_week .o_appointment_cell").first().waitFor();
    await picture("agenda");
    await page.locator(".o_call_quick", { hasText: "Interested: sale" }).click();
    for (const product of DEMO_PRODUCTS) {
        await page.locator(".o_call_cart_search").fill(product);
        await page.locator(".o_call_product:only-child", { hasText: product }).click();
        await page.locator(".o_call_cart_line", { hasText: product }).waitFor();
    }
    await page.locator(".o_call_cart_search").fill("");
    await page.locator(".o_call_product:nth-child(3)").waitFor();
    await page.locator(".o_call_cart_totals:not(.opacity-50)").waitFor();
    await picture("cart");

    await page.goto("/odoo/call-wall");
    await page.locator(".o_call_wall_tile").first().waitFor();
    await picture("wall");

    for (const [name, title] of Object.entries(PRESETS)) {
        await page.goto("/odoo/lead-desk");
        await page.locator("[data-menu-xmlid='crm.crm_menu_sales']").click();
        await page.locator(".o-dropdown--menu .dropdown-item", { hasText: title }).click();
        await page.locator(".o_kanban_record").first().waitFor();
        await picture(name);
    }

    await page.goto("/odoo/action-crm_lead_lifecycle.crm_lead_type_action");
    await page.locator(".o_data_row", { hasText: "Service lead" }).locator("[name=name]").click();
    await page.locator(".nav-link[name=moves]").click();
    // What would happen without the first move
    await page.locator("[name=transition_ids] .o_list_record_remove button").first().click();
    await page.locator(".o_lead_type_process button", { hasText: "Try it" }).click();
    await page.locator(".o_lead_type_process table").scrollIntoViewIfNeeded();
    await picture("moves");

    await page.goto("/odoo/intake-channels");
    await page.locator(".o_data_row [name=name]").first().click();
    await page.locator("button[name=action_try]").click();
    await page.locator(".modal button[name=action_try]").click();
    await page.locator(".modal [name=verdict] .badge").waitFor();
    await picture("intake");

    await page.goto("/odoo/action-crm.crm_config_settings_action");
    await page.locator("#lead_number [name=lead_number_preview]").waitFor();
    await picture("settings");
}

/** As the customer of the demo data sees it on a phone. */
async function customerPicture() {
    const phone = await browser.newContext({
        baseURL: url,
        viewport: { width: 390, height: 844 },
        locale: "en-US",
        reducedMotion: "reduce",
    });
    const customer = await phone.newPage();
    await customer.goto("/web/login?redirect=/my/requests");
    await customer.fill("input[name=login]", "portal");
    await customer.fill("input[name=password]", "portal");
    await customer.click("button[type=submit]");
    await customer.locator("a", { hasText: "waiting for you" }).first().click();
    await customer.locator(".o_request_conversation[data-is-started]").waitFor();
    await customer.screenshot({ path: `${folder}/request.png`, animations: "disabled" });
}

async function icon() {
    const square = await browser.newPage({
        viewport: { width: 128, height: 128 },
        deviceScaleFactor: 2,
    });
    await square.goto(`file://${folder}/icon.svg`);
    await square.screenshot({ path: `${folder}/icon.png`, omitBackground: true });
}

try {
    await icon();
    await pictures();
    await customerPicture();
} finally {
    await browser.close();
}
