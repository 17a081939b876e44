import {
    onMounted,
    onWillStart,
    onWillUnmount,
    useExternalListener,
    useState,
    useSubEnv,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import {
    deserializeDate,
    deserializeDateTime,
    serializeDate,
    serializeDateTime,
} from "@web/core/l10n/dates";
import { RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formView } from "@web/views/form/form_view";
import { FormController } from "@web/views/form/form_controller";
import { copyCart, newCart, prepareCart } from "../call_cart/call_cart_state";
import { getAppointmentValues, readAppointment } from "../appointment/appointment_draft";
import { CallDraft } from "./call_draft";
import { CallWrapUp } from "./call_wrap_up";

const MINUTE = 60 * 1000;
/** As long as the server keeps a contact for a browser that is closed; the talk goes on after a reload. */
const TALK_GOES_ON = 5 * MINUTE;
/** What the server says when something can't be as it was given. */
const REFUSALS = ["odoo.exceptions.UserError", "odoo.exceptions.ValidationError"];
const ANSWERS = [
    "answer_text",
    "answer_number",
    "answer_date",
    "answer_yes_no",
    "answer_choice_id",
];

/**
 * The dialog of a call. Until the outcome is confirmed, all that is typed is kept in the browser alone.
 */
export class CallFormController extends FormController {
    setup() {
        super.setup();
        // what the parts of the dialog share: what the server knows, and what is no field
        this.call = useState({
            details: {},
            step: 0,
            recall: { date: "", time: "" },
            cart: newCart(),
            keep: () => this.draft.saveLater(),
            isChosenByKey: false,
            isRestored: false,
            isGone: false,
            refuse: null, // what shows a refusal where it can be mended, else it is a message of its own
        });
        useSubEnv({ call: this.call });
        this.wrapUp = new CallWrapUp((isWrappingUp) => this.tellWrapUp(isWrappingUp));
        const reminders = useService("crm_call_reminder");
        if (this.env.inDialog) {
            this.env.dialogData.dismiss = () => this.dismiss();
        }
        onWillStart(async () => {
            this.call.details = await this.callServer("get_details");
            const { lead_id, entry_id, cart } = this.call.details;
            this.call.cart = newCart(cart);
            this.draft = new CallDraft(lead_id, entry_id, () => this.readDraft());
        });
        onMounted(() => {
            this.restoreDraft();
            this.rootRef.el.addEventListener("input", (ev) => this.onInput(ev));
            this.heartbeat = browser.setInterval(() => this.keepClaim(), MINUTE);
            reminders.current = { id: this.props.resId, customer: this.call.details.name };
        });
        onWillUnmount(() => {
            if (reminders.current?.id === this.props.resId) {
                reminders.current = null; // else the next call is open already
            }
            browser.clearInterval(this.heartbeat);
            this.draft.save();
        });
        useExternalListener(window, "pagehide", () => this.draft.save());
    }

    get modelParams() {
        const params = super.modelParams;
        params.hooks.onRecordChanged = () => {
            this.draft.saveLater();
            this.wrapUp.follow(Boolean(this.model.root.data.outcome_id));
        };
        return params;
    }

    callServer(method) {
        return this.orm.call(this.props.resModel, method, [[this.props.resId]]);
    }

    tellWrapUp(isWrappingUp) {
        const ids = [this.props.resId];
        return this.orm.silent.call(this.props.resModel, "tell_wrap_up", [ids, isWrappingUp]);
    }

    async keepClaim() {
        try {
            this.call.isGone = !(await this.orm.silent.call(this.props.resModel, "keep_claim", [
                [this.props.resId],
            ]));
        } catch (error) {
            if (!(error instanceof RPCError)) {
                return; // no connection for the moment
            }
            this.call.isGone = true;
        }
    }

    // -- the draft ---------------------------------------------------

    /** Notes reach the record only when their field is left. */
    onInput({ target }) {
        if (target.closest("[name=notes]")) {
            this.typedNotes = target.value;
        }
        this.draft.saveLater();
    }

    get answers() {
        return this.model.root.data.answer_ids.records;
    }

    /** What there is to lose, as JSON holds it; null if it is nothing. */
    readDraft() {
        const { data } = this.model.root;
        const answers = {};
        for (const record of this.answers) {
            const given = ANSWERS.filter((name) => record.data[name]).map((name) => {
                const value = record.data[name];
                return [name, name === "answer_date" ? serializeDate(value) : value];
            });
            if (given.length) {
                answers[record.data.step_id.id] = Object.fromEntries(given);
            }
        }
        const draft = {
            outcome: data.outcome_id && data.outcome_id.id,
            notes: this.typedNotes ?? (data.notes || ""),
            answers,
            recall: { ...this.call.recall },
            cart: copyCart(this.call.cart),
            appointment: readAppointment(data),
        };
        const isEmpty =
            !draft.outcome &&
            !draft.notes &&
            !draft.cart.lines.length &&
            !Object.keys(answers).length &&
            !draft.recall.date &&
            !draft.recall.time &&
            !draft.appointment;
        return isEmpty
            ? null
            : {
                  ...draft,
                  scope: data.recall_scope,
                  step: this.call.step,
                  start: serializeDateTime(data.date_start),
              };
    }

    async restoreDraft() {
        const draft = this.draft.load();
        if (!draft) {
            return;
        }
        const { root } = this.model;
        const outcome = this.call.details.outcomes.find(({ id }) => id === draft.outcome);
        Object.assign(this.call, { step: draft.step, recall: draft.recall, isRestored: true });
        this.call.cart = { ...copyCart(draft.cart ?? newCart()), isOpen: this.call.cart.isOpen };
        if (Date.now() - draft.savedAt < TALK_GOES_ON) {
            await root.update({ date_start: deserializeDateTime(draft.start) });
        }
        for (const record of this.answers) {
            const answer = draft.answers[record.data.step_id.id];
            if (answer) {
                const date = answer.answer_date;
                await record.update({
                    ...answer,
                    ...(date && { answer_date: deserializeDate(date) }),
                });
            }
        }
        const { date, hour } = getRecallParts(draft.recall);
        await root.update({
            notes: draft.notes,
            ...(outcome && {
                outcome_id: { id: outcome.id, display_name: outcome.name },
                recall_scope: draft.scope,
            }),
            ...(date && { recall_date: date, recall_hour: hour }),
            ...getAppointmentValues(draft.appointment),
        });
    }

    // -- nothing reaches the server before the outcome is confirmed ----

    beforeVisibilityChange() {
        this.draft.save();
    }

    async beforeLeave() {
        this.draft.save();
    }

    async beforeUnload() {
        this.draft.save();
    }

    // -- the end of the call -------------------------------------------

    async beforeExecuteActionButton(clickParams) {
        if (clickParams.name === "action_stop") {
            if (await this.stop()) {
                this.env.dialogData.close();
            }
            return false;
        }
        if (clickParams.name === "action_confirm") {
            await this.confirm(clickParams);
            return false;
        }
        return super.beforeExecuteActionButton(clickParams);
    }

    async confirm(clickParams) {
        if ((await super.beforeExecuteActionButton(clickParams)) === false) {
            return;
        }
        await this.wrapUp.settle();
        if (this.model.root.data.kind === "closing") {
            await this.orm.write(
                this.props.resModel,
                [this.props.resId],
                prepareCart(this.call.cart),
            );
        }
        let action;
        try {
            action = await this.callServer("action_confirm");
        } catch (error) {
            if (this.call.refuse && REFUSALS.includes(error.exceptionName)) {
                await this.call.refuse(error.data.message);
                return;
            }
            throw error;
        }
        this.draft.wipe();
        await this.actionService.doAction(action);
    }

    /** Close and Escape do what "Stop" does. */
    async dismiss() {
        if (!(await this.stop())) {
            return new Promise(() => {}); // a dialog closes as soon as this is settled
        }
    }

    /**
     * @returns {Promise<boolean>} whether the call was left
     */
    async stop() {
        if (this.readDraft() && !(await this.askStop())) {
            return false;
        }
        await this.wrapUp.settle();
        try {
            await this.callServer("action_stop");
        } catch (error) {
            // what can't be given back any more returns by itself: it keeps nobody in the dialog
            if (!(error instanceof RPCError)) {
                throw error;
            }
        }
        this.draft.wipe();
        return true;
    }

    askStop() {
        return new Promise((resolve) => {
            this.dialogService.add(
                ConfirmationDialog,
                {
                    title: _t("Stop this call?"),
                    body: _t("Nothing of this call will be saved."),
                    confirmLabel: _t("Stop the call"),
                    confirmClass: "btn-danger",
                    cancelLabel: _t("Go on"),
                    confirm: () => resolve(true),
                    cancel: () => resolve(false),
                },
                { onClose: () => resolve(false) },
            );
        });
    }
}

/**
 * The day and the hour that stand in the inputs of a call back, as the record takes them; false while one is missing.
 *
 * @param {{ date: string, time: string }} recall
 */
export function getRecallParts({ date, time }) {
    if (!date || !time) {
        return { date: false, hour: 0 };
    }
    const [hours, minutes] = time.split(":").map(Number);
    return { date: deserializeDate(date), hour: hours + minutes / 60 };
}

registry.category("views").add("crm_call", { ...formView, Controller: CallFormController });
