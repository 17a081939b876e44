from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LeadCase


@tagged("post_install", "-at_install")
class TestPortalAccess(LeadCase):
    """Who reaches a lead from outside: by a link as long as it holds, or by the login of its client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.user_portal.partner_id
        cls.lead = cls._lead(partner_id=cls.client.id)

    def _find(self, token=None, user=None, lead=None):
        lead = lead or self.lead
        return self.env["crm.lead"].with_user(user or self.user_public)._find_for_customer(lead.id, token)

    def test_the_link_works_until_it_ends(self):
        self.company.lead_access_days = 10
        with self._at("2027-03-01 09:00:00"):
            token = self.lead._portal_ensure_token()
            self.assertEqual(self._find(token), self.lead)
        with self._at("2027-03-11 08:59:59"):
            self.assertTrue(self._find(token))
        with self._at("2027-03-11 09:00:00"):
            self.assertFalse(self._find(token))
            self.assertNotEqual(self.lead._portal_ensure_token(), token)

    def test_a_link_that_is_sent_again_holds_longer(self):
        with self._at("2027-03-01 09:00:00"):
            token = self.lead._portal_ensure_token()
        with self._at("2027-03-02 09:00:00"):
            self.assertEqual(self.lead._portal_ensure_token(), token)
        self.assertEqual(self.lead.date_access_end, fields.Datetime.to_datetime("2027-05-01 09:00:00"))

    def test_wrong_links(self):
        token = self.lead._portal_ensure_token()
        other = self._lead()
        for wrong in (None, "", "x", token[:-1], token + "x", "é"):
            self.assertFalse(self._find(wrong))
        self.assertFalse(self._find(token, lead=other))
        self.assertFalse(self._find(other._portal_ensure_token()))

    def test_without_a_link_nothing_opens(self):
        self.assertFalse(self._find(""))
        self.assertFalse(self._find("None"))

    def test_the_client_who_is_logged_in_and_not_a_colleague(self):
        self.assertEqual(self._find(user=self.user_portal), self.lead)
        company = self.env["res.partner"].create({"name": "Rossi", "is_company": True})
        self.client.parent_id = company
        colleague = self.env["res.partner"].create({"name": "Anna", "parent_id": company.id})
        self.lead.partner_id = colleague
        self.assertFalse(self._find(user=self.user_portal))

    def test_what_ends_a_link(self):
        def swap(lead):
            lead.partner_id = self.env["res.partner"].create({"name": "Another"})

        def remove(lead):
            wizard = self.env["crm.lead.remove"].with_user(self.user_manager)
            wizard.create({"lead_ids": lead.ids, "removal_reason_id": self.removal_reason.id}).action_apply()

        for change in (swap, remove, lambda lead: lead.action_revoke_access()):
            lead = self._lead(partner_id=self.client.id)
            token = lead._portal_ensure_token()
            change(lead)
            self.assertFalse(self._find(token, lead=lead))

    def test_a_merged_lead_has_no_link(self):
        other = self._lead(partner_id=self.client.id)
        tokens = {lead: lead._portal_ensure_token() for lead in self.lead + other}
        merged = (self.lead + other).merge_opportunity(auto_unlink=False)
        gone = self.lead + other - merged
        self.assertTrue(self._find(tokens[merged], lead=merged))
        self.assertFalse(self._find(tokens[gone], lead=gone))

    def test_odoos_own_paths_take_no_link(self):
        leads = self.env["crm.lead"].with_user(self.user_public)
        token = self.lead._portal_ensure_token()
        signature = self.lead._sign_token(self.client.id)
        for keys in ({"token": token}, {"pid": self.client.id, "hash": signature}):
            self.assertFalse(leads._get_thread_with_access(self.lead.id, **keys))
        self.assertTrue(leads.with_user(self.user_own)._get_thread_with_access(self.lead.id, token=token))

    def test_a_link_that_has_ended_is_forgotten(self):
        with self._at("2027-03-01 09:00:00"):
            self.lead._portal_ensure_token()
            kept = self._lead()
        with self._at("2027-04-01 09:00:00"):
            token = kept._portal_ensure_token()
        with self._at("2027-05-01 09:00:00"):
            self.env["crm.lead"]._cron_end_access()
        self.assertFalse(self.lead.access_token)
        self.assertEqual(kept.access_token, token)

    def test_nobody_writes_a_token(self):
        for values in ({"access_token": "mine"}, {"date_access_end": "2100-01-01"}):
            with self.assertRaises(UserError):
                self.lead.with_user(self.user_manager).write(values)

    def test_a_copy_has_no_link(self):
        self.lead._portal_ensure_token()
        self.assertFalse(self.lead.copy().access_token)
