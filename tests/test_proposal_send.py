from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .test_proposal import ProposalCase


class ProposalSendCase(ProposalCase):
    """The dialog that sends proposals."""

    def _dialog(self, leads, user=None):
        wizard = self.env["crm.lead.send"].with_user(user or self.user_manager).with_context(mail_notrack=False)
        return Form(wizard.with_context(default_lead_ids=leads.ids))

    def _send(self, leads, user=None, **values):
        with self.mock_mail_gateway():
            dialog = self._dialog(leads, user)
            for name, value in values.items():
                dialog[name] = value
            wizard = dialog.save()
            self.answer = wizard.action_send()
        return wizard

    def _unreachable(self):
        """A lead whose quotation can't be sent, for want of an e-mail address."""
        client = self.env["res.partner"].create({"name": "Nobody", "email": "no address"})
        lead = self._lead(lead_type_id=self.booking.id, partner_id=client.id)
        self._proposal(lead)
        return lead


@tagged("post_install", "-at_install")
class TestProposalSend(ProposalSendCase):
    """Proposals are sent to their customers, those of many leads at once."""

    def test_one_message_with_all_that_is_ready(self):
        orders = self._proposal() + self._proposal()
        wizard = self._send(self.lead, note="<p>As promised</p>")
        self.assertEqual(orders.mapped("state"), ["sent", "sent"])
        self.assertEqual(self.lead.stage_id, self.sent)
        message = self.lead._get_conversation()
        self.assertEqual(len(message), 1)
        for text in ("As promised", *orders.mapped("name"), *orders.mapped("access_token")):
            self.assertIn(text, message.body)
        self.assertEqual(self._new_mails.recipient_ids, self.client)
        self.assertEqual(wizard.summary, "1 sent, 0 not sent")

    def test_one_that_fails_does_not_stop_the_others(self):
        nobody = self._unreachable()
        empty = self._lead(lead_type_id=self.booking.id, partner_id=self.client.id)
        self._proposal()
        wizard = self._send(nobody + empty + self.lead)
        self.assertEqual(wizard.line_ids.mapped("is_sent"), [False, False, True])
        self.assertIn("is no e-mail address", wizard.line_ids[0].problem)
        self.assertIn("no quotation", wizard.line_ids[1].problem)
        self.assertEqual(wizard.summary, "1 sent, 2 not sent")
        self.assertEqual(self.answer["res_id"], wizard.id, "the dialog says what has become of each")

    def test_one_that_goes_wrong_only_then(self):
        """What changes while the dialog is open, or is refused by whatever rule."""
        other = self._lead(lead_type_id=self.booking.id, partner_id=self.client.id)
        orders = self._proposal() + self._proposal(other)
        dialog = self._dialog(self.lead + other)
        orders[0].action_cancel()
        wizard = dialog.save()
        with self.mock_mail_gateway():
            wizard.action_send()
        self.assertEqual(wizard.line_ids.mapped("is_sent"), [False, True])
        self.assertIn("no quotation", wizard.line_ids[0].problem)

    def test_what_nobody_expected_does_not_stop_the_others(self):
        other = self._lead(lead_type_id=self.booking.id, partner_id=self.client.id)
        orders = self._proposal() + self._proposal(other)
        wizard = self._dialog(self.lead + other).save()
        bad, post = self.lead, type(self.lead)._post_in_conversation

        def fail(lead, *args, **values):
            if lead == bad:
                raise ValueError("unexpected")
            return post(lead, *args, **values)

        self.patch(type(self.lead), "_post_in_conversation", fail)
        with self.mock_mail_gateway(), self.assertLogs("odoo.addons.crm_lead_lifecycle.wizards.crm_lead_send", "ERROR"):
            wizard.action_send()
        self.assertEqual(wizard.line_ids.mapped("is_sent"), [False, True])
        self.assertIn("Ask an administrator", wizard.line_ids[0].problem)
        self.assertEqual(orders.mapped("state"), ["draft", "sent"])

    def test_one_lead_alone_is_told_in_a_word(self):
        self._proposal()
        self._send(self.lead)
        self.assertIn("on their way to marco@example.org", self.answer["params"]["message"])

    def test_left_out(self):
        other = self._lead(lead_type_id=self.booking.id, partner_id=self.client.id)
        orders = self._proposal() + self._proposal(other)
        with self.mock_mail_gateway():
            dialog = self._dialog(self.lead + other)
            self.assertEqual(dialog.summary, "2 of 2 will be sent")
            with dialog.line_ids.edit(0) as line:
                line.is_chosen = False
            self.assertEqual(dialog.summary, "1 of 2 will be sent")
            self.assertIn(orders[1].name, dialog.body, "what is shown is what is sent")
            wizard = dialog.save()
            wizard.action_send()
        self.assertEqual(orders.mapped("state"), ["draft", "sent"])
        self.assertEqual(wizard.summary, "1 sent, 0 not sent")

    def test_seen_before_it_is_sent(self):
        orders = self._proposal() + self._proposal()
        dialog = self._dialog(self.lead)
        dialog.note = "<p>As promised</p>"
        self.assertEqual(dialog.address, "marco@example.org")
        self.assertTrue(dialog.is_single)
        for text in ("Hello Marco Rossi", "As promised", *orders.mapped("name"), f"{orders[0].amount_total:.2f}"):
            self.assertIn(text, dialog.body)
        self.assertFalse(html.fromstring(dialog.body).xpath("//a/@href"), "a look gives no access")
        self.assertFalse(any(orders.mapped("access_token")))
        self.assertFalse(self.lead._get_conversation())

    def test_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.client.lang = "it_IT"
        self._proposal(validity_date="2100-05-13")
        self.assertIn("13/05/2100", self._dialog(self.lead).body)

    def test_nothing_to_send(self):
        dialog = self._dialog(self._unreachable())
        self.assertEqual(dialog.count, 0)
        self.assertIn("is no e-mail address", dialog.problem)
        self.assertFalse(dialog.body)

    def test_who_wants_no_mails_gets_none(self):
        self._proposal()
        self.env["mail.blacklist"]._add("marco@example.org")
        self.assertIn("wants no e-mails", self._send(self.lead).line_ids.problem)

    def test_the_address_is_the_clients(self):
        """The mail goes to the client: an address that only the lead has receives nothing."""
        self._proposal()
        self.client.email = False
        self.lead._write({"email_from": "lead@example.org", "email_normalized": "lead@example.org"})
        self.lead.invalidate_recordset()
        line = self._send(self.lead).line_ids
        self.assertFalse(line.is_sent or line.address)
        self.assertIn("no e-mail address", line.problem)

    def test_one_of_several_addresses_is_enough(self):
        """As in Odoo's own mails."""
        self._proposal()
        self.client.email = "marco@example.org, rossi@example.org"
        line = self._send(self.lead).line_ids
        self.assertEqual((line.is_sent, line.address), (True, "marco@example.org"))

    def test_an_archived_client_gets_no_mails(self):
        order = self._proposal()
        self.client.active = False
        line = self._send(self.lead).line_ids
        self.assertFalse(line.is_sent)
        self.assertIn("archived", line.problem)
        self.assertEqual(order.state, "draft")
        self.assertIn("archived", self.lead.get_conversation()["obstacle"])
        with self.assertRaisesRegex(UserError, "archived"):
            self.lead.post_to_customer("Are you there?")

    def test_what_has_expired_is_not_sent(self):
        self._proposal(validity_date="2020-01-01")
        self.assertIn("no longer valid", self._send(self.lead).line_ids.problem)

    def test_a_quotation_for_somebody_else(self):
        other = self.env["res.partner"].create({"name": "Lucia Bianchi", "email": "lucia@example.org"})
        self._proposal(partner_id=other.id)
        self.assertIn("another customer", self._send(self.lead).line_ids.problem)
        nobody = self._lead(lead_type_id=self.booking.id, email_from="marco@example.org")
        self._proposal(nobody, partner_id=self.client.id)
        self.assertIn("no client yet", self._send(nobody).line_ids.problem)

    def test_a_closed_lead(self):
        self._proposal()
        self.lead.action_set_lost()
        self.assertIn("closed", self._send(self.lead).line_ids.problem)

    def test_sent_twice_it_goes_out_once(self):
        self._proposal()
        wizard = self._send(self.lead)
        wizard.action_send()
        self.assertEqual(len(self.lead._get_conversation()), 1)
        self.assertIn("no quotation", self._send(self.lead).line_ids.problem)

    def test_the_lead_from_its_line(self):
        wizard = self._send(self._unreachable())
        action = wizard.line_ids.action_open_lead()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", wizard.lead_ids.id))


@tagged("post_install", "-at_install")
class TestProposalSendRights(ProposalSendCase):
    """Who may send what."""

    def _lead_of_other_company(self):
        return self._lead(
            lead_type_id=self.booking.id,
            partner_id=self.client.id,
            company_id=self.other_company.id,
            user_id=self.user_manager.id,
            team_id=False,
        )

    def test_a_salesperson_sends_the_own(self):
        order = self._proposal(user_id=self.user_own.id)
        wizard = self._send(self.lead, self.user_own)
        self.assertTrue(wizard.line_ids.is_sent)
        self.assertEqual((order.state, self.lead.stage_id), ("sent", self.sent))

    def test_not_the_quotation_of_a_colleague(self):
        order = self._proposal(user_id=self.user_all.id)
        wizard = self._send(self.lead, self.user_own)
        self.assertIn("You may not see the quotation", wizard.line_ids.problem)
        self.assertFalse(wizard.line_ids.orders)
        self.assertEqual(order.state, "draft")
        # what somebody else has read is in the cache
        self.assertEqual(self.lead.order_ids, order)
        self.assertFalse(self.lead.with_user(self.user_own)._get_proposals_to_send())

    def test_not_the_lead_of_a_colleague(self):
        lead = self._lead(user=self.user_all, lead_type_id=self.booking.id, partner_id=self.client.id)
        order = self._proposal(lead, user_id=self.user_own.id)
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own)._send_proposals()
        self.assertEqual(order.state, "draft")

    def test_who_sells_nothing_has_no_such_dialog(self):
        user = new_test_user(self.env, "lead_nobody", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["crm.lead.send"].with_user(user).create({"lead_ids": [Command.set(self.lead.ids)]})

    def test_two_companies(self):
        """Each lead is sent with its own company, whatever company the sender is in."""
        lead = self._lead_of_other_company()
        orders = self._proposal() + self._proposal(lead, company_id=self.other_company.id)
        manager = self.env["crm.lead.send"].with_user(self.user_manager)
        dialog = Form(
            manager.with_context(
                default_lead_ids=(self.lead + lead).ids, allowed_company_ids=(self.company + self.other_company).ids
            )
        )
        with self.mock_mail_gateway():
            wizard = dialog.save()
            wizard.action_send()
        self.assertEqual(wizard.line_ids.mapped("is_sent"), [True, True])
        self.assertEqual(orders.mapped("state"), ["sent", "sent"])

    def test_a_lead_of_no_company_that_another_has_numbered(self):
        lead = self._lead_of_other_company()
        lead.write({"company_id": False, "user_id": self.user_own.id})
        order = self._proposal(lead, user_id=self.user_own.id)
        self.assertEqual(lead.number_company_id, self.other_company)
        self.assertNotIn(self.other_company, self.user_own.company_ids)
        self.assertTrue(self._send(lead, self.user_own).line_ids.is_sent)
        self.assertEqual(order.state, "sent")

    def test_not_of_a_company_that_is_not_ones_own(self):
        lead = self._lead_of_other_company()
        order = self._proposal(lead, company_id=self.other_company.id)
        with self.assertRaises(AccessError):
            lead.with_user(self.user_all)._send_proposals()
        self.assertEqual(order.state, "draft")


@tagged("post_install", "-at_install")
class TestProposalSentOtherwise(ProposalCase):
    """Proposals that go out without the dialog."""

    def test_moved_by_hand(self):
        orders = self._proposal(user_id=self.user_all.id) + self._proposal()
        expired, empty = self._proposal(validity_date="2020-01-01"), self._proposal(order_line=False)
        self.lead.with_user(self.user_own).stage_id = self.sent
        self.assertEqual(orders.mapped("state"), ["sent", "sent"])
        self.assertEqual(self.lead.proposal_status, "sent")
        self.assertEqual((expired + empty).mapped("state"), ["draft", "draft"])
        self.assertFalse(self.lead._get_conversation(), "the customer has them already")

    def test_moved_on_without_a_quotation(self):
        self.lead.with_user(self.user_own).stage_id = self.sent
        self.assertEqual(self.lead.proposal_status, "none")

    def test_moved_elsewhere(self):
        order = self._proposal()
        self.lead.with_user(self.user_own).stage_id = self.ready
        self.assertEqual(order.state, "draft")
        self.assertTrue(self.lead.is_ready_to_send)

    def test_a_second_one_is_not_sent_with_the_first(self):
        """A rule moves the lead, nobody has said anything of the other quotation."""
        orders = self._proposal() + self._proposal()
        orders[0].with_user(self.user_manager).action_quotation_sent()
        self.assertEqual(self.lead.stage_id, self.sent)
        self.assertEqual(orders.mapped("state"), ["sent", "draft"])

    def test_by_the_link(self):
        order = self._proposal()

        def share(partner):
            wizard = self.env["portal.share"].with_context(active_model="sale.order", active_id=order.id)
            values = {"res_model": "sale.order", "res_id": order.id, "partner_ids": [Command.set(partner.ids)]}
            with self.mock_mail_gateway():
                wizard.create(values).action_send_mail()

        share(self.user_own.partner_id)
        self.assertEqual(order.state, "draft", "a colleague is no customer")
        share(self.client)
        self.assertEqual((order.state, self.lead.stage_id), ("sent", self.sent))

    def test_confirmed_by_who_does_not_see_the_lead(self):
        lead = self._lead(user=self.user_all, lead_type_id=self.booking.id, partner_id=self.client.id)
        orders = self._proposal(lead, user_id=self.user_own.id) + self._proposal(lead, user_id=self.user_all.id)
        orders[0].with_user(self.user_own).action_confirm()
        self.assertFalse(lead.with_user(self.user_own).has_access("read"))
        self.assertEqual((lead.stage_id, lead.won_status), (self.booked, "won"))
        self.assertEqual(orders.mapped("state"), ["sale", "cancel"])
