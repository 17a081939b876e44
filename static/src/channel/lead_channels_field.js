import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { phoneField } from "@web/views/fields/phone/phone_field";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** How the customer of a lead can be reached: a button for each channel that is set up. */
export class LeadChannelsField extends Component {
    static template = "crm_lead_lifecycle.LeadChannelsField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    get channels() {
        return this.props.record.data[this.props.name].records.map(({ resId, data }) => ({
            id: resId,
            ...data,
        }));
    }

    /** What is changed is saved first: the number may be. */
    async reach(channel) {
        const { record } = this.props;
        if (!(await record.save())) {
            return;
        }
        const { resModel, resId } = record;
        const action = await this.orm.call(resModel, "action_open_channel", [[resId], channel.id]);
        await this.action.doAction(action, { onClose: () => record.load() });
    }
}

export const leadChannelsField = {
    component: LeadChannelsField,
    displayName: _t("Channels"),
    supportedTypes: ["many2many"],
    isEmpty: () => false,
    relatedFields: [
        { name: "name", type: "char" },
        { name: "icon", type: "char" },
    ],
};

registry.category("fields").add("lead_channels", leadChannelsField);

/** Odoo's field for numbers without what it offers to do with them: the channels are below it. */
export const leadPhoneField = {
    ...phoneField,
    extractProps: (fieldInfo, dynamicInfo) =>
        phoneField.extractProps(
            { ...fieldInfo, options: { ...fieldInfo.options, enable_sms: false } },
            dynamicInfo,
        ),
};

registry.category("fields").add("lead_phone", leadPhoneField);
