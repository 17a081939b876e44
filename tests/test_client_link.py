from odoo.fields import Command
from odoo.tests import Form, new_test_user

from .common import TypeCase

PHONE, MAIL = "+39 333 1234567", "ada.rossi@example.org"


class ClientCase(TypeCase):
    """An inquiry of Ada Rossi, and somebody who may detach leads from their clients."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_detach = new_test_user(
            cls.env,
            "lead_detach",
            "sales_team.group_sale_salesman_all_leads,crm_lead_lifecycle.group_client_detach",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            tz="Europe/Rome",
        )
        cls.italy = cls.env.ref("base.it")

    @classmethod
    def _inquiry(cls, **values):
        """A lead of Ada Rossi, as a machine received it for ``user_own``."""
        return cls._lead(**{"contact_name": "Ada Rossi", "phone": PHONE, "email_from": MAIL, **values})

    @classmethod
    def _client(cls, **values):
        """A client who was there before, without phone, e-mail and address."""
        return cls.env["res.partner"].create({"name": "Ada Rossi", **values})

    def _dialog(self, lead, user=None, **values):
        dialogs = self.env["crm.lead.link.client"].with_user(user or self.user_own)
        dialog = dialogs.create({"lead_id": lead.id})
        dialog.write(values)
        return dialog

    def _link(self, lead, client, user=None, notify=False):
        """Through the dialog."""
        self._dialog(lead, user, choice="other", partner_id=client.id, notify_salesperson=notify).action_link()
        self._forget()

    def _convert(self, lead, user=None, **values):
        """Through the dialog; returns the client."""
        action = self._dialog(lead, user, choice="new", **values).action_create()
        self._forget()
        return self.env[action["res_model"]].browse(action["res_id"])

    def _forget(self):
        self.env.flush_all()
        self.env.invalidate_all()

    def _merge_clients(self, kept, gone, user=None):
        """Through Odoo's wizard."""
        wizards = self.env["base.partner.merge.automatic.wizard"].with_user(user or self.env.user)
        wizard = wizards.create({"partner_ids": (kept + gone).ids, "dst_partner_id": kept.id})
        wizard.action_merge()
        self._forget()
        self.assertEqual((kept + gone).exists(), kept)

    def _order(self, client, **values):
        return self.env["sale.order"].create({"partner_id": client.id, **values})

    def assertClient(self, lead, client, status):
        """The client of the lead and all that says so, as the database has it."""
        self._forget()
        self.assertEqual((lead.partner_id, lead.client_status), (client, status))
        self.assertEqual(bool(lead.date_client), bool(client))
        self.assertFalse(client and lead.date_client_requested)

    def assertReceived(self, lead, **values):
        """The lead still says what the inquirer wrote."""
        expected = {"contact_name": "Ada Rossi", "phone": PHONE, "email_from": MAIL, **values}
        self.assertEqual({name: lead[name] for name in expected}, expected)


class TestClientLink(ClientCase):
    """A link made by the dialog leaves both sides as they are, but for what the client lacks."""

    def test_nothing_is_copied_onto_the_lead(self):
        lead = self._inquiry(street=False, city=False)
        client = self._client(
            phone="+39 02 555 0101", email="ada@home.example", street="Via Po 1", city="Torino", function="Doctor"
        )
        self._link(lead, client)
        self.assertClient(lead, client, "linked")
        self.assertReceived(lead, street=False, city=False, function=False, partner_name=False)

    def test_only_what_the_client_lacks_is_filled_in(self):
        lead = self._inquiry(website="https://rossi.example", function="Teacher")
        client = self._client(phone="+39 02 555 0101", function="Doctor")
        self._link(lead, client)
        self.assertEqual(client.phone, "+39 02 555 0101")
        self.assertEqual((client.email, client.function), (MAIL, "Doctor"))
        self.assertEqual(client.website, "https://rossi.example")
        values = self._events(lead, "link").data["values"]
        self.assertEqual(set(values), {"email", "website"})
        self.assertEqual(values["email"], [False, MAIL])

    def test_an_address_is_filled_in_as_a_whole_or_not_at_all(self):
        address = {"street": "Via Roma 5", "zip": "10121", "city": "Torino", "country_id": self.italy.id}
        without, with_city = self._client(), self._client(name="Ada Rossi", city="Milano")
        self._link(self._inquiry(**address), without)
        self.assertEqual((without.street, without.zip, without.city), ("Via Roma 5", "10121", "Torino"))
        self.assertEqual(without.country_id, self.italy)
        self._link(self._inquiry(**address), with_city)
        self.assertEqual((with_city.street, with_city.zip, with_city.city), (False, False, "Milano"))

    def test_the_dialog_says_before_what_will_be_filled_in(self):
        lead, client = self._inquiry(), self._client()
        text = self._dialog(lead, choice="other", partner_id=client.id).fill_text
        self.assertIn("Email", text)
        self.assertIn("Phone", text)
        self.assertFalse(client.email)

    def test_a_company_gets_no_job_position(self):
        client = self._client(name="Rossi Pumps", is_company=True)
        self._link(self._inquiry(function="Buyer"), client)
        self.assertFalse(client.function)

    def test_what_is_no_phone_and_no_mail_is_not_filled_in(self):
        for phone, mail in (("   ", "  "), ("n/a", "none")):
            client = self._client()
            self._link(self._inquiry(phone=phone, email_from=mail), client)
            self.assertEqual((client.phone, client.email), (False, False))

    def test_an_archived_client_is_told_and_stays_archived_unless_chosen(self):
        for unarchive in (False, True):
            client, lead = self._client(phone=PHONE, active=False), self._inquiry()
            dialog = self._dialog(lead, choice="candidate", partner_id=client.id)
            self.assertTrue(dialog.is_client_archived)
            self.assertFalse(dialog.unarchive_client)
            dialog.unarchive_client = unarchive
            dialog.action_link()
            self.assertClient(lead, client, "linked")
            self.assertEqual(client.active, unarchive)
        dialog = self._dialog(self._inquiry(), choice="other", partner_id=self._client().id)
        self.assertFalse(dialog.is_client_archived)

    def test_the_archive_is_asked_about_anew_for_each_client(self):
        archived, other = self._client(active=False), self._client(active=False)
        form = Form(self._dialog(self._inquiry(), choice="other", partner_id=archived.id))
        form.unarchive_client = True
        form.partner_id = other
        self.assertFalse(form.unarchive_client)

    def test_later_edits_of_the_client_leave_the_lead_alone(self):
        lead, client = self._inquiry(), self._client(phone=PHONE, email=MAIL)
        self._link(lead, client)
        client.write({"phone": "+39 06 1", "email": "new@example.org", "name": "Ada Bianchi", "city": "Bari"})
        client.write({"function": "Baker", "website": "https://b.example"})
        self._forget()
        self.assertReceived(lead, city=False, function=False, website=False)

    def test_later_edits_of_the_lead_leave_the_client_alone(self):
        lead, client = self._inquiry(), self._client(phone=PHONE, email=MAIL)
        self._link(lead, client)
        lead.with_user(self.user_own).write({"phone": "+39 347 7654321", "email_from": "other@example.org"})
        self._forget()
        self.assertEqual((client.phone, client.email), (PHONE, MAIL))
        self.assertReceived(lead, phone="+39 347 7654321", email_from="other@example.org")

    def test_event_says_who_linked_what(self):
        lead, client = self._inquiry(), self._client()
        with self._at("2026-03-04 09:00:00"):
            self._link(lead, client)
        event = self._events(lead, "link")
        self.assertEqual((event.user_id, event.partner_id), (self.user_own, client))
        self.assertEqual(event.summary, "Linked to Ada Rossi")
        self.assertEqual(str(lead.date_client), "2026-03-04 09:00:00")

    def test_a_sure_client_is_chosen_beforehand(self):
        client = self._client(phone="0039 333 12 34 567")
        dialog = self._dialog(self._inquiry())
        self.assertEqual((dialog.choice, dialog.partner_id), ("candidate", client))
        self.assertTrue(dialog.candidate_ids.reasons)

    def test_without_any_candidate_a_new_client_is_proposed(self):
        dialog = self._dialog(self._inquiry(phone="+39 333 9999999", email_from="no@body.example", contact_name="Q Z"))
        self.assertEqual((dialog.choice, dialog.partner_id, len(dialog.candidate_ids)), ("new", self._client()[:0], 0))

    def test_another_person_with_the_phone_is_not_chosen_beforehand(self):
        self._client(name="Bruno Rossi", phone=PHONE)
        dialog = self._dialog(self._inquiry())
        self.assertFalse(dialog.choice)
        self.assertTrue(dialog.candidate_ids)

    def test_who_is_named_at_once_stays_chosen(self):
        """As a script does it that opens no dialog."""
        sure, named = self._client(phone=PHONE), self._client(name="Bea Neri")
        dialogs = self.env["crm.lead.link.client"].with_user(self.user_own)
        lead = self._inquiry()
        dialog = dialogs.create({"lead_id": lead.id, "partner_id": named.id, "choice": "other"})
        self._forget()
        self.assertEqual((dialog.partner_id, dialog.choice), (named, "other"))
        self.assertIn(sure, dialog.candidate_ids.partner_id)
        dialog.action_link()
        self.assertClient(lead, named, "linked")

    def test_who_is_not_the_same_person_is_not_proposed_again(self):
        client, lead = self._client(phone=PHONE), self._inquiry()
        dialog = self._dialog(lead)
        dialog.candidate_ids.filtered(lambda candidate: candidate.partner_id == client).action_refuse()
        self.assertNotIn(client, self._dialog(lead).candidate_ids.partner_id)
        self.assertEqual(self._dialog(lead).refused_count, 1)
        self._dialog(lead).action_forget_refusals()
        self.assertIn(client, self._dialog(lead).candidate_ids.partner_id)

    def test_nothing_chosen_is_refused_in_words(self):
        self._client(name="Bruno Rossi", phone=PHONE)
        dialog = self._dialog(self._inquiry())
        with self.assertRefuses("Choose the client first"):
            dialog.action_link()

    def test_a_lead_that_belongs_to_another_client_is_refused(self):
        lead, first, second = self._inquiry(), self._client(), self._client()
        dialog = self._dialog(lead, choice="other", partner_id=second.id)
        self._link(lead, first)
        with self.assertRefuses("belongs to Ada Rossi already"):
            dialog.action_link()
        self.assertClient(lead, first, "linked")
        self.assertFalse(second.email)

    def test_a_double_click_links_once(self):
        lead, client = self._inquiry(), self._client()
        dialog = self._dialog(lead, choice="other", partner_id=client.id)
        dialog.action_link()
        dialog.action_link()
        self.assertEqual(len(self._events(lead, "link")), 1)

    def test_whoever_is_chosen_after_all_is_no_other_person_any_more(self):
        lead, client = self._inquiry(), self._client()
        lead.with_user(self.user_own)._refuse_client(client)
        self._dialog(lead, choice="other", partner_id=client.id).action_link()
        self.assertFalse(lead.refused_client_ids)

    def test_removed_leads_are_refused(self):
        lead, client = self._inquiry(), self._client()
        dialog = self._dialog(lead, choice="other", partner_id=client.id)
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        for refused in (dialog.action_link, dialog.action_create, lead.with_user(self.user_own).action_link_client):
            with self.assertRefuses("Restore them first"):
                refused()

    def test_a_removed_lead_is_restored_with_its_client(self):
        linked, converted, client = self._inquiry(), self._inquiry(), self._client()
        self._link(linked, client)
        made = self._convert(converted, client_phone="+39 340 0000001", client_email="x@y.example")
        (linked + converted).write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        (linked + converted).action_restore()
        self.assertClient(linked, client, "linked")
        self.assertClient(converted, made, "converted")
        client.email = "later@example.org"
        self.assertReceived(linked)

    # ------------------------------------------------------------
    # SALESPERSON
    # ------------------------------------------------------------

    def _notices(self, user, client):
        domain = [("partner_ids", "in", user.partner_id.ids), ("model", "=", "res.partner"), ("res_id", "=", client.id)]
        return self.env["mail.message"].search([*domain, ("message_type", "=", "user_notification")])

    def test_the_salesperson_is_told_by_the_way_of_choice(self):
        for way in ("inbox", "email"):
            self.user_all.notification_type = way
            client = self._client(user_id=self.user_all.id)
            lead = self._inquiry()
            self._link(lead, client, notify=True)
            notice = self._notices(self.user_all, client)
            self.assertIn(f'data-oe-id="{lead.id}">{lead.number}</a>', notice.body)
            self.assertEqual(notice.notification_ids.notification_type, way)

    def test_the_salesperson_is_not_told_without_the_option(self):
        client = self._client(user_id=self.user_all.id)
        self._link(self._inquiry(), client)
        self.assertFalse(self._notices(self.user_all, client))

    def test_nobody_tells_oneself(self):
        client = self._client(user_id=self.user_own.id)
        dialog = self._dialog(self._inquiry(), choice="other", partner_id=client.id)
        self.assertFalse(dialog.notify_salesperson)
        self._link(self._inquiry(), client, notify=True)
        self.assertFalse(self._notices(self.user_own, client))

    # ------------------------------------------------------------
    # ODOO'S OWN FIELD
    # ------------------------------------------------------------

    def test_a_client_set_in_odoos_field_is_synchronised(self):
        lead, client = self._inquiry(), self._client(phone="+39 02 555 0101", email="ada@home.example")
        lead.with_user(self.user_own).partner_id = client
        self.assertClient(lead, client, "linked")
        self.assertEqual(lead.email_from, "ada@home.example")
        client.email = "moved@home.example"
        self._forget()
        self.assertEqual(lead.email_from, "moved@home.example")
        lead.phone = "+39 02 555 0102"
        self._forget()
        self.assertEqual(client.phone, "+39 02 555 0102")
        self.assertEqual(self._events(lead).mapped("kind").count("link"), 1)

    def test_a_client_taken_out_of_odoos_field_makes_the_lead_new(self):
        lead = self._inquiry(partner_id=self._client(phone=PHONE).id)
        self.assertClient(lead, lead.partner_id, "linked")
        lead.with_user(self.user_own).partner_id = False
        self.assertClient(lead, self._client()[:0], "new")

    def test_a_lead_does_not_stay_linked_to_a_client_that_is_deleted(self):
        lead = self._inquiry(partner_id=self._client().id)
        lead.partner_id.unlink()
        self.assertClient(lead, self._client()[:0], "new")

    def test_client_status_and_date_cannot_be_written(self):
        lead = self._inquiry().with_user(self.user_own)
        for name, value in (("client_status", "linked"), ("date_client", "2026-01-01"), ("is_contact_kept", True)):
            with self.assertRefuses("can't be written"):
                lead.write({name: value})

    def test_odoos_conversion_writes_the_status(self):
        leads = self._inquiry(type="lead") + self._inquiry(
            type="lead", contact_name="Bea Neri", phone="+39 340 1112223", email_from="bea@example.org"
        )
        client = self._client(phone=PHONE)
        for lead, action in zip(leads, ("exist", "create"), strict=True):
            wizards = self.env["crm.lead2opportunity.partner"].with_user(self.user_own)
            wizard = wizards.with_context(active_model="crm.lead", active_id=lead.id, active_ids=lead.ids)
            values = {"lead_id": lead.id, "name": "convert", "action": action}
            wizard = wizard.create(values)
            if action == "exist":
                self.assertEqual(wizard.partner_id, client)
            wizard.action_apply()
        self.assertClient(leads[0], client, "linked")
        self.assertClient(leads[1], leads[1].partner_id, "converted")
        self.assertEqual(leads[1].partner_id.name, "Bea Neri")
        self.assertTrue(self._events(leads[1], "convert"))
