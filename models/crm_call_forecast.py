from collections import Counter, defaultdict
from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import SQL, format_time

HOUR = timedelta(hours=1)


class CrmCallCampaign(models.Model):
    """How many contacts can be called in which hour of today, and why there are none."""

    _inherit = "crm.call.campaign"

    call_forecast = fields.Json(
        "Contacts by Hour",
        compute="_compute_call_forecast",
        help="How many contacts can be called in each hour that is left of today. Limits of calls and blocked numbers "
        "are not foreseen, nor the calls that are made in the meantime.",
    )

    @api.depends_context("lang", "tz")
    def _compute_call_forecast(self):
        campaigns = self.filtered("id")
        (self - campaigns).call_forecast = False
        hours = self._get_hours_of_today()
        counts = campaigns._count_by_zone_and_hour(hours)
        zones = self.env["crm.call.zone"].sudo()._get_all()
        for campaign in campaigns:
            calling_hours, totals = campaign._get_hours(), Counter()
            for zone_id, count_by_hour in counts[campaign.id].items():
                is_open = calling_hours.open_intervals(hours[0], hours[-1] + HOUR, zones[zone_id])
                due = 0
                for number, hour in enumerate(hours):
                    due += count_by_hour[number]
                    if any(start < hour + HOUR and hour < stop for start, stop in is_open):
                        totals[hour] += due
            campaign.call_forecast = [
                {"hour": format_time(self.env, hour, tz=str(self.env.tz), time_format="short"), "count": totals[hour]}
                for hour in hours
            ]

    def _get_hours_of_today(self):
        """When the hours of today that are not over begin, by the reader's clock.

        :return: list of moments in UTC
        """
        zone, now = self.env.tz, fields.Datetime.now()
        local = pytz.utc.localize(now).astimezone(zone)
        tomorrow = zone.localize(datetime.combine(local.date() + timedelta(days=1), time()))
        stop = tomorrow.astimezone(pytz.utc).replace(tzinfo=None)
        start = now - timedelta(minutes=local.minute, seconds=local.second, microseconds=now.microsecond)
        return [start + number * HOUR for number in range(-(-(stop - start) // HOUR))]

    def _count_by_zone_and_hour(self, hours):
        """The contacts in line by the hour in which they are due, in one query; those that are due are of the first.

        :param hours: when the hours begin, as a list of moments in UTC
        :return: ``{campaign id: {zone id: Counter of the number of the hour}}``
        """
        self.env["crm.call.entry"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT campaign_id, zone_id, 0, count(*)
                  FROM crm_call_entry
                 WHERE campaign_id = ANY(%(campaigns)s) AND state = 'ready'
                 GROUP BY campaign_id, zone_id
                 UNION ALL
                SELECT campaign_id, zone_id,
                       GREATEST(0, floor(extract(epoch FROM GREATEST(next_call_at, date_queued) - %(start)s)
                                         / 3600))::int,
                       count(*)
                  FROM crm_call_entry
                 WHERE campaign_id = ANY(%(campaigns)s) AND state = 'waiting'
                   AND next_call_at < %(stop)s AND date_queued < %(stop)s
                 GROUP BY 1, 2, 3
                """,
                campaigns=self.ids,
                start=hours[0],
                stop=hours[-1] + HOUR,
            )
        )
        counts = defaultdict(lambda: defaultdict(Counter))
        for campaign_id, zone_id, hour, count in rows:
            counts[campaign_id][zone_id][hour] += count
        return counts

    # ------------------------------------------------------------
    # NOBODY TO CALL
    # ------------------------------------------------------------

    def _get_nobody_reason(self):
        """Why there is nobody to call for the user in these campaigns at this moment, as sentences."""
        user, now = self.env.user, fields.Datetime.now()
        campaigns = self._get_of_user(user)
        if not campaigns:
            idle = (
                self._filtered_access("read")
                .sudo()
                .filtered(lambda campaign: campaign.state != "running" or not campaign.active)[:1]
            )
            if idle:
                return self.env._("“%(campaign)s” is not running.", campaign=idle.name)
            return self.env._("You are in no campaign that is running. Ask your coordinator.")
        counts, opens, due = campaigns._count_by_obstacle(user, now)
        tell = self.env["crm.call.entry"]._tell
        sentences = []
        if counts["shut"]:
            if opens:
                sentence = self.env._(
                    "Outside their calling hours: %(count)s (they begin at %(time)s).",
                    count=counts["shut"],
                    time=tell(opens, now),
                )
            else:
                sentence = self.env._("Outside their calling hours: %(count)s.", count=counts["shut"])
            sentences.append(sentence)
        if counts["waiting"]:
            sentences.append(
                self.env._(
                    "Waiting for their time: %(count)s (the next until %(time)s).",
                    count=counts["waiting"],
                    time=tell(due, now),
                )
            )
        if counts["owner"]:
            sentences.append(self.env._("Called back by others: %(count)s.", count=counts["owner"]))
        if counts["claimed"]:
            sentences.append(self.env._("In a call: %(count)s.", count=counts["claimed"]))
        if counts["gates"]:
            sentences.append(self.env._("Blocked, or called as often as allowed: %(count)s.", count=counts["gates"]))
        return " ".join(sentences) or self.env._("All contacts are done.")

    def _count_by_obstacle(self, user, now):
        """What keeps the contacts in line from being called, in one query. Where it is neither the hour, the time nor
        another operator, it is one of the gates: that is not asked for each again, as there is nobody who passes.

        :return: (Counter, when the first calling hours begin, when the first contact that waits is due)
        """
        self.env["crm.call.entry"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT campaign_id, zone_id,
                       CASE WHEN state = 'claimed' THEN 'claimed'
                            WHEN state = 'ready' THEN 'due'
                            WHEN GREATEST(next_call_at, date_queued) > %(now)s THEN 'waiting'
                            WHEN recall_user_id <> %(user)s THEN 'owner'
                            ELSE 'due' END AS obstacle,
                       count(*), min(next_call_at)
                  FROM crm_call_entry
                 WHERE campaign_id = ANY(%(campaigns)s) AND state IN ('ready', 'waiting', 'claimed')
                 GROUP BY campaign_id, zone_id, obstacle
                """,
                campaigns=self.ids,
                now=now,
                user=user.id,
            )
        )
        zones = self.env["crm.call.zone"].sudo()._get_all()
        hours = {campaign.id: campaign._get_hours() for campaign in self}
        counts, opens, due = Counter(), [], []
        for campaign_id, zone_id, obstacle, count, first in rows:
            if obstacle == "waiting":
                due.append(first)
            if obstacle == "due":
                is_open = hours[campaign_id].is_open(now, zones[zone_id])
                obstacle = "gates" if is_open else "shut"
                opens.append(None if is_open else hours[campaign_id].next_open(now, zones[zone_id]))
            counts[obstacle] += count
        return counts, min(filter(None, opens), default=None), min(due, default=None)
