from collections import Counter

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import LeadCase


class AssignmentCase(LeadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.assignment.rule"].search([]).active = False
        cls.source = cls.env["utm.source"].create({"name": "Portal"})

    @classmethod
    def _rule(cls, *users, **values):
        users = cls.env["res.users"].union(*users)
        return cls.env["crm.assignment.rule"].create({"name": "Portal", "user_ids": [Command.set(users.ids)], **values})

    @classmethod
    def _inquiries(cls, count=1, **values):
        values = {"name": "A week by the sea", "type": "opportunity", **values}
        return cls.env["crm.lead"].create([values] * count)


@tagged("post_install", "-at_install")
class TestAssignment(AssignmentCase):
    """Who gets which leads."""

    def test_in_turn_by_weight(self):
        rule = self._rule(self.user_own, self.user_all)
        rule.member_ids.filtered(lambda member: member.user_id == self.user_all).weight = 2
        leads = self._inquiries(9)
        self.assertEqual(Counter(lead.user_id for lead in leads), {self.user_own: 3, self.user_all: 6})
        self.assertEqual(leads.assignment_rule_id, rule)

    def test_turns_go_on_from_one_creation_to_the_next(self):
        self._rule(self.user_own, self.user_all)
        users = [self._inquiries().user_id for _number in range(4)]
        self.assertEqual(users, [self.user_own, self.user_all, self.user_own, self.user_all])

    def test_the_first_rule_that_fits_and_has_somebody(self):
        self._rule(self.user_own, domain=f"[('source_id', '=', {self.source.id})]", sequence=1)
        self._rule(self.user_all, sequence=2)
        self.assertEqual(self._inquiries(source_id=self.source.id).user_id, self.user_own)
        self.assertEqual(self._inquiries().user_id, self.user_all)
        self.user_own.sudo().away_until = "2100-01-01"
        lead = self._inquiries(source_id=self.source.id)
        self.assertEqual(lead.user_id, self.user_all)
        why = self._events(lead, "assign").data["why"]
        self.assertEqual(why["passed"], ["Portal"])

    def test_fewest_open_leads(self):
        self._rule(self.user_own, self.user_all, method="least_open")
        self._lead(user=self.user_own)
        self.assertEqual(self._inquiries(2).mapped("user_id"), self.user_all + self.user_own)

    def test_nobody_gets_more_than_the_most_per_day(self):
        rule = self._rule(self.user_own, self.user_all)
        rule.member_ids[0].daily_max = 1
        leads = self._inquiries(3) + self._inquiries(3)
        self.assertEqual(Counter(lead.user_id for lead in leads), {self.user_own: 1, self.user_all: 5})

    def test_persons_are_taken_at_their_word(self):
        self._rule(self.user_own)
        leads = self.env["crm.lead"].with_user(self.user_manager)
        self.assertEqual(leads.create({"name": "Mine"}).user_id, self.user_manager)
        self.assertFalse(leads.create({"name": "Nobody's", "user_id": False}).user_id)
        self.assertEqual(leads.create({"name": "His", "user_id": self.user_all.id}).user_id, self.user_all)

    def test_without_rules_all_is_as_in_odoo(self):
        self.assertEqual(self._inquiries().user_id, self.env.user)

    def test_fallback(self):
        self._rule(self.user_own, domain="[('name', '=', 'No such')]")
        self.source.lead_user_id = self.user_all
        self.assertEqual(self._inquiries(source_id=self.source.id).user_id, self.user_all)
        self.team.user_id = self.user_manager
        self.assertEqual(self._inquiries(team_id=self.team.id).user_id, self.user_manager)

    def test_a_lead_given_to_somebody_else_is_no_longer_the_rules(self):
        self._rule(self.user_own)
        lead = self._inquiries()
        lead.user_id = self.user_all
        self.assertFalse(lead.assignment_rule_id)

    def test_next_one(self):
        self._rule(self.user_own, self.user_all)
        lead = self._inquiries()
        self.assertEqual(lead._reassign_by_rules().user_id, self.user_all)
        self.assertFalse(lead._reassign_by_rules())

    def test_conditions_that_make_no_sense_are_refused(self):
        with self.assertRaises(UserError):
            self._rule(self.user_own, domain="[('no_such_field', '=', 1)]")
        with self.assertRaises(UserError):
            self._rule(self.user_own, domain="nonsense")

    def test_a_batch_takes_as_many_queries_as_two(self):
        self._rule(self.user_own, self.user_all)
        self._inquiries(2)
        few = self._count_queries(lambda: self._inquiries(2))
        self.assertLessEqual(self._count_queries(lambda: self._inquiries(100)), few)
