from datetime import datetime
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models import crm_lead_digest
from .digest_common import BEFORE, MORNING, NEXT_MORNING, NOON, DigestCase

moment = datetime.fromisoformat


@tagged("post_install", "-at_install")
class TestDigest(DigestCase):
    """When digests are sent, once a day."""

    # ------------------------------------------------------------
    # THE HOUR
    # ------------------------------------------------------------

    def test_it_leaves_at_the_hour_of_the_company(self):
        with self._at(BEFORE):
            self._expired()
            self._send()
            self.assertFalse(self._digests(self.user_own))
        with self._at(MORNING):
            self._send()
        self.assertEqual(len(self._digests(self.user_own)), 1)

    def test_the_hour_is_by_the_clock_of_the_companys_working_hours(self):
        for zone, utc in (
            ("Europe/Rome", "2027-03-01 06:00"),
            ("America/New_York", "2027-03-01 12:00"),
            ("Pacific/Kiritimati", "2027-02-28 17:00"),
        ):
            self.company.resource_calendar_id = self._calendar(zone)
            self.assertEqual(self.company._get_digest_wait(moment(utc)), 0, zone)
            self.assertEqual(self.company._get_digest_clock(moment(utc)).date().isoformat(), "2027-03-01", zone)

    def test_without_working_hours_the_address_has_the_clock(self):
        self.company.resource_calendar_id = False
        self.company.partner_id.tz = "America/New_York"
        self.assertEqual(self.company._get_digest_wait(moment("2027-03-01 12:00")), 0)
        self.company.partner_id.tz = False
        self.assertEqual(self.company._get_digest_wait(moment("2027-03-01 07:00")), 0)

    def test_an_hour_that_the_clock_skips_is_the_next_one_that_it_shows(self):
        self.company.lead_digest_hour = 2.5
        with self._at("2027-03-28 00:59:00"):  # 1:59, the next minute is 3:00
            self._expired()
            self._send()
            self.assertFalse(self._digests(self.user_own))
        with self._at("2027-03-28 01:00:00"):
            self._send()
        self.assertEqual(len(self._digests(self.user_own)), 1)

    def test_an_hour_that_the_clock_shows_twice_sends_once(self):
        self.company.lead_digest_hour = 2.5
        with self._at("2027-10-31 00:30:00"):  # the first 2:30
            self._expired()
            self._send()
        self.assertEqual(len(self._digests(self.user_own)), 1)
        for later in ("2027-10-31 01:00:00", "2027-10-31 01:30:00"):  # 2:00 and 2:30 again
            with self._at(later):
                self._send()
        self.assertEqual(len(self._digests(self.user_own)), 1)

    def test_the_last_minute_of_the_day_is_an_hour_too(self):
        self.company.lead_digest_hour = 23.999
        self.assertEqual(self.company._get_digest_wait(moment("2027-03-01 22:59")), 0)

    def test_runs_are_asked_for_at_the_hour(self):
        self.company.lead_digest_hour = 7.25
        cron = self.env.ref("crm_lead_lifecycle.crm_lead_digest_cron")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        with self._at("2027-03-01 05:50:30"):
            self._send()
        new = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - triggers
        self.assertIn(moment("2027-03-01 06:15"), new.mapped("call_at"))

    def test_hours_that_no_day_has_are_refused(self):
        for hour in (-0.5, 24, 31):
            with (
                self.subTest(hour=hour),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.company.lead_digest_hour = hour
                self.env.flush_all()
        self.company.lead_digest_hour = 23.99
        self.env.flush_all()

    def test_the_settings_page_keeps_the_hour(self):
        settings = Form(self.env["res.config.settings"])
        self.assertTrue(settings.lead_digest_active)
        settings.lead_digest_hour = 8.5
        settings.save().execute()
        self.assertEqual(self.company.lead_digest_hour, 8.5)

    # ------------------------------------------------------------
    # ONCE A DAY
    # ------------------------------------------------------------

    def test_a_job_that_runs_twice_sends_once(self):
        with self._at(MORNING):
            self._expired()
            self._send()
            self._send()
        with self._at(NOON):
            self._send()
        self.assertEqual(len(self._digests(self.user_own)), 1)

    def test_a_job_that_is_late_sends_on_the_same_day_alone(self):
        with self._at("2027-03-01 22:59:00"):  # 23:59
            self._expired()
            self._send()
        self.assertEqual(len(self._digests(self.user_own)), 1)
        with self._at("2027-03-01 23:01:00"):  # 0:01 of the next day
            self._send()
        self.assertEqual(len(self._digests(self.user_own)), 1)
        with self._at(NEXT_MORNING):
            self._send()
        self.assertEqual(len(self._digests(self.user_own)), 2)

    def test_the_digest_of_a_day_that_is_over_is_not_made_up_for(self):
        with self._at("2027-03-01 23:30:00"):
            self._expired()
            self._send()
        self.assertFalse(self._digests(self.user_own))

    def test_nothing_to_say_no_mail(self):
        with self._at(MORNING):
            self._expired(days=2)
            self._lead(self.stage_late)
            self._send()
        self.assertFalse(self._digests(self.user_own) + self._digests(self.leader))

    def test_who_had_nothing_in_the_morning_gets_nothing_at_noon(self):
        with self._at(MORNING):
            self._send()
        with self._at(NOON):
            self._expired()
            self._send()
        self.assertFalse(self._digests(self.user_own))

    def test_a_company_that_wants_none_sends_none(self):
        self.company.lead_digest_active = False
        with self._at(MORNING):
            self._expired()
            self._send()
        self.assertFalse(self._digests(self.user_own))

    # ------------------------------------------------------------
    # THE JOB
    # ------------------------------------------------------------

    def _run_job(self):
        with self.enter_registry_test_mode():
            return self.env.ref("crm_lead_lifecycle.crm_lead_digest_cron").method_direct_trigger()

    def test_the_job_sends(self):
        with self._at(MORNING):
            self._expired()
            self._run_job()
        self.assertEqual(len(self._digests(self.user_own)), 1)

    def test_a_job_that_is_killed_goes_on_where_it_was(self):
        readers = self.user_own + self.user_all
        leads = self.env.registry["crm.lead"]
        create_mails, done = leads._send_digests, []

        def killed_at_the_second(leads, company, users, now):
            if done:
                create_mails(leads, company, users, now)
                raise RuntimeError("killed")
            done.append(users)
            create_mails(leads, company, users, now)

        with self._at(MORNING), patch.object(crm_lead_digest, "BATCH", 1):
            self._expired(self.user_own)
            self._expired(self.user_all)
            self.leader.lead_digest = False
            with (
                patch.object(leads, "_send_digests", killed_at_the_second),
                mute_logger("odoo.addons.base.models.ir_cron"),
            ):
                self._run_job()
            self.assertEqual([len(self._digests(user)) for user in readers], [1, 0])
            self._run_job()
            self.assertEqual([len(self._digests(user)) for user in readers], [1, 1])
            self._run_job()
        self.assertEqual([len(self._digests(user)) for user in readers], [1, 1])

    def test_people_of_a_batch_cost_no_queries_of_their_own(self):
        """Twice, since what is known of groups and rules is read once for each person."""
        people = self.env["res.users"].create(
            [
                {
                    "name": f"Person {number}",
                    "login": f"digest{number}",
                    "email": f"digest{number}@example.com",
                    "group_ids": self.user_own.group_ids.ids,
                    "company_id": self.company.id,
                    "company_ids": self.company.ids,
                }
                for number in range(20)
            ]
        )

        def send(users):
            self.env.invalidate_all()
            users = users.with_env(self.env)
            queries = self._count_queries(
                lambda: self.env["crm.lead"]._send_digests(self.company, users, moment(MORNING))
            )
            self.assertEqual([len(self._digests(user)) for user in users], [1] * len(users))
            self._digests_of_all().unlink()
            users.lead_digest_date = False
            return queries

        with self._at(MORNING):
            for person in people:
                self._expired(person)
                self._overdue(person)
            send(people)
            few, many = send(people[:2]), send(people)
        self.assertEqual(few, many)

    def _digests_of_all(self):
        return self.env["mail.mail"].search([("headers", "like", "List-Unsubscribe")])
