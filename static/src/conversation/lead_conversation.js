import {
    Component,
    markup,
    onMounted,
    onWillUnmount,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import { toLocaleDateString, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { humanSize } from "@web/core/utils/binary";
import { useService } from "@web/core/utils/hooks";
import { ConversationBox } from "./conversation_box";
import { ConversationFeed } from "./conversation_feed";

const { DateTime } = luxon;

/** What happened to proposals and appointments, by kind and, where it has some, step. */
const CARD_LOOKS = {
    proposal: { icon: "fa-file-text-o", color: "info" },
    "proposal-refused": { icon: "fa-times", color: "danger" },
    "proposal-cancelled": { icon: "fa-ban", color: "secondary" },
    order: { icon: "fa-check", color: "success" },
    dial: { icon: "fa-phone", color: "secondary" },
    appointment: { icon: "fa-calendar", color: "success" },
    appointment_move: { icon: "fa-calendar", color: "warning" },
    appointment_cancel: { icon: "fa-calendar-times-o", color: "danger" },
};
/** From the end of the list, in pixels: who is that near reads the latest. */
const NEAR = 80;

/** What customer and desk write to each other, with a box to write in. What is on the screen counts as read. */
export class LeadConversation extends Component {
    static template = "crm_lead_lifecycle.LeadConversation";
    static components = { ConversationBox };
    static props = { leadId: Number, isShown: Boolean, onNews: Function };

    setup() {
        const services = { bus_service: useService("bus_service"), orm: useService("orm") };
        this.feed = useState(new ConversationFeed(services, this.props.leadId));
        this.unread = useService("crm_lead_unread");
        this.listRef = useRef("list");
        this.endRef = useRef("end");
        this.isAtEnd = true;
        onMounted(() => this.feed.start());
        onWillUnmount(() => this.feed.stop());
        useEffect(
            () => {
                const { el } = this.listRef;
                // what is read stays where it is when earlier messages come above it
                el.scrollTop = this.isAtEnd ? el.scrollHeight : el.scrollHeight - this.fromEnd;
            },
            () => [this.feed.items.length, this.feed.isLoaded, this.props.isShown],
        );
        useEffect(
            (end) => {
                if (end) {
                    const observer = new IntersectionObserver(([{ isIntersecting }]) => {
                        this.isEndInView = isIntersecting;
                        this.read();
                    });
                    observer.observe(end);
                    return () => observer.disconnect();
                }
            },
            () => [this.endRef.el],
        );
        useEffect(
            () => {
                this.read();
                this.props.onNews(this.feed);
            },
            () => [
                this.feed.isLoaded,
                this.feed.isUnread,
                this.feed.lastId,
                this.feed.lastCardId,
                this.feed.seenId,
            ],
        );
        useExternalListener(window, "focus", () => this.read());
        useExternalListener(document, "visibilitychange", () => this.read());
    }

    /** Whoever has the end of the conversation on the screen and looks at this tab has read it. */
    async read() {
        const { isUnread, canWrite } = this.feed;
        if (isUnread && canWrite && this.isEndInView && document.hasFocus()) {
            await this.feed.markRead();
            this.unread.refreshSoon();
        }
    }

    onScroll() {
        const { scrollTop, scrollHeight, clientHeight } = this.listRef.el;
        this.fromEnd = scrollHeight - scrollTop;
        this.isAtEnd = this.fromEnd - clientHeight < NEAR;
    }

    loadEarlier() {
        this.onScroll();
        this.isAtEnd = false;
        return this.feed.loadEarlier();
    }

    // ------------------------------------------------------------
    // Showing
    // ------------------------------------------------------------

    get items() {
        let day;
        const { seenId } = this.feed;
        const seen = Object.values(this.feed.messages).filter(
            ({ id, is_ours }) => is_ours && id <= seenId,
        );
        const lastSeen = Math.max(...seen.map(({ id }) => id));
        return this.feed.items.map((item) => {
            const newDay = item.at.toISODate();
            const isFirstOfDay = newDay !== day;
            day = newDay;
            return {
                ...item,
                key: `${item.isMessage ? "message" : "card"}-${item.id}`,
                day: isFirstOfDay && this.formatDay(item.at),
                time: toLocaleDateTimeString(item.at, { showDate: false }),
                fate: item.isMessage && item.is_ours && this.formatFate(item, lastSeen),
                look: !item.isMessage && this.getLook(item),
                body: item.isMessage && markup(item.body), // cleaned by the server
            };
        });
    }

    getLook({ kind, step }) {
        return CARD_LOOKS[`${kind}-${step}`] || CARD_LOOKS[kind];
    }

    formatDay(at) {
        const days = DateTime.now().startOf("day").diff(at.startOf("day"), "days").days;
        return [_t("Today"), _t("Yesterday")][Math.round(days)] || toLocaleDateString(at);
    }

    /** The time is known of the last one that was seen; those before were seen by then. */
    formatFate({ id, channel }, lastSeen) {
        if (id > this.feed.seenId) {
            return channel ? false : _t("sent"); // the channel says more
        }
        const { seenAt } = this.feed;
        if (id !== lastSeen || !seenAt) {
            return _t("seen");
        }
        const isToday = seenAt.hasSame(DateTime.now(), "day");
        return _t("seen %s", toLocaleDateTimeString(seenAt, { showDate: !isToday }));
    }

    formatSize(size) {
        return humanSize(size);
    }
}
