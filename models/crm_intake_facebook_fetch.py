import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .crm_intake_facebook import is_number
from .crm_intake_request import BATCH
from .intake_graph import GraphProblem

# minutes until the next try, after the first failure, the second ...
WAITS = (1, 5, 15, 60)
# after so many failures somebody is told, also of what may pass by itself
PATIENCE = 3
# Facebook forgets leads after 90 days
FORGOTTEN = timedelta(days=90)
LEAD_FIELDS = "id,created_time,form_id,platform,field_data"
# what concerns all that a page has, and what no patience mends
OF_PAGE = ("token", "permission", "limit", "down")
LASTING = ("token", "permission", "gone")
UNFETCHED_STATES = ("received", "failed")


class CrmIntakeRequest(models.Model):
    """Leads at Facebook are written down as soon as they are told, and fetched afterwards, until it works."""

    _inherit = "crm.intake.request"

    page_id = fields.Many2one("crm.intake.facebook.page", readonly=True, ondelete="set null", index="btree_not_null")
    date_retry = fields.Datetime(
        "Next Try", readonly=True, index="btree_not_null", help="When Facebook is asked for what was filled in."
    )

    @api.model_create_multi
    def create(self, vals_list):
        intakes = super().create(vals_list)
        for intake in intakes.filtered(lambda intake: intake._is_to_fetch()):
            number = str(intake._get_told().get("page_id") or "")
            intake.page_id = intake.channel_id.page_ids.filtered(lambda page, number=number: page.number == number)
            intake.date_retry = fields.Datetime.now()
        return intakes

    def _is_to_fetch(self):
        return self.channel_id.kind == "facebook" and self.state in UNFETCHED_STATES and not self.is_erased

    def _is_unfetched(self):
        return self._is_to_fetch() and "field_data" not in self._get_told()

    def _get_told(self):
        """What is known of the lead: what Facebook told, and after that what it answered.

        :rtype: dict
        """
        try:
            told = json.loads(self.payload or "")
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}

    def _get_finishing_domain(self):
        return super()._get_finishing_domain() & Domain("date_retry", "=", False)

    def _process(self, is_released=False):
        if self._is_unfetched() and not self._fetch():
            return None
        if self.date_retry:
            self.sudo().date_retry = False
        return super()._process(is_released)

    def _work(self, condition, **options):
        """Of several that Facebook has to be asked for, the job does it: nobody waits for that many answers."""
        unfetched = self.sudo().filtered(lambda intake: condition(intake) and intake._is_unfetched())
        if len(unfetched) > 1:
            self.check_access("write")
            unfetched.date_retry = fields.Datetime.now()
            self.env.ref("crm_lead_lifecycle.crm_intake_fetch_cron").sudo()._trigger()
            self -= unfetched
        return super()._work(condition, **options)

    # ------------------------------------------------------------
    # ASKING FACEBOOK
    # ------------------------------------------------------------

    def _fetch(self):
        """Ask Facebook for what was filled in, and write it down.

        :return: whether it is there now
        """
        intake = self.with_env(self.channel_id._at_work().env)
        told = intake._get_told()
        number = str(told.get("page_id") or "")
        pages = intake.channel_id.page_ids
        page = intake.page_id = intake.page_id or pages.filtered(lambda page: page.number == number)
        if not page:
            problem = self.env._("The channel has no page %(number)s. Add it there.", number=number)
            intake._postpone(problem, is_lasting=True)
            return False
        try:
            if not is_number(told.get("leadgen_id")):
                raise GraphProblem("answer")
            answer = page._get_client().get(told["leadgen_id"], fields=LEAD_FIELDS)
            if not isinstance(answer.get("field_data"), list):
                raise GraphProblem("answer")
        except GraphProblem as problem:
            intake._postpone(
                page._tell_problem(problem),
                is_lasting=problem.word in LASTING,
                is_of_page=problem.word in OF_PAGE,
                is_over=problem.word == "gone",
            )
            return False
        if page.problem:
            page.problem = False
        intake.payload = json.dumps({**told, **answer}, ensure_ascii=False)
        return True

    def _postpone(self, problem, is_lasting=False, is_of_page=False, is_over=False):
        """Try again later, and say what is wrong. What is wrong with a page holds up all that it has.

        :param str problem: in words
        :param bool is_lasting: whether somebody has to do something
        :param bool is_of_page: whether the others of its page would fail too
        :param bool is_over: whether it is of no use to try again
        """
        now = fields.Datetime.now()
        until = now + timedelta(minutes=WAITS[min(self.attempts, len(WAITS) - 1)])
        is_failed = is_lasting or self.attempts + 1 >= PATIENCE
        is_over = is_over or self.date < now - FORGOTTEN
        self.write(
            {
                "attempts": self.attempts + 1,
                "error": problem,
                "state": "failed" if is_failed else "received",
                "date_retry": False if is_over else until,
            }
        )
        if is_of_page:
            self.page_id.problem = problem
            others = Domain("page_id", "=", self.page_id.id) & Domain("date_retry", "<", until)
            self.search(others).date_retry = until
        if not is_over:
            self.env.ref("crm_lead_lifecycle.crm_intake_fetch_cron")._trigger(at=until)

    @api.model
    def _cron_fetch(self):
        """Fetch what Facebook has told of."""
        self.env["crm.lead"]._work_off(self._fetch_next)

    def _fetch_next(self):
        due = (
            Domain("date_retry", "<=", fields.Datetime.now())
            & Domain("state", "in", UNFETCHED_STATES)
            & Domain("is_erased", "=", False)
        )
        waiting = self.sudo().search(due, order="date_retry, id", limit=BATCH)
        intake = waiting.try_lock_for_update(allow_referencing=True, limit=1)
        if intake:
            intake._process()
        return len(intake)
