import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const PAGE = ".o_request_conversation[data-is-started]";
const FORM = `${PAGE} .o_request_form`;
const TEXT = `${FORM} textarea`;
const OWN = ".o_request_own .o_request_body";
const OURS = ".o_request_ours .o_request_body";

const sees = (content, trigger) => ({ content, trigger });
const type = (text) => ({ content: "write", trigger: TEXT, run: `edit ${text}` });
const send = () => ({ content: "send it", trigger: `${FORM} button`, run: "click" });

const attach = (name) => ({
    content: "add a file",
    trigger: `${FORM} input[type=file]`,
    run() {
        const files = new DataTransfer();
        files.items.add(new File(["A dog"], name, { type: "text/plain" }));
        this.anchor.files = files.files;
        this.anchor.dispatchEvent(new Event("change", { bubbles: true }));
    },
});

tours.add("request_conversation", {
    steps: () => [
        sees("the state", ".o_request_summary:contains('Our proposals are waiting for you')"),
        sees(
            "a proposal",
            ".o_request_summary .card:contains('300.00') a:contains('See and accept')",
        ),
        sees("what the desk wrote", `${OURS}:contains('The pitch is free')`),
        type("May we bring a dog?"),
        send(),
        sees("the message stands there", `${OWN}:contains('May we bring a dog?')`),
        sees("the box is empty", `${TEXT}:value()`),
        sees("the answer comes by itself", `${OURS}:contains('Dogs are welcome')`),
        sees("the mark is for the own messages", ".o_request_read:not(:visible)"),
        attach("dog.txt"),
        send(),
        sees("the file stands there", ".o_request_own a:contains('dog.txt')"),
        sees("with the others", ".o_request_summary details:contains('Files (1)')"),
        sees("the desk has seen it", ".o_request_read:visible"),
    ],
});

tours.add("request_answer_lost", {
    steps: () => [
        type("May we bring a dog?"),
        {
            content: "the network loses the answer",
            trigger: FORM,
            run() {
                const fetch = browser.fetch;
                browser.fetch = async (url, options) => {
                    const response = await fetch(url, options);
                    if (options.method !== "POST") {
                        return response;
                    }
                    browser.fetch = fetch;
                    throw new TypeError("The network is away");
                };
            },
        },
        send(),
        sees("it is said", `${FORM} .o_request_problem:contains('was not sent. Try again')`),
        sees("what was typed is there", `${TEXT}:value('May we bring a dog?')`),
        send(),
        sees("the message stands there", `${OWN}:contains('May we bring a dog?')`),
        sees("once", `${PAGE}:not(:has(.o_request_own ~ .o_request_own))`),
        sees("all is well", `${FORM} .o_request_problem:not(:visible)`),
    ],
});

tours.add("request_link_ended", {
    steps: () => [
        sees("what has happened", "h1:contains('This link does not work any more')"),
        {
            content: "ask for a new one",
            trigger: "button:contains('Send me a new link')",
            run: "click",
            expectUnloadPage: true,
        },
        sees("where it goes", "h1:contains('Look into your mail')"),
    ],
});

tours.add("request_link_new", {
    steps: () => [
        sees("the request", "h1:contains('Your request of')"),
        {
            content: "the link does not stand in the address",
            trigger: PAGE,
            run() {
                if (browser.location.search) {
                    throw new Error("The address has the token");
                }
            },
        },
    ],
});
