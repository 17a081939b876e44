import { Component, onMounted, onPatched, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { askCart } from "./call_cart_state";

const DELAY = 200;

/**
 * What is sold in a call: products to choose from beside the cart. What it comes to is what the server says; until the
 * outcome is confirmed the cart is in the browser alone.
 */
export class CallCart extends Component {
    static template = "crm_lead_lifecycle.CallCart";
    static props = { ...standardWidgetProps };

    setup() {
        this.call = useState(this.env.call);
        this.orm = useService("orm");
        this.root = useRef("root");
        this.state = useState({
            search: "",
            categoryId: false,
            products: [],
            categories: [],
            hasMore: false,
            active: 0,
            isLoading: true,
            computed: { lines: [], clients: { candidates: [] } },
            isComputing: true,
        });
        this.searches = new KeepLast();
        this.counts = new KeepLast();
        this.searchLater = useDebounced(() => this.search(), DELAY);
        this.countLater = useDebounced(() => this.count(), DELAY);
        this.cart.isOpen = true;
        onMounted(() => {
            this.search();
            this.root.el.scrollIntoView({ block: "nearest" });
            if (this.call.isChosenByKey) {
                this.searchInput.focus();
            }
        });
        // at once, and when a draft has brought another cart
        useEffect(
            () => {
                this.count();
            },
            () => [this.cart.lines],
        );
        onPatched(() => {
            const { el } = this.root;
            el.querySelector(".o_call_product.active")?.scrollIntoView({ block: "nearest" });
        });
    }

    get cart() {
        return this.call.cart;
    }

    get searchInput() {
        return this.root.el.querySelector(".o_call_cart_search");
    }

    callServer(method, values) {
        const { resModel, resId } = this.props.record;
        return this.orm.silent.call(resModel, method, [[resId]], values);
    }

    // -- products ----------------------------------------------------

    async search(offset = 0) {
        const { state } = this;
        state.isLoading = true;
        try {
            const { products, has_more, categories } = await this.searches.add(
                this.callServer("search_products", {
                    search: state.search,
                    category_id: state.categoryId,
                    offset,
                    cart: askCart({ ...this.cart, lines: [] }),
                }),
            );
            state.hasMore = has_more;
            state.products = offset ? [...state.products, ...products] : products;
            if (!offset) {
                state.active = 0;
                state.categories = categories;
            }
        } finally {
            state.isLoading = false;
        }
    }

    setSearch(text) {
        this.state.search = text;
        this.state.isLoading = true; // Enter does not take what was found before
        this.searchLater();
    }

    /** A category that is chosen a second time is not chosen any more. */
    chooseCategory(id) {
        this.state.categoryId = this.state.categoryId !== id && id;
        this.search();
    }

    onSearchKeydown(ev) {
        const { products, active } = this.state;
        const steps = { ArrowDown: 1, ArrowUp: -1 }[ev.key];
        if (steps) {
            this.state.active = Math.max(0, Math.min(active + steps, products.length - 1));
        } else if (ev.key === "Enter" && !ev.ctrlKey && !this.state.isLoading) {
            if (products[active]) {
                this.add(products[active]);
            }
        } else {
            return;
        }
        ev.preventDefault();
    }

    // -- the cart ----------------------------------------------------

    get lines() {
        const computed = new Map(this.state.computed.lines.map((line) => [line.product_id, line]));
        return this.cart.lines.map((line) => {
            const { name, ...known } = computed.get(line.product_id) || {};
            return {
                line,
                ...known,
                name: name || line.name,
                price: line.price_unit ?? known.price_unit,
                percent: line.discount ?? known.discount,
            };
        });
    }

    get summary() {
        return _t("%(count)s in the cart: %(total)s", {
            count: this.cart.lines.length,
            total: this.state.computed.total || "…",
        });
    }

    add({ id, name }) {
        const line = this.cart.lines.find((line) => line.product_id === id);
        if (line) {
            line.quantity += 1;
        } else {
            this.cart.lines.push({
                product_id: id,
                name,
                quantity: 1,
                price_unit: null,
                discount: null,
                notes: "",
            });
        }
        this.changed();
    }

    /** A number that is emptied is the price list's again. */
    setNumber(line, name, text) {
        const number = parseFloat(text);
        line[name] = Number.isNaN(number) ? (name === "quantity" ? 0 : null) : number;
        this.changed();
    }

    remove(line) {
        const index = this.cart.lines.indexOf(line);
        this.cart.lines.splice(index, 1);
        this.changed();
        const inputs = this.root.el.querySelectorAll(".o_call_cart_quantity");
        (inputs[index + 1] || this.searchInput).focus();
    }

    onLineKeydown(ev, line) {
        const isQuantity = ev.target.matches(".o_call_cart_quantity");
        const isButton = ev.target.matches("button");
        if ((ev.key === "-" && (isQuantity || isButton)) || (ev.key === "Delete" && isButton)) {
            ev.preventDefault();
            this.remove(line);
        }
    }

    chooseClient(id) {
        Object.assign(this.cart, { clientId: id, isNewClient: !id });
        this.changed();
        this.search(); // at their prices
    }

    changed() {
        this.state.isComputing = true;
        this.call.keep();
        this.countLater();
    }

    async count() {
        this.state.isComputing = true;
        try {
            this.state.computed = await this.counts.add(
                this.callServer("get_cart", { cart: askCart(this.cart) }),
            );
        } finally {
            this.state.isComputing = false;
        }
    }

    // -- back and forth ----------------------------------------------

    open(isOpen) {
        this.cart.isOpen = isOpen;
        const { el } = this.root;
        if (!isOpen) {
            el.closest(".o_form_view, .modal").querySelector("[name=notes] textarea")?.focus();
        }
    }
}

registry.category("view_widgets").add("call_cart", { component: CallCart });
