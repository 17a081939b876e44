from itertools import product

from lxml import etree

from odoo.exceptions import ValidationError
from odoo.tools.safe_eval import safe_eval

from .common import LeadCase

GROUPS = {
    "group_lead_types": "lead_type_id",
    "group_lead_location": "lead_location_id",
    "group_target_year": "target_year",
}


class TestSettings(LeadCase):
    """A small team sees a small form; each switch shows its field in form, lists and searches."""

    def _switch(self, **values):
        """Switch on what is given, off what is not."""
        values = {**dict.fromkeys(GROUPS, False), **values}
        self.env["res.config.settings"].with_user(self.user_admin).create(values).execute()
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()

    def _shown(self, view_type, xml_id, name):
        arch = self.env["crm.lead"].with_user(self.user_own).get_view(self.env.ref(xml_id).id, view_type)["arch"]
        nodes = etree.fromstring(arch).xpath(f"//field[@name='{name}']")
        return any(node.get("invisible") != "True" and node.get("column_invisible") != "True" for node in nodes)

    def test_each_switch_shows_its_field(self):
        views = (
            ("form", "crm.crm_lead_view_form"),
            ("list", "crm.crm_case_tree_view_oppor"),
            ("search", "crm.view_crm_case_opportunities_filter"),
        )
        for setting in GROUPS:
            self._switch(**{setting: True})
            for (view_type, xml_id), (other, name) in product(views, GROUPS.items()):
                with self.subTest(switched_on=setting, view=xml_id, field=name):
                    self.assertEqual(self._shown(view_type, xml_id, name), other == setting)

    def test_switches_are_for_everybody_and_remembered(self):
        self._switch(group_lead_location=True)
        self.assertTrue(self.user_own.has_group("crm_lead_lifecycle.group_lead_location"))
        self.assertFalse(self.user_own.has_group("crm_lead_lifecycle.group_target_year"))
        settings = self.env["res.config.settings"].with_user(self.user_admin).create({})
        self.assertEqual((settings.group_lead_location, settings.group_target_year), (True, False))

    def test_switches_show_the_menus_of_the_manager(self):
        menus = {
            "group_lead_types": self.env.ref("crm_lead_lifecycle.crm_lead_type_menu"),
            "group_lead_location": self.env.ref("crm_lead_lifecycle.crm_lead_location_menu"),
        }
        for switched_on in menus:
            self._switch(**{switched_on: True})
            visible = self.env["ir.ui.menu"].with_user(self.user_manager)._visible_menu_ids()
            self.assertEqual({name for name, menu in menus.items() if menu.id in visible}, {switched_on})

    def test_menu_of_the_desk_is_for_sales_only(self):
        menu = self.env.ref("crm_lead_lifecycle.crm_lead_menu_desk")
        config = self.env.ref("crm_lead_lifecycle.crm_lead_menu_config")
        for user, expected in (
            (self.user_own, (True, False)),
            (self.user_all, (True, False)),
            (self.user_manager, (True, True)),
        ):
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            self.assertEqual((menu.id in visible, config.id in visible), expected, user.login)

    def test_managers_reach_what_they_set_without_the_settings_that_are_for_administrators(self):
        names = ("crm_assignment_rule_menu", "crm_notice_menu")
        menus = {self.env.ref(f"crm_lead_lifecycle.{name}") for name in names}
        for user, expected in ((self.user_all, set()), (self.user_manager, menus)):
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            self.assertEqual({menu for menu in menus if menu.id in visible}, expected, user.login)

    def test_status_bar_shows_for_leads_and_opportunities(self):
        arch = self.env["crm.lead"].get_view(self.env.ref("crm.crm_lead_view_form").id, "form")["arch"]
        bars = etree.fromstring(arch).xpath("//header//field[@name='stage_id']")
        self.assertTrue(bars)
        self.assertNotIn("type == 'lead'", bars[0].get("invisible") or "")

    def test_filters_work(self):
        """Each filter and grouping of the pipeline's search is one that the server can answer."""
        lead = self._lead(is_urgent=True, date_due="2020-01-01 10:00:00")
        leads = self.env["crm.lead"].with_user(self.user_own)
        arch = leads.get_view(self.env.ref("crm.view_crm_case_opportunities_filter").id, "search")["arch"]
        search = etree.fromstring(arch)
        expected = {
            "overdue": True,
            "due_today": False,
            "due_week": False,
            "urgent": True,
            "client_new": True,
            "frozen": False,
            "rotting": False,
            "lost": False,
            "removed": False,
        }
        for name, found in expected.items():
            filters = search.xpath(f"//filter[contains(@name, '{name}')]")
            self.assertTrue(filters, name)
            with self.subTest(name=name):
                domain = safe_eval(filters[0].get("domain"), {"uid": self.user_own.id})
                self.assertEqual(lead in leads.search([*domain, ("id", "=", lead.id)]), found)

    def test_settings_are_in_the_order_of_the_work(self):
        arch = self.env["res.config.settings"].get_view(view_type="form")["arch"]
        blocks = etree.fromstring(arch).xpath("//app[@name='crm']/block[contains(@name, 'crm_')]")
        titles = [block.get("title") for block in blocks]
        self.assertEqual(
            titles,
            [
                "Lead Types and Numbers",
                "Deadlines and Morning Digest",
                "Clients",
                "Calls and Appointments",
                "Intake",
                "Assignment and Notices",
                "Proposals and Customer's Page",
                "Contracts",
                "Privacy",
                "Export and Import",
            ],
        )
        for block in blocks:
            self.assertTrue(block.xpath(".//setting"), block.get("name"))
            for setting in block.xpath(".//setting"):
                help_text = setting.get("help") or ""
                self.assertTrue(help_text.endswith(".") and len(help_text) < 130, setting.get("id"))

    def test_number_template_is_per_company(self):
        values = {"company_id": self.other_company.id, "lead_number_template": "O/###"}
        admin = self.user_admin
        admin.write({"company_ids": [(4, self.other_company.id)]})
        settings = self.env["res.config.settings"].with_user(admin).with_company(self.other_company).create(values)
        settings.execute()
        self.assertEqual(self.other_company.lead_number_template, "O/###")
        self.assertNotEqual(self.company.lead_number_template, "O/###")

    def test_type_marked_last_is_the_only_default(self):
        second = self._lead_type(is_default=True)
        self.assertFalse(self.lead_type.is_default)
        self.assertEqual(self._lead().lead_type_id, second)
        self.lead_type.is_default = True
        self.assertFalse(second.is_default)
        self.assertEqual(self._lead().lead_type_id, self.lead_type)

    def test_there_is_always_a_default_type(self):
        with self.assertRaises(ValidationError):
            self.lead_type.active = False
        with self.assertRaises(ValidationError):
            self.lead_type.is_default = False
        unused = self._lead_type(is_default=True)
        with self.assertRaisesRegex(ValidationError, "Mark another one first"):
            unused.unlink()

    def test_type_in_use_is_not_deleted(self):
        lead_type = self._lead_type()
        self._lead(lead_type_id=lead_type.id)
        with self.assertRaisesRegex(ValidationError, "Archive (it|the type) instead"):
            lead_type.unlink()

    def test_initial_stage_is_an_open_one_of_the_type(self):
        for stage in (self.stage_won, self.stage_lost):
            with self.assertRaisesRegex(ValidationError, "closes a lead"):
                self.lead_type.initial_stage_id = stage
        lead_type = self._lead_type()
        with self.assertRaisesRegex(ValidationError, "is not a stage of"):
            lead_type.initial_stage_id = self.stage_working
        lead_type.initial_stage_id = self.stage_new

    def test_stage_made_in_the_pipeline_of_a_type_gets_that_type(self):
        lead_type = self._lead_type()
        stages = self.env["crm.stage"].with_context(default_lead_type_id=lead_type.id)
        stage_id, _name = stages.name_create("Quick column")
        self.assertEqual(self.env["crm.stage"].browse(stage_id).lead_type_ids, lead_type)
