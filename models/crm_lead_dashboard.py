from collections import Counter, defaultdict
from datetime import datetime, time, timedelta
from itertools import product

import pytz
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import get_lang

from .call_hours import day_start
from .many_rows import plan_for_many_rows

SPANS = {"today": relativedelta(days=1), "week": relativedelta(weeks=1), "month": relativedelta(months=1)}
# what happened in a span of time: when it did, and what of that is counted
FLOWS = {
    "create_date": {
        "came": Domain.TRUE,
        "decided": Domain("sla_status", "in", ["within", "late", "missed"]),
        "within": Domain("sla_status", "=", "within"),
        "running": Domain("sla_status", "=", "running"),
        "late": Domain("sla_status", "=", "late"),
        "missed": Domain("sla_status", "=", "missed"),
    },
    "date_first_touch": {"taken": Domain.TRUE},
    "date_client": {
        "linked": Domain("client_status", "=", "linked"),
        "converted": Domain("client_status", "=", "converted"),
    },
    "date_closed": {"won": Domain("won_status", "=", "won"), "lost": Domain("won_status", "=", "lost")},
}
# removed leads were none; closed ones count however Odoo has put them away
COUNTED = Domain("client_status", "!=", "removed") & Domain("active", "in", [True, False])
OPEN = Domain("active", "=", True) & Domain("stage_type", "=", "open")
# what the tables show, by the field that makes their rows
TABLES = ("user_id", "source_id")
COLUMNS = ("came", "taken", "decided", "within", "won", "overdue")
TOP = 10
CLOCKS = {"minutes": "minutes_to_first_touch", "working_minutes": "working_minutes_to_first_touch"}
PERCENTILES = {"median": 0.5, "p90": 0.9}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    _date_first_touch_idx = models.Index("(date_first_touch) WHERE date_first_touch IS NOT NULL")
    _date_client_idx = models.Index("(date_client) WHERE date_client IS NOT NULL")
    _date_closed_idx = models.Index("(date_closed) WHERE date_closed IS NOT NULL")


class CrmLeadDashboard(models.AbstractModel):
    """How the desk is doing, for whoever leads it: what came in, what was done about it, what waits.

    A figure is counted by a domain and comes with it, so that what it opens is what it counts. The record rules of
    leads apply: who sees only the own leads gets the figures of these.

    Days begin at midnight by the clock of the working hours of the user's company, weeks on the day on which those of
    the user's language begin. What happened until now is compared with as much of the time before: today with yesterday
    until this hour, a week with the last one until this weekday and hour, a month with the last one until this day and
    hour, or the last day of a shorter one. The hour is what the clock on the wall shows, whether or not it was changed
    in between. What stands open now is not known of former times, since leads move on: its second part is how many of
    these leads are so only since the span began.
    """

    _name = "crm.lead.dashboard"
    _description = "Lead Desk Dashboard"

    @api.model
    @api.readonly
    def get_dashboard(self, span="today", team_id=False):
        """All figures of the page; each is a dict of ``count`` and ``domain``.

        :param str span: ``today``, ``week`` or ``month``
        :param team_id: id of a team whose leads alone count, False for all
        :return: dict of

            - ``now`` (UTC) and ``zone``, the time zone of the days
            - ``teams`` to choose from, dicts of ``id`` and ``name``: those that the user leads come first
            - ``is_empty``: there is no lead at all
            - ``flows``: figures by name, with that of the time before as ``before``
            - ``standing``: figures by name, with that of what is so only since the span began as ``new``
            - ``first_touch``: by ``minutes`` and ``working_minutes`` a dict of ``median`` and ``p90``, None if unknown,
              and of ``before`` with the same
            - ``tables``: list of dicts of ``field`` and ``rows``. A row is a dict of ``id``, ``name`` (False where the
              field is not set) and ``figures`` by column. The last one may have ``others``, how many it stands for
        :raise AccessError: for who may not see leads
        :raise UserError: for a span that there is not, or what is no id
        """
        leads = self.env["crm.lead"]
        leads.check_access("read")
        if not isinstance(span, str) or span not in SPANS:
            raise UserError(self.env._("The dashboard shows today, this week or this month."))
        if team_id and type(team_id) is not int:
            raise UserError(self.env._("A team is named by its id."))
        plan_for_many_rows(self.env)
        now = fields.Datetime.now()
        zone = self.env.company.sudo().resource_calendar_id.tz or "UTC"
        current, before = self._get_periods(span, now, pytz.timezone(zone))
        counted = COUNTED & Domain("team_id", "=", team_id) if team_id else COUNTED
        counts = Counts(leads, counted)
        self._count_flows(counts, current, before)
        touched = counts.get_percentiles((("taken", "now"), ("taken", "before")), CLOCKS.values())
        counts.count(OPEN, self._get_standing(current[0]))
        return {
            "now": fields.Datetime.to_string(now),
            "zone": zone,
            "teams": self._get_teams(),
            "is_empty": not leads.with_context(active_test=False).search_count([], limit=1),
            "flows": {
                part: {**counts.figure((part, "now")), "before": counts.figure((part, "before"))}
                for part, which in counts.domains
                if which == "before"
            },
            "standing": {
                part: {**counts.figure((part, "now")), "new": counts.figure((part, "new"))}
                for part, which in counts.domains
                if which == "new"
            },
            "first_touch": {
                clock: {
                    **touched[("taken", "now"), name],
                    "before": touched[("taken", "before"), name],
                }
                for clock, name in CLOCKS.items()
            },
            "tables": [{"field": name, "rows": self._get_rows(counts, name)} for name in TABLES],
        }

    def _count_flows(self, counts, current, before):
        """Count what happened in two periods, with one query for each kind of moment."""
        for name, parts in FLOWS.items():
            figures = {
                (part, which): Domain(name, ">=", period[0]) & Domain(name, "<=", period[1]) & domain
                for part, domain in parts.items()
                for which, period in (("now", current), ("before", before))
            }
            # one range of an index, whatever is in between
            scope = Domain(name, ">=", before[0]) & Domain(name, "<=", current[1])
            counts.count(scope, figures)

    def _get_standing(self, start):
        """What is to be done now, and of that what is so only since a moment.

        :param str start: UTC
        :return: dict of domains by name and part
        """
        leads = self.env["crm.lead"]
        domains = {
            "overdue": (Domain("is_overdue", "=", True), Domain("date_due", ">=", start)),
            "expired": (
                Domain("is_rotting", "=", True),
                ~leads._get_expired_domain(fields.Datetime.to_datetime(start)),
            ),
            "without_client": (OPEN & Domain("client_status", "=", "new"), Domain("create_date", ">=", start)),
            "ready": (OPEN & Domain("is_ready_to_send", "=", True), Domain("date_last_stage_update", ">=", start)),
        }
        return {
            (name, part): domain
            for name, (standing, new) in domains.items()
            for part, domain in (("now", standing), ("new", standing & new))
        }

    def _get_teams(self):
        teams = self.env["crm.team"].search(Domain.TRUE)
        led = teams.filtered(lambda team: team.user_id == self.env.user)
        return [{"id": team.id, "name": team.display_name} for team in led | teams]

    # ------------------------------------------------------------
    # TIME
    # ------------------------------------------------------------

    def _get_periods(self, span, now, zone):
        """
        :param datetime now: UTC
        :param zone: pytz time zone of the days
        :return: first and last moment (UTC, as texts) of the span until now, and of what it is compared with
        """
        local = pytz.utc.localize(now).astimezone(zone)
        today = local.date()
        first_day = {
            "today": today,
            "week": today - timedelta(days=(today.isoweekday() - int(get_lang(self.env).week_start)) % 7),
            "month": today.replace(day=1),
        }[span]
        until = zone.localize(local.replace(tzinfo=None) - SPANS[span], is_dst=bool(local.dst()))
        begin_before = _midnight(first_day - SPANS[span], zone)
        # an hour that clocks have left out there may end before it
        until_before = max(begin_before, until.astimezone(pytz.utc).replace(tzinfo=None))
        moments = (_midnight(first_day, zone), now), (begin_before, until_before)
        return [[fields.Datetime.to_string(moment) for moment in period] for period in moments]

    # ------------------------------------------------------------
    # TABLES
    # ------------------------------------------------------------

    def _get_rows(self, counts, name):
        """Who or what has most leads, and all others in one row.

        :param counts: what was counted
        :param str name: of the field that makes the rows
        """
        rows = {}
        for column in COLUMNS:
            for value, count in counts.by_field[name][column, "now"].items():
                rows.setdefault(value, dict.fromkeys(COLUMNS, 0))[column] = count
        order = ("came", "taken", "overdue", "won")
        values = sorted(rows, key=lambda value: ([-rows[value][column] for column in order], not value, value))
        top, others = values[:TOP], values[TOP:]
        # names as any list of leads shows them, whatever the user may see of their records
        records = self.env["crm.lead"][name].browse(filter(None, top)).sudo()
        names = {record.id: record.display_name for record in records}
        table = [
            {
                "id": value or False,
                "name": names.get(value, False),
                "figures": {
                    column: counts.figure((column, "now"), Domain(name, "=", value or False), rows[value][column])
                    for column in COLUMNS
                },
            }
            for value in top
        ]
        if others:
            rest = Domain(name, "not in", [value or False for value in top])
            table.append(
                {
                    "others": len(others),
                    "figures": {
                        column: counts.figure((column, "now"), rest, sum(rows[value][column] for value in others))
                        for column in COLUMNS
                    },
                }
            )
        return table


class Counts:
    """What was counted, and by which domains.

    :param leads: crm.lead, as the user who asks
    :param Domain counted: that all leads meet that count
    """

    def __init__(self, leads, counted):
        self.leads, self.counted = leads, counted
        self.domains, self.counts = {}, Counter()
        self.by_field = {name: defaultdict(Counter) for name in TABLES}

    def figure(self, key, domain=Domain.TRUE, count=None):
        """
        :param Domain domain: that restricts the figure further
        :param int count: how many that are
        """
        return {
            "count": self.counts[key] if count is None else count,
            "domain": list(self.counted & self.domains[key] & domain),
        }

    def count(self, scope, figures):
        """Count leads in one query: all of them, and by each field that makes rows. It groups by these fields together,
        which PostgreSQL can share out among its processes; there are far fewer of such pairs than leads.

        :param Domain scope: within which all figures are
        :param figures: dict of domains
        """
        self.domains.update(figures)
        query = self.leads._search(self.counted & scope)
        fields_of_rows = [self.leads._field_to_sql(query.table, name, query) for name in TABLES]
        query.groupby = SQL(", ").join(fields_of_rows)
        conditions = [self._get_condition(query, key) for key in figures]
        counts = SQL(", ").join(SQL("count(*) FILTER (WHERE %s)", condition) for condition in conditions)
        for *values, found in self.leads.env.execute_query(query.select(*fields_of_rows, SQL("ARRAY[%s]", counts))):
            for key, count in zip(figures, found, strict=True):
                if count:
                    self.counts[key] += count
                    for name, value in zip(TABLES, values, strict=True):
                        self.by_field[name][key][value] += count

    def get_percentiles(self, keys, names):
        """
        :param keys: of figures
        :param names: of fields of minutes
        :return: ``{(key, name): {"median": ..., "p90": ...}}``, None for no lead
        """
        query = self.leads._search(self.counted & Domain.OR(self.domains[key] for key in keys))
        pairs = list(product(keys, names))
        columns = [
            SQL(
                "percentile_cont(%s::float[]) WITHIN GROUP (ORDER BY %s) FILTER (WHERE %s)",
                list(PERCENTILES.values()),
                self.leads._field_to_sql(query.table, name, query),
                self._get_condition(query, key),
            )
            for key, name in pairs
        ]
        (row,) = self.leads.env.execute_query(query.select(*columns))
        unknown = dict.fromkeys(PERCENTILES)
        return {
            pair: dict(zip(PERCENTILES, found, strict=True)) if found else unknown
            for pair, found in zip(pairs, row, strict=True)
        }

    def _get_condition(self, query, key):
        return self.domains[key].optimize_full(self.leads)._to_sql(self.leads, query.table, query)


def _midnight(day, zone):
    """When a day begins by the clock of a zone, UTC: noon comes once a day, midnight may come twice or never."""
    noon = zone.localize(datetime.combine(day, time(12)))
    return day_start(noon.astimezone(pytz.utc).replace(tzinfo=None), (zone.zone,))
