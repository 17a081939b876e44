from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, hmac

# how often from outside, and in how many minutes
LIMITS = {
    "message": (20, 10),
    "poll": (300, 10),
    "link": (3, 60),
    "visitor": (10, 60),
    "intake": (60, 1),
    "intake_form": (10, 10),
}


class CrmLeadRate(models.Model):
    """How often something was asked for from outside: one row for whoever asks and each span of time. Kept in the
    database, where all workers count together."""

    _name = "crm.lead.rate"
    _description = "Requests from Outside"
    _log_access = False

    key = fields.Char(required=True, readonly=True, help="What is counted, and a hash of who asks.")
    date = fields.Datetime(required=True, readonly=True, help="When the span began.")
    count = fields.Integer(required=True, readonly=True)

    _key_uniq = models.UniqueIndex("(key, date)")

    @api.model
    def _count(self, scope, subject, limit=None):
        """Count a request, also one that is refused.

        :param str scope: one of ``LIMITS``
        :param subject: who or what it is counted for
        :param int limit: instead of that of the scope
        :return: whether it is within the limit
        """
        usual, minutes = LIMITS[scope]
        span = minutes * 60
        now = fields.Datetime.now()
        begin = now - timedelta(seconds=now.timestamp() % span)
        key = f"{scope} {hmac(self.env(su=True), 'crm_lead_rate', str(subject))}"
        row = SQL(
            """INSERT INTO crm_lead_rate (key, date, count) VALUES (%s, %s, 1)
               ON CONFLICT (key, date) DO UPDATE SET count = crm_lead_rate.count + 1 RETURNING count""",
            key,
            begin,
        )
        return self.env.execute_query(row)[0][0] <= (limit or usual)

    @api.autovacuum
    def _gc_spans(self):
        over = fields.Datetime.now() - timedelta(minutes=max(minutes for _limit, minutes in LIMITS.values()))
        self.env.cr.execute(SQL("DELETE FROM crm_lead_rate WHERE date < %s", over))
