from unittest.mock import patch

from .common import LeadCase

SMS_API = "odoo.addons.sms.tools.sms_api.SmsApi"


class ChannelCase(LeadCase):
    """A lead with a number, and one channel of each kind; those that the module brings along are put away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channels = cls.env["crm.lead.channel"]
        cls.channels.search([]).active = False
        cls.call, cls.link, cls.sms = cls.channels.create(
            [
                {"name": "Ring", "kind": "phone", "sequence": 1},
                {"name": "WhatsUp", "url": "https://example.org/{phone}?text={text}", "sequence": 2},
                {"name": "Text", "kind": "sms", "sequence": 3},
            ]
        )
        cls.lead = cls._lead(phone="+39 333 814 2907", email_from="marco@example.org")

    @classmethod
    def _sms_account(cls, state="registered", **values):
        """Odoo's account for SMS; what there was is gone."""
        cls.env["iap.account"].search([("service_name", "=", "sms")]).unlink()
        service = cls.env.ref("sms.iap_service_sms")
        return cls.env["iap.account"].create({"service_id": service.id, "state": state, **values})

    def _offered(self, lead=None, user=None):
        """What a user finds on a lead."""
        self.env.invalidate_all()
        return (lead or self.lead).with_user(user or self.user_own).channel_ids.mapped("name")

    def _send(self, channel, body="The pitch is free", lead=None, user=None):
        return channel.with_user(user or self.user_own)._send(
            (lead or self.lead).with_user(user or self.user_own), body
        )

    def _conversation(self, lead=None):
        self.env.invalidate_all()
        lead = lead or self.lead
        return lead._format_conversation(lead._get_conversation())

    def _mails(self, lead=None):
        """All that waits to be mailed, or was."""
        messages = (lead or self.lead).message_ids
        waiting = self.env["mail.message.schedule"].search_count([("mail_message_id", "in", messages.ids)])
        return waiting + self.env["mail.mail"].search_count([("mail_message_id", "in", messages.ids)])


class SmsCase(ChannelCase):
    """SMS by Odoo's own application; what it would send over the network is taken down."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls._sms_account()

    def setUp(self):
        super().setUp()
        self.sent = []
        self.answers = {}
        self.startPatcher(patch(f"{SMS_API}._contact_iap", autospec=True, side_effect=self._take))

    def _take(self, api, _endpoint, params, timeout=15):
        results = []
        for message in params["messages"]:
            for receiver in message["numbers"]:
                state = self.answers.get(receiver["number"], "success")
                if state == "success":
                    self.sent.append((receiver["number"], message["content"], api.account))
                results.append({"uuid": receiver["uuid"], "state": state})
        return results

    def _receivers(self):
        return [number for number, _text, _account in self.sent]
