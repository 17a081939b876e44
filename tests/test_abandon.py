from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .ageing_common import AgeingCase


@tagged("post_install", "-at_install")
class TestAbandon(AgeingCase):
    """Leads that nobody takes in charge in time are lost by themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.abandoned_reason = cls.env.ref("crm_lead_lifecycle.crm_lost_reason_abandoned")
        cls._switch_on(24)

    @classmethod
    def _switch_on(cls, hours, clock="all", since="2027-01-01 08:00:00"):
        cls.repair.write({"abandon_hours": hours, "abandon_clock": clock})
        cls.repair.abandon_since = since

    def _abandon_at(self, moment):
        with self._at(moment):
            self._run_job("abandon")

    def assertAbandoned(self, leads):
        self.assertLeadState(leads, self.given_up, "lost", lost_from=self.asked, reason=self.abandoned_reason)

    def assertWaits(self, leads, stage=None):
        self.assertLeadState(leads, stage or self.asked, "pending")

    def test_off_by_default(self):
        lead_type = self._lead_type(name="New type")
        self.assertEqual((lead_type.abandon_hours, lead_type.abandon_clock), (0, "all"))
        self._switch_on(0)
        lead = self._old_lead("2027-03-01 08:00:00")
        self._abandon_at("2028-03-01 08:00:00")
        self.assertWaits(lead)

    def test_after_the_hours_and_not_before(self):
        lead = self._old_lead("2027-03-01 08:00:00")
        self._abandon_at("2027-03-02 08:00:00")
        self.assertWaits(lead)
        self._abandon_at("2027-03-02 08:00:01")
        self.assertAbandoned(lead)
        event = self._events(lead, "abandon")
        self.assertEqual(event.data, {"hours": 24, "working": False})
        self.assertEqual(event.summary, "Abandoned: nobody took it in charge within 24 hours")
        self.assertEqual(event.user_id, self.env.ref("base.user_root"))
        self.assertFalse(lead.date_first_touch)

    def test_what_a_person_touched_stays(self):
        lead = self._old_lead("2027-03-01 08:00:00")
        lead.with_user(self.user_own).message_post(
            body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self._abandon_at("2027-04-01 08:00:00")
        self.assertWaits(lead)

    def test_working_hours_leave_out_the_weekend(self):
        self._switch_on(4, "working")
        # Friday at 14:00 in Rome: three hours before the weekend
        lead = self._old_lead("2027-03-05 13:00:00")
        self._abandon_at("2027-03-08 08:59:00")
        self.assertWaits(lead)
        self._abandon_at("2027-03-08 09:01:00")
        self.assertAbandoned(lead)
        self.assertEqual(
            self._events(lead, "abandon").summary, "Abandoned: nobody took it in charge within 4 working hours"
        )

    def test_each_company_has_its_own_hours(self):
        self._switch_on(4, "working")
        self._set_hours(self.other_company, 0, 24)
        ours, theirs = (
            self._old_lead("2027-03-01 08:00:00", user_id=False, team_id=False, company_id=company.id)
            for company in (self.company, self.other_company)
        )
        self.assertEqual(theirs.company_id, self.other_company)
        # nine to one o'clock in Rome
        self._abandon_at("2027-03-01 12:00:00")
        self.assertWaits(ours + theirs)
        self._switch_on(8, "working")
        evening = self._old_lead("2027-03-01 16:30:00", user_id=False, team_id=False, company_id=self.other_company.id)
        late = self._old_lead("2027-03-01 16:30:00", user_id=False, team_id=False, company_id=self.company.id)
        self._abandon_at("2027-03-02 08:01:00")
        self.assertAbandoned(theirs + ours + evening)
        self.assertWaits(late)

    def test_switching_it_on_loses_no_backlog(self):
        self._switch_on(0)
        lead = self._old_lead("2026-01-01 08:00:00")
        with self._at("2027-03-01 08:00:00"):
            self.repair.with_user(self.user_manager).abandon_hours = 24
            self.assertEqual(self.repair.abandon_waiting_count, 1)
        self._abandon_at("2027-03-02 08:00:00")
        self.assertWaits(lead)
        self._abandon_at("2027-03-02 08:00:01")
        self.assertAbandoned(lead)

    def test_a_change_begins_anew_saving_the_same_does_not(self):
        with self._at("2027-03-01 08:00:00"):
            self.repair.abandon_hours = 2
        with self._at("2027-03-01 09:00:00"):
            self.repair.write({"abandon_hours": 2, "name": "Repairs"})
        self.assertEqual(str(self.repair.abandon_since), "2027-03-01 08:00:00")
        with self._at("2027-03-01 10:00:00"):
            self.repair.abandon_clock = "working"
        self.assertEqual(str(self.repair.abandon_since), "2027-03-01 10:00:00")

    def test_frozen_closed_removed_and_archived_ones_never(self):
        frozen, lost, removed, archived = leads = self.env["crm.lead"].concat(
            *(self._old_lead("2027-03-01 08:00:00") for _number in range(4))
        )
        frozen.stage_id = self.waiting
        lost.action_set_lost(stage_id=self.gone.id)
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        archived.write({"active": False, "probability": 10})
        self._abandon_at("2027-04-01 08:00:00")
        self.assertFalse(self._events(leads, "abandon"))
        self.assertWaits(frozen, self.waiting)

    def test_leads_with_orders_never(self):
        lead = self._old_lead("2027-03-01 08:00:00")
        partner = self.env["res.partner"].create({"name": "Rosi"})
        self.env["sale.order"].create({"partner_id": partner.id, "opportunity_id": lead.id})
        stage = lead.stage_id
        self._abandon_at("2027-04-01 08:00:00")
        self.assertWaits(lead, stage)

    def test_the_moves_of_the_type_do_not_hold_it_back(self):
        self._set_moves((self.asked, self.looked))
        self.given_up.lost_reason_required = True
        lead = self._old_lead("2027-03-01 08:00:00")
        self._abandon_at("2027-03-03 08:00:00")
        self.assertAbandoned(lead)

    def test_it_is_lost_without_the_reason_too(self):
        self.abandoned_reason.unlink()
        lead = self._old_lead("2027-03-01 08:00:00")
        self._abandon_at("2027-03-03 08:00:00")
        self.assertLeadState(lead, self.given_up, "lost", lost_from=self.asked)

    def test_who_restores_it_has_touched_it(self):
        lead = self._old_lead("2027-03-01 08:00:00")
        self._abandon_at("2027-03-03 08:00:00")
        with self._at("2027-03-03 09:00:00"):
            lead.with_user(self.user_own).action_restore()
        self._abandon_at("2027-04-03 08:00:00")
        self.assertWaits(lead)

    def test_restored_by_a_machine_it_has_its_time_again(self):
        lead = self._old_lead("2027-03-01 08:00:00")
        self._abandon_at("2027-03-03 08:00:00")
        with self._at("2027-03-03 09:00:00"):
            lead.action_restore()
        self._abandon_at("2027-03-04 09:00:00")
        self.assertWaits(lead)
        self._abandon_at("2027-03-04 09:00:01")
        self.assertAbandoned(lead)

    def test_one_that_becomes_of_the_type_has_its_time_from_then(self):
        lead = self._lead(self.stage_new)
        self._set_in_database(lead, create_date="2026-03-01 08:00:00")
        with self._at("2027-03-01 08:00:00"):
            lead.write({"lead_type_id": self.repair.id, "stage_id": self.asked.id})
        self._abandon_at("2027-03-02 08:00:00")
        self.assertWaits(lead)
        self._abandon_at("2027-03-02 08:00:01")
        self.assertAbandoned(lead)

    def test_a_second_run_does_nothing(self):
        lead = self._old_lead("2027-03-01 08:00:00")
        self._abandon_at("2027-03-03 08:00:00")
        self._abandon_at("2027-03-03 08:15:00")
        self.assertEqual(len(self._events(lead, "abandon")), 1)
        self.assertEqual(len(self._events(lead, "conclude")), 1)

    def test_a_run_that_is_killed_between_batches_goes_on(self):
        leads = self.env["crm.lead"].concat(*(self._old_lead("2027-03-01 08:00:00") for _number in range(3)))
        with self._at("2027-03-03 08:00:00"):
            with self._batches_of(2):
                self.assertEqual(self.env["crm.lead"]._abandon_batch(), 2)
            self.assertEqual(len(leads.filtered("active")), 1)
            self._run_job("abandon")
        self.assertAbandoned(leads)
        self.assertEqual(len(self._events(leads, "abandon")), 3)

    def test_all_batches_of_a_run(self):
        leads = self.env["crm.lead"].concat(*(self._old_lead("2027-03-01 08:00:00") for _number in range(5)))
        with self._batches_of(2):
            self._abandon_at("2027-03-03 08:00:00")
        self.assertAbandoned(leads)

    def test_followers_are_not_written_to(self):
        lead = self._old_lead("2027-03-01 08:00:00")
        subtypes = self.env.ref("crm.mt_lead_lost") + self.env.ref("crm.mt_lead_stage")
        lead.message_subscribe(partner_ids=self.leader.partner_id.ids, subtype_ids=subtypes.ids)
        self.flush_tracking()
        with self.mock_mail_gateway(), self.mock_mail_app(), self._at("2027-03-03 08:00:00"):
            self.env["crm.lead"].with_context(tracking_disable=False, mail_notrack=False)._abandon_batch()
            self.flush_tracking()
        self.assertAbandoned(lead)
        tracked = lead.message_ids.tracking_value_ids.filtered(lambda value: value.field_id.name == "stage_id")
        self.assertEqual(tracked.mapped("new_value_integer"), self.given_up.ids)
        self.assertFalse(self._new_notifs)

    def test_the_loss_is_learned_in_the_stage_it_came_from(self):
        lead = self._old_lead("2027-03-01 08:00:00")
        frequencies = self.env["crm.lead.scoring.frequency"]

        def lost_count(stage):
            domain = [("variable", "=", "stage_id"), ("value", "=", str(stage.id)), ("team_id", "=", self.team.id)]
            return sum(frequencies.search(domain).mapped("lost_count"))

        before = lost_count(self.asked)
        self._abandon_at("2027-03-03 08:00:00")
        self.assertAbandoned(lead)
        self.assertGreater(lost_count(self.asked), before)
        self.assertFalse(lost_count(self.given_up))

    def test_a_constant_number_of_searches(self):
        """What a batch costs beside the moves themselves does not grow with it."""
        leads = self.env["crm.lead"].concat(*(self._old_lead("2027-03-01 08:00:00") for _number in range(12)))

        def abandon(count):
            with (
                self._batches_of(count),
                self._at("2027-03-03 08:00:00"),
            ):
                self.env["crm.lead"]._abandon_batch()

        abandon(1)
        few, many = self._count_queries(lambda: abandon(2)), self._count_queries(lambda: abandon(9))
        self.assertAbandoned(leads)
        self.assertLessEqual(many, few + 4)

    # ------------------------------------------------------------
    # CONFIGURATION
    # ------------------------------------------------------------

    def test_a_type_without_an_abandoned_stage_refuses(self):
        self._switch_on(0)
        self.given_up.active = False
        self.stage_abandoned.active = False
        self.env["crm.stage"].search([("stage_type", "=", "abandoned")]).active = False
        with self.assertRefuses("no stage of the type “Abandoned”", ValidationError):
            self.repair.abandon_hours = 1

    def test_its_only_abandoned_stage_stays(self):
        for change in (
            lambda: self.given_up.write({"active": False}),
            lambda: self.given_up.write({"stage_type": "not_interested"}),
            lambda: self.given_up.write({"lead_type_ids": [Command.set(self.lead_type.ids)]}),
            lambda: self.given_up.unlink(),
        ):
            with self.assertRefuses("Abandoned|abandoned", ValidationError):
                change()
        self._add_stages(self.repair, ("Given up too", "abandoned"))
        self.given_up.unlink()

    @mute_logger("odoo.sql_db")
    def test_hours_out_of_range(self):
        for hours in (-1, 9000):
            with self.assertRefuses("abandon_hours_range", IntegrityError):
                self.repair.abandon_hours = hours

    def test_managers_alone_set_it(self):
        with self.assertRaises(AccessError):
            self.repair.with_user(self.user_all).abandon_hours = 1
        self.repair.with_user(self.user_manager).abandon_hours = 1

    def test_an_abandoned_stage_of_another_team_takes_none_of_ours(self):
        self.given_up.team_ids = self.env["crm.team"].create({"name": "Elsewhere"})
        lead = self._old_lead("2027-03-01 08:00:00")
        self._abandon_at("2027-03-03 08:00:00")
        self.assertWaits(lead)
