from odoo.tools import SQL

from ..hooks import pre_init_hook, uninstall_hook
from ..models.res_company import LEAD_NUMBER_CODE
from .common import LeadCase

OWN_COLUMNS = ("number", "number_company_id", "lead_type_id", "stage_type", "client_status", "date_first_touch")


class TestInstall(LeadCase):
    """Installing gives what is there a type and a number and changes nothing else."""

    def setUp(self):
        super().setUp()
        partner = self.env["res.partner"].create({"name": "Anna"})
        self.first = self._lead(self.stage_late, name="First", partner_id=partner.id, company_id=self.company.id)
        self.foreign = self._lead(name="Foreign", company_id=self.other_company.id, user_id=self.user_other_company.id)
        self.homeless = self._lead(name="Homeless", user_id=False, team_id=False)
        self.lost = self._lead(self.stage_working, name="Lost")
        self.won = self._lead(self.stage_won, name="Won")
        self.leads = self.first + self.foreign + self.homeless + self.lost + self.won
        self._lose_by_sql(self.lost)
        self._set_in_database(self.first, create_date="2023-12-31 22:00:00")
        self._set_in_database(self.foreign, create_date="2024-05-01 10:00:00")
        self._set_in_database(self.homeless, create_date="2025-05-01 10:00:00")

    def _forget(self):
        """The leads as they were before the module was there."""
        self.env.flush_all()
        for column in OWN_COLUMNS:
            self.env.cr.execute(SQL("UPDATE crm_lead SET %s = NULL", SQL.identifier(column)))
        self.env.invalidate_all()

    def _adopt(self):
        self._forget()
        self.env["crm.lead"]._adopt_existing()

    def test_leads_get_numbers_in_the_order_and_with_the_year_they_came(self):
        self._adopt()
        numbers = {lead.name: lead.number.split("/") for lead in self.leads}
        self.assertEqual([numbers[name][1] for name in ("First", "Foreign", "Homeless")], ["2023", "2024", "2025"])
        self.assertLess(int(numbers["First"][2]), int(numbers["Homeless"][2]))
        self.assertEqual(int(numbers["Won"][2]), int(numbers["Lost"][2]) + 1)
        self.assertEqual(numbers["Foreign"][2], "00001")
        everyone = self.env["crm.lead"].with_context(active_test=False)
        self.assertFalse(everyone.search([("number", "=", False)]))

    def test_what_was_moved_on_since_it_came_was_touched_then(self):
        self._adopt()
        self.assertEqual(self.first.date_first_touch, self.first.date_last_stage_update)
        self.assertFalse(self.won.date_first_touch)

    def test_each_company_counts_its_own_and_the_main_one_those_of_none(self):
        self._adopt()
        self.assertEqual(self.foreign.number_company_id, self.other_company)
        self.assertEqual((self.first + self.homeless + self.lost + self.won).number_company_id, self.company)

    def test_next_lead_gets_the_next_number(self):
        for company in self.company + self.other_company:
            company._get_lead_number_sequence().number_next_actual = 1
        self._adopt()
        last = int(self.won.number.split("/")[2])
        self.assertEqual(int(self._lead(company_id=self.company.id).number.split("/")[2]), last + 1)
        there = self._lead(company_id=self.other_company.id, user_id=self.user_other_company.id)
        self.assertEqual(int(there.number.split("/")[2]), 2)

    def test_leads_get_type_kind_and_client_status(self):
        self._adopt()
        self.assertEqual(self.leads.lead_type_id, self.lead_type)
        self.assertEqual(self.leads.mapped("stage_type"), ["open", "open", "open", "open", "qualified"])
        self.assertEqual(self.leads.mapped("client_status"), ["linked", "new", "new", "new", "new"])

    def test_nothing_else_of_a_lead_changes(self):
        columns = [
            field.name
            for field in self.env["crm.lead"]._fields.values()
            if field.store and field.column_type and field.name not in OWN_COLUMNS
        ]
        query = SQL("SELECT %s FROM crm_lead ORDER BY id", SQL(", ").join(SQL.identifier(column) for column in columns))
        self.env.flush_all()
        before = self.env.execute_query(query)
        self._adopt()
        self.env.flush_all()
        self.assertEqual(self.env.execute_query(query), before)

    def test_leads_lost_before_stay_lost_where_they_are(self):
        self._adopt()
        self.assertLeadState(self.lost, self.stage_working, "lost", reason=self.reason)

    def test_one_statement_a_company(self):
        self._forget()
        sequence = self.company._get_lead_number_sequence()
        leads = self.env["crm.lead"]
        count = self._count_queries(lambda: leads._adopt_leads(self.company, self.lead_type, sequence))
        self.assertEqual(count, 1)

    def test_default_type_adopts_all_stages(self):
        self.lead_type.stage_ids = False
        self.stage_late.active = False
        self._adopt()
        stages = self.env["crm.stage"].with_context(active_test=False).search([])
        self.assertEqual(self.lead_type.with_context(active_test=False).stage_ids, stages)

    def test_every_company_has_one_counter(self):
        self._adopt()
        for company in self.env["res.company"].with_context(active_test=False).search([]):
            domain = [("code", "=", LEAD_NUMBER_CODE), ("company_id", "=", company.id)]
            self.assertEqual(self.env["ir.sequence"].search_count(domain), 1, company.name)

    def test_source_direct_ships_once(self):
        sources = self.env["utm.source"].search([("name", "=", "Direct")])
        self.assertEqual(len(sources), 1)
        self._adopt()
        self.assertEqual(self.env["utm.source"].search([("name", "=", "Direct")]), sources)

    def test_source_direct_of_the_user_is_left_alone(self):
        self.env["ir.model.data"].search([("module", "=", "crm_lead_lifecycle"), ("model", "=", "utm.source")]).unlink()
        self.env["crm.lead"]._add_direct_source()
        self.assertFalse(self.env.ref("crm_lead_lifecycle.utm_source_direct", raise_if_not_found=False))

    def test_won_stages_are_qualified_and_all_others_open(self):
        stages = self.env["crm.stage"].with_context(active_test=False).search([])
        won = stages.filtered("is_won")
        self.env.flush_all()
        pre_init_hook(self.env)
        self.env.invalidate_all()
        self.assertTrue(won and stages - won)
        self.assertEqual(set(won.mapped("stage_type")), {"qualified"})
        self.assertEqual(set((stages - won).mapped("stage_type")), {"open"})

    def test_uninstall_removes_what_has_no_external_id(self):
        self.env.flush_all()
        uninstall_hook(self.env)
        self.env.flush_all()
        sequences = self.env["ir.sequence"].with_context(active_test=False)
        self.assertFalse(sequences.search([("code", "=", LEAD_NUMBER_CODE)]))

    def test_uninstall_leaves_stages_in_use_and_takes_the_others(self):
        self.env["ir.model.data"].create(
            [
                {"module": "crm_lead_lifecycle", "name": f"a_{stage.id}", "model": "crm.stage", "res_id": stage.id}
                for stage in (self.stage_late, self.stage_frozen)
            ]
        )
        self.env.flush_all()
        uninstall_hook(self.env)
        kept = self.env["ir.model.data"].search([("module", "=", "crm_lead_lifecycle"), ("model", "=", "crm.stage")])
        self.assertIn(self.stage_frozen.id, kept.mapped("res_id"))
        self.assertNotIn(self.stage_late.id, kept.mapped("res_id"))

    def test_uninstall_leaves_sources_and_activity_types_in_use(self):
        """Leads would lose their source, and an activity keeps its type from being deleted."""
        lead = self._lead()
        names = ("utm_source_direct", "mail_activity_type_verbal_reservation")
        source, kind = (self.env.ref(f"crm_lead_lifecycle.{name}", raise_if_not_found=False) for name in names)
        if not source:
            source = self.env["utm.source"].create({"name": "Brought along"})
            self.env["ir.model.data"]._update_xmlids(
                [{"xml_id": "crm_lead_lifecycle.utm_source_direct", "record": source}]
            )
        lead.source_id = source
        lead.activity_schedule(activity_type_id=kind.id)
        self.env.flush_all()
        uninstall_hook(self.env)
        for name, record in zip(names, (source, kind), strict=True):
            self.assertFalse(self.env.ref(f"crm_lead_lifecycle.{name}", raise_if_not_found=False))
            self.assertTrue(record.exists())

    def test_uninstall_leaves_no_consent_in_the_way_of_its_purpose(self):
        purpose = self.env["crm.consent.purpose"].create({"name": "Letters"})
        self.env["crm.consent"].create({"lead_id": self._lead().id, "purpose_id": purpose.id})
        self.env.flush_all()
        uninstall_hook(self.env)
        purpose.unlink()
        self.assertFalse(purpose.exists())


class TestLostBefore(LeadCase):
    """Leads that were lost before the module was there stay put."""

    def setUp(self):
        super().setUp()
        self.lead = self._lead(self.stage_late)
        self._lose_by_sql(self.lead)

    def test_other_changes_leave_them_where_they_are(self):
        self.lead.with_user(self.user_manager).write({"name": "Renamed", "user_id": self.user_own.id})
        self.assertLeadState(self.lead, self.stage_late, "lost", reason=self.reason)

    def test_losing_them_again_leaves_them_where_they_are(self):
        self.lead.action_set_lost()
        self.assertLeadState(self.lead, self.stage_late, "lost", reason=self.reason)

    def test_restored_they_stay_in_their_stage(self):
        for restore in ("action_restore", "action_unarchive"):
            self._lose_by_sql(self.lead)
            getattr(self.lead.with_user(self.user_manager), restore)()
            self.assertEqual((self.lead.stage_id, self.lead.active), (self.stage_late, True))
            self.assertFalse(self.lead.lost_reason_id)
        self.assertEqual(self.lead.won_status, "pending")

    def test_moved_between_open_stages_they_stay_lost(self):
        self.lead.stage_id = self.stage_working
        self.assertLeadState(self.lead, self.stage_working, "lost", reason=self.reason)
        self.assertEqual(str(self.lead.date_closed), "2025-03-01 08:00:00")

    def test_moved_to_a_lost_stage_or_won_they_follow(self):
        self.lead.stage_id = self.stage_lost
        self.assertLeadState(self.lead, self.stage_lost, "lost", lost_from=self.stage_late, reason=self.reason)
        self._lose_by_sql(self.lead)
        self.lead.action_set_won()
        self.assertLeadState(self.lead, self.stage_won, "won")
