from odoo import SUPERUSER_ID
from odoo.exceptions import UserError
from odoo.fields import Command

from .common import FormCase

MISSING = "Please fill in what is missing"


class TestRequired(FormCase):
    """What a type requires is asked of people; what comes in by itself is taken in and marked as incomplete."""

    def _machine_lead(self, stage=None, **values):
        lead = self._repair(stage, **values)
        self.assertTrue(lead.is_incomplete)
        return lead

    def test_person_makes_no_lead_without_it(self):
        self._require("source_id", "referred")
        for user in (self.user_own, self.user_manager, self.user_admin):
            with self.assertRefuses(f"{MISSING}(.|\n)*Source(.|\n)*Big pump"):
                self._repair(user=user, name="Big pump", referred="A friend")
            self.assertFalse(self.env["crm.lead"].search([("name", "=", "Big pump")]))
        with self.assertRefuses(MISSING):
            self.env["crm.lead"].with_user(self.user_own).sudo().create({"name": "X", "lead_type_id": self.repair.id})
        lead = self._repair(user=self.user_own, referred="A friend", source_id=self.source.id)
        self.assertFalse(lead.is_incomplete)
        self._lead(user=self.user_own)  # another type

    def test_person_moves_no_lead_on_without_it(self):
        self._require("source_id")
        lead = self._machine_lead().with_user(self.user_own)
        for go in (
            lambda: lead.write({"stage_id": self.looked.id}),
            lambda: lead.write({"stage_id": self.waiting.id}),
            lambda: lead.action_set_won(),
            lambda: self._load(lead, **{"stage_id/.id": self.looked.id}),
        ):
            with self.assertRefuses(MISSING):
                go()
            self.assertEqual(lead.stage_id, self.asked)
        lead.write({"stage_id": self.looked.id, "source_id": self.source.id})
        self.assertEqual(lead.stage_id, self.looked)

    def test_person_empties_nothing_of_it(self):
        self._require("source_id", "tag_ids", "request")
        lead = self._repair(source_id=self.source.id, tag_ids=self.tag.ids, request="Help").with_user(self.user_own)
        for values in ({"source_id": False}, {"tag_ids": [Command.clear()]}, {"request": ""}, {"request": False}):
            with self.assertRefuses(MISSING):
                lead.write(values)
        lead.write({"request": "Help me", "name": "Pump"})
        self.assertEqual(lead.request, "Help me")

    def test_incomplete_lead_can_be_worked_bit_by_bit(self):
        self._require("source_id", "referred")
        lead = self._machine_lead().with_user(self.user_own)
        lead.name = "Renamed"
        lead.referred = "A friend"
        self.assertTrue(lead.is_incomplete)
        with self.assertRefuses("Referred"):
            lead.referred = False
        lead.source_id = self.source
        self.assertFalse(lead.is_incomplete)

    def test_type_named_again_lets_nothing_through(self):
        self._require("source_id")
        incomplete = self._machine_lead().with_user(self.user_own)
        complete = self._repair(source_id=self.source.id).with_user(self.user_own)
        for lead, values in ((incomplete, {"stage_id": self.looked.id}), (complete, {"source_id": False})):
            with self.assertRefuses(MISSING):
                lead.write({"lead_type_id": self.repair.id, **values})

    def test_lead_goes_on_as_another_type_with_all_that_its_own_requires(self):
        sale = self._lead_type(name="Sale", required_field_ids=self._fields_of("referred").ids)
        start = self._add_stages(sale, ("Start", "open"))
        self.repair.next_type_id = sale
        self._require("source_id")
        lead = self._machine_lead().with_user(self.user_own)
        with self.assertRefuses("Source"):
            lead.stage_id = self.repaired
        lead.write({"source_id": self.source.id, "stage_id": self.repaired.id})
        self.assertEqual((lead.stage_id.with_env(self.env), lead.is_incomplete), (start, True))

    def test_one_message_names_all_that_is_missing(self):
        self._require("source_id", "referred")
        self.repair.contact_required = True
        leads = self._machine_lead(name="First") + self._machine_lead(name="Second", referred="A friend", phone="1")
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            leads.with_user(self.user_own).stage_id = self.looked
        lines = str(caught.exception).splitlines()
        self.assertEqual(lines[0], f"{MISSING}:")
        first, second = (next(line for line in lines if name in line) for name in ("First", "Second"))
        for label in ("Source", "Referred", "e-mail or phone"):
            self.assertIn(label, first)
        self.assertIn("Source", second)
        self.assertNotIn("Referred", second)

    def test_message_is_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("it_IT")
        field = self.env["ir.model.fields"]._get("crm.lead", "referred")
        field.with_context(lang="it_IT").field_description = "Chi lo manda"
        self._require("referred")
        self.user_own.lang = "it_IT"
        leads = self.env["crm.lead"].with_user(self.user_own).with_context(lang="it_IT")
        with self.assertRefuses("Chi lo manda"):
            leads.create({"name": "Pompa", "lead_type_id": self.repair.id})

    def test_losing_asks_for_nothing(self):
        self._require("source_id")
        for lose in (
            lambda lead: lead.write({"stage_id": self.gone.id}),
            lambda lead: lead.action_set_lost(),
            lambda lead: lead.write({"active": False, "probability": 0}),
            lambda lead: self.env["crm.lead.conclude"]
            .with_user(self.user_own)
            .create({"lead_ids": lead.ids, "stage_id": self.gone.id})
            .action_apply(),
        ):
            lead = self._machine_lead()
            lose(lead.with_user(self.user_own))
            self.assertLeadState(lead, self.gone, "lost", lost_from=self.asked)

    def test_removal_and_restoring_ask_for_nothing(self):
        self._require("source_id")
        lost, removed = self._machine_lead(), self._machine_lead()
        lost.action_set_lost()
        lost.with_user(self.user_own).action_restore()
        removed = removed.with_user(self.user_own)
        removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        removed.action_restore()
        self.assertLeadState(lost + removed.with_env(self.env), self.asked, "pending")

    def test_change_of_the_type_asks_for_nothing(self):
        self._require("source_id")
        lead = self._lead(self.stage_new)
        lead.with_user(self.user_own).write({"lead_type_id": self.repair.id, "stage_id": self.looked.id})
        self.assertTrue(lead.is_incomplete)
        with self.assertRefuses(MISSING):
            lead.with_user(self.user_own).stage_id = self.waiting

    def test_machines_are_asked_for_nothing(self):
        self._require("source_id")
        self.repair.contact_required = True
        for machine in (
            self.env["crm.lead"].with_user(SUPERUSER_ID),
            self.env["crm.lead"].with_user(self.user_portal).sudo(),
            self.env["crm.lead"].with_user(self.user_public).sudo(),
        ):
            lead = machine.create({"name": "By itself", "lead_type_id": self.repair.id})
            lead.stage_id = self.looked
            self.assertTrue(lead.is_incomplete)

    def test_rules_are_asked_for_nothing(self):
        self._require("source_id")
        lead = self._machine_lead()
        lead.with_user(self.user_own)._by_rule().stage_id = self.looked
        self.assertEqual(lead.stage_id, self.looked)

    def test_mail_is_asked_for_nothing(self):
        self._require("source_id")
        leads = self.env["crm.lead"].with_user(self.user_own)
        lead = leads.message_new({"subject": "Pump", "from": "a@b.c"}, custom_values={"lead_type_id": self.repair.id})
        self.assertTrue(lead.is_incomplete)
        with self.assertRefuses(MISSING):  # what it leaves behind is a person's again
            lead.stage_id = self.looked

    def test_import_that_creates_is_asked_for_nothing(self):
        self._require("source_id")
        for context in ({"import_file": True}, {}):  # Odoo's dialog, and a client that calls `load` itself
            with self.subTest(**context):
                leads = self.env["crm.lead"].with_user(self.user_own).with_context(**context)
                result = leads.load(["name", "lead_type_id/.id"], [["Imported", str(self.repair.id)]])
                self.assertFalse(result["messages"])
                self.assertTrue(leads.browse(result["ids"]).is_incomplete)

    def test_import_that_changes_is_a_persons(self):
        self._require("source_id")
        lead = self._repair(source_id=self.source.id).with_user(self.user_own)
        with self.assertRefuses(MISSING):
            self._load(lead, **{"source_id/.id": ""})

    def test_client_gains_nothing_by_its_context(self):
        self._require("source_id")
        for key in ("lead_machine", "lead_move", "lead_remapping"):
            leads = self.env["crm.lead"].with_user(self.user_own).with_context(**{key: True})
            with self.subTest(key=key), self.assertRefuses(MISSING):
                leads.create({"name": "Forged", "lead_type_id": self.repair.id})

    def test_contact_is_an_email_or_a_phone(self):
        self.repair.contact_required = True
        for values in ({"email_from": "a@example.com"}, {"phone": "0471 123456"}):
            self.assertFalse(self._repair(user=self.user_own, **values).is_incomplete)
        with self.assertRefuses("e-mail or phone"):
            self._repair(user=self.user_own)
        lead = self._repair(email_from="a@example.com", phone="0471 123456").with_user(self.user_own)
        lead.phone = False
        with self.assertRefuses("e-mail or phone"):
            lead.email_from = False

    def test_contact_comes_from_the_client(self):
        self.repair.contact_required = True
        partner = self.env["res.partner"].create({"name": "Anna", "email": "anna@example.com"})
        lead = self._repair(user=self.user_own, partner_id=partner.id)
        self.assertFalse(lead.is_incomplete)
        incomplete = self._machine_lead()
        incomplete.with_user(self.user_own).write({"partner_id": partner.id, "stage_id": self.looked.id})
        self.assertFalse(incomplete.is_incomplete)
        silent = self.env["res.partner"].create({"name": "Silent"})
        with self.assertRefuses("e-mail or phone"):
            self._repair(user=self.user_own, partner_id=silent.id)


class TestIncomplete(FormCase):
    """`is_incomplete` says what is missing now, whatever was required when the lead came in."""

    def assertIncomplete(self, expected, leads):
        leads = leads.with_user(self.user_own)
        self.assertEqual(leads.filtered("is_incomplete"), expected.with_user(self.user_own))
        for domain, found in (
            ([("is_incomplete", "=", True)], expected),
            ([("is_incomplete", "!=", False)], expected),
            ([("is_incomplete", "=", False)], leads - expected),
            ([("is_incomplete", "!=", True)], leads - expected),
            (["!", ("is_incomplete", "=", True)], leads - expected),
            ([("is_incomplete", "in", [True, False])], leads),
        ):
            self.assertEqual(
                set(leads.search([*domain, ("id", "in", leads.ids)]).ids), set(found.ids), f"searched by {domain}"
            )

    def test_each_kind_of_field(self):
        for name, value in (
            ("referred", "A friend"),
            ("source_id", self.source.id),
            ("tag_ids", self.tag.ids),
            ("target_year", 2027),
            ("expected_revenue", 12.5),
            ("date_deadline", "2027-05-01"),
            ("date_due", "2027-05-01 10:00:00"),
            ("request", "Help"),
            ("user_id", self.user_own.id),
        ):
            with self.subTest(field=name):
                self._require(name)
                without = self._repair(user_id=False)
                filled, other = self._repair(**{"user_id": False, name: value}), self._lead(user_id=False)
                self.assertIncomplete(without, without + filled + other)

    def test_empty_text_is_nothing(self):
        self._require("request")
        empty = self._repair(request="")
        self.assertIncomplete(empty, empty + self._repair(request="Help"))

    def test_contact(self):
        self.repair.contact_required = True
        without = self._repair()
        others = self._repair(email_from="a@example.com") + self._repair(phone="1") + self._lead()
        self.assertIncomplete(without, without + others)

    def test_follows_the_configuration_at_once(self):
        lead = self._repair()
        self.assertIncomplete(lead.browse(), lead)
        for values, found in (
            ({"required_field_ids": self._fields_of("source_id").ids}, lead),
            ({"required_field_ids": [Command.clear()]}, lead.browse()),
            ({"contact_required": True}, lead),
        ):
            self.repair.with_user(self.user_manager).write(values)
            self.env.invalidate_all()
            self.assertIncomplete(found, lead)
        lead.lead_type_id = self.lead_type
        self.assertIncomplete(lead.browse(), lead)

    def test_follows_the_configuration_within_one_transaction(self):
        lead = self._repair()
        self.assertFalse(lead.is_incomplete)
        self._require("source_id")
        self.assertTrue(lead.is_incomplete)

    def test_archived_type_still_requires(self):
        self._require("source_id")
        lead = self._repair()
        self.repair.active = False
        self.assertIncomplete(lead, lead)

    def test_change_of_the_configuration_touches_no_lead(self):
        leads = self._repair() + self._repair(self.looked) + self._lead()

        def rows():
            self.env.flush_all()
            self.env.cr.execute("SELECT id, ctid, write_date FROM crm_lead ORDER BY id")
            return self.env.cr.fetchall()

        before = rows()
        self._require("source_id", "tag_ids")
        self.repair.write({"contact_required": True, "due_days": 3, "name": "Mending", "sequence": 99})
        self._set_moves((self.asked, self.looked))
        self.repair.hidden_field_ids = self._fields_of("website")
        self.repair.property_definition = [{"name": "device", "type": "char", "string": "Device"}]
        self.repair.next_type_id = self.lead_type
        self.asked.rotting_threshold_days = 3
        self.assertIncomplete(leads[:2], leads)
        self.assertEqual(rows(), before)

    def test_queries_do_not_grow_with_the_leads(self):
        self._require("source_id", "tag_ids", "referred")
        self.repair.contact_required = True

        def ask(count):
            leads = self.env["crm.lead"].create([{"name": "Many", "lead_type_id": self.repair.id}] * count)
            self.env.flush_all()
            self.env.invalidate_all()
            return self._count_queries(lambda: leads.mapped("is_incomplete"))

        ask(2)
        self.assertLessEqual(ask(100), ask(2))
