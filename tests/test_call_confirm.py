from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools import mute_logger

from .call_common import CallCase

NOON = "2026-06-17 10:00:00"  # a Wednesday, noon in Rome


class TestCallConfirm(CallCase):
    def test_a_call_keeps_who_when_and_what(self):
        with self._at(NOON):
            entry = self._claim()
            dialog = self._dialog(entry, outcome_id=self.not_interested.id, notes="Has moved to the mountains")
        with self._at("2026-06-17 10:03:30"):
            dialog.action_confirm()
        call = entry.call_ids
        self.assertEqual(
            (call.lead_id, call.campaign_id, call.user_id, call.outcome_id, call.notes, call.company_id),
            (
                self.leads[0],
                self.campaign,
                self.operator,
                self.not_interested,
                "Has moved to the mountains",
                self.company,
            ),
        )
        self.assertEqual(call.date_end - call.date_start, timedelta(minutes=3, seconds=30))
        self.assertEqual((call.minutes, call.kind, call.is_contact), (3.5, "negative", True))
        self.assertFalse(dialog.exists())
        event = self._events(self.leads[0], "call")
        self.assertEqual((event.user_id, event.summary), (self.operator, "Call: Not interested"))

    def test_no_outcome_no_call(self):
        dialog = self._dialog(self._claim())
        before = self._counts()
        with self.assertRaisesRegex(UserError, "Choose how the call ended"):
            dialog.action_confirm()
        self.assertEqual(self._counts(), before)

    def test_only_the_outcomes_of_the_campaign(self):
        self.campaign.outcome_ids = self.not_interested + self.recall
        dialog = self._dialog(self._claim(), outcome_id=self.busy.id)
        self.assertEqual(dialog.available_outcome_ids, self.recall + self.not_interested)
        with self.assertRaisesRegex(UserError, "no outcome of this campaign"):
            dialog.action_confirm()

    def test_a_no_finishes_the_contact_and_loses_the_lead(self):
        entry = self._call(self.not_interested).entry_id
        self.assertEqual((entry.state, entry.attempts, entry.claimed_by_id.id), ("done", 1, False))
        reason = self.env.ref("crm_lead_lifecycle.crm_lost_reason_not_interested")
        self.assertLeadState(self.leads[0], self.stage_lost, "lost", lost_from=self.stage_new, reason=reason)
        self.assertFalse(entry.next_call_at)

    def test_an_outcome_without_a_stage_leaves_the_lead_where_it_is(self):
        self._call(self.wrong_number)
        self.assertLeadState(self.leads[0], self.stage_new, "pending")

    def test_the_outcomes_stage_is_taken_by_its_kind_in_another_type(self):
        lead_type = self._lead_type(name="Repair")
        won = self.env["crm.stage"].create(
            {"name": "Repaired", "stage_type": "qualified", "lead_type_ids": lead_type.ids, "sequence": 50}
        )
        start = self.env["crm.stage"].create({"name": "Asked", "lead_type_ids": lead_type.ids, "sequence": 1})
        self.stages.lead_type_ids = self.lead_type
        lead = self._lead(start, lead_type_id=lead_type.id, user_id=False, phone="+39 333 7777777")
        self.sale.stage_id = self.stage_won
        self._call(self.sale, self._campaign(lead).entry_ids)
        self.assertLeadState(lead, won, "won")

    def test_a_closed_lead_stays_closed(self):
        entry = self._claim()
        entry.lead_id.action_set_lost(lost_reason_id=self.reason.id)
        self.busy.stage_id = self.stage_late
        self._call(self.busy, entry)
        self.assertEqual(entry.lead_id.won_status, "lost")
        self.assertEqual(len(entry.call_ids), 1)

    # ------------------------------------------------------------
    # CALL BACKS
    # ------------------------------------------------------------

    def test_a_call_back_needs_a_time(self):
        dialog = self._dialog(self._claim(), outcome_id=self.recall.id)
        with self.assertRaisesRegex(UserError, "Enter the day and the time"):
            dialog.action_confirm()
        for hours in (-1, 0):
            dialog.recall_at = fields.Datetime.now() + timedelta(hours=hours)
            with self.subTest(hours=hours), self.assertRaisesRegex(UserError, "lies in the past"):
                dialog.action_confirm()

    def test_a_call_back_needs_somebody(self):
        self.recall.recall_scope = "ask"
        dialog = self._dialog(self._claim(), outcome_id=self.recall.id, recall_at="2099-01-01 10:00:00")
        self.assertFalse(dialog.recall_scope)
        with self.assertRaisesRegex(UserError, "Choose who calls back"):
            dialog.action_confirm()

    def test_the_outcome_proposes_who_calls_back(self):
        entry = self._claim()
        for scope in ("private", "public"):
            self.recall.recall_scope = scope
            self.assertEqual(self._dialog(entry, outcome_id=self.recall.id).recall_scope, scope)

    def test_a_private_call_back_is_the_operators(self):
        with self._at(NOON):
            call = self._call(self.recall, recall_at="2026-06-18 08:30:00")
        entry = call.entry_id
        self.assertEqual((entry.state, entry.recall_user_id, entry.is_recall), ("waiting", self.operator, True))
        self.assertEqual((call.recall_at, call.recall_scope), (datetime.fromisoformat("2026-06-18 08:30"), "private"))
        with self._at("2026-06-18 08:31:00"):
            self.assertEqual(self._claim(self.rival), self.entries[1])
            self.assertEqual(self._claim(), entry)

    def test_a_public_call_back_is_anybodys(self):
        with self._at(NOON):
            entry = self._call(self.recall, recall_at="2026-06-18 08:30:00", recall_scope="public").entry_id
        with self._at("2026-06-18 08:31:00"):
            self.assertEqual(self._claim(self.rival), entry)

    def test_a_call_back_is_typed_by_the_customers_clock(self):
        self.leads[0].phone = "+44 20 7946 0000"
        with self._at(NOON):
            entry = self._claim()
            self.assertEqual(entry.lead_id, self.leads[0])
            action = self.env["crm.call.wizard"].with_user(self.operator)._get_action(entry.lead_id, entry)
            dialog = self.env["crm.call.wizard"].with_user(self.operator).browse(action["res_id"])
            with Form(dialog) as form:
                form.outcome_id = self.recall
                form.recall_date = "2026-06-18"
                form.recall_hour = 10.5
            self.assertEqual(dialog.time_zone, "Europe/London")
            self.assertEqual(dialog.recall_at, datetime.fromisoformat("2026-06-18 09:30"))
            dialog.action_confirm()
        self.assertEqual(entry.next_call_at, datetime.fromisoformat("2026-06-18 09:30"))

    def test_an_hour_that_the_clock_leaves_out_is_the_one_after(self):
        dialog = self._dialog(self._claim(), outcome_id=self.recall.id)
        dialog.write({"recall_date": "2027-03-28", "recall_hour": 2.5})  # Rome goes from 2 to 3 o'clock
        self.assertEqual(dialog.recall_at, datetime.fromisoformat("2027-03-28 01:30"))
        dialog.invalidate_recordset()
        self.assertEqual(dialog.recall_hour, 3.5)

    def test_a_call_back_outside_the_calling_hours_is_refused(self):
        self.campaign.window_ids = [Command.create({"weekday": "3", "hour_from": 9, "hour_to": 12})]
        with self._at("2026-06-18 08:00:00"):
            dialog = self._dialog(self._claim(), outcome_id=self.recall.id, recall_at="2026-06-18 11:00:00")
            with self.assertRaisesRegex(UserError, "outside the calling hours.*6/25/26, 9:00"):
                dialog.action_confirm()
            dialog.recall_at = "2026-06-18 09:59:00"
            dialog.action_confirm()

    def test_a_call_back_outside_of_campaigns(self):
        lead = self._lead(user_id=self.operator.id)
        with self._at(NOON):
            self._dialog(lead_id=lead.id, outcome_id=self.recall.id, recall_at="2026-06-17 15:00:00").action_confirm()
        entry = lead.call_entry_ids
        self.assertEqual((entry.state, entry.recall_user_id, entry.campaign_id.id), ("waiting", self.operator, False))
        with self._at("2026-06-17 15:00:00"):
            self.assertEqual(self._claim(self.rival), self.entries[0])
            self.assertEqual(self._claim(), entry)
            self._call(self.recall, entry, recall_at="2026-06-17 16:00:00")
        self.assertEqual(len(lead.call_entry_ids), 1)

    # ------------------------------------------------------------
    # WHAT COMES WITH IT
    # ------------------------------------------------------------

    def test_the_operators_planned_call_is_done(self):
        lead = self.leads[0]
        mine, others, mail = (
            lead.activity_schedule(f"mail.mail_activity_data_{kind}", user_id=user.id)
            for kind, user in (("call", self.operator), ("call", self.rival), ("email", self.operator))
        )
        self._call(self.no_answer, notes="Nobody there")
        self.assertEqual((mine.active, others.active, mail.active), (False, True, True))
        self.assertEqual(mine.feedback, "Nobody there")

    def test_answers_are_kept_with_their_questions(self):
        self.campaign.step_ids = [
            Command.create({"name": "Hello", "text": "Good morning"}),
            Command.create({"name": "Budget", "question": "What may it cost?", "answer_type": "number"}),
            Command.create({"name": "Dates", "question": "When?", "answer_type": "date"}),
            Command.create({"name": "Dog", "question": "With a dog?", "answer_type": "yes_no"}),
            Command.create(
                {
                    "name": "Where",
                    "question": "Where to?",
                    "answer_type": "choice",
                    "choice_ids": [Command.create({"name": "Sea"}), Command.create({"name": "Hills"})],
                }
            ),
            Command.create({"name": "Why", "question": "Why us?", "answer_type": "text"}),
        ]
        dialog = self._dialog(self._claim(), outcome_id=self.wrong_number.id)
        _hello, budget, dates, dog, where, _why = dialog.answer_ids
        budget.answer_number = "0"
        dates.answer_date = "2026-07-14"
        dog.answer_yes_no = "no"
        where.answer_choice_id = where.step_id.choice_ids[1]
        dialog.action_confirm()
        answers = self.entries[0].call_ids.answer_ids
        self.assertEqual(
            [(answer.question, answer.answer) for answer in answers],
            [
                ("What may it cost?", "0"),
                ("When?", "2026-07-14"),
                ("With a dog?", "No"),
                ("Where to?", "Hills"),
            ],
        )
        self.campaign.step_ids.unlink()
        self.assertEqual(answers[0].exists().question, "What may it cost?")

    def test_what_is_no_number_is_refused(self):
        self.campaign.step_ids = [
            Command.create({"name": "Budget", "question": "What may it cost?", "answer_type": "number"})
        ]
        dialog = self._dialog(self._claim(), outcome_id=self.wrong_number.id)
        for text in ("a lot", "nan", "1e400"):
            dialog.answer_ids.answer_number = text
            with self.subTest(text), self.assertRaisesRegex(UserError, f"“{text}” is no number.*What may it cost"):
                dialog.action_confirm()
        dialog.answer_ids.answer_number = "12,5"
        dialog.action_confirm()
        self.assertEqual(self.entries[0].call_ids.answer_ids.number, 12.5)

    # ------------------------------------------------------------
    # RECORDS
    # ------------------------------------------------------------

    def test_a_confirmed_call_stands(self):
        call = self._call(self.busy)
        with self.assertRaisesRegex(AccessError, "coordinator"):
            call.with_user(self.operator).notes = "Something else"
        with self.assertRaisesRegex(UserError, "are kept"):
            call.with_user(self.user_admin).sudo().unlink()
        with self.assertRaisesRegex(UserError, "call dialog"):
            self.env["crm.call"].create({"lead_id": self.leads[0].id})
        with self.assertRaisesRegex(UserError, "call dialog"):
            self.env["crm.call"].with_context(crm_call=True).create({"lead_id": self.leads[0].id})

    def test_a_coordinator_corrects_a_call_and_the_log_says_so(self):
        call = self._call(self.busy)
        call.with_user(self.coordinator).write({"outcome_id": self.no_answer.id, "notes": "Rang out"})
        event = self._events(self.leads[0], "call_change")
        self.assertEqual(event.user_id, self.coordinator)
        self.assertEqual(event.summary, "Call corrected: Outcome: Busy → No answer; Notes: – → Rang out")
        with self.assertRaisesRegex(UserError, "can be corrected, not: Lead"):
            call.with_user(self.coordinator).lead_id = self.leads[1]

    def test_merged_leads_bring_their_calls_along(self):
        call = self._call(self.busy)
        leads = self.leads[0] + self.leads[1]
        merged = leads._merge_opportunity(auto_unlink=True)
        other = leads - merged
        self.assertFalse(other.exists())
        self.assertEqual(call.lead_id, merged)
        self.assertEqual(self.campaign.entry_ids.lead_id, merged + self.leads[2])

    def test_merged_leads_keep_the_earlier_call_back(self):
        leads = self.leads[:2]
        for first, second in ((1, 2), (2, 1)):
            with self.subTest(first=first, second=second), self.env.cr.savepoint() as savepoint:
                for entry, day in zip(self.entries, (first, second), strict=False):
                    self._call(self.recall, entry, recall_at=f"2099-01-{day:02d} 10:00:00")
                merged = leads._merge_opportunity(auto_unlink=True)
                entry = merged.call_entry_ids
                self.assertEqual(entry.mapped("next_call_at"), [datetime.fromisoformat("2099-01-01 10:00")])
                self.assertEqual((len(entry.call_ids), len(merged.call_ids)), (2, 2))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_closed_leads_leave_the_queue_and_come_back(self):
        self._call(self.no_answer, self.entries[1])
        self.leads[:2].action_set_lost(lost_reason_id=self.reason.id)
        self.leads[2].write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
        self.assertEqual(self.entries.mapped("state"), ["excluded"] * 3)
        self.assertFalse(self._claim())
        self.leads.action_restore()
        self.assertEqual(self.entries.mapped("state"), ["ready", "waiting", "ready"])
        self.assertFalse(any(self.entries.mapped("exclusion")))

    def test_archived_leads_leave_the_queue_and_come_back(self):
        lead, entry = self.leads[0], self.entries[0]
        lead.probability = 30
        lead.active = False
        self.assertEqual((lead.won_status, entry.state, entry.exclusion), ("pending", "excluded", "closed"))
        lead.active = True
        self.assertEqual((entry.state, entry.exclusion), ("ready", False))

    def test_the_outcomes_stage_by_its_kind_needs_no_reason(self):
        lead_type = self._lead_type()
        self.stage_lost.lead_type_ids = self.lead_type
        self.stage_lost_why.lead_type_ids = lead_type
        self.not_interested.write({"stage_id": self.stage_lost.id, "lost_reason_id": False})
        lead = self._lead(user_id=False, lead_type_id=lead_type.id)
        self._call(self.not_interested, self._campaign(lead).entry_ids)
        self.assertLeadState(lead, self.stage_lost_why, "lost", lost_from=self.stage_new)

    def test_days_that_no_calendar_has_are_refused(self):
        dialog = self._dialog(self._claim(), outcome_id=self.recall.id)
        for day in ("0001-01-01", "9999-12-31"):
            with self.subTest(day=day), self.assertRaisesRegex(UserError, "no day on which anybody is called"):
                dialog.write({"recall_date": day, "recall_hour": 23.5})
        dialog.recall_at = "9999-12-31 23:30:00"
        with self.assertRaisesRegex(UserError, "too far away"):
            dialog.action_confirm()

    def test_a_call_back_that_the_campaign_would_not_make_is_refused(self):
        self.campaign.max_calls = 2
        entry = self._call(self.recall, recall_at="2099-01-01 10:00:00").entry_id
        self.assertEqual((entry.state, entry.attempts), ("waiting", 1))
        with self.assertRaisesRegex(UserError, "the last of 2 calls that “Summer” allows"):
            self._call(self.recall, entry, recall_at="2099-02-01 10:00:00")
        self.campaign.max_calls = 3
        self.assertTrue(self._call(self.recall, entry, recall_at="2099-02-01 10:00:00"))

    def test_a_call_began_within_a_day_and_not_later_than_now(self):
        for start, expected in (
            ("2020-01-01 10:00:00", "2026-06-16 10:00:00"),
            ("2026-06-17 09:30:00", "2026-06-17 09:30:00"),
            ("2099-01-01 10:00:00", NOON),
        ):
            with self.subTest(start=start), self._at(NOON):
                call = self._call(self.busy, self.entries[0], date_start=start)
                self.assertEqual(call.date_start, fields.Datetime.to_datetime(expected))

    def test_a_call_is_corrected_to_outcomes_of_its_company(self):
        foreign = self.env["crm.call.outcome"].create(
            {"name": "Theirs", "kind": "negative", "company_id": self.other_company.id}
        )
        call = self._call(self.busy)
        with self.assertRaisesRegex(UserError, "Theirs"):
            call.with_user(self.coordinator).outcome_id = foreign.id

    def test_a_call_keeps_its_times(self):
        call = self._call(self.busy).with_user(self.coordinator)
        for name in ("date_start", "date_end"):
            with self.subTest(name), mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                call[name] = False
                self.env.flush_all()
