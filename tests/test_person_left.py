from datetime import timedelta
from unittest.mock import patch

from markupsafe import Markup

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .privacy_common import EMAIL, PHONE, PersonCase


@tagged("post_install", "-at_install")
class TestPersonLeft(PersonCase):
    """What could be left of a person in places that are easily forgotten."""

    def _file(self, model, record_id):
        return self.env["ir.attachment"].create(
            {"name": "Ottavia.txt", "raw": b"Ottavia", "res_model": model, "res_id": record_id}
        )

    def test_files_of_what_hangs_on_a_lead(self):
        activity = self.lead.activity_schedule("mail.mail_activity_data_todo")
        scheduled = self.env["mail.scheduled.message"].create(
            {
                "model": "crm.lead",
                "res_id": self.lead.id,
                "author_id": self.env.user.partner_id.id,
                "body": "Ottavia",
                "scheduled_date": fields.Datetime.now() + timedelta(days=1),
            }
        )
        hanging = [activity, scheduled, self.lead.call_ids[:1], self.lead.consent_ids[:1], self.lead.intake_ids[:1]]
        files = [self._file(record._name, record.id) for record in hanging]
        self._erase(self.lead)
        self.assertEqual([file.name for file in files if file.exists()], [])
        self.assertEqual(self._find_secrets(), [])

    def test_open_dialogs_and_exported_files(self):
        exported = self._request(self.lead, purpose="export")
        exported.action_export()
        others = [
            self.env["crm.lead.link.client"].create({"lead_id": self.lead.id, "client_last_name": "Secretname"}),
            self.env["mail.compose.message"].create(
                {"model": "crm.lead", "res_ids": str(self.lead.ids), "body": "Dear Ottavia", "subject": "Ottavia"}
            ),
            self.env["mail.compose.message"].create(
                {"model": "res.partner", "res_ids": str(self.client.ids), "body": "Dear Ottavia", "subject": "Ottavia"}
            ),
        ]
        self._erase(self.lead)
        self.assertFalse(exported.exists())
        self.assertFalse([dialog for dialog in others if dialog.exists()])
        self.assertEqual(self._find_secrets(), [])

    def test_names_that_an_import_gave(self):
        self.env["ir.model.data"].create(
            {"module": "__import__", "name": "lead_Ottavia", "model": "crm.lead", "res_id": self.lead.id}
        )
        own = self.env["ir.model.data"].create(
            {"module": "crm", "name": "a_demo_lead", "model": "crm.lead", "res_id": self.lead.id}
        )
        self._erase(self.lead)
        self.assertTrue(own.exists(), "an update of the module would make the lead once more")
        self.assertEqual(self._find_secrets(), [])

    def test_orders_are_not_named_after_the_lead(self):
        confirmed = self._order(confirm=True, origin=self.lead.name)
        draft = self._order(
            origin=self.lead.name,
            order_line=[
                Command.create({"product_id": self.product.id, "name": "Tent, as Ottavia wants it"}),
                Command.create({"display_type": "line_note", "name": "Ottavia pays later"}),
            ],
        )
        self._erase(self.lead)
        self.assertEqual(confirmed.origin, self.lead.number)
        self.assertEqual(draft.order_line.filtered("product_id").name, self.product.display_name)
        self.assertNotIn("sale_order.origin", self._find_secrets())
        self.assertNotIn("sale_order_line.name", self._find_secrets())

    def test_leads_of_others_that_the_person_was_the_client_of(self):
        other = self._lead(contact_name="Marco", phone="+39 333 1112223")
        other._link_client(self.client)
        other.message_post(body=self.client._get_html_link())
        other._detach_client()
        self.env.flush_all()
        self.assertIn("mail_message.body", self._find_secrets())
        self._erase(partner=self.client)
        self.assertFalse(other.date_anonymised)
        self.assertEqual(self._find_secrets(), [])

    def test_mentions_however_they_are_written(self):
        stays = self.env["res.partner"].create({"name": "Marco"})
        for attributes in (
            f'data-oe-id="{self.client.id}" data-oe-model="res.partner"',
            f'data-oe-model="res.partner" data-oe-id="{self.client.id}"',
        ):
            other = f'<a href="#" {attributes.replace(str(self.client.id), str(stays.id))}>@Marco</a>'
            message = stays.message_post(body=Markup(f'<a href="#" {attributes}>@Ottavia Secretname</a> {other}'))
            self.assertIn(attributes, message.body)
        self._erase(partner=self.client)
        self.assertEqual(self._find_secrets(), [])
        self.assertEqual(sum("@Marco" in message.body for message in stays.message_ids), 2)

    def test_what_odoo_copied_onto_leads_of_others(self):
        marco = self.env["res.partner"].create({"name": "Marco", "email": "marco@example.org", "street": "Via Po 1"})
        other = self._lead(contact_name="Marco", phone="+39 333 1112223", email_from="first@example.org")
        own = other.phone
        other.partner_id = self.client
        log = self.env["crm.lead.event"]
        log._log("dial", {other: {"number": "+393337654321"}})
        log._log("appointment", {other: {"agent": "Gina", "time": "2026-11-26 10:00:00", "mail": EMAIL}})
        other.partner_id = marco
        other.write({"phone": own, "contact_name": "Marco"})
        self.env.cr.flush()
        self.assertIn("crm_lead_event.data", self._find_secrets())
        self._erase(partner=self.client)
        self.assertFalse(other.date_anonymised)
        self.assertEqual((other.partner_id, other.email_from), (marco, "marco@example.org"))
        self.assertIn("Gina", self._events(other, "appointment").summary)
        self.assertTrue(self._events(other, "dial").summary)
        self.assertEqual(self._find_secrets(), [])

    def test_why_an_address_is_blocked(self):
        blocked = self.env["mail.blacklist"]._add(EMAIL, message="Ottavia was angry")
        line = self.env["phone.blacklist"].sudo()._add(["+393337654322"], message="Ottavia was angry")
        self._erase(self.lead)
        self.assertNotIn("Ottavia", str((blocked.message_ids + line.message_ids).mapped("body")))
        self.assertTrue(blocked.active and line.active)

    def test_texts_of_a_kept_contact_that_were_added_by_hand(self):
        self._order(confirm=True)
        self.client.company_name = "Ottavia's fields"
        self.patch(self.env["res.partner"]._fields["company_name"], "manual", True)
        self._erase(self.lead)
        self.assertFalse(self.client.company_name)
        self.assertEqual(self.client.name, "Ottavia Secretname")

    def test_what_screens_were_told(self):
        other = self._lead()
        for lead, body in ((self.lead, "Ottavia"), (other, "Nobody")):
            message = lead.message_post(body=body)
            self.env["bus.bus"]._sendone(
                "desk", "mail.record/insert", {"mail.message": [{"id": message.id, "body": body}]}
            )
        self.env.cr.flush()
        bus = self.env["bus.bus"].sudo()
        self.assertTrue(bus.search([("message", "ilike", "Ottavia")]))
        self._erase(self.lead)
        self.assertFalse(bus.search([("message", "ilike", "Ottavia")]))
        self.assertTrue(bus.search([("message", "ilike", "Nobody")]))

    def test_payments(self):
        provider = self.env["payment.provider"].search([], limit=1)
        method = self.env["payment.method"].with_context(active_test=False).search([], limit=1)
        values = {
            "provider_id": provider.id,
            "payment_method_id": method.id,
            "amount": 10,
            "currency_id": self.company.currency_id.id,
            "partner_id": self.client.id,
        }
        payment = self.env["payment.transaction"].create({**values, "reference": "T1"})
        self.assertEqual((payment.partner_name, payment.partner_email), ("Ottavia Secretname", EMAIL))
        self._erase(self.lead)
        self.assertEqual(payment.amount, 10)
        self.assertEqual(self._find_secrets(), [])

    def test_what_came_with_a_lead_that_was_merged(self):
        self.client.unlink()
        other = self._known_lead(name="Another")
        (self.lead + other).merge_opportunity(auto_unlink=True).action_set_lost()
        winner = (self.lead + other).exists()
        self._age(winner)
        self._anonymise()
        self.assertTrue(winner.date_anonymised)
        self.assertEqual(self._find_secrets(), [])

    def test_requests_of_who_shares_the_phone_stay(self):
        husband = self._lead(contact_name="Marco Rossi", phone=PHONE)
        channel = self.env["crm.intake.channel"].create({"name": "Site", "code": "site-husband"})
        values = {"channel_id": channel.id, "payload": f'{{"phone": "{PHONE}", "name": "Marco"}}', "state": "done"}
        intake = self.env["crm.intake.request"].create({**values, "lead_id": husband.id})
        repeat = self.env["crm.intake.request"].create({**values, "original_id": intake.id, "state": "duplicate"})
        request = self._request(self.lead, purpose="export")
        request.action_export()
        content = self._read(request)
        self.assertNotIn("Marco", content)
        self._erase(self.lead)
        self.assertFalse(intake.is_erased or repeat.is_erased)

    def _read(self, request):
        return self._unpack(request).read("person.json").decode()

    # ------------------------------------------------------------
    # RIGHTS
    # ------------------------------------------------------------

    def test_what_another_company_has_of_the_person(self):
        theirs = self.env["sale.order"].create(
            {
                "partner_id": self.client.id,
                "company_id": self.other_company.id,
                "client_order_ref": "Theirs of Ottavia",
            }
        )
        channel = self.env["crm.intake.channel"].create(
            {"name": "Theirs", "code": "theirs", "company_id": self.other_company.id}
        )
        intake = self.env["crm.intake.request"].create(
            {"channel_id": channel.id, "payload": f'{{"mail": "{EMAIL}"}}', "state": "failed"}
        )
        export = self._request(self.lead, purpose="export")
        export.action_export()
        self.assertNotIn(theirs.name, self._read(export))
        self.assertNotIn("Theirs", self._read(export))
        request = self._request(self.lead)
        self.assertIn("may not see: 1", request.stays)
        self.assertNotIn("Quotations", request.goes)
        request.action_erase()
        self.env.invalidate_all()
        self.assertEqual((theirs.state, theirs.client_order_ref), ("draft", "Theirs of Ottavia"))
        self.assertFalse(intake.is_erased)
        self.assertEqual((self.client.name, self.client.active), ("Ottavia Secretname", True))
        self.assertTrue(self.lead.date_anonymised)

    def test_nobody_reads_the_file_of_another_officer(self):
        request = self._request(self.lead, purpose="export")
        request.action_export()
        second = new_test_user(
            self.env,
            "second_officer",
            "crm_lead_lifecycle.group_person_officer",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        theirs = request.with_user(second)
        self.assertFalse(theirs.search([]))
        for act in (lambda: theirs.read(["file"]), theirs.action_erase, theirs.action_export):
            with self.assertRaises(AccessError):
                act()
        with self.assertRaises(AccessError):
            request.line_ids.with_user(second).read(["reason"])

    def test_from_a_contact_of_which_nothing_is_left(self):
        bruno = self.env["res.partner"].create({"name": "Bruno", "email": "bruno@example.org"})
        request = self._request(partner=bruno)
        action = request.action_erase()
        self.assertFalse(bruno.exists())
        self.assertIn("contacts: 1", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_model"], "res.partner")

    # ------------------------------------------------------------
    # AT THE SAME TIME, AND MANY
    # ------------------------------------------------------------

    def test_what_has_come_in_since_is_looked_at_first(self):
        request = self._request(self.lead)
        late = self._lead(email_from=EMAIL, name="Late")
        with self.assertRaisesRegex(UserError, "since you opened"):
            request.action_erase()
        self.assertFalse(self.lead.date_anonymised)
        self._request(self.lead).action_erase()
        self.assertTrue(self.lead.date_anonymised and late.date_anonymised)

    def test_as_many_queries_for_many_leads(self):
        def count(number):
            email = f"many{number}@example.org"
            leads = self.env["crm.lead"].create(
                [{"name": f"Many {place}", "email_from": email, "user_id": False} for place in range(number)]
            )
            self.env.flush_all()
            self.env.invalidate_all()

            def erase():
                request = self._request(leads[0])
                self.assertEqual(len(request.line_ids), number)
                request.action_erase()
                self.env.flush_all()

            queries = self._count_queries(erase)
            self.assertTrue(all(leads.mapped("date_anonymised")))
            return queries

        few = count(3)
        self.assertLessEqual(count(60), few * 2)

    def test_what_is_told_is_what_is_done(self):
        self._order(confirm=True)
        self._order()
        request = self._request(self.lead)
        said = dict(line.rsplit(": ", 1) for line in request.goes.splitlines())
        messages = self.env["mail.message"].search([("model", "=", "crm.lead"), ("res_id", "=", self.lead.id)])
        with patch.object(type(self.env["crm.person"]), "_erase_quotations", autospec=True) as erased:
            request.action_erase()
        self.assertEqual(str(len(erased.call_args.args[1])), said["Quotations, cancelled and without the person"])
        self.assertFalse(any(message.body for message in messages.exists() if not message.is_internal))
