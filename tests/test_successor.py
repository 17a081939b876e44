from odoo import SUPERUSER_ID
from odoo.tests import Form

from .common import TypeCase


class SuccessorCase(TypeCase):
    """Repairs that are done go on as sales."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sale = cls._lead_type(name="Sale", due_days=4)
        cls.offer, cls.started, cls.sold, cls.unsold = cls._add_stages(
            cls.sale, ("Offer", "open"), ("Started", "open"), ("Sold", "qualified"), ("Unsold", "not_interested")
        )
        cls.sale.initial_stage_id = cls.started
        cls.repair.next_type_id = cls.sale
        cls.env["crm.lead.scoring.frequency"].search([]).unlink()

    def assertWentOn(self, leads, stage=None, lead_type=None):
        """They are open leads of the next type, and nothing was learned from them."""
        self.assertLeadState(leads, stage or self.started, "pending")
        self.assertEqual(leads.lead_type_id, lead_type or self.sale)
        won = self.env["crm.lead.scoring.frequency"].search([("won_count", ">=", 1)])
        self.assertFalse(won, "it was learned as won")


class TestSuccessionPaths(SuccessorCase):
    """Whichever way a lead enters a qualified stage of a type with a successor, it goes on instead of being won."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # what was a lead in between, though no longer at the end of the transaction
        cls.env.cr.execute(
            """
            CREATE TEMP TABLE lead_trace (stage_id int, won_status varchar) ON COMMIT DROP;
            CREATE FUNCTION pg_temp.trace_lead() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO lead_trace VALUES (NEW.stage_id, NEW.won_status); RETURN NEW; END $$;
            CREATE TRIGGER lead_trace AFTER INSERT OR UPDATE ON crm_lead
               FOR EACH ROW EXECUTE FUNCTION pg_temp.trace_lead();
            """
        )

    def _trace(self, function):
        """The states that the database was told of while ``function`` ran.

        :return: list of ``(stage id, won status)``, one for each time that a lead was inserted or updated
        """
        self.env.flush_all()
        self.env.cr.execute("TRUNCATE lead_trace")
        function()
        self.env.flush_all()
        self.env.cr.execute("SELECT stage_id, won_status FROM lead_trace")
        return self.env.cr.fetchall()

    def setUp(self):
        super().setUp()
        self.paths = {
            "write": lambda lead: lead.write({"stage_id": self.repaired.id}),
            "write with a probability": lambda lead: lead.write({"stage_id": self.repaired.id, "probability": 100}),
            "won": lambda lead: lead.action_set_won(),
            "rainbow man": lambda lead: lead.action_set_won_rainbowman(),
            "conclude": self._conclude,
            "form": self._go_form,
            "import": lambda lead: self._load(lead, **{"stage_id/.id": self.repaired.id}),
            "rule": lambda lead: lead._by_rule().write({"stage_id": self.repaired.id}),
            "machine": lambda lead: lead.with_user(SUPERUSER_ID).write({"stage_id": self.repaired.id}),
            "portal": lambda lead: lead.with_user(self.user_portal).sudo().write({"stage_id": self.repaired.id}),
        }

    def _conclude(self, lead):
        wizards = self.env["crm.lead.conclude"].with_env(lead.env).with_context(default_lead_ids=lead.ids)
        form = Form(wizards)
        form.stage_id = self.repaired
        return form.save().action_apply()

    def _go_form(self, lead):
        with Form(lead) as form:
            form.stage_id = self.repaired

    def assertGoesOnEveryWay(self, lead_of, paths=None):
        for name in paths or self.paths:
            go = self.paths[name]
            with self.subTest(path=name):
                lead = lead_of()
                before = lead.number
                rows = self._trace(lambda go=go, lead=lead: go(lead.with_user(self.user_own)))
                self.assertWentOn(lead)
                self.assertNotIn("won", [status for _stage, status in rows])
                self.assertNotIn(self.repaired.id, [stage for stage, _status in rows])
                self.assertEqual(lead.number, before)
                self.assertEqual(self._events(lead)[-1].kind, "succeed")

    def test_open_lead(self):
        self.assertGoesOnEveryWay(lambda: self._repair(self.looked))

    def test_frozen_lead(self):
        self.assertGoesOnEveryWay(lambda: self._repair(self.waiting))

    def test_lead_that_is_not_yet_an_opportunity(self):
        self.assertGoesOnEveryWay(lambda: self._repair(self.looked, type="lead"))

    def test_lost_lead(self):
        # neither the form nor an import shows the stage of what is archived
        def lost():
            lead = self._repair(self.looked)
            lead.action_set_lost(lost_reason_id=self.reason.id)
            return lead

        self.assertGoesOnEveryWay(lost, self.paths.keys() - {"form", "import"})

    def test_lead_that_odoo_lost_in_an_open_stage(self):
        def lost():
            lead = self._repair(self.looked)
            self._lose_by_sql(lead)
            return lead

        self.assertGoesOnEveryWay(lost, self.paths.keys() - {"form", "import"})

    def test_archived_lead(self):
        self.assertGoesOnEveryWay(
            lambda: self._repair(self.looked, active=False, probability=20), paths=["won", "rainbow man"]
        )

    def test_new_lead_in_a_qualified_stage(self):
        for values in ({}, {"type": "lead"}, {"probability": 100}):
            with self.subTest(**values):
                created = []
                rows = self._trace(
                    lambda values=values, created=created: created.append(
                        self._repair(self.repaired, self.user_own, **values)
                    )
                )
                self.assertWentOn(created[0])
                self.assertEqual(created[0].type, "opportunity")
                self.assertNotIn("won", [status for _stage, status in rows])
                self.assertEqual(self._events(created[0]).mapped("kind"), ["create", "succeed"])

    def test_new_lead_by_a_default_of_the_context(self):
        leads = self.env["crm.lead"].with_user(self.user_own)
        lead = leads.with_context(default_stage_id=self.repaired.id).create({"name": "In the green column"})
        self.assertWentOn(lead.with_env(self.env))
        self.assertEqual(self._events(lead).mapped("kind"), ["create", "succeed"])

    def test_new_lead_by_import(self):
        header = ["name", "lead_type_id/.id", "stage_id/.id"]
        leads = self.env["crm.lead"].with_user(self.user_own).with_context(import_file=True)
        result = leads.load(header, [["Imported", str(self.repair.id), str(self.repaired.id)]])
        self.assertFalse(result["messages"])
        self.assertWentOn(self.env["crm.lead"].browse(result["ids"]))

    def test_conclude_tells_how_it_goes_on(self):
        lead = self._repair(self.looked)
        dialog = self.env["crm.lead.conclude"].with_user(self.user_own).create({"lead_ids": lead.ids})
        self.assertFalse(dialog.next_type_names)
        dialog.stage_id = self.repaired
        self.assertEqual(dialog.next_type_names, "Sale")
        for notice in (
            dialog.action_apply(),
            self._repair().with_user(self.user_own).action_set_won_rainbowman(),
        ):
            self.assertEqual(notice["tag"], "display_notification")
            for words in ("Sale", "Started"):
                self.assertIn(words, notice["params"]["message"])


class TestSuccession(SuccessorCase):
    """What a lead takes along when it goes on as one of the next type."""

    def _go(self, lead, user=None):
        lead.with_user(user or self.user_own).stage_id = lead._stage_find(domain=[("is_won", "=", True)])
        return lead

    def test_only_a_type_without_successor_wins(self):
        lead = self._go(self._repair())
        self.assertWentOn(lead)
        self._go(lead)
        self.assertLeadState(lead, self.sold, "won")
        self.assertEqual(self._events(lead, "succeed", "conclude").mapped("kind"), ["succeed", "conclude"])

    def test_chain_is_gone_step_by_step(self):
        contract = self._lead_type(name="Contract")
        drafted, signed = self._add_stages(contract, ("Drafted", "open"), ("Signed", "qualified"))
        self.sale.next_type_id = contract
        lead = self._go(self._repair())
        self.assertWentOn(lead)
        self._go(lead)
        self.assertWentOn(lead, drafted, contract)
        self._go(lead)
        self.assertLeadState(lead, signed, "won")
        data = self._events(lead, "succeed").mapped("data")
        steps = [(self.repair, self.sale, self.repaired), (self.sale, contract, self.sold)]
        self.assertEqual(
            [(item["from_type"], item["to_type"], item["concluded_stage"]) for item in data],
            [(before.id, after.id, stage.id) for before, after, stage in steps],
        )

    def test_qualified_stage_that_both_types_share(self):
        (self.sold + self.repaired).lead_type_ids = [(6, 0, (self.repair + self.sale).ids)]
        lead = self._repair()
        lead.with_user(self.user_own).stage_id = self.sold
        self.assertWentOn(lead)
        lead.with_user(self.user_own).stage_id = self.sold
        self.assertLeadState(lead, self.sold, "won")

    def test_initial_stage_is_the_first_open_one_without_any_other(self):
        self.sale.initial_stage_id = False
        self.assertWentOn(self._go(self._repair()), self.offer)

    def test_initial_stage_may_be_a_frozen_one(self):
        frozen = self._add_stages(self.sale, ("Resting", "frozen"))
        self.sale.initial_stage_id = frozen
        self.assertWentOn(self._go(self._repair()), frozen)

    def test_deadline_is_that_of_the_next_type(self):
        with self._at("2027-03-01 09:00:00"):
            lead = self._go(self._repair(date_due="2027-03-02 12:00:00"))
            self.assertEqual(str(lead.date_due), "2027-03-05 09:00:00")
            self.sale.due_days = 0
            self.assertFalse(self._go(self._repair(date_due="2027-03-02 12:00:00")).date_due)

    def test_deadline_given_along_is_kept(self):
        lead = self._repair()
        values = {"stage_id": self.repaired.id, "date_due": "2027-05-01 10:00:00"}
        lead.with_user(self.user_own).write(values)
        self.assertWentOn(lead)
        self.assertEqual(str(lead.date_due), "2027-05-01 10:00:00")

    def test_urgent_lead_stays_urgent(self):
        lead = self._go(self._repair(is_urgent=True))
        self.assertTrue(lead.is_urgent)

    def test_conversion_of_odoo_comes_first(self):
        with self._at("2027-03-01 09:00:00"):
            lead = self._go(self._repair(type="lead", partner_id=self.user_portal.partner_id.id))
        self.assertEqual(lead.type, "opportunity")
        self.assertEqual(str(lead.date_conversion), "2027-03-01 09:00:00")
        self.assertEqual(lead.partner_id, self.user_portal.partner_id)

    def test_event_keeps_the_typed_properties_as_they_were(self):
        self.repair.property_definition = [
            {"name": "device", "type": "char", "string": "Device"},
            {"name": "warranty", "type": "boolean", "string": "Under warranty"},
        ]
        lead = self._repair(type_properties={"device": "Pump", "warranty": True})
        self._go(lead)
        event = self._events(lead, "succeed")
        self.assertEqual(event.data["properties"], {"Device": "Pump", "Under warranty": "Yes"})
        self.assertEqual(event.data["to_stage"], self.started.id)
        for words in ("Repaired", "Repair", "Sale", "Started"):
            self.assertIn(words, event.summary)
        self.assertIn("Device: Pump", event.received)
        self.assertEqual(event.user_id, self.user_own)

    def test_all_that_belongs_to_the_lead_stays_with_it(self):
        lead = self._repair(self.looked)
        message = lead.message_post(body="We looked at it", subtype_xmlid="mail.mt_note")
        attachment = self.env["ir.attachment"].create(
            {"name": "photo.txt", "raw": b"pump", "res_model": "crm.lead", "res_id": lead.id}
        )
        activity = lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.env.uid)
        meeting = self.env["calendar.event"].create(
            {
                "name": "Visit",
                "start": "2027-03-01 09:00:00",
                "stop": "2027-03-01 10:00:00",
                "opportunity_id": lead.id,
            }
        )
        order = self.env["sale.order"].create({"partner_id": self.user_portal.partner_id.id, "opportunity_id": lead.id})
        self._go(lead)
        self.env.invalidate_all()
        self.assertIn(message, lead.message_ids)
        self.assertEqual(attachment.res_id, lead.id)
        self.assertEqual((lead.activity_ids, lead.calendar_event_ids, lead.order_ids), (activity, meeting, order))

    def test_lost_lead_loses_what_said_that_it_was_lost(self):
        lead = self._repair(self.looked)
        lead.action_set_lost(lost_reason_id=self.reason.id)
        self._go(lead)
        self.assertWentOn(lead)
        self.assertFalse(lead.lost_reason_id)
        lost = self.env["crm.lead.scoring.frequency"].search([("lost_count", ">=", 1)])
        self.assertFalse(lost, "the loss is still learned")

    def test_queries_do_not_grow_with_the_leads(self):
        def leads(count):
            values = [{"name": "Many", "lead_type_id": self.repair.id, "user_id": self.user_own.id}] * count
            return self.env["crm.lead"].create(values).with_user(self.user_own)

        def go(leads):
            self.env.invalidate_all()
            return self._count_queries(lambda: leads.write({"stage_id": self.repaired.id}))

        go(leads(2))
        few, many = leads(2), leads(100)
        few_count, many_count = go(few), go(many)
        self.assertWentOn((few + many).with_env(self.env))
        self.assertLessEqual(many_count, few_count + 5)  # in batches
