import io
import logging

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from . import client_names

_logger = logging.getLogger(__name__)
BATCH = 5000
# what a change of makes other keys
KEY_FIELDS = {
    "name", "email", "phone", "street", "city", "zip", "country_id", "parent_id", "is_company", "type",
    "client_phone_ids",
}  # fmt: skip


class CrmClientKey(models.Model):
    """Where clients are found: one row for each normalised phone, e-mail and part of a name.

    The narrow table is all that the search for candidates reads. It follows the contacts: what creates, writes,
    imports, merges or deletes them keeps it right.
    """

    _name = "crm.client.key"
    _description = "Client Key"
    _log_access = False
    _auto = False

    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade")
    key = fields.Integer(required=True)

    def init(self):
        self.env.cr.execute(
            "CREATE TABLE IF NOT EXISTS crm_client_key (key bigint NOT NULL, partner_id integer NOT NULL)"
        )

    @api.model
    def _index_existing(self):
        """On installation: the keys of the contacts that are there already."""
        self.env.cr.execute("SELECT FROM pg_constraint WHERE conname = 'crm_client_key_pkey'")
        if not self.env.cr.rowcount:
            self._index_all()

    @api.model
    def _index_all(self):
        """Make the keys of all contacts that there are, from the start; in batches, with its progress in the log.

        The indexes are made after them: sorting them once takes a fraction of the time.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            ALTER TABLE crm_client_key
                   DROP CONSTRAINT IF EXISTS crm_client_key_pkey,
                   DROP CONSTRAINT IF EXISTS crm_client_key_partner_id_fkey;
            DROP INDEX IF EXISTS crm_client_key_partner_id_idx;
            TRUNCATE crm_client_key;
            SELECT id FROM res_partner ORDER BY id
            """
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        for number, batch in enumerate(split_every(BATCH, ids), start=1):
            lines = "".join(f"{key}\t{partner_id}\n" for key, partner_id in self._get_rows(list(batch)))
            self.env.cr.copy_from(io.StringIO(lines), "crm_client_key", columns=("key", "partner_id"))
            if number % 20 == 0:
                _logger.info("client keys: %s of %s contacts", min(number * BATCH, len(ids)), len(ids))
        self.env.cr.execute(
            """
            ALTER TABLE crm_client_key
                    ADD CONSTRAINT crm_client_key_pkey PRIMARY KEY (key, partner_id),
                    ADD CONSTRAINT crm_client_key_partner_id_fkey
                        FOREIGN KEY (partner_id) REFERENCES res_partner ON DELETE CASCADE;
            CREATE INDEX crm_client_key_partner_id_idx ON crm_client_key (partner_id);
            ANALYZE crm_client_key
            """
        )

    @api.model
    def _update(self, partner_ids):
        """Make the keys of some contacts anew."""
        if not partner_ids:
            return
        rows = self._get_rows(list(partner_ids))
        keys, owners = ([row[0] for row in rows], [row[1] for row in rows])
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM crm_client_key
                 WHERE partner_id = ANY(%s)
                   AND (key, partner_id) NOT IN (SELECT * FROM unnest(%s::bigint[], %s::int[]))
                """,
                list(partner_ids),
                keys,
                owners,
            )
        )
        self._insert(rows)

    @api.model
    def _insert(self, rows):
        if rows:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO crm_client_key (key, partner_id) SELECT * FROM unnest(%s::bigint[], %s::int[]) "
                    "ON CONFLICT DO NOTHING",
                    [row[0] for row in rows],
                    [row[1] for row in rows],
                )
            )

    @api.model
    def _get_rows(self, partner_ids):
        """
        :return: (key, id of the contact) of some contacts; a client is also found by phones and e-mails of its contacts
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT partner.id, partner.name, partner.is_company, partner.email, partner.phone,
                       partner.phone_sanitized, partner.street, partner.city, partner.zip,
                       (SELECT array_agg(ARRAY[line.phone_sanitized, line.phone])
                          FROM crm_client_phone line WHERE line.partner_id = partner.id),
                       (SELECT array_agg(ARRAY[child.phone_sanitized, child.phone, child.email])
                          FROM res_partner child WHERE child.parent_id = partner.id AND child.active),
                       (SELECT array_agg(ARRAY[line.phone_sanitized, line.phone])
                          FROM crm_client_phone line JOIN res_partner child ON child.id = line.partner_id
                         WHERE child.parent_id = partner.id AND child.active)
                  FROM res_partner partner
                 WHERE partner.id = ANY(%s)
                """,
                partner_ids,
            )
        )
        rows = []
        for row in self.env.cr.fetchall():
            partner_id, name, is_company, email, phone, sanitized, street, city, zip_code, lines, children, theirs = row
            tokens = client_names.company_tokens(name) if is_company else client_names.name_tokens(name)
            keys = {
                **client_names.phone_keys(sanitized, phone),
                **client_names.email_keys(email),
                **client_names.name_keys(tokens),
                **client_names.address_keys(tokens, street, city, zip_code),
            }
            for number, written in [*(lines or ()), *(theirs or ())]:
                keys.update(client_names.phone_keys(number, written))
            for number, written, address in children or ():
                keys.update({**client_names.phone_keys(number, written), **client_names.email_keys(address)})
            rows += [(key, partner_id) for key in keys]
        return rows


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        partners._update_client_keys(is_new=True)
        return partners

    def write(self, vals):
        if not (KEY_FIELDS | {"active"}) & vals.keys():
            return super().write(vals)
        parents = self.parent_id
        res = super().write(vals)
        self._update_client_keys(parents)
        return res

    def unlink(self):
        parents = self.parent_id - self
        res = super().unlink()
        parents._update_client_keys()
        return res

    def _update_client_keys(self, parents=None, is_new=False):
        """Keep the keys of these contacts and of their companies right."""
        partners = self | self.parent_id | (parents or self.browse())
        partners.flush_recordset()
        self.env["crm.client.phone"].flush_model()
        keys = self.env["crm.client.key"]
        if is_new:
            keys._insert(keys._get_rows((self | self.parent_id).ids))
        else:
            keys._update(partners.exists().ids)


class CrmClientPhone(models.Model):
    _inherit = "crm.client.phone"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.partner_id._update_client_keys()
        return lines

    def write(self, vals):
        partners = self.partner_id
        res = super().write(vals)
        (partners | self.partner_id)._update_client_keys()
        return res

    def unlink(self):
        partners = self.partner_id
        res = super().unlink()
        partners.exists()._update_client_keys()
        return res
