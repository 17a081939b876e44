from bisect import bisect_right
from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.models import parse_read_group_spec

# what is measured: from when until when
METRICS = {
    "to_first_touch": ("create_date", "date_first_touch"),
    "to_client": ("create_date", "date_client"),
    "to_first_call": ("date_client", "date_first_call"),
    "to_first_contact": ("date_client", "date_first_contact"),
    "to_first_mail": ("date_client", "date_first_mail"),
    "to_first_meeting": ("date_client", "date_first_meeting"),
}
MARKS = sorted({name for span in METRICS.values() for name in span} - {"create_date"})
MINUTES = [f"{clock}minutes_{name}" for name in METRICS for clock in ("", "working_")]
MINUTE = timedelta(minutes=1)


class Minutes(fields.Float):
    """A span of time in minutes. Unlike Odoo's other numbers it can be unknown, which averages leave out and which is
    no 0 for a condition."""

    falsy_value = None

    def convert_to_column(self, value, record, values=None, validate=True):
        return None if value is None or value is False else float(value)

    def convert_to_cache(self, value, record, validate=True):
        return None if value is None or value is False else float(value)

    def convert_to_record(self, value, record):
        return False if value is None else value

    def convert_to_export(self, value, record):
        return "" if value is None or value is False else value


def _minutes(label, what):
    return Minutes(
        label,
        compute="_compute_minutes",
        store=True,
        readonly=True,
        copy=False,
        index="btree_not_null",
        aggregator="mean",
        help=what,
    )


class CrmMean(models.AbstractModel):
    """Averages of what is known. They have a name of their own because an export of a grouped list works out Odoo's
    ``avg`` from all rows, those without a value too."""

    _name = "crm.mean"
    _description = "Average of What Is Known"

    def _read_group_select(self, aggregate_spec, query):
        name, _property, function = parse_read_group_spec(aggregate_spec)
        return super()._read_group_select(f"{name}:avg" if function == "mean" else aggregate_spec, query)


class CrmLead(models.Model):
    """How long it took: from the lead to its client, and from the client to the first call, e-mail and meeting.

    Spans are those between moments that are stamped once, in minutes, and in working minutes of the team's calendar,
    else of the company's. What was done before the client was known took no time. Who is detached takes the minutes
    along, and an undo brings them back, since both follow the moment since when the client is known.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead", "crm.mean"]

    minutes_to_first_touch = _minutes("Minutes to First Touch", "From when it came in.")
    minutes_to_client = _minutes("Minutes to Client", "From when it came in until its client was known.")
    minutes_to_first_call = _minutes("Minutes to First Call", "From the client to the first call, answered or not.")
    minutes_to_first_contact = _minutes("Minutes to First Contact", "From the client to the first call answered.")
    minutes_to_first_mail = _minutes("Minutes to First E-Mail", "From the client to the first e-mail to them.")
    minutes_to_first_meeting = _minutes("Minutes to First Meeting", "From the client until a meeting was agreed upon.")
    working_minutes_to_first_touch = _minutes("Working Minutes to First Touch", "Of the team's working hours.")
    working_minutes_to_client = _minutes("Working Minutes to Client", "Of the team's working hours.")
    working_minutes_to_first_call = _minutes("Working Minutes to First Call", "Of the team's working hours.")
    working_minutes_to_first_contact = _minutes("Working Minutes to First Contact", "Of the team's working hours.")
    working_minutes_to_first_mail = _minutes("Working Minutes to First E-Mail", "Of the team's working hours.")
    working_minutes_to_first_meeting = _minutes("Working Minutes to First Meeting", "Of the team's working hours.")

    @api.depends(*MARKS)
    def _compute_minutes(self):
        """Spans that are there already keep the calendar of their day: only what changes is counted anew."""
        spans = {}  # by calendar and company
        for lead in self:
            calendar = lead._get_working_calendar() if any(lead[mark] for mark in MARKS) else None
            for name, marks in METRICS.items():
                plain, working = f"minutes_{name}", f"working_minutes_{name}"
                begin, end = (lead[mark] for mark in marks)
                minutes = max((end - begin) / MINUTE, 0.0) if begin and end else False
                known = lead[plain], lead[working]
                lead[plain] = minutes
                if not minutes or not calendar:
                    lead[working] = minutes
                elif known[0] == minutes and known[1] is not False:
                    lead[working] = known[1]
                else:
                    clock = calendar, lead._get_clock_company()
                    spans.setdefault(clock, []).append((lead, working, begin, end))
        for (calendar, company), of_clock in spans.items():
            worked = calendar._get_worked_minutes([(begin, end) for _lead, _name, begin, end in of_clock], company)
            for (lead, name, _begin, _end), minutes in zip(of_clock, worked, strict=True):
                lead[name] = minutes

    @api.model
    def _get_protected_fields(self):
        return (*super()._get_protected_fields(), *MINUTES)

    # ------------------------------------------------------------
    # IN WORDS
    # ------------------------------------------------------------

    def _get_reasons(self):
        return [*super()._get_reasons(), (self.env._("How long it took"), self._get_metric_reasons())]

    def _get_metric_reasons(self):
        """One sentence for what is known."""
        spans = {name: self[f"minutes_{name}"] for name in METRICS}
        told = {name: self._tell_span(timedelta(minutes=minutes or 0)) for name, minutes in spans.items()}
        sentences = {
            "to_client": self.env._("Its client was known after %(to_client)s.", **told),
            "to_first_call": self.env._("First called %(to_first_call)s after that.", **told),
            "to_first_contact": self.env._("First reached by phone %(to_first_contact)s after that.", **told),
            "to_first_mail": self.env._("First written to %(to_first_mail)s after that.", **told),
            "to_first_meeting": self.env._("A first meeting was agreed upon %(to_first_meeting)s after that.", **told),
        }
        return [("info", sentence) for name, sentence in sentences.items() if spans[name] is not False]

    def _get_working_calendar(self):
        """The working hours by which this lead is answered; an empty set where all hours count."""
        calendar = self.team_id.sudo().resource_calendar_id or self._get_clock_company().sudo().resource_calendar_id
        return calendar.filtered(lambda calendar: not calendar.flexible_hours)


class CrmTeam(models.Model):
    _inherit = "crm.team"

    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        "Working Hours",
        help="By which the team's answers are measured. Empty: those of the company.",
    )


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def _get_worked_minutes(self, spans, company):
        """
        :param spans: list of pairs of datetimes, naive UTC
        :param company: whose public holidays are no working time
        :return: for each how many minutes of it are working time
        :rtype: list of float
        """
        self.ensure_one()
        begin = pytz.utc.localize(min(span[0] for span in spans))
        end = pytz.utc.localize(max(span[1] for span in spans))
        intervals = self._work_intervals_batch(begin, end, domain=company._get_holiday_domain())[False]
        work = [
            (start.astimezone(pytz.utc).replace(tzinfo=None), stop.astimezone(pytz.utc).replace(tzinfo=None))
            for start, stop, _meta in intervals
        ]
        starts, until = [start for start, _stop in work], [0.0]
        for start, stop in work:
            until.append(until[-1] + (stop - start) / MINUTE)

        def worked_before(moment):
            number = bisect_right(starts, moment)
            if not number:
                return 0.0
            start, stop = work[number - 1]
            return until[number - 1] + (min(moment, stop) - start) / MINUTE

        return [worked_before(end) - worked_before(begin) for begin, end in spans]
