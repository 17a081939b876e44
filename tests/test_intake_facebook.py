import json
from datetime import timedelta

from odoo import fields
from odoo.addons.base.tests.test_ir_cron import CronMixinCase
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from ..models.crm_intake_facebook_fetch import PATIENCE, WAITS
from .facebook_common import (
    APP_SECRET,
    DOWN,
    EXPIRED,
    GONE,
    NO_PERMISSION,
    PAGE,
    START,
    TOKEN,
    TOO_OFTEN,
    FacebookCase,
)


@tagged("post_install", "-at_install")
class TestIntakeFacebookFetch(CronMixinCase, FacebookCase):
    """Leads that Facebook has told of are fetched."""

    def test_it_becomes_a_lead(self):
        self.graph.add(
            "11",
            full_name="Marco Rossi",
            email="marco@example.org",
            phone_number="+39 333 1234567",
            city="Rimini",
            how_many_people="4",
        )
        with self.capture_triggers("crm_lead_lifecycle.crm_intake_fetch_cron") as triggers:
            intake = self._told("11")
        self.assertTrue(triggers.records, "it is fetched at once")
        self.assertEqual((intake.state, intake.page_id), ("received", self.page))
        self.assertFalse(self.graph.requests, "nothing is asked while Facebook waits for an answer")
        self.requests._cron_fetch()
        lead = intake.lead_id
        self.assertEqual(intake.state, "done")
        self.assertEqual((lead.contact_name, lead.email_from), ("Marco Rossi", "marco@example.org"))
        self.assertEqual((lead.phone, lead.city), ("+39 333 1234567", "Rimini"))
        self.assertEqual(lead.request, "how many people: 4")
        self.assertEqual(lead.source_id.name, "Facebook")
        self.assertFalse(intake.date_retry)
        self.assertIn("Rimini", intake.payload, "what was filled in is in the journal")
        self.requests._cron_fetch()
        self.assertEqual(len(self.graph.requests), 1)

    def test_names_in_two_parts(self):
        self.graph.add("11", first_name="Marco", last_name="Rossi", work_email="marco@example.org")
        intake = self._told("11")
        self.requests._cron_fetch()
        self.assertEqual((intake.lead_id.contact_name, intake.lead_id.email_from), ("Marco Rossi", "marco@example.org"))

    def test_with_a_field_map(self):
        self.channel.mapping_ids = [
            fields.Command.create({"path": path, "target": target, "how": "json"})
            for path, target in (
                ("email", "email_from"),
                ("when_will_you_come?_(approx.)", "request"),
                ("lead.ad_id", "referred"),
            )
        ]
        self.graph.add("11", **{"email": "a@example.org", "when_will_you_come?_(approx.)": "In May"})
        intake = self._told("11", ad_id="99")
        self.requests._cron_fetch()
        lead = intake.lead_id
        self.assertEqual((lead.email_from, lead.request, lead.referred), ("a@example.org", "In May", "99"))
        self.assertFalse(lead.contact_name)

    @users("lead_manager")
    def test_a_sample_can_be_tried_as_it_stands(self):
        channel = self.channel.with_user(self.env.user)
        for rows in ((), (("email", "email_from"), ("lead.ad_id", "referred"), ("your_wish", "request"))):
            channel.mapping_ids = [
                fields.Command.create({"path": path, "target": target, "how": "json"}) for path, target in rows
            ]
            trial = self.env["crm.intake.trial"].browse(channel.action_try()["res_id"])
            self.assertIn("field_data", trial.sample)
            trial.action_try()
            self.assertEqual((trial.verdict, trial.remarks), ("lead", False))
            self.assertIn("@", str(trial.line_ids.mapped("value")))

    def test_told_twice_is_one_lead(self):
        self.graph.add("11")
        first = self._told("11", created_time=1)
        self.requests._cron_fetch()
        again = self._told("11", created_time=2)
        self.requests._cron_fetch()
        self.assertEqual(again, first)
        self.assertEqual(self.channel.request_ids.lead_id, first.lead_id)

    def test_test_leads_wait_in_quarantine(self):
        self.graph.add(
            "11", full_name="<test lead: dummy data for full_name>", email="<test lead: dummy data for email>"
        )
        intake = self._told("11")
        self.requests._cron_fetch()
        self.assertEqual(intake.state, "quarantined")

    def test_the_general_job_leaves_it_alone(self):
        self.graph.trouble["*"] = DOWN
        intake = self._told("11")
        intake.date = fields.Datetime.now() - timedelta(hours=1)
        self.requests._cron_finish()
        self.assertEqual(intake.state, "received")
        self.assertFalse(self.graph.requests)

    # ------------------------------------------------------------
    # TROUBLE
    # ------------------------------------------------------------

    def test_it_is_tried_again_later_and_later(self):
        self.graph.add("11")
        self.graph.trouble["*"] = DOWN
        moment = fields.Datetime.to_datetime(START)
        with self._at(START):
            intake = self._told("11")
        for number, minutes in enumerate((*WAITS, WAITS[-1]), start=1):
            with (
                self.mock_datetime_and_now(moment),
                self.capture_triggers("crm_lead_lifecycle.crm_intake_fetch_cron") as triggers,
            ):
                self.requests._cron_fetch()
            self.assertEqual(len(self.graph.requests), number)
            self.assertEqual(intake.state, "failed" if number >= PATIENCE else "received")
            self.assertEqual(intake.date_retry, moment + timedelta(minutes=minutes))
            self.assertEqual(triggers.records.mapped("call_at"), [intake.date_retry])
            with self.mock_datetime_and_now(intake.date_retry - timedelta(seconds=1)):
                self.requests._cron_fetch()
            self.assertEqual(len(self.graph.requests), number, "before its time nobody asks")
            moment = intake.date_retry
        self.graph.trouble.clear()
        with self.mock_datetime_and_now(moment):
            self.requests._cron_fetch()
        self.assertEqual((intake.state, intake.error), ("done", False))
        self.assertFalse(self.channel.page_problem)

    def test_what_is_wrong_with_the_token_is_said(self):
        for trouble, words in ((EXPIRED, "Session has expired"), (NO_PERMISSION, "leads_retrieval")):
            self.graph.trouble["*"] = trouble
            intake = self._told(str(100 + len(self.graph.requests)))
            self.requests._cron_fetch()
            self.assertEqual(intake.state, "failed")
            self.assertIn(words, intake.error)
            self.assertIn(words, self.channel.page_problem)
            self.assertIn("Camping", self.channel.page_problem)
            self.assertTrue(intake.date_retry, "it is tried again")
            self.assertNotIn(TOKEN, intake.error)

    def test_a_new_token_fetches_what_waits(self):
        for number in ("11", "12"):
            self.graph.add(number)
        self.graph.trouble["*"] = EXPIRED
        intakes = self._told("11") + self._told("12")
        self.requests._cron_fetch()
        self.assertEqual(len(self.graph.requests), 1, "what is wrong with the page holds up the others of it")
        self.graph.trouble.clear()
        self.page.with_user(self.user_manager).token_entry = "another token"
        self.requests._cron_fetch()
        self.assertEqual(intakes.mapped("state"), ["done", "done"])
        self.assertEqual(self.graph.requests[-1]["headers"]["Authorization"], "Bearer another token")
        self.assertFalse(self.channel.page_problem)

    def test_the_limit_holds_up_the_page(self):
        self.graph.trouble["*"] = TOO_OFTEN
        intakes = self._told("11") + self._told("12")
        self.requests._cron_fetch()
        self.assertEqual(len(self.graph.requests), 1)
        self.assertEqual(set(intakes.mapped("state")), {"received"})
        self.assertTrue(all(moment > fields.Datetime.now() for moment in intakes.mapped("date_retry")))

    def test_one_that_is_gone_holds_up_nobody(self):
        self.graph.add("12")
        self.graph.trouble["11"] = GONE
        gone, other = self._told("11"), self._told("12")
        self.requests._cron_fetch()
        self.assertEqual((gone.state, gone.date_retry, other.state), ("failed", False, "done"))
        self.assertFalse(self.channel.page_problem)

    def test_a_page_that_is_not_there_yet(self):
        self.graph.add("11")
        intake = self._told("11", page_id="777")
        self.requests._cron_fetch()
        self.assertEqual(intake.state, "failed")
        self.assertIn("777", intake.error)
        self.page.copy({"number": "777", "token_entry": TOKEN})
        intake.with_user(self.user_manager).action_replay()
        self.assertEqual(intake.state, "done")

    def test_a_person_tries_again(self):
        self.graph.trouble["*"] = EXPIRED
        intake = self._told("11")
        self.requests._cron_fetch()
        intake.with_user(self.user_manager).action_replay()
        self.assertEqual(intake.state, "failed")
        self.graph.trouble.clear()
        self.graph.add("11")
        intake.with_user(self.user_manager).action_replay()
        self.assertEqual(intake.state, "done")

    def test_a_person_does_not_wait_for_many_answers(self):
        self.graph.trouble["*"] = DOWN
        intakes = self._told("11") + self._told("12") + self._told("13")
        self.requests._cron_fetch()
        self.graph.requests.clear()
        self.graph.trouble.clear()
        self.graph.add("11")
        self.graph.add("12")
        self.graph.trouble["13"] = GONE
        with self.assertRaises(AccessError):
            intakes.with_user(self.user_all).action_replay()
        with self.capture_triggers("crm_lead_lifecycle.crm_intake_fetch_cron") as triggers:
            intakes.with_user(self.user_manager).action_replay()
        self.assertTrue(triggers.records)
        self.assertFalse(self.graph.requests)
        self.requests._cron_fetch()
        self.assertEqual(intakes.mapped("state"), ["done", "done", "failed"])

    def test_what_was_edited_reaches_no_other_address(self):
        intake = self._told("11")
        intake.payload = json.dumps({"leadgen_id": "../me/accounts", "page_id": PAGE})
        self.requests._cron_fetch()
        self.assertFalse(self.graph.requests)
        self.assertNotEqual(intake.state, "done")

    def test_answers_that_make_no_sense(self):
        for number, answer in enumerate(({}, {"field_data": None}, {"field_data": []}, {"field_data": [{"name": 1}]})):
            self.graph.leads[f"9{number}"] = answer
            intake = self._told(f"9{number}")
            self.requests._cron_fetch()
            self.assertIn(intake.state, ("received", "failed"), answer)
            self.assertTrue(intake.error)

    def test_one_that_can_t_be_stored_holds_up_nobody(self):
        """Text that was cut in the middle of a character, as phones send it."""
        self.graph.add("11", full_name="Marco \ud83d", email="m@example.org")
        self.graph.add("12")
        self._told("11")
        other = self._told("12")
        self.requests._cron_fetch()
        self.assertEqual(other.state, "done")
        self.assertEqual(self._request("11").lead_id.email_from, "m@example.org")

    def test_after_90_days_nobody_asks_any_more(self):
        self.graph.trouble["*"] = EXPIRED
        intake = self._told("11")
        intake.date = fields.Datetime.now() - timedelta(days=91)
        self.requests._cron_fetch()
        self.assertEqual((intake.state, intake.date_retry), ("failed", False))

    def test_a_channel_that_has_become_another_kind_is_not_asked_for(self):
        self.graph.trouble["*"] = DOWN
        intake = self._told("11")
        self.channel.kind = "json"
        self.requests._cron_fetch()
        self.assertFalse(self.graph.requests)
        self.assertFalse(intake.date_retry)
        self.assertEqual(intake.state, "quarantined")

    @mute_logger("odoo.addons.crm_lead_lifecycle.models.crm_intake_request")
    def test_what_was_fetched_is_not_fetched_again(self):
        self.graph.add("11")
        intake = self._told("11")

        def fail(*_args):
            raise ZeroDivisionError

        with self.subTest("a lead can't be made"):
            create = type(self.env["crm.lead"]).create
            self.patch(type(self.env["crm.lead"]), "create", fail)
            self.requests._cron_fetch()
            self.assertEqual((intake.state, intake.date_retry), ("failed", False))
            self.patch(type(self.env["crm.lead"]), "create", create)
        intake.with_user(self.user_manager).action_replay()
        self.assertEqual(intake.state, "done")
        self.assertEqual(len(self.graph.requests), 1)


@tagged("post_install", "-at_install")
class TestIntakeFacebookRights(FacebookCase):
    """Secrets are entered and never read."""

    @users("lead_manager")
    def test_secrets_are_never_read(self):
        self.env.user.sudo().group_ids += self.env.ref("base.group_allow_export")
        channel, page = self.channel.with_user(self.env.user), self.page.with_user(self.env.user)
        self.assertEqual((self.channel.sudo().app_secret, self.page.sudo().token), (APP_SECRET, TOKEN))
        self.assertEqual((channel.app_secret_hint, page.token_hint), (APP_SECRET[-4:], TOKEN[-4:]))
        for records, name, entry in ((channel, "app_secret", "app_secret_entry"), (page, "token", "token_entry")):
            for steal in (
                lambda records=records, name=name: records.read([name]),
                lambda records=records, name=name: records.export_data([name]),
                lambda records=records, name=name: records.search([(name, "=like", "a%")]),
                lambda records=records, name=name: records.write({name: "known"}),
            ):
                with self.assertRaises(AccessError):
                    steal()
            self.assertFalse(records.read([entry])[0][entry])
            self.assertEqual(records.export_data([entry])["datas"], [[""]])
            self.assertNotIn(name, records.fields_get())
        self.assertFalse(channel.copy({"code": "copy"}).sudo().app_secret)

    @users("lead_manager")
    def test_the_form(self):
        with Form(self.env["crm.intake.channel"]) as form:
            form.name, form.code, form.kind = "Facebook", "facebook-two", "facebook"
            form.app_secret_entry = "secret"
            with form.page_ids.new() as page:
                page.name, page.number, page.token_entry = "Hotel", "55", "token"
        channel = form.record
        self.assertEqual((channel.sudo().app_secret, channel.page_ids.sudo().token), ("secret", "token"))
        self.assertTrue(channel.facebook_url.endswith("/lead_intake/facebook-two/facebook"))
        with Form(channel) as form:
            form.name = "Facebook Two"
        self.assertEqual(channel.sudo().app_secret, "secret", "saving keeps it")

    def test_what_makes_no_sense_is_refused(self):
        for values in ({"graph_version": "23"}, {"graph_version": False}, {"graph_version": "v23.0/../v1"}):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.channel.write(values)
        for number in ("me", "1/2", "", "١٢"):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.page.number = number

    def test_rights(self):
        self.graph.add("11")
        self.page._look()
        for records in (self.page, self.page.form_ids):
            for user in (self.user_all, self.user_portal, self.user_public):
                with self.assertRaises(AccessError):
                    records.with_user(user).read(["name"])
            self.assertTrue(records.with_user(self.user_manager).name)
            with self.assertRaises(AccessError):
                records.with_user(self.user_other_company).read(["name"])
        for action in (self.page.with_user(self.user_all).action_look,
                       self.channel.with_user(self.user_all).action_new_verify_token):  # fmt: skip
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError):
            self.page.form_ids.with_user(self.user_manager).date_checkpoint = START
