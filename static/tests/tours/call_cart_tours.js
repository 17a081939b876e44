import { registry } from "@web/core/registry";
import { CALL, DIALOG, press, sees, takeContact, type } from "./call_tour_steps";

const tours = registry.category("web_tour.tours");

const SEARCH = `${DIALOG} .o_call_cart_search`;
const LINE = `${DIALOG} .o_call_cart_line`;

const click = (content, trigger) => ({ content, trigger, run: "click" });

const total = (text) =>
    sees(
        `the total is ${text}`,
        `${DIALOG} .o_call_cart_totals .o_call_cart_total:contains('${text}')`,
    );

const fillCart = () => [
    press("she buys", "1"),
    sees("the cart takes the place of the call", `${DIALOG} .o_call_body:not(:visible)`),
    sees("the search has the focus", `${SEARCH}:focus`),
    type("look for both", SEARCH, "tour"),
    sees("both are for sale", `${DIALOG} .o_call_product:contains('Tour bikes')`),
    type("look for one", SEARCH, "tour pitch"),
    sees(
        "it is found",
        `${DIALOG} .o_call_products:not(:contains('Tour bikes')) .o_call_product.active`,
    ),
    press("take it", "Enter", SEARCH),
    total("100.00"),
    press("twice", "Enter", SEARCH),
    total("200.00"),
    type("look for nothing", SEARCH, "no such thing"),
    sees("it says so", `${DIALOG} .o_call_no_product:contains('Nothing found')`),
    type("all of them", SEARCH, "tour"),
    sees("there are two", `${DIALOG} .o_call_product:nth-child(2)`),
    click("the other one by mouse", `${DIALOG} .o_call_product:contains('Tour bikes')`),
    total("220.00"),
];

tours.add("call_cart_close", {
    steps: () => [
        takeContact(),
        sees("Ada is called", `${CALL}:contains('Tour Ada')`),
        ...fillCart(),
        type("three of them", `${LINE}:contains('Tour pitch') .o_call_cart_quantity`, "3"),
        total("320.00"),
        type("too cheap", `${LINE}:contains('Tour bikes') .o_call_cart_price`, "10"),
        sees(
            "it says how low it may be",
            `${LINE} .o_call_cart_problem:contains('can\\'t be sold below')`,
        ),
        click("try", `${DIALOG} button[name=action_confirm]`),
        sees("it is refused", `${DIALOG} .modal-body:contains('can\\'t be sold below')`),
        click("well", `${DIALOG}:not(:has(.o_call_head)) .modal-footer button`),
        type("dearer then", `${LINE}:contains('Tour bikes') .o_call_cart_price`, "25"),
        total("325.00"),
        click("back to the call", `${DIALOG} .o_call_cart_back`),
        type("notes", `${DIALOG} [name=notes] textarea`, "Pays at once"),
        sees("what is in the cart", `${DIALOG} .o_call_cart_summary:contains('2 in the cart')`),
        press("no, not interested", "Alt+5", `${DIALOG} [name=notes] textarea`),
        sees("the cart is gone", `${DIALOG}:not(:has(.o_call_cart))`),
        press("yes, she buys", "Alt+1", `${DIALOG} [name=notes] textarea`),
        sees("all is there", `${LINE}:nth-child(2)`),
        total("325.00"),
        press("confirm", "Control+Enter"),
        sees("it is saved", ".o_notification:contains('Outcome saved: Interested: sale')"),
        sees("the next one is called", `${CALL}:contains('Tour Bea')`),
        click("stop", `${DIALOG} button[name=action_stop]`),
        sees("closed", "body:not(:has(.modal))"),
    ],
});

tours.add("call_cart_stop", {
    steps: () => [
        takeContact(),
        sees("Ada is called", `${CALL}:contains('Tour Ada')`),
        ...fillCart(),
        click("to the bikes", `${LINE}:contains('Tour bikes') .o_call_cart_quantity`),
        press("out with them", "-", `${LINE} .o_call_cart_quantity:focus`),
        sees("they are gone", `${DIALOG} .o_call_cart ul:not(:contains('Tour bikes'))`),
        total("200.00"),
        press("Escape asks", "Escape"),
        click(
            "yes, stop",
            `${DIALOG}:contains('Nothing of this call will be saved') button:contains('Stop the call')`,
        ),
        sees("closed", "body:not(:has(.modal))"),
        takeContact(),
        sees("the next one is called", `${CALL}:contains('Tour Bea')`),
        press("she buys", "1"),
        sees("a cart of her own", `${DIALOG} .o_call_cart_empty`),
        click("stop", `${DIALOG} button[name=action_stop]`),
        sees("nothing was typed but the outcome", `${DIALOG}:contains('Nothing of this call')`),
        click("yes, stop", `${DIALOG} button:contains('Stop the call')`),
        sees("closed", "body:not(:has(.modal))"),
    ],
});
