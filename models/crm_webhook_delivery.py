from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

STATES = [("waiting", "Waiting"), ("done", "Delivered"), ("given_up", "Given Up")]
GC_BATCH = 10_000


class CrmWebhookDelivery(models.Model):
    """The outbox: what a receiver is told, written down in the transaction in which it happened and sent after it, one
    after the other. What happens to one lead is in order; a receiver that gets the same key twice has had it."""

    _name = "crm.webhook.delivery"
    _description = "Delivery"
    _order = "id desc"
    _rec_name = "event_id"

    webhook_id = fields.Many2one("crm.webhook", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="webhook_id.company_id")
    date = fields.Datetime("Happened", required=True, readonly=True, default=fields.Datetime.now)
    date_queued = fields.Datetime("Waits Since", required=True, readonly=True, default=fields.Datetime.now)
    key = fields.Char("Delivery Number", required=True, readonly=True, help="The same however often it is sent.")
    event_id = fields.Many2one("crm.webhook.event", required=True, readonly=True, ondelete="cascade")
    lead_id = fields.Many2one("crm.lead", readonly=True, ondelete="set null", index="btree_not_null")
    body = fields.Text("What Is Sent", required=True, readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="waiting")
    attempts = fields.Integer(readonly=True)
    date_tried = fields.Datetime("Last Try", readonly=True)
    status = fields.Integer("Answer", readonly=True, help="The status of the last answer, 0 if there was none.")
    problem = fields.Char("What Is Wrong", readonly=True)

    _waiting_idx = models.Index("(webhook_id, id) WHERE state = 'waiting'")
    _over_idx = models.Index("(webhook_id, date) WHERE state != 'waiting'")

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_send_again(self):
        """Send these once more, also those that were taken; they go before what is younger."""
        self._requeue("waiting")
        self.webhook_id.action_try_now()
        return True

    def action_give_up(self):
        """Let the others go on."""
        self.filtered(lambda delivery: delivery.state == "waiting")._requeue("given_up")
        return True

    def _requeue(self, state):
        self.webhook_id.check_access("write")
        self.sudo().write({"state": state, "date_queued": fields.Datetime.now()})

    # ------------------------------------------------------------
    # RETENTION
    # ------------------------------------------------------------

    @api.autovacuum
    def _gc_over(self):
        """What is over is deleted after the webhook's days, with what it says of people."""
        for webhook in self.env["crm.webhook"].with_context(active_test=False).search(Domain.TRUE):
            until = fields.Datetime.now() - timedelta(days=webhook.keep_days)
            over = Domain("webhook_id", "=", webhook.id) & Domain("state", "!=", "waiting") & Domain("date", "<", until)
            self.search(over, limit=GC_BATCH).unlink()
