from odoo import api, models
from odoo.tools import SQL

from .crm_lead_personal import NOTHING, TEXT_TYPES

# a name in a message that links to a contact (a pattern of PostgreSQL, for their ids)
MENTION = r"(<a [^>]*data-oe-model=.res\.partner.[^>]*data-oe-id=.(?:%s)\M[^>]*>)[^<]*(</a>)"
# what goes of a contact that has to stay, since orders or invoices name it; and what of one that only a row is left of
CLEARED_FIELDS = (
    "email", "phone", "website", "function", "comment", "image_1920", "properties", "ref", "barcode", "user_id",
)  # fmt: skip
ADDRESS_FIELDS = (
    "street", "street2", "zip", "city", "state_id", "vat", "company_name", "company_registry", "parent_id",
)  # fmt: skip
# and in payments: what tells how to reach somebody, and what tells who it was
REACHING_FIELDS = ("partner_email", "partner_phone")
NAMING_FIELDS = ("partner_name", "partner_address", "partner_zip", "partner_city")


class CrmPerson(models.AbstractModel):
    """Erasing the contacts of a person, and their names where they stand elsewhere."""

    _inherit = "crm.person"

    @api.model
    def _erase_partners(self, partners, kept):
        """Contacts are deleted; one that documents refer to stays in the archive, without anything that tells who it
        is, or with name and address where the law asks for it."""
        partners._track_discard()
        self._erase_threads("res.partner", partners.ids)
        self._erase_dialogs("res.partner", partners.ids)
        self.env.cr.execute(SQL("UPDATE mail_message SET email_from = NULL WHERE author_id = ANY(%s)", partners.ids))
        self.env.cr.execute(SQL("DELETE FROM mail_followers WHERE partner_id = ANY(%s)", partners.ids))
        partners.consent_ids.unlink()
        partners.client_phone_ids.unlink()
        needed = kept | self._filter_referred(partners)
        (partners - needed).unlink()
        # Odoo asks for users who are still active
        quietly = needed.with_context(tracking_disable=True, active_test=True)
        added = [name for name in self._get_texts() if partners._fields[name].manual]
        quietly.write(
            {**dict.fromkeys([*self._get_known(CLEARED_FIELDS), *added], False), "category_id": [(5,)], "active": False}
        )
        shells = quietly - kept
        shells.bank_ids.unlink()
        shells.write(
            {
                **dict.fromkeys([*self._get_known(ADDRESS_FIELDS), *self._get_texts()], False),
                "name": self.env._("Erased contact"),
            }
        )
        for partner in needed:
            partner._message_log(body=self.env._("Erased on the person's request."))

    @api.model
    def _get_known(self, names):
        return [name for name in names if name in self.env["res.partner"]._fields]

    @api.model
    def _get_texts(self):
        """Whatever text any module, or somebody by hand, keeps of a contact."""
        return [
            name
            for name, field in self.env["res.partner"]._fields.items()
            if field.store and field.type in TEXT_TYPES and not field.compute and name != "name"
        ]

    @api.model
    def _filter_referred(self, partners):
        """Those of these contacts that documents refer to."""
        self.env.flush_all()
        found = set()
        for table, column in partners._get_referring_columns():
            self.env.cr.execute(
                SQL(
                    "SELECT DISTINCT %(column)s FROM %(table)s WHERE %(column)s = ANY(%(ids)s)",
                    table=SQL.identifier(table),
                    column=SQL.identifier(column),
                    ids=partners.ids,
                )
            )
            found.update(partner_id for (partner_id,) in self.env.cr.fetchall())
        children = partners.search([("parent_id", "in", partners.ids), ("id", "not in", partners.ids)])
        return partners.browse(found) | children.parent_id

    @api.model
    def _erase_mentions(self, partners):
        """The names of contacts where they stand in what is others': in messages, in what was tracked, and in the
        history of leads that they were the client of for some time."""
        if not partners:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_message SET body = regexp_replace(body, %s, %s, 'g')
                 WHERE body LIKE '%%res.partner%%' AND body ~ %s
                """,
                MENTION % "|".join(map(str, partners.ids)),
                rf"\1{NOTHING}\2",
                MENTION % "|".join(map(str, partners.ids)),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mail_tracking_value tracked USING ir_model_fields field
                 WHERE field.id = tracked.field_id AND field.relation = 'res.partner'
                   AND (old_value_integer = ANY(%(ids)s) OR new_value_integer = ANY(%(ids)s))
                """,
                ids=partners.ids,
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead_event SET data = data - 'values' WHERE partner_id = ANY(%s) AND data ? 'values'",
                partners.ids,
            )
        )
        self.env.invalidate_all()

    @api.model
    def _end_logins(self, partners):
        for user in partners.user_ids:
            user.write({"active": False, "login": f"erased-{user.id}", "password": "", "signature": False})

    @api.model
    def _erase_payments(self, partners, kept):
        """Payments copy who pays; those to orders and invoices keep the name, as these do."""
        payments = self.env["payment.transaction"].sudo().search([("partner_id", "in", partners.ids)])
        payments.write(dict.fromkeys(REACHING_FIELDS, False))
        payments.filtered(lambda payment: payment.partner_id not in kept).write(dict.fromkeys(NAMING_FIELDS, False))
        ways = self.env["payment.token"].sudo().with_context(active_test=False)
        ways.search([("partner_id", "in", partners.ids)]).write({"payment_details": False, "active": False})
        if "snailmail.letter" in self.env:
            self.env["snailmail.letter"].sudo().search([("partner_id", "in", (partners - kept).ids)]).unlink()
