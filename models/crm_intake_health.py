import hashlib
import hmac
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_intake_request import ABANDONED

# the SHA-256 of the key, not the key
HEALTH_KEY = "crm_lead_lifecycle.intake_health_key"
# the days before the last one that tell what is usual
USUAL_DAYS = 28
REFUSAL_DAYS = 7
# so many requests should have come while none did: by chance that happens about once in four hundred times
MISSED = 6
# what a scheduled job may be late by
LATE = timedelta(minutes=30)
MODULE = "crm_lead_lifecycle"
JOBS = "crm_intake_%"


class CrmIntakeChannel(models.Model):
    """How a channel is: when something came last, against what is usual, and what waits or went wrong."""

    _inherit = "crm.intake.channel"

    health = fields.Selection(
        [("ok", "All well"), ("quiet", "Quiet"), ("trouble", "To see to")], compute="_compute_health"
    )
    health_note = fields.Char("How It Is", compute="_compute_health")
    date_last = fields.Datetime("Last Request", compute="_compute_health")
    day_count = fields.Integer("Last 24 Hours", compute="_compute_health")
    usual_count = fields.Float(
        "Usual a Day", compute="_compute_health", digits=(16, 1), help="On average of the 28 days before."
    )
    failed_count = fields.Integer("Failed", compute="_compute_health")
    quarantined_count = fields.Integer("Quarantined", compute="_compute_health")
    refused_count = fields.Integer(
        "Refused", compute="_compute_health", help="In the last 7 days: without a valid secret, or by robots."
    )
    date_oldest = fields.Datetime(
        "Unfinished Since", compute="_compute_health", help="The oldest request that nobody has worked yet."
    )

    def _compute_health(self):
        now = fields.Datetime.now()
        rows, refused, late = self._count_requests(now), self._count_refusals(now), self._find_late_jobs(now)
        for channel in self:
            channel.update(rows.get(channel.id) or self._get_no_requests())
            channel.refused_count = refused.get(channel, 0)
            days = (now - max(channel.date_last or channel.create_date or now, now - timedelta(days=USUAL_DAYS))).days
            is_quiet = days >= 1 and channel.usual_count * days >= MISSED
            is_stuck = bool(channel.date_oldest and channel.date_oldest < now - ABANDONED - LATE)
            waits = channel.failed_count or channel.quarantined_count or is_stuck
            is_troubled = waits or late or channel.page_problem
            channel.health = "trouble" if is_troubled else "quiet" if is_quiet else "ok"
            channel.health_note = channel._tell_health(days if is_quiet else 0, is_stuck, late)

    def _tell_health(self, quiet_days, is_stuck, late):
        """
        :return: a sentence, or several
        """
        self.ensure_one()
        notes = []
        if quiet_days:
            values = {"days": quiet_days, "count": f"{self.usual_count:.{0 if self.usual_count >= 2 else 1}f}"}
            notes.append(
                self.env._("Quiet for a day, usual %(count)s a day.", **values)
                if quiet_days == 1
                else self.env._("Quiet for %(days)s days, usual %(count)s a day.", **values)
            )
        if self.failed_count:
            notes.append(self.env._("%(count)s failed.", count=self.failed_count))
        if self.quarantined_count:
            notes.append(self.env._("%(count)s in quarantine.", count=self.quarantined_count))
        if is_stuck:
            notes.append(self.env._("Some are not worked."))
        if self.page_problem:
            notes.append(self.page_problem)
        notes += [self.env._("The scheduled job “%(job)s” is late.", job=job) for job in late]
        return " ".join(notes) or self.env._("All well.")

    @api.model
    def _get_no_requests(self):
        names = ("date_last", "day_count", "usual_count", "failed_count", "quarantined_count", "date_oldest")
        return dict.fromkeys(names, False)

    def _count_requests(self, now):
        """
        :return: values of the fields by id of the channel, of those that have requests
        """
        if not self.ids:
            return {}
        self.env["crm.intake.request"].flush_model(["channel_id", "date", "state", "is_erased"])
        query = SQL(
            """SELECT channel.id AS id,
                      (SELECT date FROM crm_intake_request
                        WHERE channel_id = channel.id ORDER BY date DESC LIMIT 1) AS date_last,
                      recent.day_count, recent.before_count, open.failed_count, open.quarantined_count,
                      open.date_oldest, channel.create_date
                 FROM crm_intake_channel channel
            LEFT JOIN (SELECT channel_id, count(*) FILTER (WHERE date >= %(day)s) AS day_count,
                              count(*) FILTER (WHERE date < %(day)s) AS before_count
                         FROM crm_intake_request
                        WHERE channel_id IN %(ids)s AND date >= %(month)s GROUP BY channel_id) recent
                   ON recent.channel_id = channel.id
            LEFT JOIN (SELECT channel_id, count(*) FILTER (WHERE state = 'failed') AS failed_count,
                              count(*) FILTER (WHERE state = 'quarantined') AS quarantined_count,
                              min(date) FILTER (WHERE state = 'received') AS date_oldest
                         FROM crm_intake_request
                        WHERE channel_id IN %(ids)s AND state IN ('received', 'failed', 'quarantined')
                              AND is_erased IS NOT TRUE
                     GROUP BY channel_id) open
                   ON open.channel_id = channel.id
                WHERE channel.id IN %(ids)s""",
            ids=tuple(self.ids),
            day=now - timedelta(days=1),
            month=now - timedelta(days=USUAL_DAYS + 1),
        )
        rows = {}
        for row in self.env.execute_query_dict(query):
            age = (now - timedelta(days=1) - row.pop("create_date")).total_seconds() / 86400
            row["usual_count"] = (row.pop("before_count") or 0) / min(max(age, 1), USUAL_DAYS)
            channel_id = row.pop("id")
            rows[channel_id] = {name: value or False for name, value in row.items()}
        return rows

    def _count_refusals(self, now):
        since = (now - timedelta(days=REFUSAL_DAYS)).date()
        domain = Domain("channel_id", "in", self.ids) & Domain("date", ">", since)
        return dict(self.env["crm.intake.refusal"]._read_group(domain, ["channel_id"], ["count:sum"]))

    @api.model
    def _find_late_jobs(self, now):
        """
        :return: names of the scheduled jobs of the intake that do not run, or not in time
        """
        of_intake = Domain("module", "=", MODULE) & Domain("model", "=", "ir.cron") & Domain("name", "=like", JOBS)
        data = self.env["ir.model.data"].sudo().search(of_intake)
        jobs = self.env["ir.cron"].sudo().with_context(active_test=False).browse(data.mapped("res_id")).exists()
        return jobs.filtered(lambda job: not job.active or job.nextcall < now - LATE).mapped("name")

    # ------------------------------------------------------------
    # MONITORING
    # ------------------------------------------------------------

    @api.model
    def _new_health_key(self):
        """Make the key with which a monitoring asks; the one before ends.

        :return: the key, this once
        :rtype: str
        """
        key = secrets.token_urlsafe(32)
        self.env["ir.config_parameter"].sudo().set_param(HEALTH_KEY, _hash(key))
        return key

    @api.model
    def _is_health_key(self, key):
        kept = self.env["ir.config_parameter"].sudo().get_param(HEALTH_KEY) or ""
        return hmac.compare_digest(_hash(key), kept)

    @api.model
    def _prepare_health(self):
        """
        :return: how all channels are, for a monitoring: numbers and moments, nothing of who asked
        :rtype: dict
        """
        channels = self.sudo().search(Domain.TRUE)
        states = set(channels.mapped("health"))
        return {
            "status": next((state for state in ("trouble", "quiet") if state in states), "ok"),
            "late_jobs": self._find_late_jobs(fields.Datetime.now()),
            "channels": [
                {
                    "code": channel.code,
                    "kind": channel.kind,
                    "status": channel.health,
                    "last_request": _write_moment(channel.date_last),
                    "last_24_hours": channel.day_count,
                    "usual_a_day": round(channel.usual_count, 1),
                    "failed": channel.failed_count,
                    "quarantined": channel.quarantined_count,
                    "refused_in_7_days": channel.refused_count,
                    "unfinished_since": _write_moment(channel.date_oldest),
                }
                for channel in channels
            ],
        }


class CrmIntakeRequest(models.Model):
    _inherit = "crm.intake.request"

    _channel_date_idx = models.Index("(channel_id, date)")


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    def action_new_intake_health_key(self):
        """Show a new key for the monitoring, this once."""
        self.check_access("write")
        channels = self.env["crm.intake.channel"]
        return self.env["crm.secret"]._show(
            self.env._("Key for the monitoring"),
            channels._new_health_key(),
            self.env._(
                "Ask %(url)s with the header: Authorization: Bearer, a space, the key. The key before has ended.",
                url=f"{channels.get_base_url()}/lead_intake/health",
            ),
        )


def _hash(key):
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _write_moment(moment):
    return f"{moment.isoformat()}Z" if moment else None
