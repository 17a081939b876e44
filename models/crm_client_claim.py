import hashlib

from odoo import api, fields, models
from odoo.tools import SQL

from . import client_names


class CrmClientClaim(models.Model):
    """Who is making a client right now, by phone and e-mail.

    Two people who make a client for two leads of the same person at the same moment do not see each other's client yet.
    Both claim the same key: who comes second waits for the first, is then retried by Odoo and finds the client.
    """

    _name = "crm.client.claim"
    _description = "Claim on a New Client"
    _log_access = False

    key = fields.Char(required=True)
    date = fields.Datetime(required=True)

    _key_uniq = models.UniqueIndex("(key)")

    @api.model
    def _claim(self, values):
        """
        :param dict values: of a new res.partner
        """
        email, phone = values.get("email"), values.get("phone")
        # as the match engine compares them: one person writes both in many ways
        texts = {*(client_names.canonical_emails(email) or [email]), client_names.last_digits(phone) or phone}
        # the same order for all, or two of them would wait for each other; nobody's address can be read from a key
        for key in sorted(hashlib.sha256(text.encode()).hexdigest() for text in texts if text):
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO crm_client_claim (key, date) VALUES (%s, %s)
                        ON CONFLICT (key) DO UPDATE SET date = EXCLUDED.date
                    """,
                    key,
                    fields.Datetime.now(),
                )
            )

    @api.autovacuum
    def _gc_claims(self):
        self.env.cr.execute("DELETE FROM crm_client_claim WHERE date < now() AT TIME ZONE 'UTC' - INTERVAL '1 hour'")
