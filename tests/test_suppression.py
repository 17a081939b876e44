from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..models.crm_suppression import SECRET
from .appointment_agreed_common import AgreedCase
from .call_common import CallCase
from .test_intake import IntakeCase

PHONE, EMAIL = "+393337654321", "ottavia@example.org"
ERASED = "asked to be erased"


class SuppressionCase(CallCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.suppressions = cls.env["crm.suppression"]
        cls.purpose = cls.env["crm.consent.purpose"].create({"name": "Calls", "allows_calls": True})

    def _suppress(self, phones=(PHONE,), emails=(EMAIL,), companies=None):
        rows = self.suppressions._suppress(companies or self.company, phones, emails)
        rows.date = fields.Datetime.now() - timedelta(days=1)
        return rows

    def _new_lead(self, user=None, **values):
        """One that a colleague has typed or imported."""
        return self._lead(user=user or self.user_manager, phone="+39 333 7654321", **values)


@tagged("post_install", "-at_install")
class TestSuppression(SuppressionCase):
    """Whoever was erased is known again by a hash, and left in peace."""

    def test_a_row_tells_nobody_who_it_was(self):
        rows = self._suppress()
        self.assertEqual(sorted(rows.mapped("kind")), ["email", "phone"])
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM crm_suppression WHERE id = ANY(%s)", [rows.ids])
        written = str(self.env.cr.fetchall())
        for secret in ("3337654321", "ottavia", "example.org"):
            self.assertNotIn(secret, written)
        for user in (self.user_manager, self.user_admin):
            row = rows[0].with_user(user)
            self.assertTrue(row.display_name)
            with self.assertRaises(AccessError):
                row.read(["key"])
            with self.assertRaises(AccessError):
                row.search([("key", "=", rows[0].key)])

    def test_the_hash_is_keyed(self):
        key = self.suppressions._get_key("phone", PHONE)
        self.env["ir.config_parameter"].sudo().set_param(SECRET, "another")
        self.assertNotEqual(self.suppressions._get_key("phone", PHONE), key)

    def test_a_copy_of_the_database_knows_them_too(self):
        self._suppress()
        self.env["ir.config_parameter"].init(force=True)  # as Odoo does with copies
        self.assertTrue(self._new_lead().is_suppressed)

    def test_the_secret_stays_as_long_as_anybody_is_suppressed(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param(SECRET, "first")
        self._suppress()
        with self.assertRaisesRegex(UserError, "known again"):
            parameters.set_param(SECRET, "second")
        with self.assertRaisesRegex(UserError, "known again"):
            parameters.search([("key", "=", SECRET)]).unlink()

    def test_who_may_see_and_write_it(self):
        rows = self._suppress()
        for user in (self.user_own, self.user_all, self.operator, self.user_portal):
            with self.assertRaises(AccessError):
                rows.with_user(user).read(["kind"])
        for user in (self.user_own, self.user_manager, self.user_admin):
            with self.assertRaises(AccessError):
                rows.with_user(user).create({"kind": "phone", "key": "x", "company_id": self.company.id})
        for act in (
            lambda: rows.with_user(self.user_manager).unlink(),
            lambda: rows.with_user(self.user_manager).write({"active": False}),
        ):
            with self.assertRaises(AccessError):
                act()
        self.assertFalse(self.suppressions.with_user(self.user_other_company).search([]))

    def test_a_contact_is_suppressed_once(self):
        rows = self._suppress()
        self.assertEqual(self._suppress(), rows)
        rows._lift("A mistake")
        self.assertEqual(self._suppress(), rows)
        self.assertTrue(all(rows.mapped("active")))
        self.assertFalse(rows[0].lift_reason)

    def test_leads_of_the_person_are_marked_whenever_they_come(self):
        before, other = self._new_lead(), self._lead(phone="+39 333 1112223", email_from="other@example.org")
        client = self.env["res.partner"].create({"name": "Ottavia", "email": "Ottavia@Example.org"})
        of_client = self._lead(partner_id=client.id)
        self._suppress()
        by_mail = self._lead(email_from="Ottavia <OTTAVIA@example.org>")
        for lead in (before, of_client, by_mail, self._new_lead()):
            self.assertTrue(lead.is_suppressed, lead.id)
        self.assertFalse(other.is_suppressed)
        other.phone = "0039 333 765 4321"
        self.assertTrue(other.is_suppressed)
        other.phone = "+39 333 1112223"
        self.assertFalse(other.is_suppressed)
        client.email = "somebody@example.org"
        self.assertFalse(of_client.is_suppressed)

    def test_an_import_can_not_bring_the_person_into_a_campaign(self):
        self._suppress()
        leads = self.env["crm.lead"].with_user(self.user_manager)
        result = leads.load(["name", "phone"], [["Ottavia", "+39 333 7654321"], ["Marco", "+39 333 1112224"]])
        imported = self.env["crm.lead"].browse(result["ids"])
        entries = self.campaign.add_leads(imported)
        self.assertEqual(entries.lead_id, imported[1])
        with self.assertRaisesRegex(UserError, ERASED):
            imported[0].with_user(self.coordinator).action_call()

    def test_the_queue_leaves_out_who_is_in_it(self):
        lead = self._new_lead(user_id=False)
        campaign = self._campaign(lead)
        entry = campaign.entry_ids
        with self._tried():
            self.assertEqual(self._claim(campaign=campaign), entry)
        self._suppress()
        (place,) = [
            place
            for place in lead.with_user(self.coordinator)._get_call_gates(self.operator)
            if place.campaign == campaign
        ]
        gate = {gate.key: gate for gate in place.gates}["suppressed"]
        self.assertIn(ERASED, gate.sentence)
        self.assertFalse(self._claim(campaign=campaign))
        self.assertEqual((entry.state, entry.exclusion), ("excluded", "suppressed"))
        (place,) = [
            place
            for place in lead.with_user(self.coordinator)._get_call_gates(self.operator)
            if place.campaign == campaign
        ]
        self.assertIn("Taken out: the customer asked to be erased.", [gate.sentence for gate in place.gates])
        self.suppressions.search([])._lift("A mistake")
        self.assertEqual(entry.state, "ready")
        self.assertEqual(self._claim(campaign=campaign), entry)

    def test_another_company_is_not_concerned(self):
        self._suppress()
        lead = self._new_lead(company_id=self.other_company.id, user_id=False, team_id=False)
        self.assertFalse(lead.is_suppressed)
        self._suppress(companies=self.company + self.other_company)
        self.assertTrue(lead.is_suppressed)

    def test_one_query_for_many_leads(self):
        self._suppress()

        def add(number):
            leads = self.env["crm.lead"].create(
                [{"name": "Pitch", "phone": f"+39 334 {number}{place:05}", "user_id": False} for place in range(number)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            return self._count_queries(lambda: leads._recompute_suppression())

        few = add(2)
        self.assertLessEqual(add(200), few + 2)

    # ------------------------------------------------------------
    # LIFTING
    # ------------------------------------------------------------

    def test_a_manager_lifts_it_with_a_reason(self):
        rows = self._suppress().with_user(self.user_manager)
        lead = self._new_lead()
        action = rows.action_lift()
        wizards = self.env["crm.suppression.lift"].with_user(self.user_manager).with_context(**action["context"])
        for reason in (False, "  "):
            with self.assertRaisesRegex(UserError, "Say why"), self.env.cr.savepoint():
                wizards.create({"reason": reason}).action_lift()
        with Form(wizards) as form:
            form.reason = "A letter of yesterday"
        form.record.action_lift()
        self.assertFalse(any(rows.mapped("active")))
        self.assertEqual((rows[0].lifted_by_id, rows[0].lift_reason), (self.user_manager, "A letter of yesterday"))
        self.assertFalse(lead.is_suppressed)
        self.assertTrue(self.campaign.add_leads(lead))
        with self.assertRaisesRegex(UserError, "already"):
            form.record.action_lift()

    def test_others_do_not_lift_it(self):
        rows = self._suppress()
        with self.assertRaises(AccessError):
            self.env["crm.suppression.lift"].with_user(self.user_all).create({"reason": "x"})
        with self.assertRaises(AccessError):
            self.env["crm.suppression.lift"].with_user(self.user_other_company).create(
                {"reason": "x", "suppression_ids": [Command.set(rows.ids)]}
            ).action_lift()
        self.assertTrue(all(rows.mapped("active")))

    def _consent(self, lead, state="given", purpose=None, **delta):
        self.env["crm.consent"].create(
            {
                "lead_id": lead.id,
                "purpose_id": (purpose or self.purpose).id,
                "state": state,
                "date": fields.Datetime.now() - timedelta(**delta),
            }
        )

    def test_a_newer_consent_to_be_called_lifts_it_until_it_is_withdrawn(self):
        rows = self._suppress()
        lead = self._new_lead()
        self._consent(lead, days=2)
        self.assertTrue(lead.is_suppressed, "given before the erasure")
        self._consent(lead, purpose=self.env["crm.consent.purpose"].create({"name": "Contact"}))
        self.assertTrue(lead.is_suppressed, "given for something else")
        self._consent(lead, hours=1)
        self.assertFalse(lead.is_suppressed)
        row = rows.filtered(lambda row: row.kind == "phone")
        self.assertTrue(row.is_consented)
        self._consent(lead, state="withdrawn")
        self.assertTrue(lead.is_suppressed)
        row._lift("A mistake")
        self._consent(lead, state="withdrawn")
        self.assertFalse(row.active, "what a manager has lifted is lifted")


@tagged("post_install", "-at_install")
class TestSuppressionSending(SuppressionCase, IntakeCase):
    """Nobody writes to who was erased; who asks again is answered, and called by no campaign."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls.env["crm.lead.channel"].create({"name": "Chat", "url": "https://example.org/{phone}?t={text}"})
        cls.client = cls.env["res.partner"].create(
            {"name": "Ottavia", "email": EMAIL, "phone": "+39 333 7654321", "lang": "en_US"}
        )

    def _obstacles(self, lead):
        """What keeps the desk from reaching a customer, by the button that would."""
        order = self.env["sale.order"].create({"partner_id": self.client.id, "opportunity_id": lead.id})
        order.order_line = [Command.create({"product_id": self.product.id})]
        obstacles = {
            "channel": self.link._get_obstacle(lead),
            "conversation": lead._get_conversation_obstacle() or "",
            "proposals": lead._get_send_problem(),
            "call": lead._get_call_block_notice(),
        }
        for name, act in (
            ("link", lead.action_send_link),
            ("post", lambda: lead.post_to_customer("Hello")),
            ("send", lambda: lead._send_proposals()),
            ("chat", lambda: self.link._send(lead, "Hello")),
        ):
            obstacles[name] = ""
            try:
                with self.env.cr.savepoint():
                    act()
            except UserError as error:
                obstacles[name] = str(error)
        return obstacles

    def test_who_was_brought_in_by_others_is_not_reached(self):
        self._suppress()
        lead = self._new_lead(partner_id=self.client.id)
        for button, obstacle in self._obstacles(lead).items():
            self.assertIn(ERASED, obstacle, button)

    def test_who_is_not_erased_is_reached(self):
        lead = self._new_lead(partner_id=self.client.id)
        self.assertEqual(set(self._obstacles(lead).values()), {""})

    def test_who_asks_again_by_themselves_is_answered_and_not_campaigned(self):
        self._suppress()
        taken_in = self._receive({"name": "Ottavia", "email_from": EMAIL, "phone": "+39 333 7654321"}).lead_id
        wrote = self._new_lead()
        wrote._post_from_customer("Are you there?")
        self._set_in_database(taken_in, create_date=fields.Datetime.now())
        for lead in (taken_in, wrote):
            lead.partner_id = self.client
            self.assertTrue(lead.is_suppressed)
            self.assertEqual(set(self._obstacles(lead).values()), {""})
            self.assertFalse(self.campaign.add_leads(lead))

    def test_an_inquiry_of_before_is_not_answered(self):
        lead = self._receive({"name": "Ottavia", "email_from": EMAIL, "phone": "+39 333 7654321"}).lead_id
        rows = self._suppress()
        rows.date = fields.Datetime.now() + timedelta(minutes=1)
        lead.partner_id = self.client
        self.assertIn(ERASED, lead._get_conversation_obstacle())

    def test_blocked_addresses_are_written_to_by_no_button(self):
        self.env["mail.blacklist"]._add(EMAIL)
        self.env["phone.blacklist"]._add([PHONE])
        lead = self._new_lead(partner_id=self.client.id)
        for button, obstacle in self._obstacles(lead).items():
            self.assertTrue(obstacle, button)


@tagged("post_install", "-at_install")
class TestSuppressionAppointment(AgreedCase):
    """An appointment is agreed all the same; its mails go to nobody who wants none."""

    def _book(self):
        event = self._agree(self._soon(days=3))
        return event, event.appointment_call_ids._get_notice(), self._events(self.lead, "appointment").summary

    def test_blacklisted_customers_get_no_invitation(self):
        self.env["mail.blacklist"]._add("mary@example.com")
        event, notice, summary = self._book()
        self.assertIn("mary@example.com wants no e-mails", notice)
        self.assertIn("no invitation: the customer wants no e-mails", summary)
        event.start += timedelta(days=1)
        event.action_archive()
        self.assertFalse(self._mails())

    def test_erased_customers_get_none(self):
        self.env["crm.suppression"]._suppress(self.company, (), ["mary@example.com"])
        _event, notice, _summary = self._book()
        self.assertIn(ERASED, notice)
        self.assertFalse(self._mails())

    def test_others_get_one(self):
        _event, notice, summary = self._book()
        self.assertEqual(notice, "")
        self.assertIn("invitation to mary@example.com", summary)
        self.assertTrue(self._mails())

    def test_reminders_of_odoo_go_to_nobody_who_wants_none(self):
        client = self.env["res.partner"].create({"name": "Mary", "email": "mary@example.com"})
        self.lead.partner_id = client
        event, _notice, _summary = self._book()
        attendee = event.attendee_ids.filtered(lambda attendee: attendee.partner_id == client)
        self.assertTrue(attendee._should_notify_attendee(notify_author=True))
        self.env["mail.blacklist"]._add("mary@example.com")
        self.assertFalse(attendee._should_notify_attendee(notify_author=True))
