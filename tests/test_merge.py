from odoo.exceptions import UserError

from .common import LeadCase


class TestMerge(LeadCase):
    """A merge leaves one lead whose stage, won and lost agree, and loses nothing of the others."""

    def _merge(self, leads, user=None, **values):
        """Through Odoo's wizard; returns the lead that is left."""
        wizards = (
            self.env["crm.merge.opportunity"].with_user(user or self.user_manager).with_context(active_ids=leads.ids)
        )
        wizard = wizards.create({"user_id": self.user_own.id, **values})
        result = wizard.action_merge()
        self.assertEqual(leads.exists().ids, [result["res_id"]])
        return leads.exists()

    def test_open_leads(self):
        leads = self._lead(self.stage_working) + self._lead(self.stage_late) + self._lead(self.stage_new)
        self.assertLeadState(self._merge(leads), self.stage_late, "pending")

    def test_open_and_frozen_leads(self):
        leads = self._lead(self.stage_working) + self._lead(self.stage_frozen)
        self.assertLeadState(self._merge(leads), self.stage_frozen, "pending")

    def test_lost_lead_counts_by_the_stage_that_it_was_lost_in(self):
        """As in stock, where the further stage wins: a lost stage at the end of the pipeline is no further one."""
        lost = self._lead(self.stage_working)
        lost.action_set_lost(lost_reason_id=self.reason.id)
        opened = self._lead(self.stage_late, probability=10)
        winner = self._merge(lost + opened)
        self.assertEqual(winner, opened)
        self.assertLeadState(winner, self.stage_late, "pending")

    def test_lost_leads_stay_lost(self):
        leads = self._lead(self.stage_working) + self._lead(self.stage_late)
        for lead in leads:
            lead.action_set_lost(lost_reason_id=self.reason.id)
        winner = self._merge(leads)
        came_from = winner.lost_from_stage_id
        self.assertIn(came_from, self.stage_working + self.stage_late)
        self.assertLeadState(winner, self.stage_lost, "lost", lost_from=came_from, reason=self.reason)

    def test_leads_lost_before_stay_put(self):
        leads = self._lead(self.stage_working) + self._lead(self.stage_working)
        self._lose_by_sql(leads)
        self.assertLeadState(self._merge(leads), self.stage_working, "lost", reason=self.reason)

    def test_won_lead_takes_an_open_one_in(self):
        won = self._lead(self.stage_won)
        opened = self._lead(self.stage_working, is_urgent=True)
        winner = (won + opened).merge_opportunity()
        self.assertEqual(winner, won)
        self.assertLeadState(winner, self.stage_won, "won")
        self.assertFalse(winner.is_urgent)

    def test_lead_and_opportunity(self):
        leads = self._lead(self.stage_working, type="lead") + self._lead(self.stage_new)
        winner = self._merge(leads)
        self.assertEqual(winner.type, "opportunity")
        self.assertLeadState(winner, winner.stage_id, "pending")

    def test_into_another_team_neither_wins_nor_loses(self):
        team = self.env["crm.team"].create({"name": "Groups", "company_id": False, "user_id": self.user_manager.id})
        closed, won, opened = self.env["crm.stage"].create(
            [
                {"name": "No group", "sequence": -3, "stage_type": "not_interested", "team_ids": team.ids},
                {"name": "Group comes", "sequence": -2, "stage_type": "qualified", "team_ids": team.ids},
                {"name": "Group asks", "sequence": -1, "team_ids": team.ids},
            ]
        )
        self.stage_late.team_ids = self.team
        leads = self._lead(self.stage_late, team_id=self.team.id) + self._lead(self.stage_late, team_id=self.team.id)
        winner = self._merge(leads, user_id=self.user_manager.id, team_id=team.id)
        self.assertEqual(winner.team_id, team)
        self.assertNotIn(winner.stage_id, closed + won)
        self.assertLeadState(winner, opened, "pending")

    def test_removed_lead_is_refused(self):
        removed = self._lead()
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        leads = removed + self._lead()
        with self.assertRaisesRegex(UserError, "Restore them first"):
            leads.merge_opportunity()
        self.assertEqual(leads.exists(), leads)

    def test_what_belongs_to_the_inquiry_is_kept(self):
        location = self.env["crm.lead.location"].create({"name": "Lake"})
        loser = self._lead(
            self.stage_working,
            request="Is there a tree?",
            date_due="2026-05-01 10:00:00",
            is_urgent=True,
            lead_location_id=location.id,
            target_year=2027,
            proposal_deadline="2026-04-01",
        )
        winner = self._lead(self.stage_late, request="And a lake?", date_due="2026-06-01 10:00:00")
        same = self._lead(self.stage_new, request="And a lake?")
        self.assertEqual(self._merge(loser + winner + same), winner)
        self.assertEqual(winner.request, "And a lake?\n\nIs there a tree?")
        self.assertEqual(str(winner.date_due), "2026-05-01 10:00:00")
        self.assertTrue(winner.is_urgent)
        self.assertEqual((winner.lead_location_id, winner.target_year), (location, 2027))
        self.assertEqual(str(winner.proposal_deadline), "2026-04-01")

    def test_number_of_the_winner_stays(self):
        winner, loser = self._lead(self.stage_late), self._lead()
        number, lost_number = winner.number, loser.number
        self._merge(winner + loser)
        self.assertEqual((winner.number, winner.former_numbers), (number, lost_number))

    def test_history_of_the_losers_goes_on_in_the_winners(self):
        winner, loser = self._lead(self.stage_late), self._lead()
        loser.stage_id = self.stage_working
        kinds = self._events(loser).mapped("kind")
        self._merge(winner + loser, self.user_own)
        self.assertEqual(kinds, ["create", "stage"])
        self.assertEqual(self._events(winner).mapped("kind")[:3], ["create", "create", "stage"])
        self.assertEqual(len(self._events(winner, "merge")), 1)
        self.assertEqual(self._events(winner, "merge").user_id, self.user_own)

    def test_odoos_conversion_with_merge(self):
        partner = self.env["res.partner"].create({"name": "Anna", "email": "anna.rossi@camping.example.com"})
        values = {"type": "lead", "email_from": partner.email, "probability": 10}
        leads = self._lead(self.stage_working, **values) + self._lead(self.stage_late, **values)
        wizard = (
            self.env["crm.lead2opportunity.partner"]
            .with_user(self.user_manager)
            .with_context(active_model="crm.lead", active_id=leads[0].id, active_ids=leads[0].ids)
            .create({"name": "merge", "action": "exist", "partner_id": partner.id})
        )
        wizard.duplicated_lead_ids = leads
        wizard.action_apply()
        left = leads.exists()
        self.assertEqual((len(left), left.type), (1, "opportunity"))
        self.assertLeadState(left, self.stage_late, "pending")
