from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.tests import Form

from .common import TypeCase


class TestTypeChange(TypeCase):
    """A lead of another type goes on in a stage of that one that means the same; no lead is won, lost or reopened."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead_type.initial_stage_id = cls.stage_new
        # open ones of the default type are: Just in (initial), At work, Proposal out
        cls.again = cls._add_stages(cls.repair, ("AT WORK", "open"))

    def _change(self, lead, user=None, **values):
        lead.with_user(user or self.user_own).write({"lead_type_id": self.repair.id, **values})

    def test_same_name_of_the_same_kind(self):
        lead = self._lead(self.stage_working)
        self._change(lead)
        self.assertLeadState(lead, self.again, "pending")
        self.again.stage_type = "frozen"
        with self.assertRefuses("Choose in which stage"):  # the name alone is not enough
            self._change(self._lead(self.stage_working))

    def test_only_stage_of_the_kind(self):
        frozen = self._lead(self.stage_frozen)
        self._change(frozen)
        self.assertLeadState(frozen, self.waiting, "pending")

    def test_initial_stage_for_the_initial_stage(self):
        lead = self._lead(self.stage_new)
        self._change(lead)
        self.assertLeadState(lead, self.asked, "pending")

    def test_nothing_like_it_asks_the_person(self):
        leads = self._lead(self.stage_late, name="Unclear") + self._lead(self.stage_late, name="Unclear too")
        for user in (self.user_own, self.user_manager, self.user_admin):
            with self.assertRefuses("Choose in which stage of “Repair”.*Unclear.*Proposal out.*Unclear too"):
                self._change(leads, user)
        with self.assertRefuses("Choose in which stage of “Repair”"):
            leads.with_user(self.user_own).sudo().write({"lead_type_id": self.repair.id})
        self.assertEqual(leads.lead_type_id, self.lead_type)

    def test_machine_and_rule_get_the_first_of_the_kind(self):
        for leads_of in (
            lambda lead: lead.with_user(SUPERUSER_ID),
            lambda lead: lead.with_user(self.user_portal).sudo(),
            lambda lead: lead.with_user(self.user_own)._by_rule(),
        ):
            lead = self._lead(self.stage_late)
            leads_of(lead).lead_type_id = self.repair
            self.assertLeadState(lead, self.asked, "pending")

    def test_shared_stage_stays(self):
        self.stage_late.lead_type_ids += self.repair
        lead = self._lead(self.stage_late)
        self._change(lead)
        self.assertLeadState(lead, self.stage_late, "pending")
        self.assertEqual(self._events(lead).mapped("kind"), ["create", "type"])

    def test_shared_stage_stays_where_a_client_says_no_stage(self):
        self.stage_late.lead_type_ids += self.repair
        lead = self._lead(self.stage_late)
        self._change(lead, stage_id=False)
        self.assertTrue(lead.stage_id)

    def test_won_stays_won(self):
        lead = self._lead(self.stage_won)
        closed = lead.date_closed
        self._change(lead)
        self.assertLeadState(lead, self.repaired, "won")
        self.assertEqual(lead.date_closed, closed)

    def test_won_stays_won_where_the_next_type_would_go_on(self):
        """A change of the type is no conclusion."""
        sale = self._lead_type(name="Sale")
        self._add_stages(sale, ("Offer", "open"))
        self.repair.next_type_id = sale
        lead = self._lead(self.stage_won)
        self._change(lead)
        self.assertLeadState(lead, self.repaired, "won")

    def test_lost_stays_lost_with_its_reason(self):
        with self._at("2027-02-01 10:00:00"):
            lead = self._lead(self.stage_late)
            lead.action_set_lost(lost_reason_id=self.reason.id)
        with self._at("2027-03-01 10:00:00"):
            self._change(lead)
        self.assertEqual(lead.stage_id, self.gone)
        self.assertLeadState(lead, self.gone, "lost", lost_from=lead.lost_from_stage_id, reason=self.reason)
        self.assertEqual(str(lead.date_closed), "2027-02-01 10:00:00")

    def test_restored_lead_returns_to_a_stage_of_its_type(self):
        lead = self._lead(self.stage_late)
        lead.action_set_lost()
        self._change(lead)
        lead.with_user(self.user_own).action_restore()
        self.assertEqual(lead.lead_type_id, self.repair)
        self.assertIn(lead.stage_id, self.repair.stage_ids)

    def test_lead_that_odoo_lost_in_an_open_stage_stays_lost(self):
        lead = self._lead(self.stage_working)
        self._lose_by_sql(lead)
        self._change(lead)
        self.assertLeadState(lead, self.again, "lost", reason=self.reason)

    def test_removed_lead_stays_removed(self):
        lead = self._lead(self.stage_working)
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self._change(lead)
        self.assertLeadState(lead, self.again, "removed")

    def test_stage_along_with_the_type(self):
        lead = self._lead(self.stage_late)
        self._change(lead, stage_id=self.looked.id)
        self.assertLeadState(lead, self.looked, "pending")
        self.assertIn(
            {"from_type": self.lead_type.id, "to_type": self.repair.id, "from_stage": self.stage_late.id},
            self._events(lead).mapped("data"),
        )

    def test_stage_along_with_the_type_and_a_probability(self):
        """As the web client sends them: the probability follows the stage in the form."""
        lead = self._lead(self.stage_late)
        self._change(lead, stage_id=self.looked.id, probability=42, automated_probability=42)
        self.assertLeadState(lead, self.looked, "pending")

    def test_stage_along_is_one_of_the_new_type(self):
        for stage in (self.stage_late, self.stage_working):
            with self.assertRefuses(f"“{stage.name}” is not a stage of “Repair”"):
                self._change(self._lead(self.stage_late), stage_id=stage.id)

    def test_stage_along_means_the_same(self):
        lost = self._lead(self.stage_late)
        lost.action_set_lost()
        for lead, stages in (
            (self._lead(self.stage_late), self.repaired + self.gone),
            (self._lead(self.stage_won), self.looked + self.gone),
            (lost, self.looked + self.repaired),
        ):
            for stage in stages:
                with self.assertRefuses("neither wins, loses nor reopens"):
                    self._change(lead, stage_id=stage.id)

    def test_many_leads_at_once(self):
        leads = (
            self._lead(self.stage_new)
            + self._lead(self.stage_working)
            + self._lead(self.stage_frozen)
            + self._lead(self.stage_won)
            + self._repair(self.looked)
        )
        self._change(leads)
        self.assertEqual(
            [lead.stage_id for lead in leads], [self.asked, self.again, self.waiting, self.repaired, self.looked]
        )
        self.assertEqual(leads.lead_type_id, self.repair)
        self.assertEqual(self._events(leads, "type").lead_id, leads[:-1])

    def test_queries_do_not_grow_with_the_leads(self):
        def change(count):
            values = [{"name": "Many", "stage_id": self.stage_working.id, "user_id": self.user_own.id}] * count
            leads = self.env["crm.lead"].create(values).with_user(self.user_own)
            self.env.flush_all()
            self.env.invalidate_all()
            return self._count_queries(lambda: leads.write({"lead_type_id": self.repair.id}))

        change(2)
        self.assertLessEqual(change(100), change(2) + 3)

    def test_event_keeps_the_typed_properties_as_they_were(self):
        self.lead_type.property_definition = [
            {"name": "nights", "type": "integer", "string": "Nights"},
            {
                "name": "board",
                "type": "selection",
                "string": "Board",
                "selection": [["half", "Half board"], ["full", "Full board"]],
            },
        ]
        lead = self._lead(self.stage_working, type_properties={"nights": 7, "board": "half"})
        self._change(lead)
        event = self._events(lead, "type")
        self.assertEqual(event.data["properties"], {"Nights": "7", "Board": "Half board"})
        self.assertEqual((event.data["from_type"], event.data["to_type"]), (self.lead_type.id, self.repair.id))
        self.assertEqual(event.user_id, self.user_own)
        self.assertIn("Repair", event.summary)

    def test_number_and_deadline_stay(self):
        lead = self._lead(self.stage_working, date_due="2027-03-01 10:00:00")
        number = lead.number
        self.repair.due_days = 9
        self._change(lead)
        self.assertEqual((lead.number, str(lead.date_due)), (number, "2027-03-01 10:00:00"))

    def test_lead_always_has_a_type(self):
        lead = self._lead()
        for leads in (lead, lead.with_user(self.user_own)):
            with self.assertRefuses("A lead always has a type"):
                leads.lead_type_id = False

    def test_type_of_another_company_is_refused(self):
        theirs = self._lead_type(name="Theirs", company_id=self.other_company.id)
        self._add_stages(theirs, ("Just in", "open"))
        lead = self._lead(self.stage_new, company_id=self.company.id)
        with self.assertRefuses("Choose a type of that company"):
            lead.with_user(self.user_manager).lead_type_id = theirs

    def test_archived_type_is_refused_to_a_person(self):
        lead, kept = self._lead(self.stage_working), self._repair()
        self.repair.active = False
        for user in (self.user_own, self.user_manager, self.user_admin):
            with self.assertRefuses("“Repair” is archived"):
                self._change(lead, user)
            with self.assertRefuses("“Repair” is archived"):
                self._repair(user=user)
        with self.assertRefuses("“Repair” is archived"):
            self._change(lead + kept)
        self._change(kept, name="Still worked")  # as an import or a form sends back what it was given
        self.assertEqual((kept.lead_type_id, kept.name), (self.repair, "Still worked"))

    def test_archived_type_is_refused_to_no_machine(self):
        self.repair.active = False
        lead = self._lead(self.stage_working)
        self._change(lead, self.env.ref("base.user_root"))
        self.assertEqual((lead + self._repair()).lead_type_id, self.repair)

    # ------------------------------------------------------------
    # IN THE FORM
    # ------------------------------------------------------------

    def test_form_shows_the_stage_of_the_new_type(self):
        form = Form(self._lead(self.stage_working).with_user(self.user_own))
        form.lead_type_id = self.repair
        self.assertEqual(form.stage_id, self.again)
        form.lead_type_id = self.lead_type
        self.assertEqual(form.stage_id.with_env(self.env), self.stage_working)
        form.lead_type_id = self.repair
        self.assertLeadState(form.save().with_env(self.env), self.again, "pending")

    def test_form_of_a_new_lead_shows_where_it_starts(self):
        form = Form(self.env["crm.lead"].with_user(self.user_own))
        form.name = "New"
        self.assertEqual(form.stage_id, self.stage_new)
        form.lead_type_id = self.repair
        self.assertEqual(form.stage_id, self.asked)
        self.assertLeadState(form.save().with_env(self.env), self.asked, "pending")

    def test_form_lets_the_person_choose(self):
        lead = self._lead(self.stage_late)
        form = Form(lead.with_user(self.user_own))
        form.lead_type_id = self.repair
        self.assertFalse(form.stage_id)
        with self.assertRaisesRegex(UserError, "Choose in which stage"), self.env.cr.savepoint():
            form.save()
        form.stage_id = self.looked
        form.save()
        self.assertLeadState(lead, self.looked, "pending")
