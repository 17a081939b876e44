from lxml import etree
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.tools import mute_logger

from ..models.configuration_portable import PORTABLES
from .common import LeadCase

# what a company may say instead of what it says: anything valid
OTHER_VALUES = {
    "lead_number_template": "OTHER/###",
    "contract_number_template": "OTHER-C/###",
    "call_release_minutes": 17,
    "call_take_back_minutes": 18,
    "appointment_minutes": 19,
    "appointment_alarm_ids": False,
    "call_discount_max": 7.0,
    "assignment_working_hours": True,
    "lead_digest_active": False,
    "lead_digest_hour": 9.5,
    "proposal_cancel_others": False,
    "lead_access_days": 21,
    "lead_anonymise_days": 22,
}


class TestSettingsRights(LeadCase):
    """The settings are the administrators', each company's its own, and each stands on the page once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_admin.company_ids += cls.other_company
        cls.settings = cls.env["res.config.settings"]
        cls.ours = {name for name, field in cls.settings._fields.items() if field._module == "crm_lead_lifecycle"}

    def test_each_stands_on_the_page_once(self):
        arch = etree.fromstring(self.settings.get_view(view_type="form")["arch"])
        names = [node.get("name") for node in arch.iter("field")]
        self.assertEqual({name: names.count(name) for name in self.ours}, dict.fromkeys(self.ours, 1))
        for name in self.ours:
            self.assertTrue(arch.xpath(f"//app[@name='crm']//setting[@help]//field[@name='{name}']"), name)

    def test_each_goes_into_the_configuration_file(self):
        """But what follows from the lead types, and what is only shown."""
        [portable] = [portable for portable in PORTABLES if portable.name == "settings"]
        shown = {name for name in self.ours if self.settings._fields[name].readonly}
        self.assertEqual(self.ours - shown - set(portable.fields), {"group_lead_types", "lead_default_type_id"})

    def test_those_of_a_company_are_not_those_of_the_other(self):
        of_company = {
            name for name in self.ours if (self.settings._fields[name].related or "").startswith("company_id.")
        }
        self.assertEqual(of_company, {*OTHER_VALUES, "lead_default_type_id"})
        before = {name: self.company[name] for name in OTHER_VALUES}
        settings = self.settings.with_user(self.user_admin).with_company(self.other_company)
        settings.create({"company_id": self.other_company.id, **OTHER_VALUES}).execute()
        self.env.invalidate_all()
        self.assertEqual({name: self.company[name] for name in OTHER_VALUES}, before)
        for name, value in OTHER_VALUES.items():
            with self.subTest(name=name):
                self.assertEqual(self.other_company[name] or False, value)

    def test_nobody_but_administrators_writes_them(self):
        for user in (self.user_own, self.user_all, self.user_manager, self.user_portal):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.settings.with_user(user).create({"lead_anonymise_days": 1})
                with self.assertRaises(AccessError):
                    self.company.with_user(user).lead_anonymise_days = 1
                with self.assertRaises(AccessError):
                    self.company.with_user(user).lead_number_template = "X/###"
                with self.assertRaises(AccessError):
                    self.company.with_user(user).lead_default_type_id = self.lead_type
                with self.assertRaises(AccessError):
                    self.settings.with_user(user).action_new_intake_health_key()

    def test_senseless_values_are_refused(self):
        for name, value in (
            ("lead_digest_hour", 24.0),
            ("call_release_minutes", -1),
            ("appointment_minutes", 0),
            ("call_discount_max", 101.0),
            ("lead_access_days", -1),
            ("lead_anonymise_days", -1),
        ):
            with self.subTest(name=name), mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
                self.settings.with_user(self.user_admin).create({name: value}).execute()
        with self.assertRaises(ValidationError):
            self.settings.with_user(self.user_admin).create({"lead_number_template": "no counter"}).execute()
