import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged

from ..models.crm_intake_health import HEALTH_KEY
from .test_intake import IntakeCase

COUNTED = ("crm.lead", "crm.intake.request", "mail.message", "mail.mail", "utm.source", "crm.lead.event")


@tagged("post_install", "-at_install")
class TestIntakeDesk(IntakeCase):
    """Channels as managers make them, and what others see of them."""

    def test_whoever_asked_one_company_is_nothing_for_another(self):
        channel = self.channel.with_user(self.user_manager)
        channel.company_id = self.other_company
        channel.company_id = self.company
        self._receive({"email_from": "a@example.org"})
        with self.assertRaisesRegex(UserError, "Make another one"):
            channel.company_id = self.other_company
        channel.write({"company_id": self.company.id, "name": "The same"})

    def test_the_code_is_suggested_from_the_name(self):
        channels = self.env["crm.intake.channel"].with_user(self.user_manager)
        for name, code in (
            ("Our Web Site", "our-web-site-2"),
            ("Città & Mare!", "citta-mare"),
            ("Портал", "channel"),
            ("Health", "health-2"),
            ("x" * 200, "x" * 50),
        ):
            with Form(channels) as form:
                form.name = name
                self.assertEqual(form.code, code)
            self.assertEqual(form.record.code, code)
            form.record.name = "Another name"
            self.assertEqual(form.record.code, code, "the address stays")

    def test_what_stands_in_other_addresses_is_no_code(self):
        with self.assertRaises(ValidationError):
            self.channel.code = "health"

    def test_a_new_secret_is_shown_once(self):
        channel = self.channel.with_user(self.user_manager)
        for make in (channel.action_new_secret, channel.action_new_secret, channel.action_new_signing_secret):
            value = make()["context"]["default_value"]
            self.assertIn(value[-4:], channel.secret_ids.mapped("hint"))
        self.assertEqual(sorted(channel.secret_ids.mapped("kind")), ["bearer", "bearer", "hmac"])
        token = channel.action_new_secret()["context"]["default_value"]
        self.assertTrue(channel._is_authentic(token=token))
        channel.secret_ids.filtered(lambda secret: secret.hint == token[-4:]).action_revoke()
        self.assertFalse(channel._is_authentic(token=token))
        self.assertNotIn("value", channel.secret_ids.fields_get())

    def test_others_make_none(self):
        for user in (self.user_own, self.user_all, self.user_other_company):
            channel = self.channel.with_user(user)
            for act in (channel.action_new_secret, channel.action_new_signing_secret, channel.action_try):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    act()
            with self.assertRaises(AccessError):
                channel._try("{}")

    def test_the_example_follows_the_field_map(self):
        self.assertIn("/lead_intake/our-web-site", self.channel.example)
        self.assertIn('"email_from"', self.channel.example)
        self.channel.mapping_ids = [Command.create({"path": "contact.mails[0].value", "target": "email_from"})]
        body = self.channel.example.partition(" -d '")[2].removesuffix("'")
        self.assertEqual(json.loads(body), {"contact": {"mails": [{"value": "maria.rossi@example.com"}]}})
        self.assertEqual(self._receive(body).state, "done", "the example works")

    def test_salespeople_see_where_a_lead_came_from(self):
        lead = self._receive({"email_from": "a@example.org"}, "A-17").lead_id.with_user(self.user_all)
        self.assertIn("Our web site, request A-17 of ", lead.intake_note)
        with self.assertRaises(AccessError):
            lead.intake_ids.read(["payload"])
        arch = lead.get_view(self.env.ref("crm_lead_lifecycle.crm_lead_view_form").id, "form")["arch"]
        self.assertIn("intake_note", arch)
        self.assertNotIn("action_open_intake", arch)
        self.assertFalse(self._lead().intake_note)


@tagged("post_install", "-at_install")
class TestIntakeTrial(IntakeCase):
    """What a sample would become. Nothing of it stays."""

    def _try(self, content, channel=None):
        sample = content if isinstance(content, str) else json.dumps(content)
        channel = (channel or self.channel).with_user(self.user_manager)
        trial = self.env["crm.intake.trial"].with_user(self.user_manager).browse(channel.action_try()["res_id"])
        before, number = self._count(), self._get_next_number()
        trial.sample = sample
        trial.action_try()
        self.assertEqual(self._count(), before, "something stayed")
        self.assertEqual(self._get_next_number(), number, "a number is burnt")
        return trial

    def _count(self):
        self.env.flush_all()
        return [self.env[model].with_context(active_test=False).search_count([]) for model in COUNTED]

    def _get_next_number(self):
        sequence = self.company._get_lead_number_sequence()
        sequence.invalidate_recordset()
        return sequence.number_next_actual

    def test_the_sample_of_the_channel_makes_a_lead(self):
        trial = self.env["crm.intake.trial"].with_user(self.user_manager).create({"channel_id": self.channel.id})
        trial.action_try()
        self.assertEqual(trial.verdict, "lead")
        self.assertFalse(self.channel.request_ids)

    def test_a_lead_field_by_field(self):
        self.channel.mapping_ids = [
            Command.create({"path": "who", "target": "contact_name"}),
            Command.create({"path": "mail", "target": "email_from"}),
            Command.create({"path": "property.size", "target": "property", "property_name": "Size"}),
        ]
        self.lead_type.property_definition = [{"name": "size", "string": "Size", "type": "integer"}]
        trial = self._try({"who": "Maria", "mail": "a@example.org", "property": {"size": 75}})
        lines = {line.label: (line.value, line.is_sent) for line in trial.line_ids}
        self.assertEqual(trial.verdict, "lead")
        self.assertEqual(lines["Contact Name"], ("Maria", True))
        self.assertEqual(lines["Size"], ("75", True))
        self.assertEqual(lines["Source"], ("Our web site", False))

    def test_what_is_missing(self):
        self.lead_type.required_field_ids = self.env["ir.model.fields"]._get("crm.lead", "city")
        self.assertEqual(self._try({"email_from": "a@example.org"}).missing, "City")

    def test_quarantine_repeat_and_again(self):
        trial = self._try({"request": "Call me"})
        self.assertEqual(trial.verdict, "quarantined")
        self.assertIn("neither", trial.note)
        lead = self._receive({"email_from": "a@example.org"}).lead_id
        trial = self._try({"email_from": "a@example.org"})
        self.assertEqual(trial.verdict, "repeat")
        self.assertIn(lead.number, trial.note)
        self.channel.again_days = 30
        trial = self._try({"email_from": "a@example.org", "request": "June?"})
        self.assertEqual(trial.verdict, "lead")
        self.assertIn(lead.number, trial.note)
        self.channel.again = "message"
        trial = self._try({"email_from": "a@example.org", "request": "June?"})
        self.assertEqual((trial.verdict, len(trial.line_ids)), ("message", 0))
        self.assertFalse(lead._get_conversation())

    def test_what_makes_no_sense_is_refused(self):
        for sample, word in (
            ("{", "JSON"),
            ("", "JSON"),
            ({"email_from": "nobody"}, "email_from"),
            ({"email_from": "a@example.org", "external_id": "9" * 300}, "characters"),
            ('{"a": "\\ud800"}', "text"),
        ):
            trial = self._try(sample)
            self.assertEqual(trial.verdict, "refused", sample)
            self.assertIn(word, trial.note)

    def test_who_would_get_it(self):
        self.env["crm.assignment.rule"].create(
            {"name": "All", "member_ids": [Command.create({"user_id": self.user_all.id})]}
        )
        trial = self._try({"email_from": "a@example.org"})
        self.assertEqual(trial.salesperson, self.user_all.name)

    def test_forms_and_mails(self):
        form = self.env["crm.intake.channel"].create({"name": "Form", "kind": "form"})
        trial = self._try("email_from=a%40example.org&request=A+week", form)
        self.assertEqual(trial.verdict, "lead")
        mail = self.env["crm.intake.channel"].create({"name": "Mails", "kind": "mail"})
        trial = self._try("From: Maria <a@example.org>\nSubject: A week\nMessage-Id: <1@x>\n\nIn July", mail)
        self.assertEqual(trial.verdict, "lead")
        self.assertIn("In July", trial.line_ids.mapped("value"))


@tagged("post_install", "-at_install")
class TestIntakeTrouble(IntakeCase):
    """Who is told that requests wait: once a run of trouble."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.intake.channel"].search([("id", "!=", cls.channel.id)]).active = False
        cls.channel.user_id = cls.user_manager
        cls.notice = cls.env["crm.notice"].search(
            [("event", "=", "intake"), ("company_id", "=", cls.company.id)]
        )  # fmt: skip

    def _tell(self):
        """Run the scheduled job.

        :return: names of whom it told
        """
        last = self.env["mail.message"].search([], order="id desc", limit=1).id
        self.env["crm.intake.request"]._cron_finish()
        messages = self.env["mail.message"].search([("id", ">", last), ("message_type", "=", "user_notification")])
        self.assertNotIn("a@example.org", "".join(messages.mapped("body")))
        return messages.notified_partner_ids.user_ids

    def test_once_a_run(self):
        self._receive({"email_from": "a@example.org"})
        self.assertFalse(self._tell(), "all is well")
        first = self._receive({"request": "Call me"})
        self.assertEqual(self._tell(), self.user_manager)
        second = self._receive({"email_from": "nobody"})
        self.assertFalse(self._tell(), "the same run")
        (first + second).with_user(self.user_manager).action_release()
        second.with_user(self.user_manager).payload = '{"email_from": "b@example.org"}'
        second.with_user(self.user_manager).action_replay()
        self.assertFalse(self._tell())
        self._receive({"request": "Call me too"})
        self.assertEqual(self._tell(), self.user_manager, "another run")
        self.channel.date_told = fields.Datetime.now() - timedelta(days=2)
        self.assertEqual(self._tell(), self.user_manager, "more came, and a day is over")

    def test_who_is_told(self):
        self._receive({"request": "Call me"})
        channel = self.channel
        self.assertEqual(channel._get_trouble_receivers(), self.user_manager)
        self.user_manager.notice_intake = "never"
        self.assertFalse(channel._get_trouble_receivers())
        self.notice.user_ids = self.user_all + self.user_admin
        self.assertEqual(channel._get_trouble_receivers(), self.user_admin, "others may not see requests")
        self.user_manager.notice_intake = False
        self.user_manager.away_until = fields.Datetime.now() + timedelta(days=1)
        self.notice.user_ids = False
        self.team.user_id = self.user_admin
        channel.team_id = self.team
        self.assertIn(self.user_admin, channel._get_trouble_receivers(), "who is responsible is away")
        self.notice.to_salesperson = False
        self.assertFalse(channel._get_trouble_receivers())


@tagged("post_install", "-at_install")
class TestIntakeHealth(IntakeCase, HttpCase):
    """Whether inquiries come in as usual."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        now = fields.Datetime.now()
        cls.env["crm.intake.channel"].search([("id", "!=", cls.channel.id)]).active = False
        cls.env.cr.execute(
            "UPDATE crm_intake_channel SET create_date = %s WHERE id = %s", [now - timedelta(days=100), cls.channel.id]
        )

    def _write_down(self, days, count=1, state="done"):
        moment = fields.Datetime.now() - timedelta(days=days)
        self.env["crm.intake.request"].create(
            [{"channel_id": self.channel.id, "date": moment, "state": state} for _number in range(count)]
        )
        self.channel.invalidate_recordset()

    def _run_jobs(self):
        self.env.cr.execute("UPDATE ir_cron SET nextcall = %s", [fields.Datetime.now() + timedelta(minutes=1)])
        self.env["ir.cron"].invalidate_model()
        self.channel.invalidate_recordset()

    def test_quiet(self):
        self._run_jobs()
        self.assertEqual((self.channel.health, self.channel.health_note), ("ok", "All well."))
        for day in range(4, 29):
            self._write_down(day, 12)
        self.assertEqual(self.channel.health, "quiet")
        self.assertIn("Quiet for 4 days, usual 11 a day", self.channel.health_note)
        self.assertEqual(round(self.channel.usual_count, 1), round(25 * 12 / 28, 1))
        self._write_down(0.1)
        self.assertEqual((self.channel.health, self.channel.day_count), ("ok", 1))

    def test_a_channel_that_hardly_gets_any_is_not_quiet(self):
        self._run_jobs()
        self._write_down(5, 3)
        self.assertEqual(self.channel.health, "ok")

    def test_what_waits(self):
        self._run_jobs()
        self._write_down(2, 1, "failed")
        self._write_down(1, 2, "quarantined")
        self._write_down(0.5, 1, "received")
        self.env["crm.intake.refusal"]._count(self.channel.id)
        channel = self.channel.with_user(self.user_manager)
        self.assertEqual((channel.failed_count, channel.quarantined_count, channel.refused_count), (1, 2, 1))
        self.assertEqual(channel.health, "trouble")
        self.assertIn("not worked", channel.health_note)

    def test_late_jobs(self):
        self._run_jobs()
        job = self.env.ref("crm_lead_lifecycle.crm_intake_finish_cron")
        job.nextcall = fields.Datetime.now() - timedelta(hours=1)
        self.channel.invalidate_recordset()
        self.assertIn(job.name, self.channel.health_note)
        self._run_jobs()
        job.active = False
        self.channel.invalidate_recordset()
        self.assertEqual(self.channel.health, "trouble")

    def test_one_query_for_all(self):
        self._run_jobs()
        channels = self.env["crm.intake.channel"].create([{"name": f"Channel {number}"} for number in range(30)])
        channels.flush_recordset()
        counts = []
        for few_or_many in (channels, channels[:1], channels):
            few_or_many.invalidate_recordset()
            few_or_many.mapped("code")
            before = self.cr.sql_log_count
            few_or_many.mapped("health")
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_monitoring(self):
        self._run_jobs()
        self._write_down(2, 1, "quarantined")
        settings = self.env["res.config.settings"].with_user(self.user_admin).create({})
        key = settings.action_new_intake_health_key()["context"]["default_value"]
        self.assertNotIn(key, self.env["ir.config_parameter"].get_param(HEALTH_KEY))
        for header in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {key}"}):
            response = self.url_open("/lead_intake/health", headers=header)
            self.assertEqual((response.status_code, response.json()["error"]), (401, "unauthorized"))
        response = self.url_open("/lead_intake/health", headers={"Authorization": f"Bearer {key}"})
        self.assertEqual(response.status_code, 200)
        health = response.json()
        self.assertEqual((health["status"], health["late_jobs"]), ("trouble", []))
        (told,) = health["channels"]
        self.assertEqual((told["code"], told["quarantined"], told["failed"]), ("our-web-site", 1, 0))
        settings.action_new_intake_health_key()
        response = self.url_open("/lead_intake/health", headers={"Authorization": f"Bearer {key}"})
        self.assertEqual(response.status_code, 401, "there is another key")

    def test_without_a_key_nobody_is_told(self):
        self.env["ir.config_parameter"].set_param(HEALTH_KEY, False)
        response = self.url_open("/lead_intake/health", headers={"Authorization": "Bearer "})
        self.assertEqual(response.status_code, 401)

    def test_only_administrators_make_a_key(self):
        with self.assertRaises(AccessError):
            self.env["res.config.settings"].with_user(self.user_manager).create({}).action_new_intake_health_key()
