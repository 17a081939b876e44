import pytz

from odoo import fields, models

LAST_MINUTE = 24 * 60 - 1


class ResCompany(models.Model):
    """When the company's people get their morning digest. Its clock is that of its working hours, else of its address,
    else UTC."""

    _inherit = "res.company"

    lead_digest_active = fields.Boolean(
        "Morning Digest", default=True, help="One e-mail a day to everybody who has leads that wait for too long."
    )
    lead_digest_hour = fields.Float(
        "Hour of the Morning Digest",
        default=7.0,
        help="By the clock of the company's working hours; without any by that of its address, else in UTC.",
    )

    _lead_digest_hour_possible = models.Constraint(
        "CHECK (lead_digest_hour >= 0 AND lead_digest_hour < 24)", "The morning digest goes out from 0:00 to 23:59."
    )

    def _get_digest_clock(self, moment):
        """What the company's clock shows.

        :param datetime moment: naive UTC
        :return: datetime of the company's time zone
        """
        return pytz.utc.localize(moment).astimezone(self._get_zone())

    def _get_digest_wait(self, moment):
        """Minutes until the digest of the company's day; nothing or less once it may be sent.

        What the clock shows decides: an hour that it skips has come as soon as it shows a later one, and one that it
        shows twice has come at the first.
        """
        clock = self._get_digest_clock(moment)
        return min(round(self.lead_digest_hour * 60), LAST_MINUTE) - clock.hour * 60 - clock.minute
