import logging
import re
from collections import defaultdict

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, models
from odoo.tools import format_datetime

from .crm_notice import PRESSING
from .crm_stage import PENDING_TYPES

_logger = logging.getLogger(__name__)

COLLECTED = "crm_lead_lifecycle.notices"
ODOO_TEMPLATE = "mail.message_user_assigned"
# how many leads one message lists, and how much it quotes of what a customer wrote
ROW_LIMIT = 20
QUOTE_LENGTH = 400
# where more leads than these are found
LISTS = {
    "overdue": "crm_notice_action_overdue",
    "expired": "crm_notice_action_expired",
    "recall": "crm_call_entry_action_recall_mine",
}


class CrmLead(models.Model):
    """What people are told about leads: collected while a transaction lasts, so that each person gets one message of
    each event, and sent along with what happened."""

    _inherit = "crm.lead"

    # ------------------------------------------------------------
    # WHAT IS TOLD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """What somebody makes for themselves is no news to those who lead them; what is over when it comes in, such as
        the past that is imported, is news to nobody."""
        leads = super().create(vals_list)
        own = leads.filtered(lambda lead: lead.user_id == self.env.user) if self._is_asked() else self.browse()
        over = leads.filtered(lambda lead: not lead.active or lead.stage_type not in PENDING_TYPES)
        (leads - own - over)._tell("new")
        for lead in over:
            self._get_collected("assigned").pop((lead.id, lead.user_id.id), None)
        return leads

    def write(self, vals):
        """Who is written as the salesperson once more is not told once more, as Odoo does."""
        if "user_id" not in vals:
            return super().write(vals)
        leads = self.sudo()
        users = {lead: lead.user_id for lead in leads}
        told_before = set(self._get_collected("assigned"))
        res = super().write(vals)
        collected = self._get_collected("assigned")
        for lead, user in users.items():
            key = (lead.id, user.id)
            if lead.user_id == user and key not in told_before:
                collected.pop(key, None)
        return res

    def _message_auto_subscribe_notify(self, partner_ids, template):
        """The salesperson gets our notice in place of Odoo's message."""
        if template != ODOO_TEMPLATE:
            return super()._message_auto_subscribe_notify(partner_ids, template)
        for lead in self.sudo():
            if lead.user_id.partner_id.id in partner_ids:
                lead._tell("assigned", lead.user_id)
        return None

    # ------------------------------------------------------------
    # COLLECTING
    # ------------------------------------------------------------

    def _tell(self, event, owner=None, moment=None):
        """Tell whom it concerns, before this transaction is committed: by the company's notices and their own choice,
        if they may see the leads, and not who does it.

        :param str event: of :class:`crm.notice`
        :param owner: res.users whom it concerns in the first place, by default the salesperson at that time
        :param datetime moment: when it is or was due (naive UTC), by default the lead's deadline
        """
        context = self.env.context
        is_silent = context.get("mail_auto_subscribe_no_notify") or context.get("tracking_disable")
        if not self or is_silent or not self.env.registry.ready:
            return
        collected = self._get_collected(event)
        for lead in self:
            collected[lead.id, owner.id if owner else None] = moment

    def _get_collected(self, event):
        """What the user does in this transaction that has still to be told: ``{(lead, owner): moment}``, by ids."""
        precommit = self.env.cr.precommit
        if COLLECTED not in precommit.data:
            precommit.data[COLLECTED] = defaultdict(dict)
            precommit.add(self.env(user=SUPERUSER_ID, context={})[self._name]._send_collected)
        return precommit.data[COLLECTED][event, self.env.uid]

    @api.model
    def _send_collected(self):
        self.env.flush_all()  # a message that fails takes nothing else along
        for (event, uid), collected in self.env.cr.precommit.data.pop(COLLECTED, {}).items():
            messages = self._map_messages(event, uid, collected)
            for receiver, moments in messages.items():
                self._try_to_send(event, uid, receiver, moments)
        self.env.flush_all()

    @api.model
    def _map_messages(self, event, uid, collected):
        """Who is told of which leads.

        :return: ``{user: {lead: (owner, moment)}}``
        """
        leads = self.browse({lead_id for lead_id, _owner_id in collected}).exists()
        leads = leads.filtered(lambda lead: lead.client_status != "removed")
        users = self.env["res.users"].browse({owner_id for _lead_id, owner_id in collected if owner_id})
        users |= leads.user_id
        notices = self.env["crm.notice"].search([("event", "=", event)]).grouped("company_id")
        absent = {
            company: users._filter_absent(company) if event in PRESSING else users.browse() for company in notices
        }
        messages = defaultdict(dict)
        for (lead_id, owner_id), moment in collected.items():
            lead = self.browse(lead_id)
            if lead not in leads or (event == "assigned" and lead.user_id.id != owner_id):
                continue
            lead = lead.with_prefetch(leads.ids)
            owner = users.browse(owner_id) if owner_id else lead.user_id
            company = lead.company_id or lead.number_company_id
            for receiver in notices[company]._get_receivers(lead, owner, absent[company]) if company in notices else ():
                if receiver.id != uid:
                    messages[receiver][lead] = (owner, moment or lead.date_due)
        return messages

    def _get_notice_receivers(self, event):
        """Whom an event of this lead is told to; who may not see the lead is not among them.

        :return: res.users
        """
        lead = self.sudo()
        company = lead.company_id or lead.number_company_id
        notice = lead.env["crm.notice"].search([("company_id", "=", company.id), ("event", "=", event)])
        if not notice:
            return notice.user_ids
        absent = lead.user_id._filter_absent(company) if event in PRESSING else lead.env["res.users"]
        return notice._get_receivers(lead, lead.user_id, absent).filtered(lead._is_shown_to)

    def _is_shown_to(self, user):
        """Whether a user may see this lead, in whichever of their companies."""
        return self.with_user(user).with_context(allowed_company_ids=user.company_ids.ids).has_access("read")

    @api.model
    def _try_to_send(self, event, uid, receiver, moments):
        """A message that can't be sent holds nothing else up."""
        try:
            # the usual savepoint would run what waits for the commit
            with self.env.cr.savepoint(flush=False):
                self._send_notice(event, uid, receiver, moments)
                self.env.flush_all()
        except OperationalError:
            raise  # Odoo repeats the transaction
        except Exception:
            self.env.transaction.clear()
            _logger.exception(
                "%s is not told of “%s” of leads %s", receiver.login, event, [lead.id for lead in moments]
            )

    @api.model
    def _send_notice(self, event, uid, receiver, moments):
        """One message, by mail or to the inbox, as its receiver has chosen in Odoo."""
        leads = self.browse().concat(*moments)
        of_receiver = leads.with_user(receiver).with_context(allowed_company_ids=receiver.company_ids.ids)
        leads = of_receiver._filtered_access("read").with_env(self.env)
        if not leads:
            return
        leads = leads.with_company(receiver.company_id).with_context(lang=receiver._get_language())
        leads = leads.sorted(lambda lead: (not moments[lead][1], moments[lead][1], lead.id))
        values = {
            "leads": [lead._prepare_notice(event, receiver, *moments[lead]) for lead in leads[:ROW_LIMIT]],
            "more_count": len(leads) - ROW_LIMIT,
            "list_url": f"/odoo/action-crm_lead_lifecycle.{LISTS.get(event, 'crm_lead_action_desk')}",
            "preferences_url": f"/odoo/my-preferences/{receiver.id}",
        }
        render = leads.env["mail.render.mixin"]
        body = leads.env["ir.qweb"]._render("crm_lead_lifecycle.crm_notice_body", values, minimal_qcontext=True)
        author = self.env["res.users"].browse(uid)
        is_by_colleague = uid != SUPERUSER_ID and author._is_internal()
        document = leads if len(leads) == 1 else leads.env["mail.thread"]
        document.message_notify(
            partner_ids=receiver.partner_id.ids,
            author_id=(author.partner_id if is_by_colleague else self.env.ref("base.partner_root")).id,
            subject=leads._get_notice_subject(event, receiver),
            body=render._replace_local_links(body),
            email_layout_xmlid="mail.mail_notification_layout",
            model_description=leads.env._("Lead"),
            email_add_signature=False,
            force_send=False,
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    # ------------------------------------------------------------
    # WORDS
    # ------------------------------------------------------------

    def _get_notice_subject(self, event, receiver):
        """The subject of a message about these leads, in the language of the environment."""
        values = {"count": len(self), "lead": " ".join(self[:1].display_name.split())}
        if event == "assigned" and self.user_id == receiver:
            event = "own"
        one, many = {
            "new": (self.env._("New lead: %(lead)s", **values), self.env._("%(count)s new leads", **values)),
            "own": (
                self.env._("New lead for you: %(lead)s", **values),
                self.env._("%(count)s new leads for you", **values),
            ),
            "assigned": (
                self.env._("Lead assigned: %(lead)s", **values),
                self.env._("%(count)s leads assigned", **values),
            ),
            "wrote": (
                self.env._("The customer wrote: %(lead)s", **values),
                self.env._("%(count)s customers wrote", **values),
            ),
            "accepted": (
                self.env._("Proposal accepted: %(lead)s", **values),
                self.env._("%(count)s proposals accepted", **values),
            ),
            "overdue": (self.env._("Overdue: %(lead)s", **values), self.env._("%(count)s leads overdue", **values)),
            "expired": (
                self.env._("Expired in its stage: %(lead)s", **values),
                self.env._("%(count)s leads expired in their stage", **values),
            ),
            "recall": (
                self.env._("Call back now: %(lead)s", **values),
                self.env._("%(count)s call backs due now", **values),
            ),
        }[event]
        return one if len(self) == 1 else many

    def _prepare_notice(self, event, receiver, owner, moment):
        """What the message says of this lead: of the customer only what the lead itself holds, nothing of a client.

        :return: dict of texts and links, in the language of the environment: ``facts`` that every
            message has, ``details`` of the only lead, and ``state``
        """
        moment_label = {"expired": self.env._("Expired"), "recall": self.env._("Call Back")}
        request = " ".join((self.request or "").split())
        dial = re.sub(r"[^+\d]", "", self.phone or "")
        names = filter(None, (self.contact_name, self.partner_name))
        return {
            "id": self.id,
            "name": self.display_name,
            "url": f"/mail/view?model={self._name}&res_id={self.id}",
            "facts": [
                (self.env._("Customer"), " · ".join(names), None),
                (self.env._("Phone"), self.phone, f"tel:{dial}" if dial else None),
                (self.env._("Source"), self.source_id.name, None),
            ],
            "details": [
                (self.env._("E-mail"), self.email_from, None),
                (self.env._("Request"), request[:QUOTE_LENGTH] + "…" * (len(request) > QUOTE_LENGTH), None),
            ],
            "state": [
                (self.env._("Stage"), event == "expired" and self.stage_id.name, None),
                (self.env._("Salesperson"), owner != receiver and owner.name, None),
                (
                    moment_label.get(event, self.env._("Due")),
                    moment and format_datetime(self.env, moment, tz=receiver.tz or "UTC", dt_format="short"),
                    None,
                ),
            ],
        }
