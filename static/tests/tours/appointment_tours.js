import { registry } from "@web/core/registry";
import {
    CALL,
    confirm,
    DIALOG,
    isCalled,
    isChosen,
    isSaved,
    NO_DIALOG,
    NOTES,
    press,
    SAVED,
    sees,
    stop,
    takeContact,
    type,
} from "./call_tour_steps";

const tours = registry.category("web_tour.tours");

const CELL = `${DIALOG} .o_appointment_week .o_appointment_cell`;
const SUMMARY = `${DIALOG} .o_appointment_summary`;
const KEPT = `${SUMMARY} .o_appointment_kept:contains('kept for')`;

const click = (content, trigger) => ({ content, trigger, run: "click" });

const agree = () => [
    takeContact(),
    isCalled("Tour Ada"),
    click("an appointment", `${DIALOG} .o_call_quick:contains('Appointment')`),
    sees("whom there is", `${DIALOG} .o_appointment_agents button:contains('Tour Bruno')`),
];

const isBooked = () => [
    isSaved("Appointment"),
    isCalled("Tour Bea"),
    stop(),
    sees("the call is closed", NO_DIALOG),
];

tours.add("appointment_by_clicking", {
    steps: () => [
        ...agree(),
        click("Bruno alone", `${DIALOG} .o_appointment_agents button:contains('Tour Bruno')`),
        sees(
            "Anna's times are gone",
            `${DIALOG}:not(:has(.o_appointment_cell:contains('Anna'))) .o_appointment_cell`,
        ),
        click("his first time", `${CELL}:first`),
        sees("it is kept", KEPT),
        sees("who", `${SUMMARY} dd:contains('Tour Bruno')`),
        sees("when, for the customer too", `${SUMMARY} .o_appointment_there:contains('Rome')`),
        type("where", `${SUMMARY} .o_appointment_location`, "At the lake"),
        type("what he has to know", `${SUMMARY} .o_appointment_notes`, "Bring the plan"),
        click("that's it", `${SUMMARY} .o_appointment_confirm`),
        ...isBooked(),
    ],
});

tours.add("appointment_by_keyboard", {
    steps: () => [
        takeContact(),
        isCalled("Tour Ada"),
        press("an appointment", "2"),
        isChosen("Appointment"),
        sees("the first time has the focus", `${CELL}:contains('Tour Anna'):focus`),
        press("the one after it", "ArrowDown", `${CELL}:focus`),
        press("the same time of the other agent", "ArrowRight", `${CELL}:focus`),
        sees("it is his", `${CELL}:contains('Tour Bruno'):focus`),
        press("that one", "Enter", `${CELL}:focus`),
        sees("it is kept", KEPT),
        press("no, another one", "Escape"),
        sees("the call goes on, where it was", `${CELL}:contains('Tour Bruno'):focus`),
        press("that of Anna", "ArrowLeft", `${CELL}:focus`),
        press("that one", "Enter", `${CELL}:contains('Tour Anna'):focus`),
        sees("it is kept", `${SUMMARY}:contains('Tour Anna') .o_appointment_kept`),
        confirm(),
        ...isBooked(),
    ],
});

tours.add("appointment_lost", {
    steps: () => [
        ...agree(),
        type("notes", NOTES, "Comes with her sister"),
        click("a time that somebody else is taking", `${CELL}:contains('Tour Anna'):first`),
        sees("it is said", `${DIALOG} .o_appointment_problem:contains('Tour Anna')`),
        sees("on the call, not over it", `body:not(:has(.modal ~ .modal)) ${CALL}`),
        sees("what was typed is there", `${NOTES}:value('Comes with her sister')`),
        click("another one", `${CELL}:contains('Tour Anna'):first`),
        sees("it is kept", KEPT),
        sees("all is well", `${DIALOG}:not(:has(.o_appointment_problem))`),
        confirm(),
        ...isBooked(),
    ],
});

tours.add("appointment_taken_back", {
    steps: () => [
        takeContact(),
        isCalled("Tour Ada"),
        click("no other call after this one", `${DIALOG} .o_call_pause input`),
        click("an appointment", `${DIALOG} .o_call_quick:contains('Appointment')`),
        click("a time", `${CELL}:contains('Tour Bruno'):first`),
        type("where", `${SUMMARY} .o_appointment_location`, "At the lake"),
        click("that's it", `${SUMMARY} .o_appointment_confirm`),
        sees("no other call is opened", `${NO_DIALOG} ${SAVED}:contains('Appointment')`),
        click("take it back", `${SAVED} button:contains('Take back')`),
        isCalled("Tour Ada"),
        click("an appointment after all", `${DIALOG} .o_call_quick:contains('Appointment')`),
        sees("with the same agent", `${SUMMARY} dd:contains('Tour Bruno')`),
        click("keep the time", `${SUMMARY} .o_appointment_lapsed button`),
        sees("it is kept", KEPT),
        sees("where", `${SUMMARY} .o_appointment_location:value('At the lake')`),
        click("now it is right", `${SUMMARY} .o_appointment_confirm`),
        ...isBooked(),
    ],
});
