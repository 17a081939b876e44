from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import users

from .common import LeadCase

LOGINS = ("lead_own", "lead_all", "lead_manager", "lead_admin")


class TestEvents(LeadCase):
    """What happens to a lead is written down once, in one insert a batch."""

    def assertLogged(self, lead, kind, data, before):
        event = self._events(lead) - before
        self.assertEqual(event.mapped("kind"), [kind])
        self.assertEqual(event.data, data)
        return event

    # ------------------------------------------------------------
    # WHAT IS LOGGED
    # ------------------------------------------------------------

    def test_creation_keeps_what_was_received(self):
        values = {
            "name": "Two weeks in July",
            "contact_name": "anna rossi",
            "email_from": "Anna.Rossi@CAMPING.example.com",
            "phone": "0039 0565 000000",
            "request": "Is there\na tree?",
            "target_year": 2027,
        }
        lead = self._lead(user=self.user_own, **values)
        event = self._events(lead)
        self.assertEqual(event.kind, "create")
        self.assertEqual(event.data, {"to_stage": self.stage_new.id, "received": values})
        self.assertEqual((event.user_id, event.lead_id), (self.user_own, lead))
        lead.write({"contact_name": "Anna Rossi", "email_from": "other@example.com", "request": False})
        self.assertEqual(self._events(lead).data["received"], values)

    def test_creation_keeps_the_partner_and_the_moment(self):
        partner = self.env["res.partner"].create({"name": "Anna"})
        with self._at("2026-03-01 09:30:00"):
            lead = self._lead(partner_id=partner.id)
        event = self._events(lead)
        self.assertEqual((event.partner_id, str(event.date)), (partner, "2026-03-01 09:30:00"))

    def test_mail_is_the_customers_request(self):
        message = {"body": "<p>Is there <b>a tree</b>?</p>", "subject": "July", "email_from": "anna@example.com"}
        message.update(to="desk@example.com", cc="", author_id=False, message_type="email")
        lead = self.env["crm.lead"].message_new(message)
        self.assertIn("Is there", lead.request)
        self.assertNotIn("<p>", lead.request)
        self.assertFalse(lead.description)
        self.assertEqual(self._events(lead).data["received"]["request"], lead.request)

    def test_move(self):
        lead = self._lead()
        before = self._events(lead)
        lead.stage_id = self.stage_late
        self.assertLogged(lead, "stage", {"from_stage": self.stage_new.id, "to_stage": self.stage_late.id}, before)

    def test_conclusions_and_restore(self):
        lead = self._lead(self.stage_late)
        before = self._events(lead)
        lead.action_set_lost(lost_reason_id=self.reason.id)
        data = {"from_stage": self.stage_late.id, "to_stage": self.stage_lost.id}
        data.update(won_status="lost", lost_reason=self.reason.id)
        self.assertLogged(lead, "conclude", data, before)
        before = self._events(lead)
        lead.action_restore()
        data = {"from_stage": self.stage_lost.id, "to_stage": self.stage_late.id}
        self.assertLogged(lead, "restore", data, before)
        before = self._events(lead)
        lead.action_set_won()
        data = {"from_stage": self.stage_late.id, "to_stage": self.stage_won.id, "won_status": "won"}
        self.assertLogged(lead, "conclude", {**data, "lost_reason": False}, before)

    def test_conclusion_in_place_like_stock(self):
        self._stage_like_stock()
        lead = self._lead(self.stage_late)
        before = self._events(lead)
        lead.action_set_lost(lost_reason_id=self.reason.id)
        data = {"from_stage": self.stage_late.id, "to_stage": self.stage_late.id}
        self.assertLogged(lead, "conclude", {**data, "won_status": "lost", "lost_reason": self.reason.id}, before)
        before = self._events(lead)
        lead.action_restore()
        self.assertLogged(lead, "restore", data, before)

    def test_removal_and_restore(self):
        lead = self._lead(self.stage_late)
        before = self._events(lead)
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        data = {"removal_reason": self.removal_reason.id, "client_status": "new"}
        self.assertLogged(lead, "remove", data, before)
        before = self._events(lead)
        lead.action_restore()
        data = {"from_stage": self.stage_late.id, "to_stage": self.stage_late.id}
        self.assertLogged(lead, "restore", data, before)

    def test_reassignment(self):
        lead = self._lead(user_id=self.user_own.id)
        before = self._events(lead)
        lead.with_user(self.user_manager).user_id = self.user_all
        data = {"from_user": self.user_own.id, "to_user": self.user_all.id}
        event = self.assertLogged(lead, "assign", data, before)
        self.assertEqual(event.user_id, self.user_manager)

    def test_move_and_reassignment_in_one_write(self):
        lead = self._lead(user_id=self.user_own.id)
        before = self._events(lead)
        lead.write({"stage_id": self.stage_late.id, "user_id": self.user_all.id})
        self.assertEqual((self._events(lead) - before).mapped("kind"), ["stage", "assign"])

    def test_merge(self):
        loser, winner = self._lead(name="The first mail"), self._lead(self.stage_late)
        loser_id, number, events = loser.id, loser.number, self._events(loser)
        (loser + winner).merge_opportunity()
        self.assertFalse(loser.exists())
        self.assertLessEqual(events, self._events(winner))
        merge = self._events(winner, "merge")
        self.assertEqual({event.data["of_lead"] for event in events}, {loser_id})
        told = {"lead": loser_id, "number": number, "name": "The first mail", "from_type": winner.lead_type_id.id}
        self.assertEqual(merge.data, told)
        self.assertEqual(merge.summary, f"Merged with {number} The first mail")

    def test_nothing_changed_nothing_logged(self):
        lead = self._lead(user_id=self.user_own.id)
        before = self._events(lead)
        lead.write({"stage_id": lead.stage_id.id, "user_id": self.user_own.id, "active": True, "name": "Renamed"})
        self.assertEqual(self._events(lead), before)

    def test_one_insert_a_batch(self):
        def create(count):
            return self.env["crm.lead"].create([{"name": "Many", "user_id": self.user_own.id}] * count)

        for change in (
            lambda leads: leads.write({"stage_id": self.stage_late.id}),
            lambda leads: leads.write({"user_id": self.user_all.id}),
            lambda leads: leads.action_set_lost(lost_reason_id=self.reason.id),
            lambda leads: leads.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id}),
        ):
            leads = create(20)
            with self._count_inserts() as inserts:
                change(leads)
                self.env.flush_all()
            self.assertEqual(len(inserts), 1)
        with self._count_inserts() as inserts:
            create(20)
        self.assertEqual(len(inserts), 1)

    @contextmanager
    def _count_inserts(self):
        """Statements that insert events, while the context lasts."""
        self.env.flush_all()
        cursor, inserts = type(self.env.cr), []
        execute = cursor.execute

        def recorded(cr, query, *args, **kwargs):
            text = getattr(query, "code", query)
            if "INTO crm_lead_event" in text:
                inserts.append(text)
            return execute(cr, query, *args, **kwargs)

        with patch.object(cursor, "execute", recorded):
            yield inserts

    # ------------------------------------------------------------
    # SUMMARIES
    # ------------------------------------------------------------

    def test_summary_of_each_kind(self):
        lead = self._lead(user_id=self.user_own.id)
        lead.stage_id = self.stage_late
        lead.action_set_lost(lost_reason_id=self.reason.id)
        lead.action_restore()
        lead.stage_id = self.stage_lost
        lead.action_restore()
        lead.user_id = self.user_all
        lead.action_set_won()
        lead.stage_id = self.stage_new
        lead.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self.assertEqual(
            self._events(lead).mapped("summary"),
            [
                "Created in Just in",
                "Moved from Just in to Proposal out",
                "Lost: moved from Proposal out to Does not want, because: Too far away",
                "Restored to Proposal out",
                "Lost: moved from Proposal out to Does not want",
                "Restored to Proposal out",
                f"Salesperson changed from {self.user_own.name} to {self.user_all.name}",
                "Won: moved from Proposal out to Booked",
                "Moved from Booked to Just in",
                "Removed: A robot",
            ],
        )

    def test_summary_when_what_it_speaks_of_is_gone(self):
        stage = self.env["crm.stage"].create({"name": "Short-lived", "sequence": 2})
        reason = self.env["crm.lost.reason"].create({"name": "Short-lived too"})
        lead = self._lead(stage)
        lead.action_set_lost(lost_reason_id=reason.id)
        lead.write({"stage_id": self.stage_late.id, "lost_reason_id": False})
        reason.unlink()
        stage.unlink()
        summaries = self._events(lead).mapped("summary")
        self.assertEqual(summaries[0], "Created in (none)")
        self.assertEqual(summaries[1], "Lost: moved from (none) to Does not want, because: (none)")

    def test_summary_in_another_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.stage_late.with_context(lang="it_IT").name = "Proposta inviata"
        lead = self._lead(self.stage_late)
        events = self._events(lead)
        self.assertIn("Proposta inviata", events.with_context(lang="it_IT").summary)
        self.assertEqual(events.with_context(lang="en_US").summary, "Created in Proposal out")

    def test_summaries_take_one_read_a_model(self):
        few, many = self._lead(), self._lead()
        for lead, moves in ((few, 1), (many, 12)):
            for _index in range(moves):
                lead.stage_id = self.stage_late
                lead.stage_id = self.stage_new

        def read(lead):
            self.env.invalidate_all()
            return self._count_queries(lambda: self._events(lead).mapped("summary"))

        read(few)
        self.assertEqual(read(many), read(few))

    # ------------------------------------------------------------
    # APPEND-ONLY
    # ------------------------------------------------------------

    @users(*LOGINS)
    def test_people_cant_write_history(self):
        events = self.env["crm.lead.event"]
        lead = self._lead(user_id=self.env.user.id)
        event = self._events(lead).with_env(self.env)
        for change in (
            lambda model: model.create({"lead_id": lead.id, "kind": "stage", "date": "2026-01-01"}),
            lambda model: (event.with_env(model.env)).write({"data": {}}),
            lambda model: (event.with_env(model.env)).unlink(),
        ):
            for model in (events, events.sudo()):
                with self.assertRaises(UserError):
                    change(model)
        self.assertEqual(event.kind, "create")

    def test_superuser_cant_write_history(self):
        lead = self._lead()
        event = self._events(lead)
        with self.assertRaisesRegex(UserError, "can't be changed"):
            event.create({"lead_id": lead.id, "kind": "stage", "date": "2026-01-01"})
        with self.assertRaisesRegex(UserError, "can't be changed"):
            event.data = {}
        with self.assertRaisesRegex(UserError, "can't be changed"):
            event.unlink()
        with self.assertRaisesRegex(UserError, "can't be changed"):
            event.copy()
        result = event.load(["lead_id/.id", "kind"], [[str(lead.id), "stage"]])
        self.assertFalse(result["ids"])
        self.assertEqual(self._events(lead), event)

    def test_deleted_lead_takes_its_events_along(self):
        lead = self._lead(user_id=self.user_own.id)
        events = self._events(lead)
        lead.with_user(self.user_manager).unlink()
        self.assertTrue(events)
        self.assertFalse(events.exists())

    def test_deleted_contact_leaves_the_event(self):
        partner = self.env["res.partner"].create({"name": "Anna"})
        lead = self._lead(partner_id=partner.id)
        lead.partner_id = False
        partner.unlink()
        event = self._events(lead, "create")
        event.invalidate_recordset()
        self.assertFalse(event.partner_id)

    def test_copy_starts_its_own_history(self):
        lead = self._lead()
        lead.stage_id = self.stage_late
        self.assertEqual(self._events(lead.copy()).mapped("kind"), ["create"])
