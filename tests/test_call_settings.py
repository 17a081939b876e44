from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo.tools import mute_logger

from .call_common import CallCase


class TestCallSettings(CallCase):
    """Who calls, for how long private call backs stay private, and for how long an outcome can be taken back."""

    def _save(self, company=None, **values):
        settings = self.env["res.config.settings"].with_user(self.user_admin)
        settings.with_company(company or self.company).create(values).execute()
        self.env.invalidate_all()

    def test_salespeople_call_only_if_it_is_switched_on(self):
        operator = "crm_lead_lifecycle.group_call_operator"
        settings = self.env["res.config.settings"].with_user(self.user_admin).create({})
        self.assertFalse(settings.group_call_operator)
        self.assertFalse(self.user_own.has_group(operator))
        self._save(group_call_operator=True)
        self.assertTrue(self.user_own.has_group(operator))
        self.assertTrue(self.env["res.config.settings"].with_user(self.user_admin).create({}).group_call_operator)
        self._save(group_call_operator=False)
        self.assertFalse(self.user_own.has_group(operator))
        self.assertTrue(self.operator.has_group(operator), "who has it in the own rights keeps it")
        self.assertTrue(self.user_manager.has_group(operator), "managers are coordinators")

    def test_minutes_are_kept_per_company(self):
        self.user_admin.company_ids += self.other_company
        self._save(call_release_minutes=45, call_take_back_minutes=5)
        self._save(self.other_company, call_release_minutes=90)
        self.assertEqual((self.company.call_release_minutes, self.company.call_take_back_minutes), (45, 5))
        self.assertEqual(self.other_company.call_release_minutes, 90)

    def test_minutes_that_were_set_count(self):
        self.assertEqual(self.company.call_take_back_minutes, 10)
        self._save(call_take_back_minutes=0)
        call = self._call(self.not_interested)
        with self._at(f"{call.date_end + timedelta(minutes=1)}"):
            self.assertFalse(call.with_user(self.operator).can_take_back)

    def test_minutes_are_not_negative(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation):
            self._save(call_release_minutes=-1)
            self.env.flush_all()
