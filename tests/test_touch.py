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

    def test_a_stage_that_follows_from_the_team_or_the_type_does_not(self):
        other_team = self.env["crm.team"].create({"name": "Elsewhere", "company_id": False})
        self.stage_new.team_ids = self.team
        lead = self._lead(self.stage_new, team_id=self.team.id)
        lead.with_user(self.user_manager).team_id = other_team
        self.env.flush_all()
        self.assertNotEqual(lead.stage_id, self.stage_new)
        self.assertFalse(lead.date_first_touch)
        lead, repair = self._lead(self.stage_working), self._lead_type(name="Repair")
        self.stage_working.copy({"lead_type_ids": repair.ids})
        lead.with_user(self.user_manager).lead_type_id = repair
        self.assertNotEqual(lead.stage_id, self.stage_working)
        self.assertFalse(lead.date_first_touch)

    def test_a_colleague_who_passes_a_mail_on_does_not(self):
        """Their mail becomes the lead, it is no answer to it."""
        self.env["mail.thread"].message_process(
            "crm.lead",
            f"From: {self.user_own.email}\nTo: desk@example.org\nSubject: Passed on\n"
            "Message-Id: <passed-on@example.org>\n\nRosi asks for a week in May.",
        )
        lead = self.env["crm.lead"].search([("name", "=", "Passed on")])
        self.assertEqual(lead.message_ids.author_id, self.user_own.partner_id)
        self.assertFalse(lead.date_first_touch)
        self.assertFalse(lead.date_first_mail)

    def test_a_touch_of_before_there_was_a_log_stays(self):
        self._set_in_database(self.lead, date_first_touch="2025-03-01 09:00:00")
        self.lead.with_user(self.user_own).stage_id = self.stage_working
        self.lead._rebuild_firsts()
        self.assertEqual(self._touched(), fields.Datetime.to_datetime("2025-03-01 09:00:00"))

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

    def test_writing_to_many_at_once_does_to_whom_it_goes(self):
        asked, silent = self._lead(email_from="rosi@example.org"), self._lead(email_from="leo@example.org")
        self.env["mail.blacklist"]._add("leo@example.org")
        composer = self.env["mail.compose.message"].with_user(self.user_all).create(
            {
                "composition_mode": "mass_mail",
                "model": "crm.lead",
                "res_ids": (asked + silent).ids,
                "subject": "May",
                "body": "Hello",
            }
        )  # fmt: skip
        with self.mock_mail_gateway():
            composer._action_send_mail()
        self.assertTrue(asked.date_first_touch)
        self.assertEqual(asked.date_first_mail, asked.date_first_touch)
        self.assertFalse(silent.date_first_touch)

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
