from odoo.exceptions import ValidationError
from odoo.tests import Form

from .test_client_order import OrderCase
from .test_type_preset import PresetCase


class TestOrderStages(OrderCase):
    """A lead type names the stages of its proposals and orders, out of its own."""

    def assertTypeRefuses(self, words, name, stage):
        with self.assertRefuses(words, ValidationError):
            self.stay[name] = stage

    def test_kinds_of_stages(self):
        self.assertTypeRefuses("closes a lead", "proposal_draft_stage_id", self.booked)
        self.assertTypeRefuses("closes a lead", "proposal_sent_stage_id", self.stage_lost)
        self.assertTypeRefuses("does not win a lead", "order_confirmed_stage_id", self.drafted)

    def test_stages_of_another_type(self):
        self.assertTypeRefuses("is not a stage of “Stay”", "proposal_draft_stage_id", self.asked)
        self.assertTypeRefuses("is not a stage of “Stay”", "proposal_sent_stage_id", self.asked)
        self.assertTypeRefuses("is not a stage of “Stay”", "order_confirmed_stage_id", self.repaired)

    def test_stages_of_every_type(self):
        everybodys = self.env["crm.stage"].create({"name": "Out", "stage_type": "open"})
        self.stay.proposal_sent_stage_id = everybodys
        self.assertEqual(self.stay.proposal_sent_stage_id, everybodys)

    def test_stage_that_is_taken_from_the_type(self):
        self.drafted.lead_type_ids += self.repair
        with self.assertRefuses("is not a stage of “Stay”", ValidationError):
            self.stay.stage_ids -= self.drafted
        with self.assertRefuses("is not a stage of “Stay”", ValidationError):
            self.sent.lead_type_ids = self.repair

    def test_stage_that_changes_its_kind(self):
        self.stay.order_confirmed_stage_id = self.gold
        with self.assertRefuses("does not win a lead", ValidationError):
            self.gold.stage_type = "open"
        with self.assertRefuses("closes a lead", ValidationError):
            self.sent.stage_type = "not_interested"

    def test_stage_that_is_deleted(self):
        with self.assertRefuses("lead to “Sent”", ValidationError):
            self.sent.unlink()
        self.stay.active = False
        with self.assertRefuses("lead to “Drafted”", ValidationError):
            self.drafted.unlink()
        self.stay.proposal_draft_stage_id = False
        self.drafted.unlink()

    def test_type_that_is_deleted(self):
        self.stay.unlink()
        self.assertFalse(self.drafted.active)

    def test_form(self):
        with Form(self.stay.with_user(self.user_manager)) as form:
            form.order_confirmed_stage_id = self.gold
            form.proposal_draft_stage_id = self.env["crm.stage"]
        self.assertEqual(self.stay.order_confirmed_stage_id, self.gold)
        self.assertTrue(self.stay._has_proposal_stages())
        self.stay.proposal_sent_stage_id = False
        self.assertFalse(self.stay._has_proposal_stages())


class TestOrderStagesOfPresets(PresetCase):
    def test_booking_waits_for_the_order_and_a_workshop_does_not(self):
        booking, service = self._load("booking"), self._load("service")
        self.assertTrue(booking._has_proposal_stages())
        self.assertEqual(booking.proposal_draft_stage_id.preset_key, "booking_preparing")
        self.assertEqual(booking.proposal_sent_stage_id.preset_key, "booking_sent")
        self.assertEqual(booking.order_confirmed_stage_id.preset_key, "booking_booked")
        self.assertFalse(service._has_proposal_stages())
        self.assertEqual(service.order_confirmed_stage_id.preset_key, "service_order")
