import hashlib
import hmac
import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged, users

from .webhook_common import WebhookCase


@tagged("post_install", "-at_install")
class TestWebhook(WebhookCase):
    """Other systems are told what happens to leads."""

    def test_what_happens_is_told_in_order(self):
        webhook = self._webhook()
        lead = self._lead(self.stage_new, source_id=self.env["utm.source"].create({"name": "Fair"}).id)
        lead.stage_id = self.stage_working
        lead.user_id = self.user_all
        lead.action_set_lost(lost_reason_id=self.reason.id)
        lead.action_restore()
        lead.partner_id = self.env["res.partner"].create({"name": "Marco"})
        lead.action_set_won()
        self.assertEqual(len(self._waiting(webhook)), 7)
        self.assertFalse(self.receiver.requests, "nothing is sent before it is committed")
        self.webhooks._cron_deliver()
        told = ["created", "stage", "assigned", "lost", "restored", "linked", "won"]
        self.assertEqual(self._said(), told)
        self.assertFalse(self._waiting(webhook))
        first, second = (json.loads(asked["body"]) for asked in self.receiver.requests[:2])
        self.assertEqual(
            {name: first[name] for name in ("number", "stage", "stage_type", "type", "source", "previous_stage")},
            {
                "number": lead.number,
                "stage": "Just in",
                "stage_type": "open",
                "type": self.lead_type.name,
                "source": "Fair",
                "previous_stage": None,
            },
        )
        self.assertEqual((second["previous_stage"], second["stage"]), ("Just in", "At work"))
        self.assertRegex(first["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_removal_and_merge(self):
        self._webhook()
        removed, winner, loser = self._lead(), self._lead(), self._lead()
        loser_number = loser.number
        self.env["crm.lead.remove"].create(
            {"lead_ids": removed.ids, "removal_reason_id": self.removal_reason.id}
        ).action_apply()
        (winner + loser).merge_opportunity()
        self.webhooks._cron_deliver()
        self.assertEqual(self._said()[-2:], ["removed", "merged"])
        self.assertEqual(json.loads(self.receiver.requests[-1]["body"])["merged_number"], loser_number)
        self.assertEqual(self._said().count("created"), 3, "also of the lead that is gone since")

    def test_a_proposal_is_accepted(self):
        self._webhook()
        partner = self.env["res.partner"].create({"name": "Marco"})
        lead = self._lead(partner_id=partner.id)
        order = self.env["sale.order"].create({"partner_id": partner.id, "opportunity_id": lead.id})
        order.action_confirm()
        self.webhooks._cron_deliver()
        self.assertIn("accepted", self._said())

    def test_only_what_is_ticked(self):
        self._webhook(event_ids=self.env.ref("crm_lead_lifecycle.crm_webhook_event_won").ids)
        self._lead().action_set_won()
        self.webhooks._cron_deliver()
        self.assertEqual(self._said(), ["won"])

    def test_who_asks_is_told_only_where_it_is_wanted(self):
        self._webhook()
        self._webhook(name="Marketing", has_client=True)
        person = {"contact_name": "Marco Rossi", "email_from": "marco@example.org", "phone": "+39 333 1234567"}
        self._lead(name="Two weeks", request="With my dog", description="He is rich", **person)
        self.webhooks._cron_deliver()
        without, with_client = sorted((json.loads(asked["body"]) for asked in self.receiver.requests), key=len)
        self.assertNotIn("Marco", str(without))
        self.assertEqual(with_client["client"], {"partner_name": None, **person})
        for secret in ("dog", "rich", "Two weeks"):
            self.assertNotIn(secret, str(with_client))

    def test_who_asks_is_not_told_any_more_once_it_is_unwanted(self):
        """Also of what was written down before."""
        webhook = self._webhook(has_client=True)
        self._lead(contact_name="Marco Rossi")
        webhook.has_client = False
        self.webhooks._cron_deliver()
        webhook.delivery_ids.action_send_again()
        self.webhooks._cron_deliver()
        self.assertEqual(self._said(), ["created", "created"])
        self.assertNotIn("Marco", str(self.receiver.requests))

    def test_without_webhooks_it_costs_nothing(self):
        lead = self._lead(self.stage_new)
        self.webhooks.search([]).active = False
        self.webhooks._get_receivers()
        cost = self._count_queries(lambda: self.webhooks._write_down([("create", lead, {})]))
        self.assertEqual(cost, 0)
        self.assertFalse(self.env["crm.webhook.delivery"].search([("lead_id", "=", lead.id)]))

    def test_a_batch_costs_no_more_queries_than_one(self):
        self._webhook()
        leads = self._lead(self.stage_frozen) + self._lead(self.stage_frozen) + self._lead(self.stage_frozen)
        costs = []
        for some in (leads[:1], leads):
            events = [("stage", lead, {"from_stage": stage.id}) for lead, stage in zip(some, self.stages, strict=False)]
            self.env.invalidate_all()
            costs.append(self._count_queries(lambda events=events: self.webhooks._write_down(events)))
        self.assertEqual(costs[0], costs[1])

    def test_what_is_taken_back_is_not_told(self):
        webhook = self._webhook()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self._lead()
            raise ZeroDivisionError
        self.env.invalidate_all()
        self.assertFalse(webhook.delivery_ids)

    # ------------------------------------------------------------
    # SIGNATURES
    # ------------------------------------------------------------

    def test_it_is_signed(self):
        webhook = self._webhook()
        secret = webhook._new_secret()
        self._lead()
        self.webhooks._cron_deliver()
        asked = self.receiver.requests[0]
        headers = asked["headers"]
        message = headers["X-Timestamp"].encode() + b"." + asked["body"]
        expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
        self.assertEqual(headers["X-Signature"], f"sha256={expected}")
        self.assertEqual(headers["X-Event"], "created")
        self.assertEqual(headers["X-Delivery"], webhook.delivery_ids.key)
        self.assertEqual(self._said("id"), [webhook.delivery_ids.key])
        self.assertEqual((asked["method"], asked["path"]), ("POST", "/leads"))
        self.assertEqual(headers["Content-Type"], "application/json")

    def test_a_channel_of_ours_would_accept_the_signature(self):
        channel = self.env["crm.intake.channel"].create({"name": "Loop", "code": "loop"})
        webhook = self._webhook()
        webhook.sudo().secret = channel._new_secret("hmac")
        self._lead()
        self.webhooks._cron_deliver()
        headers, body = (self.receiver.requests[0][name] for name in ("headers", "body"))
        signature = headers["X-Signature"].removeprefix("sha256=")
        self.assertTrue(channel._is_authentic(None, signature, headers["X-Timestamp"], body))

    @users("lead_manager")
    def test_the_secret_is_shown_once(self):
        webhook = self._webhook().with_user(self.env.user)
        self.env.user.sudo().group_ids += self.env.ref("base.group_allow_export")
        before = webhook.sudo().secret
        action = webhook.action_new_secret()
        dialog = Form(self.env[action["res_model"]].with_context(**action["context"]))
        shown = dialog.value
        self.assertEqual(shown, webhook.sudo().secret)
        self.assertNotEqual(shown, before)
        self.assertNotIn("secret", webhook.fields_get())
        self.assertFalse(dialog.save().browse(dialog.record.id).with_context(default_value=False).value)
        for steal in (
            lambda: webhook.read(["secret"]),
            lambda: webhook.export_data(["secret"]),
            lambda: webhook.search([("secret", "=like", "a%")]),
            lambda: webhook.write({"secret": "known"}),
        ):
            with self.assertRaises(AccessError):
                steal()
        self.assertNotEqual(webhook.copy().sudo().secret, shown)

    # ------------------------------------------------------------
    # RIGHTS AND COMPANIES
    # ------------------------------------------------------------

    def test_rights(self):
        webhook = self._webhook()
        self._lead()
        for user in (self.user_all, self.user_portal, self.user_public):
            for records in (webhook, webhook.delivery_ids):
                with self.assertRaises(AccessError):
                    records.with_user(user).read(["id"])
            for action in ("action_send_again", "action_give_up"):
                with self.assertRaises(AccessError):
                    getattr(webhook.delivery_ids.with_user(user), action)()
            with self.assertRaises(AccessError):
                webhook.with_user(user).action_new_secret()
        delivery = webhook.delivery_ids.with_user(self.user_manager)
        self.assertTrue(delivery.body)
        for change in (lambda: delivery.write({"body": "{}"}), delivery.unlink, lambda: delivery.create({})):
            with self.assertRaises(AccessError):
                change()

    def test_companies_are_kept_apart(self):
        webhook = self._webhook()
        other = self._webhook(name="Other", company_id=self.other_company.id)
        self._lead(company_id=self.other_company.id, user_id=False)
        self.assertFalse(webhook.delivery_ids)
        self.assertEqual(len(other.delivery_ids), 1)
        for records in (webhook, other.delivery_ids):
            user = self.user_other_company if records == webhook else self.user_admin
            self.assertFalse(records.with_user(user).search([("id", "in", records.ids)]))
            with self.assertRaises(AccessError):
                records.with_user(user).read(["id"])

    def test_what_was_told_stays_in_its_company(self):
        webhook = self._webhook()
        webhook.company_id = self.other_company
        webhook.company_id = self.env.company
        self._lead()
        with self.assertRaises(UserError):
            webhook.company_id = self.other_company
        webhook.write({"company_id": self.env.company.id, "name": "Store"})

    def test_who_works_on_leads_needs_no_right_to_webhooks(self):
        webhook = self._webhook()
        lead = self._lead(self.stage_new, self.user_own)
        lead.with_user(self.user_own).stage_id = self.stage_working
        self.assertEqual(len(self._waiting(webhook)), 2)
