import hashlib
import hmac
import json
import secrets
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import ormcache

from .webhook_address import AddressProblem, check_url

# who may be sent to although their address is private, separated by commas
PRIVATE_HOSTS = "crm_lead_lifecycle.webhook_private_hosts"
# what of the log is an event of its own outside; those that depend on the data are in :meth:`_get_code`
CODES = {
    "create": "created",
    "stage": "stage",
    "type": "type",
    "succeed": "type",
    "assign": "assigned",
    "restore": "restored",
    "remove": "removed",
    "merge": "merged",
    "link": "linked",
    "convert": "linked",
    "detach": "unlinked",
}


class CrmWebhookEvent(models.Model):
    """What can be sent on."""

    _name = "crm.webhook.event"
    _description = "Event to Send"
    _order = "sequence, id"

    name = fields.Char(required=True, readonly=True, translate=True)
    code = fields.Char(required=True, readonly=True, help="How it is called in what is sent.")
    sequence = fields.Integer(readonly=True)

    _code_uniq = models.UniqueIndex("(code)")


class CrmWebhook(models.Model):
    """Another system that is told what happens to leads: each event once it is committed, in order, signed, and until
    it has been taken."""

    _name = "crm.webhook"
    _description = "Webhook"
    _order = "name, id"

    name = fields.Char(required=True, help="Who is told.")
    active = fields.Boolean(default=True, help="An archived one is told nothing; what waits for it goes on waiting.")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="cascade"
    )
    url = fields.Char("Address", required=True, help="Where events are sent to, beginning with https://.")
    user_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Is told when events are given up.",
    )
    event_ids = fields.Many2many(
        "crm.webhook.event", string="Events", default=lambda self: self.env["crm.webhook.event"].search(Domain.TRUE)
    )
    has_client = fields.Boolean(
        "Send Who Asks",
        help="The name, e-mail address and phone of who asks are sent along. Without it nothing personal leaves.",
    )
    secret = fields.Char(groups=NO_ACCESS, copy=False, export_string_translation=False)
    give_up_days = fields.Integer(
        "Give Up After (Days)", default=3, required=True, help="What could not be delivered by then is given up."
    )
    keep_days = fields.Integer(
        "Keep Deliveries (Days)", default=30, required=True, help="What was delivered or given up is deleted then."
    )
    delivery_ids = fields.One2many("crm.webhook.delivery", "webhook_id", "Deliveries", readonly=True)
    waiting_count = fields.Integer("Waiting", compute="_compute_waiting_count")

    # How its queue stands. Each try counts, so that two workers that have the same webhook in hand can't both be right.
    attempts = fields.Integer(readonly=True, copy=False, help="How often anything was sent.")
    date_tried = fields.Datetime("Last Try", readonly=True, copy=False)
    date_retry = fields.Datetime("Next Try", readonly=True, copy=False)
    failures = fields.Integer("Failures in a Row", readonly=True, copy=False)
    date_failing = fields.Datetime("Failing Since", readonly=True, copy=False)
    problem = fields.Char("What Is Wrong", readonly=True, copy=False)
    is_told = fields.Boolean(readonly=True, copy=False, export_string_translation=False)

    _days_possible = models.Constraint(
        "CHECK (give_up_days BETWEEN 1 AND 3650 AND keep_days BETWEEN 1 AND 3650)",
        "Deliveries are tried and kept for 1 to 3650 days.",
    )

    # ------------------------------------------------------------
    # COMPUTES AND CONSTRAINTS
    # ------------------------------------------------------------

    def _compute_waiting_count(self):
        waiting = Domain("webhook_id", "in", self.ids) & Domain("state", "=", "waiting")
        counts = dict(self.env["crm.webhook.delivery"]._read_group(waiting, ["webhook_id"], ["__count"]))
        for webhook in self:
            webhook.waiting_count = counts.get(webhook, 0)

    @api.constrains("url")
    def _check_url(self):
        for webhook in self:
            try:
                check_url(webhook.url, self._get_private_hosts())
            except AddressProblem as problem:
                raise ValidationError(self._tell_problem(problem)) from problem

    @api.model
    def _get_private_hosts(self):
        hosts = self.env["ir.config_parameter"].sudo().get_param(PRIVATE_HOSTS) or ""
        return {host.strip().lower() for host in hosts.split(",") if host.strip()}

    @api.model
    def _tell_problem(self, problem):
        """
        :param problem: AddressProblem
        :return: a sentence
        """
        values = {"host": problem.host}
        return {
            "url": self.env._("This is no address that events can be sent to. Write it such as https://example.com/leads."),
            "scheme": self.env._("Events are sent to addresses that begin with https:// alone."),
            "user": self.env._("An address can't hold a password. Who sends is proved by the signature."),
            "unknown": self.env._("There is no host %(host)s.", **values),
            "private": self.env._("%(host)s is a private address. Nothing is sent inside your own network.", **values),
            "timeout": self.env._("%(host)s does not answer in time.", **values),
            "certificate": self.env._("%(host)s has no valid certificate.", **values),
            "connection": self.env._("%(host)s can't be reached.", **values),
        }[problem.word]  # fmt: skip

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        webhooks = super().create(vals_list)
        for webhook in webhooks:
            webhook._new_secret()
        self.env.registry.clear_cache()
        return webhooks

    def write(self, vals):
        if "company_id" in vals:
            self._check_company_stays(vals["company_id"])
        res = super().write(vals)
        if vals.keys() & {"active", "company_id", "event_ids"}:
            self.env.registry.clear_cache()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    def _check_company_stays(self, company_id):
        """What leads of one company were about is nothing for the managers of another."""
        for webhook in self:
            if webhook.company_id.id != company_id and webhook.sudo().delivery_ids:
                raise UserError(
                    self.env._(
                        "%(webhook)s was told of leads of %(company)s already. Make another one for another company.",
                        webhook=webhook.name,
                        company=webhook.company_id.name,
                    )
                )

    # ------------------------------------------------------------
    # SIGNING
    # ------------------------------------------------------------

    def _new_secret(self):
        """Make the secret that deliveries are signed with; the one before ends.

        :return: the secret, this once
        :rtype: str
        """
        self.ensure_one()
        secret = secrets.token_urlsafe(32)
        self.sudo().secret = secret
        return secret

    def action_new_secret(self):
        """Show a new secret, this once."""
        self.check_access("write")
        return self.env["crm.secret"]._show(
            self.env._("Secret of %(webhook)s", webhook=self.name),
            self._new_secret(),
            self.env._("The receiver needs it to tell that an event comes from you."),
        )

    def _sign(self, timestamp, body):
        message = timestamp.encode() + b"." + body
        return hmac.new(self.sudo().secret.encode(), message, hashlib.sha256).hexdigest()

    # ------------------------------------------------------------
    # WRITING DOWN
    # ------------------------------------------------------------

    @api.model
    @ormcache()
    def _get_receivers(self):
        """Who is told what, for each company: ``{company id: ((webhook id, codes), ...)}``."""
        receivers = {}
        # whoever asks first, with whatever context, it holds for all
        for webhook in self.sudo().search(Domain("active", "=", True), order="id"):
            codes = frozenset(webhook.event_ids.mapped("code"))
            receivers.setdefault(webhook.company_id.id, []).append((webhook.id, codes))
        return receivers

    @api.model
    def _write_down(self, events):
        """Put events into the outbox, in the transaction in which they happen. Without webhooks it costs nothing.

        :param list events: tuples of kind, single crm.lead record, data; as for the log of leads
        """
        receivers = self._get_receivers()
        if not receivers:
            return
        leads = self.env["crm.lead"].sudo().browse(lead.id for _kind, lead, _data in events)
        codes = [self._get_code(kind, data) for kind, _lead, data in events]
        event_ids = {event.code: event.id for event in self.env["crm.webhook.event"].sudo().search(Domain.TRUE)}
        left = self.env["crm.stage"].browse({data.get("from_stage") for _kind, _lead, data in events} - {None, False})
        left = left.exists()
        vals_list = []
        for lead, code, (_kind, _lead, data) in zip(leads, codes, events, strict=True):
            company = lead.company_id or lead.number_company_id
            for webhook_id, wanted in receivers.get(company.id, ()):
                if code in wanted:
                    webhook = self.sudo().browse(webhook_id)
                    vals_list.append(webhook._prepare_delivery(lead, code, event_ids[code], data, left))
        if vals_list:
            self.env["crm.webhook.delivery"].sudo().create(vals_list)
            self.env.ref("crm_lead_lifecycle.crm_webhook_deliver_cron").sudo()._trigger()

    @api.model
    def _get_code(self, kind, data):
        """How an event of the log is called outside; None for what stays inside."""
        if kind == "conclude":
            return data["won_status"]
        if kind == "order":
            return "accepted" if data.get("confirmed") else None
        return CODES.get(kind)

    def _prepare_delivery(self, lead, code, event_id, data, left):
        key = str(uuid.uuid4())
        payload = {"id": key, "event": code, **self._prepare_payload(lead, data, left)}
        return {
            "webhook_id": self.id,
            "key": key,
            "event_id": event_id,
            "lead_id": lead.id,
            "body": json.dumps(payload, ensure_ascii=False, indent=2),
        }

    def _prepare_payload(self, lead, data, left):
        """What is sent of a lead as it stands now: names, no ids, and nothing of who asks unless it is wanted.

        :param left: crm.stage, those that leads came from
        :rtype: dict
        """
        lead = lead.with_context(lang=self.company_id.partner_id.lang or self.env.lang)
        before = (left & left.browse(data.get("from_stage"))).with_env(lead.env).with_prefetch(left.ids)
        payload = {
            "date": fields.Datetime.now().isoformat() + "Z",
            "number": lead.number,
            "stage": lead.stage_id.name or None,
            "stage_type": lead.stage_type or None,
            "previous_stage": before.name or None,
            "type": lead.lead_type_id.name or None,
            "source": lead.source_id.name or None,
        }
        if data.get("number"):
            payload["merged_number"] = data["number"]
        if self.has_client:
            names = ("contact_name", "partner_name", "email_from", "phone")
            payload["client"] = {name: lead[name] or None for name in names}
        return payload


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    @api.model
    def _log_many(self, events, date=None):  # pylint: disable=missing-return
        super()._log_many(events, date)
        self.env["crm.webhook"]._write_down(events)
