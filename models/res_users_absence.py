from datetime import timedelta

from odoo import fields, models


class ResUsers(models.Model):
    """Who can be given work now: present, and at work by the own hours."""

    _inherit = "res.users"

    def _filter_absent(self, company, moment=None):
        """Those of these users who are away: by their own word, or on a leave of their employee's.

        :param company: res.company whose leaves count
        :param datetime moment: naive UTC, now by default
        :return: res.users, as superuser
        """
        users, moment = self.sudo().with_company(company), moment or fields.Datetime.now()
        absent = users.filtered(lambda user: user.away_until and user.away_until > moment)
        leaves = self.env["resource.calendar.leaves"].sudo()
        on_leave = leaves.search(
            [
                ("time_type", "=", "leave"),
                ("resource_id", "in", (users - absent).resource_ids.ids),
                ("date_from", "<=", moment),
                ("date_to", ">", moment),
            ]
        ).resource_id
        return absent | users.filtered(lambda user: user.resource_ids & on_leave)

    def _filter_working(self, company, moment=None):
        """Those of these users who are at work by their working hours, less holidays and absence.

        :param company: res.company by whose hours and holidays those work who have none of their own
        :param datetime moment: naive UTC, now by default
        :return: res.users, as superuser
        """
        users, moment = self.sudo().with_company(company), moment or fields.Datetime.now()
        work = users._map_work(moment - timedelta(hours=1), moment + timedelta(hours=1))
        absent = users._filter_absent(company, moment)
        return (users - absent).filtered(lambda user: any(begin <= moment < end for begin, end, _nothing in work[user]))


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_moment_before(self, hours, moment=None, working=False):
        """When a span of time began that ends now: what was there before has waited for longer.

        :param float hours: length of the span
        :param datetime moment: its end, naive UTC, now by default
        :param bool working: whether only the company's working hours count, less its holidays; where it has no fixed
            ones, all hours do
        :return: datetime, naive UTC; False if there are not as many working hours in four years
        """
        self.ensure_one()
        moment = moment or fields.Datetime.now()
        calendar = self.sudo().resource_calendar_id
        if not working or not calendar or calendar.flexible_hours:
            return moment - timedelta(hours=hours)
        return calendar.plan_hours(-hours, moment, compute_leaves=True, domain=self._get_holiday_domain())
