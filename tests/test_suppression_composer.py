from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .channel_common import SmsCase
from .test_suppression import EMAIL, ERASED, PHONE, SuppressionCase


class ComposerCase(SuppressionCase):
    """Documents of somebody who is going to be suppressed, and the same of somebody else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client, cls.other = cls.env["res.partner"].create(
            [
                {"name": "Ottavia", "email": EMAIL, "phone": "+39 333 7654321"},
                {"name": "Marco", "email": "marco@example.org", "phone": "+39 333 1112223"},
            ]
        )
        cls.lead = cls._lead(user=cls.user_manager, partner_id=cls.client.id, name="Hers")
        cls.free = cls._lead(partner_id=cls.other.id, name="His")
        cls.order, cls.free_order = cls._order(cls.lead), cls._order(cls.free)
        cls.meeting, cls.free_meeting = cls._meeting(cls.lead), cls._meeting(cls.free)

    @classmethod
    def _order(cls, lead):
        return cls.env["sale.order"].create({"partner_id": lead.partner_id.id, "opportunity_id": lead.id})

    @classmethod
    def _meeting(cls, lead):
        return cls.env["calendar.event"].create(
            {
                "name": lead.name,
                "start": fields.Datetime.now() + timedelta(hours=1),
                "stop": fields.Datetime.now() + timedelta(hours=2),
                "opportunity_id": lead.id,
                "partner_ids": [Command.set((lead.partner_id + cls.user_own.partner_id).ids)],
            }
        )

    def _documents(self):
        return self.lead, self.client, self.order, self.meeting

    def _pairs(self):
        return zip(self._documents(), (self.free, self.other, self.free_order, self.free_meeting), strict=True)


@tagged("post_install", "-at_install")
class TestSuppressionComposer(ComposerCase):
    """Odoo's own ways to write to people obey, too."""

    def _compose(self, records, mode="comment", **values):
        composer = self.env["mail.compose.message"].with_user(self.user_manager).create(
            {
                "model": records._name,
                "res_ids": str(records.ids),
                "composition_mode": mode,
                "subject": "Offer",
                "body": "<p>Offer</p>",
                **values,
            }
        )  # fmt: skip
        return composer._action_send_mail()

    def test_a_single_message(self):
        for document in self._documents():
            self._compose(document, partner_ids=self.client.ids)
        self._suppress()
        for document in self._documents():
            with self.assertRaisesRegex(UserError, ERASED), self.env.cr.savepoint():
                self._compose(document, partner_ids=self.client.ids)
            with self.assertRaisesRegex(UserError, ERASED), self.env.cr.savepoint():
                document.message_post(body="Hello", message_type="comment", partner_ids=self.client.ids)
            document.message_post(body="A note", message_type="comment", subtype_xmlid="mail.mt_note")
        with self.assertRaisesRegex(UserError, ERASED), self.env.cr.savepoint():
            self._compose(self.free, partner_ids=(self.client + self.other).ids)
        self._compose(self.free, partner_ids=self.other.ids)

    def test_blacklisted(self):
        self.env["mail.blacklist"]._add(EMAIL)
        for document in self._documents():
            with self.assertRaisesRegex(UserError, "wants no e-mails"), self.env.cr.savepoint():
                self._compose(document, partner_ids=self.client.ids)

    def test_the_button_of_a_meeting(self):
        self._suppress()
        context = self.meeting.with_user(self.user_manager).action_open_composer()["context"]
        composer = self.env["mail.compose.message"].with_user(self.user_manager).with_context(**context).create({})
        self.assertIn(self.client, composer.partner_ids)
        with self.assertRaisesRegex(UserError, ERASED), self.env.cr.savepoint():
            composer._action_send_mail()
        composer.partner_ids = self.user_own.partner_id
        composer._action_send_mail()

    def test_who_asks_again_is_answered(self):
        self._suppress()
        self.lead._post_from_customer("Are you there?")
        for document in (self.lead, self.order, self.meeting):
            self._compose(document, partner_ids=self.client.ids)
        mails, _messages = self._compose(self.order + self.free_order, "mass_mail")
        self.assertNotIn("cancel", mails.mapped("state"))

    def test_many_at_once(self):
        self._suppress()
        for hers, his in self._pairs():
            for use_exclusion_list in (True, False):
                mails, _messages = self._compose(hers + his, "mass_mail", use_exclusion_list=use_exclusion_list)
                states = {mail.res_id: mail.state for mail in mails}
                self.assertEqual(states[hers.id], "cancel", hers)
                self.assertNotEqual(states[his.id], "cancel", his)

    def test_what_another_company_was_asked_does_not_concern_this_one(self):
        self._suppress(companies=self.other_company)
        for hers, _his in self._pairs():
            self._compose(hers, partner_ids=self.client.ids)
            mails, _messages = self._compose(hers, "mass_mail")
            self.assertNotIn("cancel", mails.mapped("state"))

    def test_as_many_queries_for_many_as_for_few(self):
        self._suppress()

        def count(number):
            leads = self.env["crm.lead"].create(
                [{"name": f"Pitch {place}", "phone": f"+39 334 {number}{place:05}"} for place in range(number)]
            )
            orders = self.env["sale.order"].create(
                [{"partner_id": self.other.id, "opportunity_id": lead.id} for lead in leads]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            return self._count_queries(lambda: self.assertFalse(orders._get_suppressed()))

        few = count(2)
        self.assertLessEqual(count(60), few + 2)

    def test_sharing(self):
        def share(document):
            self.env["portal.share"].create(
                {"res_model": document._name, "res_id": document.id, "partner_ids": self.client.ids}
            ).action_send_mail()

        share(self.order)
        messages = self.order.message_ids
        self._suppress()
        with self.assertRaisesRegex(UserError, ERASED), self.env.cr.savepoint():
            share(self.order)
        self.assertEqual(self.order.message_ids, messages)
        with self.assertRaisesRegex(UserError, ERASED), self.env.cr.savepoint():
            share(self.free_order)

    def test_who_follows_is_left_out(self):
        followers = self.client + self.user_own.partner_id
        blacklisted = self.env["mail.blacklist"]

        def told(document, **values):
            values = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment", **values}
            message = document.with_user(self.user_manager).message_post(body="Hello", **values)
            return message.sudo().notified_partner_ids

        for document in self._documents():
            document.message_subscribe(followers.ids)
            self.assertEqual(told(document), followers)
        for block, lift in (
            (lambda: blacklisted._add(EMAIL), lambda: blacklisted._remove(EMAIL)),
            (self._suppress, lambda: self.suppressions.search([])._lift("A mistake")),
        ):
            block()
            self.env.invalidate_all()
            for document in self._documents():
                for message_type in ("comment", "email"):
                    self.assertEqual(told(document, message_type=message_type), self.user_own.partner_id, document)
            lift()
        self.env.invalidate_all()
        self.assertEqual(told(self.lead), followers)

    def test_an_order_that_is_of_no_lead_is_their_own_wish(self):
        self._suppress()
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        self._compose(order, partner_ids=self.client.ids)


@tagged("post_install", "-at_install")
class TestSuppressionSms(ComposerCase, SmsCase):
    """SMS by Odoo's own dialog."""

    def _compose_sms(self, records, mode="comment", **values):
        target = {"res_id": records.id} if mode == "comment" else {"res_ids": str(records.ids)}
        return self.env["sms.composer"].with_user(self.user_manager).create(
            {"res_model": records._name, "composition_mode": mode, "body": "Offer", **target, **values}
        )  # fmt: skip

    def _singles(self):
        number_only = self._lead(user=self.user_manager, phone="+39 333 7654321")
        return self.lead, self.client, self.order, number_only

    def test_a_single_one(self):
        documents = self._singles()
        for document in documents:
            self._compose_sms(document).action_send_sms()
        self.assertEqual(self._receivers(), [PHONE] * len(documents))
        self._suppress()
        for document in documents:
            with self.assertRaisesRegex(UserError, ERASED), self.env.cr.savepoint():
                self._compose_sms(document).action_send_sms()
        with self.assertRaisesRegex(UserError, ERASED), self.env.cr.savepoint():
            self.free._message_sms("Offer", partner_ids=self.client.ids)
        self._compose_sms(self.free).action_send_sms()
        self.assertEqual(self._receivers()[len(documents) :], ["+393331112223"])

    def test_blocked_numbers(self):
        self.env["phone.blacklist"]._add([PHONE])
        for document in self._singles():
            with self.assertRaisesRegex(UserError, "is blocked since"), self.env.cr.savepoint():
                self._compose_sms(document).action_send_sms()

    def test_who_asks_again_is_answered(self):
        self._suppress()
        self.lead._post_from_customer("Are you there?")
        self._compose_sms(self.lead).action_send_sms()
        self._send(self.sms, lead=self.lead, user=self.user_manager)
        self.assertEqual(self._receivers(), [PHONE] * 2)

    def test_many_at_once(self):
        self.user_own.partner_id.phone = "+39 333 1112224"
        self._suppress()
        for hers, his in self._pairs():
            for use_exclusion_list in (True, False):
                composer = self._compose_sms(hers + his, "mass", use_exclusion_list=use_exclusion_list)
                states = {sms.mail_message_id.res_id: sms.state for sms in composer._action_send_sms()}
                self.assertEqual(states, {hers.id: "canceled", his.id: "outgoing"}, hers)

    def test_a_reminder_goes_to_the_others(self):
        self.user_own.partner_id.phone = "+39 333 1112224"
        alarm = self.env["calendar.alarm"].create(
            {"name": "In time", "alarm_type": "sms", "duration": 1, "interval": "hours", "notify_responsible": True}
        )
        self.meeting._do_sms_reminder(alarm)
        self.assertCountEqual(self._receivers(), [PHONE, "+393331112224"])
        self.sent.clear()
        self._suppress()
        self.meeting._do_sms_reminder(alarm)
        self.assertEqual(self._receivers(), ["+393331112224"])
