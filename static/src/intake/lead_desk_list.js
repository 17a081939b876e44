import { onMounted, onWillUnmount } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Domain } from "@web/core/domain";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { listView } from "@web/views/list/list_view";

/** How often somebody who looks at the list asks for what has come in. */
const EVERY = 30 * 1000;

/** The lead desk: leads that come in appear by themselves, as soon as nobody is in the middle of something. */
export class LeadDeskListController extends listView.Controller {
    setup() {
        super.setup();
        onMounted(() => {
            this.newest = this.findNewest();
            this.timer = browser.setInterval(() => this.showIncoming(), EVERY);
        });
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    /** Whether showing something else would take away what the user has in hand. */
    get isBusy() {
        const { root } = this.model;
        return (
            document.hidden ||
            root.editedRecord ||
            root.selection.length > 0 ||
            this.rootRef.el.querySelector("tbody")?.contains(document.activeElement)
        );
    }

    /** The number of the last lead of this list that is there, 0 if there is none or nobody can be asked. */
    async findNewest(after = 0) {
        const { context, domain } = this.model.root;
        const wanted = Domain.and([domain, [["id", ">", after]]]).toList(context);
        try {
            const [newest] = await this.orm.silent.search("crm.lead", wanted, {
                context,
                limit: 1,
                order: "id desc",
            });
            return newest || 0;
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                return 0;
            }
            throw error;
        }
    }

    async showIncoming() {
        if (this.isBusy) {
            return;
        }
        const known = await this.newest;
        const newest = await this.findNewest(known);
        if (newest > known && !this.isBusy) {
            this.newest = newest;
            this.model.useSampleModel = false;
            await this.model.load();
        }
    }
}

registry.category("views").add("lead_desk_list", {
    ...listView,
    Controller: LeadDeskListController,
});
