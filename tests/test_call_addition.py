from unittest.mock import patch

from odoo.addons.base.tests.test_ir_cron import CronMixinCase
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, users
from odoo.tools import mute_logger

from .call_common import CallCase


class TestCallAddition(CronMixinCase, CallCase):
    """Adding leads to campaigns: by hand, by a filter, a hundred thousand at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.target = cls._campaign(name="Winter")
        cls.more = cls.env["crm.lead"].create(
            [{"name": f"Yurt {number}", "phone": f"+39 347 98760{number:02d}", "user_id": False} for number in range(7)]
        )
        cls.cron = cls.env.ref("crm_lead_lifecycle.ir_cron_call_addition")

    def setUp(self):
        super().setUp()
        # three batches for seven leads
        additions = self.registry["crm.call.addition"]
        self.patch(additions, "_at_once", 3)
        self.patch(additions, "_batch", 3)

    def _domain(self, leads=None):
        return repr([("id", "in", (leads or self.more).ids)])

    def _add(self, user=None, **values):
        """Press the button of the dialog, for all leads unless others are given.

        :return: what the user is told
        """
        dialog = self.env["crm.call.add"].with_user(user or self.coordinator)
        values = {"campaign_id": self.target.id, "lead_domain": self._domain(), **values}
        return dialog.create(values).action_add()["params"]["message"]

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def _leads_in(self, campaign):
        campaign.invalidate_recordset()
        return campaign.entry_ids.lead_id.sorted("id")

    # ------------------------------------------------------------
    # AT ONCE
    # ------------------------------------------------------------

    def test_few_are_added_at_once(self):
        leads = self.more[:3]
        self.target.add_leads(leads[0])
        leads[1].action_set_lost()
        message = self._add(lead_domain=self._domain(leads))
        self.assertEqual(message, "1 added, 1 were there already, are closed or may not be called.")
        self.assertEqual(self._leads_in(self.target), leads[0] + leads[2])
        self.assertFalse(self.target.addition_ids)

    def test_nothing_to_add_is_no_failure(self):
        self.assertEqual(
            self._add(lead_domain="[('id', '=', 0)]"), "0 added, 0 were there already, are closed or may not be called."
        )
        closed = self.more[:1]
        closed.action_set_lost()
        self.assertFalse(self.target.add_leads(closed))

    def test_leads_are_added_in_as_many_queries_as_they_are_few(self):
        leads = self.env["crm.lead"].create(
            [{"name": f"Pitch {number}", "phone": f"+39 320 {number:07d}"} for number in range(550)]
        )
        few, many = leads[:50], leads[50:]
        self._campaign().add_leads(few)  # fills caches
        campaign = self._campaign(name="Many")
        self.env.flush_all()
        counts = []
        for some in (few, many):
            self.env.invalidate_all()
            counts.append(self._count_queries(lambda some=some: campaign.add_leads(some)))
        self.assertEqual(len(campaign.entry_ids), 550)
        self.assertEqual(*counts)
        self.assertLess(counts[0], 20)

    # ------------------------------------------------------------
    # THE DIALOG
    # ------------------------------------------------------------

    @users("call_coordinator")
    def test_dialog_of_a_campaign_proposes_open_leads_with_a_phone(self):
        self.more[0].sudo().phone = False
        self.more[1].sudo().action_set_lost()
        dialog = Form(self.env["crm.call.add"].with_context(default_campaign_id=self.target.id)).save()
        proposed = self.env["crm.lead"].search(self.env["crm.call.addition"]._parse_domain(dialog.lead_domain))
        self.assertEqual(proposed & self.more, self.more[2:])

    @users("call_coordinator")
    def test_dialog_tells_how_many_leads_match(self):
        with Form(self.env["crm.call.add"].with_context(default_campaign_id=self.target.id)) as form:
            for leads, summary in (
                (self.more[:1], "1 lead"),
                (self.more[:3], "3 leads"),
                (self.more, "7 leads. They are added in the background."),
            ):
                form.lead_domain = self._domain(leads)
                self.assertEqual(form.summary, summary)

    @users("call_coordinator")
    def test_selected_leads_are_added_from_the_list(self):
        context = {"active_model": "crm.lead", "active_ids": self.more[:2].ids, "active_domain": []}
        self.more[0].sudo().phone = False
        form = Form(self.env["crm.call.add"].with_context(**context))
        self.assertEqual((form.summary, form.without_phone), ("2 leads", 1))
        form.campaign_id = self.target
        form.save().action_add()
        self.assertEqual(self._leads_in(self.target.sudo()), self.more[:2])

    @users("call_coordinator")
    def test_of_a_very_long_selection_all_are_added(self):
        """The web client sends no more ids than its limit, and the domain of the list."""
        self.env["ir.config_parameter"].sudo().set_param("web.active_ids_limit", "2")
        context = {
            "active_model": "crm.lead",
            "active_ids": self.more[:2].ids,
            "active_domain": [["id", "in", self.more.ids]],
        }
        form = Form(self.env["crm.call.add"].with_context(**context))
        self.assertEqual(form.summary, "7 leads. They are added in the background.")

    def test_bad_filters_are_refused_in_words(self):
        for text in ("[('id', '=', 1", "[('no_such_field', '=', 1)]", "5", "[('id', 'any!', [])]", "__import__('os')"):
            with self.subTest(text), self.assertRaisesRegex(UserError, "This filter can't be used"):
                self.target._add_matching(text)

    # ------------------------------------------------------------
    # IN THE BACKGROUND
    # ------------------------------------------------------------

    def test_many_are_added_in_the_background(self):
        self.target.add_leads(self.more[3])
        self.more[4].action_set_lost()
        with self.capture_triggers("crm_lead_lifecycle.ir_cron_call_addition") as triggers:
            message = self._add(lead_domain="[('name', 'like', 'Yurt %')]")
        self.assertIn("6 leads are being added in the background", message, "the archived one does not match")
        self.assertEqual(len(triggers.records), 1)
        self.assertEqual(self._leads_in(self.target), self.more[3], "nothing yet")
        self.assertTrue(self.target.is_adding)
        self._run_cron()
        self.assertEqual(self._leads_in(self.target), self.more - self.more[4])
        addition = self.target.addition_ids
        self.assertEqual((addition.state, addition.handled, addition.added, addition.progress), ("done", 6, 5, 100))
        self.assertFalse(self.target.is_adding)
        note = self.target.message_ids[0]
        self.assertIn("5 added, 1 were there already, are closed or may not be called.", note.body)
        self.assertEqual(note.author_id, self.coordinator.partner_id)

    def test_a_job_that_is_killed_goes_on_where_it_was(self):
        self._add()
        addition = self.target.addition_ids
        batches = iter(range(9))
        add_batch = type(addition)._add_batch

        def killed_in_the_second(self):
            result = add_batch(self)
            if next(batches) > 0:
                raise RuntimeError("killed")
            return result

        with (
            patch.object(type(addition), "_add_batch", killed_in_the_second),
            mute_logger("odoo.addons.base.models.ir_cron"),
        ):
            self._run_cron()
        self.assertEqual((addition.state, addition.handled, addition.added), ("waiting", 3, 3))
        self.assertAlmostEqual(addition.progress, 42.857, 2)
        self.assertEqual(self._leads_in(self.target), self.more[:3], "as far as it came, no further")
        self._run_cron()
        self.assertEqual((addition.state, addition.handled, addition.added), ("done", 7, 7))
        self.assertEqual(self._leads_in(self.target), self.more)

    def test_leads_that_come_later_are_not_added(self):
        self._add(lead_domain="[('name', 'like', 'Yurt %')]")
        self.env["crm.lead"].create({"name": "Yurt 8"})
        self._run_cron()
        self.assertEqual(self._leads_in(self.target), self.more)

    def test_it_is_done_with_the_rights_of_who_asked(self):
        """Where coordinators see but their own leads, they add but these."""
        self.env.ref("crm_lead_lifecycle.crm_lead_rule_call_coordinator").domain_force = "[('user_id', '=', user.id)]"
        self.more.user_id = self.coordinator
        self._add()
        self.more[2].user_id = self.user_all
        self._run_cron()
        self.assertEqual(self._leads_in(self.target), self.more - self.more[2])

    def test_a_right_that_was_lost_stops_it_with_the_reason(self):
        self._add()
        self._add(user=self.user_manager)
        mine, other = self.target.addition_ids.sorted("id")
        self.coordinator.group_ids -= self.env.ref("crm_lead_lifecycle.group_call_coordinator")
        self._run_cron()
        self.assertEqual(mine.state, "failed")
        self.assertEqual(mine.error, f"{self.coordinator.name}, who asked for it, may no longer add leads.")
        self.assertEqual(other.state, "done", "the others go on")
        self.assertIn("Adding leads has stopped", " ".join(self.target.message_ids.mapped("body")))

    def test_who_was_archived_adds_nothing_more(self):
        self._add()
        self.coordinator.active = False
        self._run_cron()
        self.assertEqual(self.target.addition_ids.state, "failed")
        self.assertFalse(self.target.entry_ids)

    def test_who_has_lost_the_company_adds_nothing_more(self):
        self._add()
        self.coordinator.write(
            {"company_id": self.other_company.id, "company_ids": [Command.set(self.other_company.ids)]}
        )
        self._run_cron()
        self.assertEqual(self.target.addition_ids.state, "failed")
        self.assertFalse(self.target.entry_ids)

    def test_notes_are_in_the_language_of_who_asked(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.coordinator.lang = "it_IT"
        self._add()
        asked = []
        get_result = self.registry["crm.call.addition"]._get_result
        self.patch(
            self.registry["crm.call.addition"],
            "_get_result",
            lambda addition, *args: asked.append(addition.env.lang) or get_result(addition, *args),
        )
        self._run_cron()
        self.assertEqual(asked, ["it_IT"])

    # ------------------------------------------------------------
    # RIGHTS AND COMPANIES
    # ------------------------------------------------------------

    def test_leads_of_another_company_are_left_out(self):
        self.more[:2].company_id = self.other_company
        self.more[2].company_id = self.company
        self._add(user=self.user_manager)
        self._run_cron()
        self.assertEqual(self._leads_in(self.target), self.more[2:])
        with self.assertRaisesRegex(UserError, "belongs to"):
            self.target.add_leads(self.more[0])

    def test_a_coordinator_of_two_companies_adds_to_each_what_is_its_own(self):
        self.coordinator.company_ids += self.other_company
        theirs = self._campaign(name="Theirs", company_id=self.other_company.id, user_ids=[Command.clear()])
        self.more[:4].company_id = self.other_company
        self.more[4:].company_id = self.company
        both = self.coordinator.with_context(allowed_company_ids=(self.company + self.other_company).ids)
        for campaign in (self.target, theirs):
            self.env["crm.call.add"].with_env(both.with_user(self.coordinator).env).create(
                {"campaign_id": campaign.id, "lead_domain": self._domain()}
            ).action_add()
        self._run_cron()
        self.assertEqual(self._leads_in(theirs), self.more[:4])
        self.assertEqual(self._leads_in(self.target), self.more[4:])

    def test_requests_are_seen_in_their_company_alone(self):
        self._add()
        self.assertTrue(self.env["crm.call.addition"].with_user(self.coordinator).search([]))
        manager = self.user_other_company
        self.assertFalse(self.env["crm.call.addition"].with_user(manager).search([]))
        with self.assertRaises(AccessError):
            self.target.with_user(manager)._add_matching("[]")

    def test_only_coordinators_add(self):
        for user in (self.operator, self.user_own):
            with self.assertRaises(AccessError):
                self._add(user=user)
            with self.assertRaises(AccessError):
                self.target.with_user(user)._add_matching(self._domain())

    def test_nobody_writes_requests_by_hand(self):
        additions = self.env["crm.call.addition"].with_user(self.user_manager)
        with self.assertRaises(AccessError):
            additions.create({"campaign_id": self.target.id, "user_id": self.user_admin.id, "lead_domain": "[]"})
        self._add()
        with self.assertRaises(AccessError):
            self.target.addition_ids.with_user(self.user_manager).user_id = self.user_admin

    def test_the_action_of_the_list_is_for_coordinators(self):
        name = "Add to Campaign"
        for user, expected in ((self.coordinator, True), (self.user_manager, True), (self.user_own, False)):
            bound = self.env["ir.actions.actions"].with_user(user).get_bindings("crm.lead")
            self.assertEqual(name in [action["name"] for action in bound.get("action", ())], expected, user.login)
