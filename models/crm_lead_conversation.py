import re

from markupsafe import Markup
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL, email_normalize, hmac, html2plaintext, is_html_empty, plaintext2html

# of the thread of a lead, what both sides see
CONVERSATION_TYPES = ("comment", "email", "email_outgoing", "sms", "auto_comment")
PAGE = 30
LONGEST_MESSAGE = 10_000
KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
BUS_TYPE = "crm_lead_conversation"
# from where a message was written that was written in the conversation itself
SIDES = [("desk", "Desk"), ("customer", "Customer")]


class CrmLead(models.Model):
    """The conversation with the customer: the messages of the lead's own thread that are no notes. It is the same
    whether they are written on the customer's page, in a mail or beside the lead."""

    _inherit = "crm.lead"

    is_unread = fields.Boolean(
        "Unread Message", readonly=True, copy=False, help="The customer wrote something that nobody has read yet."
    )
    date_customer_wrote = fields.Datetime("Customer Wrote", readonly=True, copy=False)
    customer_seen_id = fields.Integer(
        readonly=True,
        copy=False,
        groups=NO_ACCESS,
        export_string_translation=False,
        help="Id of the last message that the customer has seen.",
    )
    date_customer_seen = fields.Datetime(
        "Seen by the Customer", readonly=True, copy=False, help="When the customer last looked at the conversation."
    )

    _unread_idx = models.Index("(user_id, date_customer_wrote) WHERE is_unread IS TRUE")

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    def _get_conversation_domain(self):
        """The messages of these leads that their customers may see: no notes, nothing that is internal."""
        return (
            Domain("model", "=", "crm.lead")
            & Domain("res_id", "in", self.ids)
            & Domain("message_type", "in", CONVERSATION_TYPES)
            & Domain("subtype_id", "=", self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"))
            & Domain("is_internal", "=", False)
        )

    def _get_conversation(self, after=0, before=0, limit=PAGE, domain=None):
        """
        :param domain: which messages of the conversation; by default all
        :param int after: id of a message; only what came after it
        :param int before: id of a message; only what came before it
        :return: mail.message as superuser, the oldest first: the last ones, or the first ones after ``after``
        """
        self.ensure_one()
        domain = domain or self._get_conversation_domain()
        if before:
            domain &= Domain("id", "<", before)
        if after:
            domain &= Domain("id", ">", after)
        order = "id" if after else "id desc"
        return self.env["mail.message"].sudo().search(domain, order=order, limit=limit).sorted("id")

    def _filter_from_desk(self, messages):
        """What the company wrote of messages of this lead; the customer wrote the rest.

        Where a message was written says it, else who wrote it: a user who is the lead's client writes as the client,
        and whoever is nobody in Odoo is the customer.
        """
        users = self.env["res.users"].sudo().with_context(active_test=False)
        colleagues = users.search([("partner_id", "in", messages.author_id.ids), ("share", "=", False)]).partner_id
        authors = colleagues - self.partner_id
        return messages.filtered(
            lambda message: message.written_by == "desk" or (not message.written_by and message.author_id in authors)
        )

    def _format_conversation(self, messages):
        """Messages as both sides show them.

        :return: list of dicts of ``id``, ``date`` (UTC), ``is_ours``, ``author``, ``body`` (clean HTML),
            ``attachments`` (dicts of ``id``, ``name``, ``size``, ``mimetype``) and ``is_seen``
        """
        ours = self._filter_from_desk(messages)
        return [
            {
                "id": message.id,
                "date": fields.Datetime.to_string(message.date),
                "is_ours": message in ours,
                "author": self._get_author_name(message),
                "body": "" if is_html_empty(message.body) else message.body,
                "attachments": [
                    {"id": file.id, "name": file.name, "size": file.file_size, "mimetype": file.mimetype}
                    for file in message.attachment_ids
                ],
                "is_seen": message not in ours or message.id <= self.customer_seen_id,
            }
            for message in messages
        ]

    def _get_author_name(self, message):
        """Who wrote it; whoever is nobody in Odoo and mails from another address than the customer's goes by that."""
        is_mail = not message.author_id and message.message_type == "email" and not message.written_by
        if is_mail and message.email_from and email_normalize(message.email_from) != self.email_normalized:
            return message.email_from
        return message.author_id.name or self.contact_name or self.partner_name or self.env._("Customer")

    # ------------------------------------------------------------
    # WRITING
    # ------------------------------------------------------------

    def _post_in_conversation(self, key, side, **values):
        """Post a message once, however often the browser sends it.

        :param str key: what the browser calls this message
        :param str side: ``desk`` or ``customer``
        :param values: of ``message_post``; mails wait a little, as whoever reads the message in time needs none, unless
            there is another ``scheduled_date``
        :return: mail.message; an empty set if it was posted before
        :raise UserError: in words, if there is no such key
        """
        self.ensure_one()
        messages = self.env["mail.message"].sudo()
        if key is not None and (not isinstance(key, str) or not KEY.fullmatch(key)):
            raise UserError(self.env._("The message can't be sent. Load the page again."))
        domain = Domain("model", "=", "crm.lead") & Domain("res_id", "=", self.id)
        if key and messages.search_count(domain & Domain("client_key", "=", key), limit=1):
            return messages
        lead = self.with_context(conversation_side=side)
        try:
            with self.env.cr.savepoint():
                message = lead.message_post(
                    **{
                        "message_type": "comment",
                        "subtype_xmlid": "mail.mt_comment",
                        "scheduled_date": self._get_conversation_mail_date(),
                        **values,
                    }
                ).with_env(self.env)
                if key:
                    message.sudo().client_key = key
                    message.flush_recordset(["client_key"])
        except UniqueViolation:  # the same at the same moment
            return messages
        return message

    def _post_from_customer(self, text, attachment_ids=(), key=None):
        """Post what the customer wrote on the page.

        :param str text: plain
        :param attachment_ids: ids of ir.attachment that the same page has uploaded
        :return: mail.message; an empty set if it was posted before
        :raise UserError: in words, for an empty or endless text
        """
        text = (text or "").replace("\x00", "").strip()
        if not text and not attachment_ids:
            raise UserError(self.env._("Write something first."))
        if len(text) > LONGEST_MESSAGE:
            raise UserError(
                self.env._("A message can have %(count)s characters. Send it in parts.", count=LONGEST_MESSAGE)
            )
        lead = self.sudo()
        author = {"author_id": lead.partner_id.id} if lead.partner_id else {}
        return lead._post_in_conversation(
            key,
            "customer",
            body=plaintext2html(text) if text else "",
            attachment_ids=list(attachment_ids),
            email_from=lead.partner_id.email_formatted or lead.email_from or "",
            **(author or {"author_id": False}),
        )

    def post_to_customer(self, body, attachment_ids=(), key=None):
        """Write to the customer from the lead: it shows on the page, and goes out by mail.

        :param str body: HTML or plain text
        :param attachment_ids: ids of ir.attachment
        :param str key: what the browser calls this message, so that it is sent once
        :return: what :meth:`get_conversation` returns
        :raise UserError: in words, for an empty text or a customer whom it would not reach
        """
        self.ensure_one()
        self.check_access("write")
        if not html2plaintext(body or "").strip() and not attachment_ids:
            raise UserError(self.env._("Write something first."))
        if obstacle := self._get_conversation_obstacle():
            raise UserError(obstacle)
        self.env["ir.attachment"].browse(attachment_ids).check_access("read")
        receivers = {"partner_ids": self.partner_id.ids} if self.partner_id else {"outgoing_email_to": self.email_from}
        self._post_in_conversation(
            key,
            "desk",
            body=Markup(body) if body else "",  # cleaned by the field
            attachment_ids=list(attachment_ids),
            author_id=self.env.user.partner_id.id,
            email_from=self._get_conversation_sender(),
            **receivers,
        )
        self._mark_read()
        return self.get_conversation()

    @api.readonly
    def get_conversation(self, after=0, before=0):
        """The conversation of this lead, for the desk.

        :return: dict of ``messages`` (see :meth:`_format_conversation`), ``cards`` (see :meth:`_get_cards`),
            ``has_more``, ``is_unread``, ``seen_id`` (the last message that the customer has seen),
            ``date_customer_seen``, ``can_write``, ``obstacle`` (why the customer can't be written to, or False) and
            ``channel`` of the bus that tells of news
        """
        self.ensure_one()
        self.check_access("read")
        lead = self.sudo()
        messages = lead._get_conversation(after=after, before=before, limit=PAGE + 1)
        has_more = len(messages) > PAGE
        messages = messages[:PAGE] if after else messages[-PAGE:]
        return {
            "messages": lead._format_conversation(messages),
            "cards": self._get_cards(messages, after=after, before=before, has_more=has_more),
            "has_more": has_more,
            "is_unread": lead.is_unread,
            "can_write": self.has_access("write"),
            "obstacle": self._get_conversation_obstacle(),
            "channel": lead._get_conversation_channel(),
            "seen_id": lead.customer_seen_id,
            "date_customer_seen": lead.date_customer_seen and fields.Datetime.to_string(lead.date_customer_seen),
        }

    # ------------------------------------------------------------
    # SEEN
    # ------------------------------------------------------------

    def mark_conversation_read(self):
        """What the customer wrote is read."""
        self.check_access("write")
        self._mark_read()
        return True

    def _mark_read(self):
        unread = self.sudo().filtered("is_unread")
        unread._write_conversation(is_unread=False)
        unread._drop_mails_of_reader()
        unread._tell_conversation()

    def _merge_dependences_history(self, opportunities):
        """Browsers may have called messages of different leads the same; those of merged ones come no second time."""
        messages = self.env["mail.message"].sudo()
        domain = Domain("model", "=", "crm.lead") & Domain("res_id", "in", opportunities.ids)
        messages.search(domain & Domain("client_key", "!=", False)).client_key = False
        return super()._merge_dependences_history(opportunities)

    def _mark_seen_by_customer(self, message_id):
        """
        :param int message_id: the last message that the customer has on the screen
        """
        lead = self.sudo()
        if message_id > lead.customer_seen_id:
            lead._write_conversation(customer_seen_id=message_id, date_customer_seen=fields.Datetime.now())
            lead._tell_conversation()

    def _write_conversation(self, **values):
        """Written past the ORM: it is no change of the lead."""
        if not self:
            return
        assignments = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items())
        self.env.cr.execute(SQL("UPDATE crm_lead SET %s WHERE id = ANY(%s)", assignments, self.ids))
        self.invalidate_recordset(list(values), flush=False)

    def _message_post_after_hook(self, message, msg_vals):
        """Whatever way a message of the customer comes, the lead is unread; what a person of ours answers makes it
        read, what is sent by itself does not."""
        res = super()._message_post_after_hook(message, msg_vals)
        lead, message = self.sudo(), message.sudo()
        if message.filtered_domain(self._get_conversation_domain()):
            message.written_by = self.env.context.get("conversation_side")
            if not lead._filter_from_desk(message):
                lead._write_conversation(is_unread=True, date_customer_wrote=fields.Datetime.now())
            elif message.author_id != self.env.ref("base.partner_root"):
                lead._write_conversation(is_unread=False)
            lead._tell_conversation()
        return res

    def _tell_conversation(self):
        """Tell the screens of the desk that there is something new: ids only, they ask for it with their rights."""
        for lead in self.sudo():
            lead._get_reader()._bus_send(BUS_TYPE, {"lead_id": lead.id})
            self.env["bus.bus"]._sendone(lead._get_conversation_channel(), BUS_TYPE, {"lead_id": lead.id})

    def _get_conversation_channel(self):
        """The channel of whoever has this lead on the screen; nobody can guess it, and it ends with the link."""
        signature = hmac(self.env(su=True), BUS_TYPE, (self.id, self.access_token or ""))
        return f"{BUS_TYPE}_{self.id}_{signature}"


class MailMessage(models.Model):
    _inherit = "mail.message"

    client_key = fields.Char(
        groups=NO_ACCESS,
        copy=False,
        export_string_translation=False,
        help="What the browser called this message, so that it is posted once.",
    )

    written_by = fields.Selection(
        SIDES,
        groups=NO_ACCESS,
        copy=False,
        export_string_translation=False,
        help="From where it was written in the conversation with the customer of a lead; empty for mails.",
    )

    _client_key_uniq = models.UniqueIndex(
        "(res_id, client_key) WHERE client_key IS NOT NULL AND model = 'crm.lead'", "This message was sent already."
    )
