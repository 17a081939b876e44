from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LeadCase


@tagged("post_install", "-at_install")
class TestTouch(LeadCase):
    """The first touch of a lead is what a person first does with it."""

    def setUp(self):
        super().setUp()
        self.lead = self._lead(user=self.user_own)

    def _touched(self):
        self.lead.invalidate_recordset()
        return self.lead.date_first_touch

    def test_a_new_lead_waits_for_it(self):
        self.assertFalse(self._touched())

    def test_moving_it_on_touches_it(self):
        with self._at("2027-03-01 09:00:00"):
            self.lead.with_user(self.user_own).stage_id = self.stage_working
        self.assertEqual(self._touched(), fields.Datetime.to_datetime("2027-03-01 09:00:00"))

    def test_only_the_first_counts(self):
        with self._at("2027-03-01 09:00:00"):
            self.lead.with_user(self.user_own).stage_id = self.stage_working
        with self._at("2027-03-02 09:00:00"):
            self.lead.with_user(self.user_own).message_post(body="Hello", subtype_xmlid="mail.mt_comment")
        self.assertEqual(self._touched(), fields.Datetime.to_datetime("2027-03-01 09:00:00"))

    def test_assigning_and_editing_do_not(self):
        self.lead.with_user(self.user_manager).write({"user_id": self.user_all.id, "name": "Other"})
        self.assertFalse(self._touched())

    def test_machines_and_rules_do_not(self):
        self.lead.stage_id = self.stage_working
        self.assertFalse(self._touched())
        self.lead.with_user(self.user_own)._by_rule().stage_id = self.stage_new
        self.assertFalse(self._touched())

    def test_clearing_a_stage_does_not(self):
        lead = self._lead(self.stage_working)
        self.env["crm.stage.remap"].with_user(self.user_manager).create(
            {"stage_id": self.stage_working.id, "operation": "archive", "target_stage_id": self.stage_new.id}
        ).action_apply()
        self.assertEqual(lead.stage_id, self.stage_new)
        self.assertFalse(lead.date_first_touch)

    def test_writing_to_the_customer_does_a_note_does_not(self):
        lead = self.lead.with_user(self.user_own)
        lead.message_post(body="Ask the boss", subtype_xmlid="mail.mt_note")
        self.assertFalse(self._touched())
        lead.message_post(body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.assertTrue(self._touched())

    def test_a_colleague_who_answers_by_mail_does_the_customer_does_not(self):
        customer = self.env["res.partner"].create({"name": "Rosi", "email": "rosi@example.org"})
        values = {"body": "Hello", "message_type": "email", "subtype_xmlid": "mail.mt_comment"}
        self.lead.message_post(author_id=customer.id, **values)
        self.assertFalse(self._touched())
        self.lead.message_post(author_id=self.user_own.partner_id.id, **values)
        self.assertTrue(self._touched())

    def test_finishing_an_activity_does_planning_does_not(self):
        lead = self.lead.with_user(self.user_own)
        activity = lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.user_own.id)
        self.assertFalse(self._touched())
        activity.action_done()
        self.assertTrue(self._touched())

    def test_a_meeting_does(self):
        values = {"name": "Visit", "start": "2027-03-05 09:00:00", "stop": "2027-03-05 10:00:00"}
        self.env["calendar.event"].with_user(self.user_own).create({**values, "opportunity_id": self.lead.id})
        self.assertTrue(self._touched())

    def test_nobody_writes_it(self):
        with self.assertRaisesRegex(UserError, "First Touch"):
            self.lead.with_user(self.user_manager).date_first_touch = fields.Datetime.now()

    def test_a_copy_waits_again_and_a_merge_keeps_the_first(self):
        other = self._lead(user=self.user_own)
        for lead, moment in ((self.lead, "2027-03-02 09:00:00"), (other, "2027-03-01 09:00:00")):
            with self._at(moment):
                lead.with_user(self.user_own).stage_id = self.stage_working
        self.assertFalse(self.lead.copy().date_first_touch)
        merged = (self.lead + other).merge_opportunity(auto_unlink=False)
        merged.invalidate_recordset()
        self.assertEqual(merged.date_first_touch, fields.Datetime.to_datetime("2027-03-01 09:00:00"))
