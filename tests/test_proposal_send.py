from odoo.tests import Form, tagged

from .test_proposal import ProposalCase


@tagged("post_install", "-at_install")
class TestProposalSend(ProposalCase):
    """Proposals are sent to their customers, those of many leads at once."""

    def _send(self, leads, user=None, **values):
        wizard = self.env["crm.lead.send"].with_user(user or self.user_manager).with_context(mail_notrack=False)
        with self.mock_mail_gateway():
            dialog = Form(wizard.with_context(default_lead_ids=leads.ids))
            for name, value in values.items():
                dialog[name] = value
            wizard = dialog.save()
            wizard.action_send()
        return wizard

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
        nobody = self._lead(lead_type_id=self.booking.id, email_from="no address", contact_name="Nobody")
        empty = self._lead(lead_type_id=self.booking.id, partner_id=self.client.id)
        self._proposal()
        self._proposal(nobody, partner_id=self.client.id)
        wizard = self._send(nobody + empty + self.lead)
        self.assertEqual(wizard.line_ids.mapped("is_sent"), [False, False, True])
        self.assertIn("no e-mail address", wizard.line_ids[0].problem)
        self.assertIn("no quotation", wizard.line_ids[1].problem)
        self.assertEqual(wizard.summary, "1 sent, 2 not sent")

    def test_who_wants_no_mails_gets_none(self):
        self._proposal()
        self.env["mail.blacklist"]._add("marco@example.org")
        self.assertIn("wants no e-mails", self._send(self.lead).line_ids.problem)

    def test_what_has_expired_is_not_sent(self):
        self._proposal(validity_date="2020-01-01")
        self.assertIn("no longer valid", self._send(self.lead).line_ids.problem)

    def test_sent_twice_it_goes_out_once(self):
        self._proposal()
        wizard = self._send(self.lead)
        wizard.action_send()
        self.assertEqual(len(self.lead._get_conversation()), 1)
        self.assertIn("no quotation", self._send(self.lead).line_ids.problem)
