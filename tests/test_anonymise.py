from datetime import timedelta

from markupsafe import Markup
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.crm_lead_personal import KEPT_FIELDS, PERSONAL_FIELDS, TEXT_TYPES
from .privacy_common import PrivacyCase


@tagged("post_install", "-at_install")
class TestAnonymise(PrivacyCase):
    """Leads that came to nothing are anonymised after the days of their company, and not before."""

    def test_nothing_of_the_person_is_left_anywhere_and_every_count_stays(self):
        lead = self._lost()
        number, before = lead.number, self._counts_by_group()
        self.assertGreater(len(self._find_secrets()), 30, "places in which something stands")
        self._anonymise()
        self.assertEqual(self._find_secrets(), [])
        self.assertEqual(self._counts_by_group(), before)
        self.assertEqual((lead.name, lead.number, lead.display_name), (number, number, number))
        self.assertTrue(lead.is_anonymised)
        self.assertEqual((lead.lost_reason_id, lead.source_id, lead.won_status), (self.reason, self.source, "lost"))
        event = self._events(lead, "anonymise")
        self.assertEqual((len(event), event.data), (1, {}))
        self.assertEqual(event.summary, "Erased whose lead it was")

    def test_of_the_log_figures_stay(self):
        lead = self._lost()
        self._anonymise()
        call, dial, appointment, merge = self._events(lead, "call", "dial", "appointment", "merge")
        self.assertEqual(call.data.keys(), {"call", "outcome", "recall_at"})
        self.assertFalse(dial.data)
        self.assertEqual(appointment.data, {"agent": "Gina", "time": "2026-11-26 10:00:00"})
        self.assertEqual(merge.data, {"number": "LEAD/1"})
        conclusion = self._events(lead, "conclude").data
        self.assertEqual((conclusion["won_status"], conclusion["lost_reason"]), ("lost", self.reason.id))
        for event in self._events(lead):
            self.assertIsInstance(event.summary, str)
            self.assertFalse(event.received)

    def test_notes_on_a_blocked_number_go_and_the_block_stays(self):
        lead = self._lost()
        block = self.env["phone.blacklist"].sudo()._add(["+393337654321"], message="Asked for by Ottavia")
        self._anonymise()
        self.assertNotIn("Ottavia", str(block.message_ids.mapped("body")))
        self.assertEqual((block.active, lead.phone), (True, False))

    def test_summaries_of_other_leads_are_left_alone(self):
        lead = self._lost()
        other = self._lead()
        body = Markup(f'<a data-oe-model="crm.lead" data-oe-id="{lead.id}{other.id}" href="#">Another</a>')
        message = self.env["mail.thread"].message_notify(partner_ids=self.user_own.partner_id.ids, body=body)
        self._anonymise()
        self.assertIn("Another", message.body)

    def test_removed_leads_too(self):
        lead = self._known_lead()
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self._age(lead)
        self._anonymise()
        self.assertTrue(lead.date_anonymised)
        self.assertEqual((lead.client_status, lead.removal_reason_id), ("removed", self.removal_reason))
        self.assertEqual(self._find_secrets(), [])

    def test_what_is_not_due(self):
        partner = self.env["res.partner"].create({"name": "Client"})
        ordered = self._lost()
        self.env["sale.order"].create({"partner_id": partner.id, "opportunity_id": ordered.id})
        recent, answered, elsewhere = (
            self._lost(),
            self._lost(),
            self._lost(company_id=self.other_company.id, user_id=False, team_id=False),
        )
        self._age(recent, days=29)
        self._set_in_database(answered, date_customer_wrote=fields.Datetime.now() - timedelta(days=2))
        client = self._lost(partner_id=partner.id)
        archived, still_open, won = self._known_lead(), self._known_lead(), self._known_lead()
        archived.active = False
        won.stage_id = self.stage_won
        for lead in (archived, still_open, won):
            self._age(lead)
        self._anonymise()
        kept = recent + answered + elsewhere + client + archived + still_open + won + ordered
        for lead in kept:
            self.assertFalse(lead.date_anonymised, lead.id)
        self.other_company.lead_anonymise_days = 30
        self._anonymise()
        self.assertTrue(elsewhere.date_anonymised)

    def test_it_is_off_by_default(self):
        self.assertFalse(self.env["res.company"].create({"name": "New"}).lead_anonymise_days)
        self.company.lead_anonymise_days = 0
        lead = self._lost()
        self._anonymise()
        self.assertFalse(lead.date_anonymised)

    @mute_logger("odoo.sql_db")
    def test_impossible_days_and_minutes(self):
        """One number that no date can hold would stop the jobs of all companies."""
        channel = self.env["crm.intake.channel"].create({"name": "Web site", "code": "impossible"})
        webhook = self.env["crm.webhook"].create({"name": "Warehouse", "url": "https://www.example.org/leads"})
        for record, name, most in (
            (self.company, "lead_anonymise_days", 36500),
            (self.company, "call_release_minutes", 525600),
            (self.company, "call_take_back_minutes", 525600),
            (channel, "again_days", 3650),
            (channel, "keep_days", 3650),
            (webhook, "give_up_days", 3650),
            (webhook, "keep_days", 3650),
        ):
            record[name] = most
            self.env.flush_all()
            for value in (-1, most + 1):
                with (
                    self.subTest(field=name, value=value),
                    self.assertRaises(CheckViolation),
                    self.env.cr.savepoint(),
                ):
                    record[name] = value
                    self.env.flush_all()

    def test_as_many_queries_for_many_leads(self):
        def count(number):
            leads = self.env["crm.lead"].create(
                [{"name": f"Secretname {place}", "phone": f"+39 333 2{place:06}"} for place in range(number)]
            )
            for lead in leads:
                lead.message_post(body="Hello")
            leads.action_set_lost()
            self._age(leads)
            return self._count_queries(lambda: self.env["crm.lead"]._cron_anonymise())

        few = count(2)
        self.assertLessEqual(count(40), few + 5)

    def test_the_job_goes_batch_by_batch(self):
        self.patch(self.env.registry["crm.lead"], "_ageing_batch", 2)
        leads = self.env["crm.lead"].create([{"name": "Secretname"} for _number in range(5)])
        leads.action_set_lost()
        self._age(leads)
        with self.enter_registry_test_mode():
            self.env.ref("crm_lead_lifecycle.ir_cron_lead_anonymise").method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(all(leads.mapped("date_anonymised")))
        self._anonymise()
        self.assertEqual(len(self._events(leads, "anonymise")), 5, "once each")

    def test_an_anonymised_lead_is_not_worked_on(self):
        lead = self._lost()
        self._anonymise()
        partner = self.env["res.partner"].create({"name": "Somebody", "phone": "+39 333 1112223"})
        other = self._lead()
        for act in (
            lead.action_restore,
            lambda: lead.write({"active": True}),
            lambda: lead.write({"stage_id": self.stage_new.id}),
            lambda: lead.write({"partner_id": partner.id}),
            lambda: lead.write({"phone": "+39 333 7654321"}),
            lambda: lead._link_client(partner),
            lambda: lead.with_user(self.coordinator).action_call(),
            lambda: (lead + other).merge_opportunity(),
        ):
            with self.assertRaisesRegex(UserError, "[Aa]nonymised"), self.env.cr.savepoint():
                act()
        self.assertFalse(self.campaign.add_leads(lead))
        self.assertIn("anonymised", lead._get_conversation_obstacle())
        self.assertIn("anonymised", lead._get_send_problem())
        lead.write({"active": False, "name": lead.name})  # nothing new

    def test_nobody_undoes_a_client_that_is_not_known_any_more(self):
        lead = self._lost()
        lead.partner_id = self.env["res.partner"].create({"name": "Somebody"})
        lead.partner_id = False
        self._anonymise()
        self.assertTrue(lead.date_anonymised)
        with self.assertRaisesRegex(UserError, "nobody knows whose they were"):
            lead.action_undo_client()

    def test_nobody_writes_it_by_hand(self):
        lead = self._lead()
        for name, value in (("date_anonymised", fields.Datetime.now()), ("is_suppressed", True)):
            with self.assertRaisesRegex(UserError, "can't be written"):
                lead.with_user(self.user_admin).write({name: value})

    def test_found_by_its_filter(self):
        lead = self._lost()
        self._anonymise()
        leads = self.env["crm.lead"].with_context(active_test=False)
        self.assertEqual(leads.search([("is_anonymised", "=", True), ("id", "in", (lead + self.leads).ids)]), lead)
        self.assertEqual(
            leads.search([("is_anonymised", "=", False), ("id", "in", (lead + self.leads[0]).ids)]), self.leads[0]
        )

    def test_settings(self):
        settings = self.env["res.config.settings"].create({"lead_anonymise_days": 90})
        settings.execute()
        self.assertEqual(self.company.lead_anonymise_days, 90)

    def test_every_text_is_known_as_personal_or_not(self):
        """A new field with room for a text has to be put into one of the lists of crm_lead_personal."""
        for model in PERSONAL_FIELDS:
            texts = {
                name
                for name, field in self.env[model]._fields.items()
                if field.store and field.type in TEXT_TYPES and not field.manual
            }
            known = {*PERSONAL_FIELDS[model], *KEPT_FIELDS.get(model, ())}
            self.assertFalse(texts - known, f"{model}: neither personal nor kept")

    def test_texts_of_fields_that_were_added_by_hand_go_too(self):
        lead = self._lost()
        self._set_in_database(lead, former_numbers="Ottavia")
        self.patch(self.env["crm.lead"]._fields["former_numbers"], "manual", True)
        self._anonymise()
        self.assertFalse(lead.former_numbers)
