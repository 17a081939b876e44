import pytz

from odoo import api, fields, models

HOURS = [(f"{hour:02d}", f"{hour:02d}:00") for hour in range(24)]


class CrmCall(models.Model):
    """The record of calls as reports count it."""

    _inherit = "crm.call"

    hour = fields.Selection(
        HOURS,
        compute="_compute_hour",
        store=True,
        help="The hour of the day in which the call began, by the clock of the company's working hours.",
    )

    @api.depends("date_start", "company_id")
    def _compute_hour(self):
        for call in self:
            zone = pytz.timezone(call.company_id.sudo().resource_calendar_id.tz or "UTC")
            start = call.date_start and pytz.utc.localize(call.date_start)
            call.hour = start and f"{start.astimezone(zone):%H}"

    @api.model
    def _record_past(self, vals_list):
        """Write calls that were made before, as they were: none of them changes a lead or a queue.

        :param vals_list: values of crm.call
        :return: the crm.call
        """
        return self.sudo()._confirmed().create(vals_list).with_env(self.env)
