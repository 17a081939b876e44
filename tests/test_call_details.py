from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form

from .call_common import CallCase

NOON = "2026-06-17 10:00:00"  # a Wednesday, noon in Rome, 11 o'clock in London


class TestCallDetails(CallCase):
    """What the dialog of a call shows, for an operator who has no other right."""

    def _details(self, entry=None, user=None, **values):
        return self._dialog(entry or self._claim(user), user, **values).get_details()

    # ------------------------------------------------------------
    # WHO
    # ------------------------------------------------------------

    def test_who_is_called(self):
        lead = self.leads[0]
        lead.write({"contact_name": "Ada Rossi", "request": "Two weeks by the sea"})
        details = self._details()
        self.assertEqual(
            [details[name] for name in ("lead_id", "name", "number", "request", "campaign", "time_zone", "city")],
            [lead.id, "Ada Rossi", lead.number, "Two weeks by the sea", "Summer", "Europe/Rome", "Rome"],
        )
        self.assertEqual(
            details["phones"], [{"phone": lead.phone, "label": "", "link": "tel:+393331234000"}], "with digits alone"
        )

    def test_a_mobile_phone_of_portugal_is_shown_by_the_clock_of_lisbon(self):
        self.leads[0].phone = "+351 912 345 678"
        details = self._details()
        self.assertEqual((details["time_zone"], details["city"]), ("Europe/Lisbon", "Lisbon"))

    def test_the_clients_numbers_are_each_shown_once(self):
        client = self.env["res.partner"].create(
            {
                "name": "Marco Rossi",
                "client_phone_ids": [
                    Command.create({"phone": "+39 06 1234567", "label": "office"}),
                    Command.create({"phone": "+39 333 123 4000", "label": "mobile"}),
                ],
            }
        )
        lead = self.leads[0]
        lead._link_client(client)
        client.phone = "+39 335 7654321"
        both = ["+393331234000", "+393357654321"]
        entry = self._claim()

        def shown(user):
            entry.claimed_by_id = user
            return [phone["link"].removeprefix("tel:") for phone in self._details(entry, user)["phones"]]

        self.assertEqual(shown(self.operator), both, "the further ones are for those who may see clients")
        self.operator.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        self.assertEqual(shown(self.operator), [*both, "+39061234567"])

    def test_a_blocked_number_can_not_be_dialled(self):
        self.env["phone.blacklist"]._add(["+393331234000"])
        entry = self.entries[0]
        entry.write(entry._prepare_claim_values(self.operator))
        (phone,) = self._details(entry)["phones"]
        self.assertEqual((phone["phone"], phone["link"]), (self.leads[0].phone, False))

    def test_without_right_to_the_lead_there_is_nothing_to_see(self):
        dialog = self._dialog(self._claim())
        dialog.sudo().entry_id._give_back()
        with self.assertRaises(AccessError):
            dialog.get_details()

    def test_another_ones_dialog_is_not_mine(self):
        dialog = self._dialog(self._claim())
        with self.assertRaises(AccessError):
            dialog.with_user(self.rival).get_details()

    # ------------------------------------------------------------
    # WHAT IS KNOWN
    # ------------------------------------------------------------

    def test_all_calls_of_the_lead_also_those_of_others(self):
        other = self._campaign(self.leads[0], name="Winter")
        self._call(self.busy, other.entry_ids, self.rival, notes="In a meeting")
        (call,) = self._details()["calls"]
        self.assertEqual(
            (call["user"], call["outcome"], call["notes"], call["color"]),
            (self.rival.name, "Busy", "In a meeting", self.busy.color),
        )

    def test_open_proposals_alone(self):
        product = self.env["product.product"].create({"name": "A week", "list_price": 700, "taxes_id": False})
        values = {
            "partner_id": self.env["res.partner"].create({"name": "Ada"}).id,
            "opportunity_id": self.leads[0].id,
            "order_line": [Command.create({"product_id": product.id, "product_uom_qty": 2})],
        }
        draft, sent, cancelled = self.env["sale.order"].create([values] * 3)
        sent.state, cancelled.state = "sent", "cancel"
        proposals = self._details()["proposals"]
        self.assertEqual({proposal["name"] for proposal in proposals}, {draft.name, sent.name})
        self.assertIn("1,400.00", proposals[0]["amount"])

    def test_history_leaves_the_calls_to_their_own_list(self):
        self._call(self.busy)
        self.entries[0].write(self.entries[0]._prepare_claim_values(self.operator))
        details = self._details(self.entries[0])
        self.assertEqual(len(details["calls"]), 1)
        self.assertTrue(details["history"])
        self.assertFalse([event for event in details["history"] if event["text"].startswith("Call")])

    def test_outcomes_and_choices_of_the_campaign(self):
        self.campaign.outcome_ids = self.recall + self.wrong_number
        self.campaign.step_ids = [
            Command.create(
                {
                    "name": "Place",
                    "question": "Where?",
                    "answer_type": "choice",
                    "choice_ids": [Command.create({"name": "Beach"}), Command.create({"name": "Woods"})],
                }
            )
        ]
        details = self._details()
        self.assertEqual(
            [(outcome["name"], outcome["is_quick"]) for outcome in details["outcomes"]],
            [("Call back", True), ("Wrong number", False)],
        )
        self.assertEqual(
            [choice["name"] for choice in details["choices"][self.campaign.step_ids.id]], ["Beach", "Woods"]
        )

    def test_why_it_is_their_turn(self):
        entry = self._claim()
        dialog = self._dialog(entry)
        self.assertIn("Fresh contact", dialog.get_details()["why"])
        entry.write({"next_call_at": fields.Datetime.now(), "is_recall": True, "recall_user_id": self.operator.id})
        self.assertIn("Your call back", self._dialog(entry).get_details()["why"])
        lead = self._lead(user_id=self.operator.id)
        self.assertIn("out of turn", self._dialog(lead_id=lead.id).get_details()["why"])

    def test_history_says_nothing_of_clients_to_who_may_not_see_them(self):
        partner = self.env["res.partner"].create({"name": "Marta Verdi"})
        self.leads[0].partner_id = partner
        entry = self._claim()
        history = [event["text"] for event in self._details(entry)["history"]]
        self.assertFalse([text for text in history if "Marta" in text])
        self.operator.group_ids += self.env.ref("crm_lead_lifecycle.group_client_viewer")
        history = [event["text"] for event in self._details(entry)["history"]]
        self.assertTrue([text for text in history if "Marta" in text])

    # ------------------------------------------------------------
    # WHEN
    # ------------------------------------------------------------

    def _choices(self, moment, entry=None, **windows):
        with self._at(moment):
            entry = entry or self.entries[0]
            entry.write(entry._prepare_claim_values(self.operator))
            return {choice["label"]: choice for choice in self._details(entry)["recall_choices"]}

    def test_times_to_propose_are_by_the_customers_clock(self):
        self.leads.phone = "+44 20 7946 0000"
        choices = self._choices(NOON)
        self.assertEqual(
            {label: (choice["date"], choice["hour"], choice["at"]) for label, choice in choices.items()},
            {
                "In 1 hour": ("2026-06-17", 12, "2026-06-17 11:00:00"),
                "This afternoon": ("2026-06-17", 15, "2026-06-17 14:00:00"),
                "Tomorrow morning": ("2026-06-18", 10, "2026-06-18 09:00:00"),
                "In a week": ("2026-06-24", 11, "2026-06-24 10:00:00"),
            },
        )

    def test_times_to_propose_are_round(self):
        choices = self._choices("2026-06-17 10:08:23")
        self.assertEqual(choices["In 1 hour"]["at"], "2026-06-17 11:10:00")
        self.assertEqual(choices["In a week"]["at"], "2026-06-24 10:10:00")

    def test_times_to_propose_are_within_the_calling_hours(self):
        def window(weekday):
            return Command.create({"weekday": weekday, "hour_from": 10.5, "hour_to": 12.5})

        self.campaign.window_ids = [window("2"), window("3")]
        choices = self._choices(NOON)
        self.assertEqual(
            {label: choice["hour"] for label, choice in choices.items()}, {"Tomorrow morning": 10.5, "In a week": 12}
        )
        self.campaign.window_ids = [Command.clear(), window("0")]
        self.assertEqual(self._choices(NOON), {}, "next Monday is neither tomorrow nor in a week")

    def test_what_is_over_today_is_not_proposed(self):
        self.assertNotIn("This afternoon", self._choices("2026-06-17 16:30:00"))

    def test_a_retry_says_when_it_will_be(self):
        with self._at(NOON):
            dialog = self._dialog(self._claim(), outcome_id=self.no_answer.id)
            self.assertEqual(dialog.retry_at, datetime.fromisoformat("2026-06-17 10:30"))
            dialog.outcome_id = self.recall
            self.assertFalse(dialog.retry_at)
            dialog.outcome_id = self.no_answer
            promised = dialog.retry_at
            dialog.action_confirm()
        self.assertEqual(self.entries[0].next_call_at, promised, "the promise is kept")
        with self._at("2026-06-17 11:00:00"):
            entry = self._claim()
            self.assertEqual(entry, self.entries[0])
            self.assertEqual(
                self._dialog(entry, outcome_id=self.no_answer.id).retry_at,
                datetime.fromisoformat("2026-06-17 13:00"),
                "the second attempt waits for two hours",
            )

    def test_the_last_attempt_promises_nothing(self):
        self.no_answer.max_attempts = 1
        dialog = self._dialog(self._claim(), outcome_id=self.no_answer.id)
        self.assertTrue(dialog.is_retry)
        self.assertFalse(dialog.retry_at)
        self.no_answer.max_attempts = 0
        self.campaign.max_calls = 1
        self.assertFalse(self._dialog(self.entries[0], outcome_id=self.no_answer.id).retry_at)

    def test_a_retry_outside_of_campaigns(self):
        with self._at(NOON):
            lead = self._lead(user_id=self.operator.id)
            dialog = self._dialog(lead_id=lead.id, outcome_id=self.no_answer.id)
            self.assertEqual(dialog.retry_at, datetime.fromisoformat("2026-06-17 10:30"))
            dialog.action_confirm()
        self.assertEqual(lead.call_ids.recall_at, datetime.fromisoformat("2026-06-17 10:30"))

    # ------------------------------------------------------------
    # THE CLAIM
    # ------------------------------------------------------------

    def test_the_open_call_keeps_its_contact(self):
        with self._at(NOON):
            entry = self._claim()
            dialog = self._dialog(entry)
        with self._at("2026-06-17 10:04:00"):
            self.assertTrue(dialog.keep_claim())
        self.assertEqual(entry.claimed_until, datetime.fromisoformat("2026-06-17 10:09"))

    def test_a_computer_that_was_asleep_takes_its_contact_again(self):
        with self._at(NOON):
            dialog = self._dialog(self._claim())
        with self._at("2026-06-17 11:00:00"):
            self.entries._release_lapsed()
            self.assertEqual(self.entries[0].state, "ready")
            self.assertTrue(dialog.keep_claim())
        self.assertEqual((self.entries[0].state, self.entries[0].claimed_by_id), ("claimed", self.operator))

    def test_nobody_takes_a_contact_away(self):
        with self._at(NOON):
            dialog = self._dialog(self._claim())
        with self._at("2026-06-17 11:00:00"):
            entry = self._claim(self.rival)
            self.assertEqual(entry, self.entries[0])
            self.assertFalse(dialog.keep_claim())
            self.assertEqual(entry.claimed_by_id, self.rival)
            self._dialog(entry, self.rival, outcome_id=self.recall.id, recall_at="2026-06-18 10:00:00").action_confirm()
            self.assertFalse(dialog.keep_claim(), "called by somebody else since")
            self.assertEqual(entry.state, "waiting")

    def test_a_call_without_a_contact_has_nothing_to_lose(self):
        self.assertTrue(self._dialog(lead_id=self._lead(user_id=self.operator.id).id).keep_claim())

    def test_only_the_own_dialog_keeps_a_claim(self):
        dialog = self._dialog(self._claim())
        with self.assertRaises(AccessError):
            dialog.with_user(self.rival).keep_claim()

    # ------------------------------------------------------------
    # BEFORE AND AFTER
    # ------------------------------------------------------------

    def test_confirming_says_what_was_saved_and_goes_on(self):
        action = self._dialog(self._claim(), outcome_id=self.busy.id).action_confirm()
        self.assertEqual((action["type"], action["tag"]), ("ir.actions.client", "crm_call_next_contact"))
        self.assertEqual(
            action["params"],
            {
                "campaign_id": self.campaign.id,
                "call_id": self.entries[0].call_ids.id,
                "outcome": "Busy",
                "notice": "",
                "take_back_minutes": self.company.call_take_back_minutes,
            },
        )
        lead = self._lead(user_id=self.operator.id)
        action = self._dialog(lead_id=lead.id, outcome_id=self.wrong_number.id).action_confirm()
        self.assertEqual((action["params"]["campaign_id"], action["params"]["outcome"]), (False, "Wrong number"))

    def test_an_operator_opens_the_dialog(self):
        action = self.campaign.with_user(self.operator).next_contact()
        dialog = self.env[action["res_model"]].with_user(self.operator).browse(action["res_id"])
        with Form(dialog) as form:
            form.outcome_id = self.no_answer
            form.notes = "Nobody there"
        dialog.action_confirm()
        self.assertEqual(self.entries[0].call_ids.notes, "Nobody there")

    def test_a_lead_without_a_phone_or_closed_can_not_be_called(self):
        lead = self._lead(user_id=self.operator.id)
        self.assertFalse(lead.can_be_called)
        lead.phone = "none"
        self.assertFalse(lead.can_be_called)
        lead.phone = "+39 333 1234567"
        self.assertTrue(lead.can_be_called)
        lead.phone = False
        lead._link_client(self.env["res.partner"].create({"name": "Ada", "phone": "+39 333 1234568"}))
        self.assertTrue(lead.can_be_called, "by the client's")
        lead.action_set_lost()
        self.assertFalse(lead.can_be_called)

    def test_the_button_is_for_operators_and_for_leads_that_can_be_called(self):
        view = self.env["crm.lead"]

        def buttons(user):
            arch = view.with_user(user).get_view(None, "form")["arch"]
            return arch.count('name="action_call"')

        self.assertEqual((buttons(self.user_own), buttons(self.user_manager)), (0, 1))

    def test_a_lead_says_who_is_calling(self):
        lead = self._claim(self.rival).lead_id
        self.assertEqual(lead.with_user(self.coordinator).in_call_with_id, self.rival)
        self.assertFalse(lead.with_user(self.rival).in_call_with_id, "not oneself")
        lead.user_id = self.user_own
        self.assertEqual(lead.with_user(self.user_own).in_call_with_id, self.rival, "also without any right to call")
        lead.sudo().call_entry_ids.claimed_until = fields.Datetime.now() - timedelta(minutes=1)
        self.assertFalse(lead.with_user(self.coordinator).in_call_with_id)
