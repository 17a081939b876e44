import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const ASKED = ["phone", "email_from", "contact_name", "partner_name", "street", "city", "zip"];
const DELAY = 400;

/** While phone or e-mail is being typed: how many clients it may be, and the way to them. */
export class LeadClientHint extends Component {
    static template = "crm_lead_lifecycle.LeadClientHint";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.state = useState({ count: 0, isSure: false, hasMore: false });
        // what is being typed and has not been taken over yet
        this.typed = {};
        this.lookLater = useDebounced(() => this.look(), DELAY);
        useRecordObserver((record) => {
            this.look(record);
        });
        onMounted(() => {
            this.form = this.root.el.closest(".o_form_renderer");
            this.form?.addEventListener("input", this.onInput);
            this.form?.addEventListener("focusout", this.onFocusout);
        });
        onWillUnmount(() => {
            this.form?.removeEventListener("input", this.onInput);
            this.form?.removeEventListener("focusout", this.onFocusout);
        });
    }

    onInput = ({ target }) => {
        const name = this.getFieldName(target);
        if (ASKED.includes(name)) {
            this.typed[name] = target.value;
            this.lookLater();
        }
    };

    onFocusout = ({ target }) => {
        delete this.typed[this.getFieldName(target)];
    };

    getFieldName(el) {
        return el.closest(".o_field_widget[name]")?.getAttribute("name");
    }

    get text() {
        const { count, isSure, hasMore } = this.state;
        if (count === 1) {
            return isSure ? _t("This is a client") : _t("1 client matches");
        }
        return hasMore ? _t("More than %s clients match", count) : _t("%s clients match", count);
    }

    getValues({ data, resId }) {
        const values = { id: resId || false, country_id: data.country_id?.id || false };
        for (const name of ASKED) {
            const known = data[name] || false;
            values[name] = this.typed[name] ?? known;
        }
        return values;
    }

    async look(record = this.props.record) {
        const values = this.getValues(record);
        const asked = (this.asked = JSON.stringify(values));
        const hint =
            (values.phone || values.email_from) &&
            (await this.orm.silent.call("crm.lead", "get_client_hint", [values]));
        if (this.asked === asked) {
            Object.assign(this.state, {
                count: hint?.count || 0,
                isSure: Boolean(hint?.is_sure),
                hasMore: Boolean(hint?.has_more),
            });
        }
    }

    async open() {
        const { record } = this.props;
        if (await record.save()) {
            const action = await this.orm.call("crm.lead", "action_link_client", [[record.resId]]);
            await this.action.doAction(action, { onClose: () => record.model.load() });
        }
    }
}

registry.category("view_widgets").add("lead_client_hint", {
    component: LeadClientHint,
    fieldDependencies: [
        ...ASKED.map((name) => ({ name, type: "char" })),
        { name: "country_id", type: "many2one", relation: "res.country" },
    ],
});
