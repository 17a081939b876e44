from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

PHONE, MAIL = "+39 333 1234567", "ada@tours.example"


@tagged("post_install", "-at_install")
class TestClientTours(HttpCase):
    """What people do about the client of a lead, in a browser. The names below are those that the tours look for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.italy = cls.env.ref("base.it")
        cls.company = cls.env["res.company"].create({"name": "Tour Inn", "country_id": cls.italy.id})
        cls.salesperson = cls._user("Tour Salesperson", "sales_team.group_sale_salesman")
        cls.leader = cls._user(
            "Tour Leader", "sales_team.group_sale_salesman_all_leads,crm_lead_lifecycle.group_client_detach"
        )
        cls.stage = cls.env["crm.stage"].create({"name": "Tour asked", "stage_type": "open"})
        cls.lead_type = cls.env["crm.lead.type"].create(
            {"name": "Tour stay", "company_id": cls.company.id, "stage_ids": cls.stage.ids}
        )
        cls.client = cls._client("Ada Tour", phone=PHONE)

    @classmethod
    def _user(cls, name, groups):
        return new_test_user(
            cls.env,
            name.lower().replace(" ", "_"),
            groups,
            name=name,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _client(cls, name, **values):
        return cls.env["res.partner"].create({"name": name, "country_id": cls.italy.id, **values})

    def _lead(self, user=None, **values):
        values = {"name": "Tour inquiry", "contact_name": "Ada Tour", "type": "opportunity", **values}
        values.update(user_id=(user or self.salesperson).id, company_id=self.company.id)
        return self.env["crm.lead"].create({**values, "lead_type_id": self.lead_type.id, "stage_id": self.stage.id})

    def _nobody(self, **values):
        """A lead of somebody who is no client yet."""
        values = {"contact_name": "Bobby Nowhere", "phone": "+39 348 7654321", **values}
        return self._lead(**values)

    def _start(self, record, tour, user):
        self.start_tour(f"/odoo/{record._name}/{record.id}", tour, login=user.login)
        self.env.invalidate_all()

    def assertClient(self, lead, client, status):
        self.assertEqual((lead.partner_id, lead.client_status), (client, status))
        self.assertEqual(bool(lead.date_client), bool(client))

    def assertEvents(self, lead, *kinds):
        self.assertEqual(tuple(lead.event_ids.sorted("id").mapped("kind")), ("create", *kinds))

    def test_link_by_the_hint_and_by_keyboard(self):
        lead = self._lead(email_from=MAIL)
        self._start(lead, "client_link_hint", self.salesperson)
        self.assertClient(lead, self.client, "linked")
        self.assertEvents(lead, "link")
        self.assertEqual((lead.contact_name, lead.phone), ("Ada Tour", "+39 333 123 4567"), "as Odoo writes it")
        self.assertEqual((self.client.phone, self.client.email), (PHONE, MAIL), "only what was empty is filled in")

    def test_create(self):
        lead = self._nobody()
        with mute_logger("odoo.http"):  # the first try is refused
            self._start(lead, "client_create", self.salesperson)
        client = lead.partner_id
        self.assertClient(lead, client, "converted")
        self.assertEvents(lead, "convert")
        self.assertEqual((client.name, client.email), ("Roberto Nowhere", "roberto@example.org"))
        self.assertFalse(client.phone)
        self.assertFalse(client.activity_ids, "nobody can be called without a phone")
        self.assertEqual((lead.contact_name, lead.phone), ("Bobby Nowhere", "+39 348 7654321"))

    def test_detach(self):
        lead = self._lead(self.leader, email_from=MAIL)
        lead._link_client(self.client)
        self.assertEqual(self.client.email, MAIL)
        self._start(self.client, "client_detach", self.leader)
        self.assertClient(lead, self.env["res.partner"], "new")
        self.assertEvents(lead, "link", "detach")
        self.assertFalse(self.client.email, "what the link had filled in is gone")
        self.assertEqual(self.client.phone, PHONE)

    def test_no_button_to_detach_without_the_right(self):
        lead = self._lead()
        lead._link_client(self.client)
        views = {"form": None, "list": self.env.ref("crm_lead_lifecycle.crm_lead_view_list_client").id}
        for kind, view_id in views.items():
            arch = lead.with_user(self.salesperson).get_view(view_id, kind)["arch"]
            self.assertNotIn("action_detach_client", arch)
            self.assertNotIn("action_undo_client", arch)
            self.assertIn("action_detach_client", lead.with_user(self.leader).get_view(view_id, kind)["arch"])

    def test_undo(self):
        lead = self._nobody(user=self.leader)
        client = lead._convert_client({"name": "Bobby Nowhere", "phone": lead.phone})
        self.assertTrue(client.activity_ids)
        self._start(lead, "client_undo", self.leader)
        self.assertClient(lead, self.env["res.partner"], "new")
        self.assertEvents(lead, "convert", "undo", "undo", "undo")
        self.assertFalse(client.active)
        self.assertFalse(client.activity_ids, "the call that was planned is off")

    def test_refuse(self):
        others = self._client("Bruno Verdi", phone="+39 340 1112223") + self._client("Carla Verdi", email=MAIL)
        lead = self._lead(contact_name="Dora Verdi", phone="340 1112223", email_from=MAIL)
        self._start(lead, "client_refuse", self.salesperson)
        self.assertClient(lead, self.env["res.partner"], "new")
        self.assertEvents(lead, "not_client", "not_client")
        self.assertEqual(lead.refused_client_ids, others)

    def test_mass(self):
        known, unknown = self._lead(phone=PHONE), self._nobody(name="Another inquiry")
        self.start_tour("/odoo/lead-desk", "client_mass", login=self.salesperson.login)
        self.env.invalidate_all()
        self.assertClient(known, self.client, "linked")
        self.assertClient(unknown, unknown.partner_id, "converted")
        self.assertEqual(unknown.partner_id.name, "Bobby Nowhere")

    def test_queue_of_those_who_may_not_see_clients(self):
        self.env["res.config.settings"].create({"group_client_viewer": False}).execute()
        blind = self._user("Tour Blind", "sales_team.group_sale_salesman")
        lead = self._lead(blind, phone=PHONE)
        self._start(lead, "client_ask", blind)
        self.assertClient(lead, self.env["res.partner"], "new")
        self.assertTrue(lead.date_client_requested)
        self.assertEqual(lead.client_requested_by_id, blind)
        self.start_tour("/odoo/clients-to-assign", "client_queue", login=self.leader.login)
        self.env.invalidate_all()
        self.assertClient(lead, self.client, "linked")
        self.assertFalse(lead.date_client_requested)
        self.assertEqual(lead.user_id, blind, "the lead stays with who has asked")
        self._start(lead, "client_card", blind)

    def test_further_phones(self):
        self._start(self.client, "client_phones", self.salesperson)
        self.assertEqual(self.client.phone, PHONE)
        self.assertEqual(self.client.client_phone_ids.mapped("label"), ["At work"])
        self.assertEqual(self.client.client_phone_ids.phone_sanitized, "+390565123456")
        found = self.env["crm.client.match"].search_candidates({"phone": "0039 0565.123456", "name": "Ada Tour"})
        self.assertEqual(found[0]["partner_id"], self.client.id)
