from unittest.mock import Mock, patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .channel_common import SMS_API, SmsCase


@tagged("post_install", "-at_install")
class TestChannelSms(SmsCase):
    """SMS from a lead, to one customer and to many."""

    # ------------------------------------------------------------
    # WHETHER IT CAN SEND
    # ------------------------------------------------------------

    def test_offered_once_the_account_is_registered(self):
        self.assertIn("Text", self._offered())
        for state in (False, "unregistered", "banned"):
            self.account.state = state
            self.assertNotIn("Text", self._offered())
            self.assertIn("registered", self.sms.setup_problem)
        self.account.unlink()
        self.assertNotIn("Text", self._offered())
        self.assertFalse(self.env["iap.account"].search([("service_name", "=", "sms")]), "none is made by looking")
        with self.assertRaisesRegex(UserError, "registered"):
            self._send(self.sms)

    def test_not_offered_in_a_copy(self):
        self.account.account_token += "+disabled"
        self.assertNotIn("Text", self._offered())

    def test_nothing_is_asked_while_a_lead_is_shown(self):
        with patch("odoo.addons.iap.tools.iap_tools.iap_jsonrpc", side_effect=AssertionError("network")):
            self.assertIn("Text", self._offered())
            self.assertFalse(self.sms.with_user(self.user_manager).setup_problem)
        self.assertFalse(self.sent)

    def test_account_of_another_company(self):
        self.account.company_ids = self.other_company
        self.lead.company_id = self.company
        self.assertNotIn("Text", self._offered())
        other = self._lead(phone="+39 333 814 2908", company_id=self.other_company.id, user_id=self.user_manager.id)
        self.assertIn("Text", self._offered(other, self.user_manager))

    def test_a_lead_of_no_company_that_another_has_numbered(self):
        lead = self._lead(phone="+39 333 814 2908", company_id=self.other_company.id, user_id=self.user_manager.id)
        lead.write({"company_id": False, "user_id": self.user_own.id})
        self.account.company_ids = self.company
        self.assertEqual(lead.number_company_id, self.other_company)
        self.assertIn("Text", self._offered(lead))
        self._send(self.sms, lead=lead)
        self.assertEqual([account for _number, _text, account in self.sent], [self.account])

    def test_the_company_of_the_lead_pays(self):
        other_account = self.account.copy({"company_ids": self.other_company.ids, "state": "registered"})
        self.lead.company_id = self.company
        other = self._lead(phone="+39 333 814 2908", company_id=self.other_company.id, user_id=self.user_manager.id)
        for lead in (self.lead, other):
            self._send(self.sms, lead=lead, user=self.user_manager)
        self.assertEqual([account for _number, _text, account in self.sent], [self.account, other_account])

    def test_not_offered_without_the_application(self):
        registry = type(self.env.registry)
        contains = registry.__contains__
        with patch.object(registry, "__contains__", lambda models, name: name != "sms.sms" and contains(models, name)):
            self.assertIn("isn't installed", self.sms._get_setup_problem(self.company))

    def test_other_providers(self):
        """Companies as Odoo's module for Twilio makes them, and another one."""
        self.account.unlink()
        company = Mock(sms_provider="twilio", sms_twilio_account_sid="AC1", sms_twilio_auth_token="secret")
        company.sudo.return_value = company
        self.assertFalse(self.sms._get_sms_problem(company))
        company.sms_twilio_number_ids = []
        self.assertIn("Twilio", self.sms._get_sms_problem(company))
        company.sms_provider = "another"
        self.assertFalse(self.sms._get_sms_problem(company))

    # ------------------------------------------------------------
    # ONE LEAD
    # ------------------------------------------------------------

    def test_sent_now_and_in_the_conversation(self):
        self._send(self.sms, "1 < 2 & free\nsee https://example.org")
        self.assertEqual(
            [(number, text) for number, text, _account in self.sent],
            [("+393338142907", "1 < 2 & free\nsee https://example.org")],
        )
        (message,) = self._conversation()
        self.assertTrue(message["is_ours"])
        self.assertEqual(message["channel"], "Text")
        self.assertIn("1 &lt; 2 &amp; free", message["body"])
        self.assertEqual(self.lead._get_conversation().message_type, "sms")
        self.assertEqual(self.lead._get_conversation().notification_ids.notification_type, "sms")
        self.assertFalse(self._mails())
        self.assertTrue(self.lead.date_first_touch)

    def test_what_was_not_sent_is_not_in_the_conversation(self):
        self.answers["+393338142907"] = "insufficient_credit"
        dialog = Form(
            self.env["crm.lead.message"]
            .with_user(self.user_own)
            .with_context(default_lead_ids=self.lead.ids, default_channel_id=self.sms.id)
        )
        dialog.body = "Hello"
        wizard = dialog.save()
        with self.assertRaisesRegex(UserError, "not sent: Insufficient Credit"), self.env.cr.savepoint():
            wizard.action_send()
        self.assertFalse(self._conversation())
        self.assertEqual(wizard.state, "write")
        self.answers.clear()
        wizard.action_send()
        self.assertEqual(self._receivers(), ["+393338142907"])

    @mute_logger("odoo.addons.sms.models.sms_sms")
    def test_network_is_away(self):
        with (
            patch(f"{SMS_API}._contact_iap", side_effect=AccessError("away")),
            self.assertRaisesRegex(UserError, "not sent"),
            self.env.cr.savepoint(),
        ):
            self._send(self.sms)
        self.assertFalse(self._conversation())

    def test_obstacles_send_nothing(self):
        self.env["phone.blacklist"]._add(["+393338142907"])
        with self.assertRaisesRegex(UserError, "blocked"):
            self._send(self.sms)
        self.env["phone.blacklist"]._remove(["+393338142907"])
        self.sms.purpose_id = self.env["crm.consent.purpose"].create({"name": "Letters"})
        with self.assertRaisesRegex(UserError, "Letters"):
            self._send(self.sms)
        self.assertFalse(self.sent)

    # ------------------------------------------------------------
    # MANY LEADS
    # ------------------------------------------------------------

    def _many(self, leads, user=None):
        return Form(
            self.env["crm.lead.message"].with_user(user or self.user_own).with_context(default_lead_ids=leads.ids)
        )

    def test_many_have_one_result_each(self):
        good, broke, blocked, same, bare = leads = self.env["crm.lead"].union(
            *(
                self._lead(name=name, phone=number)
                for name, number in (
                    ("Good", "+39 333 814 0001"),
                    ("Broke", "+39 333 814 0002"),
                    ("Blocked", "+39 333 814 0003"),
                    ("Same", "+39 333 814 0001"),
                    ("Bare", False),
                )
            )
        )
        self.env["phone.blacklist"]._add(["+393338140003"])
        self.answers["+393338140002"] = "country_not_supported"
        dialog = self._many(leads)
        self.assertEqual(dialog.channel_id, self.sms)
        self.assertEqual(dialog.summary, "2 can be sent, 3 can't")
        dialog.body = "Hello"
        wizard = dialog.save()
        action = wizard.action_send()
        self.assertEqual(action["res_id"], wizard.id)
        self.assertEqual(wizard.summary, "1 sent, 4 not sent")
        lines = {line.lead_id: line for line in wizard.line_ids}
        self.assertTrue(lines[good].is_sent)
        for lead, problem in (
            (broke, "Country Not Supported"),
            (blocked, "blocked since"),
            (same, good.display_name),
            (bare, "no phone number"),
        ):
            self.assertIn(problem, lines[lead].problem)
            self.assertFalse(lines[lead].is_sent)
            self.assertFalse(self._conversation(lead))
        self.assertEqual(len(self._conversation(good)), 1)
        self.assertEqual(self._receivers(), ["+393338140001"])

    def test_leads_of_others_stop_nobody(self):
        others = self._lead(phone="+39 333 814 0001", user_id=self.user_all.id)
        wizard = (
            self.env["crm.lead.message"]
            .with_user(self.user_own)
            .create({"lead_ids": self.lead.ids, "body": "Hello", "channel_id": self.sms.id})
        )
        wizard.sudo().line_ids.copy({"wizard_id": wizard.id, "lead_id": others.id})
        wizard.sudo().lead_ids += others
        wizard.sudo().line_ids.filtered(lambda line: line.lead_id == others).problem = False
        wizard.action_send()
        self.assertEqual(self._receivers(), ["+393338142907"])
        self.assertFalse(self._conversation(others))

    def test_leads_that_somebody_changes_are_left_out(self):
        other = self._lead(phone="+39 333 814 0001")
        dialog = self._many(self.lead + other)
        dialog.body = "Hello"
        wizard = dialog.save()
        with patch.object(type(self.lead), "try_lock_for_update", lambda leads, **kwargs: leads - other):
            wizard.action_send()
        self.assertEqual(self._receivers(), ["+393338142907"])
        self.assertIn("Try again", wizard.line_ids.filtered(lambda line: line.lead_id == other).problem)
        alone = self._many(other)
        alone.body = "Hello"
        alone = alone.save()
        with (
            patch.object(type(self.lead), "try_lock_for_update", lambda leads, **kwargs: leads - other),
            self.assertRaisesRegex(UserError, "Try again"),
        ):
            alone.action_send()

    def test_without_a_channel_the_list_says_why(self):
        self.account.state = "banned"
        with self.assertRaisesRegex(UserError, "registered"):
            self._many(self.lead)
        self.sms.active = False
        with self.assertRaisesRegex(UserError, "no message channel"):
            self._many(self.lead)

    # ------------------------------------------------------------
    # IN THE PLACE OF ODOO'S DIALOG
    # ------------------------------------------------------------

    def test_no_way_to_odoos_own_dialog(self):
        stock = self.env["ir.actions.act_window"].search(
            [("res_model", "=", "sms.composer"), ("binding_model_id.model", "=", "crm.lead")]
        )
        self.assertTrue(stock)
        ours = self.env.ref("crm_lead_lifecycle.crm_lead_message_action")
        views = [(self.env.ref("crm.crm_case_tree_view_oppor").id, "list"), (False, "kanban"), (False, "form")]
        views = self.env["crm.lead"].with_user(self.user_own).get_views(views, {"toolbar": True})["views"]
        offered = {name: {action["id"] for action in view["toolbar"]["action"]} for name, view in views.items()}
        self.assertIn(ours.id, offered["list"])
        self.assertIn(ours.id, offered["kanban"])
        for name, view in views.items():
            self.assertFalse(offered[name] & set(stock.ids))
            for action in stock:
                self.assertNotIn(f'name="{action.id}"', view["arch"])
        self.assertEqual(views["list"]["arch"].count(f'name="{ours.id}"'), 2)
