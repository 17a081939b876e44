from odoo.fields import Command
from odoo.tests import tagged

from .common import LeadCase


@tagged("post_install", "-at_install")
class TestAgeingReason(LeadCase):
    """The tab "Why?" says what happens to a lead by itself."""

    def _reasons(self, lead):
        lead.invalidate_recordset()
        reasons = lead.with_context(lang="en_US", tz="UTC")._get_ageing_reasons()
        return [(level, sentence.replace("\u202f", " ")) for level, sentence in reasons]

    def test_until_when_it_has_to_be_taken_in_charge(self):
        with self._at("2027-03-01 09:00:00"):
            self.lead_type.abandon_hours = 4
            lead = self._lead()
            self.assertEqual(
                self._reasons(lead),
                [
                    (
                        "warning",
                        "Unless somebody takes it in charge, it is abandoned by itself on March 1, 2027, 1:00 PM.",
                    )
                ],
            )
            lead.with_user(self.user_own).stage_id = self.stage_working
            self.assertFalse(self._reasons(lead))

    def test_abandoned_and_why(self):
        with self._at("2027-03-01 09:00:00"):
            self.lead_type.abandon_hours = 4
            lead = self._lead()
        with self._at("2027-03-01 14:00:00"):
            self.env["crm.lead"]._cron_abandon()
        self.assertEqual(lead.stage_id, self.stage_abandoned)
        [(level, sentence)] = self._reasons(lead)
        self.assertEqual(level, "danger")
        self.assertIn("nobody took it in charge within 4 hours", sentence)

    def test_abandoned_by_a_step(self):
        with self._at("2027-03-01 09:00:00"):
            self.stage_new.rotting_threshold_days = 2
            self.stage_new.escalation_ids = [Command.create({"days": 1, "action": "abandon"})]
            lead = self._lead()
            self.env.flush_all()
        with self._at("2027-03-05 10:00:00"):
            self.env["crm.lead"]._cron_escalate()
        self.assertEqual(lead.stage_id, self.stage_abandoned)
        [(level, sentence)] = self._reasons(lead)
        self.assertEqual(level, "danger")
        self.assertIn("Abandoned: expired in Just in for 2 days", sentence)

    def test_who_gave_it_up_later_is_no_clock(self):
        with self._at("2027-03-01 09:00:00"):
            self.lead_type.abandon_hours = 4
            lead = self._lead()
        with self._at("2027-03-01 14:00:00"):
            self.env["crm.lead"]._cron_abandon()
        with self._at("2027-03-02 09:00:00"):
            lead.action_restore()
        with self._at("2027-03-03 09:00:00"):
            lead.with_user(self.user_own).action_set_lost(stage_id=self.stage_abandoned.id)
            self.assertEqual(lead.stage_id, self.stage_abandoned)
            self.assertFalse(self._reasons(lead))

    def test_the_next_step(self):
        with self._at("2027-03-01 09:00:00"):
            self.stage_new.rotting_threshold_days = 2
            self.stage_new.escalation_ids = [Command.create({"days": 1, "action": "leader"})]
            self.team.user_id = self.user_all
            lead = self._lead(team_id=self.team.id)
            expected = "If it stays in this stage, the team leader is told on March 4, 2027, 9:00 AM."
            self.assertEqual(self._reasons(lead), [("info", expected)])
        with self._at("2027-03-03 10:00:00"):
            self.assertEqual(self._reasons(lead), [("warning", expected)])

    def test_a_step_that_would_do_nothing_is_passed_over(self):
        with self._at("2027-03-01 09:00:00"):
            self.stage_new.rotting_threshold_days = 2
            self.stage_new.escalation_ids = [
                Command.create({"days": 1, "action": "leader"}),
                Command.create({"days": 2, "action": "abandon"}),
            ]
            self.team.user_id = False
            lead = self._lead(team_id=self.team.id)
            [(_level, sentence)] = self._reasons(lead)
            self.assertIn("it is abandoned on March 5, 2027", sentence)
            self._order(lead)
            self.assertFalse(self._reasons(lead))
            self.team.user_id = self.user_all
            [(_level, sentence)] = self._reasons(lead)
            self.assertIn("the team leader is told on March 4, 2027", sentence)

    def test_what_is_never_abandoned_is_not_said_to_be(self):
        with self._at("2027-03-01 09:00:00"):
            self.lead_type.write({"abandon_hours": 4, "abandon_clock": "working"})
            lead = self._lead(team_id=self.team.id)
            self.assertEqual(len(self._reasons(lead)), 1)
            self._order(lead)
            self.assertFalse(self._reasons(lead), "it has an order")
            of_others = self._lead(team_id=self.team.id)
            self.stage_abandoned.team_ids = self.env["crm.team"].create({"name": "Others"})
            self.assertFalse(self._reasons(of_others), "the stage takes no leads of its team")
            self.stage_abandoned.team_ids = False
            self.assertEqual(len(self._reasons(of_others)), 1)
            self.company.resource_calendar_id = self.env["resource.calendar"].create(
                {"name": "Nobody works", "attendance_ids": [Command.clear()]}
            )
            self.assertFalse(self._reasons(of_others), "nobody ever works")

    def test_without_the_date_of_its_last_move_nothing_is_said_of_steps(self):
        self.stage_new.rotting_threshold_days = 2
        self.stage_new.escalation_ids = [Command.create({"days": 1, "action": "leader"})]
        lead = self._lead(team_id=self.team.id)
        self.team.user_id = self.user_all
        self._set_in_database(lead, date_last_stage_update=None)
        self.assertFalse(self._reasons(lead))

    def _order(self, lead):
        partner = self.env["res.partner"].create({"name": "Ada"})
        return self.env["sale.order"].create({"partner_id": partner.id, "opportunity_id": lead.id})

    def test_frozen(self):
        with self._at("2027-03-01 09:00:00"):
            lead = self._lead()
            lead.stage_id = self.stage_frozen
            self.assertIn("without an end", self._reasons(lead)[0][1])
            lead.frozen_until = "2027-03-12 07:00:00"
            [(level, sentence)] = self._reasons(lead)
        self.assertEqual(level, "info")
        self.assertIn("Frozen until March 12, 2027, 7:00 AM: it wakes in “Just in”.", sentence)

    def test_frozen_in_a_stage_that_is_gone(self):
        with self._at("2027-03-01 09:00:00"):
            lead = self._lead(self.stage_late)
            lead.write({"stage_id": self.stage_frozen.id, "frozen_until": "2027-03-12 07:00:00"})
            self.stage_late.active = False
            [(_level, sentence)] = self._reasons(lead)
            self.assertIn("it wakes in “Just in”", sentence)
        with self._at("2027-03-12 08:00:00"):
            self.env["crm.lead"]._cron_wake()
        self.assertEqual(lead.stage_id, self.stage_new)
