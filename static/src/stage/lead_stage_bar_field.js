import {
    rottingStatusBarDurationField,
    RottingStatusBarDurationField,
} from "@mail/js/rotting_mixin/rotting_statusbar";
import { useCommand } from "@web/core/commands/command_hook";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

/** The stages of the lead's type. Those to which the user may not move the lead are shown, but can't be chosen. */
export class LeadStageBarField extends RottingStatusBarDurationField {
    static template = "crm_lead_lifecycle.LeadStageBarField";
    static props = {
        ...RottingStatusBarDurationField.props,
        withMoveCommands: { type: Boolean, optional: true },
    };

    setup() {
        super.setup();
        if (this.props.withMoveCommands) {
            this.useMoveCommands();
        }
    }

    /** Odoo's commands of a status bar, for the stages that can be chosen. */
    useMoveCommands() {
        const name = _t("Move to %s...", this.field.string);
        useCommand(
            name,
            () => ({
                placeholder: name,
                providers: [
                    {
                        provide: () =>
                            this.getAllItems()
                                .filter((item) => !item.isRefused)
                                .map((item) => ({
                                    name: item.label,
                                    action: () => this.selectItem(item),
                                })),
                    },
                ],
            }),
            {
                category: "smart_action",
                hotkey: "alt+shift+x",
                isAvailable: () => !this.props.isDisabled,
            },
        );
        useCommand(
            _t("Move to next %s", this.field.string),
            () => this.selectItem(this.getNextItem()),
            {
                category: "smart_action",
                hotkey: "alt+x",
                isAvailable: () => !this.props.isDisabled && Boolean(this.getNextItem()),
            },
        );
    }

    getNextItem() {
        const items = this.getAllItems();
        return items
            .slice(items.findIndex((item) => item.isSelected) + 1)
            .find((item) => !item.isRefused);
    }

    /** @override */
    getAllItems() {
        const { isNew, data } = this.props.record;
        const allowedIds = data.allowed_stage_ids.currentIds;
        return super.getAllItems().map((item) => ({
            ...item,
            isRefused: !isNew && !item.isSelected && !allowedIds.includes(item.value),
        }));
    }

    getItemTitle(item) {
        return item.isRefused ? _t("Not a move of this lead type") : undefined;
    }

    /** @override */
    getDropdownItemClassNames(item) {
        const classNames = super.getDropdownItemClassNames(item);
        // the pointer has to reach it to see the title
        return item.isRefused ? `${classNames} disabled pe-auto` : classNames;
    }

    getDropdownItemAttrs(item) {
        return item.isRefused ? { title: this.getItemTitle(item), "aria-disabled": "true" } : {};
    }

    /**
     * A move that the server refuses leaves the bar where the lead is; what else was typed stays.
     *
     * @override
     */
    async selectItem(item) {
        if (item.isRefused) {
            return; // a drop-down lets the keyboard choose what is disabled
        }
        const { name, record } = this.props;
        const stage = record.data[name];
        const wasDirty = await record.isDirty();
        try {
            await super.selectItem(item);
        } catch (error) {
            if (error instanceof RPCError) {
                await (wasDirty ? record.update({ [name]: stage }) : record.discard());
            }
            throw error;
        }
    }
}

export const leadStageBarField = {
    ...rottingStatusBarDurationField,
    component: LeadStageBarField,
    displayName: _t("Stage of a Lead"),
    additionalClasses: ["o_field_statusbar"],
    fieldDependencies: [
        ...rottingStatusBarDurationField.fieldDependencies,
        { name: "allowed_stage_ids", type: "many2many" },
    ],
    extractProps: (...args) => {
        const { withCommand, ...props } = rottingStatusBarDurationField.extractProps(...args);
        return { ...props, withMoveCommands: withCommand };
    },
};

registry.category("fields").add("lead_stage_bar", leadStageBarField);
