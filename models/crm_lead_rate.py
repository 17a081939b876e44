from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, hmac

# how often from outside, in how many minutes, and how many a process counts by itself before it tells the others
LIMITS = {
    "message": (20, 10, 1),
    "poll": (300, 10, 30),
    "link": (3, 60, 1),
    "visitor": (10, 60, 1),
    "intake": (60, 1, 1),
    "intake_form": (10, 10, 1),
}
# what this process has counted in the present span of time: by its begin, then by database and key, how many are known
# of all processes, and how many of them are not written yet
_counted = {}


class CrmLeadRate(models.Model):
    """How often something was asked for from outside: one row for whoever asks and each span of time. Kept in the
    database, where all processes count together.

    What open pages ask again and again would be a write each time. Of those a process writes many at once and
    learns thereby what the others have counted; each can let through so many more than the limit at most.
    """

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
        usual, minutes, lump = LIMITS[scope]
        limit = limit or usual
        span = minutes * 60
        now = fields.Datetime.now()
        begin = now - timedelta(seconds=now.timestamp() % span)
        if lump == 1:
            return self._add(scope, subject, begin, 1) <= limit
        if begin not in _counted:
            _counted.clear()
        counts, key = _counted.setdefault(begin, {}), (self.env.cr.dbname, scope, subject)
        known, own = (number + 1 for number in counts.get(key, (0, 0)))
        if own >= lump:
            known, own = self._add(scope, subject, begin, own), 0
        counts[key] = known, own
        return known <= limit

    def _add(self, scope, subject, begin, count):
        """Write down that so many have been counted.

        :return: how many it is since ``begin``, of all processes
        """
        row = SQL(
            """INSERT INTO crm_lead_rate (key, date, count) VALUES (%s, %s, %s)
               ON CONFLICT (key, date) DO UPDATE SET count = crm_lead_rate.count + EXCLUDED.count RETURNING count""",
            f"{scope} {hmac(self.env(su=True), 'crm_lead_rate', str(subject))}",
            begin,
            count,
        )
        return self.env.execute_query(row)[0][0]

    @api.autovacuum
    def _gc_spans(self):
        over = fields.Datetime.now() - timedelta(minutes=max(minutes for _limit, minutes, _lump in LIMITS.values()))
        self.env.cr.execute(SQL("DELETE FROM crm_lead_rate WHERE date < %s", over))
