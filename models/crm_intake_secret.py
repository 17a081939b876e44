import hashlib
import hmac
import secrets
import time

from odoo import fields, models
from odoo.fields import NO_ACCESS, Domain

KINDS = [("bearer", "Bearer token"), ("hmac", "Signature (HMAC-SHA256)")]
# of a kind, so that a sender can change to the new one before the old one ends
MOST_LIVE = 2
# by how many seconds the clock of who signs may differ
WINDOW = 300


class CrmIntakeSecret(models.Model):
    """What proves that a request comes from who may send it. A bearer token is kept as its hash; the secret of
    signatures has to be kept itself, and only the superuser reads it."""

    _name = "crm.intake.secret"
    _description = "Intake Secret"
    _order = "id desc"
    _rec_name = "hint"

    channel_id = fields.Many2one("crm.intake.channel", required=True, ondelete="cascade", index=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    hint = fields.Char("Ends With", readonly=True, help="The last characters, to tell secrets apart.")
    value = fields.Char(
        readonly=True,
        groups=NO_ACCESS,
        copy=False,
        export_string_translation=False,
        help="Of a bearer token its SHA-256, of signatures the secret itself.",
    )

    def action_revoke(self):
        """End this secret at once."""
        self.check_access("unlink")
        self.sudo().unlink()
        return True


class CrmIntakeChannel(models.Model):
    """Who may send requests to a channel."""

    _inherit = "crm.intake.channel"

    secret_ids = fields.One2many("crm.intake.secret", "channel_id", "Secrets", readonly=True, copy=False)

    def action_new_secret(self):
        """Show a new token, this once."""
        return self._show_new_secret(
            "bearer", self.env._("Send it with each request as the header: Authorization: Bearer, a space, the secret.")
        )

    def action_new_signing_secret(self):
        """Show a new secret of signatures, this once."""
        return self._show_new_secret(
            "hmac",
            self.env._(
                "Requests are signed with it: X-Signature is HMAC-SHA256, hexadecimal, with this secret over "
                "X-Timestamp (seconds since 1970), a point and the body."
            ),
        )

    def _show_new_secret(self, kind, note):
        self.check_access("write")
        title = self.env._("Secret of %(channel)s", channel=self.name)
        return self.env["crm.secret"]._show(title, self._new_secret(kind), note)

    def _new_secret(self, kind="bearer"):
        """Make a secret. The two newest of a kind are live, older ones end.

        :param str kind: ``bearer`` or ``hmac``
        :return: the secret, this once
        :rtype: str
        """
        self.ensure_one()
        secret = secrets.token_urlsafe(32)
        value = _hash(secret) if kind == "bearer" else secret
        self.env["crm.intake.secret"].sudo().create(
            {"channel_id": self.id, "kind": kind, "hint": secret[-4:], "value": value}
        )
        self.sudo().secret_ids.filtered(lambda live: live.kind == kind).sorted("id")[:-MOST_LIVE].unlink()
        return secret

    def _is_authentic(self, token=None, signature=None, timestamp=None, raw=b""):
        """Whether one of the channel's secrets is behind a request. How long it takes tells nothing of them.

        :param str token: of ``Authorization: Bearer``
        :param str signature: hexadecimal in small letters, HMAC-SHA256 over timestamp, a point and the body
        :param str timestamp: seconds of the Unix epoch
        :param bytes raw: the body as it came
        """
        live = self.sudo().secret_ids
        if signature is not None:
            if not _is_now(timestamp):
                return False
            message = timestamp.encode() + b"." + raw
            expected = [
                hmac.new(secret.value.encode(), message, hashlib.sha256).hexdigest()
                for secret in live
                if secret.kind == "hmac"
            ]
            return _is_among(signature, expected)
        return _is_among(_hash(token or ""), [secret.value for secret in live if secret.kind == "bearer"])


class CrmIntakeRequest(models.Model):
    """A signature is good for one request: whoever has seen it could send it again within its minutes, with another
    number in the header, which is not signed."""

    _inherit = "crm.intake.request"

    signature = fields.Char(readonly=True, groups=NO_ACCESS, copy=False, export_string_translation=False)

    _signature_idx = models.Index("(channel_id, signature) WHERE signature IS NOT NULL")

    def _find_signed(self, channel, values):
        """The request that came with the same signature; an empty set if there is none."""
        signature = values.get("signature")
        if not signature:
            return self.browse()
        same = Domain("channel_id", "=", channel.id) & Domain("signature", "=", signature)
        return self.search(same & Domain("state", "!=", "duplicate"), limit=1)


def _hash(secret):
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _is_among(given, expected):
    found = False
    for value in expected:
        found |= hmac.compare_digest(given.encode(errors="replace"), value.encode())
    return found


def _is_now(timestamp):
    if not timestamp or not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    return abs(time.time() - int(timestamp)) <= WINDOW
