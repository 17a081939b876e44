import { useAttachmentUploader } from "@mail/core/common/attachment_uploader_hook";
import { NavigableList } from "@mail/core/common/navigable_list";
import { prettifyMessageText } from "@mail/utils/common/format";
import { Component, useExternalListener, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { useAutoresize } from "@web/core/utils/autoresize";
import { useService } from "@web/core/utils/hooks";
import { FileUploader } from "@web/views/fields/file_handler";
import { ConversationDraft } from "./conversation_draft";

const CANNED = "::";
/** what stands before the cursor when a canned reply is looked for */
const CANNED_TERM = /(?:^|\s)::(\S*)$/;

/** Where the operator writes to the customer. What fails to be sent stays, and is sent once however often it is tried. */
export class ConversationBox extends Component {
    static template = "crm_lead_lifecycle.ConversationBox";
    static components = { FileUploader, NavigableList };
    static props = { feed: Object };

    setup() {
        const { leadId } = this.props.feed;
        this.store = useService("mail.store");
        this.suggestions = useService("mail.suggestion");
        this.draft = new ConversationDraft(leadId);
        this.state = useState({
            ...this.draft.load(),
            files: [],
            isSending: false,
            error: false,
            canned: [],
        });
        // who is given a composer keeps files apart until they are sent
        this.uploader = useAttachmentUploader(
            this.store.Thread.insert({ model: "crm.lead", id: leadId }),
            { composer: { attachments: [] } },
        );
        this.textRef = useRef("text");
        useAutoresize(this.textRef);
        useExternalListener(window, "storage", (event) => this.onOtherTab(event));
    }

    get canSend() {
        const { text, files, isSending } = this.state;
        return (
            !isSending &&
            (text.trim() || files.length) &&
            files.every(({ attachment }) => attachment)
        );
    }

    // ------------------------------------------------------------
    // Writing
    // ------------------------------------------------------------

    onInput() {
        this.setText(this.textRef.el.value);
        return this.lookForCanned();
    }

    setText(text) {
        const { state } = this;
        if (state.error) {
            // it may have arrived all the same: another text is another message
            Object.assign(state, { key: this.draft.make().key, error: false });
        }
        state.text = text;
        this.draft.save(state);
    }

    onKeydown(event) {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
            event.preventDefault();
            return this.send();
        }
    }

    /** The same text was sent, or emptied, in another tab. */
    onOtherTab(event) {
        if (this.draft.getCleared(event) === this.state.key && !this.state.isSending) {
            Object.assign(this.state, { ...this.draft.make(), error: false });
        }
    }

    // ------------------------------------------------------------
    // Files
    // ------------------------------------------------------------

    onPaste(event) {
        const files = [...(event.clipboardData?.files || [])];
        if (files.length) {
            event.preventDefault();
            files.forEach((file) => this.addFile(file.name, () => this.uploader.uploadFile(file)));
        }
    }

    onUploaded(file) {
        return this.addFile(file.name, () => this.uploader.uploadData(file));
    }

    async addFile(name, upload) {
        this.state.files.push({ name, attachment: null });
        const file = this.state.files.at(-1);
        file.attachment = await upload().catch(() => null);
        if (!file.attachment) {
            this.drop(file); // Odoo has told why
        }
    }

    remove(file) {
        this.drop(file);
        return file.attachment && this.uploader.unlink(file.attachment);
    }

    drop(file) {
        this.state.files.splice(this.state.files.indexOf(file), 1);
    }

    // ------------------------------------------------------------
    // Canned replies
    // ------------------------------------------------------------

    get beforeCursor() {
        const { el } = this.textRef;
        return el.value.slice(0, el.selectionStart);
    }

    get cannedTerm() {
        return this.textRef.el ? CANNED_TERM.exec(this.beforeCursor)?.[1] : undefined;
    }

    async lookForCanned() {
        if (this.cannedTerm !== undefined) {
            await this.suggestions.fetchSuggestions({ delimiter: CANNED, term: this.cannedTerm });
        }
        const term = this.cannedTerm; // another one by now, if somebody types fast
        this.state.canned =
            term === undefined
                ? []
                : this.suggestions
                      .searchSuggestions({ delimiter: CANNED, term })
                      .suggestions.slice(0, 8);
    }

    get cannedOptions() {
        return this.state.canned.map((reply) => ({
            label: reply.substitution,
            source: reply.source,
            title: reply.substitution,
            classList: "o-mail-Composer-suggestion",
        }));
    }

    insertCanned({ label }) {
        const { beforeCursor } = this;
        this.insert(label + " ", beforeCursor.slice(0, beforeCursor.lastIndexOf(CANNED)));
        this.state.canned = [];
    }

    openCanned() {
        const { beforeCursor } = this;
        this.insert(/(^|\s)$/.test(beforeCursor) ? CANNED : ` ${CANNED}`, beforeCursor);
        return this.lookForCanned();
    }

    insert(text, before) {
        const { el } = this.textRef;
        const after = el.value.slice(el.selectionEnd);
        this.setText(before + text + after);
        el.value = this.state.text;
        el.focus();
        el.setSelectionRange(before.length + text.length, before.length + text.length);
    }

    // ------------------------------------------------------------
    // Sending
    // ------------------------------------------------------------

    async send() {
        if (!this.canSend) {
            return;
        }
        const { state } = this;
        Object.assign(state, { isSending: true, error: false });
        try {
            await this.props.feed.send({
                body: prettifyMessageText(state.text).toString(),
                attachmentIds: state.files.map(({ attachment }) => attachment.id),
                key: state.key,
            });
        } catch (error) {
            state.error = tellWhy(error);
            return;
        } finally {
            state.isSending = false;
        }
        this.draft.clear();
        Object.assign(state, { ...this.draft.make(), files: [] });
        this.textRef.el?.focus();
    }
}

function tellWhy(error) {
    if (error instanceof ConnectionLostError) {
        return _t("It was not sent: there is no connection.");
    }
    if (error instanceof RPCError) {
        return _t("It was not sent. %s", error.data?.message || error.message);
    }
    throw error;
}
