import { Component, useState } from "@odoo/owl";
import { formatList } from "@web/core/l10n/utils";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSpecialData } from "@web/views/fields/relational_utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { layoutProcess } from "./lead_type_process_layout";

const PENDING_KINDS = ["open", "frozen"];
const NEXT = "next";

/** The targets of a stage, with who may go there, as a text that can be compared. */
const getSignature = (targets) =>
    JSON.stringify(targets.map(({ id, who }) => [id, [...who].sort()]));

/** The process of a lead type as a picture, and what its moves would change for the open leads. Nothing is saved. */
export class LeadTypeProcess extends Component {
    static template = "crm_lead_lifecycle.LeadTypeProcess";
    static props = standardWidgetProps;

    setup() {
        this.orm = useService("orm");
        this.state = useState({ activeId: null, trial: null });
        // stages of every type are not listed in the type
        this.sharedStages = useSpecialData((orm, { record }) =>
            orm.read("crm.stage", this.getSharedStageIds(record), [
                "name",
                "stage_type",
                "sequence",
            ]),
        );
    }

    getSharedStageIds({ data }) {
        const named = [data.initial_stage_id];
        for (const { data: move } of data.transition_ids.records) {
            named.push(move.from_stage_id, move.to_stage_id);
        }
        const ids = new Set(named.filter(Boolean).map(({ id }) => id));
        return [...ids].filter((id) => !data.stage_ids.currentIds.includes(id));
    }

    // ------------------------------------------------------------
    // PICTURE
    // ------------------------------------------------------------

    get kinds() {
        return {
            open: { label: _t("Open"), color: "primary" },
            frozen: { label: _t("Frozen"), color: "info" },
            qualified: { label: _t("Won"), color: "success" },
            not_interested: { label: _t("Lost"), color: "danger" },
            abandoned: { label: _t("Abandoned"), color: "muted" },
        };
    }

    get stages() {
        const { stage_ids } = this.props.record.data;
        const own = stage_ids.records.map(({ id, resId, data }) => ({ ...data, id: resId || id }));
        const shared = this.sharedStages.data.filter(
            ({ id }) => !stage_ids.currentIds.includes(id),
        );
        return [...own, ...shared]
            .sort((a, b) => (a.sequence || 0) - (b.sequence || 0))
            .map(({ id, name, stage_type }) => ({ id, name, kind: stage_type }));
    }

    /** The complete rows of the list of moves. */
    get moves() {
        return this.props.record.data.transition_ids.records
            .map(({ data }) => ({
                from: data.from_stage_id.id,
                to: data.to_stage_id.id,
                groups: data.group_ids,
            }))
            .filter(({ from, to }) => from && to);
    }

    getPicture() {
        const { initial_stage_id, next_type_id } = this.props.record.data;
        const stages = this.stages;
        const moves = this.moves.map(({ from, to, groups }) => ({
            from,
            to,
            isRestricted: groups.currentIds.length > 0,
        }));
        if (next_type_id) {
            const qualified = stages.filter(({ kind }) => kind === "qualified");
            moves.push(...qualified.map(({ id }) => ({ from: id, to: NEXT })));
            if (qualified.length) {
                stages.push({ id: NEXT, name: `→ ${next_type_id.display_name}`, kind: NEXT });
            }
        }
        const picture = layoutProcess(stages, moves);
        for (const box of picture.boxes) {
            Object.assign(box, this.kinds[box.kind] || { color: "success" });
            box.isInitial = box.id === initial_stage_id.id;
            box.words = this.getWords(box, picture);
        }
        return picture;
    }

    /** Where a lead of a stage can go, as a sentence. */
    getWords({ id, name, isInitial }, { boxes, arrows }) {
        const targets = arrows
            .filter(({ from, to }) => from === id && to !== NEXT)
            .map(({ to, isRestricted }) => {
                const stage = boxes.find((box) => box.id === to).name;
                const text = isRestricted ? _t("%(stage)s (only some people)", { stage }) : stage;
                return text.toString();
            });
        const sentences = [];
        if (isInitial) {
            sentences.push(_t("Starts in %(stage)s.", { stage: name }));
        }
        if (targets.length) {
            const values = { stage: name, targets: formatList(targets, { style: "or" }) };
            sentences.push(_t("From %(stage)s to %(targets)s.", values));
        }
        if (arrows.some(({ from, to }) => from === id && to === NEXT)) {
            const type = this.props.record.data.next_type_id.display_name;
            sentences.push(_t("%(stage)s goes on as %(type)s.", { stage: name, type }));
        }
        return sentences.join(" ");
    }

    /** The picture for those who do not see it. */
    getDescription({ boxes }) {
        const words = boxes.map((box) => box.words).filter(Boolean);
        return (this.moves.length ? words : [...words, this.freedom]).join(" ");
    }

    get freedom() {
        return _t("No moves are listed: every stage can follow every other.");
    }

    getArrowClass({ from }) {
        const { activeId } = this.state;
        if (activeId === null) {
            return "text-muted";
        }
        return from === activeId ? "o_active text-primary" : "text-muted opacity-25";
    }

    getLegend({ boxes }) {
        return Object.entries(this.kinds)
            .filter(([kind]) => boxes.some((box) => box.kind === kind))
            .map(([, { label, color }]) => ({ label, color }));
    }

    // ------------------------------------------------------------
    // TRIAL
    // ------------------------------------------------------------

    get trialTitle() {
        return this.props.record.isNew
            ? _t("Save the lead type first: without leads there is nothing to try.")
            : _t("See what these moves would change for the open leads. Nothing is saved.");
    }

    get trialValues() {
        const moves = this.moves.map(({ from, to, groups }) => ({
            from_stage_id: from,
            to_stage_id: to,
            group_ids: [...groups.currentIds],
        }));
        const stageIds = this.props.record.data.stage_ids.currentIds.filter(Number.isInteger);
        return [moves, stageIds];
    }

    /** What a trial is about: once saved, "then" has become "now". */
    get trialKey() {
        return JSON.stringify([this.props.record.resId, this.props.record.dirty, this.trialValues]);
    }

    async tryMoves() {
        const key = this.trialKey;
        const { resId } = this.props.record;
        const stages = await this.orm.call("crm.lead.type", "try_moves", [
            [resId],
            ...this.trialValues,
        ]);
        this.state.trial = { key, stages };
    }

    /** The result of the last trial, as long as it is about what is listed. */
    getTrial() {
        if (this.state.trial?.key !== this.trialKey) {
            return null;
        }
        const stages = this.state.trial.stages.map((stage) => {
            const isIn = (targets) => (target) => targets.some(({ id }) => id === target.id);
            const [isNow, isThen] = [isIn(stage.now), isIn(stage.then)];
            return {
                ...stage,
                then: [
                    ...stage.then.map((target) => ({ ...target, isNew: !isNow(target) })),
                    ...stage.now
                        .filter((target) => !isThen(target))
                        .map((target) => ({ ...target, isGone: true })),
                ],
                isChanged: getSignature(stage.now) !== getSignature(stage.then),
                isStuck:
                    stage.lead_count > 0 &&
                    !stage.then.length &&
                    PENDING_KINDS.includes(stage.stage_type),
            };
        });
        return {
            stages: stages.some((stage) => stage.isChanged || stage.isStuck) ? stages : [],
            isHarmless: !stages.some((stage) => stage.isChanged && stage.lead_count),
        };
    }

    formatList(names) {
        return formatList(names);
    }
}

export const leadTypeProcess = {
    component: LeadTypeProcess,
    fieldDependencies: [
        { name: "initial_stage_id", type: "many2one" },
        { name: "next_type_id", type: "many2one" },
        { name: "stage_ids", type: "many2many" },
        { name: "transition_ids", type: "one2many" },
    ],
};

registry.category("view_widgets").add("lead_type_process", leadTypeProcess);
