import hashlib
import hmac
import json
import re
from contextlib import suppress

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import NO_ACCESS, Domain

from .crm_intake_channel import IntakeError
from .intake_graph import GraphClient
from .intake_json import JsonProblem, read_object

# where the Graph API is; the version is the channel's
GRAPH_URL = "crm_lead_lifecycle.graph_url"
DEFAULT_GRAPH_URL = "https://graph.facebook.com"
# a notification may name a thousand leads
MOST_NOTIFIED = 50_000
# what Facebook calls its own questions, for a channel without a field map
QUESTIONS = {
    "full_name": "contact_name",
    "email": "email_from",
    "work_email": "email_from",
    "phone_number": "phone",
    "work_phone_number": "phone",
    "street_address": "street",
    "post_code": "zip",
    "zip_code": "zip",
    "city": "city",
    "country": "country_id",
    "state": "state_id",
    "province": "state_id",
    "job_title": "function",
    "company_name": "partner_name",
}
NAME_PARTS = ("first_name", "last_name")
SAMPLED = ("full_name", "email", "phone_number")


class CrmIntakeChannel(models.Model):
    """Facebook tells that a lead form was filled in, and is asked then for what was filled in."""

    _inherit = "crm.intake.channel"

    app_secret = fields.Char("App Secret as Kept", groups=NO_ACCESS, copy=False, export_string_translation=False)
    app_secret_entry = fields.Char(
        "App Secret",
        compute="_compute_app_secret_entry",
        inverse="_inverse_app_secret_entry",
        help="Of your app at Facebook, under Settings, Basic. It is kept and never shown again.",
    )
    app_secret_hint = fields.Char("App Secret Ends With", readonly=True, copy=False)
    graph_version = fields.Char(
        "Graph API Version", default="v23.0", help="Facebook ends old versions after about two years."
    )
    facebook_url = fields.Char("Callback URL", compute="_compute_facebook_url", help="Enter it at Facebook.")
    page_ids = fields.One2many("crm.intake.facebook.page", "channel_id", "Pages", copy=False)
    page_problem = fields.Char(compute="_compute_page_problem")

    @api.depends("app_secret_hint")
    def _compute_app_secret_entry(self):
        self.app_secret_entry = False

    def _inverse_app_secret_entry(self):
        for channel in self.filtered("app_secret_entry"):
            secret = channel.app_secret_entry.strip()
            channel.sudo().write({"app_secret": secret, "app_secret_hint": secret[-4:]})

    @api.depends("code")
    def _compute_facebook_url(self):
        for channel in self:
            channel.facebook_url = channel.code and f"{channel.get_base_url()}/lead_intake/{channel.code}/facebook"

    @api.depends("kind", "page_ids.problem")
    def _compute_page_problem(self):
        for channel in self:
            troubled = channel.page_ids.filtered(lambda page: page.channel_id.kind == "facebook" and page.problem)
            channel.page_problem = " ".join(f"{page.name}: {page.problem}" for page in troubled) or False

    @api.constrains("graph_version")
    def _check_graph_version(self):
        for channel in self:
            if not re.fullmatch(r"v\d{1,3}\.\d{1,2}", channel.graph_version or ""):
                raise ValidationError(self.env._("Write the version of the Graph API such as v23.0."))

    # ------------------------------------------------------------
    # WHO SENDS
    # ------------------------------------------------------------

    def action_new_verify_token(self):
        """Show a new verify token, this once; Facebook asks for it when the callback URL is entered there."""
        self.check_access("write")
        return self.env["crm.secret"]._show(
            self.env._("Verify token of %(channel)s", channel=self.name),
            self._new_secret(),
            self.env._("Facebook asks for it when the callback URL is entered there."),
        )

    def _is_from_facebook(self, signature, raw):
        """
        :param str signature: the header ``X-Hub-Signature-256``
        :param bytes raw: the body as it came
        """
        secret = self.sudo().app_secret
        if not secret:
            return False
        expected = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        return hmac.compare_digest((signature or "").encode(errors="replace"), expected.encode())

    # ------------------------------------------------------------
    # WHAT COMES IN
    # ------------------------------------------------------------

    def _read_notification(self, raw):
        """
        :param bytes raw: what Facebook sent
        :return: list of dicts, one a lead that somebody left
        :raise IntakeError: for what is no notification
        """
        try:
            body = read_object(raw, MOST_NOTIFIED)
        except JsonProblem as problem:
            raise self._tell_problem(problem) from problem
        changes = [change for entry in _list(body, "entry") for change in _list(entry, "changes")]
        values = [
            change.get("value") for change in changes if isinstance(change, dict) and change.get("field") == "leadgen"
        ]
        return [value for value in values if isinstance(value, dict) and is_number(value.get("leadgen_id"))]

    def _receive_leadgen(self, content):
        """Write down that there is a lead at Facebook, once for each.

        :param dict content: its ``leadgen_id`` and what else is known of it
        """
        number = str(content["leadgen_id"])
        with suppress(IntakeError):  # its content is erased by now: it was here, and Facebook tells of it once more
            payload = json.dumps(content, ensure_ascii=False)
            fingerprint = f"leadgen {number}"
            self.env["crm.intake.request"]._receive(self, payload, number, "application/json", fingerprint=fingerprint)
        self.env.ref("crm_lead_lifecycle.crm_intake_fetch_cron")._trigger()

    # ------------------------------------------------------------
    # WHAT IT SAYS
    # ------------------------------------------------------------

    def _read_facebook(self, intake):
        """The answers by the names of their questions, and under ``lead`` what Facebook says of it all."""
        content = self._read_json(intake)
        answers = {}
        for row in _list(content, "field_data"):
            name, given = row.get("name"), row.get("values")
            if isinstance(name, str) and name and isinstance(given, list):
                answers[name] = ", ".join(str(value) for value in given if isinstance(value, str | int | float))
        if not answers:
            raise IntakeError(self.env._("Facebook says nothing about who it was."), "field_data")
        about = {key: value for key, value in content.items() if key != "field_data"}
        if self.mapping_ids:
            return {**answers, "lead": about}
        return self._complete_answers(answers)

    def _prepare_sample(self):
        """What Facebook answers when it is asked for a lead."""
        sample = super()._prepare_sample()
        if self.kind != "facebook":
            return sample
        if not self.mapping_ids:
            sample = {question: sample[QUESTIONS[question]] for question in SAMPLED}
        about = sample.pop("lead", None)
        rows = [{"name": question, "values": [answer]} for question, answer in sample.items()]
        return {**(about if isinstance(about, dict) else {}), "field_data": rows}

    def _complete_answers(self, answers):
        """What goes where without a field map: Facebook's own questions to their fields, all others into the request,
        so that nothing is lost.

        :param dict answers: by question
        :return: dict by field
        """
        values, others = {}, []
        name = " ".join(filter(None, (answers.get(part) for part in NAME_PARTS)))
        if name:
            values["contact_name"] = name
        for question, answer in answers.items():
            if question in QUESTIONS:
                values.setdefault(QUESTIONS[question], answer)
            elif question not in NAME_PARTS and answer:
                others.append(f"{question.replace('_', ' ').strip()}: {answer}")
        if others:
            values["request"] = "\n".join(others)
        return values


class CrmIntakeFacebookPage(models.Model):
    """A page at Facebook whose lead forms are read, and the token to read them with."""

    _name = "crm.intake.facebook.page"
    _description = "Facebook Page"
    _order = "name, id"

    channel_id = fields.Many2one("crm.intake.channel", required=True, ondelete="cascade", index=True)
    name = fields.Char(required=True)
    number = fields.Char("Page ID", required=True, help="Stands at Facebook under About, Page transparency.")
    token = fields.Char("Token as Kept", groups=NO_ACCESS, copy=False, export_string_translation=False)
    token_entry = fields.Char(
        "Page Access Token",
        compute="_compute_token_entry",
        inverse="_inverse_token_entry",
        help="A lasting one with the permission leads_retrieval. It is kept and never shown again.",
    )
    token_hint = fields.Char("Token Ends With", readonly=True, copy=False)
    date_from = fields.Datetime(
        "Leads Since",
        required=True,
        default=fields.Datetime.now,
        help="What was left before is not read. Facebook keeps leads for 90 days.",
    )
    form_ids = fields.One2many("crm.intake.facebook.form", "page_id", "Lead Forms", readonly=True)
    date_looked = fields.Datetime("Looked for Missed Leads", readonly=True, copy=False)
    problem = fields.Char("What Is Wrong", readonly=True, copy=False)

    _number_uniq = models.UniqueIndex("(channel_id, number)", "The channel has this page already.")

    @api.depends("token_hint")
    def _compute_token_entry(self):
        self.token_entry = False

    def _inverse_token_entry(self):
        """With a new token what waits is fetched at once."""
        for page in self.filtered("token_entry"):
            token = page.token_entry.strip()
            page.sudo().write({"token": token, "token_hint": token[-4:], "problem": False})
            page.action_look()

    @api.constrains("number")
    def _check_number(self):
        for page in self:
            if not is_number(page.number):
                raise ValidationError(self.env._("The ID of a page is a number such as 106543219876543."))

    def _get_client(self):
        channel = self.sudo().channel_id
        base = self.env["ir.config_parameter"].sudo().get_param(GRAPH_URL) or DEFAULT_GRAPH_URL
        return GraphClient(base, channel.graph_version, self.sudo().token or "", channel.app_secret or "")

    def _tell_problem(self, problem):
        """
        :param problem: GraphProblem
        :return: a sentence
        """
        values = {"detail": problem.detail}
        return {
            "token": self.env._("Facebook refuses the token of this page, enter a new one: %(detail)s", **values),
            "permission": self.env._("The token lacks a permission such as leads_retrieval: %(detail)s", **values),
            "limit": self.env._("Facebook wants to be asked less often for a while: %(detail)s", **values),
            "down": self.env._("Facebook does not answer: %(detail)s", **values),
            "gone": self.env._("There is no such lead at Facebook any more: %(detail)s", **values),
            "answer": self.env._("Facebook answers what was not asked: %(detail)s", **values),
        }[problem.word]  # fmt: skip

    def action_look(self):
        """Fetch at once what waits and what was missed."""
        self.check_access("write")
        self.sudo().date_looked = False
        waiting = Domain("page_id", "in", self.ids) & Domain("date_retry", "!=", False)
        self.env["crm.intake.request"].sudo().search(waiting).date_retry = fields.Datetime.now()
        for job in ("crm_intake_fetch_cron", "crm_intake_look_cron"):
            self.env.ref(f"crm_lead_lifecycle.{job}").sudo()._trigger()
        return True


def _list(value, key):
    """The dicts of a list in a dict, whatever was sent."""
    rows = value.get(key) if isinstance(value, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def is_number(value):
    """Whether it is a number as Facebook gives them to things, which may stand in an address."""
    return (
        isinstance(value, str | int) and not isinstance(value, bool) and bool(re.fullmatch(r"[0-9]{1,40}", str(value)))
    )
