import json
import logging
from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .crm_intake_facebook import is_number
from .crm_intake_facebook_fetch import LEAD_FIELDS, OF_PAGE, UNFETCHED_STATES
from .intake_graph import GraphProblem

_logger = logging.getLogger(__name__)
# a page that was looked at just now is not looked at again in the same run of the job
LOOKED = timedelta(minutes=30)
# Facebook lists some leads later than others that were left after them
OVERLAP = timedelta(hours=1)


class CrmIntakeFacebookForm(models.Model):
    """A lead form at Facebook, and up to when all that was left in it is here."""

    _name = "crm.intake.facebook.form"
    _description = "Facebook Lead Form"
    _order = "name, id"

    page_id = fields.Many2one("crm.intake.facebook.page", required=True, readonly=True, ondelete="cascade", index=True)
    name = fields.Char(required=True, readonly=True)
    number = fields.Char("Form ID", required=True, readonly=True)
    date_checkpoint = fields.Datetime(
        "Complete Up To", required=True, readonly=True, help="All that was left in the form until then is here."
    )

    _number_uniq = models.UniqueIndex("(page_id, number)")

    def _look(self, client):
        """Write down what Facebook has and nobody told of. The checkpoint follows what is here, one after the other,
        and never passes what is not.

        :param client: GraphClient
        :raise GraphProblem: then the checkpoint stays where it was
        """
        now = fields.Datetime.now()
        since = max(self.date_checkpoint - OVERLAP, self.page_id.date_from)
        seconds = int(since.replace(tzinfo=timezone.utc).timestamp()) - 1
        filtering = json.dumps([{"field": "time_created", "operator": "GREATER_THAN", "value": seconds}])
        items = list(client.get_all(f"{self.number}/leads", fields=LEAD_FIELDS, filtering=filtering))
        dated = [(moment, item) for item in items if (moment := _get_moment(item))]
        known = self.page_id._map_known([str(item.get("id")) for _moment, item in dated])
        is_complete = len(dated) == len(items)
        for moment, item in sorted(dated, key=lambda row: row[0]):
            is_complete &= self.page_id._take(item, known)
            if is_complete:
                self.date_checkpoint = max(min(moment, now), self.date_checkpoint)


class CrmIntakeFacebookPage(models.Model):
    """Looking for leads that Facebook has and that nobody has told of."""

    _inherit = "crm.intake.facebook.page"

    @api.model
    def _cron_look(self):
        self.env["crm.lead"]._work_off(self._look_next)

    @api.model
    def _look_next(self):
        """Look at the page that was looked at longest ago.

        :return: how many were looked at, 0 when none is due
        """
        of_channel = Domain("channel_id.active", "=", True) & Domain("channel_id.kind", "=", "facebook")
        due = Domain("date_looked", "=", False) | Domain("date_looked", "<", fields.Datetime.now() - LOOKED)
        page = self.sudo().search(of_channel & due, order="date_looked asc nulls first, id", limit=1)
        if page:
            page._look()
        return len(page)

    def _look(self):
        """A page that can't be looked at says why, and holds up no other."""
        page = self.with_env(self.channel_id._at_work().env)
        try:
            with page.env.cr.savepoint():
                problem = page._look_through(page._get_client())
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            _logger.exception("Page %s of channel %s can't be looked at", page.number, page.channel_id.code)
            problem = page.env._("It could not be looked at: %(error)s", error=type(error).__name__)
        page.write({"problem": problem, "date_looked": fields.Datetime.now()})

    def _look_through(self, client):
        """Look at each form. What is wrong with one of them keeps nobody from looking at the others.

        :return: what is wrong, in words, or False
        """
        trouble = False
        try:
            self._find_forms(client)
            for form in self.form_ids:
                try:
                    form._look(client)
                except GraphProblem as problem:
                    if problem.word in OF_PAGE:
                        raise
                    if problem.word != "gone":  # a form that was deleted has nothing more to tell
                        trouble = self._tell_problem(problem)
        except GraphProblem as problem:
            return self._tell_problem(problem)
        return trouble

    def _find_forms(self, client):
        known = set(self.form_ids.mapped("number"))
        for item in client.get_all(f"{self.number}/leadgen_forms", fields="id,name"):
            number = str(item.get("id")) if isinstance(item, dict) and is_number(item.get("id")) else None
            if number and number not in known:
                known.add(number)
                name = item.get("name")
                self.env["crm.intake.facebook.form"].create(
                    {
                        "page_id": self.id,
                        "number": number,
                        "name": name if isinstance(name, str) and name else number,
                        "date_checkpoint": self.date_from,
                    }
                )

    def _map_known(self, numbers):
        """
        :return: ``{number: crm.intake.request}`` of leads that are written down
        """
        domain = Domain("channel_id", "=", self.channel_id.id) & Domain("external_id", "in", numbers)
        intakes = self.env["crm.intake.request"].search(domain & Domain("state", "!=", "duplicate"))
        return {intake.external_id: intake for intake in intakes}

    def _take(self, item, known):
        """
        :param item: a lead as Facebook lists it
        :return: whether it is here, with what was filled in
        """
        if not is_number(item.get("id")) or not isinstance(item.get("field_data"), list):
            return False
        number = str(item["id"])
        content = {"leadgen_id": number, "page_id": self.number, **item}
        intake = known.get(number)
        if not intake:
            self.channel_id._receive_leadgen(content)
        elif intake.state in UNFETCHED_STATES and "field_data" not in intake._get_told():
            if not intake.try_lock_for_update(allow_referencing=True):
                return False
            payload = json.dumps(content, ensure_ascii=False)
            # what waited so long that it was erased becomes a lead nevertheless
            intake.write({"payload": payload, "is_erased": False, "date_retry": fields.Datetime.now()})
            self.env.ref("crm_lead_lifecycle.crm_intake_fetch_cron")._trigger()
        return True


def _get_moment(item):
    """When a lead was left.

    :return: naive datetime in UTC; None if that can't be told
    """
    try:
        moment = datetime.strptime(item["created_time"], "%Y-%m-%dT%H:%M:%S%z")
        return moment.astimezone(timezone.utc).replace(tzinfo=None)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
