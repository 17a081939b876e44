from odoo.tests import Form

from .test_type_preset import PresetCase


class TestDefaultTypeSetting(PresetCase):
    """The settings page says which type leads get that come without one, company by company."""

    def _choose(self, lead_type, company):
        self.user_admin.company_ids += company
        settings = self.env["res.config.settings"].with_user(self.user_admin).with_company(company)
        with Form(settings) as form:
            form.lead_default_type_id = lead_type
        form.record.execute()
        self.env.invalidate_all()

    def _default(self, company):
        leads = self.env["crm.lead"].with_user(self.boss).with_company(company)
        lead_type = leads.create({"name": "Without a type", "phone": "1"}).lead_type_id.with_env(self.env)
        self.assertEqual(company.lead_default_type_id, lead_type)
        return lead_type

    def test_type_of_the_company(self):
        own = self._load("service")
        self._choose(own, self.lake)
        self.assertEqual((self._default(self.lake), self._default(self.hills)), (own, self.lead_type))
        second = self._load("telesales")
        self._choose(second, self.lake)
        self.assertEqual(self._default(self.lake), second)
        self.assertFalse(own.is_default)

    def test_type_of_every_company(self):
        own, shared = self._load("service"), self._lead_type(name="Shared")
        self._choose(own, self.lake)
        self._choose(shared, self.lake)
        self.assertEqual(self._default(self.lake), shared)
        self.assertFalse(own.is_default)

    def test_other_companies_keep_theirs(self):
        own, shared = self._load("service", self.hills), self._lead_type(name="Shared")
        self._choose(own, self.hills)
        self._choose(shared, self.lake)
        self.assertEqual((self._default(self.lake), self._default(self.hills)), (shared, own))

    def test_choosing_the_same_again_changes_nothing(self):
        own = self._load("service")
        self._choose(own, self.lake)
        self._choose(own, self.lake)
        self.assertEqual(self._default(self.lake), own)
        self.assertTrue(self.lead_type.is_default)

    def test_going_back_to_the_type_of_every_company(self):
        own = self._load("service")
        self._choose(own, self.lake)
        self._choose(self.lead_type, self.lake)
        self.assertEqual(self._default(self.lake), self.lead_type)
        self.assertTrue(self.lead_type.is_default)
