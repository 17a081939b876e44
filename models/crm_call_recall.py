from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from .call_hours import main_zone

# what a coordinator changes of a call back; an outcome does it as a superuser
MOVABLE = {"next_call_at", "recall_user_id"}
CUSTOMER_NAMES = ("contact_name", "partner_id.name", "partner_name", "name")
# mistyped from here on; calendars end in 9999
LAST_YEAR = 3000


class CrmCallEntry(models.Model):
    """Call backs: contacts that wait for a time that was agreed. A private one is of one operator, a public one of all
    operators of its campaign, or of the company if it has none.

    Who may call back sees the name and the number of the customer, not the lead, before the call has begun.
    """

    _inherit = "crm.call.entry"

    lead_number = fields.Char(related="lead_id.number", string="Lead Number")
    customer_name = fields.Char(
        "Customer", compute="_compute_customer_name", search="_search_customer_name", compute_sudo=True
    )
    recall_owner = fields.Char(
        "Who Calls Back", compute="_compute_recall_owner", help="One operator, or anybody of the campaign."
    )
    recall_due = fields.Selection(
        [("due", "Due Now"), ("today", "Today"), ("later", "Later")], "When", compute="_compute_recall_due"
    )
    recall_local_time = fields.Char(
        "Customer's Time",
        compute="_compute_recall_local_time",
        compute_sudo=True,
        help="The time of the call back by the customer's clock.",
    )
    is_own_recall = fields.Boolean(
        "My Call Back",
        compute="_compute_is_own_recall",
        search="_search_is_own_recall",
        compute_sudo=True,
        help="It waits for me, or for anybody in my campaigns.",
    )

    @api.depends("lead_id.contact_name", "lead_id.partner_id.name", "lead_id.partner_name", "lead_id.name")
    def _compute_customer_name(self):
        for entry in self:
            entry.customer_name = entry.lead_id._get_customer_name()

    @api.depends("customer_name")
    def _compute_display_name(self):
        for entry in self:
            entry.display_name = entry.customer_name

    def _search_customer_name(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        names = Domain.OR([(name, operator, value)] for name in CUSTOMER_NAMES)
        return Domain("lead_id", "in", self.env["crm.lead"].sudo().with_context(active_test=False)._search(names))

    @api.depends("recall_user_id")
    @api.depends_context("lang")
    def _compute_recall_owner(self):
        for entry in self:
            entry.recall_owner = entry.recall_user_id.name or self.env._("Anybody")

    @api.depends("next_call_at")
    @api.depends_context("tz")
    def _compute_recall_due(self):
        now = fields.Datetime.now()
        today = fields.Datetime.context_timestamp(self, now).date()
        for entry in self:
            at = entry.next_call_at
            if not at:
                entry.recall_due = False
            elif at <= now:
                entry.recall_due = "due"
            else:
                day = fields.Datetime.context_timestamp(self, at).date()
                entry.recall_due = "today" if day == today else "later"

    @api.depends("next_call_at", "zone_id")
    @api.depends_context("lang")
    def _compute_recall_local_time(self):
        for entry in self:
            entry.recall_local_time = entry.next_call_at and entry._format_local(entry.next_call_at)

    @api.depends("state", "recall_user_id", "is_recall", "campaign_id.user_ids")
    @api.depends_context("uid")
    def _compute_is_own_recall(self):
        own = self.filtered_domain(self._search_is_own_recall("in", [True]))
        for entry in self:
            entry.is_own_recall = entry in own

    def _search_is_own_recall(self, operator, value):
        if operator != "in":
            return NotImplemented
        user = self.env.user
        of_user = (
            Domain("campaign_id", "=", False)
            | Domain("campaign_id.user_ids", "=", False)
            | Domain("campaign_id.user_ids", "in", user.ids)
        )
        return Domain("state", "=", "waiting") & (
            Domain("recall_user_id", "=", user.id)
            | Domain("recall_user_id", "=", False) & Domain("is_recall", "=", True) & of_user
        )

    def _is_call_back(self):
        return self.state == "waiting" and (self.is_recall or bool(self.recall_user_id))

    def _format_local(self, moment, time_zone=None):
        """A moment in UTC by the customer's clock, as the user's language writes it."""
        zone = main_zone(self._get_time_zones(time_zone))
        return format_datetime(self.env, moment, tz=zone, dt_format="short")

    def _get_time_zones(self, time_zone=None):
        """The customer's time zones, or only the one given for a customer who is in no queue."""
        return self.zone_id._get_names() if self.zone_id else (time_zone,)

    # ------------------------------------------------------------
    # MOVING
    # ------------------------------------------------------------

    def write(self, vals):
        """A coordinator gives a call back to somebody else, to anybody or another time; the lead's history notes it."""
        if self.env.su or MOVABLE.isdisjoint(vals):
            return super().write(vals)
        self.check_access("write")
        self._lock()
        for entry in self:
            entry._check_movable()
        before = {entry: (entry.next_call_at, entry.recall_user_id) for entry in self}
        res = super().write(vals)
        events = []
        for entry, (at, user) in before.items():
            if entry.next_call_at != at:
                entry.sudo()._check_recall_at(entry.next_call_at)
            if entry.recall_user_id != user:
                entry.sudo()._check_recall_user()
            if (entry.next_call_at, entry.recall_user_id) != (at, user):
                events.append(("recall_change", entry.lead_id.sudo(), entry._prepare_move_data(at, user)))
        self.env["crm.lead.event"]._log_many(events)
        return res

    def _prepare_move_data(self, at, user):
        return {
            "from_time": fields.Datetime.to_string(at),
            "to_time": fields.Datetime.to_string(self.next_call_at),
            "from_user": user.id,
            "to_user": self.recall_user_id.id,
        }

    def _check_movable(self):
        self._check_not_with_another()
        if not self._is_call_back():
            raise UserError(
                self.env._("No call back of %(customer)s is waiting any more.", customer=self.customer_name)
            )

    def _check_recall_at(self, moment, time_zone=None):
        """
        :param moment: when the customer is called back, in UTC
        :param time_zone: the customer's, for one who is in no queue
        :raise UserError: in words, if there is no time, or it lies in the past or outside of the calling hours
        """
        if not moment:
            raise UserError(self.env._("Enter the day and the time of the call back."))
        if moment.year >= LAST_YEAR:
            raise UserError(self.env._("The call back is too far away. Enter an earlier day."))
        if moment <= fields.Datetime.now():
            raise UserError(self.env._("The call back lies in the past. Enter a later time."))
        hours, zones = self.campaign_id._get_hours(), self._get_time_zones(time_zone)
        if not hours.is_open(moment, zones):
            opens = hours.next_open(moment, zones)
            raise UserError(
                self.env._(
                    "%(time)s is outside the calling hours of “%(campaign)s”. The next possible time is %(next)s by "
                    "the customer's clock.",
                    time=self._format_local(moment, time_zone),
                    campaign=self.campaign_id.name,
                    next=opens and self._format_local(opens, time_zone) or "–",
                )
            )

    def _check_calls_left(self):
        """
        :raise UserError: if the campaign allows no call after the one that is going on
        """
        limit = self.campaign_id.max_calls
        if limit and self.attempts + 1 >= limit:
            raise UserError(
                self.env._(
                    "This is the last of %(limit)s calls that “%(campaign)s” allows: nobody would call back. Choose "
                    "another outcome, or ask a coordinator for a higher limit.",
                    limit=limit,
                    campaign=self.campaign_id.name,
                )
            )

    def _takes_calls(self, user):
        """Whether ``user`` is given the call backs that they have promised here; if not, others are."""
        campaign = self.campaign_id
        return user.id in (campaign._get_rules().taker_ids if campaign else campaign._get_operator_ids())

    def _check_recall_user(self):
        """
        :raise UserError: if who shall call back takes no calls there
        """
        user, campaign, company = self.recall_user_id, self.campaign_id, self.company_id
        takes_calls = self._takes_calls(user) and (not company or company in user.company_ids)
        if user and not takes_calls:
            raise UserError(
                self.env._(
                    "%(user)s takes no calls of %(queue)s. Choose one of its call operators, or nobody: then anybody "
                    "may call back.",
                    user=user.name,
                    queue=campaign.name or company.name or self.env.company.name,
                )
            )


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        if self.kind != "recall_change":
            return super()._get_summary(data, names)

        def text(prefix):
            return self.env._(
                "%(time)s, %(user)s",
                time=format_datetime(self.env, data.get(f"{prefix}_time"), dt_format="short"),
                user=names.get((f"{prefix}_user", data.get(f"{prefix}_user"))) or self.env._("anybody"),
            )

        return self.env._("Call back moved from %(before)s to %(after)s", before=text("from"), after=text("to"))
