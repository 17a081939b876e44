from collections import Counter

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

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

    def test_who_had_it_by_hand_does_not_get_it_again(self):
        self._rule(self.user_own, self.user_all)
        lead = self._inquiries()
        lead.user_id = self.user_manager
        lead.user_id = self.user_all
        self.assertFalse(lead._reassign_by_rules(), "both have had it")

    def test_a_rule_that_comes_second_is_as_fair(self):
        """It takes one lead of each batch of two, of which the first rule takes the other one."""
        first = self._rule(self.user_manager, sequence=1, domain="[('priority', '=', '3')]")
        second = self._rule(self.user_own, self.user_all, sequence=2)
        users = []
        for _number in range(4):
            leads = self.env["crm.lead"].create([{"name": "A", "priority": "3"}, {"name": "B"}])
            self.assertEqual(leads[0].assignment_rule_id, first)
            self.assertEqual(leads[1].assignment_rule_id, second)
            users += leads[1].user_id
        self.assertEqual(users, [self.user_own, self.user_all] * 2)

    def test_the_most_per_day_counts_what_was_taken_away(self):
        rule = self._rule(self.user_own)
        rule.member_ids.daily_max = 1
        self._inquiries().user_id = self.user_all
        self.assertFalse(self._inquiries().assignment_rule_id)

    def test_a_day_is_the_companys(self):
        self.company.resource_calendar_id.tz = "Europe/Rome"
        rule = self._rule(self.user_own)
        rule.member_ids.daily_max = 1
        with self._at("2027-07-05 21:59:00"):  # 23:59 in Rome
            self.assertTrue(self._inquiries().assignment_rule_id)
            self.assertFalse(self._inquiries().assignment_rule_id)
        with self._at("2027-07-05 22:01:00"):
            self.assertTrue(self._inquiries().assignment_rule_id)

    def test_working_hours(self):
        self._rule(self.user_own)
        calendar = self.company.resource_calendar_id
        calendar.tz = "Europe/Rome"
        with self._at("2027-07-04 10:00:00"):  # a Sunday
            self.assertTrue(self._inquiries().assignment_rule_id, "hours don't count by default")
            self.company.assignment_working_hours = True
            self.assertFalse(self._inquiries().assignment_rule_id)
        with self._at("2027-07-05 08:00:00"):
            self.assertTrue(self._inquiries().assignment_rule_id)

    def test_conditions_on_tags_and_properties(self):
        tag = self.env["crm.tag"].create({"name": "Sea"})
        self.team.lead_properties_definition = [{"name": "project", "type": "char", "string": "Project"}]
        self.lead_type.property_definition = [{"name": "rooms", "type": "integer", "string": "Rooms"}]
        for user, domain in (
            (self.user_own, [("tag_ids", "in", tag.ids)]),
            (self.user_all, [("lead_properties.project", "=", "Marina")]),
            (self.user_manager, [("type_properties.rooms", ">", 3)]),
        ):
            self._rule(user, domain=repr(domain))
        self.assertEqual(self._inquiries(tag_ids=tag.ids).user_id, self.user_own)
        lead = self._inquiries(team_id=self.team.id, lead_properties={"project": "Marina"})
        self.assertEqual(lead.user_id, self.user_all)
        self.assertEqual(self._inquiries(type_properties={"rooms": 4}).user_id, self.user_manager)
        self.assertFalse(self._inquiries(type_properties={"rooms": 3}).assignment_rule_id)

    def test_rules_are_those_of_the_leads_company(self):
        here, there = self._rule(self.user_own), self._rule(self.user_other_company, company_id=self.other_company.id)
        self.assertEqual(self._inquiries().assignment_rule_id, here)
        lead = self._inquiries(company_id=self.other_company.id)
        self.assertEqual((lead.assignment_rule_id, lead.company_id), (there, self.other_company))
        team = self.env["crm.team"].create({"name": "There", "company_id": self.other_company.id})
        self.assertEqual(self._inquiries(team_id=team.id).assignment_rule_id, there)

    def test_people_who_cannot_have_it_are_passed_over(self):
        rule = self._rule(self.user_other_company, self.user_own, self.user_all)
        self.assertIn("lead_other", rule.warning)
        self.assertIn(self.company.name, rule.warning)
        self.user_own.active = False
        leads = self._inquiries(2)
        self.assertEqual(leads.user_id, self.user_all)
        others = self._events(leads[0], "assign").data["why"]["others"]
        self.assertEqual(others, {str(self.user_other_company.id): "no_company", str(self.user_own.id): "inactive"})
        self.user_all.sudo().away_until = "2100-01-01"
        rule.invalidate_recordset(["warning"])
        self.assertIn("Nobody is there to get leads.", rule.warning)

    def test_a_user_who_is_deleted_leaves_the_rule(self):
        user = self.user_own.copy({"login": "short_time"})
        rule = self._rule(user, self.user_all)
        user.unlink()
        self.assertEqual(rule.user_ids, self.user_all)
        self.assertEqual(self._inquiries().user_id, self.user_all)

    def test_members_of_the_team_where_nobody_is_named(self):
        self._rule(team_id=self.team.id)
        leads = self._inquiries(2)
        self.assertEqual(leads.user_id, self.user_own + self.user_all)
        self.assertEqual(leads.team_id, self.team)

    def test_conditions_that_make_no_sense_any_more_keep_no_lead_out(self):
        broken, rule = self._rule(self.user_own, sequence=1), self._rule(self.user_all, sequence=2)
        for domain in ("[('gone_field', '=', 1)]", "nonsense", "[('priority', '=', 3.5), ('id', '=', 10 ** 30)]"):
            self._set_in_database(broken, domain=domain)
            with self.assertLogs("odoo.addons.crm_lead_lifecycle.models.crm_assignment_rule", "WARNING"):
                lead = self._inquiries()
            self.assertEqual(lead.assignment_rule_id, rule)
        self._set_in_database(broken, domain="[('gone_field', '=', 1)]")
        with self.assertLogs("odoo.addons.crm_lead_lifecycle.models.crm_assignment_rule", "WARNING"):
            self.assertIn("can't be used any more", broken.warning)

    def test_conditions_that_the_database_refuses_fit_no_lead(self):
        broken, rule = self._rule(self.user_own, sequence=1), self._rule(self.user_all, sequence=2)
        self._set_in_database(broken, domain=repr([("name", "=like", "\\")]))
        with mute_logger("odoo.sql_db"), self.assertLogs("odoo.addons.crm_lead_lifecycle", "WARNING"):
            lead = self._inquiries()
        self.assertEqual(lead.assignment_rule_id, rule)

    def test_the_weight_and_the_most_per_day_have_bounds(self):
        rule = self._rule(self.user_own)
        for values in ({"weight": 0}, {"weight": 101}, {"daily_max": -1}):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                rule.member_ids.write(values)
                self.env.flush_all()

    def test_conditions_that_make_no_sense_are_refused(self):
        with self.assertRaises(UserError):
            self._rule(self.user_own, domain="[('no_such_field', '=', 1)]")
        with self.assertRaises(UserError):
            self._rule(self.user_own, domain="nonsense")

    def test_a_batch_takes_as_many_queries_as_two(self):
        self._rule(self.user_own, self.user_all)
        self._rule(self.user_manager, method="least_open", domain="[('name', 'like', 'Other')]")
        rules = self.env["crm.assignment.rule"].search([])
        self._inquiries(2)

        def count(number):
            """Queries that the rules add to a creation."""
            rules.active = True
            with_rules = self._count_queries(lambda: self._inquiries(number))
            rules.active = False
            return with_rules - self._count_queries(lambda: self._inquiries(number))

        self.assertLessEqual(count(500), count(2) + 1)

    def test_explanation(self):
        self._rule(self.user_other_company, name="Closed", sequence=1)
        rule = self._rule(self.user_own, self.user_all, self.user_manager, sequence=2)
        self.user_all.sudo().away_until = "2100-01-01"
        rule.member_ids[2].daily_max = 1
        lead, *_others = self._inquiries(4)
        reasons = lead.with_user(self.user_own)._get_assignment_reasons()
        text = "\n".join(sentence for _level, sentence in reasons)
        self.assertEqual(reasons[0][0], "success")
        for words in (rule.name, "Closed", self.user_all.name, "away", self.user_manager.name):
            self.assertIn(words, text)
        last = self._inquiries()
        self.assertIn(
            "most leads",
            dict(
                last._get_assignment_reasons()
                and enumerate(
                    sentence
                    for _level, sentence in last._get_assignment_reasons()
                    if self.user_manager.name in sentence
                )
            )[0],
        )
        event = self._events(lead, "assign")
        self.assertIn(rule.name, event.summary)
        self.assertIn(self.user_own.name, event.summary)
        lead.user_id = self.user_manager
        self.assertIn("Assigned to", lead._get_assignment_reasons()[0][1], "a person decided")

    def test_explanation_of_a_fallback(self):
        self._rule(self.user_all)
        self.user_all.sudo().away_until = "2100-01-01"
        self.source.lead_user_id = self.user_own
        lead = self._inquiries(source_id=self.source.id)
        text = "\n".join(sentence for _level, sentence in lead._get_assignment_reasons())
        self.assertIn("source", text)
        self.assertIn(f"{self.user_all.name}: is away.", text)
        self.assertIn(self.user_own.name, self._events(lead, "assign").summary)
