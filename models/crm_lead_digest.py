from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import split_every

# people in one transaction; each batch looks at its leads once
BATCH = 150
# how far ahead runs are asked for, so that a digest leaves at its hour and not at the next round of the job
AHEAD = 60


class CrmLead(models.Model):
    """The morning digest: one mail a person and day about leads that wait for too long.

    Everybody gets the digest of all of their companies at the hour of their main one. It is taken and written in one
    transaction, so that a job that is killed, runs twice or late sends nothing twice, and of no day but today's.
    """

    _inherit = "crm.lead"

    @api.model
    def _cron_send_digest(self):
        """Send the digests whose hour has come; as a scheduled job it commits after each batch."""
        now = fields.Datetime.now()
        batches = self._get_digest_batches(now)
        self._report_digest_progress(remaining=sum(len(users) for _company, users in batches))
        for company, users in batches:
            self._send_digests(company, users, now)
            if not self._report_digest_progress(len(users)):
                return
        self._plan_digests(now)

    def _report_digest_progress(self, processed=0, **kwargs):
        """
        :return: whether there is time for more
        """
        is_job = self.env.context.get("cron_id")
        return not is_job or self.env["ir.cron"]._commit_progress(processed, **kwargs) > 0

    @api.model
    def _get_digest_batches(self, moment):
        """
        :return: list of (company by whose clock, res.users who have had no digest on its day)
        """
        batches = []
        readers = self.env["res.users"]._search_digest_people()._filter_digest_readers()
        teams = self.env["crm.team"].sudo().with_context(active_test=False)
        leaders = teams.search([("user_id", "in", readers.ids)]).user_id
        for company, users in readers.grouped(lambda user: user._get_digest_company()).items():
            if company._get_digest_wait(moment) > 0:
                continue
            day = company._get_digest_clock(moment).date()
            due = users.filtered(lambda user, day=day: not user.lead_digest_date or user.lead_digest_date < day)
            # who leads comes first: all leads have to be looked at for a batch with one of them
            due = due.sorted(lambda user: user not in leaders)
            batches += [(company, due.browse(ids)) for ids in split_every(BATCH, due.ids)]
        return batches

    @api.model
    def _plan_digests(self, moment):
        """Have the job run at the hours that come before long."""
        cron = self.env.ref("crm_lead_lifecycle.crm_lead_digest_cron", raise_if_not_found=False)
        companies = self.env["res.company"].sudo().search([("lead_digest_active", "=", True)])
        waits = {company._get_digest_wait(moment) for company in companies}
        moments = [
            moment.replace(second=0, microsecond=0) + timedelta(minutes=wait) for wait in waits if 0 < wait <= AHEAD
        ]
        if cron and moments:
            cron.sudo()._trigger(moments)

    @api.model
    def _send_digests(self, company, users, moment):
        """Queue the mails of those of these users who have something to read and have had none today."""
        claimed = users._claim_digest(company._get_digest_clock(moment).date())
        digests = self._get_digests(company, claimed, moment) if claimed else []
        author = self.env.ref("base.partner_root").sudo()
        mails = [self._prepare_digest_mail_values(digest, author) for digest in digests]
        if mails:
            self.env["mail.mail"].sudo().create(mails)
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    @api.model
    def _prepare_digest_mail_values(self, digest, author):
        """A mail that belongs to no document: only its reader gets it."""
        reader, company = digest["reader"], digest["company"]
        stop_url = f"{digest['base_url']}{reader._get_digest_stop_path()}"
        body = (
            self.env["ir.qweb"]
            .with_context(lang=digest["lang"])
            ._render("crm_lead_lifecycle.crm_lead_digest_mail", {**digest, "stop_url": stop_url})
        )
        email_from = company.email_formatted or author.email_formatted
        return {
            "subject": self._get_digest_subject(digest),
            # without the lines of the template, which would be lines of the plain text too
            "body_html": " ".join(str(body).split()),
            "author_id": author.id,
            "email_from": email_from,
            "reply_to": email_from,
            "email_to": reader.email_formatted,
            "auto_delete": True,
            "headers": repr(
                {
                    "List-Unsubscribe": f"<{stop_url}>",
                    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                    "X-Auto-Response-Suppress": "OOF",
                    "Auto-Submitted": "auto-generated",
                }
            ),
        }

    def _get_digest_subject(self, digest):
        """Says how many, in the reader's language."""
        env = self.with_context(lang=digest["lang"]).env
        count, of_team = digest["count"], digest["team_count"]
        if count == 1:
            return env._("1 lead needs you")
        if count:
            return env._("%(count)s leads need you", count=count)
        if of_team == 1:
            return env._("1 lead of your team is late")
        return env._("%(count)s leads of your team are late", count=of_team)
