import hashlib
import json
import logging
from datetime import timezone
from email.utils import parsedate_to_datetime

from markupsafe import Markup

from odoo import api, fields, models
from odoo.modules import module
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import email_normalize, plaintext2html

from .crm_intake_mapping import LONGEST, LONGEST_LINE, LONGEST_NAME
from .crm_intake_request import LONGEST_ID
from .intake_expression import search
from .intake_json import JsonProblem, make_storable, read_object
from .intake_mail import (
    find_after,
    is_answered_by_machine,
    mend_charsets,
    read_header,
    read_parts,
    read_pasted,
    read_words,
)

_logger = logging.getLogger(__name__)
# of the headers what helps to find out what happened
KEPT_HEADERS = ("To", "Delivered-To", "List-Id", "Auto-Submitted")


class CrmIntakeChannel(models.Model):
    """Inquiries by e-mail: each channel has an address of its own, by Odoo's own aliases. Odoo decides what is an
    answer to something it has sent, a bounce or a loop; the rest is written down and then becomes a lead."""

    _name = "crm.intake.channel"
    _inherit = ["crm.intake.channel", "mail.alias.mixin.optional", "crm.lead.ready.made"]

    alias_id = fields.Many2one(help="Mails to this address become leads.")

    def _alias_get_creation_values(self):
        # leads, not requests: an answer to a lead that goes to this address as well belongs to the lead
        return {**super()._alias_get_creation_values(), "alias_model_id": self.env["ir.model"]._get_id("crm.lead")}

    # ------------------------------------------------------------
    # COMING IN
    # ------------------------------------------------------------

    def _take_in_mail(self, message, message_dict, reason=""):
        """Write a mail down and make a lead of it after that.

        :param message: email.message.EmailMessage
        :param dict message_dict: what Odoo has read of it
        :param str reason: why a person has to look at it first
        :return: id of the lead, where it is made at once
        """
        files = [(make_storable(file[0] or ""), file[1]) for file in message_dict.get("attachments") or ()]
        channel = self._at_work().with_context(intake_files=files)
        payload = make_storable(json.dumps(read_parts(message), ensure_ascii=False, indent=2))
        # a mail that comes by two ways is the same, whatever was written below it on the way
        number = _get_number(message_dict["message_id"]) if message.get("Message-Id") else None
        headers = {name: text[:LONGEST_ID] for name in KEPT_HEADERS if (text := read_header(message, name))}
        waiting = {"state": "quarantined", "error": reason} if reason else {}
        intake, is_repeat = channel.env["crm.intake.request"]._receive(
            channel, payload, number, "message/rfc822", headers, fingerprint=number, **waiting
        )
        if is_repeat or reason:
            return False
        return intake._process_after_commit(self.env.cr)

    def _get_loop_reason(self):
        return self.env._("Very many mails come from this address: they may answer each other.")

    # ------------------------------------------------------------
    # UNDERSTANDING
    # ------------------------------------------------------------

    def _read_mail(self, intake):
        return read_words(intake._get_parts())

    def _understand(self, content, is_strict=True):
        """The words of a mail that no row of the field map understands are the request, and who sent it is who asks.
        Where a row says who asks, a portal sends the mails: an answer goes to another address than the portal's, if the
        mail names one."""
        values, remarks = super()._understand(content, is_strict)
        if self.kind != "mail":
            return values, remarks
        rows = self.mapping_ids
        is_understood = any(row._find(content) for row in rows)
        name, address = content["sender"]
        is_by_portal = is_understood and "email_from" in rows.mapped("target") and not content["is_for_other"]
        if not values.get("email_from") and not is_by_portal:
            values["email_from"] = email_normalize(address) or False
            values["contact_name"] = values.get("contact_name") or self._convert(
                "", "contact_name", name[:LONGEST_LINE]
            )
        values["request"] = values.get("request") or content["text"][: LONGEST["text"]]
        subject = content["subject"][:LONGEST_NAME]
        if subject and not any(row.target == "name" and row._find(content) for row in rows):
            values["name"] = subject
        first_line = next(iter(values["request"].splitlines()), "")[:LONGEST_NAME]
        values["name"] = values.get("name") or first_line or values.get("email_from") or self.name
        remarks += content.get("problems", ())
        if rows and not is_understood:
            remarks.append(self.env._("No row of the field map fits this mail."))
        return {key: value for key, value in values.items() if value}, remarks

    # ------------------------------------------------------------
    # THE LEAD
    # ------------------------------------------------------------

    def _take_in(self, values, intake):
        if self.kind == "mail":  # the mail is on the lead; nothing else tells that it came
            self = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        return super()._take_in(values, intake)

    def _add_to_new(self, lead, intake):  # pylint: disable=missing-return
        super()._add_to_new(lead, intake)
        if self.kind == "mail":
            intake._post_mail(lead, lead._creation_subtype())

    def _add_to_earlier(self, lead, values, intake):
        if self.kind != "mail":
            return super()._add_to_earlier(lead, values, intake)
        return intake._post_mail(lead, self.env.ref("mail.mt_comment"))


class CrmIntakeMapping(models.Model):
    """Finding a value in a mail."""

    _inherit = "crm.intake.mapping"

    def _find(self, content):
        return getattr(self, f"_pick_{self.how}")(content)

    def _pick_label(self, content):
        others = (self.channel_id.mapping_ids - self).filtered(lambda row: row.how == "label").mapped("path")
        is_long = self.target == "request"
        found = (find_after(text, self.path, others, is_long) for text in content.get("texts", ()))
        return next(filter(None, found), None)

    def _pick_regex(self, content):
        found = content.setdefault("found", {})  # by expression, as each is asked for twice
        if self.path not in found:
            texts = [text for text in (*content.get("texts", ()), content.get("subject")) if isinstance(text, str)]
            try:
                found[self.path] = search(self.path, texts)
            except TimeoutError:
                found[self.path] = None
                message = self.env._("The expression %(expression)s takes too long for it.", expression=self.path)
                content.setdefault("problems", []).append(message)
        return found[self.path]

    def _pick_cell(self, content):
        label = _get_label(self.path)
        return next((value for cell, value in content.get("cells", ()) if value and _get_label(cell) == label), None)


class CrmIntakeRequest(models.Model):
    """Mails in the journal, with their files until a lead has them."""

    _inherit = "crm.intake.request"

    file_ids = fields.One2many(
        "ir.attachment", "res_id", "Files", domain=[("res_model", "=", "crm.intake.request")], readonly=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        """The files of a mail are written down with it."""
        intakes = super().create(vals_list)
        files = self.env.context.get("intake_files")
        if files:
            self.env["ir.attachment"].create(
                [
                    {"name": name, "raw": _to_bytes(content), "res_model": self._name, "res_id": intake.id}
                    for intake in intakes
                    if intake.state != "duplicate"
                    for name, content in files
                ]
            )
        return intakes

    def _get_parts(self):
        """The parts of a mail, as they were written down or as somebody pasted them."""
        payload = self.payload or ""
        try:
            parts = read_object(payload.encode(errors="replace"))
        except JsonProblem:
            return read_pasted(payload)
        return {name: text for name, text in parts.items() if isinstance(text, str)}

    def _process_after_commit(self, cr):
        """Make a lead of this request once the gateway's transaction is over, in one of its own: what goes wrong there
        does not make Odoo lose the mail, and neither waits for what the other has locked.

        :param cr: the gateway's cursor
        :return: id of the lead in tests, which have one transaction
        """
        if module.current_test:
            self._process()
            return self.lead_id.id
        dbname, intake_id = cr.dbname, self.id
        cr.postcommit.add(lambda: _process(dbname, intake_id))
        return False

    def _post_mail(self, lead, subtype):
        """The mail itself, with its files, on the thread of its lead. By its number Odoo knows what answers it."""
        mail = self._get_parts()
        author = self.env["mail.thread"]._partner_find_from_emails_single([mail.get("from") or ""], no_create=True)
        # whoever of ours forwards a mail has not written it, and anybody can give our address as theirs
        author = author.filtered(lambda partner: all(user.share for user in partner.sudo().user_ids))
        files = self.sudo().file_ids
        files.write({"res_model": "crm.lead", "res_id": lead.id})
        values = {"message_id": self.external_id} if self.external_id else {}
        return lead.message_post(
            message_type="email",
            subtype_id=subtype.id,
            subject=mail.get("subject"),
            body=Markup(mail["html"]) if mail.get("html") else plaintext2html(mail.get("text") or ""),
            email_from=mail.get("from") or lead.email_from,
            author_id=author.id,
            date=_read_date(mail.get("date")) or self.date,
            attachment_ids=files.ids,
            **values,
        )

    def _erase(self):  # pylint: disable=missing-return
        super()._erase()
        self.sudo().file_ids.unlink()


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_parse(self, message, save_original=False):
        mend_charsets(message)
        return super().message_parse(message, save_original=save_original)

    def _message_route_process(self, message, message_dict, routes):
        """Mails to a channel are written down before anybody tries to understand them; what Odoo's routing knows as an
        answer goes to its lead."""
        channels = [(route, self._find_intake_channel(route)) for route in routes or ()]
        others = [route for route, channel in channels if not channel]
        # before Odoo's own, which takes things out of what it has read
        lead_id = False
        for channel in filter(None, (channel for _route, channel in channels)):
            if is_answered_by_machine(message):
                channel._count_refusal()
            else:
                lead_id = channel._take_in_mail(message, message_dict)
        return super()._message_route_process(message, message_dict, others) if others else lead_id

    def _detect_loop_sender(self, message, message_dict, routes):
        """What looks like a loop makes no lead. It may be a portal all the same: a person looks at it."""
        is_loop = super()._detect_loop_sender(message, message_dict, routes)
        if is_loop and not is_answered_by_machine(message):
            for channel in filter(None, map(self._find_intake_channel, routes or ())):
                channel._take_in_mail(message, message_dict, channel._get_loop_reason())
        return is_loop

    @api.model
    def _find_intake_channel(self, route):
        _model, thread_id, _custom_values, _user_id, alias = route
        channels = self.env["crm.intake.channel"].sudo()
        if not alias or thread_id:
            return channels
        return channels.search([("alias_id", "=", alias.id), ("kind", "=", "mail")], limit=1)


def _process(dbname, intake_id):
    """As a request does it: once more if somebody else has changed the same. What does not work out now, the scheduled
    job does later."""
    try:
        with Registry(dbname).cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            retrying(env["crm.intake.request"].browse(intake_id)._process, env)
    except Exception:
        _logger.exception("Request %s waits for the scheduled job", intake_id)


def _get_number(message_id):
    """By what a mail is known; long ones are not cut, as they may begin alike."""
    if len(message_id) > LONGEST_ID:
        return hashlib.sha256(message_id.encode(errors="replace")).hexdigest()
    return make_storable(message_id)


def _get_label(text):
    return " ".join(text.split()).rstrip(" :*").casefold()


def _to_bytes(content):
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else content.as_bytes()


def _read_date(text):
    try:
        moment = parsedate_to_datetime(text)
        return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
    except (TypeError, ValueError, OverflowError):
        return None
