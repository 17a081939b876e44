import re
from itertools import count

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .crm_lead_machine import MACHINE
from .own_transaction import own_transaction

CODE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
# what stands in addresses of ours beside the codes
RESERVED = ("health",)
OF_COMPANY = "['|', ('company_id', '=', False), ('company_id', '=', company_id)]"
KINDS = [("json", "JSON"), ("form", "Web form"), ("mail", "E-mail"), ("facebook", "Facebook Lead Ads")]


class IntakeError(UserError):
    """What keeps a request from becoming a lead, in words for the journal and for who sent it.

    :param str message: names the value and says what to do; nothing of the database
    :param str field: where it stood in what was sent, or the lead's field
    :param int status: of HTTP
    """

    def __init__(self, message, field="", status=422):
        super().__init__(message)
        self.field = field
        self.status = status


class CrmIntakeChannel(models.Model):
    """A way by which inquiries come in by themselves: who may send them, and what leads they become."""

    _name = "crm.intake.channel"
    _description = "Intake Channel"
    _order = "sequence, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Char(
        compute="_compute_code",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        copy=False,
        help="Stands in the address of the channel. Small letters, digits, - and _.",
    )
    kind = fields.Selection(KINDS, required=True, default="json", help="How inquiries come in.")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="cascade"
    )
    mapping_ids = fields.One2many("crm.intake.mapping", "channel_id", "Field Map", copy=True)
    request_ids = fields.One2many("crm.intake.request", "channel_id", "Requests")
    request_count = fields.Integer(compute="_compute_request_count")

    # What leads of this channel are, unless the request says otherwise
    source_id = fields.Many2one("utm.source", help="Without one the channel gets a source of its own name.")
    medium_id = fields.Many2one("utm.medium")
    campaign_id = fields.Many2one("utm.campaign")
    lead_type_id = fields.Many2one(
        "crm.lead.type",
        domain=OF_COMPANY,
        ondelete="restrict",
    )
    team_id = fields.Many2one("crm.team", domain=OF_COMPANY, ondelete="set null")
    lang_id = fields.Many2one("res.lang", "Language")
    country_id = fields.Many2one("res.country")

    # Repeats
    repeat_hours = fields.Integer(
        "Repeats Within (Hours)",
        default=24,
        help="The same request that comes again within this time, without a number of its own, makes no second lead.",
    )
    again_days = fields.Integer(
        "Asks Again Within (Days)",
        default=0,
        help="Another inquiry of the same e-mail address or phone within this time belongs to the first. 0: each "
        "stands for itself.",
    )
    again = fields.Selection(
        [("lead", "A new lead, linked to the first"), ("message", "A message on the first lead")],
        "Then It Becomes",
        default="lead",
        required=True,
    )

    # Limits
    rate = fields.Integer(
        "Requests per Minute", default=0, help="More are refused until the minute is over. 0: no limit."
    )
    keep_days = fields.Integer(
        "Keep Requests (Days)",
        default=90,
        help="After this time what was sent is erased from the journal; that something came stays. 0: never.",
    )

    _code_uniq = models.UniqueIndex("(code)", "Another channel has this code.")
    _numbers_possible = models.Constraint(
        "CHECK (repeat_hours BETWEEN 0 AND 87600 AND again_days BETWEEN 0 AND 3650 AND rate >= 0 "
        "AND keep_days BETWEEN 0 AND 3650)",
        "Days are from 0 to 3650, hours from 0 to 87600, requests per minute from 0 on.",
    )
    _kept_for_repeats = models.Constraint(
        "CHECK (keep_days = 0 OR repeat_hours <= keep_days * 24)",
        "Requests have to be kept as long as repeats of them are to be known.",
    )

    # ------------------------------------------------------------
    # COMPUTES AND CONSTRAINTS
    # ------------------------------------------------------------

    @api.depends("name")
    def _compute_code(self):
        """A new channel is called in its address as it is called here; later its address stays."""
        for channel in self:
            if channel.name and not channel.code:
                stem = re.sub(r"[^a-z0-9-]+", "", self.env["ir.http"]._slugify(channel.name, 50)).strip("-")
                channel.code = channel._get_free_code(stem or "channel")
            else:
                channel.code = channel.code

    def _compute_request_count(self):
        counts = dict(
            self.env["crm.intake.request"]._read_group([("channel_id", "in", self.ids)], ["channel_id"], ["__count"])
        )
        for channel in self:
            channel.request_count = counts.get(channel, 0)

    @api.constrains("code")
    def _check_code(self):
        for channel in self:
            if not CODE.fullmatch(channel.code) or channel.code in RESERVED:
                raise ValidationError(
                    self.env._(
                        "“%(code)s” can't stand in an address. Use small letters, digits, - and _.", code=channel.code
                    )
                )

    @api.constrains("company_id", "lead_type_id", "team_id")
    def _check_companies(self):
        for channel in self:
            for record in (channel.lead_type_id, channel.team_id):
                if record.company_id and record.company_id != channel.company_id:
                    raise ValidationError(
                        self.env._(
                            "%(name)s belongs to another company than the channel %(channel)s.",
                            name=record.display_name,
                            channel=channel.name,
                        )
                    )

    def write(self, vals):
        if "company_id" in vals:
            self._check_company_stays(vals["company_id"])
        return super().write(vals)

    def _check_company_stays(self, company_id):
        """Who asked one company is nothing for the managers of another."""
        for channel in self.sudo():
            if channel.company_id.id != company_id and channel.request_ids:
                raise UserError(
                    self.env._(
                        "%(channel)s has taken in requests for %(company)s already. Make another one for another "
                        "company.",
                        channel=channel.name,
                        company=channel.company_id.name,
                    )
                )

    def copy_data(self, default=None):
        """A copy has an address of its own."""
        values = super().copy_data(default=default)
        return [
            {"code": channel._get_free_code(channel.code[:50]), **vals}
            for channel, vals in zip(self, values, strict=True)
        ]

    def _get_free_code(self, stem):
        channels = self.sudo().with_context(active_test=False).search([("code", "=like", f"{stem}%")])
        taken = {*channels.mapped("code"), *RESERVED}
        return next(code for number in count(1) if (code := f"{stem}-{number}" if number > 1 else stem) not in taken)

    # ------------------------------------------------------------
    # FINDING
    # ------------------------------------------------------------

    @api.model
    def _find_by_code(self, code, kind):
        """
        :return: crm.intake.channel as superuser, in its company; an empty set if there is none that is open
        """
        is_code = CODE.fullmatch(code)  # what else stands in an address is never asked for
        channel = self.sudo().search([("code", "=", code), ("kind", "=", kind)], limit=1) if is_code else self.sudo()
        return channel._at_work()

    def _at_work(self):
        """This channel as leads come in by it: as a machine, in its company and that company's language."""
        channel = self.sudo()
        company = channel.company_id
        return channel.with_user(self.env.ref("base.user_root")).with_company(company).with_context(
            lead_machine=MACHINE, lang=company.partner_id.lang or self.env.lang, allowed_company_ids=company.ids
        )  # fmt: skip

    # ------------------------------------------------------------
    # LIMITS
    # ------------------------------------------------------------

    def _is_within_rate(self):
        """Count a request, whatever becomes of it.

        :return: whether it is within the channel's limit
        """
        if not self.rate:
            return True
        with own_transaction(self.env["crm.lead.rate"]) as rates:
            return rates._count("intake", self.id, self.rate)

    def _count_refusal(self):
        """A request that proves nothing is counted and not written down."""
        with own_transaction(self.env["crm.intake.refusal"]) as refusals:
            refusals._count(self.id)

    # ------------------------------------------------------------
    # WHAT A REQUEST BECOMES
    # ------------------------------------------------------------

    def _prepare_defaults(self):
        """
        :return: dict of values of a lead of this channel
        """
        source = self.source_id or self.env["utm.mixin"]._find_or_create_record("utm.source", self.name)
        defaults = {
            "name": self.name,  # of one that says nothing, until somebody releases it
            "company_id": self.company_id.id,
            "source_id": source.id,
            "medium_id": self.medium_id.id,
            "campaign_id": self.campaign_id.id,
            "lead_type_id": self.lead_type_id.id or self.env["crm.lead.type"]._get_default_id(self.company_id.id),
            "team_id": self.team_id.id,
            "lang_id": self.lang_id.id,
            "country_id": self.country_id.id,
            "user_id": False,  # else it would be the machine's
        }
        return {name: value for name, value in defaults.items() if value or name == "user_id"}

    def _read(self, intake):
        """What a request says, in the form in which the rows of the field map look into it.

        :param intake: crm.intake.request
        :raise IntakeError: for what can't be read
        """
        return getattr(self, f"_read_{self.kind}")(intake)

    def action_open_requests(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_intake_request_action")
        name = self.env._("Requests of %(channel)s", channel=self.name)
        return {**action, "name": name, "domain": [("channel_id", "=", self.id)], "context": {}}


class CrmIntakeRefusal(models.Model):
    """How many requests of a day were not let in: without a valid secret, from foreign sites, by robots."""

    _name = "crm.intake.refusal"
    _description = "Refused Requests"
    _order = "date desc"
    _log_access = False

    channel_id = fields.Many2one("crm.intake.channel", required=True, ondelete="cascade", readonly=True)
    date = fields.Date(required=True, readonly=True)
    count = fields.Integer(required=True, readonly=True)

    _date_uniq = models.UniqueIndex("(channel_id, date)")

    @api.model
    def _count(self, channel_id):
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_intake_refusal (channel_id, date, count) VALUES (%s, %s, 1)
                   ON CONFLICT (channel_id, date) DO UPDATE SET count = crm_intake_refusal.count + 1""",
                channel_id,
                fields.Date.today(),
            )
        )
