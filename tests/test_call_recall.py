from ast import literal_eval
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user

from .call_common import CallCase

NOW = "2026-07-08 08:00:00"  # a Wednesday, 10:00 in Rome


class RecallCase(CallCase):
    """A private call back of the operator, one of the rival and a public one, in the campaign at 10:40 in Rome."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.call.entry"].search([("id", "not in", cls.entries.ids)]).unlink()  # of the demo data
        cls.leads[0].contact_name = "Marco Rossi"
        cls.mine, cls.of_rival, cls.public = cls.entries
        for entry, user in ((cls.mine, cls.operator), (cls.of_rival, cls.rival), (cls.public, None)):
            cls._wait(entry, "2026-07-08 08:40:00", user)

    @classmethod
    def _wait(cls, entry, at, user=None):
        """A contact that waits for its call back, of ``user`` or of anybody."""
        entry.sudo().write(
            {"state": "waiting", "is_recall": True, "next_call_at": at, "recall_user_id": user and user.id}
        )

    def _seen(self, user, domain=()):
        """The contacts of the queue that ``user`` finds."""
        self.env.invalidate_all()
        return self.env["crm.call.entry"].with_user(user).search(list(domain)).sudo()

    def _own(self, user):
        return self._seen(user, [("is_own_recall", "=", True)])


class TestCallRecallRights(RecallCase):
    def test_operator_sees_own_and_public_call_backs_alone(self):
        fresh = self.campaign.add_leads(self._lead(user_id=False))
        retry = self.campaign.add_leads(self._lead(user_id=False))
        retry.sudo().write({"state": "waiting", "next_call_at": "2026-07-08 08:40:00"})
        self.assertEqual(self._seen(self.operator), self.mine + self.public)
        self.assertEqual(self._own(self.operator), self.mine + self.public)
        self.assertEqual(self._own(self.rival), self.of_rival + self.public)
        self.assertFalse(self._own(self.coordinator), "neither of the campaign nor owner of a call back")
        self.assertEqual(self._seen(self.coordinator), self.entries + fresh + retry)

    def test_public_ones_of_campaigns_of_others_are_hidden(self):
        self.campaign.user_ids = self.rival
        self.assertEqual(self._seen(self.operator), self.mine)
        self.campaign.user_ids = False
        self.assertEqual(self._seen(self.operator), self.mine + self.public, "a campaign of all operators")

    def test_public_one_outside_of_campaigns_is_of_all_operators(self):
        lead = self._lead(user_id=False)
        outside = self.env["crm.call.entry"]._get_outside(lead)
        self._wait(outside, "2026-07-08 08:40:00")
        self.assertIn(outside, self._seen(self.operator))
        self._wait(outside, "2026-07-08 08:40:00", self.rival)
        self.assertNotIn(outside, self._seen(self.operator))

    def test_other_company_sees_nothing(self):
        self.campaign.user_ids = False
        self.assertFalse(self._seen(self.operator_other_company))
        with self.assertRaises(AccessError):
            self.public.with_user(self.operator_other_company).action_call()

    def test_salesperson_has_no_access(self):
        with self.assertRaises(AccessError):
            self._seen(self.user_own)

    def test_name_and_number_are_read_without_the_lead(self):
        names = ["display_name", "customer_name", "lead_phone", "lead_number", "recall_local_time", "lead_id"]
        row = self.public.with_user(self.operator).read(names)[0]
        lead = self.leads[2]
        self.assertEqual((row["customer_name"], row["display_name"]), ("Pitch 2", "Pitch 2"))
        self.assertEqual((row["lead_phone"], row["lead_number"]), (lead.phone, lead.number))
        self.assertFalse(lead.with_user(self.operator).has_access("read"))
        with self.assertRaises(AccessError):
            lead.with_user(self.operator).read(["description"])

    def test_the_lead_can_be_read_once_it_is_called(self):
        with self._at(NOW):
            action = self.public.with_user(self.operator).action_call()
            self.assertEqual(action["res_model"], "crm.call.wizard")
            self.assertTrue(self.leads[2].with_user(self.operator).has_access("read"))
        self.assertEqual((self.public.state, self.public.claimed_by_id), ("claimed", self.operator))
        self.assertEqual(self._own(self.rival), self.of_rival, "nobody else may call there now")

    def test_private_ones_of_others_cant_be_called(self):
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.of_rival.with_user(self.operator).action_call()
        with self._at(NOW):
            self.of_rival.with_user(self.coordinator).action_call()
        self.assertEqual(self.of_rival.claimed_by_id, self.coordinator)

    def test_operator_changes_nothing(self):
        for values in ({"next_call_at": "2026-07-09 08:00:00"}, {"recall_user_id": False}):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.mine.with_user(self.operator).write(values)


class TestCallRecallSearch(RecallCase):
    def test_customer_is_found_by_each_of_the_names(self):
        client = self.env["res.partner"].create({"name": "Bianchi Ltd"})
        self.leads[2].partner_id = client
        for text, entry in (("rossi", self.mine), ("bianchi", self.public), ("pitch 0", self.mine)):
            self.assertEqual(self._seen(self.operator, [("customer_name", "ilike", text)]), entry, text)
        self.assertEqual(self._seen(self.operator, [("customer_name", "not ilike", "rossi")]), self.public)
        self.assertEqual(self.public.customer_name, "Bianchi Ltd")

    def test_customer_is_found_by_phone_and_number_of_the_lead(self):
        lead = self.leads[2]
        for name, text in (("lead_phone", lead.phone), ("lead_number", lead.number)):
            self.assertEqual(self._seen(self.operator, [(name, "ilike", text)]), self.public, name)

    def test_nothing_else_of_the_lead_is_found_out(self):
        self.leads.description = "A secret"
        self.assertFalse(
            self._seen(self.operator, [("id", "=", self.public.id), ("lead_id.description", "ilike", "s")])
        )

    def test_who_calls_back_is_named(self):
        self.assertEqual(self.mine.recall_owner, self.operator.name)
        self.assertEqual(self.public.recall_owner, "Anybody")

    def test_others_are_not_mine(self):
        self.assertEqual(self._seen(self.coordinator, [("is_own_recall", "=", False)]), self.entries)
        self.assertEqual(self.mine.with_user(self.operator).is_own_recall, True)
        self.assertEqual(self.of_rival.with_user(self.coordinator).is_own_recall, False)

    def test_due_today_or_later_by_the_users_day(self):
        def due(at, tz="Europe/Rome"):
            self._wait(self.mine, at, self.operator)
            self.mine.invalidate_recordset()
            return self.mine.with_context(tz=tz).recall_due

        with self._at(NOW):
            self.assertEqual(due(NOW), "due")
            self.assertEqual(due("2026-07-08 08:00:01"), "today")
            self.assertEqual(due("2026-07-08 21:59:00"), "today")
            self.assertEqual(due("2026-07-08 22:00:00"), "later", "midnight in Rome")
            self.assertEqual(due("2026-07-08 22:00:00", "UTC"), "today")

    def test_time_by_the_customers_clock(self):
        self.leads[0].phone = "+44 20 7946 0018"
        self._wait(self.mine, "2026-07-08 08:40:00", self.operator)
        self.assertIn("9:40", self.mine.recall_local_time)
        self._wait(self.mine, "2026-12-08 08:40:00", self.operator)
        self.assertIn("8:40", self.mine.recall_local_time, "winter")

    def test_menus_show_what_they_say(self):
        def shown(action, user):
            domain = self.env["ir.actions.act_window"]._for_xml_id(f"crm_lead_lifecycle.{action}")["domain"]
            return self._seen(user, literal_eval(domain))

        retry = self.campaign.add_leads(self._lead(user_id=False))
        retry.sudo().write({"state": "waiting", "next_call_at": "2026-07-08 08:40:00"})
        self.assertEqual(shown("crm_call_entry_action_recall_mine", self.operator), self.mine + self.public)
        self.assertEqual(shown("crm_call_entry_action_recall_all", self.coordinator), self.entries)


class TestCallRecallMove(RecallCase):
    def _move(self, entry=None, user=None, **values):
        with self.env.cr.savepoint():
            (entry or self.mine).with_user(user or self.coordinator).write(values)

    def assertRefused(self, words, entry=None, user=None, **values):
        entry = entry or self.mine
        before = (entry.next_call_at, entry.recall_user_id)
        with self.assertRaisesRegex(UserError, words):
            self._move(entry, user, **values)
        self.env.invalidate_all()
        self.assertEqual((entry.next_call_at, entry.recall_user_id), before)
        self.assertFalse(self._events(self.leads, "recall_change"))

    def test_another_time_is_logged(self):
        with self._at(NOW):
            self._move(next_call_at="2026-07-09 07:00:00")
        self.assertEqual(str(self.mine.next_call_at), "2026-07-09 07:00:00")
        self.assertEqual(self.mine.date_queued, self.mine.next_call_at, "its turn has moved along")
        event = self._events(self.leads[0], "recall_change")
        self.assertEqual(event.user_id, self.coordinator)
        summary = event.with_context(tz="Europe/Rome").summary
        self.assertRegex(summary, r"^Call back moved from .*10:40.*, call_operator.* to .*9:00.*, call_operator")

    def test_many_are_moved_with_the_same_queries(self):
        leads = self.env["crm.lead"].create([{"name": f"Tent {number}", "user_id": False} for number in range(23)])
        entries = self._campaign(leads).entry_ids
        entries.write({"state": "waiting", "is_recall": True, "next_call_at": "2026-07-08 12:00:00"})
        with self._at(NOW):
            counts = []
            for part in (entries[:1], entries[1:3], entries[3:]):
                self.env.invalidate_all()
                part = part.browse(part.ids).with_user(self.coordinator)
                counts.append(
                    self._count_queries(lambda part=part: part.write({"next_call_at": "2026-07-09 07:00:00"}))
                )
        self.assertEqual(counts[1], counts[2])

    def test_another_operator_and_anybody(self):
        with self._at(NOW):
            self._move(recall_user_id=self.rival.id)
            self.assertEqual(self._own(self.rival), self.entries)
            self.assertEqual(self._own(self.operator), self.public)
            self._move(recall_user_id=False)
        self.assertEqual(self._own(self.operator), self.mine + self.public)
        first, second = self._events(self.leads[0], "recall_change")
        self.assertEqual((first.data["from_user"], first.data["to_user"]), (self.operator.id, self.rival.id))
        self.assertEqual((second.data["from_user"], second.data["to_user"]), (self.rival.id, False))
        self.assertRegex(second.summary, "to .*, anybody$")

    def test_operator_who_is_given_a_call_back_gets_it_first(self):
        with self._at("2026-07-08 08:50:00"):
            self._move(self.of_rival, recall_user_id=self.operator.id)
            self._move(self.mine, recall_user_id=self.rival.id)
            self.assertEqual(self._claim(), self.of_rival)

    def test_past_and_missing_times_are_refused(self):
        with self._at(NOW):
            self.assertRefused("lies in the past", next_call_at="2026-07-08 07:59:59")
            self.assertRefused("lies in the past", next_call_at=NOW)
            self.assertRefused("Enter the day and the time", next_call_at=False)

    def test_times_outside_of_the_calling_hours_are_refused(self):
        window = {"weekday": "2", "hour_from": 9, "hour_to": 12}
        self.campaign.window_ids = [Command.create(window)]
        with self._at(NOW):
            self.assertRefused("outside the calling hours of “Summer”", next_call_at="2026-07-08 10:00:00")
            self._move(next_call_at="2026-07-08 09:59:00")  # 11:59 in Rome
        self.assertEqual(str(self.mine.next_call_at), "2026-07-08 09:59:00")

    def test_the_hours_are_those_of_the_customers_winter(self):
        self.campaign.window_ids = [Command.create({"weekday": "0", "hour_from": 9, "hour_to": 12})]
        with self._at("2026-10-23 08:00:00"):
            # the Monday after the clocks were put back: 09:00 in Rome is 08:00 in UTC
            self.assertRefused("outside the calling hours", next_call_at="2026-10-26 07:00:00")
            self._move(next_call_at="2026-10-26 08:00:00")

    def test_an_overdue_one_is_handed_over_as_it_is(self):
        with self._at("2026-07-08 12:00:00"):
            self._move(recall_user_id=self.rival.id)
        self.assertEqual(self.mine.recall_user_id, self.rival)

    def test_who_takes_no_calls_there_gets_none(self):
        outsider = new_test_user(self.env, "recall_outsider", "crm_lead_lifecycle.group_call_operator")
        gone = new_test_user(self.env, "recall_gone", "crm_lead_lifecycle.group_call_operator", active=False)
        for user in (outsider, gone, self.user_own, self.operator_other_company):
            self.assertRefused("takes no calls of Summer", recall_user_id=user.id)
        outside = self.env["crm.call.entry"]._get_outside(self._lead(user_id=False))
        self._wait(outside, "2026-07-08 08:40:00", self.operator)
        self._move(outside, recall_user_id=outsider.id)
        self.assertRefused("takes no calls of", outside, recall_user_id=self.user_own.id)

    def test_only_what_waits_can_be_moved(self):
        fresh = self.campaign.add_leads(self._lead(user_id=False))
        with self._at(NOW):
            self.assertRefused("No call back of .* is waiting", fresh, next_call_at="2026-07-09 08:00:00")
            self.mine.with_user(self.operator).action_call()
            self.assertRefused("is in a call with", next_call_at="2026-07-09 08:00:00")

    def test_nothing_changed_is_not_logged(self):
        self._move(recall_user_id=self.operator.id)
        self.assertFalse(self._events(self.leads, "recall_change"))

    def test_others_than_coordinators_are_refused(self):
        for user in (self.operator, self.user_own, self.user_portal):
            with self.assertRaises(AccessError):
                self._move(user=user, recall_user_id=False)

    def test_coordinator_of_another_company_is_refused(self):
        coordinator = new_test_user(
            self.env,
            "recall_coordinator",
            "crm_lead_lifecycle.group_call_coordinator",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        with self.assertRaises(AccessError):
            self._move(user=coordinator, recall_user_id=False)

    def test_dialog_refuses_in_the_same_words(self):
        self.campaign.window_ids = [Command.create({"weekday": "2", "hour_from": 9, "hour_to": 12})]
        with self._at(NOW):
            self.mine.with_user(self.operator).action_call()
            for at, words in ((NOW, "lies in the past"), ("2026-07-08 10:00:00", "outside the calling hours")):
                dialog = self._dialog(self.mine, outcome_id=self.recall.id, recall_at=at)
                with self.assertRaisesRegex(UserError, words):
                    dialog.action_confirm()


class TestCallRecallRelease(RecallCase):
    def test_released_one_stays_with_its_owner_until_it_is_taken(self):
        self.company.call_release_minutes = 30
        self.campaign.user_ids = self.operator + self.rival
        (self.of_rival + self.public).sudo().state = "done"
        at = fields.Datetime.to_datetime("2026-07-08 08:40:00")
        with self._at(str(at + timedelta(minutes=29))):
            self.assertFalse(self._claim(self.rival))
        with self._at(str(at + timedelta(minutes=31))):
            self.assertEqual(self._own(self.operator), self.mine)
            self.assertEqual(self._claim(self.rival), self.mine)
            self.assertFalse(self._own(self.operator))
