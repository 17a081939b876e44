import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillUnmount, onWillStart, useRef, useState } from "@odoo/owl";

const ASKED = ["phone", "email_from", "contact_name", "partner_name"];
const DELAY = 400;

/** While phone or e-mail is being typed: how many clients it may be, and the way to them. */
export class LeadClientHint extends Component {
    static template = "crm_lead_lifecycle.LeadClientHint";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.state = useState({ count: 0, isSure: false });
        this.typed = {};
        this.lookLater = useDebounced(() => this.look(), DELAY);
        this.onInput = (ev) => {
            const name = ev.target.closest(".o_field_widget[name]")?.getAttribute("name");
            if (ASKED.includes(name)) {
                this.typed[name] = ev.target.value;
                this.lookLater();
            }
        };
        onWillStart(() => {
            this.look();
        });
        onMounted(() => {
            this.form = this.root.el.closest(".o_form_view, .o_form_renderer");
            this.form?.addEventListener("input", this.onInput);
        });
        onWillUnmount(() => this.form?.removeEventListener("input", this.onInput));
    }

    get text() {
        const { count, isSure } = this.state;
        if (count === 1) {
            return isSure ? _t("This is a client") : _t("1 client matches");
        }
        return _t("%s clients match", count);
    }

    /** What is on the form, with what is being typed and not yet taken over. */
    get values() {
        const { data, resId } = this.props.record;
        const values = { id: resId || false, country_id: data.country_id?.id || false };
        for (const name of ASKED) {
            values[name] = this.typed[name] ?? (data[name] || false);
        }
        return values;
    }

    async look() {
        const values = this.values;
        const asked = JSON.stringify(values);
        this.asked = asked;
        const hint =
            (values.phone || values.email_from) &&
            (await this.orm.silent.call("crm.lead", "get_client_hint", [values]));
        if (this.asked === asked) {
            Object.assign(this.state, { count: hint?.count || 0, isSure: Boolean(hint?.is_sure) });
        }
    }

    async open() {
        const { record } = this.props;
        if (await record.save()) {
            const action = await this.orm.call("crm.lead", "action_link_client", [[record.resId]]);
            await this.action.doAction(action, { onClose: () => record.load() });
        }
    }
}

registry.category("view_widgets").add("lead_client_hint", {
    component: LeadClientHint,
    fieldDependencies: ASKED.map((name) => ({ name, type: "char" })),
});
