from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_assignment import AssignmentCase
from .test_notice import NoticeCase

RULES = "odoo.addons.crm_lead_lifecycle.models.crm_assignment_rule"


@tagged("post_install", "-at_install")
class TestAssignmentNotices(NoticeCase, AssignmentCase):
    """What rules give away is told like what people give away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._notice("assigned").to_salesperson = True
        cls._notice("new").to_leader = True
        cls.rule = cls._rule(cls.user_own)

    def _come_in(self, count=1, **values):
        return self.loud["crm.lead"].create([{"name": "A week", "team_id": self.team.id, **values}] * count)

    def _one_by_one(self):
        for _number in range(3):
            self._come_in()

    def test_leads_that_come_in_one_by_one_make_one_summary(self):
        messages = self._told(self._one_by_one)
        self.assertTold(messages, self.user_own, self.user_manager)
        self.assertEqual(set(messages.mapped("subject")), {"3 new leads for you", "3 new leads"})

    def test_a_rule_that_the_database_refuses_keeps_no_message_back(self):
        broken = self._rule(self.user_all, sequence=1)
        self._set_in_database(broken, domain="[('id', '=', 'x')]")
        with mute_logger(RULES, "odoo.sql_db"):
            messages = self._told(self._one_by_one)
        self.assertTold(messages, self.user_own, self.user_manager)

    def test_given_by_a_rule_then_by_a_person(self):
        def come_in():
            lead = self._come_in()
            lead.with_user(self.user_manager).user_id = self.user_all

        messages = self._told(come_in)
        self.assertNotIn(self.user_own.partner_id, messages.notified_partner_ids)
        self.assertIn(self.user_all.partner_id, messages.notified_partner_ids)

    def test_a_batch_of_rules_takes_hardly_more_than_one_given_by_hand(self):
        """With the chatter, followers and notices, all of which Odoo does lead by lead."""

        def count(leads, **values):
            self.env.invalidate_all()
            return self._count_queries(lambda: self._come_in(leads, **values))

        by_hand = {"user_id": self.user_own.id}
        count(2), count(2, **by_hand)
        few, many = count(20) - count(20, **by_hand), count(220) - count(220, **by_hand)
        self.assertLess(many, few + 20)


@tagged("post_install", "-at_install")
class TestAssignmentMisuse(AssignmentCase):
    """What managers write into rules by design or by mistake."""

    def test_names_mean_what_they_mean_to_who_made_the_rule(self):
        self.env["res.lang"]._activate_lang("it_IT")
        italy = self.env.ref("base.it")
        italy.with_context(lang="it_IT").name = "Belpaese"
        self.user_manager.lang = "it_IT"
        rules = self.env["crm.assignment.rule"].with_user(self.user_manager)
        for domain in ("[('country_id.name', '=', 'Belpaese')]", "[('country_id', 'ilike', 'belpa')]"):
            rule = rules.create({"name": "Italy", "domain": domain, "user_ids": self.user_own.ids})
            for lang in (None, "en_US", "it_IT"):
                leads = self.env["crm.lead"].with_context(lang=lang)
                lead = leads.create({"name": "Pitch", "country_id": italy.id})
                self.assertEqual(lead.assignment_rule_id, rule, f"{domain} in {lang}")
            trials = self.env["crm.assignment.trial"].with_user(self.user_admin)
            trial = trials.create({"mode": "lead", "lead_id": lead.id, "rule_id": rule.id, "method": "fixed"})
            trial.action_try()
            self.assertEqual([case["user"] for case in trial.result["cases"]], [self.user_own.name] * 2)
            rule.unlink()

    def test_conditions_of_no_end_are_refused_and_hold_nothing_up(self):
        rule, good = self._rule(self.user_all, sequence=1), self._rule(self.user_own)
        domain = f"[('id', '=', {'-' * 5000}1)]"
        with self.assertRaisesRegex(UserError, "can't be used"), self.env.cr.savepoint():
            rule.domain = domain
        self._set_in_database(rule, domain=domain)
        with mute_logger(RULES):
            self.assertEqual(self._inquiries().assignment_rule_id, good)

    def test_no_rule_is_slipped_into_another_company(self):
        """Whose leads would be given away by somebody who has no business there."""
        rule = self._rule(self.user_own)
        there = self._rule(self.user_other_company, company_id=self.other_company.id)
        admin = self.user_admin
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            rule.with_user(admin).company_id = self.other_company
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            rule.member_ids.with_user(admin).rule_id = there
        both = rule.with_user(self.user_manager)
        both.with_context(allowed_company_ids=self.user_manager.company_ids.ids).company_id = self.other_company
        self.assertEqual(rule.company_id, self.other_company)

    def test_no_rule_of_another_company_is_seen_through_a_trial(self):
        there = self._rule(self.user_other_company, company_id=self.other_company.id)
        trials = self.env["crm.assignment.trial"].with_user(self.user_admin)
        trial = trials.create({})
        spec = {"rule_id": {}, "domain": {}, "member_ids": {"fields": {"user_id": {}}}}
        for see in (
            lambda: trial.write({"rule_id": there.id}),
            lambda: trials.create({"rule_id": there.id}),
            lambda: trials.with_context(default_rule_id=there.id).create({}),
            lambda: trials.onchange({"rule_id": there.id}, ["rule_id"], spec),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                see()
                trials.flush_model()
        here = self._rule(self.user_own)
        self.assertTrue(trials.onchange({"rule_id": here.id}, ["rule_id"], spec)["value"]["member_ids"])

    def test_what_a_lead_says_is_not_lost_with_its_team(self):
        """Properties of a team are those of its leads alone."""
        team = self.env["crm.team"].create({"name": "Portals"})
        team.lead_properties_definition = [{"name": "project", "type": "char", "string": "Project"}]
        rule = self._rule(self.user_own, domain="[('lead_properties.project', '=', 'Marina')]")
        lead = self._inquiries(team_id=team.id, lead_properties={"project": "Marina"})
        self.assertEqual((lead.user_id, lead.assignment_rule_id), (self.user_own, rule))
        self.assertEqual((lead.team_id, lead.lead_properties["project"]), (team, "Marina"))
        rule.domain = "[]"
        self.assertEqual(self._inquiries(team_id=team.id).team_id, self.team, "there is nothing to lose")

    def test_a_team_that_went_to_another_company_takes_no_lead_along(self):
        team = self.env["crm.team"].create({"name": "Portals", "company_id": False})
        rule = self._rule(self.user_manager, team_id=team.id)
        team.company_id = self.other_company
        lead = self._inquiries()
        self.assertEqual((lead.user_id, lead.assignment_rule_id), (self.user_manager, rule))
        self.assertEqual(lead.company_id, self.company)
