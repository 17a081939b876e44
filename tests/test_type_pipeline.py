from lxml import etree

from odoo.fields import Command, Domain
from odoo.tools.safe_eval import safe_eval

from .common import TypeCase


class TestTypePipeline(TypeCase):
    """The pipeline shows the columns of the types that are looked at."""

    def _shown(self, domain, **context):
        leads = self.env["crm.lead"].with_user(self.user_all).with_context(read_group_expand=True, **context)
        groups = leads.formatted_read_group(domain, ["stage_id"], ["__count"])
        ids = [group["stage_id"][0] for group in groups if group["stage_id"]]
        return self.env["crm.stage"].browse(ids)

    def test_columns_follow_the_domain(self):
        repair, default = self.repair.id, self.lead_type.id
        none = [("id", "=", False)]
        for domain, lead_types in (
            ([("lead_type_id", "=", repair)], self.repair),
            ([("lead_type_id", "in", [repair])], self.repair),
            ([("lead_type_id", "in", [repair, default])], self.repair + self.lead_type),
            (["|", ("lead_type_id", "=", repair), ("lead_type_id", "=", default)], self.repair + self.lead_type),
            ([("lead_type_id", "ilike", "Repai")], self.repair),
            ([("lead_type_id", "=", "Repair")], self.repair),
            ([("lead_type_id", "!=", repair)], self.lead_type),
            ([], self.lead_type),
        ):
            with self.subTest(domain=domain):
                # no leads: columns are all that is left
                shown = self._shown(Domain(domain) & Domain(none))
                self.assertEqual(shown & (self.stages + self.repair.stage_ids), self._stages_of(lead_types))

    def _stages_of(self, lead_types):
        mine = self.stages + self.repair.stage_ids
        return mine.filtered(lambda stage: stage.lead_type_ids & lead_types).sorted("sequence")

    def test_columns_follow_the_menu(self):
        domain = [("id", "=", False)]
        shown = self._shown(domain, default_lead_type_id=self.repair.id)
        self.assertEqual(shown, self._stages_of(self.repair))
        shown = self._shown([("lead_type_id", "=", self.lead_type.id), *domain], default_lead_type_id=self.repair.id)
        self.assertEqual(shown & (self.stages + self.repair.stage_ids), self._stages_of(self.lead_type))

    def test_columns_are_those_of_the_default_type_of_the_company_else(self):
        self.repair.write({"company_id": self.company.id, "is_default": True})
        self.assertEqual(self._shown([("id", "=", False)]), self._stages_of(self.repair))

    def test_columns_that_hold_leads_are_always_there(self):
        lead = self._repair(self.looked, user_id=self.user_all.id)
        shown = self._shown([("id", "=", lead.id)])
        self.assertIn(self.looked, shown)
        self.assertNotIn(self.asked, shown)
        self.assertIn(self.stage_new, shown)

    def test_stage_of_every_type_is_a_column_of_each(self):
        self.stage_working.lead_type_ids = [Command.clear()]
        self.assertIn(self.stage_working, self._shown([("lead_type_id", "=", self.repair.id), ("id", "=", False)]))

    # ------------------------------------------------------------
    # SEARCH
    # ------------------------------------------------------------

    def _filters(self, user=None, xml_id="crm.view_crm_case_opportunities_filter"):
        leads = self.env["crm.lead"].with_user(user or self.user_all)
        arch = etree.fromstring(leads.get_view(self.env.ref(xml_id).id, "search")["arch"])
        return {node.get("string"): node for node in arch.xpath("//filter[starts-with(@name, 'lead_type_')]")}

    def test_each_type_has_a_filter(self):
        for xml_id in ("crm.view_crm_case_opportunities_filter", "crm.view_crm_case_leads_filter"):
            with self.subTest(view=xml_id):
                node = self._filters(xml_id=xml_id)["Repair"]
                self.assertEqual(safe_eval(node.get("domain")), [("lead_type_id", "=", self.repair.id)])
                self.assertEqual(safe_eval(node.get("context")), {"default_lead_type_id": self.repair.id})

    def test_filters_follow_the_types_at_once(self):
        self.assertIn("Repair", self._filters())
        self.repair.name = "Mending"
        self.assertIn("Mending", self._filters())
        self.repair.active = False
        self.assertNotIn("Mending", self._filters())
        self.env["crm.lead.type"].search([("is_default", "=", False)]).active = False
        self.assertFalse(self._filters())

    def test_filters_are_those_of_the_companies_of_the_user(self):
        self.repair.company_id = self.company
        self._lead_type(name="Third")
        self.assertIn("Repair", self._filters())
        self.assertIn("Third", self._filters(self.user_other_company))
        self.assertNotIn("Repair", self._filters(self.user_other_company))
        self.assertIn("Repair", self._filters())
