from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang


class CrmCallAddition(models.Model):
    """Many leads that somebody wants in a campaign, added in the background with the rights of who asked.

    Leads are taken in the order of their ids, and each batch is committed along with how far it came: a job that was
    interrupted goes on where it was.
    """

    _name = "crm.call.addition"
    _description = "Leads Added to a Campaign"
    _order = "id desc"
    _rec_name = "campaign_id"

    # So many leads are added while the user waits; more of them in the background, so many between two commits
    _at_once = 1000
    _batch = 2000

    campaign_id = fields.Many2one(
        "crm.call.campaign", "Campaign", required=True, ondelete="cascade", readonly=True, index=True
    )
    company_id = fields.Many2one(related="campaign_id.company_id")
    user_id = fields.Many2one("res.users", "Asked For By", required=True, ondelete="cascade", readonly=True)
    state = fields.Selection(
        [("waiting", "Adding"), ("done", "Done"), ("failed", "Stopped")],
        default="waiting",
        required=True,
        readonly=True,
    )
    lead_domain = fields.Char("Which Leads", required=True, readonly=True)
    # ids that bound what is still to do, not links: a lead may be gone by then
    after_lead = fields.Integer(readonly=True, export_string_translation=False)
    last_lead = fields.Integer(readonly=True, export_string_translation=False)
    total = fields.Integer("Leads", readonly=True)
    handled = fields.Integer("Looked At", readonly=True)
    added = fields.Integer(readonly=True, help="Leads that were open and not in the campaign yet.")
    progress = fields.Float(compute="_compute_progress", help="How many of the leads were looked at, in percent.")
    error = fields.Char("Why It Stopped", readonly=True)

    _waiting_idx = models.Index("(id) WHERE state = 'waiting'")

    @api.depends("state", "handled", "total")
    def _compute_progress(self):
        for addition in self:
            is_done = addition.state == "done" or not addition.total
            addition.progress = 100 if is_done else min(100 * addition.handled / addition.total, 100)

    @api.model
    def _parse_domain(self, text):
        """
        :param text: the domain editor's text
        :return: :class:`Domain` of leads
        :raise UserError: in words, if it is none
        """
        try:
            domain = Domain(literal_eval(text or "[]"))
            domain.validate(self.env["crm.lead"])
        except (ValueError, SyntaxError, TypeError, KeyError, RecursionError) as error:
            raise UserError(self.env._("This filter can't be used: %(error)s", error=error)) from error
        return domain

    def _get_result(self, added, handled):
        """What became of leads, in a sentence."""
        return self.env._(
            "%(added)s added, %(left_out)s were there already, are closed or may not be called.",
            added=formatLang(self.env, added, digits=0),
            left_out=formatLang(self.env, handled - added, digits=0),
        )

    # ------------------------------------------------------------
    # IN THE BACKGROUND
    # ------------------------------------------------------------

    @api.model
    def _cron_add(self):
        """Work off what is asked for, oldest first."""
        cron = self.env["ir.cron"]
        waiting = self.search([("state", "=", "waiting")], order="id")
        cron._commit_progress(remaining=waiting._count_remaining())
        for addition in waiting:
            # its words are for who asked
            addition = addition.with_context(lang=addition.user_id.lang)
            while addition.exists().state == "waiting":
                handled = addition._add_batch()
                if not cron._commit_progress(handled, remaining=waiting.exists()._count_remaining()):
                    # go on as soon as other jobs had their turn, not when the scheduler wakes up by itself
                    self._trigger_cron()
                    return
                self.env.invalidate_all()

    @api.model
    def _trigger_cron(self):
        self.env.ref("crm_lead_lifecycle.ir_cron_call_addition").sudo()._trigger()

    def _count_remaining(self):
        waiting = self.filtered(lambda addition: addition.state == "waiting")
        return len(waiting) + sum(max(addition.total - addition.handled, 0) for addition in waiting)

    def _add_batch(self):
        """Add the next leads, with the rights of who asked. A refusal stops it, with its words.

        :return: how many leads were looked at
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                campaign = self._get_campaign_of_user()
                leads = campaign._search_addable(
                    self._parse_domain(self.lead_domain)
                    & Domain("id", ">", self.after_lead)
                    & Domain("id", "<=", self.last_lead),
                    self._batch,
                )
                added = campaign.add_leads(leads)
                self.env.flush_all()
        except UserError as error:
            self.write({"state": "failed", "error": str(error)})
            self._post(self.env._("Adding leads has stopped: %(error)s", error=error))
            return 0
        self.write(
            {
                "after_lead": leads[-1:].id or self.after_lead,
                "handled": self.handled + len(leads),
                "added": self.added + len(added),
                "state": "waiting" if len(leads) == self._batch else "done",
            }
        )
        if self.state == "done":
            self._post(self._get_result(self.added, self.handled))
        return len(leads)

    def _get_campaign_of_user(self):
        """The campaign with the rights of who asked, in its company alone.

        :raise UserError: if the user has lost the right to it in the meantime, or was archived
        """
        campaign = self.campaign_id.with_user(self.user_id).with_context(allowed_company_ids=self.company_id.ids)
        if not self.user_id.active or not campaign.has_access("write"):
            raise UserError(self.env._("%(user)s, who asked for it, may no longer add leads.", user=self.user_id.name))
        return campaign

    def _post(self, sentence):
        self.campaign_id.message_post(body=sentence, author_id=self.user_id.partner_id.id)


class CrmCallCampaign(models.Model):
    _inherit = "crm.call.campaign"

    addition_ids = fields.One2many(
        "crm.call.addition",
        "campaign_id",
        "Leads Added",
        readonly=True,
        groups="crm_lead_lifecycle.group_call_coordinator",
    )
    is_adding = fields.Boolean(compute="_compute_is_adding", compute_sudo=True, export_string_translation=False)

    @api.depends("addition_ids.state")
    def _compute_is_adding(self):
        waiting = self.env["crm.call.addition"].search([("state", "=", "waiting"), ("campaign_id", "in", self.ids)])
        for campaign in self:
            campaign.is_adding = campaign in waiting.campaign_id

    def _get_addable_domain(self, domain):
        """Those leads of a domain that may be in this campaign, as far as companies go."""
        return Domain(domain) & Domain("company_id", "in", [False, self.company_id.id])

    def _search_addable(self, domain, limit):
        return self.env["crm.lead"].search(self._get_addable_domain(domain), order="id", limit=limit)

    def _add_matching(self, lead_domain):
        """Add the leads of a domain: a few at once, many in the background.

        :param lead_domain: a domain of leads, as text
        :return: a sentence that says what was done, or will be
        """
        self.ensure_one()
        self.check_access("write")
        additions = self.env["crm.call.addition"]
        domain = additions._parse_domain(lead_domain)
        leads = self._search_addable(domain, additions._at_once + 1)
        if len(leads) <= additions._at_once:
            return additions._get_result(len(self.add_leads(leads)), len(leads))
        total = leads.search_count(self._get_addable_domain(domain))
        newest = leads.sudo().with_context(active_test=False).search([], order="id desc", limit=1)
        additions.sudo().create(
            {
                "campaign_id": self.id,
                "user_id": self.env.uid,
                "lead_domain": lead_domain,
                "last_lead": newest.id,
                "total": total,
            }
        )
        additions._trigger_cron()
        return self.env._(
            "%(count)s leads are being added in the background. You can go on working; a note on the campaign tells "
            "when they are in.",
            count=formatLang(self.env, total, digits=0),
        )
