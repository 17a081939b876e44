from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import FormCase
from .test_assignment import AssignmentCase


@tagged("post_install", "-at_install")
class TestAssignmentChannels(AssignmentCase):
    """Whatever brings a lead in, the rules' person gets it, and nothing of Odoo takes it away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule(cls.user_own)
        cls.team.user_id = cls.user_manager

    def test_mail(self):
        mails = self.env["crm.lead"].with_context(mail_create_nolog=False)
        lead = mails.message_new({"subject": "Pitch", "from": "a@example.com"}, custom_values={"team_id": self.team.id})
        self.assertEqual((lead.user_id, lead.assignment_rule_id), (self.user_own, self.rule))

    def test_mail_of_a_colleague(self):
        """What comes through the gateway is a machine's, whoever wrote it."""
        mails = self.env["crm.lead"].with_user(self.user_all)
        lead = mails.message_new({"subject": "Pitch", "from": self.user_all.email})
        self.assertEqual(lead.sudo().user_id, self.user_own)

    def test_mail_goes_to_the_leader_where_no_rule_has_anybody(self):
        self.user_own.sudo().away_until = "2100-01-01"
        lead = self.env["crm.lead"].message_new(
            {"subject": "Pitch", "from": "a@example.com"}, custom_values={"team_id": self.team.id}
        )
        self.assertEqual(lead.user_id, self.user_manager)
        self.assertEqual(self._events(lead, "assign").data["why"]["fallback"], "leader")

    def test_website(self):
        """A form of the website creates as superuser, on behalf of a visitor."""
        leads = self.env["crm.lead"].with_user(self.user_public).sudo()
        lead = leads.create({"name": "Form", "team_id": self.team.id, "user_id": False})
        self.assertEqual(lead.user_id, self.user_own)
        lead._assign_userless_lead_in_team("website form")
        self.assertEqual(lead.user_id, self.user_own)

    def test_import(self):
        leads = self.env["crm.lead"].with_user(self.user_manager).with_context(import_file=True)
        result = leads.load(["name", "user_id/.id"], [["One", ""], ["Two", str(self.user_all.id)]])
        one, two = leads.browse(result["ids"])
        self.assertEqual((one.user_id, two.user_id), (self.user_own, self.user_all))
        self.assertFalse(two.assignment_rule_id)

    def test_an_import_writes_no_rule(self):
        leads = self.env["crm.lead"].with_user(self.user_manager)
        result = leads.load(["name", "assignment_rule_id/.id"], [["One", str(self.rule.id)]])
        self.assertTrue(result["messages"])

    def test_closed_and_archived_ones_are_left_alone(self):
        self.assertFalse(self._inquiries(active=False, user_id=False).assignment_rule_id)
        self.assertFalse(self._inquiries(stage_id=self.stage_won.id, user_id=False).assignment_rule_id)

    def test_conversion_keeps_the_person(self):
        lead = self._inquiries(type="lead")
        lead.convert_opportunity(self.env["res.partner"])
        self.assertEqual((lead.user_id, lead.assignment_rule_id), (self.user_own, self.rule))
        lead.convert_opportunity(self.env["res.partner"], user_ids=self.user_all.ids)
        self.assertEqual(lead.user_id, self.user_all)

    def test_partner_assignment_keeps_the_person(self):
        lead = self._inquiries(contact_name="Anna", email_from="anna@example.com")
        lead._handle_partner_assignment(create_missing=True)
        self.assertEqual((lead.user_id, lead.assignment_rule_id), (self.user_own, self.rule))

    def test_merge_keeps_the_person(self):
        first, second = self._inquiries(2)
        merged = (first + second).merge_opportunity()
        self.assertEqual((merged.user_id, merged.assignment_rule_id), (self.user_own, self.rule))

    def test_a_copy_is_of_who_has_the_original(self):
        lead = self._inquiries()
        lead.user_id = self.user_all
        copy = lead.copy()
        self.assertEqual(copy.user_id, self.user_all)
        self.assertFalse(copy.assignment_rule_id)
        self.assertFalse(lead.with_user(self.user_manager).copy({"user_id": False}).user_id)

    def test_odoos_assignment_gives_what_is_still_nobodys(self):
        self.env["ir.config_parameter"].set_param("crm.lead.auto.assignment", "True")
        self.team.assignment_domain = False
        self.team.crm_team_member_ids.assignment_max = 30
        ours = self._inquiries(type="lead")
        nobodys = self.env["crm.lead"].with_user(self.user_manager).create({"name": "Nobody's", "user_id": False})
        with mute_logger("odoo.addons.crm.models.crm_team"):
            self.team.with_user(self.user_manager)._action_assign_leads()
        self.assertEqual(ours.user_id, self.user_own)
        self.assertTrue(nobodys.exists().sudo().user_id)


@tagged("post_install", "-at_install")
class TestAssignmentRequired(FormCase, AssignmentCase):
    """A lead type that requires a salesperson."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.repair.required_field_ids = cls._fields_of(cls, "user_id")

    def _person(self):
        return self.env["crm.lead"].with_user(self.user_manager)

    def _create_empty(self):
        return self._person().create({"name": "Pump", "lead_type_id": self.repair.id, "user_id": False})

    def test_a_new_lead_gets_the_rules_choice(self):
        rule = self._rule(self.user_own)
        lead = self._create_empty()
        self.assertEqual((lead.user_id, lead.assignment_rule_id), (self.user_own, rule))

    def test_an_emptied_one_gets_the_rules_choice(self):
        lead = self._repair(user=self.user_manager)
        self._rule(self.user_own)
        lead.with_user(self.user_manager).user_id = False
        self.assertEqual(lead.user_id, self.user_own)

    def test_it_is_refused_where_no_rule_has_anybody(self):
        lead = self._repair(user=self.user_manager)
        with self.assertRefuses("Salesperson"):
            self._create_empty()
        self.env["crm.team"].search([]).user_id = False
        self._rule(self.user_own, domain="[('name', '=', 'No such')]")
        with self.assertRefuses("Salesperson"):
            self._create_empty()
        with self.assertRefuses("Salesperson"):
            lead.with_user(self.user_manager).user_id = False
        self.assertEqual(lead.user_id, self.user_manager)

    def test_other_types_are_taken_at_the_word(self):
        self._rule(self.user_own)
        lead = self._lead(user=self.user_manager)
        lead.with_user(self.user_manager).user_id = False
        self.assertFalse(lead.user_id)


@tagged("post_install", "-at_install")
class TestAssignmentRights(AssignmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule(cls.user_own)

    def _nobodys(self, count=1):
        leads = self.env["crm.lead"].with_user(self.user_manager)
        return leads.create([{"name": "Nobody's", "user_id": False}] * count)

    def test_on_demand(self):
        leads = self._nobodys(3)
        closed = self._lead(stage=self.stage_won, user_id=False)
        owned = self._lead(user=self.user_all)
        leads[2].priority = "3"
        self.rule.domain = "[('priority', '=', '0')]"
        everything = (leads + closed + owned).with_user(self.user_all)
        notice = everything.action_assign_by_rules()["params"]["message"]
        self.assertEqual([lead.user_id for lead in leads], [self.user_own, self.user_own, self.env["res.users"]])
        self.assertEqual(owned.user_id, self.user_all)
        self.assertFalse(closed.user_id)
        for words in ("Assigned: 2", "Fit no rule: 1", "left alone: 2"):
            self.assertIn(words, notice)
        self.rule.domain = "[]"
        self.user_own.sudo().away_until = "2100-01-01"
        self.assertIn("Nobody there to get them: 1", leads[2].action_assign_by_rules()["params"]["message"])

    def test_who_sees_only_the_own_ones_assigns_nothing(self):
        lead = self._nobodys()
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own).action_assign_by_rules()
        with self.assertRaises(AccessError):
            lead.with_user(self.user_portal).action_assign_by_rules()

    def test_leads_of_another_company_are_not_assigned(self):
        lead = self._inquiries(company_id=self.other_company.id, user_id=self.user_other_company.id)
        with self.assertRaises(AccessError):
            lead.with_user(self.user_all).action_assign_by_rules()

    def test_managers_edit_rules_salespeople_see_their_names_on_leads(self):
        self.rule.with_user(self.user_manager).name = "Flats"
        lead = self._inquiries().with_user(self.user_own)
        values = lead.web_read({"assignment_rule_id": {"fields": {"display_name": {}}}})
        self.assertEqual(values[0]["assignment_rule_id"]["display_name"], "Flats")
        group = lead.formatted_read_group([("id", "=", lead.id)], ["assignment_rule_id"])[0]
        self.assertEqual(group["assignment_rule_id"], (self.rule.id, "Flats"))
        rules = self.rule.with_user(self.user_own)
        for forbidden in (
            lambda: rules.read(["domain"]),
            lambda: rules.search([("user_ids", "in", self.user_own.ids)]),
            lambda: rules.member_ids.read(["daily_max"]),
            lambda: rules.write({"name": "Mine"}),
            lambda: rules.create({"name": "Mine"}),
            lambda: rules.unlink(),
        ):
            with self.assertRaises(AccessError):
                forbidden()

    def test_rules_of_other_companies_are_hidden(self):
        rule = self._rule(self.user_other_company, company_id=self.other_company.id)
        with self.assertRaises(AccessError):
            rule.with_user(self.user_admin).read(["name"])
        with self.assertRaises(AccessError):
            rule.member_ids.with_user(self.user_admin).read(["weight"])
        self.assertNotIn(rule, self.env["crm.assignment.rule"].with_user(self.user_admin).search([]))

    def test_the_team_is_of_the_rules_company(self):
        team = self.env["crm.team"].create({"name": "There", "company_id": self.other_company.id})
        with self.assertRaises(UserError):
            self.rule.team_id = team

    def test_conditions_ask_only_for_what_their_author_may_read(self):
        """From who gets a lead one could tell what a field says that one may not read."""
        manager = self.rule.with_user(self.user_manager)
        for name in ("partner_id.signup_type", "user_id.partner_id.signup_type"):
            domain = repr([(name, "=", "reset")])
            with self.assertRaises(UserError), self.env.cr.savepoint():
                manager.domain = domain
                self.env.flush_all()

    def test_only_the_module_writes_what_rules_did(self):
        lead = self._inquiries().with_user(self.user_manager)
        for name, value in (
            ("assignment_rule_id", self._rule(self.user_all).id),
            ("date_assigned", "2027-01-01"),
            ("is_unanswered", True),
        ):
            with self.assertRaises(UserError):
                lead.write({name: value})

    def test_the_context_gives_no_reasons(self):
        lead = self._inquiries().with_user(self.user_manager)
        lead.with_context(lead_choices={lead.id: {"user_id": 1}}).user_id = self.user_manager
        self.assertNotIn("why", self._events(lead, "assign")[-1].data)

    def test_only_managers_say_who_gets_the_leads_of_a_source(self):
        """Odoo lets every employee change sources."""
        self.source.with_user(self.user_own).name = "Fair"
        with self.assertRaises(AccessError):
            self.source.with_user(self.user_own).lead_user_id = self.user_own
        self.source.with_user(self.user_manager).lead_user_id = self.user_all
        self.rule.domain = "[('name', '=', 'No such')]"
        leads = self.env["crm.lead"].with_user(self.user_public).sudo()
        self.assertEqual(leads.create({"name": "A", "source_id": self.source.id}).user_id, self.user_all)

    def test_uninstalling_finds_the_turns(self):
        turns = self.rule.sudo().turn_sequence_id
        self.assertTrue(turns)
        self.rule.copy()
        self.assertNotEqual(self.rule.copy().sudo().turn_sequence_id, turns)
        self.rule.unlink()
        self.assertFalse(turns.exists())
