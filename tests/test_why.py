from datetime import timedelta

from .test_deadline import NOW, DeadlineCase

SECOND = timedelta(seconds=1)


class WhyCase(DeadlineCase):
    """It is Monday, 15 June 2026, 14:00 in Rome, where everybody is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stages.rotting_threshold_days = 7
        cls.stage_late.rotting_threshold_days = 0
        cls.company.resource_calendar_id = cls._office_hours()

    def _sections(self, lead, user=None, **context):
        """What the reader is told, at the moment that the clock shows."""
        self.env.flush_all()
        self.env.invalidate_all()
        reader = lead.with_user(user or self.user_own).with_context(**context)
        return {
            title: [(level, self._words(sentence)) for level, sentence in reasons]
            for title, reasons in reader._get_reasons()
        }

    def _words(self, text):
        """Babel writes 2:00 PM with a space of its own."""
        return text.replace("\u202f", " ")

    def assertReason(self, lead, section, level, sentence, user=None, **context):
        self.assertEqual(self._sections(lead, user, **context)[section][0], (level, sentence))


class TestStageReasons(WhyCase):
    """Why a lead is expired in its stage, or not."""

    def _since(self, moment, stage=None, **values):
        lead = self._lead(stage or self.stage_new, **values)
        self._set_in_database(lead, date_last_stage_update=moment)
        return lead

    def test_expired(self):
        with self._now():
            for kind in ("lead", "opportunity"):
                self.assertReason(
                    self._since(NOW - timedelta(days=12, hours=5), type=kind),
                    "Stage",
                    "danger",
                    "In “Just in” since June 3, 2026, for 12 days. This stage expires after 7 days: it expired 5 days "
                    "ago.",
                )

    def test_expired_for_more_than_a_year(self):
        with self._now():
            (reason,) = self._sections(self._since(NOW - timedelta(days=407)))["Stage"]
        self.assertEqual(reason[0], "danger")
        self.assertIn("for 407 days", reason[1])
        self.assertIn("it expired 400 days ago", reason[1])

    def test_second_in_which_it_expires(self):
        border = NOW - timedelta(days=7)
        with self._now():
            self.assertReason(
                self._since(border),
                "Stage",
                "warning",
                "In “Just in” since June 8, 2026, for 7 days. This stage expires after 7 days: it expires in 1 "
                "minute, on June 15, 2026, 2:00 PM.",
            )
            self.assertReason(
                self._since(border - SECOND),
                "Stage",
                "danger",
                "In “Just in” since June 8, 2026, for 7 days. This stage expires after 7 days: it expired 1 minute "
                "ago.",
            )

    def test_day_before_it_expires(self):
        with self._now():
            for seconds, level in ((-1, "warning"), (0, "success")):
                lead = self._since(NOW - timedelta(days=6) + seconds * SECOND)
                self.assertEqual(self._sections(lead)["Stage"][0][0], level)

    def test_expires_later(self):
        with self._now():
            self.stage_new.rotting_threshold_days = 1
            self.assertReason(
                self._since(NOW - timedelta(minutes=90)),
                "Stage",
                "warning",
                "In “Just in” since June 15, 2026, for 1 hour. This stage expires after 1 day: it expires in 22 hours, "
                "on June 16, 2026, 12:30 PM.",
            )

    def test_stage_that_never_expires(self):
        with self._now():
            self.assertReason(
                self._since(NOW - timedelta(days=400), self.stage_late),
                "Stage",
                "info",
                "In “Proposal out” since May 11, 2025, for 400 days. This stage never expires.",
            )

    def test_leads_that_rest_do_not_expire(self):
        since = NOW - timedelta(days=400)
        with self._now():
            archived, removed = self._lead(probability=10), self._lead()
            archived.active = False
            removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
            lost_in_place = self._lead(self.stage_working)
            self._lose_by_sql(lost_in_place)
            for lead, words in (
                (self._lead(self.stage_frozen), "In “On ice” since May 11, 2025. Frozen leads do not expire."),
                (self._lead(self.stage_won), "In “Booked” since May 11, 2025. Closed leads do not expire."),
                (self._lead(self.stage_lost), "In “Does not want” since May 11, 2025. Closed leads do not expire."),
                (lost_in_place, "In “At work” since May 11, 2025. Closed leads do not expire."),
                (archived, "In “Just in” since May 11, 2025. Archived leads do not expire."),
                (removed, "In “Just in” since May 11, 2025. Removed leads do not expire."),
            ):
                self._set_in_database(lead, date_last_stage_update=since)
                self.assertReason(lead, "Stage", "info", words)

    def test_late_is_what_the_filters_find(self):
        """Of every sort of lead, on both sides of the border."""
        with self._now():
            for field, column, section, dates in (
                ("is_rotting", "date_last_stage_update", "Stage", (timedelta(days=7), timedelta(days=7) + SECOND)),
                ("is_overdue", "date_due", "Deadline", (timedelta(), SECOND)),
            ):
                leads, by_age = self._leads_of_every_sort(dates)
                for age, some in by_age.items():
                    self._set_in_database(some, **{column: NOW - age})
                late = self.assertSearchAgrees(field, leads)
                told = leads.filtered(
                    lambda lead, section=section: self._sections(lead, self.env.user)[section][0][0] == "danger"
                )
                self.assertTrue(told)
                self.assertEqual(told, late)


class TestDeadlineReasons(WhyCase):
    """Why a lead is overdue, or not, and whether its proposals still hold."""

    def test_overdue(self):
        with self._now():
            for late, words in (
                (timedelta(days=2, hours=20), "Due on June 12, 2026, 6:00 PM: overdue by 2 days."),
                (timedelta(hours=1, minutes=59), "Due on June 15, 2026, 12:01 PM: overdue by 1 hour."),
                (SECOND, "Due on June 15, 2026, 1:59 PM: overdue by 1 minute."),
            ):
                self.assertReason(self._lead(date_due=NOW - late), "Deadline", "danger", words)

    def test_not_overdue(self):
        with self._now():
            for left, level, words in (
                (timedelta(), "warning", "Due on June 15, 2026, 2:00 PM, in 1 minute."),
                (timedelta(days=1) - SECOND, "warning", "Due on June 16, 2026, 1:59 PM, in 24 hours."),
                (timedelta(days=1), "success", "Due on June 16, 2026, 2:00 PM, in 1 day."),
                (timedelta(days=2, hours=23), "success", "Due on June 18, 2026, 1:00 PM, in 3 days."),
            ):
                self.assertReason(self._lead(date_due=NOW + left), "Deadline", level, words)
            self.assertReason(self._lead(), "Deadline", "info", "No deadline was set.")

    def test_leads_that_rest_are_not_overdue(self):
        with self._now():
            archived, removed = self._lead(probability=10), self._lead()
            archived.active = False
            removed.write({"client_status": "removed", "removal_reason_id": self.removal_reason.id})
            for lead, words in (
                (self._lead(self.stage_frozen), "Frozen"),
                (self._lead(self.stage_won), "Closed"),
                (self._lead(self.stage_lost), "Closed"),
                (archived, "Archived"),
                (removed, "Removed"),
            ):
                self._set_in_database(lead, date_due=NOW - timedelta(days=1))
                sentence = f"Due on June 14, 2026, 2:00 PM. {words} leads are never overdue."
                self.assertReason(lead, "Deadline", "info", sentence)

    def test_proposals_hold_until_the_last_day_is_over_where_the_reader_is(self):
        lead = self._lead(proposal_deadline="2026-06-15")
        valid = ("success", "Proposals valid until June 15, 2026.")
        for clock, zone, reason in (
            ("2026-06-15 21:59:59", "Europe/Rome", valid),
            ("2026-06-15 22:00:00", "Europe/Rome", ("danger", "The proposals were valid until June 15, 2026.")),
            ("2026-06-15 22:00:00", "America/New_York", valid),
        ):
            with self._at(clock):
                self.assertEqual(self._sections(lead, tz=zone)["Deadline"][1], reason, clock)
        lead.stage_id = self.stage_frozen
        with self._at("2026-07-01 12:00:00"):
            self.assertEqual(self._sections(lead)["Deadline"][1], ("info", valid[1]))

    def test_without_proposals_nothing_is_said_of_them(self):
        self.assertEqual(len(self._sections(self._lead())["Deadline"]), 1)
