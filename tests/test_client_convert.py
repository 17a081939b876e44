from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .test_client_link import MAIL, PHONE, ClientCase


class TestClientConvert(ClientCase):
    """A client made from a lead has what the dialog shows, and is linked to the lead in the same transaction."""

    def test_a_person(self):
        lead = self._inquiry(description="Two tents", source_id=self.env.ref("utm.utm_source_newsletter").id)
        dialog = self._dialog(lead)
        self.assertEqual((dialog.client_first_name, dialog.client_last_name), ("Ada", "Rossi"))
        self.assertFalse(dialog.client_is_company)
        client = self._convert(lead)
        self.assertClient(lead, client, "converted")
        self.assertEqual(
            (client.name, client.is_company, client.phone, client.email), ("Ada Rossi", False, PHONE, MAIL)
        )
        self.assertIn("Two tents", client.comment)
        self.assertEqual(client.client_source_id, lead.source_id)
        self.assertReceived(lead)

    def test_a_company(self):
        lead = self._inquiry(contact_name=False, partner_name="Rossi Pumps")
        client = self._convert(lead)
        self.assertEqual((client.name, client.is_company), ("Rossi Pumps", True))
        self.assertFalse(client.company_name)

    def test_a_person_of_a_company(self):
        client = self._convert(self._inquiry(partner_name="Rossi Pumps"))
        self.assertEqual((client.name, client.is_company, client.company_name), ("Ada Rossi", False, "Rossi Pumps"))

    def test_the_dialog_can_be_edited(self):
        lead = self._inquiry(partner_name="Rossi Pumps")
        form = Form(self._dialog(lead))
        form.client_is_company = True
        form.client_company_name = "Rossi & Daughters"
        form.client_phone = "+39 011 5551234"
        action = form.save().action_create()
        client = self.env["res.partner"].browse(action["res_id"])
        self.assertEqual((client.name, client.is_company), ("Rossi & Daughters", True))
        self._forget()
        self.assertEqual(client.phone, "+39 011 5551234")
        self.assertReceived(lead)

    def test_what_is_given_at_once_leaves_the_rest_filled_in(self):
        """As a script does it that opens no dialog."""
        dialogs = self.env["crm.lead.link.client"].with_user(self.user_own)
        values = {"client_first_name": "Adele", "client_email": "adele@example.org"}
        action = dialogs.create({"lead_id": self._inquiry().id, **values}).action_create()
        client = self.env["res.partner"].browse(action["res_id"])
        self.assertEqual((client.name, client.phone, client.email), ("Adele Rossi", PHONE, "adele@example.org"))

    def test_someone_without_a_name_is_called_by_mail_or_phone(self):
        lead = self._inquiry(contact_name=False)
        client = self._convert(lead, client_first_name=False, client_last_name=False)
        self.assertEqual(client.name, MAIL)

    def test_neither_mail_nor_phone_is_refused(self):
        for phone, mail in ((False, False), ("  ", "\t"), ("", ""), ("n/a", "none"), ("-", False)):
            lead = self._inquiry()
            dialog = self._dialog(lead, choice="new", client_phone=phone, client_email=mail)
            with self.assertRefuses("needs an e-mail address or a phone number"):
                dialog.action_create()
            self.assertClient(lead, self._client()[:0], "new")

    def test_a_client_that_is_there_already_is_refused(self):
        client, lead = self._client(phone=PHONE, email=MAIL), self._inquiry()
        dialog = self._dialog(lead, choice="new")
        with self.assertRefuses("There is such a client already: Ada Rossi"):
            dialog.action_create()
        self.assertClient(lead, client[:0], "new")
        dialog.candidate_ids.filtered(lambda candidate: candidate.partner_id == client).action_refuse()
        self.assertNotEqual(self._convert(lead), client)

    def test_a_name_alone_does_not_refuse(self):
        client = self._client()
        self.assertNotEqual(self._convert(self._inquiry()), client)

    def test_a_double_click_makes_one_client(self):
        lead = self._inquiry()
        dialog = self._dialog(lead, choice="new")
        first, second = dialog.action_create(), dialog.action_create()
        self.assertEqual(first["res_id"], second["res_id"])
        self.assertEqual(len(self._events(lead, "convert")), 1)

    def test_later_edits_rewrite_neither_side(self):
        lead = self._inquiry()
        client = self._convert(lead)
        client.write({"phone": "+39 02 555 0101", "email": "ada@home.example"})
        self._forget()
        self.assertReceived(lead)
        lead.phone = "+39 02 555 0109"
        self._forget()
        self.assertEqual(client.phone, "+39 02 555 0101")

    def test_event_and_since_when(self):
        lead = self._inquiry()
        with self._at("2026-03-04 09:00:00"):
            client = self._convert(lead)
        event = self._events(lead, "convert")
        self.assertEqual((event.user_id, event.partner_id), (self.user_own, client))
        self.assertEqual(event.summary, "Converted: Ada Rossi was made from it")
        self.assertEqual(str(lead.date_client), "2026-03-04 09:00:00")

    def test_absurd_input(self):
        for name in ("'; DROP TABLE res_partner; --", "😀 🏕️", "%_\\", "x" * 300):
            lead = self._inquiry(contact_name=name, phone="+39 0", email_from=f"{len(name)}@absurd.example")
            self.assertEqual(self._convert(lead).name, name)

    def test_a_converted_lead_goes_on_as_its_type_says(self):
        self.repair.write({"next_type_id": self.lead_type.id, "succeeds_with_client": True})
        lead = self._repair(self.asked, contact_name="Ada Rossi", phone=PHONE)
        client = self._convert(lead)
        self.assertClient(lead, client, "converted")
        self.assertEqual(lead.lead_type_id, self.lead_type)
        self.assertEqual(self._events(lead, "convert", "succeed").mapped("kind"), ["convert", "succeed"])

    # ------------------------------------------------------------
    # CLIENT DATA
    # ------------------------------------------------------------

    def test_client_data_goes_to_the_client(self):
        self.repair.property_definition = [
            {"name": "shoe_size", "type": "char", "string": "Shoe size"},
            {"name": "fault", "type": "char", "string": "Fault"},
        ]
        self.repair.client_property_names = ["shoe_size"]
        lead = self._repair(
            contact_name="Ada Rossi", phone=PHONE, type_properties={"shoe_size": "39", "fault": "It leaks"}
        )
        dialog = self._dialog(lead)
        self.assertTrue(dialog.has_client_properties)
        client = self._convert(lead)
        self.assertEqual(client.properties["shoe_size"], "39")
        self.assertNotIn("fault", dict(client.properties))

    def test_client_data_joins_what_clients_have_already(self):
        definition = self.env["properties.base.definition"]._get_definition_for_property_field(
            "res.partner", "properties"
        )
        definition.properties_definition = [{"name": "club_card", "type": "char", "string": "Club card"}]
        self.repair.property_definition = [{"name": "shoe_size", "type": "char", "string": "Shoe size"}]
        self.repair.client_property_names = ["shoe_size"]
        names = [item["name"] for item in definition.properties_definition]
        self.assertEqual(names, ["club_card", "shoe_size"])

    def test_a_type_without_client_data_shows_none(self):
        self.assertFalse(self._dialog(self._repair(phone=PHONE)).has_client_properties)


class TestClientCall(ClientCase):
    """Who serves a new client with a phone gets a call to do. Days are those of the company's calendar, in Rome."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        attendances = [
            Command.create(
                {"name": "Work", "dayofweek": str(day), "hour_from": start, "hour_to": stop, "day_period": period}
            )
            for day in range(5)
            for start, stop, period in ((9, 13, "morning"), (14, 18, "afternoon"))
        ]
        cls.company.resource_calendar_id = cls.env["resource.calendar"].create(
            {"name": "Shop", "tz": "Europe/Rome", "company_id": cls.company.id, "attendance_ids": attendances}
        )

    def _calls(self, client):
        calls = client.activity_ids
        return calls.filtered(lambda call: call.activity_type_id == self.env.ref("mail.mail_activity_data_call"))

    def assertCallOn(self, day, now):
        with self._at(now):
            lead = self._inquiry()
            client = lead._convert_client({"name": "Ada Rossi", "phone": f"+39 333 {1000000 + lead.id}"})
            self.assertEqual(str(self._calls(client).date_deadline), day, now)

    def test_today_while_there_are_working_hours(self):
        self.assertCallOn("2026-03-04", "2026-03-04 09:00:00")  # a Wednesday
        self.assertCallOn("2026-03-04", "2026-03-04 05:00:00")  # early
        self.assertCallOn("2026-03-04", "2026-03-04 12:30:00")  # at lunch
        self.assertCallOn("2026-03-04", "2026-03-04 16:59:00")  # 17:59 in Rome

    def test_after_hours_on_the_next_working_day(self):
        self.assertCallOn("2026-03-05", "2026-03-04 17:01:00")
        self.assertCallOn("2026-03-05", "2026-03-04 23:30:00")  # past midnight in Rome

    def test_on_monday_after_the_weekend(self):
        self.assertCallOn("2026-03-09", "2026-03-06 17:30:00")
        self.assertCallOn("2026-03-09", "2026-03-07 09:00:00")
        self.assertCallOn("2026-03-09", "2026-03-08 09:00:00")

    def test_holidays_of_the_company_are_no_working_days(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Saint of the town",
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": "2026-03-04 22:00:00",
                "date_to": "2026-03-05 23:00:00",
            }
        )
        self.assertCallOn("2026-03-06", "2026-03-04 20:00:00")

    def test_no_phone_no_call(self):
        client = self._convert(self._inquiry(phone=False))
        self.assertFalse(client.activity_ids)

    def test_what_is_no_phone_plans_no_call(self):
        for phone in ("  ", "n/a", "-"):
            client = self._convert(self._inquiry(email_from=f"{len(phone)}@example.org"), client_phone=phone)
            self.assertFalse(client.activity_ids)

    def test_the_call_is_not_for_a_salesperson_who_has_left(self):
        gone = new_test_user(self.env, "lead_gone", "sales_team.group_sale_salesman")
        values = {"name": "Ada Rossi", "phone": PHONE, "user_id": gone.id}
        gone.active = False
        client = self._inquiry().with_user(self.user_all)._convert_client(values)
        self.assertEqual(self._calls(client).user_id, self.user_own)

    def test_a_type_can_do_without(self):
        self.lead_type.plan_client_call = False
        self.assertFalse(self._convert(self._inquiry()).activity_ids)

    def test_the_call_is_for_the_salesperson(self):
        call = self._calls(self._convert(self._inquiry(), user=self.user_all))
        self.assertEqual(call.user_id, self.user_own)
        free = self._inquiry(user_id=False, phone="+39 347 1112223", email_from="u@u.example", contact_name="Uma U")
        self.assertEqual(self._calls(self._convert(free, user=self.user_all)).user_id, self.user_all)

    def test_a_link_plans_no_call(self):
        client = self._client(phone=PHONE)
        self._link(self._inquiry(), client)
        self.assertFalse(client.activity_ids)

    def test_odoos_own_conversion_plans_the_call(self):
        lead = self._inquiry()
        lead.with_user(self.user_own)._handle_partner_assignment(create_missing=True)
        self.assertClient(lead, lead.partner_id, "converted")
        self.assertTrue(self._calls(lead.partner_id))


class TestClientMass(ClientCase):
    """Many leads get their clients in one dialog, each as if it were alone."""

    def _mass(self, leads, user=None):
        action = leads.with_user(user or self.user_own).action_link_client()
        return self.env[action["res_model"]].with_user(user or self.user_own).browse(action["res_id"])

    def test_many_leads_get_what_is_sure(self):
        client = self._client(phone=PHONE)
        sure, unsure = self._inquiry(), self._inquiry(contact_name="Zoe Q", phone=False, email_from="zoe@q.example")
        dialog = self._mass(sure + unsure)
        decisions = {line.lead_id: (line.decision, line.partner_id) for line in dialog.line_ids}
        self.assertEqual(decisions, {sure: ("link", client), unsure: ("skip", client[:0])})
        dialog.action_apply()
        self.assertClient(sure, client, "linked")
        self.assertClient(unsure, client[:0], "new")

    def test_what_is_refused_for_one_does_not_stop_the_others(self):
        leads = self._inquiry(name="First") + self._inquiry(name="Nothing", phone=False, email_from=False)
        leads += self._inquiry(name="Third", contact_name="Bea Neri", phone=False, email_from="bea@example.org")
        dialog = self._mass(leads)
        dialog.line_ids.decision = "create"
        params = dialog.action_apply()["params"]
        self.assertEqual(params["type"], "warning")
        self.assertIn("2 leads have their client", params["message"])
        self.assertIn("Nothing", params["message"])
        self.assertIn("needs an e-mail address or a phone", params["message"])
        self.assertEqual(leads.mapped("client_status"), ["converted", "new", "converted"])

    def test_the_same_new_person_twice_makes_one_client(self):
        leads = self._inquiry() + self._inquiry()
        dialog = self._mass(leads)
        dialog.line_ids.decision = "create"
        dialog.action_apply()
        self._forget()
        self.assertEqual(len(leads.partner_id), 1)
        self.assertEqual(sorted(leads.mapped("client_status")), ["converted", "linked"])
        self.assertEqual(self.env["res.partner"].search_count([("email_normalized", "=", MAIL)]), 1)

    def test_reasons_are_sentences_apart(self):
        self._client(phone=PHONE, email=MAIL)
        reasons = self._mass(self._inquiry() + self._inquiry()).line_ids[0].reasons
        self.assertIn(" · ", reasons)
        self.assertNotIn(", ", reasons)

    def test_the_salesperson_is_told_of_the_second_lead_of_a_new_client(self):
        leads = self._inquiry(user_id=self.user_manager.id) + self._inquiry(user_id=self.user_manager.id)
        dialog = self._mass(leads, self.user_all)
        dialog.line_ids.decision = "create"
        dialog.action_apply()
        linked = leads.filtered(lambda lead: lead.client_status == "linked")
        self.assertEqual(self._events(linked, "link").data["notified"], self.user_manager.id)

    def test_odoos_mass_conversion_in_queries(self):
        """Odoo converts lead by lead; what ours adds to each stays within bounds."""

        def count(number):
            leads = self.env["crm.lead"].create(
                [
                    {"name": "Inquiry", "type": "lead", "user_id": False, "contact_name": f"Ada{number} Rossi{index}",
                     "email_from": f"ada{number}.{index}@counted.example"}
                    for index in range(number)
                ]
            )  # fmt: skip
            self._forget()
            wizards = self.env["crm.lead2opportunity.partner.mass"].with_user(self.user_all)
            before = self.env.cr.sql_log_count
            wizards.with_context(active_model="crm.lead", active_ids=leads.ids).create(
                {"user_ids": self.user_all.ids, "force_assignment": True}
            ).action_mass_convert()
            self.env.flush_all()
            self.assertEqual(set(leads.mapped("client_status")), {"converted"})
            return self.env.cr.sql_log_count - before

        count(2)
        self.assertLessEqual((count(25) - count(5)) / 20, 24)

    def test_leads_with_a_client_are_left_out(self):
        linked, new = self._inquiry(), self._inquiry()
        self._link(linked, self._client())
        self.assertEqual(self._mass(linked + new).line_ids.lead_id, new)
        with self.assertRaisesRegex(UserError, "have a client already"):
            linked.with_user(self.user_own).action_link_client()

    def test_leads_of_others_are_refused(self):
        lead = self._inquiry(user_id=self.user_all.id)
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own).action_link_client()
