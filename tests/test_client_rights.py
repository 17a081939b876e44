from odoo.exceptions import AccessError
from odoo.tests import users

from .test_client_link import MAIL, PHONE, ClientCase

DIALOGS = (
    "crm.lead.link.client",
    "crm.lead.link.client.candidate",
    "crm.lead.link.client.consent",
    "crm.lead.link.client.mass",
    "crm.lead.link.client.mass.line",
)


class TestClientRights(ClientCase):
    """Who may see clients sees them everywhere; who may not learns nothing, neither from words nor from refusals."""

    def _hide_clients(self):
        """Turn the setting off."""
        self.env["res.config.settings"].create({"group_client_viewer": False}).execute()
        self._forget()
        self.assertFalse(self.user_own.has_group("crm_lead_lifecycle.group_client_viewer"))

    def _hint(self, user, **values):
        values = {"phone": PHONE, "email_from": MAIL, "contact_name": "Ada Rossi", **values}
        return self.env["crm.lead"].with_user(user).get_client_hint(values)

    # ------------------------------------------------------------
    # ROLES
    # ------------------------------------------------------------

    def test_every_sales_role_links_and_converts(self):
        for user in (self.user_own, self.user_all, self.user_manager, self.user_admin, self.user_detach):
            linked = self._inquiry(user_id=user.id, company_id=self.company.id)
            converted = linked.copy({"email_from": f"{user.login}@example.org", "phone": False, "contact_name": "New"})
            client = self._client()
            self._link(linked, client, user)
            self.assertClient(linked, client, "linked")
            self.assertClient(converted, self._convert(converted, user), "converted")

    def test_own_documents_does_not_touch_leads_of_others(self):
        lead, client = self._inquiry(user_id=self.user_all.id), self._client()
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own)._link_client(client)
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own)._convert_client({"name": "Ada", "phone": PHONE})
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own).action_request_client()
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own)._refuse_client(client)

    def test_all_documents_works_for_others(self):
        lead, client = self._inquiry(), self._client()
        self._link(lead, client, self.user_all)
        self.assertClient(lead, client, "linked")
        self.assertEqual(lead.user_id, self.user_own)

    def test_the_dialog_of_somebody_else_is_out_of_reach(self):
        """It shows a lead that others may not see."""
        dialog = self._dialog(self._inquiry(user_id=self.user_all.id), self.user_all)
        self._forget()
        for act in (lambda mine: mine.read(["client_phone"]), lambda mine: mine.candidate_ids.read(["phone"])):
            with self.assertRaises(AccessError):
                act(dialog.with_user(self.user_own))
        self.assertFalse(dialog.with_user(self.user_own).search([("id", "=", dialog.id)]))

    # ------------------------------------------------------------
    # WITHOUT THE RIGHT TO SEE CLIENTS
    # ------------------------------------------------------------

    def test_the_setting_is_for_own_documents_alone(self):
        self.assertTrue(self.user_own.has_group("crm_lead_lifecycle.group_client_viewer"))
        self._hide_clients()
        self.assertTrue(self.user_all.has_group("crm_lead_lifecycle.group_client_viewer"))
        self.assertTrue(self.user_manager.has_group("crm_lead_lifecycle.group_client_viewer"))

    def test_hint(self):
        self._client(phone=PHONE, email=MAIL)
        self.assertEqual(self._hint(self.user_own), {"count": 1, "is_sure": True, "has_more": False})
        self._hide_clients()
        for user in (self.user_own, self.user_portal, self.user_public):
            self.assertIs(self._hint(user), False)
            self.assertIs(self._hint(user, phone="+39 333 0000000", email_from=False, contact_name="Q"), False)
        self.assertTrue(self._hint(self.user_all))

    def test_hint_says_what_the_dialog_shows(self):
        lead = self._inquiry(street="Via Roma 5", zip="10121", city="Torino")
        clients = self._client(active=False, phone=PHONE) + self._client(phone=PHONE)
        self.assertEqual(self._hint(self.user_own, id=lead.id)["count"], 2)
        self._dialog(lead).candidate_ids.filtered(lambda shown: shown.partner_id == clients[0]).action_refuse()
        self.assertEqual(self._dialog(lead).candidate_ids.partner_id, clients[1])
        self.assertEqual(self._hint(self.user_own, id=lead.id)["count"], 1)
        for _number in range(10):
            self._client(phone=PHONE)
        dialog = self._dialog(lead)
        hint = self._hint(self.user_own, id=lead.id)
        self.assertEqual((hint["count"], hint["has_more"]), (10, True))
        self.assertEqual((len(dialog.candidate_ids), dialog.has_more_candidates), (10, True))

    def test_hint_counts_the_address_as_the_dialog_does(self):
        address = {"street": "Via Roma 5", "zip": "10121", "city": "Torino"}
        self._client(**address)
        lead = self._inquiry(**address)
        self.assertEqual(self._dialog(lead).candidate_ids.band, "auto")
        for values in ({"id": lead.id}, address):
            self.assertTrue(self._hint(self.user_own, **values)["is_sure"])
        self.assertFalse(self._hint(self.user_own))

    def test_a_phone_is_not_moved_to_a_client_of_another_company(self):
        foreign = self._client(company_id=self.other_company.id)
        phone = self.env["crm.client.phone"].create({"partner_id": self._client().id, "phone": PHONE})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            phone.with_user(self.user_own).partner_id = foreign
        self.assertFalse(foreign.client_phone_ids)

    def test_hint_takes_bad_input(self):
        for values in (
            None,
            [],
            "x",
            {},
            {"id": "1"},
            {"id": 10**9},
            {"id": 2**70, "phone": "1"},
            {"id": True, "phone": "1"},
            {"phone": ["1"], "email_from": {}, "city": 5},
            {"phone": "  "},
            {"phone": False, "email_from": "@"},
        ):
            self.assertFalse(self.env["crm.lead"].with_user(self.user_own).get_client_hint(values))

    def test_no_candidates_by_rpc(self):
        self._client(phone=PHONE, email=MAIL)
        asked = {"phone": PHONE, "email": MAIL, "name": "Ada Rossi"}
        match = self.env["crm.client.match"]
        self.assertTrue(match.with_user(self.user_own).search_candidates(asked))
        self._hide_clients()
        for user in (self.user_own, self.user_portal):
            self.assertEqual(match.with_user(user).search_candidates(asked), [])
            self.assertEqual(match.with_user(user).search_candidates_batch([asked, asked], 3), [[], []])

    def test_dialogs_are_closed(self):
        self._hide_clients()
        for user in (self.user_own, self.user_portal):
            for name in DIALOGS:
                for operation in ("read", "write", "create", "unlink"):
                    self.assertFalse(self.env[name].with_user(user).has_access(operation), (user.login, name))

    def test_refusals_are_the_same_whether_there_is_a_client_or_not(self):
        self._client(phone=PHONE, email=MAIL)
        known, unknown = self._inquiry(), self._inquiry(phone="+39 333 0000000", email_from=False, contact_name="Q")
        self._hide_clients()
        acts = (
            lambda lead: lead.action_link_client(),
            lambda lead: lead._convert_client({"name": lead.contact_name, "phone": lead.phone}),
            lambda lead: lead._refuse_client(lead.env["res.partner"].browse(1)),
        )
        for act in acts:
            words, queries = set(), []
            for lead in (known, known, unknown):  # the first one fills the caches
                self._forget()
                before = self.env.cr.sql_log_count
                with self.assertRaises(AccessError) as refusal:
                    act(lead.with_user(self.user_own))
                words.add(str(refusal.exception))
                queries.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(words), 1)
            self.assertEqual(queries[1], queries[2])
            self.assertNotIn("Ada", words.pop())

    def test_related_leads_and_refusals_are_hidden_fields(self):
        lead, client = self._inquiry(), self._client(phone="+39 02 555 0101")
        lead.with_user(self.user_own)._refuse_client(client)
        self.user_own.group_ids += self.env.ref("base.group_allow_export")
        self._hide_clients()
        for record, names in ((client, ("client_lead_ids", "client_lead_count")), (lead, ("refused_client_ids",))):
            for name in names:
                self.assertNotIn(name, record.with_user(self.user_own).fields_get())
                with self.assertRaises(AccessError):
                    record.with_user(self.user_own).read([name])
                with self.assertRaises(AccessError):
                    record.with_user(self.user_own).search([(name, "!=", False)])
                with self.assertRaises(AccessError):
                    record.with_user(self.user_own).export_data([name])

    def test_the_card_of_a_client_is_hidden(self):
        """It is read without asking for the client's own rules."""
        lead = self._inquiry()
        self._link(lead, self._client(phone="+39 02 555 0101"))
        self._hide_clients()
        for name in ("client_phone", "client_email", "client_user_id"):
            with self.subTest(name), self.assertRaises(AccessError):
                lead.with_user(self.user_own).read([name])

    def test_the_history_does_not_tell_of_clients(self):
        lead, client = self._inquiry(), self._client(name="Secret Client", phone=PHONE)
        lead.with_user(self.user_all)._refuse_client(client)
        self._link(lead, self._client(name="Secret Client"), self.user_all)
        lead.with_user(self.user_detach).action_detach_client()
        self._hide_clients()
        rows = lead.with_user(self.user_own).event_ids.read(["kind", "summary", "data"])
        self.assertNotIn("Secret Client", str(rows))
        self.assertNotIn("client", {key for row in rows for key in row["data"]})

    def test_odoos_conversion_proposes_what_odoo_does(self):
        self._client(phone=PHONE)
        lead = self._inquiry(email_from=False, type="lead")
        self._hide_clients()
        self.assertFalse(lead.with_user(self.user_own)._find_matching_partner())
        self.assertTrue(lead.with_user(self.user_all)._find_matching_partner())

    # ------------------------------------------------------------
    # QUEUE
    # ------------------------------------------------------------

    def test_queue(self):
        self._hide_clients()
        leads = self._inquiry() + self._inquiry(email_from="q@example.org", phone=False, contact_name="Q")
        with self._at("2026-03-04 09:00:00"):
            leads.with_user(self.user_own).action_request_client()
        with self._at("2026-03-05 09:00:00"):
            leads.with_user(self.user_own).action_request_client()
        self._forget()
        for lead in leads:
            self.assertEqual(str(lead.date_client_requested), "2026-03-04 09:00:00")
            self.assertEqual(lead.client_requested_by_id, self.user_own)
        client = self._client()
        self._link(leads[0], client, self.user_all)
        self.assertClient(leads[0], client, "linked")
        self.assertClient(leads[1], self._convert(leads[1], self.user_all), "converted")
        self.assertFalse(leads.client_requested_by_id)

    def test_queue_takes_no_removed_leads_and_none_with_a_client(self):
        removed, linked = self._inquiry(), self._inquiry()
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        with self.assertRefuses("Restore them first"):
            removed.with_user(self.user_own).action_request_client()
        self._link(linked, self._client())
        linked.with_user(self.user_own).action_request_client()
        self.assertFalse(linked.date_client_requested)

    # ------------------------------------------------------------
    # COMPANIES
    # ------------------------------------------------------------

    def test_clients_of_another_company_are_not_proposed(self):
        foreign = self._client(phone=PHONE, email=MAIL, company_id=self.other_company.id)
        self.assertFalse(self._hint(self.user_own))
        lead = self._inquiry(company_id=self.company.id)
        self.assertNotIn(foreign, self._dialog(lead).candidate_ids.partner_id)
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own)._link_client(foreign.with_user(self.user_own))

    def test_leads_of_another_company_are_refused(self):
        lead = self._inquiry(company_id=self.company.id)
        with self.assertRaises(AccessError):
            lead.with_user(self.user_other_company)._link_client(self._client())
        with self.assertRaises(AccessError):
            lead.with_user(self.user_other_company).action_link_client()

    def test_a_lead_gets_no_client_of_another_company(self):
        foreign = self._client(company_id=self.other_company.id)
        lead = self._inquiry(company_id=self.company.id, user_id=self.user_manager.id)
        mine = lead.with_user(self.user_manager)
        companies = (self.company + self.other_company).ids
        with self.assertRefuses("compan"):
            mine.with_context(allowed_company_ids=companies)._link_client(foreign)
        self.assertClient(lead, foreign[:0], "new")
        self.assertFalse(foreign.phone)

    @users("lead_portal")
    def test_portal_users_reach_nothing(self):
        lead = self._inquiry(user_id=False).with_env(self.env)
        acts = (lead.action_link_client, lead.action_request_client, lead.action_detach_client, lead.action_undo_client)
        for act in acts:
            with self.assertRaises(AccessError):
                act()
