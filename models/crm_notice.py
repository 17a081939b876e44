from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

# what time brings about: a scheduled job looks for it by the method ``_find_<event>``
CLOCK_EVENTS = ("overdue", "expired", "recall")
# what somebody has to see to, also where whoever should is away
PRESSING = ("overdue", "expired", "wrote", "intake")
# the rest follows from the event
CHANGEABLE = {"to_salesperson", "to_leader", "user_ids"}


class CrmNotice(models.Model):
    """Who is told what happens to leads: one row per company and event. Users choose otherwise for themselves, see
    :mod:`res_users_notice`.

    A further event takes, in the file of its concern: ``event = fields.Selection(selection_add=[("paid", "Deposit
    paid")], ondelete={"paid": "cascade"})`` here, its words in :meth:`crm.lead._get_notice_subject`, its field
    ``notice_paid`` on the user (:func:`notice_choice`) with its line in the preferences, and ``leads._tell("paid")``
    where it happens. Rows are made when the module is updated, by :meth:`_get_default_roles`. What a customer wrote is
    told by the message itself, see :meth:`crm.lead._get_notice_receivers`.
    """

    _name = "crm.notice"
    _description = "Lead Notice"
    _order = "company_id, id"
    _rec_name = "event"

    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    event = fields.Selection(
        [
            ("new", "New lead"),
            ("assigned", "Lead assigned"),
            ("wrote", "Customer wrote"),
            ("accepted", "Proposal accepted"),
            ("overdue", "Lead overdue"),
            ("expired", "Lead expired in its stage"),
            ("recall", "Private call back due"),
        ],
        required=True,
        readonly=True,
    )
    to_salesperson = fields.Boolean("Salesperson", help="Whose lead it is; of a call back, who makes it.")
    to_leader = fields.Boolean("Team Leader", help="Who leads the sales team of the lead.")
    user_ids = fields.Many2many(
        "res.users",
        string="Colleagues",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Are told of every lead of the company that they may see.",
    )
    # whatever happened by the clock before this moment has been told
    date_told = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now, export_string_translation=False
    )

    _event_uniq = models.UniqueIndex("(company_id, event)", "Each event has one row in a company.")
    _new_has_no_salesperson = models.Constraint(
        "CHECK (event != 'new' OR to_salesperson IS NOT TRUE)",
        "The salesperson of a new lead is told that it is assigned.",
    )

    # ------------------------------------------------------------
    # THE MATRIX
    # ------------------------------------------------------------

    @api.constrains("user_ids")
    def _check_user_ids(self):
        for notice in self.sudo():
            colleagues = Domain("share", "=", False) & Domain("company_ids", "in", notice.company_id.ids)
            others = notice.user_ids - notice.user_ids.filtered_domain(colleagues)
            if others:
                raise ValidationError(
                    self.env._(
                        "Only colleagues of %(company)s can be told of its leads: %(users)s.",
                        company=notice.company_id.name,
                        users=", ".join(others.mapped("name")),
                    )
                )

    def write(self, vals):
        if not self.env.su and vals.keys() - CHANGEABLE:
            raise UserError(self.env._("Of a notice only who gets it can be changed."))
        return super().write(vals)

    @api.model
    def _get_default_roles(self):
        """What new rows begin with, by event: the others tell nobody, as the morning mail says what is late."""
        own = {"to_salesperson": True}
        return {"assigned": own, "wrote": own, "accepted": own, "recall": own}

    @api.model
    def _make_missing(self):
        """Give each company a row of every event."""
        companies = self.env["res.company"].sudo().with_context(active_test=False).search(Domain.TRUE)
        present = {(notice.company_id, notice.event) for notice in self.sudo().search(Domain.TRUE)}
        roles = self._get_default_roles()
        self.sudo().create(
            [
                {"company_id": company.id, "event": event, **roles.get(event, {})}
                for company in companies
                for event in self._get_events()
                if (company, event) not in present
            ]
        )

    @api.model
    def _get_events(self):
        return self._fields["event"].get_values(self.env)

    # ------------------------------------------------------------
    # WHO IS TOLD
    # ------------------------------------------------------------

    def _get_receivers(self, lead, owner, absent):
        """Who is told of a lead by this row and by their own choice. What somebody has to see to is told to the
        leader too where nobody is there to be told.

        :param owner: res.users, whom the event concerns in the first place
        :param absent: res.users who are away
        :return: res.users
        """
        self.ensure_one()
        leader = lead.team_id.user_id
        is_alone = self.event in PRESSING and self.to_salesperson and (not owner or owner in absent)
        receivers = self.user_ids.filtered(lambda user: self._is_wanted_by(user, True))
        if self._is_wanted_by(leader, self.to_leader or is_alone):
            receivers |= leader
        if self.event == "new":
            receivers -= owner
        elif self._is_wanted_by(owner, self.to_salesperson):
            receivers |= owner
        return receivers.filtered(lambda user: user.active and not user.share)

    def _is_wanted_by(self, user, default):
        choice = user[f"notice_{self.event}"]
        return choice == "always" or bool(default and choice != "never")

    def _is_wanted(self):
        """Whether anybody may be told by this row."""
        always = Domain(f"notice_{self.event}", "=", "always")
        return bool(
            self.to_salesperson
            or self.to_leader
            or self.user_ids
            or self.env["res.users"].sudo().search_count(always, limit=1)
        )

    # ------------------------------------------------------------
    # WHAT TIME BRINGS ABOUT
    # ------------------------------------------------------------

    @api.model
    def _cron_tell_crossed(self):
        """Tell what has run out since the last look. Each row is a step: what it tells is committed along with the
        moment up to which it has looked, so that nothing is told twice or never."""
        notices, cron = self.search([("event", "in", CLOCK_EVENTS)], order="date_told, id"), self.env["ir.cron"]
        cron._commit_progress(remaining=len(notices))
        for notice in notices:
            notice._tell_crossed()
            if not cron._commit_progress(1):
                break

    def _tell_crossed(self):
        """Tell what has run out since each of these rows looked last. One that somebody changes now waits."""
        for notice in self:
            if not notice.try_lock_for_update():
                continue
            since, until = notice.date_told, fields.Datetime.now()
            if since < until:
                if notice._is_wanted():
                    for lead, owner, moment in getattr(notice, f"_find_{notice.event}")(since, until):
                        lead._tell(notice.event, owner, moment)
                notice.date_told = until

    def _find_overdue(self, since, until):
        leads = self._search_crossed(Domain("date_due", ">=", since) & Domain("date_due", "<", until))
        return [(lead, lead.user_id, lead.date_due) for lead in leads]

    def _find_expired(self, since, until):
        """By the days of each stage, as :meth:`crm.lead._search_is_rotting` asks."""
        stages = self.env["crm.stage"].sudo().search([("rotting_threshold_days", ">", 0), ("stage_type", "=", "open")])
        crossed = Domain.OR(
            Domain("stage_id", "in", of_days.ids)
            & Domain("date_last_stage_update", ">=", since - timedelta(days=days))
            & Domain("date_last_stage_update", "<", until - timedelta(days=days))
            for days, of_days in stages.grouped("rotting_threshold_days").items()
        )
        return [
            (lead, lead.user_id, lead.date_last_stage_update + timedelta(days=lead.stage_id.rotting_threshold_days))
            for lead in self._search_crossed(crossed)
        ]

    def _find_recall(self, since, until):
        due = self.env["crm.call.entry"].sudo().search(self._get_recall_domain(since, until))
        leads = self._search_crossed(Domain("id", "in", due.lead_id.ids))
        return [(entry.lead_id, entry.recall_user_id, entry.next_call_at) for entry in due if entry.lead_id in leads]

    def _get_recall_domain(self, since, until):
        return (
            Domain("state", "=", "waiting")
            & Domain("recall_user_id", "!=", False)
            & Domain("next_call_at", ">=", since)
            & Domain("next_call_at", "<", until)
        )

    def _search_crossed(self, domain):
        return self.env["crm.lead"].sudo().search(domain & self._get_open_domain(), order="id")

    def _get_open_domain(self):
        """Open leads of the company; those of none are told as the one's that numbered them."""
        company_id = self.company_id.id
        of_company = Domain("company_id", "=", company_id) | (
            Domain("company_id", "=", False) & Domain("number_company_id", "=", company_id)
        )
        is_open = Domain("active", "=", True) & Domain("stage_type", "=", "open")
        return is_open & of_company


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        self.env["crm.notice"]._make_missing()
        return companies


class CrmCallEntry(models.Model):
    _inherit = "crm.call.entry"

    _recall_due_idx = models.Index("(next_call_at) WHERE state = 'waiting' AND recall_user_id IS NOT NULL")
