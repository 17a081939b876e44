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

    def test_the_next_step(self):
        with self._at("2027-03-01 09:00:00"):
            self.stage_new.rotting_threshold_days = 2
            self.stage_new.escalation_ids = [(0, 0, {"days": 1, "action": "leader"})]
            lead = self._lead()
            expected = "If it stays in this stage, the team leader is told on March 4, 2027, 9:00 AM."
            self.assertEqual(self._reasons(lead), [("info", expected)])
        with self._at("2027-03-03 10:00:00"):
            self.assertEqual(self._reasons(lead), [("warning", expected)])

    def test_frozen(self):
        with self._at("2027-03-01 09:00:00"):
            lead = self._lead()
            lead.stage_id = self.stage_frozen
            self.assertIn("without an end", self._reasons(lead)[0][1])
            lead.frozen_until = "2027-03-12 07:00:00"
            [(level, sentence)] = self._reasons(lead)
        self.assertEqual((level, "Frozen until March 12, 2027, 7:00 AM" in sentence), ("info", True))
