import { beforeEach, expect, test } from "@odoo/hoot";
import { advanceTime, mockDate } from "@odoo/hoot-mock";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { CallDraft, DELAY } from "@crm_lead_lifecycle/call/call_draft";
import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";

let typed;
const draftOf = (leadId = 7, entryId = 3) => new CallDraft(leadId, entryId, () => typed);
const keys = () => Object.keys(browser.localStorage).filter((key) => key.includes("draft"));

beforeEach(() => {
    mockDate("2026-11-20 10:00:00");
    browser.localStorage.clear();
    patchWithCleanup(user, { userId: 2 });
    typed = { notes: "Wants a pitch" };
});

test("what was typed comes back for the same contact alone", () => {
    draftOf().save();
    expect(draftOf().load()).toMatchObject({ notes: "Wants a pitch" });
    expect(draftOf(8).load()).toBe(null);
    expect(draftOf(7, false).load()).toBe(null);
});

test("nobody else who uses this browser sees it", () => {
    draftOf().save();
    patchWithCleanup(user, { userId: 5 });
    expect(draftOf().load()).toBe(null);
    expect(keys()).toHaveLength(1, { message: "nor throws it away" });
});

test("it is kept soon, also while somebody types without a pause", async () => {
    const draft = draftOf();
    for (let key = 0; key < 5; key++) {
        typed = { notes: "x".repeat(key) };
        draft.saveLater();
        await advanceTime(DELAY / 4);
    }
    expect(draftOf().load().notes).toBe("xxx");
    expect(DELAY).toBeLessThan(301);
    await advanceTime(DELAY);
    expect(draftOf().load().notes).toBe("xxxx");
});

test("when the call is over nothing stays, whatever comes later", async () => {
    const draft = draftOf();
    draft.save();
    draft.saveLater();
    draft.wipe();
    expect(keys()).toEqual([]);
    await advanceTime(DELAY);
    draft.saveLater();
    await advanceTime(DELAY);
    draft.save();
    expect(keys()).toEqual([]);
});

test("what is deleted again is no draft", () => {
    const draft = draftOf();
    draft.save();
    typed = null;
    draft.save();
    expect(keys()).toEqual([]);
});

test("after a day a draft of the user is thrown away, and what can't be read", async () => {
    draftOf(1).save();
    const [key] = keys();
    browser.localStorage.setItem(key.replace(":1:", ":9:"), "{broken");
    mockDate("2026-11-21 09:59:00");
    draftOf(2).load();
    expect(keys()).toEqual([key]);
    draftOf(2).save();
    mockDate("2026-11-21 10:01:00");
    expect(draftOf(1).load()).toBe(null);
    expect(draftOf(2).load()).not.toBe(null);
});
