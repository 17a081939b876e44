from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command

from .call_common import CallCase


class TestCallRights(CallCase):
    def _visible(self, model, user, records=None):
        found = self.env[model].with_user(user).search([])
        return (found & records if records is not None else found).with_env(self.env)

    def test_an_operator_sees_the_contact_in_the_call_the_own_call_backs_and_the_own_leads(self):
        self.assertFalse(self._visible("crm.lead", self.operator))
        entry = self._claim()
        own = self._lead(user_id=self.operator.id)
        self._call(self.recall, self.entries[1], recall_at="2099-01-01 10:00:00")
        self._call(self.recall, self.entries[2], self.rival, recall_at="2099-01-01 10:00:00")
        self.assertEqual(self._visible("crm.lead", self.operator), own + self.leads[:2])
        self.assertEqual(self._visible("crm.call.entry", self.operator, self.entries), entry + self.entries[1])
        self.assertEqual(self._visible("crm.call", self.operator).user_id, self.operator)
        self._dialog(entry).action_stop()
        self.assertEqual(self._visible("crm.lead", self.operator), own + self.leads[1])
        self.assertFalse(self.env["crm.lead"].with_user(self.operator).name_search("Pitch 0"))
        with self.assertRaises(AccessError):
            self.leads[0].with_user(self.operator).read(["name", "phone"])

    def test_a_coordinator_sees_all_of_the_company(self):
        foreign_lead = self._lead(user_id=False, company_id=self.other_company.id)
        self.assertTrue(self.leads <= self._visible("crm.lead", self.coordinator))
        self.assertNotIn(foreign_lead, self._visible("crm.lead", self.coordinator))
        self.assertEqual(self._visible("crm.call.entry", self.coordinator, self.entries), self.entries)
        call = self._call(self.busy)
        self.assertIn(call, self._visible("crm.call", self.coordinator))

    def test_calling_gives_salespeople_no_right_to_change_the_leads_of_others(self):
        self.leads[0].user_id = self.user_all
        entry, lead = self.entries[0], self.leads[0].with_user(self.user_own)
        for group in ("operator", "coordinator"):
            self.user_own.group_ids += self.env.ref(f"crm_lead_lifecycle.group_call_{group}")
            entry.write(entry._prepare_claim_values(self.user_own))
            with self.subTest(group=group):
                self.assertTrue(lead.has_access("read"))
                with self.assertRaises(AccessError):
                    lead.name = "Mine"
            dialog = self._dialog(entry, self.user_own, outcome_id=self.recall.id, recall_at="2099-01-01 10:00:00")
            dialog.action_confirm()

    def test_salespeople_see_the_calls_of_their_leads(self):
        calls = [self._call(self.busy) for _lead in self.leads]
        self.leads[0].user_id = self.user_own
        self.leads[1].user_id = self.user_all
        calls = calls[0].concat(*calls[1:])
        self.assertEqual(self._visible("crm.call", self.user_own, calls), calls[0] + calls[2])
        self.assertEqual(self._visible("crm.call", self.user_all, calls), calls)
        for user in (self.user_own, self.user_all):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.entries.with_user(user).check_access("read")

    def test_salespeople_take_no_contacts_unless_they_are_operators(self):
        self.leads[0].user_id = self.user_own
        with self.assertRaisesRegex(AccessError, "Only call operators"):
            self.campaign.with_user(self.user_own).next_contact()
        with self.assertRaises(AccessError):
            self._dialog(self.entries[0], self.user_own)

    def test_nobody_opens_a_call_of_a_lead_that_they_may_not_see(self):
        with self.assertRaises(AccessError):
            self._dialog(self.entries[0])
        with self.assertRaises(AccessError):
            self._dialog(lead_id=self.leads[0].id)
        own = self._lead(user_id=self.operator.id)
        dialog = self._dialog(lead_id=own.id)
        with self.assertRaises(AccessError):
            dialog.lead_id = self.leads[0]

    def test_a_dialog_belongs_to_who_opened_it(self):
        dialog = self._dialog(self._claim(), notes="Mine")
        for user in (self.rival, self.coordinator):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                dialog.with_user(user).read(["notes"])

    def test_an_operator_of_other_campaigns_gets_nothing(self):
        self.campaign.user_ids = self.rival
        self.assertFalse(self._claim())
        self.assertNotIn(self.campaign, self._visible("crm.call.campaign", self.operator))
        self.campaign.user_ids = [Command.clear()]
        self.assertTrue(self._claim())

    def test_an_operator_of_another_company_gets_nothing(self):
        self.campaign.user_ids = [Command.clear()]
        self.assertFalse(self._claim(self.operator_other_company))
        self.assertNotIn(self.campaign, self._visible("crm.call.campaign", self.operator_other_company))
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.operator_other_company).check_access("read")

    def test_a_campaign_takes_no_leads_of_another_company(self):
        lead = self._lead(user_id=False, company_id=self.other_company.id)
        with self.assertRaisesRegex(UserError, "belongs to"):
            self.campaign.add_leads(lead)
        with self.assertRaisesRegex(ValidationError, "belongs to another company"):
            self.env["crm.call.entry"].create({"campaign_id": self.campaign.id, "lead_id": lead.id})

    def test_operators_change_neither_the_queue_nor_the_campaign(self):
        entry = self._claim().with_user(self.operator)
        for method in ("action_exclude", "action_include"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(entry, method)()
        with self.assertRaises(AccessError):
            entry.priority = 9
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.operator).action_pause()
        with self.assertRaises(AccessError):
            self.campaign.with_user(self.operator).add_leads(self.leads)
        queue = self.entries.with_user(self.coordinator)
        queue[1].priority = 9
        with self.assertRaisesRegex(UserError, "only the priority"):
            queue[1].state = "done"
        with self.assertRaises(AccessError):
            queue.create({"campaign_id": self.campaign.id, "lead_id": self._lead().id})
        self.campaign.with_user(self.coordinator).action_pause()
        self.assertEqual(self.campaign.state, "paused")

    def test_portal_users_see_nothing_of_calls(self):
        self._call(self.busy)
        for model in ("crm.call", "crm.call.entry", "crm.call.campaign", "crm.call.outcome", "crm.call.wizard"):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.user_portal).search([])

    def test_a_claim_is_not_made_by_rpc(self):
        from odoo.service.model import get_public_method

        for name in ("_claim_next", "_claim", "_record"):
            for model in ("crm.call.campaign", "crm.call.entry", "crm.call"):
                if hasattr(self.env[model], name):
                    with self.subTest(name=name), self.assertRaises(AccessError):
                        get_public_method(self.env[model], name)

    def test_nobody_stops_the_call_of_somebody_else(self):
        entry = self._claim()
        dialog = self._dialog(entry)
        for user in (self.rival, self.coordinator, self.user_own):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                dialog.with_user(user).action_stop()
        self.assertTrue(dialog.exists())
        self.assertEqual(entry.claimed_by_id, self.operator)

    def test_salespeople_take_no_contact_by_its_lead(self):
        self.leads[0].user_id = self.user_own
        with self.assertRaisesRegex(AccessError, "Only call operators"):
            self.leads[0].with_user(self.user_own).action_call()
        self.assertEqual(self.entries[0].state, "ready")

    def test_scripts_and_calling_hours_of_other_companies_are_out_of_sight(self):
        foreign = self._campaign(
            name="Secret",
            company_id=self.other_company.id,
            user_ids=False,
            window_ids=[Command.create({})],
            step_ids=[
                Command.create(
                    {
                        "name": "Price",
                        "question": "How much?",
                        "answer_type": "choice",
                        "choice_ids": [Command.create({"name": "A lot"})],
                    }
                )
            ],
        )
        for records in (foreign.step_ids, foreign.step_ids.choice_ids, foreign.window_ids):
            with self.subTest(model=records._name):
                self.assertFalse(self._visible(records._name, self.operator, records))
                self.assertFalse(self._visible(records._name, self.coordinator, records))
                self.assertEqual(self._visible(records._name, self.operator_other_company, records), records)

    def test_a_dialog_shows_the_script_of_its_campaign_alone(self):
        step = {"name": "Price", "question": "How much?", "answer_type": "choice"}
        choices = [Command.create({"name": "A lot"})]
        foreign = self._campaign(step_ids=[Command.create({**step, "choice_ids": choices})]).step_ids
        self.campaign.step_ids = [Command.create({**step, "choice_ids": choices})]
        answer = self._dialog(self._claim()).answer_ids
        own = {"step_id": answer.step_id.id, "answer_choice_id": False}
        for values in ({"step_id": foreign.id}, {"answer_choice_id": foreign.choice_ids.id}):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, "no step of the campaign's script"),
            ):
                answer.write({**own, **values})
        answer.write({**own, "answer_choice_id": self.campaign.step_ids.choice_ids.id})

    def test_a_dialog_that_is_not_saved_tells_nothing_of_leads_of_others(self):
        dialog = self.env["crm.call.wizard"].with_user(self.operator)
        own = self._lead(user_id=self.operator.id)
        entry = self._campaign(own).entry_ids
        spec = {"entry_id": {"fields": {"display_name": {}}}}
        self.assertFalse(dialog.onchange({"lead_id": self.leads[0].id}, ["lead_id"], spec)["value"].get("entry_id"))
        self.assertEqual(dialog.onchange({"lead_id": own.id}, ["lead_id"], spec)["value"]["entry_id"]["id"], entry.id)

    def test_campaigns_of_others_are_not_named(self):
        foreign = self._campaign(name="Secret", company_id=self.other_company.id, user_ids=False, state="paused")
        notice = foreign.with_user(self.operator).next_contact()["params"]["message"]
        self.assertNotIn("Secret", notice)

    def test_the_script_is_answered_whichever_company_is_switched_on(self):
        self.operator.company_ids += self.other_company
        step = {"name": "Price", "question": "How much?", "answer_type": "choice"}
        campaign = self._campaign(
            self._lead(user_id=False, company_id=self.other_company.id),
            company_id=self.other_company.id,
            user_ids=False,
            step_ids=[Command.create({**step, "choice_ids": [Command.create({"name": "A lot"})]})],
        )
        entry = self._claim(campaign=campaign)
        dialog = self._dialog(entry, outcome_id=self.busy.id)
        dialog.answer_ids.answer_choice_id = campaign.step_ids.choice_ids
        self.env.invalidate_all()
        dialog.with_context(allowed_company_ids=self.company.ids).action_confirm()
        self.assertEqual(entry.call_ids.answer_ids.answer, "A lot")
