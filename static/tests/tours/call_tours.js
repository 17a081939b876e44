import { registry } from "@web/core/registry";
import {
    DIALOG,
    NO_DIALOG,
    NOTES,
    SAVED,
    takeContact,
    sees,
    isCalled,
    press,
    type,
    isChosen,
    confirm,
    isSaved,
    stop,
} from "./call_tour_steps";

const tours = registry.category("web_tour.tours");

const nobodyIsLeft = () => [
    sees("nobody is left", `${NO_DIALOG} .o_notification:contains('Nobody to call now')`),
];

const inThreeDays = () => luxon.DateTime.now().plus({ days: 3 }).toISODate();

tours.add("call_by_keyboard", {
    steps: () => [
        takeContact(),
        isCalled("Tour Ada"),
        sees("the outcomes have the focus", `${DIALOG} .o_call_outcome input:focus`),
        press("nobody answers", "4"),
        isChosen("No answer"),
        sees(
            "it says when it is tried again",
            `${DIALOG} .o_call_retry:contains('tried again by itself on')`,
        ),
        confirm(),
        isSaved("No answer"),

        isCalled("Tour Bea"),
        press("she is to be called back", "3"),
        isChosen("Call back"),
        sees("the times have the focus", `${DIALOG} .o_call_recall_choice:focus`),
        press("on to the next one", "Tab"),
        press("that one", "Enter"),
        sees("it is chosen", `${DIALOG} .o_call_recall_choice.active:focus`),
        sees("what that is for the user", `${DIALOG} .o_call_recall_here:contains('for you')`),
        press("a digit is an outcome while nothing is typed", "4"),
        isChosen("No answer"),
        press("no, call back", "3"),
        isChosen("Call back"),
        type("in three days", `${DIALOG} .o_call_recall_day`, inThreeDays()),
        type("at half past ten", `${DIALOG} .o_call_recall_time`, "10:30"),
        sees("by the customer's clock", `${DIALOG} .o_call_recall_here:contains('30')`),
        type("notes", NOTES, "Asks for 3 prices"),
        sees("digits are text there", `${NOTES}:value('Asks for 3 prices')`),
        isChosen("Call back"),
        press("with Alt they are not", "Alt+5", NOTES),
        isChosen("Not interested"),
        press("back again", "Alt+3", NOTES),
        isChosen("Call back"),
        confirm(),
        isSaved("Call back"),

        isCalled("Tour Cleo"),
        press("she does not want anything", "5"),
        isChosen("Not interested"),
        confirm(),
        isSaved("Not interested"),
        ...nobodyIsLeft(),
    ],
});

const typeEverything = () => [
    press("call back", "3"),
    isChosen("Call back"),
    {
        content: "at a time proposed",
        trigger: `${DIALOG} .o_call_recall_choice:last`,
        run: "click",
    },
    sees("what that is for the user", `${DIALOG} .o_call_recall_here`),
    type("notes", NOTES, "Wants a pitch near the sea"),
    {
        content: "the question of the script",
        trigger: `${DIALOG} .o_call_script:contains('step 1 of 2') .o_call_next`,
        run: "click",
    },
    type("its answer", `${DIALOG} input.o_call_answer`, "450"),
];

const WARNING = `${DIALOG}:contains('Nothing of this call will be saved')`;

tours.add("call_stop", {
    steps: () => [
        takeContact(),
        isCalled("Tour Ada"),
        ...typeEverything(),
        press("Escape asks", "Escape"),
        {
            content: "go on after all",
            trigger: `${WARNING} .modal-footer button:contains('Go on')`,
            run: "click",
        },
        sees("all is there", `${NOTES}:value('Wants a pitch near the sea')`),
        stop(),
        press("leave the question", "Escape", WARNING),
        {
            content: "the cross asks as well",
            trigger: `${DIALOG}:has(.o_call_head) .modal-header .btn-close`,
            run: "click",
        },
        {
            content: "yes, leave",
            trigger: `${WARNING} .modal-footer button:contains('Stop the call')`,
            run: "click",
        },
        sees("the call is closed", NO_DIALOG),
        takeContact(),
        isCalled("Tour Bea"),
        stop(),
        sees("nothing was typed, nothing is asked", NO_DIALOG),
        {
            content: "and nothing stays in the browser",
            trigger: NO_DIALOG,
            run() {
                const left = Object.keys(localStorage).filter((key) =>
                    key.startsWith("crm_call_draft"),
                );
                if (left.length) {
                    throw new Error(`drafts were left: ${left}`);
                }
            },
        },
    ],
});

tours.add("call_reload", {
    steps: () => [
        takeContact(),
        isCalled("Tour Ada"),
        ...typeEverything(),
        {
            content: "the browser loads the page again",
            trigger: `${DIALOG} input.o_call_answer`,
            run: () => location.reload(),
            expectUnloadPage: true,
        },
        takeContact(),
        isCalled("Tour Ada"),
        sees("it is said that all is back", `${DIALOG} .o_call_restored`),
        isChosen("Call back"),
        sees("the notes", `${NOTES}:value('Wants a pitch near the sea')`),
        sees("the time, by the clock of the user", `${DIALOG} .o_call_recall_here`),
        sees(
            "the step of the script",
            `${DIALOG} .o_call_script:contains('step 2 of 2') input:value('450')`,
        ),
        confirm(),
        isCalled("Tour Bea"),
        sees(
            "the draft is not hers",
            `${DIALOG}:not(:has(.o_call_restored)) [name=notes] textarea:not(:value('Wants'))`,
        ),
        stop(),
        {
            content: "the worker of the page is there again, which the browser's end waits for",
            trigger: NO_DIALOG,
            run: async () => {
                await navigator.serviceWorker?.getRegistrations();
            },
            timeout: 60000,
        },
    ],
});

tours.add("call_take_back", {
    steps: () => [
        takeContact(),
        isCalled("Tour Ada"),
        {
            content: "no other call after this one",
            trigger: `${DIALOG} .o_call_pause input`,
            run: "click",
        },
        type("notes", NOTES, "Wants a pitch near the sea"),
        {
            content: "the wrong button",
            trigger: `${DIALOG} .o_call_quick:contains('Not interested')`,
            run: "click",
        },
        isChosen("Not interested"),
        confirm(),
        sees("no other call is opened", `${NO_DIALOG} ${SAVED}:contains('Not interested')`),
        {
            content: "take it back",
            trigger: `${SAVED} button:contains('Take back')`,
            run: "click",
        },
        isCalled("Tour Ada"),
        sees("the notes are there", `${NOTES}:value('Wants a pitch near the sea')`),
        {
            content: "the one that was meant",
            trigger: `${DIALOG} .o_call_outcomes`,
            run: "selectByLabel Wrong number",
        },
        {
            content: "no other call after this one",
            trigger: `${DIALOG} .o_call_pause input:not(:checked)`,
            run: "click",
        },
        confirm(),
        isSaved("Wrong number"),
        sees("the call is closed", NO_DIALOG),
        {
            content: "go on",
            trigger: `${SAVED} button:contains('Next contact')`,
            run: "click",
        },
        isCalled("Tour Bea"),
        stop(),
        sees("the call is closed", NO_DIALOG),
    ],
});

tours.add("call_from_lead", {
    steps: () => [
        {
            content: "call the customer of this lead",
            trigger: ".o_form_view button[name=action_call]",
            run: "click",
        },
        isCalled("Tour Dora"),
        {
            content: "the other number is blocked",
            trigger: `${DIALOG} .o_call_phone:contains('Does not want to be called'):not(:has(a))`,
        },
        confirm(),
        sees(
            "an outcome is compulsory",
            `${DIALOG}:contains('Choose how the call ended') .modal-footer button`,
        ),
        {
            content: "well then",
            trigger: `${DIALOG}:contains('Choose how the call ended') .modal-footer button`,
            run: "click",
        },
        {
            content: "any outcome is in the drop-down",
            trigger: `${DIALOG} .o_call_outcomes`,
            run: "selectByLabel Wrong number",
        },
        confirm(),
        sees(
            "the lead has a call now",
            `${NO_DIALOG} .o_form_view button[name=action_view_calls]:contains('1')`,
        ),
    ],
});
