from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .privacy_common import EMAIL, PHONE, PersonCase


@tagged("post_install", "-at_install")
class TestPersonFind(PersonCase):
    """Who is the same person, for whoever may ask."""

    def test_by_client_e_mail_and_phone_archived_or_not(self):
        by_mail = self._lead(contact_name="Somebody", email_from="OTTAVIA@example.org")
        by_phone = self._lead(contact_name="Ottavia S.", phone="0039 333 765 4321")
        by_line = self._lead(phone="+39 333 7654322")
        husband = self._lead(contact_name="Marco Rossi", phone=PHONE)
        lost = self._lead(email_from=EMAIL)
        lost.action_set_lost()
        second = self.env["res.partner"].create({"name": "O. Secretname", "email": EMAIL, "active": False})
        of_second = self._lead(partner_id=second.id)
        address = self.env["res.partner"].create(
            {"name": "Ottavia, home", "parent_id": self.client.id, "type": "delivery"}
        )
        stranger = self._lead(email_from="other@example.org", phone="+39 333 1112223")
        for seed in ({"lead": self.lead}, {"partner": self.client}):
            found = self._found(self._request(**seed))
            for record in (self.lead, self.client, by_mail, by_phone, by_line, lost, second, of_second, address):
                self.assertTrue(found[record][1], record)
            self.assertEqual(found[husband], ("Same phone, another name", False))
            self.assertNotIn(stranger, found)

    def test_a_company_is_no_person(self):
        company = self.env["res.partner"].create(
            {"name": "Secretname Ltd", "is_company": True, "email": "info@example.org"}
        )
        worker = self.env["res.partner"].create({"name": "Carlo", "parent_id": company.id})
        lead = self._lead(contact_name="Dora", email_from="dora@example.org", partner_id=company.id)
        found = self._found(self._request(lead))
        self.assertNotIn(worker, found)
        self.assertEqual(found[company], ("The client", False))
        found = self._found(self._request(partner=company))
        self.assertEqual(found[worker], ("Belongs to the client", False))

    def test_colleagues_and_own_companies_are_refused(self):
        for partner in (self.user_own.partner_id, self.other_company.partner_id):
            partner.email = EMAIL
        request = self._request(self.lead)
        for partner in (self.user_own.partner_id, self.other_company.partner_id):
            line = request.line_ids.filtered(lambda line, partner=partner: line.partner_id.id == partner.id)
            if line:
                self.assertTrue(line.problem)
                self.assertFalse(line.is_chosen)
        with self.assertRaisesRegex(UserError, "can't be erased"):
            self.env["crm.person"].with_user(self.officer)._erase(
                self.env["crm.lead"].with_user(self.officer), self.user_own.partner_id.with_user(self.officer)
            )

    def test_nothing_is_said_of_hidden_leads_where_there_are_none(self):
        request = self._request(self.lead)
        self.assertFalse(request.hidden_notice)
        self.assertTrue(all(len(line) > 1 for line in request.stays.splitlines()), request.stays)
        self.assertEqual(request.action_erase()["params"]["message"], "Erased. Leads: 1, contacts: 1.")

    def test_leads_of_other_companies_are_counted_and_not_shown(self):
        hidden = self._lead(
            name="Theirs", email_from=EMAIL, company_id=self.other_company.id, user_id=False, team_id=False
        )
        request = self._request(self.lead)
        self.assertNotIn(hidden, self._found(request))
        self.assertIn("may not see stay: 1.", request.hidden_notice)
        self.assertIn("may not see stay: 1.", request.stays)
        request.action_erase()
        self.assertEqual((hidden.email_from, hidden.date_anonymised), (EMAIL, False))

    def test_contacts_of_other_companies_are_counted_and_not_shown(self):
        hidden = self.env["res.partner"].create({"name": "Theirs", "email": EMAIL, "company_id": self.other_company.id})
        request = self._request(self.lead)
        self.assertNotIn(hidden, self._found(request))
        self.assertIn("may not see stay: 1.", request.hidden_notice)
        self.assertIn("may not see stay: 1.", request.stays)
        request.action_erase()
        self.assertEqual(hidden.email, EMAIL)

    def test_only_who_was_given_the_right(self):
        for user in (self.user_own, self.user_all, self.user_manager, self.user_admin, self.operator):
            with self.assertRaises(AccessError):
                self._request(self.lead, user=user)
            people = self.env["crm.person"].with_user(user)
            for act in (people._erase, people._export):
                with self.assertRaises(AccessError):
                    act(self.lead.with_user(user), self.client.with_user(user))
        self.assertEqual(self.lead.contact_name, "Ottavia Secretname Junior")
        for name in ("erase_lead", "erase_partner", "export_lead", "export_partner"):
            action = self.env.ref(f"crm_lead_lifecycle.crm_person_request_action_{name}")
            self.assertEqual(action.group_ids, self.env.ref("crm_lead_lifecycle.group_person_officer"))

    def test_the_dialog_opens_from_lead_and_contact(self):
        other = self._lead(email_from=EMAIL)
        for record, name in ((self.lead, "erase_lead"), (self.client, "export_partner")):
            action = self.env.ref(f"crm_lead_lifecycle.crm_person_request_action_{name}")
            context = {f"default_{name[-4:] if name.endswith('lead') else 'partner'}_id": record.id}
            with Form(self.env[action.res_model].with_user(self.officer).with_context(**context)) as form:
                self.assertEqual(len(form.line_ids), 3)
                with form.line_ids.edit(len(form.line_ids) - 1) as line:
                    line.is_chosen = False
            chosen = form.record.line_ids.filtered("is_chosen")
            self.assertEqual(len(chosen), 2, "what was unticked stays so when it is saved")
        self.assertTrue(other.exists())

    def test_nothing_is_done_before_it_is_confirmed(self):
        request = self._request(self.lead)
        self.assertIn("Leads, anonymised: 1", request.goes)
        self.assertIn("closed as lost: 1", request.goes)
        self.assertIn("Contacts: 1", request.goes)
        self.assertFalse(request.hidden_notice)
        self.assertEqual(self.lead.contact_name, "Ottavia Secretname Junior")
        with Form(request) as form:
            for number in range(len(request.line_ids)):
                with form.line_ids.edit(number) as line:
                    line.is_chosen = False
            self.assertNotIn("Contacts", form.goes or "")
        with self.assertRaisesRegex(UserError, "Choose at least one"):
            request.action_erase()


@tagged("post_install", "-at_install")
class TestPersonErase(PersonCase):
    """A person is erased from all places, but where the law asks to keep them."""

    def test_nothing_is_left(self):
        self.env["mail.mail"].create({"email_to": EMAIL, "subject": "Ottavia", "body_html": "<p>Ottavia</p>"})
        meeting = self.env["calendar.event"].create(
            {
                "name": "Coffee with Ottavia",
                "start": fields.Datetime.now(),
                "stop": fields.Datetime.now() + timedelta(hours=1),
                "partner_ids": [Command.set((self.client + self.user_own.partner_id).ids)],
            }
        )
        self.client.message_post(body="Ottavia called")
        channel = self.env["crm.intake.channel"].create({"name": "Broken", "code": "broken"})
        failed = self.env["crm.intake.request"].create(
            {"channel_id": channel.id, "payload": f'{{"mail": "{EMAIL}", "name": "Ottavia"}}', "state": "failed"}
        )
        number, calls = self.lead.number, len(self.lead.call_ids)
        message = self._erase(self.lead)
        self.assertIn("Erased. Leads: 1, contacts: 1.", message)
        self.assertFalse(self.client.exists())
        self.assertEqual(self._find_secrets(), [])
        self.assertEqual((self.lead.number, len(self.lead.call_ids)), (number, calls))
        self.assertEqual(meeting.partner_ids, self.user_own.partner_id)
        self.assertTrue(failed.is_erased)
        self.assertEqual(self._events(self.lead, "anonymise").user_id, self.officer)

    def test_nothing_of_who_has_a_like_address(self):
        mail = self.env["mail.mail"].create({"email_to": f"maria{EMAIL}", "body_html": "<p>Hello</p>"})
        channel = self.env["crm.intake.channel"].create({"name": "Broken", "code": "broken"})
        intake = self.env["crm.intake.request"].create(
            {"channel_id": channel.id, "payload": f'{{"mail": "maria{EMAIL}", "phone": "+3933376543210"}}'}
        )
        lead = self._lead(email_from=f"maria{EMAIL}", phone="+39 333 76543210")
        self._erase(self.lead)
        self.assertTrue(mail.exists())
        self.assertFalse(intake.is_erased or lead.date_anonymised or lead.is_suppressed)

    def test_requests_of_others_in_which_a_few_digits_stand(self):
        channel = self.env["crm.intake.channel"].create({"name": "Broken", "code": "broken"})
        requests = self.env["crm.intake.request"].create(
            [
                {"channel_id": channel.id, "payload": payload, "state": "failed"}
                for payload in ('{"nights": 7}', f'{{"mail": "{EMAIL}.uk"}}', f'{{"mail": "{EMAIL}-farm.example"}}')
            ]
        )
        self.lead.phone = "7"
        records = self.env["crm.person"]._get_records(self.lead, self.client)["requests"]
        self.assertFalse(requests & records)
        self._erase(self.lead)
        self.assertEqual(requests.mapped("is_erased"), [False] * 3)

    def test_leads_at_work_are_closed_as_lost(self):
        self._erase(self.lead)
        self.assertEqual(self.lead.won_status, "lost")
        self.assertEqual(self.lead.lost_reason_id, self.env.ref("crm_lead_lifecycle.crm_lost_reason_erased"))
        self.assertFalse(self.lead.partner_id)
        self.assertEqual(self.lead.client_status, "linked", "as it was counted")

    def test_confirmed_orders_keep_name_and_address(self):
        order = self._order(confirm=True)
        self.env["mail.blacklist"]._add(EMAIL)
        request = self._request(self.lead)
        self.assertIn("the law asks to keep: 1", request.stays)
        self.assertIn("who want no calls and mails", request.stays)
        request.action_erase()
        self.env.invalidate_all()
        client = self.client
        self.assertEqual((client.name, client.street, client.active), ("Ottavia Secretname", "Hiddenplace 1", False))
        self.assertFalse(client.email or client.phone or client.comment or client.client_phone_ids)
        self.assertEqual((order.state, order.partner_id, order.opportunity_id), ("sale", client, self.lead))
        self.assertFalse(self.lead.partner_id)
        self.assertTrue(self.lead.date_anonymised)
        self.assertNotIn(EMAIL, str(client.message_ids.mapped("body")))
        self.assertNotIn("crm_client_key", self._find_secrets())

    def test_quotations_stay_without_the_person(self):
        order = self._order(client_order_ref="Ottavia", note="<p>For Ottavia</p>")
        order.message_post(body="Ottavia wants it cheaper")
        self._erase(partner=self.client)
        self.assertEqual(order.state, "cancel")
        self.assertEqual((self.client.name, self.client.active), ("Erased contact", False))
        self.assertEqual(self._find_secrets(), [])

    def test_other_leads_keep_their_client(self):
        husband = self._lead(contact_name="Marco", phone=PHONE, partner_id=self.client.id)
        request = self._request(self.lead)
        request.line_ids.filtered(lambda line: line.lead_id.id == husband.id).is_chosen = False
        self.assertIn("which you have not chosen", request.stays)
        request.action_erase()
        self.assertEqual((husband.partner_id, self.client.name), (self.client, "Ottavia Secretname"))
        self.assertTrue(self.lead.date_anonymised)

    def test_upcoming_appointments_are_cancelled_without_a_mail(self):
        event = self.env["calendar.event"].create(
            {
                "name": "Ottavia",
                "start": fields.Datetime.now() + timedelta(days=3),
                "stop": fields.Datetime.now() + timedelta(days=3, hours=1),
                "opportunity_id": self.lead.id,
                "partner_ids": [Command.set((self.client + self.agent.partner_id).ids)],
                "user_id": self.agent.id,
            }
        )
        self.env["calendar.event"].flush_model()
        self._set_in_database(event, appointment_state="booked")
        self._erase(self.lead)
        self.assertFalse(event.active)
        self.assertEqual(event.appointment_state, "cancelled")
        self.assertFalse(self.env["mail.mail"].search([("email_to", "ilike", EMAIL)]))
        self.assertEqual(self._find_secrets(), [])

    def test_a_login_of_the_portal_ends(self):
        user = new_test_user(self.env, "ottavia.login", "base.group_portal", partner_id=self.client.id)
        self._erase(partner=self.client)
        self.assertFalse(user.active)
        self.assertEqual(user.login, f"erased-{user.id}")
        self.assertEqual((self.client.name, self.client.active), ("Erased contact", False))
        self.assertEqual(self._find_secrets(), [])

    def test_merged_leads(self):
        other = self._lead(email_from=EMAIL, contact_name="Ottavia", phone=PHONE, partner_id=self.client.id)
        winner = (self.lead + other).merge_opportunity()
        numbers = winner.former_numbers
        self._erase(winner)
        self.assertEqual(winner.former_numbers, numbers)
        self.assertEqual(self._find_secrets(), [])

    def test_the_person_stays_suppressed(self):
        self._erase(self.lead)
        rows = self.env["crm.suppression"].search([])
        self.assertEqual(sorted(rows.mapped("kind")), ["email", "phone", "phone"])
        self.assertEqual(rows.user_id, self.officer)
        again = self._lead(user=self.user_manager, phone="+39 333 7654322")
        self.assertTrue(again.is_suppressed)
        self.assertFalse(self.campaign.add_leads(again))

    def test_who_comes_second_finds_it_done(self):
        first, second = self._request(self.lead), self._request(self.lead)
        first.action_erase()
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "nothing left|Choose at least one"):
            second.action_erase()

    def test_what_fails_leaves_everything(self):
        def fail(*args):
            raise UserError(self.env._("No"))

        self.patch(self.env.registry["crm.suppression"], "_suppress", fail)
        request = self._request(self.lead)
        with self.assertRaisesRegex(UserError, "No"), self.env.cr.savepoint():
            request.action_erase()
        self.env.invalidate_all()
        self.assertEqual(self.lead.contact_name, "Ottavia Secretname Junior")
        self.assertTrue(self.client.exists())
