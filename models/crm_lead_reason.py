from datetime import timedelta

from babel.dates import format_timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import format_date, format_time
from odoo.tools.misc import babel_locale_parse, get_lang

from .crm_stage import PENDING_TYPES

UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
SOON = timedelta(days=1)
# for longer than that nobody counts hours
COUNTED_IN_HOURS = timedelta(days=14)


class CrmLead(models.Model):
    """Why: in sentences for people, what the rules have to say about a lead.

    A concern adds what it knows to one of the lists below, or a section of its own to :meth:`_get_reasons`.
    """

    _inherit = "crm.lead"

    reasons = fields.Html(
        "Why", compute="_compute_reasons", sanitize=False, help="Why it is expired or overdue, and whose it is."
    )

    @api.depends_context("uid", "lang", "tz", "allowed_company_ids")
    def _compute_reasons(self):
        for lead in self:
            saved = lead._origin
            lead.reasons = bool(saved) and self.env["ir.qweb"]._render(
                "crm_lead_lifecycle.crm_lead_reasons",
                {"sections": [section for section in saved._get_reasons() if section[1]]},
            )

    def _get_reasons(self):
        """What there is to say about this lead, in the reader's language and time zone.

        :return: a list of sections: title, and a list of reasons: level (``success``, ``info``, ``warning``,
            ``danger``, or ``muted`` for what goes with the one before) and sentence; a section without any is not shown
        """
        self.ensure_one()
        return [
            (self.env._("Stage"), self._get_stage_reasons()),
            (self.env._("Deadline"), self._get_deadline_reasons()),
            (self.env._("First touch"), self._get_touch_reasons()),
            (self.env._("Salesperson"), self._get_assignment_reasons()),
            (self.env._("By itself"), self._get_ageing_reasons()),
        ]

    # ------------------------------------------------------------
    # STAGE AND DEADLINE
    # ------------------------------------------------------------

    def _get_rest(self):
        """Why neither its stage nor its deadline runs out.

        :return: ``removed``, ``closed``, ``archived`` or ``frozen``; None for a lead that is being worked
        """
        if self.client_status == "removed":
            return "removed"
        if self.won_status != "pending" or self.stage_type not in PENDING_TYPES:
            return "closed"
        if not self.active:
            return "archived"
        return "frozen" if self.stage_type == "frozen" else None

    def _get_stage_reasons(self):
        """Why it is expired in its stage, or not."""
        since, now = self.date_last_stage_update, self.env.cr.now()
        stage = self.stage_id.sudo()
        if not stage or not since:
            return []
        days = timedelta(days=stage.rotting_threshold_days)
        values = {
            "stage": stage.name,
            "since": self._tell_day(since),
            "age": self._tell_span(now - since),
            "limit": self._tell_span(days),
            "date": self._tell_moment(since + days),
            "distance": self._tell_distance(since + days - now),
        }
        match self._get_rest():
            case "removed":
                return [("info", self.env._("In “%(stage)s” since %(since)s. Removed leads do not expire.", **values))]
            case "closed":
                return [("info", self.env._("In “%(stage)s” since %(since)s. Closed leads do not expire.", **values))]
            case "archived":
                return [("info", self.env._("In “%(stage)s” since %(since)s. Archived leads do not expire.", **values))]
            case "frozen":
                return [("info", self.env._("In “%(stage)s” since %(since)s. Frozen leads do not expire.", **values))]
        if not days:
            sentence = self.env._("In “%(stage)s” since %(since)s, for %(age)s. This stage never expires.", **values)
            return [("info", sentence)]
        if self.is_rotting:
            sentence = self.env._(
                "In “%(stage)s” since %(since)s, for %(age)s. This stage expires after %(limit)s: it expired "
                "%(distance)s.",
                **values,
            )
            return [("danger", sentence)]
        sentence = self.env._(
            "In “%(stage)s” since %(since)s, for %(age)s. This stage expires after %(limit)s: it expires "
            "%(distance)s, on %(date)s.",
            **values,
        )
        return [("warning" if since + days - now < SOON else "success", sentence)]

    def _get_deadline_reasons(self):
        """Why it is overdue, or not, and until when its proposals are valid."""
        return [self._get_due_reason(), *self._get_proposal_reasons()]

    def _get_due_reason(self):
        if not self.date_due:
            return "info", self.env._("No deadline was set.")
        left = self.date_due - fields.Datetime.now()
        values = {
            "date": self._tell_moment(self.date_due),
            "distance": self._tell_distance(left),
            "span": self._tell_span(-left),
        }
        match self._get_rest():
            case "removed":
                return "info", self.env._("Due on %(date)s. Removed leads are never overdue.", **values)
            case "closed":
                return "info", self.env._("Due on %(date)s. Closed leads are never overdue.", **values)
            case "archived":
                return "info", self.env._("Due on %(date)s. Archived leads are never overdue.", **values)
            case "frozen":
                return "info", self.env._("Due on %(date)s. Frozen leads are never overdue.", **values)
        if self.is_overdue:
            return "danger", self.env._("Due on %(date)s: overdue by %(span)s.", **values)
        sentence = self.env._("Due on %(date)s, %(distance)s.", **values)
        return "warning" if left < SOON else "success", sentence

    def _get_proposal_reasons(self):
        last_day = self.proposal_deadline
        if not last_day:
            return []
        date = self._tell_day(last_day)
        if self._get_rest():
            return [("info", self.env._("Proposals valid until %(date)s.", date=date))]
        if self.is_proposal_expired:
            return [("danger", self.env._("The proposals were valid until %(date)s.", date=date))]
        return [("success", self.env._("Proposals valid until %(date)s.", date=date))]

    # ------------------------------------------------------------
    # FIRST TOUCH
    # ------------------------------------------------------------

    def _get_touch_reasons(self):
        """Who took it in charge, or for how long it has waited for that."""
        touched = self.date_first_touch
        if touched:
            event = self.sudo().event_ids.filtered(
                lambda event: event.date == touched and "touch" in (event.data or {}).get("first", ())
            )[:1]
            values = {"date": self._tell_moment(touched), "user": event.user_id.name}
            if event:
                return [("success", self.env._("First touched on %(date)s by %(user)s.", **values))]
            return [("success", self.env._("First touched on %(date)s.", **values))]
        if self._get_rest():
            return [("info", self.env._("Nobody has taken it in charge."))]
        waited, is_working = self._get_waiting_time()
        span = self._tell_span(waited)
        if not waited:
            sentence = self.env._("Nobody has taken it in charge yet. No working time has passed since it came in.")
            return [("info", sentence)]
        if is_working:
            sentence = self.env._(
                "Nobody has taken it in charge yet. It has waited for %(span)s of working time.", span=span
            )
        else:
            sentence = self.env._("Nobody has taken it in charge yet. It has waited for %(span)s.", span=span)
        return [("warning", sentence)]

    def _get_waiting_time(self):
        """For how long it has been there.

        :return: timedelta, and whether only the team's working hours, else the company's, are counted
        """
        now = self.env.cr.now()
        calendar = self._get_working_calendar()
        waited = now - self.create_date
        if not calendar or waited > COUNTED_IN_HOURS:
            return waited, False
        (minutes,) = calendar._get_worked_minutes([(self.create_date, now)], self._get_clock_company())
        return timedelta(minutes=minutes), True

    # ------------------------------------------------------------
    # SALESPERSON AND AGEING
    # ------------------------------------------------------------

    def _get_assignment_reasons(self):
        """Why it belongs to its salesperson, or to nobody."""
        # the latest one comes first; a merge brings those of other leads along
        events, owner_id, created = self.sudo().event_ids, self.user_id.id, self.create_date.replace(microsecond=0)
        assigned = events.filtered(lambda event: event.kind == "assign")
        event = assigned.filtered(lambda event: ((event.data or {}).get("to_user") or False) == owner_id)[:1]
        if not assigned:
            event = events.filtered(lambda event: event.kind == "create" and event.date >= created)[-1:]
        return [("info", self._tell_assignment(event))]

    def _tell_assignment(self, event):
        """Whose it is by an event of its history: the one that assigned it or the one that created it, or an empty set
        if neither is known."""
        owner, by = self.sudo().user_id, event.user_id
        values = {"owner": owner.name, "user": by.name, "date": self._tell_day(event.date)}
        match event.kind, bool(owner), not event or event._is_of_machine():
            case "assign", True, True:
                return self.env._("Assigned to %(owner)s on %(date)s, automatically.", **values)
            case "assign", True, False if by == owner:
                return self.env._("%(owner)s took it on %(date)s.", **values)
            case "assign", True, False:
                return self.env._("Assigned to %(owner)s on %(date)s by %(user)s.", **values)
            case "assign", False, True:
                return self.env._("It has had no salesperson since %(date)s.", **values)
            case "assign", False, False:
                return self.env._("It has had no salesperson since %(date)s: %(user)s decided so.", **values)
            case "create", True, True:
                return self.env._("It has belonged to %(owner)s since it came in on %(date)s.", **values)
            case "create", True, False if by == owner:
                return self.env._("%(owner)s created it on %(date)s.", **values)
            case "create", True, False:
                return self.env._("Created on %(date)s by %(user)s for %(owner)s.", **values)
            case "create", False, True:
                return self.env._("It has had no salesperson since it came in on %(date)s.", **values)
            case "create", False, False:
                return self.env._("Created on %(date)s by %(user)s without a salesperson.", **values)
            case _, True, _:
                return self.env._("It belongs to %(owner)s.", **values)
        return self.env._("It has no salesperson.")

    def _get_ageing_reasons(self):
        """Whether and when it is going to be abandoned, escalated or woken."""
        return []

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    def _tell_day(self, moment):
        """The day of a moment in UTC where the reader is; or a date, which is the same everywhere."""
        return format_date(self.env, moment, date_format="long")

    def _tell_moment(self, moment):
        """A moment in UTC by the reader's clock."""
        return f"{self._tell_day(moment)}, {format_time(self.env, moment, tz=str(self.env.tz), time_format='short')}"

    def _tell_span(self, span):
        """How long something takes, in its largest unit."""
        return self._tell_time(span, add_direction=False)

    def _tell_distance(self, span):
        """How far ahead something is, or how long ago it was, in its largest unit."""
        return self._tell_time(span, add_direction=True)

    def _tell_time(self, span, add_direction):
        unit = next((unit for unit, length in UNITS.items() if abs(span) >= length), "minute")
        # what is over is counted in whole units, what is ahead to the nearest one
        is_ahead = add_direction and span > timedelta()
        count = max((round if is_ahead else int)(abs(span) / UNITS[unit]), 1)
        return format_timedelta(
            UNITS[unit] * (-count if span < timedelta() else count),
            granularity=unit,
            threshold=float("inf"),
            add_direction=add_direction,
            locale=babel_locale_parse(get_lang(self.env).code),
        )


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _is_of_machine(self):
        """Whether nobody of the company did it."""
        user = self.user_id
        return not user or user.id == SUPERUSER_ID or user.share
