from odoo import api, models
from odoo.tools import SQL

from .crm_lead_client_link import CLIENT_EVENTS
from .crm_lead_personal import NOTHING, TEXT_TYPES

# a name in a message that links to a contact (a pattern of PostgreSQL, for their ids)
MENTION = r"(<a (?=[^>]*data-oe-model=.res\.partner\M)(?=[^>]*data-oe-id=.(?:%s)\M)[^>]*>)[^<]*(</a>)"
# what goes of a contact that has to stay, since orders or invoices name it; and what of one that only a row is left of
CLEARED_FIELDS = (
    "email", "phone", "website", "function", "comment", "image_1920", "properties", "ref", "barcode", "user_id",
    "partner_latitude", "partner_longitude", "date_localization",
)  # fmt: skip
ADDRESS_FIELDS = (
    "street", "street2", "zip", "city", "state_id", "vat", "company_name", "company_registry", "parent_id",
)  # fmt: skip
# and in payments: what tells how to reach somebody, and what tells who it was
REACHING_FIELDS = ("partner_email", "partner_phone")
NAMING_FIELDS = ("partner_name", "partner_address", "partner_zip", "partner_city")
# what Odoo copies from a client onto its leads, and tracks there
COPIED_FIELDS = ("name", "email", "phone")
# events that may tell how the client of that time was reached
REACHING_EVENTS = ["dial", "appointment", "appointment_move", "appointment_cancel"]
# what a login is known by elsewhere (columns of res.users, some of other modules of Odoo)
LOGIN_COLUMNS = ("password", "totp_secret", "oauth_uid", "oauth_access_token")
# models whose rows say when and from where somebody logged in, or let them in, with the column of the user
LOGIN_MODELS = {
    "res.device.log": "user_id",
    "res.users.log": "create_uid",
    "res.users.apikeys": "user_id",
    "mail.presence": "user_id",
    "auth_totp.device": "user_id",
    "auth.totp.rate.limit.log": "user_id",
    "auth.passkey.key": "create_uid",
}


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
        self._erase_bank_accounts(partners - kept)
        needed = kept | self._filter_referred(partners)
        (partners - needed).unlink()
        # Odoo asks for users who are still active
        quietly = needed.with_context(tracking_disable=True, active_test=True)
        added = [name for name in self._get_texts() if partners._fields[name].manual]
        quietly.write(
            {**dict.fromkeys([*self._get_known(CLEARED_FIELDS), *added], False), "category_id": [(5,)], "active": False}
        )
        shells = quietly - kept
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
        """The names of contacts where they stand in what is others': in messages, and in what was tracked."""
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
        self.env.invalidate_all()

    @api.model
    def _erase_histories(self, partners):
        """Contacts in the history of other leads that they were the client of for some time: what a link filled in on
        them, where they were reached, and what Odoo copied from them onto the lead, where it may have stayed for longer
        than they."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT lead_id, partner_id, min(id) FROM crm_lead_event
                 WHERE partner_id = ANY(%s) AND kind <> 'not_client' GROUP BY lead_id, partner_id
                """,
                partners.ids,
            )
        )
        known = self.env.cr.fetchall()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead_event event
                   SET data = CASE WHEN partner_id = ANY(%s) THEN data - 'values' ELSE data END
                              #- '{before,contact}' #- '{after,contact}'
                  FROM unnest(%s::integer[], %s::integer[]) AS known(lead_id, id)
                 WHERE event.lead_id = known.lead_id AND event.id >= known.id AND event.kind = ANY(%s)
                """,
                partners.ids,
                [lead_id for lead_id, _partner_id, _event_id in known],
                [event_id for _lead_id, _partner_id, event_id in known],
                list(CLIENT_EVENTS),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead_event SET data = data - 'number' - 'mail'
                 WHERE lead_id = ANY(%s) AND partner_id = ANY(%s) AND kind = ANY(%s)
                """,
                [lead_id for lead_id, _partner_id, _event_id in known],
                partners.ids,
                REACHING_EVENTS,
            )
        )
        clients = [(lead_id, partners.browse(partner_id)) for lead_id, partner_id, _event_id in known]
        self._erase_tracked(
            "crm.lead",
            [(lead_id, client[name]) for lead_id, client in clients for name in COPIED_FIELDS if client[name]],
        )
        self.env.invalidate_all()

    @api.model
    def _take_back_filled_in(self, leads):
        """What links filled in on clients that stay goes from there, and from what was tracked about it; unless
        somebody has changed it since."""
        told = []
        for lead, event in leads._map_last_client_events().items():
            filled = lead._get_filled_in(event)
            lead._restore_client_values(lead.partner_id.with_context(tracking_disable=True), filled)
            told += [(lead.partner_id.id, text) for _old, text in filled.values() if isinstance(text, str)]
        self._erase_tracked("res.partner", told)

    @api.model
    def _erase_tracked(self, model, texts):
        """Texts in what was tracked on documents, where an address is one line.

        :param str model: name of the documents' model
        :param list texts: pairs of a document's id and a text
        """
        if not texts:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM mail_tracking_value tracked
                 USING mail_message message, ir_model_fields field,
                       unnest(%s::integer[], %s::varchar[]) AS told(res_id, text)
                 WHERE message.id = tracked.mail_message_id AND message.model = %s AND message.res_id = told.res_id
                   AND field.id = tracked.field_id
                   AND (told.text IN (tracked.old_value_char, tracked.new_value_char)
                        OR field.name = 'contact_address_inline'
                           AND strpos(concat_ws(', ', tracked.old_value_char, tracked.new_value_char), told.text) > 0)
                """,
                [res_id for res_id, _text in texts],
                [text for _res_id, text in texts],
                model,
            )
        )

    @api.model
    def _end_logins(self, partners):
        """Nobody logs in as one of these contacts any more, and nothing says when and from where somebody did."""
        users = partners.user_ids
        if not users:
            return
        self.env.flush_all()
        columns = [SQL("%s = NULL", SQL.identifier(name)) for name in LOGIN_COLUMNS if name in users._fields]
        # past the ORM, which would tell them by e-mail
        self.env.cr.execute(
            SQL(
                "UPDATE res_users SET login = 'erased-' || id, %s WHERE id = ANY(%s)",
                SQL(", ").join(columns),
                users.ids,
            )
        )
        for model, column in LOGIN_MODELS.items():
            if model in self.env:
                table = SQL.identifier(self.env[model]._table)
                self.env.cr.execute(SQL("DELETE FROM %s WHERE %s = ANY(%s)", table, SQL.identifier(column), users.ids))
        self.env.cr.execute(SQL("DELETE FROM mail_push_device WHERE partner_id = ANY(%s)", users.partner_id.ids))
        self.env.invalidate_all()
        users.write({"active": False, "signature": False})

    @api.model
    def _erase_bank_accounts(self, partners):
        """Odoo archives accounts instead of deleting them, since payments may name them, and notes their numbers."""
        accounts = self.env["res.partner.bank"].sudo().with_context(active_test=False)
        accounts = accounts.search([("partner_id", "in", partners.ids)])
        if not accounts:
            return
        self._erase_threads("res.partner.bank", accounts.ids)
        texts = [
            SQL("%s = NULL", SQL.identifier(name))
            for name, field in accounts._fields.items()
            if field.store and field.type in TEXT_TYPES and name != "acc_number"
        ]
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner_bank SET active = FALSE, acc_number = %s, %s WHERE id = ANY(%s)",
                NOTHING,
                SQL(", ").join(texts),
                accounts.ids,
            )
        )
        self.env.invalidate_all()

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
