import re
from urllib.parse import quote

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date, plaintext2html

PLACEHOLDER = re.compile(r"\{[^{}]*\}")
PLACEHOLDERS = {"{phone}", "{text}"}
SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
# what would run in the browser, or show its files
REFUSED_SCHEMES = {"javascript", "data", "vbscript", "file", "blob"}
# an SMS of that length is ten of them, and an address can hardly be longer
LONGEST_TEXT = 1_500
# kinds that open an application of the user's, where they send or call themselves
OPENING_KINDS = ("phone", "link")


class CrmLeadChannel(models.Model):
    """A way to reach the customer of a lead besides mail and page. Whatever goes out by it stands in the conversation.

    A module of a gateway adds a kind and what it does::

        kind = fields.Selection(selection_add=[("telegram", "Telegram")], ondelete={"telegram": "cascade"})

        def _send_telegram(self, lead, body):
            if not gateway.send(self._get_number(lead), body):
                raise UserError(self.env._("Telegram did not take the message."))
            self._post(lead, body)

    ``_send_<kind>(lead, body)`` is called once for one lead, which the user may write to, with plain text. It sends,
    puts into the conversation what was sent (:meth:`_post`) and returns an action for the browser, or nothing. What
    it can't send it refuses with a UserError, in words: nothing stays in the conversation then. A gateway that has to
    be set up says in :meth:`_get_setup_problem` what is missing, without asking the network.
    """

    _name = "crm.lead.channel"
    _inherit = "crm.lead.ready.made"
    _description = "Message Channel"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        [("sms", "SMS"), ("phone", "Call"), ("link", "Link to an application")],
        required=True,
        default="link",
        help="SMS are sent by Odoo. Calls and links open an application of the user's own.",
    )
    url = fields.Char(
        "Link",
        help="What opens the application: {phone} stands for the number, digits only, and {text} for the message.",
    )
    icon = fields.Char(default="fa-comment-o", help="One of the icons of Font Awesome 4.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="Archived channels are offered nowhere.")
    company_id = fields.Many2one("res.company", "Company", help="Leads of this company alone; empty: of all.")
    purpose_id = fields.Many2one(
        "crm.consent.purpose",
        "Needs Consent",
        ondelete="restrict",
        index="btree_not_null",
        help="Only customers who have given this consent can be reached this way. Empty: no consent is needed.",
    )
    setup_problem = fields.Char("What Is Missing", compute="_compute_setup_problem", help="Why no lead offers it.")

    # ------------------------------------------------------------
    # SETTING UP
    # ------------------------------------------------------------

    @api.depends("kind", "company_id")
    @api.depends_context("company", "lang")
    def _compute_setup_problem(self):
        for channel in self:
            channel.setup_problem = channel._get_setup_problem(channel.company_id or self.env.company)

    @api.constrains("kind", "url")
    def _check_url(self):
        for channel in self.filtered(lambda channel: channel.kind == "link"):
            url = channel.url or ""
            scheme = SCHEME.match(url)
            if not scheme or scheme[1].lower() in REFUSED_SCHEMES or "{phone}" not in url:
                raise ValidationError(
                    self.env._(
                        "%(channel)s needs a link to an application with {phone} where the number belongs, like "
                        "https://wa.me/{phone}?text={text}",
                        channel=channel.name,
                    )
                )
            if unknown := set(PLACEHOLDER.findall(url)) - PLACEHOLDERS:
                raise ValidationError(
                    self.env._(
                        "%(placeholders)s in the link of %(channel)s is unknown. There are {phone} and {text}.",
                        placeholders=", ".join(sorted(unknown)),
                        channel=channel.name,
                    )
                )

    @api.constrains("icon")
    def _check_icon(self):
        if any(channel.icon and not re.fullmatch(r"fa-[a-z0-9-]+", channel.icon) for channel in self):
            raise ValidationError(self.env._("An icon is one name of Font Awesome, like fa-whatsapp."))

    def _get_setup_problem(self, company):
        """What has to be set up before a company can use this channel, in words; empty if it can.

        Asked whenever a lead is shown: it looks at what is stored, never at the network.
        """
        return self._get_sms_problem(company) if self.kind == "sms" else ""

    def _get_sms_problem(self, company):
        """Odoo's SMS may be uninstalled, and has several providers; each knows in its own way whether it can send."""
        if "sms.sms" not in self.env:
            return self.env._("Odoo's application for SMS isn't installed.")
        company = company.sudo()  # only administrators see accounts
        match getattr(company, "sms_provider", "iap"):
            case "twilio":
                has_account = company.sms_twilio_account_sid and company.sms_twilio_auth_token
                if not has_account or not company.sms_twilio_number_ids:
                    return self.env._("The Twilio account isn't complete. Complete it in the general settings.")
            case "iap":
                account = self._get_sms_account(company)
                # Odoo disables accounts of copied databases that way
                if account.state != "registered" or (account.account_token or "").endswith("+disabled"):
                    return self.env._(
                        "The SMS account isn't registered with Odoo. Register it in the general settings."
                    )
        return ""

    def _get_sms_account(self, company):
        """The account that Odoo takes for this company, without making one; as superuser."""
        accounts = self.env["iap.account"].sudo()
        domain = [("service_name", "=", "sms"), ("company_ids", "in", [*company.ids, False])]
        return accounts.search(domain, order="id desc").sorted(lambda account: not account.company_ids)[:1]

    # ------------------------------------------------------------
    # WHO CAN BE REACHED
    # ------------------------------------------------------------

    def _get_number(self, lead):
        """The number in international form; calls make do with how it was written."""
        lead = lead.sudo()
        number = lead._get_call_number()
        return number or (self.kind == "phone" and (lead.phone or lead.partner_id.phone)) or ""

    def _map_offered(self, leads):
        """What each of these leads offers of these channels: what its company has set up and reaches its customer.

        :return: ``{lead: channels}``
        """
        offered = {}
        for company, of_company in leads.grouped(self._get_company).items():
            ready = self.filtered(lambda channel, company=company: not channel._get_company_problem(company))
            for lead in of_company:
                offered[lead] = ready.filtered(lambda channel, lead=lead: not channel._get_lead_problem(lead))
        return offered

    @api.model
    def _get_company(self, lead):
        """The company that reaches the customer of a lead: one that the user works for."""
        company = lead.sudo()._get_customer_company()
        return company if self.env.su or company in self.env.user.company_ids else self.env.company

    def _get_company_problem(self, company):
        """Why no lead of a company offers this channel, in words; empty if they do."""
        if not self.active or (self.company_id and self.company_id != company):
            return self.env._("%(channel)s isn't set up for the company of this lead.", channel=self.name)
        return self._get_setup_problem(company)

    def _get_lead_problem(self, lead):
        """Why a lead does not offer this channel though its company has it, in words; empty if it does."""
        if not lead.sudo()._takes_customer():
            return self.env._("This lead was removed: nobody is written to.")
        if not self._get_number(lead):
            return self.env._("There is no phone number that can be used. Add one to the lead first.")
        return ""

    def _get_obstacle(self, lead):
        """Why the customer of a lead can't be reached by this channel, in words; empty if nothing is in the way."""
        return (
            self._get_company_problem(self._get_company(lead))
            or self._get_lead_problem(lead)
            or lead.sudo()._get_call_block_notice()
            or self._get_consent_problem(lead)
        )

    def _get_consent_problem(self, lead):
        purpose = self.purpose_id
        if not purpose:
            return ""
        # sudo: what the client has withdrawn counts for who does not see clients, too
        consent = lead.sudo().current_consent_ids.filtered(lambda consent: consent.purpose_id == purpose)
        if not consent:
            return self.env._("The customer has not given the consent “%(purpose)s”.", purpose=purpose.name)
        if consent.state == "withdrawn":
            return self.env._(
                "The customer withdrew the consent “%(purpose)s” on %(date)s.",
                purpose=purpose.name,
                date=format_date(self.env, consent.date),
            )
        return ""

    # ------------------------------------------------------------
    # SENDING
    # ------------------------------------------------------------

    def _send(self, lead, body=""):
        """Reach the customer of a lead, as the user, who may write to the lead.

        :param str body: plain; calls have none
        :return: an action for the browser, or None
        :raise UserError: in words, if the customer can't be reached
        """
        self.ensure_one()
        lead.check_access("write")
        body = (body or "").replace("\x00", "").strip()
        if obstacle := self._get_obstacle(lead):
            raise UserError(obstacle)
        if self.kind != "phone" and not body:
            raise UserError(self.env._("Write something first."))
        if len(body) > LONGEST_TEXT:
            raise UserError(
                self.env._("A message can have %(count)s characters. Send it in parts.", count=LONGEST_TEXT)
            )
        return getattr(self, f"_send_{self.kind}")(lead, body)

    def _send_sms(self, lead, body):
        """Send it now, as Odoo's own dialog does, so that the user knows what became of it."""
        self.env.flush_all()  # what the database refuses it refuses before anything is on its way
        lead = lead.with_context(allowed_company_ids=self._get_company(lead).ids)  # whose account pays
        message = self._post(lead, body, message_type="sms", sms_numbers=[self._get_number(lead)])
        failed = message.sudo().notification_ids.filtered(lambda told: told.notification_status == "exception")
        if failed:
            reasons = dict(failed._fields["failure_type"]._description_selection(self.env))
            raise UserError(
                self.env._("The SMS was not sent: %(reason)s", reason=reasons.get(failed[0].failure_type) or "")
            )

    def _send_phone(self, lead, _body):
        number = self._get_number(lead)
        self.env["crm.lead.event"]._log("dial", {lead: {"number": number}})
        lead._tell_conversation()
        return self._open(f"tel:{re.sub(r'[^0-9+*#]', '', number)}")

    def _send_link(self, lead, body):
        self._post(lead, body)
        digits = re.sub(r"\D", "", self._get_number(lead))
        values = {"{phone}": digits, "{text}": quote(body, safe="")}
        return self._open(PLACEHOLDER.sub(lambda match: values[match[0]], self.url))

    def _open(self, url):
        return {
            "type": "ir.actions.client",
            "tag": "crm_lead_lifecycle.open_application",
            "params": {"url": url},
        }

    def _post(self, lead, body, **values):
        """Put into the conversation what went out by this channel. Nobody gets a mail of it.

        :param str body: plain
        :param values: more of what ``message_post`` takes
        :return: mail.message
        """
        is_sms = values.get("message_type") == "sms"  # Odoo makes its HTML itself
        message = lead._post_in_conversation(
            None,
            "desk",
            body=body if is_sms else plaintext2html(body),
            author_id=self.env.user.partner_id.id,
            email_from=lead._get_conversation_sender(),
            scheduled_date=False,
            partner_ids=lead.partner_id.ids,  # whoever is the client later does not see it
            by_channel=True,
            **values,
        )
        message.sudo().lead_channel = self._get_mark()
        return message

    def _get_mark(self):
        """What stands beside a message of this channel: Odoo can't know what was done in another application."""
        return self.env._("opened in %(channel)s", channel=self.name) if self.kind == "link" else self.name
