from datetime import timedelta

import pytz

from odoo import api, fields, models

from .crm_client_phone import is_phone

CALL = "mail.mail_activity_data_call"
# how far to look for working hours
HORIZON = timedelta(days=60)


class CrmLead(models.Model):
    """The first call to a client that was made from a lead."""

    _inherit = "crm.lead"

    def _plan_client_call(self, partner):
        """Plan a call to a new client, for whoever serves it.

        :param partner: single res.partner
        :return: the mail.activity; empty without a phone, or if the lead's type does without
        """
        self.ensure_one()
        activities = self.env["mail.activity"]
        if not is_phone(partner.phone) or not self.lead_type_id.sudo().plan_client_call:
            return activities
        users = (partner.user_id, self.user_id)
        user = next((user for user in users if user.active and not user.share), self.env.user)
        return (
            partner.activity_schedule(
                CALL,
                date_deadline=self._get_call_date(self.company_id or self.env.company),
                summary=self.env._("First call: %(lead)s", lead=self.number),  # names may go one day
                user_id=user.id,
            )
            or activities
        )

    @api.model
    def _get_call_date(self, company):
        """The day of the next working hour of a company, in the time zone of its calendar: activities have no hour."""
        calendar = company.resource_calendar_id
        timezone = pytz.timezone(calendar.tz or self.env.user.tz or "UTC")
        now = fields.Datetime.now().replace(tzinfo=pytz.utc)
        if calendar:
            work = calendar._work_intervals_batch(now, now + HORIZON, domain=company._get_holiday_domain())[False]
            now = next((start for start, _stop, _meta in work), now)
        return now.astimezone(timezone).date()

    def _cancel_client_call(self, data, partner):
        """Take back the call that was planned to a client, unless it is done.

        :param dict data: of the event of the conversion
        :return: whether there was one to take back
        """
        call = self.env["mail.activity"].sudo().browse(data.get("call") or ()).exists()
        call = call.filtered(lambda call: call.active and (call.res_model, call.res_id) == ("res.partner", partner.id))
        call.unlink()
        return bool(call)
