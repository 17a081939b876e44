import json
import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .crm_intake_channel import IntakeError
from .intake_json import make_storable
from .own_transaction import own_transaction

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?")
# what a form sends beside the fields of the lead
TRAP = "second_remark"
SECONDS = "seconds_to_fill"
CONSENT = "consent"
PAGE = "page"
UTM_FIELDS = {"utm_source": "source_id", "utm_medium": "medium_id", "utm_campaign": "campaign_id"}
USUAL_FIELDS = ("contact_name", "email_from", "phone", "request")
INPUT_TYPES = {"email_from": "email", "phone": "tel", "website": "url", "target_year": "number"}
MOST_FIELDS = 200
LONGEST_PAGE = 500
LONGEST_VERSION = 50
# the form tells without a script what it tells with one; the script only adds where the visitor came from
SCRIPT = """\
  <script>
    (function (form) {
      var query = new URLSearchParams(location.search);
      ["utm_source", "utm_medium", "utm_campaign"].forEach(function (name) {
        form.elements[name].value = query.get(name) || "";
      });
      form.elements.page.value = location.href;
      form.addEventListener("submit", function () {
        form.elements.seconds_to_fill.value = Math.round(performance.now() / 1000);
      });
    })(document.currentScript.parentNode);
  </script>"""


class CrmIntakeChannel(models.Model):
    """Inquiries by a form on any web site: the form to paste, from where it may be sent, and how robots are told."""

    _inherit = "crm.intake.channel"

    allowed_origins = fields.Text(
        "Allowed Sites",
        help="One a line, such as https://www.example.org. Only forms of these sites are taken in, and their scripts "
        "may send them. Empty: forms of any site, without scripts.",
    )
    thanks_url = fields.Char("Then Show", help="The address of a page that says thank you. Empty: a page of ours.")
    fill_seconds = fields.Integer(
        "Shortest Time to Fill In (Seconds)",
        default=3,
        help="Whoever is faster is taken for a robot: the answer is the same, and nothing comes in. 0: nobody is.",
    )
    consent_purpose_id = fields.Many2one(
        "crm.consent.purpose",
        "Asks to Consent",
        ondelete="restrict",
        help="The form asks for this consent. It is recorded with the words that the form shows.",
    )
    is_website_form = fields.Boolean(
        "For Odoo's Own Form",
        copy=False,
        help="The form of Odoo's web site gives its leads the type and the source of this channel.",
    )
    form_html = fields.Text("Form to Paste", compute="_compute_form_html")

    _website_form_uniq = models.UniqueIndex(
        "(company_id) WHERE is_website_form IS TRUE", "Another channel is for the form of Odoo's web site."
    )
    _fill_seconds_positive = models.Constraint("CHECK (fill_seconds >= 0)", "Seconds can't be negative.")

    # ------------------------------------------------------------
    # CONSTRAINTS
    # ------------------------------------------------------------

    @api.constrains("allowed_origins")
    def _check_allowed_origins(self):
        for channel in self:
            for origin in channel._get_allowed_origins():
                if not ORIGIN.fullmatch(origin):
                    raise ValidationError(
                        self.env._("“%(origin)s” is no site. Write it as https://www.example.org.", origin=origin)
                    )

    @api.constrains("thanks_url")
    def _check_thanks_url(self):
        for channel in self.filtered("thanks_url"):
            parts = urlsplit(channel.thanks_url.strip())
            if parts.scheme not in ("http", "https") or not parts.netloc:
                raise ValidationError(
                    self.env._("“%(url)s” is no address of a page. It begins with https://.", url=channel.thanks_url)
                )

    # ------------------------------------------------------------
    # THE FORM
    # ------------------------------------------------------------

    @api.depends(
        "code",
        "kind",
        "lang_id",
        "mapping_ids.how",
        "mapping_ids.path",
        "mapping_ids.target",
        "mapping_ids.property_name",
        "consent_purpose_id",
    )
    @api.depends_context("lang")
    def _compute_form_html(self):
        for channel in self:
            is_form = channel.kind == "form" and channel.code
            language = channel.lang_id.filtered("active")  # it may have been uninstalled
            speaking = channel.with_context(lang=language.code or self.env.lang)
            channel.form_html = is_form and speaking._prepare_form_html()

    def _prepare_form_html(self):
        """Plain HTML that works without a script."""
        rows = [(row.path, row) for row in self.mapping_ids if row.how == "form" and row.path]
        rows = dict(rows) or dict.fromkeys(USUAL_FIELDS)
        lines = [
            Markup('<form action="%s/lead_intake/%s/form" method="post" accept-charset="utf-8">')
            % (self.get_base_url(), self.code)
        ]
        lines += [self._prepare_input_html(name, row) for name, row in rows.items()]
        lines.append(
            Markup('  <p style="position:absolute;left:-10000px" aria-hidden="true">'
                   '<input name="%s" tabindex="-1" autocomplete="off"></p>') % TRAP
        )  # fmt: skip
        purpose = self.consent_purpose_id
        if purpose:
            lines.append(
                Markup('  <p><label><input type="checkbox" name="%s" value="%s"> %s</label></p>')
                % (CONSENT, purpose.wording_version, purpose.wording or purpose.name)
            )
        lines += [Markup('  <input type="hidden" name="%s">') % name for name in (*UTM_FIELDS, PAGE, SECONDS)]
        lines.append(Markup('  <p><button type="submit">%s</button></p>') % self.env._("Send"))
        return "\n".join([*lines, SCRIPT, "</form>"])

    def _prepare_input_html(self, name, row):
        target = row.target if row else name
        if target == "property":
            label, kind = row.property_name, "char"
        else:
            field = self.env["crm.lead"]._fields[target]
            label, kind = field._description_string(self.env), field.type
        if kind == "text":
            control = Markup('<textarea name="%s" rows="5"></textarea>') % name
        elif kind == "selection":
            options = Markup("").join(
                Markup('<option value="%s">%s</option>') % option
                for option in [("", ""), *self.env["crm.lead"]._fields[target]._description_selection(self.env)]
            )
            control = Markup('<select name="%s">%s</select>') % (name, options)
        else:
            input_type = INPUT_TYPES.get(target) or {"date": "date", "datetime": "datetime-local"}.get(kind, "text")
            control = Markup('<input type="%s" name="%s">') % (input_type, name)
        return Markup("  <p><label>%s<br>%s</label></p>") % (label, control)

    # ------------------------------------------------------------
    # COMING IN
    # ------------------------------------------------------------

    def _get_allowed_origins(self):
        return [line.strip().rstrip("/").lower() for line in (self.allowed_origins or "").splitlines() if line.strip()]

    def _is_from_allowed_site(self, origin):
        """
        :param str origin: the header, which browsers send with forms; None if there is none
        """
        origins = self._get_allowed_origins()
        return not origins or origin is None or origin.lower() in (*origins, self.get_base_url().lower())

    def _is_by_robot(self, form):
        """Whether a form was filled in as no person does it: also what can't be seen, or in no time.

        :param dict form: texts by the names of the fields
        """
        if form.get(TRAP):
            return True
        seconds = form.get(SECONDS) or ""
        if not seconds or not self.fill_seconds:  # there is no script
            return False
        return not (seconds.isascii() and seconds.isdecimal() and int(seconds[:9]) >= self.fill_seconds)

    def _is_within_visitor_rate(self, address):
        with own_transaction(self.env["crm.lead.rate"]) as rates:
            return rates._count("intake_form", f"{self.id} {address}")

    def _take_in_form(self, form, page, content_type, headers):
        """Write down what a visitor sent.

        :param dict form: texts by the names of the fields
        :param str page: the page on which the form is, as the browser says
        :return: crm.intake.request
        """
        kept = {name: value for name, value in list(form.items())[:MOST_FIELDS] if name not in (TRAP, SECONDS)}
        if page and not kept.get(PAGE):
            kept[PAGE] = page
        kept = {make_storable(name): make_storable(value) for name, value in kept.items()}
        text = json.dumps(kept, ensure_ascii=False, indent=2)
        return self.env["crm.intake.request"]._receive(self, text, None, content_type, headers)[0]

    # ------------------------------------------------------------
    # UNDERSTANDING
    # ------------------------------------------------------------

    def _read_form(self, intake):
        """What was written down; what a browser sends can be pasted as well."""
        payload = (intake.payload or "").strip()
        if payload.startswith("{"):
            return self._read_json(intake)
        return dict(parse_qsl(payload, max_num_fields=MOST_FIELDS * 10))

    def _understand(self, content, is_strict=True):
        """Where a visitor came from says the form, else the address of its page."""
        values, remarks = super()._understand(content, is_strict)
        if self.kind != "form" or not values:
            return values, remarks
        page = str(content.get(PAGE) or "")
        query = parse_qs(_split(page).query)
        for name, target in UTM_FIELDS.items():
            text = content.get(name) or next(iter(query.get(name, ())), None)
            if text and target not in values:
                try:
                    values[target] = self._convert(name, target, text)
                except IntakeError as error:
                    remarks.append(str(error))
        if page and not values.get("referred"):
            values["referred"] = page[:LONGEST_PAGE]
        return values, remarks

    # ------------------------------------------------------------
    # CONSENT
    # ------------------------------------------------------------

    def _add_to_new(self, lead, intake):  # pylint: disable=missing-return
        super()._add_to_new(lead, intake)
        self._record_consent(lead, intake)

    def _add_to_earlier(self, lead, values, intake):  # pylint: disable=missing-return
        super()._add_to_earlier(lead, values, intake)
        self._record_consent(lead, intake)

    def _record_consent(self, lead, intake):
        """The consent that a visitor gave in the form, with the words that it had then: a pasted form shows what was
        the wording when it was pasted."""
        if self.kind != "form" or not self.consent_purpose_id:
            return
        content = self._read_form(intake)
        version = str(content.get(CONSENT) or "")[:LONGEST_VERSION]
        if not version:
            return
        purpose = self.consent_purpose_id
        proof = self.env._(
            "Web form “%(channel)s”, request %(number)s, on the page %(page)s",
            channel=self.name,
            number=intake.id,
            page=content.get(PAGE) or self.env._("unknown"),
        )
        values = {"lead_id": lead.id, "purpose_id": purpose.id, "date": intake.date, "proof": proof}
        if version != purpose.wording_version:
            values.update(wording_version=version, wording=self._find_wording(version))
        self.env["crm.consent"].create(values)

    def _find_wording(self, version):
        """The words of a version that is over, as somebody else has agreed to them; empty if nobody has."""
        domain = [("purpose_id", "=", self.consent_purpose_id.id), ("wording_version", "=", version)]
        return self.env["crm.consent"].search([*domain, ("wording", "!=", False)], limit=1).wording


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.private
    def website_form_input_filter(self, request, values):
        """Leads of the form of Odoo's web site, where that is installed: the type and the source that the channel for
        it gives. The module of the web site looks for a method of this name, and has one of its own."""
        website_filter = getattr(super(), "website_form_input_filter", None)
        values = website_filter(request, values) if website_filter else values
        company_id = values.get("company_id") or self.env.company.id
        domain = [("is_website_form", "=", True), ("kind", "=", "form"), ("company_id", "=", company_id)]
        channel = self.env["crm.intake.channel"].sudo().search(domain, limit=1)
        if channel:
            given = {"source_id": self.sudo().default_get(["source_id"]).get("source_id")}
            defaults = {**channel._prepare_defaults(), **{name: value for name, value in given.items() if value}}
            for name in ("lead_type_id", "source_id", "campaign_id"):
                if defaults.get(name) and not values.get(name):
                    values[name] = defaults[name]
        return values


def _split(address):
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
