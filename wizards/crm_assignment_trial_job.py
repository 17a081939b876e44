import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .crm_assignment_trial import PENDING

_logger = logging.getLogger(__name__)


class CrmAssignmentTrial(models.TransientModel):
    """Trials with many leads run in the background, one after the other."""

    _inherit = "crm.assignment.trial"

    def _wait(self, count):
        """Have the scheduled job do it.

        :raise UserError: while another trial of the user runs
        """
        if self.search_count(Domain("create_uid", "=", self.env.uid) & Domain("state", "in", PENDING), limit=1):
            raise UserError(self.env._("Another trial of yours is still running. Wait for it, or stop it."))
        self.write({"state": "waiting", "lead_count": count})
        self.env.ref("crm_lead_lifecycle.crm_assignment_trial_cron").sudo()._trigger()

    def action_look(self):
        """How far it is; who sees the end needs not be shown it again.

        :return: whether it is still to be waited for
        """
        self.ensure_one()
        is_pending = self.state in PENDING
        if not is_pending:
            self.is_shown = True
        return is_pending

    # ------------------------------------------------------------
    # SCHEDULED JOB
    # ------------------------------------------------------------

    @api.model
    def _cron_try(self):
        """Run all trials that wait, and those that a job that was killed has left behind."""
        crons = self.env["ir.cron"]
        trials = self.search([("state", "in", PENDING)], order="id")
        crons._commit_progress(remaining=len(trials))
        for trial in trials:
            try:
                trial._run(crons._commit_progress)
            except Exception as error:  # noqa: BLE001 - whatever one user's rules do, those of the others are tried
                self.env.cr.rollback()
                if trial._is_pending():
                    _logger.warning("Trial %s of assignment rules failed", trial.id, exc_info=True)
                    trial.with_context(lang=trial.create_uid._get_language())._fail(error)
            if not crons._commit_progress(1):
                break

    def _run(self, commit):
        """Do it from the beginning, with the rights and in the words of its user, and tell the user.

        :param commit: function that makes what is done so far seen by others
        """
        trial = self._as_its_user()

        def pause():
            commit()
            return trial._is_pending()

        if not trial._is_pending():
            return
        trial._check_input()  # it may have been changed since
        trial._forget()
        trial.state = "running"
        if pause() and trial._try_period(pause):
            trial._tell(trial.env._("Leads tried: %(count)s. “Try it” shows what came of it.", count=trial.progress))

    def _as_its_user(self):
        user = self.create_uid
        companies = self.company_ids & user.company_ids
        context = {"allowed_company_ids": companies.ids, "lang": user._get_language(), "tz": user.tz}
        return self.with_user(user).with_context(**context)

    def _is_pending(self):
        """Whether it is still waited for, as the database has it now."""
        self.invalidate_recordset()
        return bool(self.exists()) and self.state in PENDING

    def _fail(self, error):
        self._forget()
        words = str(error) if isinstance(error, UserError) else self.env._("Something went wrong. Try again.")
        self.write({"state": "failed", "failure": words})
        self._tell(words, kind="danger")

    def _tell(self, words, kind="success"):
        self.is_shown = False
        notice = {"type": kind, "title": self.env._("Assignment rules"), "message": words, "sticky": True}
        self.create_uid._bus_send("simple_notification", notice)
