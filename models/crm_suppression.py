import hashlib
import hmac
import re
import secrets

from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL, email_normalize_all, format_date, ormcache

KINDS = [("phone", "Phone number"), ("email", "E-mail address")]
SECRET = "crm_lead_lifecycle.suppression_secret"
# what may be one number: up to a word, a plus or what divides numbers in one field
NUMBER = re.compile(r"\+?\d(?:\d|[^\w+/,;|\n])*")
# where a further one may begin all the same
NEXT_NUMBER = re.compile(r"\s-\s|(?<!\s)\s+(?=0\d)")
FEWEST_DIGITS = 6


class CrmSuppression(models.Model):
    """Whom a company may not approach any more, since they asked to be erased: a keyed hash of each phone number and
    e-mail address. It tells that somebody is that person, never who it is.

    A row counts until it is lifted: by a manager, or by a consent to be called that the person gives later.
    """

    _name = "crm.suppression"
    _description = "Suppressed Contact"
    _order = "date desc, id desc"

    kind = fields.Selection(KINDS, required=True, readonly=True)
    key = fields.Char(required=True, readonly=True, groups=NO_ACCESS, export_string_translation=False)
    company_id = fields.Many2one("res.company", "Company", required=True, readonly=True, ondelete="cascade")
    date = fields.Datetime("Erased", required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one(
        "res.users", "Erased By", readonly=True, default=lambda self: self.env.user, ondelete="set null"
    )
    active = fields.Boolean("In Force", default=True, readonly=True)
    date_lifted = fields.Datetime("Lifted", readonly=True)
    lifted_by_id = fields.Many2one("res.users", "Lifted By", readonly=True, ondelete="set null")
    lift_reason = fields.Char("Why Lifted", readonly=True)
    is_consented = fields.Boolean(
        "Lifted by a Consent", readonly=True, help="It is in force again once that consent is withdrawn."
    )

    _key_uniq = models.UniqueIndex("(key, company_id)", "This contact is suppressed already.")

    @api.depends("kind", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for row in self:
            row.display_name = f"{kinds.get(row.kind, '')} {fields.Date.to_string(row.date)}"

    # ------------------------------------------------------------
    # FINDING
    # ------------------------------------------------------------

    @api.model
    def _get_key(self, kind, value):
        """
        :param str kind: ``phone`` or ``email``
        :param str value: in E.164, or the digits of a number that can't be read; or the normalised address
        """
        if kind == "email":  # whatever is behind a plus comes into the same mailbox
            name, _at, domain = value.rpartition("@")
            value = f"{name.partition('+')[0] or name}@{domain}".lower()
        return hmac.new(self._get_secret().encode(), f"{kind} {value}".encode(), hashlib.sha256).hexdigest()

    @api.model
    def _get_secret(self):
        """A secret of our own: Odoo gives another one to copies of a database and to backups that are restored as
        such, with which nobody would be known again."""
        parameters = self.env["ir.config_parameter"].sudo()
        secret = parameters.get_param(SECRET)
        if not secret:
            secret = secrets.token_hex(32)
            parameters.set_param(SECRET, secret)
        return secret

    @api.model
    @ormcache()
    def _get_company_ids(self):
        """Ids of the companies in which anybody is or was suppressed."""
        groups = self.sudo().with_context(active_test=False)._read_group([], ["company_id"])
        return tuple(company.id for (company,) in groups)

    @api.model
    def _get_written(self, phones=(), emails=()):
        """All numbers and addresses that stand in what somebody has typed: fields take several.

        :param phones: records with a phone, each with its number in E.164, if it can be read, and as it was written
        :param emails: texts
        :return: numbers in E.164, else their digits; normalised addresses
        """
        numbers = []
        for record, sanitized, written in phones:
            if sanitized or not written:
                numbers += filter(None, [sanitized])
                continue
            country = "country_id" in record and record.country_id or self.env.company.country_id
            numbers += self._read_numbers(written, country)
        return numbers, [address for text in emails if text for address in email_normalize_all(text)]

    @api.model
    def _read_numbers(self, written, country):
        """All numbers in a text, whatever else stands there. A text that can be read in more than one way has the
        numbers of each: it is better to know an erased person by one number too many than not to know them.

        :param str written: what somebody has typed
        :param country: res.country of numbers without a prefix
        :return: numbers in E.164; the digits of those that can't be read
        """
        found = PhoneNumberMatcher(written, country.code or None, leniency=Leniency.VALID)
        numbers = [format_number(match.number, PhoneNumberFormat.E164) for match in found]
        for part in NUMBER.findall(written):
            pieces = {part, *NEXT_NUMBER.split(part)}
            numbers += filter(None, (self._phone_format(number=piece, country=country) for piece in pieces))
            digits = re.sub(r"\D", "", part)
            if len(digits) >= FEWEST_DIGITS:
                numbers.append(digits)
        return numbers

    @api.model
    def _map_rows(self, contacts, active=True):
        """Which of many contacts are suppressed, with one query; with none where nobody is.

        :param dict contacts: ``{anything: (company, phones, emails)}``, numbers in E.164 and normalised addresses
        :param bool active: whether the rows are in force
        :return: ``{anything: crm.suppression}`` as superuser, of those that are
        """
        known = self._get_company_ids()
        contacts = {contact: about for contact, about in contacts.items() if about[0].id in known}
        if not contacts:
            return {}
        rows = self.sudo().with_context(active_test=False)
        companies = {company.id for company, _phones, _emails in contacts.values()}
        domain = Domain("company_id", "in", companies) & Domain("active", "=", active)
        keys = {
            contact: {
                *(self._get_key("phone", phone) for phone in phones if phone),
                *(self._get_key("email", email) for email in emails if email),
            }
            for contact, (_company, phones, emails) in contacts.items()
        }
        found = rows.search_fetch(domain & Domain("key", "in", set().union(*keys.values())), ["key", "company_id"])
        by_key = {(row.key, row.company_id): row for row in found}
        mapped = {
            contact: rows.union(*filter(None, (by_key.get((key, contacts[contact][0])) for key in of_contact)))
            for contact, of_contact in keys.items()
        }
        return {contact: of_contact for contact, of_contact in mapped.items() if of_contact}

    def _get_notice(self):
        """Why who is known by these rows is not approached, and what lifts it."""
        return self.env._(
            "This person asked to be erased on %(date)s. A consent to be called lifts that, or a sales manager in the "
            "list of suppressed contacts.",
            date=format_date(self.env, max(self.mapped("date"))),
        )

    # ------------------------------------------------------------
    # SUPPRESSING AND LIFTING
    # ------------------------------------------------------------

    @api.model
    def _suppress(self, companies, phones, emails):
        """
        :param companies: res.company that may not approach these contacts any more
        :param phones: numbers in E.164
        :param emails: normalised addresses
        :return: the crm.suppression
        """
        wanted = {self._get_key("phone", phone): "phone" for phone in phones}
        wanted |= {self._get_key("email", email): "email" for email in emails}
        keys = sorted(wanted)  # two who suppress the same wait for each other in the same order
        now = fields.Datetime.now()
        # a row that somebody else has made since this transaction began: the database has Odoo repeat the request
        new = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_suppression (kind, key, company_id, date, create_uid, create_date)
                SELECT contact.kind, contact.key, company.id, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(kinds)s::varchar[], %(keys)s::varchar[]) AS contact (kind, key),
                       unnest(%(companies)s::int[]) AS company (id)
                 ORDER BY contact.key, company.id
                    ON CONFLICT (key, company_id) DO NOTHING
             RETURNING id
                """,
                now=now,
                uid=self.env.uid,
                kinds=[wanted[key] for key in keys],
                keys=keys,
                companies=companies.ids,
            )
        )
        if new:
            self.env.registry.clear_cache()
            # others who asked in the meantime were told that there is nobody
            self.env.cr.postcommit.add(self.env.registry.clear_cache)
        rows = self.sudo().with_context(active_test=False)
        rows = rows.search(Domain("key", "in", keys) & Domain("company_id", "in", companies.ids))
        rows.write({**self._prepare_force_values(), "date": now, "user_id": self.env.uid})
        self.env["crm.lead"]._follow_suppression(list(phones), list(emails))
        return rows

    @api.model
    def _prepare_force_values(self):
        return {
            "active": True,
            "date_lifted": False,
            "lifted_by_id": False,
            "lift_reason": False,
            "is_consented": False,
        }

    def _lift(self, reason, is_consented=False):
        """Let these contacts be approached again.

        :param str reason: for the record
        :param bool is_consented: whether the person has consented to it
        :raise UserError: without a reason
        """
        if not (reason or "").strip():
            raise UserError(self.env._("Say why they may be approached again."))
        self.sudo().filtered("active").write(
            {
                "active": False,
                "date_lifted": fields.Datetime.now(),
                "lifted_by_id": self.env.uid,
                "lift_reason": reason.strip(),
                "is_consented": is_consented,
            }
        )
        self.env["crm.lead"]._follow_lift()

    def action_lift(self):
        """Open the dialog that asks for the reason."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_suppression_lift_action")
        return {**action, "context": {"dialog_size": "medium", "default_suppression_ids": self.ids}}


class CrmConsentPurpose(models.Model):
    _inherit = "crm.consent.purpose"

    allows_calls = fields.Boolean(
        "Allows Calls of Campaigns",
        help="Whoever gives this consent after their data were erased on their request may be called again.",
    )


class CrmConsent(models.Model):
    """Whoever agrees to be called after they asked to be erased is suppressed no longer, until they withdraw it."""

    _inherit = "crm.consent"

    @api.model_create_multi
    def create(self, vals_list):
        consents = super().create(vals_list)
        consents.sudo().filtered("purpose_id.allows_calls")._follow_suppression()
        return consents

    def _follow_suppression(self):
        contacts = {consent: consent._get_suppression_contact() for consent in self}
        suppressions = self.env["crm.suppression"]
        for consent, rows in suppressions._map_rows(contacts).items():
            if consent.state == "given":
                rows.filtered(lambda row, consent=consent: row.date < consent.date)._lift(
                    self.env._("Consent of %(date)s", date=fields.Date.to_string(consent.date)), is_consented=True
                )
        for consent, rows in suppressions._map_rows(contacts, active=False).items():
            if consent.state == "withdrawn":
                rows.filtered("is_consented").write(suppressions._prepare_force_values())
                _company, phones, emails = contacts[consent]
                self.env["crm.lead"]._follow_suppression(phones, emails)

    def _get_suppression_contact(self):
        lead, partner = self.lead_id, self.partner_id
        if lead:
            return lead._get_suppression_contact()
        return partner._get_suppression_contact()


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    def write(self, vals):
        if {"key", "value"} & vals.keys():
            self._check_suppression_secret()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _check_suppression_secret(self):
        """
        :raise UserError: for what erased persons are known by
        """
        if SECRET in self.mapped("key") and self.env["crm.suppression"]._get_company_ids():
            raise UserError(
                self.env._(
                    "Without %(parameter)s nobody who was erased would be known again. It stays.", parameter=SECRET
                )
            )
