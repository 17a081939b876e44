import json
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .webhook_address import AddressProblem, post

# minutes until the next try, after the first failure, the second ...
WAITS = (1, 5, 15, 60)


class CrmWebhook(models.Model):
    """How what waits for a receiver is sent: one after the other, and when one is not taken, all that follow wait."""

    _inherit = "crm.webhook"

    @api.model
    def _cron_deliver(self):
        self.env["crm.lead"]._work_off(self._deliver_next)

    @api.model
    def _deliver_next(self):
        """Send what waits longest for the receiver who was tried longest ago. Two workers never have the same one.

        :return: how many were tried, 0 when none can be
        """
        due = Domain("date_retry", "=", False) | Domain("date_retry", "<=", fields.Datetime.now())
        waiting = Domain("delivery_ids", "any", Domain("state", "=", "waiting"))
        webhooks = self.sudo().search(due & waiting, order="date_tried asc nulls first, id")
        # the lead desk writes down for a receiver also while something is sent to it
        webhook = webhooks.try_lock_for_update(allow_referencing=True, limit=1)
        webhook._deliver()
        return len(webhook)

    def _deliver(self):
        delivery = self._get_first_waiting()
        if not delivery:
            return
        now = fields.Datetime.now()
        status, problem = self._send(delivery)
        delivery.write({"attempts": delivery.attempts + 1, "status": status, "problem": problem, "date_tried": now})
        values = {"attempts": self.attempts + 1, "date_tried": now, "problem": problem}
        if problem:
            wait = WAITS[min(self.failures, len(WAITS) - 1)]
            values.update(
                failures=self.failures + 1,
                date_failing=self.date_failing or now,
                date_retry=now + timedelta(minutes=wait),
            )
            self.env.ref("crm_lead_lifecycle.crm_webhook_deliver_cron")._trigger(at=values["date_retry"])
        else:
            delivery.state = "done"
            values.update(failures=0, date_failing=False, date_retry=False, is_told=False)
        self.write(values)
        if problem:
            self._give_up_old()

    def _get_first_waiting(self):
        waiting = Domain("webhook_id", "in", self.ids) & Domain("state", "=", "waiting")
        return self.env["crm.webhook.delivery"].search(waiting, order="id", limit=1)

    def _send(self, delivery):
        """
        :return: the status that was answered (0 if none was), and what went wrong in words, or False
        """
        body, timestamp = self._get_body(delivery).encode(), str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Odoo-CRM-Lead-Lifecycle",
            "X-Delivery": delivery.key,
            "X-Event": delivery.event_id.code,
            "X-Timestamp": timestamp,
            "X-Signature": f"sha256={self._sign(timestamp, body)}",
        }
        try:
            status = post(self.url, body, headers, self._get_private_hosts())
        except AddressProblem as problem:
            return 0, self._tell_problem(problem)
        if 200 <= status < 300:
            return status, False
        if 300 <= status < 400:
            return status, self.env._("The answer sends elsewhere (%(status)s). Enter the new address.", status=status)
        return status, self.env._("The answer was %(status)s.", status=status)

    def _get_body(self, delivery):
        """What is sent: of who asks only what is wanted by now."""
        if self.has_client:
            return delivery.body
        content = json.loads(delivery.body)
        content.pop("client", None)
        return json.dumps(content, ensure_ascii=False, indent=2)

    def _give_up_old(self):
        """What waits longer than the days is given up, and who is responsible is told once a run of trouble."""
        until = fields.Datetime.now() - timedelta(days=self.give_up_days)
        old = self.env["crm.webhook.delivery"].search(
            Domain("webhook_id", "=", self.id) & Domain("state", "=", "waiting") & Domain("date_queued", "<", until)
        )
        if not old:
            return
        old.state = "given_up"
        if self.user_id and not self.is_told:
            self.is_told = True
            webhook = self.with_context(lang=self.user_id._get_language())
            self.env["mail.thread"].message_notify(
                partner_ids=self.user_id.partner_id.ids,
                subject=webhook.env._("Events are given up: %(webhook)s", webhook=self.name),
                body=webhook.env._(
                    "%(webhook)s could not be told of %(count)s events for %(days)s days: %(problem)s They can be sent "
                    "again from the list of its deliveries.",
                    webhook=self.name, count=len(old), days=self.give_up_days, problem=self.problem,
                ),
            )  # fmt: skip

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_try_now(self):
        """Do not wait for the next try."""
        self.check_access("write")
        self.sudo().date_retry = False
        self.env.ref("crm_lead_lifecycle.crm_webhook_deliver_cron").sudo()._trigger()
        return True

    def action_open_deliveries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_webhook_delivery_action")
        return {**action, "domain": [("webhook_id", "=", self.id)]}
