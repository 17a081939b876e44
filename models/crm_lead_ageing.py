from odoo import api, models
from odoo.service.model import MAX_TRIES_ON_CONCURRENCY_FAILURE, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

# an object, not a flag: no client can send it in a context
QUIET = object()


class CrmLead(models.Model):
    """Ageing: what happens to leads because time has passed. Scheduled jobs do it, a batch a transaction, so that they
    can be stopped anywhere and go on; a batch takes what is due when it begins, so that nothing is done twice."""

    _inherit = "crm.lead"
    _ageing_batch = 500

    @api.model
    def _work_off(self, take_batch):
        """Work off in a scheduled job all that is due. Called from elsewhere, nothing is committed.

        :param take_batch: function that does the next batch; it returns how many leads that were, 0 when none is left
        """
        if not self.env.context.get("cron_id"):
            while take_batch():
                pass
            return
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=1)
        while done := self._try_batch(take_batch):
            if not cron._commit_progress(done, remaining=1):
                return
        cron._commit_progress(remaining=0)

    @api.model
    def _try_batch(self, take_batch):
        """Do a batch; begin it anew if somebody else has just changed what it works with, which Odoo does for requests
        alone."""
        for tries_left in reversed(range(MAX_TRIES_ON_CONCURRENCY_FAILURE)):
            try:
                done = take_batch()
                self.env.flush_all()
                return done
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                if not tries_left:
                    raise
                self.env.cr.rollback()
                self.env.transaction.reset()
                self.env.registry.reset_changes()
        return 0

    @api.model
    def _lock_batch(self, condition, order, limit=None):
        """Leads that meet a condition, locked; those that somebody else works with now are left out.

        :param SQL condition: on the table ``lead``, that holds too once they are locked
        :param SQL order: by which they are taken
        :param int limit: how many at most
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT lead.id FROM crm_lead lead WHERE %s ORDER BY %s LIMIT %s FOR UPDATE OF lead SKIP LOCKED",
                condition,
                order,
                limit,
            )
        )
        return self.browse(lead_id for (lead_id,) in rows)

    # ------------------------------------------------------------
    # TOOLS
    # ------------------------------------------------------------

    def _quietly(self):
        """These leads, for a rule that changes many of them: it is noted on each, but nobody is written to."""
        return self._by_rule().with_context(
            lead_ageing=QUIET, mail_auto_subscribe_no_notify=True, mail_activity_quick_update=True
        )

    def _track_subtype(self, init_values):
        """Followers are not notified of what happens to many leads at once."""
        if self.env.context.get("lead_ageing") is QUIET:
            return self.env["mail.message.subtype"]
        return super()._track_subtype(init_values)

    def _get_clock_company(self):
        """The company by whose clock and working hours this lead ages."""
        return self.company_id or self.number_company_id

    def _get_leader(self):
        """Who leads the team of this lead, if they are still there and work in its company."""
        return self.team_id.sudo().user_id.filtered(
            lambda user: user.active and (not self.company_id or self.company_id in user.company_ids)
        )
