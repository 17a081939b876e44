import { _t } from "@web/core/l10n/translation";
import { toLocaleDateTimeString } from "@web/core/l10n/dates";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { CalendarCommonPopover } from "@web/views/calendar/calendar_common/calendar_common_popover";
import { CalendarCommonRenderer } from "@web/views/calendar/calendar_common/calendar_common_renderer";
import { CalendarModel } from "@web/views/calendar/calendar_model";
import { CalendarRenderer } from "@web/views/calendar/calendar_renderer";
import { calendarView } from "@web/views/calendar/calendar_view";

export class CallRecallPopover extends CalendarCommonPopover {
    static subTemplates = {
        ...CalendarCommonPopover.subTemplates,
        footer: "crm_lead_lifecycle.CallRecallPopover.footer",
    };

    setup() {
        super.setup();
        this.reminders = useService("crm_call_reminder");
    }

    /** A call back begins at a time; nobody knows how long it takes. */
    computeDateTimeAndDuration() {
        super.computeDateTimeAndDuration();
        this.time = toLocaleDateTimeString(this.props.record.start, { showDate: false });
        this.timeDuration = null;
    }

    async onCall() {
        const { close, model, record } = this.props;
        await this.reminders.openCall(record.id, { onClose: () => model.load() });
        close();
    }
}

export class CallRecallCommonRenderer extends CalendarCommonRenderer {
    static components = { ...CalendarCommonRenderer.components, Popover: CallRecallPopover };
}

export class CallRecallRenderer extends CalendarRenderer {
    static components = {
        ...CalendarRenderer.components,
        day: CallRecallCommonRenderer,
        week: CallRecallCommonRenderer,
        month: CallRecallCommonRenderer,
    };
}

export class CallRecallModel extends CalendarModel {
    get defaultFilterLabel() {
        return _t("Anybody");
    }
}

registry.category("views").add("call_recall_calendar", {
    ...calendarView,
    Model: CallRecallModel,
    Renderer: CallRecallRenderer,
});
