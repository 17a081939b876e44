import hashlib
import logging
from datetime import timedelta

from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from .crm_intake_channel import IntakeError
from .own_transaction import own_transaction

_logger = logging.getLogger(__name__)

STATES = [
    ("received", "Received"),
    ("done", "Done"),
    ("duplicate", "Repeated"),
    ("failed", "Failed"),
    ("quarantined", "Quarantined"),
]
# what a person may still make a lead of
OPEN_STATES = ("received", "failed", "quarantined")
# after which a request that nobody came back for is finished by the scheduled job
ABANDONED = timedelta(minutes=1)
BATCH = 100
LONGEST_ID = 200
# where a lead's source and the like are made when they are named first, by two requests at the same moment too
MADE_BY_NAME = ("utm_source", "utm_medium", "utm_campaign")


class CrmIntakeRequest(models.Model):
    """The journal of what came in: written down as it came, in a transaction of its own, before anybody tries to
    understand it. Whatever happens after that, it can be read, mended and tried again."""

    _name = "crm.intake.request"
    _description = "Request from Outside"
    _order = "id desc"
    _log_access = True

    channel_id = fields.Many2one("crm.intake.channel", required=True, readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="channel_id.company_id")
    date = fields.Datetime("Received", required=True, readonly=True, default=fields.Datetime.now, index=True)
    external_id = fields.Char("Sender's Number", readonly=True, help="What the sender calls this request.")
    fingerprint = fields.Char(readonly=True, help="Of what was sent; the same of the same.")
    content_type = fields.Char(readonly=True)
    headers = fields.Json(readonly=True, help="Those that matter.")
    payload = fields.Text("What Was Sent", prefetch=False)
    state = fields.Selection(STATES, required=True, default="received", readonly=True)
    error = fields.Char("What Is Wrong", readonly=True)
    error_field = fields.Char("Where", readonly=True)
    error_status = fields.Integer(readonly=True, export_string_translation=False, help="What the sender is answered.")
    remarks = fields.Text("Left Out", readonly=True, help="What was not understood and is not in the lead.")
    attempts = fields.Integer(readonly=True)
    lead_id = fields.Many2one("crm.lead", readonly=True, ondelete="set null", index="btree_not_null")
    original_id = fields.Many2one(
        "crm.intake.request",
        "Repeats",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The same request, which came before.",
    )

    _external_id_uniq = models.UniqueIndex(
        "(channel_id, external_id) WHERE external_id IS NOT NULL AND state != 'duplicate'",
        "The channel has a request of this number.",
    )
    _fingerprint_idx = models.Index("(channel_id, fingerprint, date) WHERE state != 'duplicate'")
    _open_idx = models.Index("(state, date) WHERE state IN ('received', 'failed', 'quarantined')")

    @api.depends("channel_id", "date")
    def _compute_display_name(self):
        for intake in self:
            intake.display_name = f"{intake.channel_id.name or ''} {intake.external_id or intake.id or ''}".strip()

    def write(self, vals):
        """What came in is what came in: people mend what was sent, where it failed or waits, and nothing else."""
        if not self.env.su and (vals.keys() - {"payload"} or set(self.mapped("state")) - {"failed", "quarantined"}):
            raise AccessError(self.env._("Only what was sent by a request that failed or waits can be changed."))
        return super().write(vals)

    # ------------------------------------------------------------
    # WRITING DOWN
    # ------------------------------------------------------------

    @api.model
    def _receive(self, channel, payload, external_id=None, content_type="", headers=None, fingerprint=None, **others):
        """Write a request down, in a short transaction of its own: from now on it is not lost.

        :param channel: crm.intake.channel
        :param str payload: as it came
        :param str external_id: what the sender calls it
        :param str fingerprint: of what makes it the same as another; by default of all that was sent
        :param others: further values of the request
        :return: crm.intake.request in its channel's environment: the one to be worked, which for a repeat is the one
            that came before; and whether it is a repeat
        :raise IntakeError: 409, if the sender's number was given to something else
        """
        payload = payload.replace("\x00", "\N{REPLACEMENT CHARACTER}")
        fingerprint = fingerprint or hashlib.sha256(payload.encode(errors="replace")).hexdigest()
        values = {
            "channel_id": channel.id,
            "external_id": external_id,
            "fingerprint": fingerprint,
            "content_type": content_type[:LONGEST_ID],
            "headers": headers or {},
            **others,
        }
        with own_transaction(channel.env["crm.intake.request"]) as requests:
            requests._wait_for_rivals(channel, values)
            original = requests._find_original(channel, external_id, fingerprint)
            original = original or requests._find_signed(channel, values)
            verdict = original._compare(fingerprint)
            if verdict == "corrected":  # unless somebody has just made a lead of it
                original._lock()
                verdict = original._compare(fingerprint)
            if verdict == "same":
                requests.create({**values, "state": "duplicate", "original_id": original.id})
                intake_id = original.id
            else:
                if verdict == "corrected":
                    original.state = "duplicate"
                    original.flush_recordset(["state"])
                elif verdict == "other":
                    problem = channel.env._("The number %(id)s was given to another request.", id=external_id)
                    values.update(external_id=False, state="failed", error=problem, error_status=409)
                intake = requests.create({**values, "payload": payload})
                if verdict == "corrected":
                    original.original_id = intake
                intake_id = intake.id
        if verdict == "other":
            raise IntakeError(problem, "external_id", 409)
        return channel.env["crm.intake.request"].browse(intake_id), verdict == "same"

    def _compare(self, fingerprint):
        """What a request is beside the one of the same number that came before: ``new`` (there is none), ``same``,
        ``corrected`` (that one failed) or ``other``."""
        if not self:
            return "new"
        if self.is_erased:  # the number is all that is known of it
            return "same" if self.state == "done" else "corrected"
        if self.fingerprint == fingerprint:
            return "same"
        return "corrected" if self.state == "failed" else "other"

    def _wait_for_rivals(self, channel, values):
        """The same request at the same moment is written down one after the other."""
        for key in filter(None, (values.get("signature"), values["external_id"] or values["fingerprint"])):
            self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", channel.id, key))

    def _lock(self):
        """Wait for whoever works this request, and read what has become of it."""
        self.env.cr.execute(SQL("SELECT state FROM crm_intake_request WHERE id = %s FOR UPDATE", self.id))
        self.invalidate_recordset()

    def _find_original(self, channel, external_id, fingerprint):
        domain = Domain("channel_id", "=", channel.id) & Domain("state", "!=", "duplicate")
        if external_id:
            return self.search(domain & Domain("external_id", "=", external_id), limit=1)
        since = fields.Datetime.now() - timedelta(hours=channel.repeat_hours)
        same = Domain("fingerprint", "=", fingerprint) & Domain("date", ">", since) & Domain("external_id", "=", False)
        return self.search(domain & same, order="id desc", limit=1)

    # ------------------------------------------------------------
    # MAKING A LEAD
    # ------------------------------------------------------------

    def _process(self, is_released=False):
        """Make a lead of this request, once, however many ask for it at the same moment.

        :param bool is_released: whether a person has said that it is an inquiry, whatever it lacks
        """
        self.ensure_one()
        intake = self.with_env(self.channel_id._at_work().env)
        # another worker that has it just now makes this transaction fail and be repeated, and then it is done
        intake._lock()
        if intake.state not in OPEN_STATES or (intake.state == "quarantined" and not is_released):
            return
        values = {
            "attempts": intake.attempts + 1,
            "error": False,
            "error_field": False,
            "error_status": 0,
            "remarks": False,
        }
        try:
            with intake.env.cr.savepoint():
                values.update(intake._make_lead(is_released))
                intake.env.flush_all()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # Odoo repeats the transaction
        except UserError as error:
            values.update(intake._prepare_failure(str(error), error))
        except Exception as error:
            if isinstance(error, UniqueViolation) and error.diag.table_name in MADE_BY_NAME:
                raise ConcurrencyError(error.diag.message_primary) from error  # somebody made it just now
            _logger.exception("Request %s of channel %s can't be understood", intake.id, intake.channel_id.code)
            message = intake.env._("It could not be understood: %(error)s", error=type(error).__name__)
            values.update(intake._prepare_failure(message, error))
        intake.write(values)

    def _make_lead(self, is_released):
        """
        :return: dict of values of the request: what has become of it
        """
        channel = self.channel_id
        content = channel._read(self)
        understood, remarks = channel._understand(content, is_strict=channel.kind == "json")
        values = {**channel._prepare_defaults(), **understood}
        reason = channel._get_quarantine_reason(values)
        if reason and not is_released:
            return {"state": "quarantined", "error": reason, "remarks": "\n".join(remarks)}
        lead = channel._take_in(values, self)
        return {"state": "done", "lead_id": lead.id, "remarks": "\n".join(remarks)}

    def _prepare_failure(self, message, error):
        field, status = getattr(error, "field", ""), getattr(error, "status", 0)
        if isinstance(error, OperationalError):
            status = 503
        return {"state": "failed", "error": message, "error_field": field, "error_status": status}

    def _get_refusal(self):
        """What the sender of a failed request is told. Errors of the lead desk itself are for the journal.

        :return: IntakeError
        """
        if self.error_status in (0, 503):
            message = self.env._("This can't be taken in now. It is kept, and somebody will see to it.")
            return IntakeError(message, "", self.error_status or 422)
        return IntakeError(self.error, self.error_field, self.error_status)

    def _get_current(self):
        """The request that is worked instead of this one, where its sender has corrected it."""
        return self.original_id if self.state == "duplicate" and self.original_id else self

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_replay(self):
        """Try failed requests again, after what was sent, the field map or the data were mended."""
        self._work(lambda intake: intake.state in ("received", "failed"))
        return True

    def action_release(self):
        """Make leads of requests that wait, whatever they lack, of repeats that were no repeats, and of what was set
        aside by mistake."""
        self.check_access("write")
        for intake in self.filtered(
            lambda intake: not intake.is_erased
            and (intake.state == "duplicate" or (intake.state == "done" and not intake.lead_id))
        ):
            payload = intake.payload or intake.original_id.payload
            intake.sudo().write({"state": "quarantined", "payload": payload, "external_id": False, "lead_id": False})
        self._work(lambda intake: intake.state in OPEN_STATES, is_released=True)
        return True

    def action_set_aside(self):
        """These are no inquiries: they wait no more, and no lead is made of them. Who did it stands in the journal."""
        self.check_access("write")
        waiting = self.sudo().filtered(lambda intake: intake.state in ("failed", "quarantined"))
        waiting.write({"state": "done", "error": self.env._("Set aside by %(user)s", user=self.env.user.name)})
        return True

    def _work(self, condition, **options):
        self.check_access("write")
        for intake in self.sudo().filtered(lambda intake: condition(intake) and not intake.is_erased):
            intake._process(**options)

    # ------------------------------------------------------------
    # SCHEDULED JOBS
    # ------------------------------------------------------------

    @api.model
    def _cron_finish(self):
        """Requests whose work was interrupted become leads."""
        self.env["crm.lead"]._work_off(self._finish_batch)

    def _finish_batch(self):
        waiting = self.sudo().search(self._get_finishing_domain(), order="id", limit=BATCH).try_lock_for_update()
        for intake in waiting:
            intake._process()
        return len(waiting)

    def _get_finishing_domain(self):
        """Requests that nobody is at any more."""
        return Domain("state", "=", "received") & Domain("date", "<", fields.Datetime.now() - ABANDONED)
