from lxml import etree

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, users

from .call_common import CallCase


class TestCallCampaign(CallCase):
    """Setting campaigns up and steering them."""

    def _figures(self, campaign):
        campaign.invalidate_recordset()
        names = ("entry", "ready", "due", "waiting", "claimed", "done", "excluded")
        return {name: count for name in names if (count := campaign[f"{name}_count"])}

    # ------------------------------------------------------------
    # PROGRESS
    # ------------------------------------------------------------

    def test_figures_tell_how_far_it_is(self):
        self.assertEqual(self._figures(self.campaign), {"entry": 3, "ready": 3})
        self.assertEqual(self.campaign.progress, 0)
        self._call(self.not_interested)
        claimed = self._claim()
        self.entries.filtered(lambda entry: entry.state == "ready").with_user(self.coordinator).action_exclude()
        self.assertEqual(self._figures(self.campaign), {"entry": 3, "claimed": 1, "done": 1, "excluded": 1})
        self.assertEqual(self.campaign.progress, 50, "one of the two that are not taken out")
        self.assertEqual(claimed.state, "claimed")

    def test_waiting_contacts_are_due_when_their_time_has_come(self):
        entry = self._call(self.no_answer).entry_id
        self.assertEqual(self._figures(self.campaign), {"entry": 3, "ready": 2, "waiting": 1})
        with self._at(f"{entry.next_call_at}"):
            self.assertEqual(self._figures(self.campaign), {"entry": 3, "ready": 2, "due": 1})

    def test_figures_of_all_campaigns_come_in_one_query(self):
        campaigns = self.campaign
        for number in range(20):
            campaigns += self._campaign(self.leads, name=f"Campaign {number}")
        self.env.flush_all()
        campaigns.invalidate_recordset()
        self.assertEqual(self._count_queries(lambda: campaigns.mapped("ready_count")), 1)
        self.assertEqual(sum(campaigns.mapped("ready_count")), 63)

    def test_a_campaign_not_saved_yet_has_no_figures(self):
        self.assertEqual(self.env["crm.call.campaign"].new({"name": "Draft"}).entry_count, 0)

    def test_operators_see_the_figures_but_not_the_contacts(self):
        campaign = self.campaign.with_user(self.operator)
        self.assertEqual(campaign.ready_count, 3)
        self.assertFalse(self.env["crm.call.entry"].with_user(self.operator).search([("id", "in", self.entries.ids)]))

    def test_contacts_of_a_figure_are_shown(self):
        action = self.campaign.with_context(search_default_due=1, lang="en_US").action_view_entries()
        self.assertEqual(action["domain"], [("campaign_id", "=", self.campaign.id)])
        self.assertEqual(action["context"], {"hide_campaign": True, "search_default_due": 1})

    def test_every_filter_of_contacts_is_answered(self):
        """By state, together they are all contacts."""
        self._call(self.not_interested)
        self._call(self.recall, recall_at="2035-01-01 10:00:00")
        self._claim()
        arch = self.env["crm.call.entry"].get_view(view_type="search")["arch"]
        filters = {node.get("name"): node.get("domain") for node in etree.fromstring(arch).xpath("//filter[@domain]")}
        entries = self.env["crm.call.entry"].with_user(self.coordinator)

        def found(name):
            # as the web client evaluates it
            domain = eval(filters[name])
            return entries.search([*domain, ("campaign_id", "=", self.campaign.id)])

        by_state = [found(name) for name in ("ready", "due", "waiting", "claimed", "done", "excluded")]
        self.assertEqual([len(some) for some in by_state], [0, 0, 1, 1, 1, 0])
        self.assertEqual(found("recall"), by_state[2])

    def test_contacts_keep_their_last_outcome(self):
        call = self._call(self.no_answer)
        entry = call.entry_id
        self.assertEqual(entry.outcome_id, self.no_answer)
        call.with_user(self.operator).action_take_back()
        self.assertFalse(entry.outcome_id)

    # ------------------------------------------------------------
    # NEXT CONTACT
    # ------------------------------------------------------------

    @users("call_operator")
    def test_next_contact_is_of_any_running_campaign_of_the_user(self):
        self.campaign.state = "paused"
        second = self._campaign(self.leads[1], name="Second")
        action = self.env["crm.call.campaign"].action_next_contact()
        dialog = self.env["crm.call.wizard"].browse(action["res_id"])
        self.assertEqual(dialog.entry_id.sudo().campaign_id, second)

    @users("call_operator")
    def test_without_a_campaign_it_says_so(self):
        self.campaign.user_ids = self.rival
        action = self.env["crm.call.campaign"].action_next_contact()
        self.assertIn("in no campaign", action["params"]["message"])

    def test_only_operators_take_contacts(self):
        with self.assertRaisesRegex(UserError, "Only call operators"):
            self.env["crm.call.campaign"].with_user(self.user_own).action_next_contact()

    def test_archived_campaigns_give_no_contacts(self):
        self.campaign.active = False
        self.assertFalse(self._claim())
        self.assertFalse(self.campaign.with_user(self.operator).can_call)

    def test_who_can_call_is_who_gets_contacts(self):
        self.assertTrue(self.campaign.with_user(self.operator).can_call)
        self.assertFalse(self.campaign.with_user(self.coordinator).can_call, "not one of its operators")
        self.assertFalse(self.campaign.with_user(self.user_own).can_call, "no operator at all")
        self.campaign.action_pause()
        self.assertFalse(self.campaign.with_user(self.operator).can_call)

    # ------------------------------------------------------------
    # SETTING UP
    # ------------------------------------------------------------

    @users("lead_manager")
    def test_managers_set_a_campaign_up_in_the_form(self):
        form = Form(self.env["crm.call.campaign"])
        form.name = "Winter"
        form.user_ids.add(self.operator)
        form.outcome_ids.add(self.sale)
        with form.step_ids.new() as step:
            step.name = "Where"
            step.question = "Which place?"
            step.answer_type = "choice"
            for name in ("Pitch", "Chalet"):
                with step.choice_ids.new() as choice:
                    choice.name = name
        with form.window_ids.new() as window:
            window.weekday = "5"
            window.hour_from, window.hour_to = 10, 18
        campaign = form.save()
        self.assertEqual(campaign.state, "draft")
        campaign.action_fill_weekdays()
        campaign.action_fill_weekdays()
        self.assertEqual(
            [(window.weekday, window.hour_from, window.hour_to) for window in campaign.window_ids.sorted()],
            [*((day, 9, 20) for day in "01234"), ("5", 10, 18)],
        )
        campaign.action_start()
        self.assertEqual(campaign.state, "running")

    def test_weekdays_leave_the_hours_that_are_there(self):
        self.campaign.window_ids = [Command.create({"weekday": "0", "hour_from": 14, "hour_to": 16})]
        self.campaign.action_fill_weekdays()
        self.assertEqual(self.campaign.window_ids.sorted()[0].hour_from, 14)
        self.assertEqual(len(self.campaign.window_ids), 5)

    def test_done_campaigns_can_be_started_again(self):
        campaign = self.campaign.with_user(self.coordinator)
        campaign.action_finish()
        self.assertFalse(self._claim())
        campaign.action_start()
        self.assertTrue(self._claim())

    def test_operators_steer_nothing(self):
        campaign = self.campaign.with_user(self.operator)
        for action in (campaign.action_start, campaign.action_pause, campaign.action_finish):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError):
            campaign.action_fill_weekdays()
        with self.assertRaises(AccessError):
            campaign.name = "Mine"

    def test_coordinators_steer_but_change_no_script(self):
        campaign = self.campaign.with_user(self.coordinator)
        campaign.action_pause()
        with self.assertRaises(AccessError):
            campaign.step_ids = [Command.create({"name": "Hello"})]
        arch = etree.fromstring(campaign.get_view(view_type="form")["arch"])
        self.assertEqual(arch.xpath("//field[@name='step_ids']/list/@create"), ["False"], "the form offers no line")

    def test_operators_are_of_its_company(self):
        with self.assertRaisesRegex(UserError, "call_other"):
            self.campaign.user_ids += self.operator_other_company
        with self.assertRaises(UserError):
            self.campaign.outcome_ids = self.env["crm.call.outcome"].create(
                {"name": "Theirs", "kind": "negative", "company_id": self.other_company.id}
            )

    def test_a_campaign_stays_with_the_company_of_its_contacts(self):
        self.leads[0].company_id = self.company
        with self.assertRaisesRegex(ValidationError, "“Summer” has contacts of another company than Other Campings"):
            self.campaign.write({"company_id": self.other_company.id, "user_ids": [Command.clear()]})
        self.leads[0].company_id = False
        self.campaign.write({"company_id": self.other_company.id, "user_ids": [Command.clear()]})
        self.assertEqual(self.entries.company_id, self.other_company)

    def test_copies_take_the_set_up_and_no_contacts(self):
        self._call(self.sale)
        self.campaign.write(
            {
                "outcome_ids": [Command.link(self.sale.id)],
                "max_calls_day": 2,
                "step_ids": [
                    Command.create(
                        {
                            "name": "Where",
                            "question": "Which place?",
                            "answer_type": "choice",
                            "choice_ids": [Command.create({"name": "Pitch"})],
                        }
                    )
                ],
                "window_ids": [Command.create({"weekday": "2"})],
            }
        )
        copy = self.campaign.copy()
        self.assertEqual((copy.name, copy.state), ("Summer (copy)", "draft"))
        self.assertEqual(copy.step_ids.choice_ids.name, "Pitch")
        self.assertNotEqual(copy.step_ids.choice_ids, self.campaign.step_ids.choice_ids)
        self.assertEqual(copy.window_ids.weekday, "2")
        self.assertEqual(copy.user_ids, self.campaign.user_ids)
        self.assertEqual((copy.outcome_ids, copy.max_calls_day), (self.sale, 2))
        self.assertFalse(copy.entry_ids + copy.call_ids.entry_id)
        self.assertEqual(self.campaign.copy({"name": "Autumn"}).name, "Autumn")

    def test_bad_limits_and_hours_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "Calling hours begin before they end"):
            self.campaign.window_ids = [Command.create({"hour_from": 20, "hour_to": 9})]
        with self.assertRaisesRegex(ValidationError, "Add the choices"):
            self.campaign.step_ids = [Command.create({"name": "x", "question": "Which?", "answer_type": "choice"})]

    # ------------------------------------------------------------
    # DELETING
    # ------------------------------------------------------------

    def test_campaigns_with_calls_are_kept(self):
        empty = self._campaign(self.leads, name="No calls")
        self._call(self.not_interested)
        manager = self.user_manager
        with self.assertRaisesRegex(UserError, "“Summer” has calls, which are kept. Archive it"):
            (empty + self.campaign).with_user(manager).unlink()
        self.campaign.with_user(manager).action_archive()
        empty.with_user(manager).unlink()
        self.assertFalse(empty.exists())
        self.assertTrue(self.campaign.call_ids)

    def test_outcomes_in_use_are_kept(self):
        free, offered, first, last = self.env["crm.call.outcome"].create(
            [{"name": name, "kind": "negative"} for name in ("Free", "Offered", "First", "Last")]
        )
        self.campaign.outcome_ids = offered
        first.write({"kind": "recall", "when_exhausted": "outcome", "exhausted_outcome_id": last.id})
        self.campaign.outcome_ids += self.busy
        self._call(self.busy)
        self.campaign.outcome_ids -= self.busy
        for outcome in (offered, last, self.busy):
            with self.assertRaisesRegex(UserError, f"“{outcome.name}” is in use.*Archive it"):
                outcome.with_user(self.user_manager).unlink()
        (free + first + last).with_user(self.user_manager).unlink()
        offered.with_user(self.user_manager).action_archive()
        self.assertFalse(offered.active)

    # ------------------------------------------------------------
    # WHAT EACH ONE SEES
    # ------------------------------------------------------------

    def _menus(self, user):
        """The menus of Odoo's CRM that somebody sees, the application itself first."""
        loaded = self.env["ir.ui.menu"].with_user(user).load_menus(False)

        def below(menu_id):
            yield menu_id
            for child_id in loaded[menu_id]["children"]:
                yield from below(child_id)

        root = self.env.ref("crm.crm_menu_root").id
        return self.env["ir.ui.menu"].browse(below(root) if root in loaded else [])

    def test_who_only_calls_has_the_calls_and_nothing_else(self):
        self.env.ref("base.group_user").implied_ids += self.env.ref("crm.group_use_lead")
        menus = self._menus(self.operator)
        self.assertEqual(menus[1], self.env.ref("crm_lead_lifecycle.crm_call_menu"), "the first one below CRM")
        names = {menu.get_external_id()[menu.id].split(".")[1] for menu in menus[1:]}
        self.assertLessEqual({"crm_call_menu", "crm_call_menu_next_contact", "crm_call_campaign_menu"}, names)
        self.assertNotIn("crm_call_entry_menu", names)
        self.assertFalse([name for name in names if not name.startswith("crm_call_")], "menus of others")

    def test_salespeople_keep_their_menus(self):
        self.env.ref("base.group_user").implied_ids += self.env.ref("crm.group_use_lead")
        menus = self._menus(self.user_own)
        self.assertIn(self.env.ref("crm.menu_crm_opportunities"), menus)
        self.assertIn(self.env.ref("crm.crm_menu_leads"), menus)
        self.assertIn(self.env.ref("crm_lead_lifecycle.crm_lead_menu_desk"), menus)
        self.assertNotIn(self.env.ref("crm_lead_lifecycle.crm_call_menu"), menus)

    def test_opening_the_application_takes_no_contact(self):
        for user in (self.operator, self.coordinator):
            root = self.env.ref("crm.crm_menu_root")
            menu = self.env["ir.ui.menu"].with_user(user).load_web_menus(False)[root.id]
            self.assertEqual(menu["actionModel"], "ir.actions.act_window", user.login)

    def test_every_menu_and_view_works_for_who_has_it(self):
        for user in (self.operator, self.coordinator, self.user_manager):
            for menu in self._menus(user).filtered("action"):
                if menu.action._name != "ir.actions.act_window" or not menu.action.res_model.startswith("crm.call"):
                    continue
                action = menu.action
                model = self.env[action.res_model].with_user(user)
                for view_type in [*action.view_mode.split(","), "search"]:
                    with self.subTest(user=user.login, menu=menu.complete_name, view=view_type):
                        views = model.get_views([(False, view_type)])
                        model.search([], limit=10).read(list(views["models"][model._name]["fields"]))

    def test_contacts_have_the_buttons_of_their_state(self):
        entries = self.entries.with_user(self.coordinator)
        entries[0].action_exclude()
        self.assertEqual((entries[0].state, entries[0].exclusion), ("excluded", "hand"))
        entries[0].action_include()
        self.assertEqual(entries[0].state, "ready")
        entries[2].priority = 5
        self.assertEqual(self._claim(), entries[2], "a contact of a higher priority is called first")
        with self.assertRaises(AccessError):
            self.entries.with_user(self.operator).priority = 1
