from dataclasses import dataclass
from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import ormcache

from .call_hours import CallingHours
from .crm_call_gate import LIMITS

RULED_BY = {"active", "state", "company_id", "user_ids", "skip_holidays", *LIMITS.values()}


@dataclass(frozen=True)
class CallingRules:
    """What every claim asks of a campaign: who takes its contacts, when and how often."""

    is_running: bool
    company_id: int
    user_ids: frozenset  # its operators; empty: all of its company
    taker_ids: tuple  # those of them, or of its company, who are call operators
    hours: CallingHours
    limits: frozenset  # the gates by which it limits how often a contact is called


class CrmCallCampaign(models.Model):
    """Rules come from Odoo's cache, since every claim needs them; whatever they are made of empties it."""

    _inherit = "crm.call.campaign"

    @ormcache("self.id")
    def _get_rules(self):
        """
        :return: :class:`CallingRules`
        """
        campaign = self.sudo().with_context(active_test=False)
        operators = self.env["res.users"].sudo().browse(self._get_operator_ids())
        takers = campaign.user_ids & operators if campaign.user_ids else operators
        return CallingRules(
            is_running=campaign.active and campaign.state == "running",
            company_id=campaign.company_id.id,
            user_ids=frozenset(campaign.user_ids.ids),
            taker_ids=tuple(takers.filtered(lambda user: campaign.company_id in user.company_ids).ids),
            hours=CallingHours(
                [(int(window.weekday), window.hour_from, window.hour_to) for window in campaign.window_ids],
                campaign._get_holidays(),
            ),
            limits=frozenset(gate for gate, name in LIMITS.items() if campaign[name]),
        )

    @api.model
    @ormcache()
    def _get_operator_ids(self):
        """Active call operators. Odoo empties its cache when users or groups change."""
        operators = self.env.ref("crm_lead_lifecycle.group_call_operator").sudo().all_user_ids
        return tuple(operators.filtered("active").ids)

    def _get_of_user(self, user):
        """Those of the campaigns that run and that ``user`` takes contacts of."""
        companies = user._get_company_ids()
        rules = {campaign: campaign._get_rules() for campaign in self.sudo()}
        return self.sudo().filtered(
            lambda campaign: (
                rules[campaign].is_running
                and rules[campaign].company_id in companies
                and (not rules[campaign].user_ids or user.id in rules[campaign].user_ids)
            )
        )

    def _get_hours(self):
        """When contacts of this campaign may be called.

        :return: :class:`CallingHours`; at any time without a campaign
        """
        return self._origin._get_rules().hours if self else CallingHours()

    def _get_holidays(self):
        """Public holidays on which this campaign does not call, by the clock of the company's working hours.

        :return: list of (start, stop), naive
        """
        calendar = self.company_id.resource_calendar_id
        leaves = self.env["resource.calendar.leaves"]
        if self.skip_holidays:
            leaves = leaves.search(
                [
                    ("resource_id", "=", False),
                    ("date_to", ">=", fields.Datetime.now() - timedelta(days=2)),
                    ("company_id", "in", (False, self.company_id.id)),
                    ("calendar_id", "in", (False, calendar.id)),
                ]
            )
        clock = pytz.timezone(calendar.tz or "UTC")

        def local(moment):
            return pytz.utc.localize(moment).astimezone(clock).replace(tzinfo=None)

        # a day that is entered until 23:59:59 ends with the day
        return [(local(leave.date_from), local(leave.date_to) + timedelta(seconds=1)) for leave in leaves]

    def write(self, vals):
        if not RULED_BY.isdisjoint(vals):
            self.env.registry.clear_cache()
        return super().write(vals)


class CrmCallWindow(models.Model):
    _inherit = "crm.call.window"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        if "tz" in vals:
            self.env.registry.clear_cache()
        return super().write(vals)


class ResourceCalendarLeaves(models.Model):
    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._clear_calling_rules()
        return leaves

    def write(self, vals):
        self._clear_calling_rules()
        res = super().write(vals)
        self._clear_calling_rules()
        return res

    def unlink(self):
        self._clear_calling_rules()
        return super().unlink()

    def _clear_calling_rules(self):
        """Public holidays only: a colleague's absence closes no campaign."""
        if any(not leave.resource_id for leave in self):
            self.env.registry.clear_cache()


class ResCompany(models.Model):
    _inherit = "res.company"

    def write(self, vals):
        if "resource_calendar_id" in vals:
            self.env.registry.clear_cache()
        return super().write(vals)
