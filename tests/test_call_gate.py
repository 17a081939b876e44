from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError

from .call_common import NOW, GateCase, at


class TestCallGate(GateCase):
    """The words: what is shut, until when, and why it is a contact's turn."""

    def setUp(self):
        super().setUp()
        self.enterContext(self._at(NOW))

    def _turn(self, **options):
        (place,) = self._places(**options)
        self.assertEqual(place.gates, ())
        return self._words(place.turn)

    def assertGate(self, key, words, lifts=None, **options):
        gates = self._gates(**options)
        self.assertEqual(list(gates), [key])
        self.assertIn(words, self._words(gates[key].sentence))
        self.assertEqual(gates[key].lifts, lifts)

    def test_fresh_contacts_say_their_priority_and_since_when_they_wait(self):
        self.entry.date_queued = at(-1)
        self.assertEqual(self._turn(reader=self.coordinator), "Fresh contact, in line since 10:00 AM.")
        self.entry.priority = 5
        self.assertEqual(self._turn(), "Fresh contact of priority 5, in line since 10:00 AM.")

    def test_call_backs_say_whose_they_are(self):
        self._wait(user=self.operator)
        self.assertIn("The call back of Anna", self._turn())
        self.assertEqual(self._turn(reader=self.operator), "Your call back is due since 10:00 AM.")
        self._wait()
        self.assertIn("anybody may make", self._turn())
        self._wait(user=self.rival)
        self.company.call_release_minutes = 10
        self.assertIn("Bruno", self._turn())
        self.assertIn("open to others by now", self._turn())

    def test_further_attempts_are_counted(self):
        self._make_call(1)
        self._wait(is_recall=False, attempts=1)
        self.no_answer.max_attempts = 5
        self.assertEqual(self._turn(), "Attempt 2 of 5, after “No answer” at 10:02 AM.")
        self.campaign.max_calls = 3
        self.assertIn("Attempt 2 of 3", self._turn())
        self.campaign.max_calls = self.no_answer.max_attempts = 0
        self.assertIn("Attempt 2, after", self._turn())

    def test_attempts_with_another_end_come_on_top(self):
        self._make_call(3, outcome=self.busy)
        self._make_call(1)
        self._wait(is_recall=False, attempts=2)
        self.no_answer.max_attempts = 5
        self.assertIn("Attempt 3 of 6", self._turn())

    def test_a_campaign_that_does_not_run(self):
        for state, words in (("draft", "not been started"), ("paused", "paused"), ("done", "finished")):
            self.campaign._set_state(state)
            self.assertGate("campaign", words)
        self.campaign.write({"state": "running", "active": False})
        self.assertGate("campaign", "archived")

    def test_no_operator_of_the_campaign(self):
        self.campaign.user_ids = self.rival
        self.assertGate("operator", "Anna is no operator of “Summer”")
        self.campaign.user_ids = self.rival + self.coordinator
        self.assertEqual(self._gates(user=self.coordinator), {})
        self.campaign.user_ids = self.rival
        self.assertGate("operator", "You are no operator", user=self.coordinator)

    def test_waits_for_its_time(self):
        self._wait(hours=4)
        self.assertGate("waits", "The call back is due at 3:00 PM", at(4))
        self._wait(hours=28, is_recall=False)
        self.assertGate("waits", "It is tried again at 11/27/26, 3:00 PM", at(28))

    def test_the_call_back_of_another_operator(self):
        self._wait(user=self.rival)
        self.assertGate("owner", "Only Bruno calls back.")
        self.company.call_release_minutes = 90
        self.assertGate("owner", "others from 11:30", at(0.5))
        self.assertEqual(self._gates(user=self.rival), {})

    def test_the_release_is_that_of_the_campaigns_company(self):
        self.other_company.call_release_minutes = 1
        self._wait(user=self.rival)
        with self.subTest("the reader's company does not count"):
            entry = self.entry.with_company(self.other_company)
            (place,) = entry._get_places(self.operator, fields.Datetime.now())
            self.assertEqual([gate.key for gate in place.gates], ["owner"])
            campaign = self.campaign.with_company(self.other_company)
            self.assertFalse(campaign._claim_next(self.operator))

    def test_in_a_call(self):
        entry = self._claim(self.rival)
        self.assertGate("claimed", "Bruno is in a call", entry.claimed_until + timedelta(seconds=1))
        entry.claimed_by_id = self.coordinator
        self.assertIn("You are in a call", self._gates()["claimed"].sentence)

    def test_nobody_is_called_by_two_operators_at_once(self):
        other = self._campaign(self.lead, name="Winter")
        self.assertTrue(self._claim(self.rival, other))
        self.assertFalse(self._claim())
        places = self._places()
        self.assertEqual([[gate.key for gate in place.gates] for place in places], [["claimed"]] * 2)
        other.entry_ids._give_back()
        self.assertEqual(self._claim(), self.entry)

    def test_done_and_taken_out(self):
        self._make_call(1, outcome=self.not_interested)
        self.entry.state = "done"
        self.assertGate("done", "“Not interested” at 10:02")
        self.entry.state = "ready"
        self.entry.action_exclude()
        self.assertGate("excluded", "by hand")
        self.lead.action_set_lost()
        self.assertGate("closed", "The lead is closed.")

    def test_a_lead_in_several_queues_has_each_place(self):
        winter = self._campaign(self.lead, name="Winter")
        winter.action_pause()
        outside = self.env["crm.call.entry"]._get_outside(self.lead)
        self.assertEqual({place.campaign for place in self._places()}, {self.campaign, winter})
        self._wait(outside, hours=1)
        self.assertEqual(len(self._places()), 3)
        by_campaign = {place.campaign: place.can_be_called for place in self._places()}
        self.assertEqual(by_campaign, {self.campaign: True, winter: False, winter.browse(): False})

    def test_no_phone_is_a_note_and_shuts_nothing(self):
        self.lead.phone = False
        (place,) = self._places()
        self.assertTrue(place.can_be_called)
        self.assertEqual(place.notes, ("There is no valid phone number.",))

    def test_many_leads_need_no_more_queries_for_the_gates(self):
        leads = self.env["crm.lead"].create([{"name": f"Pitch {number}", "user_id": False} for number in range(40)])
        self.campaign.add_leads(leads)

        def ask(number):
            self.env.invalidate_all()
            some = leads.with_user(self.coordinator).browse(leads[:number].ids)
            return self._count_queries(lambda: self.assertEqual(len(some._get_call_gates(self.operator)), number))

        ask(1)
        self.assertEqual(ask(40), ask(2))

    # ------------------------------------------------------------
    # WHO MAY KNOW
    # ------------------------------------------------------------

    def test_operators_read_of_their_leads_alone(self):
        self.assertEqual(self._places(reader=self.operator), [])
        self.lead.user_id = self.operator
        self.assertEqual(len(self._places(reader=self.operator)), 1)
        self.assertEqual(self._places(reader=self.rival), [])

    def test_nobody_else_learns_anything(self):
        self.assertEqual(self._places(reader=self.user_all), [], "may see the lead, but does not call")
        self.assertEqual(self._places(reader=self.operator_other_company), [])
        with self.assertRaises(AccessError):
            self.lead.with_user(self.user_all).call_reasons  # noqa: B018

    def test_places_of_other_companies_stay_there(self):
        self.lead.company_id = False
        foreign = self.env["crm.call.campaign"].create(
            {"name": "Elsewhere", "company_id": self.other_company.id, "state": "running"}
        )
        foreign.add_leads(self.lead)
        self.assertEqual([place.campaign for place in self._places()], [self.campaign])
        reasons = self.lead.with_user(self.coordinator).call_reasons
        self.assertIn("Summer", reasons)
        self.assertNotIn("Elsewhere", reasons)

    # ------------------------------------------------------------
    # SHOWN
    # ------------------------------------------------------------

    def _reasons(self, lead=None):
        self.env.invalidate_all()
        return (lead or self.lead).with_user(self.coordinator).call_reasons

    def test_the_form_tells_each_gate(self):
        self.campaign.user_ids = False
        self.assertIn("Can be called now", self._reasons())
        self._wait(hours=4, user=self.rival)
        reasons = self._reasons()
        self.assertNotIn("Can be called now", reasons)
        for words in ("Not now", "Later", "Shut", "The call back is due at", "Only Bruno calls back"):
            self.assertIn(words, reasons)

    def test_the_form_tells_when_it_can_be_called_at_the_earliest(self):
        self.campaign.user_ids = False
        self._wait(hours=10)
        self.assertRegex(self._reasons(), r"Earliest\s*11/27/26, 9:00")

    def test_names_are_escaped(self):
        self.campaign.name = "<b id='x'>Summer</b>"
        self.campaign.action_pause()
        self.assertIn("&lt;b id=", self._reasons())
        self.assertNotIn("<b id", self._reasons())

    def test_the_form_tells_of_a_lead_in_no_queue(self):
        lead = self._lead(phone="+39 333 7654323")
        self.assertIn("in no campaign", self._reasons(lead))
        self.assertNotIn("blocked", self._reasons(lead))
        self._block("+393337654323")
        self.assertIn("The phone number is blocked since", self._reasons(lead))

    def test_a_lead_that_is_being_made_has_no_reasons_yet(self):
        lead = self.env["crm.lead"].with_user(self.coordinator).new({"name": "Pitch"})
        self.assertIn("in no campaign", lead.call_reasons)

    # ------------------------------------------------------------
    # THE DIALOG
    # ------------------------------------------------------------

    def test_the_dialog_says_why_now(self):
        self._wait(user=self.operator)
        dialog = self._dialog(self._claim())
        self.assertEqual(self._words(dialog.reason), "Your call back is due since 10:00 AM.")
        with self._at("2026-11-26 10:30:00"):
            self.env.invalidate_all()
            self.assertEqual(self._words(dialog.reason), "Your call back is due since 10:00 AM.")

    def test_the_dialog_of_a_call_out_of_turn(self):
        self._wait(hours=2, user=self.operator)
        self.lead.user_id = self.operator
        action = self.lead.with_user(self.operator).action_call()
        dialog = self.env["crm.call.wizard"].with_user(self.operator).browse(action["res_id"])
        self.assertIn("before its time", dialog.reason)
        lead = self._lead(user_id=self.operator.id)
        self.assertEqual(self._dialog(lead_id=lead.id).reason, "Opened from the lead, out of turn.")

    # ------------------------------------------------------------
    # OUTSIDE OF CAMPAIGNS
    # ------------------------------------------------------------

    def test_a_public_call_back_outside_of_campaigns_is_given_to_any_operator_of_the_company(self):
        lead = self._lead(phone="+39 333 7654324", user_id=self.operator.id, company_id=self.company.id)
        self._dialog(
            lead_id=lead.id, outcome_id=self.recall.id, recall_at=at(1), recall_scope="public"
        ).action_confirm()
        self.entry.state = "done"
        with self._at(str(at(1))):
            self.assertEqual(self._claim(self.rival).lead_id, lead)
            self.env["crm.call.entry"]._get_outside(lead)._give_back()
            self.assertFalse(self._claim(self.operator_other_company))

    def test_a_further_attempt_outside_of_campaigns_is_its_operators(self):
        lead = self._lead(phone="+39 333 7654325", user_id=self.operator.id)
        self._dialog(lead_id=lead.id, outcome_id=self.no_answer.id).action_confirm()
        entry = lead.call_entry_ids.sudo()
        self.assertEqual(entry.recall_user_id, self.operator)
        self.entry.state = "done"
        with self._at(str(entry.next_call_at)):
            self.assertFalse(self._claim(self.rival))
            self.assertEqual(self._claim(), entry)

    def test_who_has_left_the_queue_is_called_from_the_lead(self):
        for state in ("done", "excluded"):
            self.entry.state = state
            with self.assertRaisesRegex(UserError, "no longer in line"):
                self.entry.with_user(self.coordinator).action_call()
            self.assertEqual(self.entry.state, state)
