from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .ageing_common import AgeingCase


@tagged("post_install", "-at_install")
class TestEscalation(AgeingCase):
    """What the steps of a stage do with leads that stay in it after they have expired."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.looked.rotting_threshold_days = 3

    def setUp(self):
        super().setUp()
        self.lead = self._expiring()

    def _expiring(self, entered="2027-03-01 08:00:00", stage=None, **values):
        lead = self._repair(stage or self.looked, **{"team_id": self.team.id, **values})
        self._set_in_database(lead, date_last_stage_update=entered)
        return lead

    def _step(self, days, action, stage=None, since="2027-01-01 08:00:00"):
        with self._at(since):
            return self.env["crm.stage.escalation"].create(
                {"stage_id": (stage or self.looked).id, "days": days, "action": action}
            )

    def _escalate_at(self, moment):
        """:return: the messages that were sent"""
        with self.mock_mail_gateway(), self.mock_mail_app(), self._at(moment):
            self._run_job("escalate")
        return self._new_msgs.filtered(lambda message: message.partner_ids)

    # ------------------------------------------------------------
    # TELL THE LEADER
    # ------------------------------------------------------------

    def test_off_without_steps(self):
        self.assertFalse(self.env["crm.stage"].create({"name": "New"}).escalation_ids)
        self.assertFalse(self._escalate_at("2028-03-01 08:00:00"))
        self.assertFalse(self._events(self.lead, "escalate"))

    def test_what_was_done_is_no_measure_of_reports(self):
        self.assertFalse(self.env["crm.lead"].fields_get(["escalated_days"])["escalated_days"].get("aggregator"))

    def test_the_leader_is_told_once(self):
        self._step(0, "leader")
        self.assertFalse(self._escalate_at("2027-03-04 08:00:00"))
        message = self._escalate_at("2027-03-04 08:00:01")
        self.assertEqual(message.partner_ids, self.leader.partner_id)
        self.assertIn(self.lead.display_name, message.body)
        self.assertIn(f"/mail/view?model=crm.lead&amp;res_id={self.lead.id}", message.body)
        event = self._events(self.lead, "escalate")
        self.assertEqual(event.data, {"days": 0, "action": "leader", "stage": "Looked at", "to_user": self.leader.id})
        self.assertEqual(event.summary, "Leader was told: expired in Looked at for 0 days")
        self.assertFalse(self._escalate_at("2027-03-04 09:00:00"))
        self.assertEqual(len(self._events(self.lead, "escalate")), 1)

    def test_a_language_that_was_switched_off_holds_nothing_up(self):
        self._step(0, "leader")
        self._set_in_database(self.leader.partner_id, lang="it_IT")
        self.assertEqual(self._escalate_at("2027-03-05 08:00:00").partner_ids, self.leader.partner_id)

    def test_after_days(self):
        self._step(2, "leader")
        self.assertFalse(self._escalate_at("2027-03-06 08:00:00"))
        self.assertIn("expired for 2 days", self._escalate_at("2027-03-06 08:00:01").body)

    def test_one_message_for_all_leads_of_all_stages(self):
        self.asked.rotting_threshold_days = 1
        self._step(0, "leader", self.asked)
        self._step(0, "leader")
        for number in range(25):
            self._expiring(name=f"Leak {number}", stage=self.asked)
        message = self._escalate_at("2027-03-10 08:00:00")
        self.assertEqual(len(message), 1)
        self.assertIn("26", message.subject)
        self.assertEqual(message.body.count("res_id="), 21)
        self.assertIn("and 5 more", " ".join(message.body.split()))

    def test_each_leader_by_themselves(self):
        self._step(0, "leader")
        second = self.env["crm.team"].create({"name": "Second", "user_id": self.user_manager.id, "company_id": False})
        other = self._expiring(name="Of the second team", team_id=second.id)
        messages = self._escalate_at("2027-03-10 08:00:00")
        self.assertEqual(len(messages), 2)
        of_leader = messages.filtered(lambda message: message.partner_ids == self.leader.partner_id)
        self.assertNotIn(other.display_name, of_leader.body)

    def test_without_a_leader_the_next_step_comes(self):
        self.team.user_id = False
        alone = self._expiring(team_id=False, user_id=False)
        self._step(0, "leader")
        self._step(2, "abandon")
        self.assertFalse(self._escalate_at("2027-03-05 08:00:00"))
        self.assertFalse(self._events(self.lead + alone, "escalate"))
        self._escalate_at("2027-03-06 08:00:01")
        self.assertLeadState(self.lead + alone, self.given_up, "lost", self.looked, self._reason())

    def test_leaders_read_of_what_they_may_see(self):
        self._step(0, "leader")
        foreign = self._expiring(name="Of another company", user_id=False, company_id=self.other_company.id)
        self._set_in_database(foreign, team_id=self.team.id)
        message = self._escalate_at("2027-03-10 08:00:00")
        self.assertIn(self.lead.display_name, message.body)
        self.assertNotIn(foreign.display_name, message.body)
        self.assertFalse(self._events(foreign, "escalate"))

    def test_frozen_closed_and_archived_ones_never(self):
        self._step(0, "leader")
        self.lead.active = False
        lost = self._expiring()
        lost.action_set_lost(stage_id=self.gone.id)
        self._expiring(stage=self.waiting)
        self.assertFalse(self._escalate_at("2027-04-10 08:00:00"))

    def test_a_new_stay_begins_anew(self):
        self._step(0, "leader")
        self._escalate_at("2027-03-10 08:00:00")
        with self._at("2027-03-11 08:00:00"):
            self.lead.stage_id = self.asked
            self.lead.stage_id = self.looked
        self.assertEqual(self.lead.escalated_days, 0)
        self.assertFalse(self._escalate_at("2027-03-14 08:00:00"))
        self.assertTrue(self._escalate_at("2027-03-14 08:00:01"))

    def test_of_several_steps_that_are_due_the_last_is_done(self):
        self._step(0, "abandon")
        self._step(5, "leader")
        self.assertTrue(self._escalate_at("2027-04-10 08:00:00"))
        self.assertLeadState(self.lead, self.looked, "pending")
        self.assertFalse(self._escalate_at("2027-04-11 08:00:00"))
        self.assertLeadState(self.lead, self.looked, "pending")

    def test_one_step_after_the_other(self):
        self._step(0, "leader")
        self._step(2, "reassign")
        self._step(4, "abandon")
        for moment in ("2027-03-05 08:00:00", "2027-03-07 08:00:00", "2027-03-09 08:00:00"):
            self._escalate_at(moment)
        actions = [event.data["action"] for event in self._events(self.lead, "escalate")]
        self.assertEqual(actions, ["leader", "reassign", "abandon"])

    def test_what_had_expired_before_has_the_days_of_a_new_step(self):
        self._step(5, "abandon", since="2027-06-01 08:00:00")
        self._escalate_at("2027-06-06 07:59:00")
        self.assertLeadState(self.lead, self.looked, "pending")
        self._escalate_at("2027-06-06 08:00:00")
        self.assertLeadState(self.lead, self.given_up, "lost", self.looked, self._reason())

    def test_another_expiry_or_action_begins_anew(self):
        step = self._step(5, "leader")
        with self._at("2027-06-01 08:00:00"):
            self.looked.rotting_threshold_days = 3
        self.assertEqual(str(step.date_since), "2027-01-01 08:00:00")
        with self._at("2027-06-01 08:00:00"):
            self.looked.rotting_threshold_days = 2
        self.assertEqual(str(step.date_since), "2027-06-01 08:00:00")
        with self._at("2027-06-02 08:00:00"):
            step.action = "abandon"
        self.assertEqual(str(step.date_since), "2027-06-02 08:00:00")

    # ------------------------------------------------------------
    # REASSIGN, ABANDON
    # ------------------------------------------------------------

    def test_the_leader_gets_it_and_is_told_once(self):
        second = self._expiring()
        self._step(1, "reassign")
        message = self._escalate_at("2027-03-05 08:00:01")
        self.assertEqual((self.lead + second).user_id, self.leader)
        self.assertEqual(self.lead.team_id, self.team)
        self.assertEqual((len(message), message.partner_ids), (1, self.leader.partner_id))
        self.assertIn("yours now: 2", message.subject)
        event = self._events(self.lead, "escalate")
        self.assertEqual(event.summary, "Given to Leader: expired in Looked at for 1 days")
        self.assertEqual(len(self._events(self.lead, "assign")), 1)
        self.assertFalse(self.lead.date_first_touch)
        self.assertFalse(self._escalate_at("2027-03-05 09:00:00"))

    def test_what_is_the_leaders_already_stays(self):
        self.lead.user_id = self.leader
        self._step(1, "reassign")
        self.assertFalse(self._escalate_at("2027-03-05 08:00:01"))
        self.assertFalse(self._events(self.lead, "escalate"))
        self.assertEqual(self.lead.escalated_days, 2)

    def test_assignment_rules_come_first(self):
        leads_class, given_to = type(self.env["crm.lead"]), self.user_all

        def reassign(leads):
            first = leads[:1]
            first.user_id = given_to
            return first

        second = self._expiring(entered="2027-03-01 09:00:00")
        self._step(1, "reassign")
        leads_class._reassign_by_rules = reassign
        self.addCleanup(delattr, leads_class, "_reassign_by_rules")
        self._escalate_at("2027-03-06 08:00:00")
        self.assertEqual((self.lead.user_id, second.user_id), (self.user_all, self.leader))

    def test_abandon(self):
        self._set_moves((self.asked, self.looked))
        ordered = self._expiring()
        partner = self.env["res.partner"].create({"name": "Rosi"})
        self.env["sale.order"].create({"partner_id": partner.id, "opportunity_id": ordered.id})
        self._set_in_database(ordered, stage_id=self.looked.id, date_last_stage_update="2027-03-01 08:00:00")
        self._step(1, "abandon")
        self._escalate_at("2027-03-05 08:00:01")
        self.assertLeadState(self.lead, self.given_up, "lost", self.looked, self._reason())
        self.assertEqual(self._events(self.lead, "escalate").summary, "Abandoned: expired in Looked at for 1 days")
        self.assertLeadState(ordered, self.looked, "pending")

    def _reason(self):
        return self.env.ref("crm_lead_lifecycle.crm_lost_reason_abandoned")

    # ------------------------------------------------------------
    # THE JOB
    # ------------------------------------------------------------

    def test_in_batches_that_can_be_stopped(self):
        leads = self.lead.concat(self.lead, *(self._expiring() for _number in range(4)))
        self._step(1, "abandon")
        with self._batches_of(2):
            with self._at("2027-03-05 08:00:01"):
                self.assertEqual(self.env["crm.lead"]._escalate_batch(), 2)
            self._escalate_at("2027-03-05 08:00:01")
        self.assertLeadState(leads, self.given_up, "lost", self.looked, self._reason())
        self.assertEqual(len(self._events(leads, "escalate")), 5)

    def test_telling_takes_no_more_queries_for_more_leads(self):
        self._step(0, "leader")

        def tell(moment):
            with self.mock_mail_gateway(), self._at(moment):
                self.env["crm.lead"]._escalate_batch()

        tell("2027-03-05 08:00:00")
        few = [self._expiring() for _number in range(2)]
        one = self._count_queries(lambda: tell("2027-03-05 08:00:00"))
        many = [self._expiring() for _number in range(30)]
        other = self._count_queries(lambda: tell("2027-03-05 08:00:00"))
        self.assertEqual(len(self._events(self.lead.concat(*few, *many), "escalate")), 33)
        self.assertLessEqual(other, one + 1)

    # ------------------------------------------------------------
    # CONFIGURATION
    # ------------------------------------------------------------

    @mute_logger("odoo.sql_db")
    def test_days_once_and_in_range(self):
        self._step(1, "leader")
        for days in (1, -1, 4000):
            with self.assertRefuses("days", IntegrityError):
                self._step(days, "reassign")

    def test_no_abandoning_without_a_stage_for_it(self):
        self.env["crm.stage"].search([("stage_type", "=", "abandoned")]).active = False
        with self.assertRefuses("can't be abandoned", ValidationError):
            self._step(1, "abandon")

    def test_managers_alone_set_them(self):
        step = self._step(1, "leader")
        with self.assertRaises(AccessError):
            step.with_user(self.user_all).days = 2
        with self.assertRaises(AccessError):
            self.looked.with_user(self.user_all).escalation_ids.unlink()
        self.looked.with_user(self.user_manager).write(
            {"escalation_ids": [(1, step.id, {"days": 3}), (0, 0, {"days": 5, "action": "abandon"})]}
        )
        self.assertEqual(self.looked.escalation_ids.mapped("days"), [3, 5])
