from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, users

from .common import LeadCase

NEW_MODELS = (
    "crm.lead.type",
    "crm.lead.location",
    "crm.removal.reason",
    "crm.lead.event",
    "crm.lead.conclude",
    "crm.lead.remove",
    "crm.stage.remap",
)


class TestRights(LeadCase):
    """Who may do what, checked on the server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead_own = cls._lead(name="Own", user_id=cls.user_own.id, company_id=cls.company.id)
        cls.lead_free = cls._lead(name="Free", user_id=False)
        cls.lead_all = cls._lead(name="Somebody else's", user_id=cls.user_all.id, company_id=cls.company.id)
        cls.lead_foreign = cls._lead(
            name="Foreign", user_id=cls.user_other_company.id, company_id=cls.other_company.id, team_id=False
        )
        cls.leads = cls.lead_own + cls.lead_free + cls.lead_all + cls.lead_foreign
        # each with an event that tells something
        for lead in cls.leads:
            lead.stage_id = cls.stage_late
        cls.env.flush_all()

    def _visible(self):
        """The leads whose history the current user finds."""
        events = self.env["crm.lead.event"].search([("lead_id", "in", self.leads.ids)])
        return events.lead_id.with_env(self.leads.env)

    def assertHidden(self, lead):
        self.env.invalidate_all()
        events = self._events_of(lead)
        with self.assertRaises(AccessError):
            events.read(["summary", "data"])
        with self.assertRaises(AccessError):
            lead.with_env(self.env).read(["event_ids"])

    def _events_of(self, lead):
        return self.env["crm.lead.event"].browse(
            self.env["crm.lead.event"].sudo().search([("lead_id", "=", lead.id)]).ids
        )

    # ------------------------------------------------------------
    # READING THE HISTORY
    # ------------------------------------------------------------

    @users("lead_own")
    def test_own_documents_sees_the_history_of_own_and_free_leads(self):
        self.assertEqual(self._visible(), self.lead_own + self.lead_free)
        self.assertHidden(self.lead_all)
        self.assertHidden(self.lead_foreign)
        self.assertTrue(self._events_of(self.lead_own).mapped("summary"))

    @users("lead_all", "lead_admin")
    def test_all_documents_sees_the_history_of_the_company(self):
        self.assertEqual(self._visible(), self.lead_own + self.lead_free + self.lead_all)
        self.assertHidden(self.lead_foreign)

    @users("lead_other")
    def test_other_company_sees_its_own_and_that_of_no_company(self):
        self.assertEqual(self._visible(), self.lead_free + self.lead_foreign)
        self.assertHidden(self.lead_own)

    @users("lead_manager")
    def test_manager_of_two_companies_sees_the_ones_chosen(self):
        for companies in (self.company, self.other_company, self.company + self.other_company):
            events = self.env["crm.lead.event"].with_context(allowed_company_ids=companies.ids)
            found = events.search([("lead_id", "in", self.leads.ids)]).lead_id
            seen = self.leads.filtered(
                lambda lead, companies=companies: not lead.company_id or lead.company_id in companies
            )
            self.assertEqual(sorted(found.ids), sorted(seen.ids), companies.mapped("name"))

    def test_history_follows_the_lead_to_its_next_salesperson(self):
        events = self._events(self.lead_all).with_user(self.user_own)
        with self.assertRaises(AccessError):
            events.read(["summary"])
        self.lead_all.user_id = self.user_own
        self.assertTrue(events.read(["summary"]))

    def test_portal_and_public_see_nothing(self):
        for user in (self.user_portal, self.user_public):
            for model in NEW_MODELS:
                for operation in ("read", "write", "create", "unlink"):
                    with self.subTest(user=user.login, model=model, operation=operation):
                        self.assertFalse(self.env[model].with_user(user).has_access(operation))
            with self.assertRaises(AccessError):
                self.lead_free.with_user(user).read(["number"])
            with self.assertRaises(AccessError):
                self._events(self.lead_free).with_user(user).read(["summary"])

    def test_employee_without_a_sales_role_sees_no_history(self):
        employee = new_test_user(self.env, "lead_gardener", "base.group_user")
        for model in ("crm.lead.event", "crm.lead.conclude", "crm.lead.remove", "crm.stage.remap"):
            self.assertFalse(self.env[model].with_user(employee).has_access("read"), model)

    # ------------------------------------------------------------
    # CONCLUDING AND REMOVING
    # ------------------------------------------------------------

    def _conclude(self, lead):
        values = {"lead_ids": lead.ids, "stage_id": self.stage_lost.id}
        self.env["crm.lead.conclude"].create(values).action_apply()

    def _remove(self, lead):
        values = {"lead_ids": lead.ids, "removal_reason_id": self.removal_reason.id}
        self.env["crm.lead.remove"].create(values).action_apply()

    @users("lead_own", "lead_all", "lead_manager", "lead_admin")
    def test_sales_roles_conclude_remove_and_restore_what_they_may_write(self):
        for lead in (
            (self.lead_own, self.lead_free) if self.env.user == self.user_own else (self.lead_all, self.lead_free)
        ):
            lead = lead.with_env(self.env)
            self._conclude(lead)
            self.assertEqual(lead.stage_type, "not_interested")
            lead.action_restore()
            self._remove(lead)
            self.assertEqual(lead.client_status, "removed")
            lead.action_restore()
            self.assertLeadState(lead.with_env(self.leads.env), self.stage_late, "pending")

    @users("lead_own")
    def test_own_documents_may_not_end_the_leads_of_others(self):
        for lead in (self.lead_all, self.lead_foreign):
            for end in (self._conclude, self._remove, lambda lead: lead.with_env(self.env).action_set_lost()):
                with self.assertRaises(AccessError):
                    end(lead)
                self.env.invalidate_all()
        self.assertLeadState(self.lead_all.with_env(self.leads.env), self.stage_late, "pending")

    @users("lead_all", "lead_admin")
    def test_nobody_ends_the_leads_of_another_company(self):
        for end in (self._conclude, self._remove):
            with self.assertRaises(AccessError):
                end(self.lead_foreign)
            self.env.invalidate_all()

    @users("lead_own", "lead_all")
    def test_foreign_lead_in_the_batch_stops_all_of_it(self):
        with self.assertRaises(AccessError):
            self._remove(self.lead_own + self.lead_foreign)
        self.env.invalidate_all()
        self.assertLeadState(self.lead_own.with_env(self.leads.env), self.stage_late, "pending")

    # ------------------------------------------------------------
    # CONFIGURATION
    # ------------------------------------------------------------

    @users("lead_own", "lead_all")
    def test_salespeople_do_not_configure(self):
        for change in (
            lambda: self.stage_late.with_env(self.env).write({"stage_type": "frozen"}),
            lambda: self.stage_late.with_env(self.env).action_archive(),
            lambda: self.stage_late.with_env(self.env).unlink(),
            lambda: self.env["crm.stage.remap"].create({"stage_id": self.stage_late.id}),
            lambda: self.lead_type.with_env(self.env).write({"due_days": 1}),
            lambda: self.env["crm.lead.type"].create({"name": "Mine"}),
            lambda: self.env["crm.lead.location"].create({"name": "Mine"}),
            lambda: self.env["crm.removal.reason"].create({"name": "Mine"}),
            lambda: self.company.with_env(self.env).write({"lead_number_template": "MINE/##"}),
            lambda: self.env["res.config.settings"].create({"lead_number_template": "MINE/##"}),
        ):
            with self.assertRaises(AccessError):
                change()
        self.assertTrue(self.lead_type.with_env(self.env).name)

    @users("lead_manager", "lead_admin")
    def test_managers_configure(self):
        lead_type = self.env["crm.lead.type"].create({"name": "Booking", "due_days": 2})
        self.env["crm.lead.location"].create({"name": "Lake"})
        self.env["crm.removal.reason"].create({"name": "Joke"})
        stage = self.env["crm.stage"].create({"name": "Later", "lead_type_ids": (lead_type + self.lead_type).ids})
        stage.stage_type = "frozen"
        self.lead_foreign.stage_id = self.stage_working
        wizards = self.env["crm.stage.remap"]
        wizards.create({"stage_id": self.stage_working.id, "target_stage_id": stage.id}).action_apply()
        self.assertLeadState(self.lead_foreign, stage, "pending")
        self.stage_working.active = True

    def test_only_an_administrator_changes_the_numbers(self):
        with self.assertRaises(AccessError):
            self.company.with_user(self.user_manager).lead_number_template = "MINE/##"
        sequence = self.company._get_lead_number_sequence()
        with self.assertRaises(AccessError):
            sequence.with_user(self.user_manager).sudo(False).number_next_actual = 1
        self.company.with_user(self.user_admin).lead_number_template = "OURS/##"
        self.assertEqual(sequence.prefix, "OURS/")

    def test_counter_of_a_type_is_an_administrators(self):
        with self.assertRaises(AccessError):
            self.lead_type.with_user(self.user_manager).read(["number_sequence_id"])
        self.assertFalse(self.lead_type.with_user(self.user_admin).number_sequence_id)

    @users("lead_own", "lead_all", "lead_manager")
    def test_every_sales_role_makes_leads_with_numbers(self):
        lead = self.env["crm.lead"].create({"name": "By hand"})
        self.assertTrue(lead.number)
        self.assertEqual(lead.event_ids.user_id, self.env.user)

    # ------------------------------------------------------------
    # TWO COMPANIES
    # ------------------------------------------------------------

    def test_types_and_locations_of_another_company_are_hidden(self):
        theirs = self.env["crm.lead.type"].create({"name": "Theirs", "company_id": self.other_company.id})
        lake = self.env["crm.lead.location"].create({"name": "Their lake", "company_id": self.other_company.id})
        for record in (theirs, lake):
            model = self.env[record._name]
            self.assertNotIn(record, model.with_user(self.user_all).search([]))
            self.assertIn(record, model.with_user(self.user_other_company).search([]))
            with self.assertRaises(AccessError):
                record.with_user(self.user_all).read(["name"])

    def test_default_type_of_the_company_comes_first(self):
        theirs = self.env["crm.lead.type"].create(
            {"name": "Theirs", "company_id": self.other_company.id, "is_default": True}
        )
        lead = self._lead(company_id=self.other_company.id, user_id=self.user_other_company.id)
        self.assertEqual(lead.lead_type_id, theirs)
        self.assertEqual(self._lead(company_id=self.company.id).lead_type_id, self.lead_type)

    def test_type_of_a_company_is_refused_to_leads_of_another(self):
        theirs = self.env["crm.lead.type"].create({"name": "Theirs", "company_id": self.other_company.id})
        with self.assertRaisesRegex(UserError, "Choose a type of that company"):
            self.lead_own.lead_type_id = theirs
            self.env.flush_all()
        self.lead_foreign.lead_type_id = theirs
