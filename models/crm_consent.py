from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

CONSENT_STATES = [("given", "Given"), ("withdrawn", "Withdrawn")]


class CrmConsentPurpose(models.Model):
    """What a person can consent to, in the words that are shown to them now."""

    _name = "crm.consent.purpose"
    _inherit = "crm.lead.ready.made"
    _description = "Consent Purpose"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    wording = fields.Text(translate=True, help="What the person agrees to, word for word.")
    wording_version = fields.Char(
        "Version of the Wording",
        required=True,
        default="1",
        help="Change it along with the wording: consents keep the version and the words that they were given to.",
    )


class CrmConsent(models.Model):
    """A person gave or withdrew a consent: written once, never changed.

    A consent stands on a lead or on a client. What was recorded on a lead is copied to its client
    (:meth:`crm.lead._copy_consents_to_clients`). For each purpose the latest row counts: a consent is withdrawn, or
    given again, by a further row.
    """

    _name = "crm.consent"
    _description = "Consent"
    _order = "date desc, id desc"

    purpose_id = fields.Many2one("crm.consent.purpose", "Purpose", required=True, ondelete="restrict", index=True)
    state = fields.Selection(CONSENT_STATES, "Consent", required=True, default="given")
    date = fields.Datetime(
        required=True, default=fields.Datetime.now, help="When the person gave or withdrew the consent."
    )
    proof = fields.Text(help="How it can be shown: the form and its address, the call, where the paper is filed ...")
    wording = fields.Text(
        compute="_compute_wording",
        store=True,
        readonly=False,
        precompute=True,
        help="What the person agreed to, as it was worded then.",
    )
    wording_version = fields.Char("Version", compute="_compute_wording", store=True, readonly=False, precompute=True)
    user_id = fields.Many2one(
        "res.users", "Recorded By", readonly=True, default=lambda self: self.env.user, ondelete="set null"
    )
    lead_id = fields.Many2one("crm.lead", "Lead", ondelete="cascade", index="btree_not_null")
    partner_id = fields.Many2one("res.partner", "Client", ondelete="cascade", index="btree_not_null")
    source_consent_id = fields.Many2one(
        "crm.consent", "Copied From", readonly=True, ondelete="set null", index="btree_not_null"
    )
    color = fields.Integer(compute="_compute_color")

    _lead_or_client = models.Constraint(
        "CHECK (num_nonnulls(lead_id, partner_id) = 1)",
        "A consent belongs either to a lead or to a client: choose one of them.",
    )

    @api.depends("purpose_id")
    def _compute_wording(self):
        """The purpose's words of now, in the person's language where it is known. Only the purpose counts as a reason
        to compute them: a merge that moves the consent leaves them as they are."""
        for consent in self:
            lang = consent.lead_id.sudo().lang_id.code or consent.partner_id.sudo().lang or self.env.lang
            purpose = consent.purpose_id.with_context(lang=lang)
            consent.wording = purpose.wording
            consent.wording_version = purpose.wording_version

    @api.depends("state")
    def _compute_color(self):
        for consent in self:
            consent.color = 10 if consent.state == "given" else 1

    @api.depends("purpose_id.name", "state")
    @api.depends_context("lang")
    def _compute_display_name(self):
        states = dict(self._fields["state"]._description_selection(self.env))
        for consent in self:
            consent.display_name = self.env._(
                "%(purpose)s: %(state)s",
                purpose=consent.purpose_id.name or "",
                state=states.get(consent.state, "").lower(),
            )

    @api.constrains("date")
    def _check_date(self):
        now = fields.Datetime.now()
        if any(consent.date > now for consent in self):
            raise ValidationError(
                self.env._("A consent can't be given or withdrawn in the future. Choose a moment that has passed.")
            )

    # ------------------------------------------------------------
    # CRUD: append-only
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            if any(vals.get("source_consent_id") for vals in vals_list):
                raise UserError(
                    self.env._("Consents of a lead are copied to its client by themselves. Leave “Copied From” empty.")
                )
            vals_list = [{**vals, "user_id": self.env.uid} for vals in vals_list]
        consents = super().create(vals_list)
        # whoever may record a consent on a lead need not see the client that the lead has already
        if consents.lead_id:
            consents.lead_id.sudo()._copy_consents_to_clients()
        return consents

    def write(self, vals):
        if not self.env.su:
            raise UserError(
                self.env._("A recorded consent can't be changed. Add a line that says what is true from now on.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_by_people(self):
        if not self.env.su:
            raise UserError(
                self.env._("A recorded consent can't be deleted. Add a line that says that it was withdrawn.")
            )

    # ------------------------------------------------------------
    # BUSINESS
    # ------------------------------------------------------------

    def _prepare_copy_values(self, partner):
        self.ensure_one()
        return {
            "partner_id": partner.id,
            "source_consent_id": self.id,
            "purpose_id": self.purpose_id.id,
            "state": self.state,
            "date": self.date,
            "proof": self.proof,
            "wording": self.wording,
            "wording_version": self.wording_version,
            "user_id": self.user_id.id,
        }

    def _filter_current(self):
        """Of consents of one person those that count: for each purpose the latest.

        :return: at most one consent a purpose, in the order of the purposes
        """
        current = {}
        # A copy is as old as its original: at the same moment a row of the client counts that was written later
        for consent in self.sorted(lambda consent: (consent.date, consent.source_consent_id.id or consent.id)):
            current[consent.purpose_id] = consent
        return self.browse(current[purpose].id for purpose in self.purpose_id.sorted() if purpose in current)
