from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_suppression import EMAIL, ERASED, SuppressionCase


@tagged("post_install", "-at_install")
class TestSuppressionWays(SuppressionCase):
    """However the phone or the address of an erased person is written, and by whatever way it comes in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.italy = cls.env.ref("base.it")
        cls.company.country_id = cls.italy

    def test_however_it_is_written(self):
        before = self._lead(email_from=f"Ottavia <ottavia+shop@example.org>, {EMAIL}")
        unread = self._lead(phone="333 7654321 / 06 1234567")
        self._suppress()
        for lead in (before, unread):
            self.assertTrue(lead.is_suppressed, lead.email_from or lead.phone)
        for phone in (
            "+39 333 7654321",
            "0039 333 7654321",
            "333 7654321",
            "333/7654321",
            "tel:+39-333-765-4321",
            "+39 333 7654321 ext. 5",
            "333.7654321",
            "06 1234567 / 333 7654321",
            "06 1234567, +39 333 7654321",
        ):
            self.assertTrue(self._lead(phone=phone, country_id=self.italy.id).is_suppressed, phone)
        for email in (
            "OTTAVIA@Example.ORG",
            "ottavia+news@example.org",
            '"Ottavia, S." <ottavia@example.org>',
            "marco@example.org, ottavia@example.org",
            "marco@example.org; Ottavia <ottavia@example.org>",
        ):
            self.assertTrue(self._lead(email_from=email).is_suppressed, email)
        for email in ("xottavia@example.org", "ottavia@example.org.uk", "+@example.org"):
            self.assertFalse(self._lead(email_from=email).is_suppressed, email)
        self.assertFalse(self._lead(phone="+39 333 76543210").is_suppressed)

    def test_a_number_that_can_not_be_read(self):
        self.env["crm.suppression"]._suppress(self.company, ["99912"], ["other@example.org"])
        self.env["crm.suppression"]._suppress(self.company, ["00001234567"], ())
        self.assertTrue(self._lead(phone="0000 123-4567").is_suppressed)
        self.assertFalse(self._lead(phone="999 12").is_suppressed, "too short to be anybody's")

    def test_among_other_words_and_numbers(self):
        """Also where the company's own country does not say how to read it."""
        written = (
            "+39 333 7654321 (mobile)",
            "(mobile) +39 333 7654321",
            "+39 333 7654321 or 06 1234567",
            "06 1234567 oder +39 333 7654321",
            "+39 333 7654321 - 06 1234567",
            "+39 333 7654321 06 1234567",
            "06 12345678 +39 333 7654321",
            "+39 333 7654321 +39 06 1234567",
            "Ottavia: 0039 333 7654321 (evenings)",
            "0039 333 7654321 - 06 12345678",
            "393337654321 (m)",
            "+39 333 / 7654321 mobile",
            "+39.333.765.43.21 whatsapp",
            "+39 333 76 54 32 1 (mobile)",
            "+39 333 7654321 ext. 12, 06 1234567",
            "+39 (333) 765-4321 home\n+39 06 1234567",
        )
        before = [self._lead(phone=phone) for phone in written]
        self.env.flush_all()  # it is settled that nobody is suppressed
        self._suppress()
        own = ("333/7654321 or 335/1234567", "3337654321 3351234567", "333 7654321 cell, 335 1234567 home")
        others = (
            "+39 333 7654322 (mobile)",
            "+39 333 1112223 or 06 7654321",
            "+39 334 7654321 - 06 1234567",
            "+39 333 76543210 (mobile)",
            "+44 (0)20 7946 0958 (desk)",
            "(333) 765-4321 ext. 12",
            "765-4321 (desk)",
            "ext. 4321",
        )
        for country, phones in ((self.env.ref("base.us"), written), (self.italy, written + own)):
            self.company.country_id = country
            for phone in phones:
                self.assertTrue(self._lead(phone=phone).is_suppressed, f"{phone} {country.code}")
        self.company.country_id = self.env.ref("base.us")
        for phone in others:
            self.assertFalse(self._lead(phone=phone).is_suppressed, phone)
        for lead in before:
            self.assertTrue(lead.is_suppressed, lead.phone)

    def test_the_queue_hands_no_such_number_out(self):
        self.company.country_id = self.env.ref("base.us")
        self._suppress()
        leads = self._lead(phone="+39 333 7654321 (mobile)", user_id=False)
        leads += self._lead(phone="+39 333 7654321 or 06 1234567", user_id=False)
        campaign = self._campaign(leads)
        self.assertFalse(campaign.entry_ids)
        self.assertFalse(self._claim(campaign=campaign))

    def test_one_of_two_numbers_that_were_suppressed_together(self):
        self.company.country_id = self.env.ref("base.us")
        _company, phones, emails = self._lead(phone="+39 333 7654321 (mobile) or 0800 12 34")._get_suppression_contact()
        self._suppress(phones, emails)
        self.assertTrue(self._new_lead().is_suppressed)

    def test_further_phones_of_a_client(self):
        phones = [Command.create({"phone": "+39 333 7654321 (mobile)"})]
        before = self.env["res.partner"].create({"name": "Ottavia", "client_phone_ids": phones})
        of_before = self._lead(partner_id=before.id)
        self.assertFalse(of_before.is_suppressed)
        self._suppress()
        self.assertTrue(of_before.is_suppressed)
        client = self.env["res.partner"].create({"name": "Ottavia"})
        lead = self._lead(partner_id=client.id)
        self.assertFalse(lead.is_suppressed)
        client.client_phone_ids = [Command.create({"phone": "+39 333 7654321"})]
        self.assertTrue(lead.is_suppressed)

    def test_by_whatever_way(self):
        self._suppress()
        leads = self.env["crm.lead"].with_user(self.user_manager)
        created = leads.create({"name": "RPC", "phone": "+39 333 7654321"})
        written = leads.create({"name": "Written"})
        written.write({"email_from": EMAIL})
        with Form(leads) as form:
            form.name = "Form"
            form.phone = "333 7654321"
        by_mail = self.env["crm.lead"].browse(
            self.env["crm.lead"].message_new({"from": EMAIL, "subject": "Hello", "body": "Hello"}).id
        )
        partner = self.env["res.partner"].create({"name": "Marco", "phone": "+39 333 1112229"})
        merged_into = leads.create({"name": "Of Marco", "partner_id": partner.id})
        second = self.env["res.partner"].create({"name": "Marco", "email": EMAIL})
        self.env["base.partner.merge.automatic.wizard"]._merge((partner + second).ids, partner)
        partner.email = EMAIL
        for lead in (created, written, form.record, by_mail, merged_into):
            self.assertTrue(lead.is_suppressed, lead.name)
            self.assertFalse(self.campaign.add_leads(lead.with_env(self.env)))

    def test_nobody_says_that_a_lead_is_free(self):
        self._suppress()
        leads = self.env["crm.lead"].with_user(self.user_manager)
        try:
            with self.env.cr.savepoint():
                lead = leads.create({"name": "Free", "phone": "+39 333 7654321", "is_suppressed": False})
        except UserError:
            return
        self.assertTrue(lead.is_suppressed)

    def test_an_import_that_began_before_the_erasure(self):
        lead = self._new_lead(user_id=False)
        campaign = self._campaign(lead)
        self._suppress()
        self._set_in_database(lead, is_suppressed=False)  # as it did not see the row
        self.assertIn(ERASED, lead._get_call_block_notice())
        self.assertFalse(self._claim(campaign=campaign))
        self.assertTrue(lead.is_suppressed)
        self.assertEqual((campaign.entry_ids.state, campaign.entry_ids.exclusion), ("excluded", "suppressed"))

    def test_who_was_erased_twice_is_answered_about_what_they_asked_after_the_last_time(self):
        rows = self._suppress()
        rows.filtered(lambda row: row.kind == "phone").date = fields.Datetime.now() - timedelta(days=400)
        lead = self._new_lead(email_from=EMAIL)
        self._set_in_database(lead, date_customer_wrote=fields.Datetime.now() - timedelta(days=30))
        self.assertIn(ERASED, lead._get_suppression_notice())
