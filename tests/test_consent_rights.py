from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import users

from .test_consent import ConsentCase


class TestConsentRights(ConsentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._lead()
        cls.consent = cls._consent(cls.lead)

    def _seen(self, user):
        return self.env["crm.consent"].with_user(user).search([]).with_env(self.env)

    def test_nobody_changes_or_deletes_a_consent(self):
        for user in (self.user_own, self.user_manager, self.user_admin):
            consent = self.consent.with_user(user)
            for change in ({"state": "withdrawn"}, {"date": "2026-01-01"}, {"proof": "None"}, {"lead_id": False}):
                with self.assertRaisesRegex(UserError, "Add a line"):
                    consent.write(change)
            with self.assertRaises(UserError):
                consent.unlink()
            command = Command.update(consent.id, {"state": "withdrawn"})
            with self.assertRaisesRegex(UserError, "Add a line"):
                self.lead.with_user(user).write({"consent_ids": [command]})
            with self.assertRaises(UserError):
                self.lead.with_user(user).write({"consent_ids": [Command.delete(consent.id)]})
            result = consent.browse().load([".id", "state"], [[str(consent.id), "withdrawn"]])
            self.assertIn("Add a line", result["messages"][0]["message"])
        self.assertEqual(self.consent.state, "given")

    def test_who_recorded_it_is_not_chosen(self):
        consent = self._consent(self.lead, user=self.user_own, user_id=self.user_manager.id)
        self.assertEqual(consent.user_id, self.user_own)
        with self.assertRaisesRegex(UserError, "by themselves"):
            self._consent(self.client, user=self.user_own, source_consent_id=consent.id)

    def test_rows_follow_the_lead(self):
        of_others = self._consent(self._lead(user_id=self.user_all.id))
        of_nobody = self._consent(self._lead(user_id=False))
        seen = self._seen(self.user_own)
        self.assertLessEqual(self.consent + of_nobody, seen)
        self.assertNotIn(of_others, seen)
        self.assertIn(of_others, self._seen(self.user_all))
        with self.assertRaises(AccessError):
            self._consent(of_others.lead_id, user=self.user_own)
        self._consent(of_nobody.lead_id, user=self.user_own)

    def test_rows_follow_the_company(self):
        self.client.company_id = self.company
        own = self.consent + self._consent(self.client)
        self.lead.company_id = self.company
        lead = self._lead(user_id=self.user_other_company.id, team_id=False, company_id=self.other_company.id)
        foreign = self._consent(lead)
        self.other_client.company_id = self.other_company
        foreign += self._consent(self.other_client)
        self.assertLessEqual(foreign, self._seen(self.user_other_company))
        self.assertFalse(own & self._seen(self.user_other_company))
        self.assertFalse(foreign & self._seen(self.user_all))
        with self.assertRaises(AccessError):
            self._consent(self.other_client, user=self.user_all)

    def test_consents_of_clients_are_for_those_who_see_clients(self):
        self._consent(self.client, "withdrawn")
        self.assertEqual(self._current(self.client, self.user_own), {self.marketing: "withdrawn"})
        self._consent(self.client, user=self.user_own)
        viewer = self.env.ref("crm_lead_lifecycle.group_client_viewer")
        self.env.ref("sales_team.group_sale_salesman").implied_ids = [Command.unlink(viewer.id)]
        self.assertFalse(self.user_own.has_group("crm_lead_lifecycle.group_client_viewer"))
        self.assertFalse(self._seen(self.user_own).partner_id)
        with self.assertRaises(AccessError):
            self.client.with_user(self.user_own).read(["consent_ids"])
        with self.assertRaises(AccessError):
            self._consent(self.client, user=self.user_own)
        # The lead tells what was recorded on it; what comes later still reaches the client
        self._set_in_database(self.lead, partner_id=self.client.id, client_status="linked")
        self.assertEqual(self._current(self.lead, self.user_own), {self.marketing: "given"})
        later = self._consent(self.lead, user=self.user_own)
        self.assertIn(later, self.client.consent_ids.source_consent_id)

    def test_portal_and_public_see_nothing(self):
        for user in (self.user_portal, self.user_public):
            with self.assertRaises(AccessError):
                self._seen(user)

    def test_exported_within_the_rights_and_with_the_right_to_export(self):
        of_others = self._consent(self._lead(user_id=self.user_all.id))
        with self.assertRaisesRegex(UserError, "rights to export"):
            self.consent.with_user(self.user_own).export_data(["state"])
        self.user_own.group_ids += self.env.ref("base.group_allow_export")
        names = ["purpose_id", "state", "date", "proof", "wording", "wording_version", "user_id"]
        [row] = self.consent.with_user(self.user_own).export_data(names)["datas"]
        self.assertEqual((row[0], row[1], row[4]), ("Letters", "Given", "I like letters."))
        with self.assertRaises(AccessError):
            of_others.with_user(self.user_own).export_data(names)
        [row] = self.lead.with_user(self.user_own).export_data(["consent_ids/purpose_id"])["datas"]
        self.assertEqual(row, ["Letters"])

    def test_imported_consents_are_further_lines(self):
        consents = self.env["crm.consent"].with_user(self.user_own)
        header = ["lead_id/.id", "purpose_id/.id", "state", "date"]
        row = [str(self.lead.id), str(self.marketing.id), "withdrawn", "2026-01-05 10:00:00"]
        result = consents.load(header, [row])
        self.assertFalse(result["messages"])
        self.assertEqual(consents.browse(result["ids"]).user_id, self.user_own)
        result = consents.load(["source_consent_id/.id", *header], [[str(self.consent.id), *row]])
        self.assertIn("by themselves", result["messages"][0]["message"])

    def test_whoever_sees_clients_alone_sees_and_records_theirs_alone(self):
        """The right to see clients, without one to see leads."""
        own = self._consent(self.client)
        self.user_own.group_ids = self.env.ref("base.group_user") + self.env.ref(
            "crm_lead_lifecycle.group_client_viewer"
        )
        self.assertIn(own, self._seen(self.user_own))
        self.assertNotIn(self.consent, self._seen(self.user_own))
        self._consent(self.client, "withdrawn", user=self.user_own)
        with self.assertRaises(AccessError):
            self._consent(self.lead, user=self.user_own)

    def test_copies_reach_clients_that_the_user_does_not_see(self):
        """A lead of no company has a client of another one: what is recorded on it counts there, unseen."""
        self._set_in_database(self.lead, partner_id=self.client.id, client_status="linked", company_id=None)
        self.client.company_id = self.other_company
        self._consent(self.lead, "withdrawn", user=self.user_own)
        self.assertEqual(self._current(self.client), {self.marketing: "withdrawn"})
        self.assertFalse(self._seen(self.user_own) & self.client.consent_ids)
        self.assertEqual(self._current(self.lead, self.user_own), {self.marketing: "withdrawn"})

    @users("lead_own")
    def test_purposes_are_set_up_by_managers(self):
        with self.assertRaises(AccessError):
            self.env["crm.consent.purpose"].create({"name": "Anything"})
        self.env["crm.consent.purpose"].with_user(self.user_manager).create({"name": "Anything"})
