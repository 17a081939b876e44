from datetime import timedelta

from psycopg2.errors import CheckViolation, ForeignKeyViolation

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools import mute_logger

from .common import TypeCase


class ConsentCase(TypeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.marketing, cls.profiling = cls.env["crm.consent.purpose"].create(
            [
                {"name": "Letters", "wording": "I like letters.", "wording_version": "2026-01", "sequence": 1},
                {"name": "Guessing", "wording": "Guess what I like.", "sequence": 2},
            ]
        )
        cls.client, cls.other_client = cls.env["res.partner"].create(
            [{"name": "Anna Bianchi", "email": "anna@example.com"}, {"name": "A. Bianchi", "email": "anna@example.com"}]
        )
        cls.now = fields.Datetime.now()

    @classmethod
    def _consent(cls, record, state="given", days_ago=0, user=None, **values):
        """A consent of a lead or a client."""
        values = {"purpose_id": cls.marketing.id, "state": state, **values}
        values["date"] = cls.now - timedelta(days=days_ago)
        values["lead_id" if record._name == "crm.lead" else "partner_id"] = record.id
        return cls.env["crm.consent"].with_user(user or cls.env.user).create(values).with_env(cls.env)

    def _current(self, record, user=None):
        """The states of the purposes as a user sees them."""
        self.env.invalidate_all()
        consents = record.with_user(user or self.env.user).current_consent_ids
        return {consent.purpose_id: consent.state for consent in consents}


class TestConsentPurpose(ConsentCase):
    def test_purpose_that_somebody_consented_to_is_not_deleted(self):
        self._consent(self._lead())
        with self.assertRaises(ForeignKeyViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.marketing.unlink()


class TestConsent(ConsentCase):
    def test_keeps_the_wording_as_it_was(self):
        consent = self._consent(self._lead())
        self.marketing.write({"wording": "I love letters.", "wording_version": "2026-02"})
        self.assertEqual((consent.wording, consent.wording_version), ("I like letters.", "2026-01"))
        self.assertEqual(self._consent(self._lead()).wording_version, "2026-02")

    def test_wording_is_in_the_language_of_the_person(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.marketing.with_context(lang="fr_FR").wording = "J'aime les lettres."
        self.client.lang = "fr_FR"
        self.assertEqual(self._consent(self.client).wording, "J'aime les lettres.")

    def test_latest_counts_whatever_the_order_of_recording(self):
        lead = self._lead()
        self._consent(lead, "withdrawn", days_ago=1)
        self._consent(lead, "given", days_ago=3)
        self._consent(lead, "given", purpose_id=self.profiling.id)
        self.assertEqual(self._current(lead), {self.marketing: "withdrawn", self.profiling: "given"})
        self.assertEqual(lead.current_consent_ids[0].display_name, "Letters: withdrawn")

    def test_belongs_to_a_lead_or_to_a_client(self):
        for values in ({}, {"lead_id": self._lead().id, "partner_id": self.client.id}):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                self.env["crm.consent"].create({"purpose_id": self.marketing.id, **values})

    def test_future_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "moment that has passed"):
            self._consent(self._lead(), days_ago=-1)

    def test_is_recorded_on_the_form_of_the_lead(self):
        lead = self._lead()
        with Form(lead.with_user(self.user_own)) as form, form.consent_ids.new() as line:
            line.purpose_id = self.marketing
            line.proof = "Said so on the phone"
        self.assertEqual(lead.consent_ids.user_id, self.user_own)
        self.assertEqual(lead.consent_ids.wording, "I like letters.")
        self.assertEqual(self._current(lead, self.user_own), {self.marketing: "given"})

    def test_current_consents_are_looked_up_for_all_leads_at_once(self):
        leads = self.env["crm.lead"]
        for _number in range(5):
            leads += self._lead(partner_id=self.client.id)
            self._consent(leads[-1])

        def count(records):
            self.env.invalidate_all()
            return self._count_queries(lambda: records.mapped("current_consent_ids.state"))

        count(leads)
        self.assertEqual(count(leads), count(leads[0]))

    # ------------------------------------------------------------
    # THE CLIENT
    # ------------------------------------------------------------

    def test_copied_to_the_client_once(self):
        lead = self._lead()
        first, second = self._consent(lead, days_ago=2, proof="Form"), self._consent(lead, "withdrawn", days_ago=1)
        lead.with_user(self.user_own)._link_client(self.client)
        copies = self.client.consent_ids.sorted("id")
        self.assertEqual(copies.source_consent_id, first + second)
        self.assertEqual(copies.mapped("state"), ["given", "withdrawn"])
        self.assertEqual((copies[0].date, copies[0].proof, copies[0].wording), (first.date, "Form", first.wording))
        self.assertFalse(lead._copy_consents_to_clients())
        self.assertEqual(self.client.consent_ids, copies)

    def test_later_withdrawal_wins_wherever_it_was_recorded(self):
        lead = self._lead()
        self._consent(lead, "given", days_ago=2)
        self._consent(self.client, "withdrawn", days_ago=1)
        lead._link_client(self.client)
        self.assertEqual(self._current(self.client), {self.marketing: "withdrawn"})
        self.assertEqual(self._current(lead), {self.marketing: "withdrawn"})

    def test_copy_counts_by_the_age_of_its_original(self):
        lead = self._lead()
        self._consent(lead, "given")
        self._consent(self.client, "withdrawn")
        lead._link_client(self.client)
        self.assertEqual(self._current(self.client), {self.marketing: "withdrawn"})

    def test_copied_whichever_way_the_lead_gets_its_client(self):
        by_hand, converted, merged = self._lead(), self._lead(contact_name="Bea", phone="+39 333 0000001"), self._lead()
        for lead in by_hand + converted + merged:
            self._consent(lead)
        by_hand.with_user(self.user_own).partner_id = self.client
        self.assertEqual(self.client.consent_ids.source_consent_id, by_hand.consent_ids)
        converted.with_user(self.user_own)._handle_partner_assignment()  # Odoo's own wizards
        self.assertEqual(converted.partner_id.consent_ids.source_consent_id, converted.consent_ids)
        born = self._lead(
            partner_id=self.other_client.id, consent_ids=[Command.create({"purpose_id": self.marketing.id})]
        )
        self.assertEqual(self.other_client.consent_ids.source_consent_id, born.consent_ids)
        (born + merged).merge_opportunity()
        self.assertEqual(len(self.other_client.consent_ids), 2)

    def test_copied_for_all_leads_at_once(self):
        def link(number):
            leads = self.env["crm.lead"].concat(*(self._lead() for _number in range(number)))
            for lead in leads:
                self._consent(lead)
            self._set_in_database(leads, partner_id=self.client.id, client_status="linked")
            return self._count_queries(leads._copy_consents_to_clients)

        link(1)
        self.assertEqual(link(1), link(5))

    def test_later_consent_of_a_linked_lead_goes_to_the_client_at_once(self):
        lead = self._lead(partner_id=self.client.id)
        self._consent(lead, "given", days_ago=1)
        self.assertEqual(self._current(self.client), {self.marketing: "given"})
        self._consent(lead, "withdrawn", user=self.user_own)
        self.assertEqual(self._current(self.client), {self.marketing: "withdrawn"})
        self.assertEqual(self.client.consent_ids[0].user_id, self.user_own)
        self._consent(self._lead())
        self.assertEqual(len(self.client.consent_ids), 2)

    def test_client_loses_exactly_the_copies_of_a_detached_lead(self):
        lead, other = self._lead(), self._lead()
        for inquiry in lead + other:
            self._consent(inquiry)
            inquiry._link_client(self.client)
        own = self._consent(self.client, "withdrawn")
        lead.action_detach_client()
        self.assertEqual(self.client.consent_ids.sorted("id").source_consent_id, other.consent_ids)
        self.assertIn(own, self.client.consent_ids)
        self.assertEqual(len(lead.consent_ids), 1, "the lead keeps what the inquirer said")
        self.assertEqual(self._current(lead), {self.marketing: "given"})

    def test_consent_goes_along_to_another_client(self):
        lead = self._lead(partner_id=self.client.id)
        consent = self._consent(lead)
        lead.partner_id = self.other_client
        self.assertFalse(self.client.consent_ids)
        self.assertEqual(self.other_client.consent_ids.source_consent_id, consent)
        lead.partner_id = False
        self.assertFalse(self.other_client.consent_ids)

    def test_undo_takes_the_copies_back_and_undoing_that_brings_them_again(self):
        lead = self._lead(contact_name="Bea Neri", phone="+39 333 0000001")
        consent = self._consent(lead)
        lead._link_client(self.client)
        for copies in (consent[:0], consent, consent[:0]):
            lead.action_undo_client()
            self.assertEqual(self.client.consent_ids.source_consent_id, copies)
        client = lead._convert_client({"name": "Bea Neri", "phone": "+39 333 0000001"})
        self.assertEqual(client.consent_ids.source_consent_id, consent)
        lead.action_undo_client()
        self.assertFalse(client.consent_ids)

    def test_a_removed_lead_tells_its_client_nothing_new(self):
        lead = self._lead(partner_id=self.client.id)
        self._consent(lead, "withdrawn", days_ago=1)
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self._consent(lead)
        self.assertEqual(self._current(self.client), {self.marketing: "withdrawn"})
        lead.action_restore()
        self.assertEqual(self._current(self.client), {self.marketing: "given"})

    def test_client_keeps_the_copies_of_a_deleted_lead(self):
        lead = self._lead(partner_id=self.client.id)
        self._consent(lead)
        lead.unlink()
        self.assertEqual(self._current(self.client), {self.marketing: "given"})

    # ------------------------------------------------------------
    # MERGES
    # ------------------------------------------------------------

    def test_merged_leads_keep_all(self):
        leads = self._lead(self.stage_late, partner_id=self.client.id) + self._lead()
        consents = self._consent(leads[0], days_ago=2) + self._consent(leads[1], "withdrawn", days_ago=1)
        winner = leads.with_user(self.user_own).merge_opportunity().with_env(self.env)
        self.assertEqual(winner.consent_ids.sorted("id"), consents)
        self.assertEqual(self.client.consent_ids.source_consent_id.sorted("id"), consents)
        self.assertEqual(self._current(winner), {self.marketing: "withdrawn"})
        self.assertEqual(self._current(self.client), {self.marketing: "withdrawn"})

    def test_merged_clients_keep_all(self):
        lead = self._lead(partner_id=self.other_client.id)
        self._consent(lead, "given", days_ago=2)
        own = self._consent(self.client, "withdrawn", days_ago=1)
        copy = self.other_client.consent_ids
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.client + self.other_client).ids, self.client)
        self.env.invalidate_all()
        self.assertEqual(self.client.consent_ids, own + copy)
        self.assertEqual(self._current(self.client), {self.marketing: "withdrawn"})
        self.assertFalse(lead._copy_consents_to_clients(), "copied twice")
        lead.partner_id = False
        self.assertEqual(self.client.consent_ids, own)
