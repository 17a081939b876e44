import { CrmKanbanDynamicGroupList } from "@crm/views/crm_kanban/crm_kanban_model";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";

const LOST_TYPES = ["not_interested", "abandoned"];

patch(CrmKanbanDynamicGroupList.prototype, {
    /**
     * A card that is dropped where a reason is required asks for the reason. One that is lost by the drop leaves the
     * leads that are shown. One that is concluded by it may go on in a stage of another type.
     *
     * @override
     */
    async moveRecord(dataRecordId, dataGroupId, refId, targetGroupId) {
        const groupOf = (id) => this.groups.find((group) => group.id === id);
        const [sourceGroup, targetGroup] = [groupOf(dataGroupId), groupOf(targetGroupId)];
        if (this.groupByField.name !== "stage_id" || sourceGroup === targetGroup) {
            return super.moveRecord(...arguments);
        }
        const record = sourceGroup.list.records.find(({ id }) => id === dataRecordId);
        const type = record.data.lead_type_id;
        try {
            await super.moveRecord(...arguments);
        } catch (error) {
            if (
                !(
                    error instanceof RPCError &&
                    (await this._needsReason(record.resId, targetGroup.value))
                )
            ) {
                throw error;
            }
            return this._askReason(record.resId, targetGroup.value);
        }
        if (LOST_TYPES.includes(record.data.stage_type)) {
            // the card is gone: say where, should the hand have slipped
            const values = { lead: record.data.name, stage: targetGroup.displayName };
            await this.model.load();
            this.model.notification.add(_t("%(lead)s is lost: %(stage)s", values), {
                type: "warning",
            });
        } else if (record.data.stage_id && record.data.stage_id.id !== targetGroup.value) {
            const { name, lead_type_id: newType } = record.data;
            await this.model.load();
            if (newType && newType.id !== type.id) {
                const values = { lead: name, type: newType.display_name };
                this.model.notification.add(_t("%(lead)s goes on as “%(type)s”.", values), {
                    type: "success",
                });
            }
        }
    },

    /** Whether a refused move to a stage can be completed in the dialog "Conclude". */
    async _needsReason(leadId, stageId) {
        if (!stageId) {
            return false;
        }
        const [lead] = await this.model.orm.read("crm.lead", [leadId], ["allowed_stage_ids"]);
        if (!lead.allowed_stage_ids.includes(stageId)) {
            return false;
        }
        const [stage] = await this.model.orm.read(
            "crm.stage",
            [stageId],
            ["stage_type", "lost_reason_required"],
        );
        return stage.stage_type === "not_interested" && stage.lost_reason_required;
    },

    async _askReason(leadId, stageId) {
        const action = await this.model.orm.call("crm.lead", "action_conclude", [[leadId]]);
        return this.model.action.doAction(action, {
            additionalContext: { default_stage_id: stageId },
            onClose: () => this.model.load(),
        });
    },
});
