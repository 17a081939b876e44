from odoo.exceptions import UserError

from .test_successor import SuccessorCase


class TestSuccessorConfiguration(SuccessorCase):
    """A successor that leads nowhere is refused in words."""

    def test_circle_of_one_two_and_three(self):
        third = self._lead_type(name="Third", next_type_id=self.repair.id)
        for lead_type in (third, self.sale, self.repair):
            with self.assertRefuses("would go on in a circle"):
                self.sale.with_user(self.user_manager).next_type_id = lead_type
        self.assertFalse(self.sale.next_type_id)

    def test_archived_successor(self):
        with self.assertRefuses("“Repair” go on as “Sale”, which is archived"):
            self.sale.with_user(self.user_manager).action_archive()
        archived = self._lead_type(name="Old", active=False)
        with self.assertRefuses("“Repair” go on as “Old”, which is archived"):
            self.repair.with_user(self.user_manager).next_type_id = archived
        self.repair.active = False
        self.sale.active = False
        with self.assertRefuses("“Repair” go on as “Sale”, which is archived"):
            self.repair.with_user(self.user_manager).active = True

    def test_deleted_successor(self):
        with self.assertRefuses("“Repair” go on as “Sale”. Choose another type"):
            self.sale.with_user(self.user_manager).unlink()
        (self.sale + self.repair).unlink()

    def test_successor_of_another_company(self):
        with self.assertRefuses("can't go on as “Sale”, a type of Other Campings"):
            self.sale.with_user(self.user_manager).company_id = self.other_company
        theirs = self._lead_type(name="Theirs", company_id=self.other_company.id)
        with self.assertRefuses("can't go on as “Theirs”, a type of Other Campings"):
            self.repair.with_user(self.user_manager).next_type_id = theirs
        self.repair.company_id = self.other_company
        self.repair.with_user(self.user_manager).next_type_id = theirs
        self.repair.next_type_id = self.sale
        self.assertEqual(self.repair.next_type_id, self.sale)

    def test_each_company_goes_its_own_way(self):
        theirs = self._lead_type(name="Theirs", company_id=self.other_company.id)
        their_start, done = self._add_stages(theirs, ("Their start", "open"), ("Their end", "qualified"))
        theirs.next_type_id = self.sale
        lead = self._lead(
            their_start,
            lead_type_id=theirs.id,
            company_id=self.other_company.id,
            user_id=self.user_other_company.id,
            team_id=False,
        )
        lead.with_user(self.user_other_company).stage_id = done
        self.assertWentOn(lead)
        self.assertEqual(lead.company_id, self.other_company)
        ours = self._repair(company_id=self.company.id)
        ours.with_user(self.user_own).stage_id = self.repaired
        self.assertWentOn(ours)
        self.assertEqual(ours.company_id, self.company)

    def test_successor_of_a_company_gives_it_to_a_lead_of_none(self):
        theirs = self._lead_type(name="Theirs", company_id=self.other_company.id)
        their_start = self._add_stages(theirs, ("Their start", "open"))
        self.repair.company_id = self.other_company
        self.repair.next_type_id = theirs
        lead = self._repair(company_id=self.other_company.id, user_id=self.user_other_company.id, team_id=False)
        self._set_in_database(lead, company_id=None)
        lead.with_user(self.user_other_company).stage_id = self.repaired
        self.assertWentOn(lead, their_start, theirs)

    def test_successor_without_an_open_stage(self):
        self.sale.initial_stage_id = False
        (self.offer + self.started).active = False
        lead = self._repair(self.looked)
        for go in (
            lambda lead: lead.write({"stage_id": self.repaired.id}),
            lambda lead: lead.action_set_won(),
            lambda lead: lead.copy({"stage_id": self.repaired.id}),
        ):
            with self.assertRefuses("“Sale” has no open stage to go on in", UserError):
                go(lead.with_user(self.user_own))
        self.assertLeadState(lead, self.looked, "pending")
        self.assertEqual(lead.lead_type_id, self.repair)

    def test_nothing_is_written_when_one_lead_of_a_batch_has_nowhere_to_go(self):
        self.sale.initial_stage_id = False
        (self.offer + self.started).team_ids = self.env["crm.team"].create({"name": "Elsewhere"})
        leads = self._repair() + self._lead(self.stage_new)
        self.repaired.lead_type_ids += self.lead_type
        with self.assertRefuses("“Sale” has no open stage to go on in"):
            leads.with_user(self.user_own).stage_id = self.repaired
        self.assertEqual([lead.stage_id for lead in leads], [self.asked, self.stage_new])
