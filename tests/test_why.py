from datetime import datetime, timedelta
from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user

from .test_deadline import NOW, DeadlineCase

SECOND = timedelta(seconds=1)


class WhyCase(DeadlineCase):
    """It is Monday, 15 June 2026, 14:00 in Rome, where everybody is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stages.rotting_threshold_days = 7
        cls.stage_late.rotting_threshold_days = 0
        cls.company.resource_calendar_id = cls._calendar()

    @classmethod
    def _calendar(cls, hours=(8, 17)):
        """Work from Monday to Friday, by the clock of Rome."""
        begin, end = hours
        return cls.env["resource.calendar"].create(
            {
                "name": "Office",
                "tz": "Europe/Rome",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": "Day",
                                "dayofweek": str(day),
                                "hour_from": begin,
                                "hour_to": end,
                                "day_period": "full_day",
                            }
                        )
                        for day in range(5)
                    ),
                ],
            }
        )

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


class TestTouchReasons(WhyCase):
    """Who took the lead in charge, or for how long it has waited for that."""

    def _came(self, text, **values):
        with self._at(text):
            lead = self._lead(**values)
        self._set_in_database(lead, create_date=datetime.fromisoformat(text))
        return lead

    def test_touched_by_somebody(self):
        lead = self._lead()
        with self._now():
            lead.with_user(self.user_own).stage_id = self.stage_working
        with self._at("2026-06-20 12:00:00"):
            lead.with_user(self.user_all).stage_id = self.stage_late
            self.assertReason(
                lead,
                "First touch",
                "success",
                f"First touched on June 15, 2026, 2:00 PM by {self.user_own.name}.",
            )

    def test_touch_that_left_no_event(self):
        lead = self._lead()
        with self._now():
            lead.with_user(self.user_own).message_post(
                body="Good morning", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
            self.assertFalse(self._events(lead, "stage", "call"))
            self.assertReason(lead, "First touch", "success", "First touched on June 15, 2026, 2:00 PM.")

    def test_what_a_machine_did_at_that_time_names_nobody(self):
        lead = self._lead()
        with self._now():
            lead.stage_id = self.stage_working  # as the superuser
            self._set_in_database(lead, date_first_touch=NOW)
            self.assertReason(lead, "First touch", "success", "First touched on June 15, 2026, 2:00 PM.")

    def test_waits_by_the_hours_of_the_company(self):
        # Friday 15:00 in Rome: 2 hours on Friday, 6 on Monday
        lead = self._came("2026-06-12 13:00:00")
        words = "Nobody has taken it in charge yet. It has waited for 8 hours of working time."
        with self._now():
            self.assertReason(lead, "First touch", "warning", words)

    def test_waits_by_the_hours_of_its_own_company(self):
        self.other_company.resource_calendar_id = self._calendar(hours=(13, 20))
        lead = self._came("2026-06-12 13:00:00", company_id=self.other_company.id, user_id=False, team_id=False)
        words = "Nobody has taken it in charge yet. It has waited for 6 hours of working time."
        with self._now():
            self.assertReason(lead, "First touch", "warning", words, user=self.user_other_company)

    def test_waits_by_the_clock_where_no_hours_are_kept(self):
        lead = self._came("2026-06-14 09:00:00")
        words = "Nobody has taken it in charge yet. It has waited for 1 day."
        with self._now():
            self.company.resource_calendar_id = False
            self.assertReason(lead, "First touch", "warning", words)

    def test_days_are_told_of_a_long_time(self):
        lead = self._came("2025-05-01 09:00:00")
        words = "Nobody has taken it in charge yet. It has waited for 410 days."
        with self._now():
            self.assertReason(lead, "First touch", "warning", words)

    def test_came_in_outside_of_working_hours(self):
        lead = self._came("2026-06-14 09:00:00")
        words = "Nobody has taken it in charge yet. No working time has passed since it came in."
        with self._at("2026-06-15 06:00:00"):
            self.assertReason(lead, "First touch", "info", words)
        with self._at("2026-06-15 06:01:00"):
            self.assertEqual(self._sections(lead)["First touch"][0][0], "warning")

    def test_leads_that_rest_wait_for_nobody(self):
        with self._now():
            for stage in (self.stage_frozen, self.stage_lost):
                self.assertReason(self._lead(stage), "First touch", "info", "Nobody has taken it in charge.")


class TestAssignmentReasons(WhyCase):
    """Why the lead belongs to its salesperson."""

    def _told(self, lead, user=None):
        (reason,) = self._sections(lead, user)["Salesperson"]
        self.assertEqual(reason[0], "info")
        return reason[1]

    def test_assigned(self):
        own, manager = self.user_own.name, self.user_manager.name
        with self._at("2026-06-03 12:00:00"):
            lead = self._lead(user_id=False)
            lead.with_user(self.user_manager).user_id = self.user_own
            self.assertEqual(self._told(lead), f"Assigned to {own} on June 3, 2026 by {manager}.")
        with self._now():
            lead.with_user(self.user_manager).user_id = False
            self.assertEqual(self._told(lead), f"It has had no salesperson since June 15, 2026: {manager} decided so.")
            lead.with_user(self.user_own).user_id = self.user_own
            self.assertEqual(self._told(lead), f"{own} took it on June 15, 2026.")

    def test_assigned_by_a_machine(self):
        with self._now():
            lead = self._lead(user_id=self.user_all.id)
            lead.user_id = self.user_own
            self.assertEqual(self._told(lead), f"Assigned to {self.user_own.name} on June 15, 2026, automatically.")
            lead.user_id = False
            self.assertEqual(self._told(lead), "It has had no salesperson since June 15, 2026.")

    def test_created_for_somebody(self):
        own, manager = self.user_own.name, self.user_manager.name
        with self._now():
            lead = self._lead(user=self.user_manager, user_id=self.user_own.id)
            self.assertEqual(self._told(lead), f"Created on June 15, 2026 by {manager} for {own}.")
            self.assertEqual(self._told(self._lead(user=self.user_own)), f"{own} created it on June 15, 2026.")
            lead = self._lead()
            self.assertEqual(self._told(lead), f"It has belonged to {own} since it came in on June 15, 2026.")

    def test_created_for_nobody(self):
        with self._now():
            lead = self._lead(user=self.user_manager, user_id=False)
            self.assertEqual(
                self._told(lead), f"Created on June 15, 2026 by {self.user_manager.name} without a salesperson."
            )
            lead = self._lead(user_id=False)
            self.assertEqual(self._told(lead), "It has had no salesperson since it came in on June 15, 2026.")

    def test_without_a_history(self):
        lead, nobodys = self._lead(), self._lead(user_id=False)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM crm_lead_event WHERE lead_id = ANY(%s)", [(lead + nobodys).ids])
        self.assertEqual(self._told(lead), f"It belongs to {self.user_own.name}.")
        self.assertEqual(self._told(nobodys), "It has no salesperson.")

    def test_whose_history_was_blanked(self):
        lead = self._lead(user_id=self.user_all.id)
        lead.user_id = self.user_own
        self._set_in_database(self._events(lead), data=None)
        self.assertEqual(self._told(lead), f"It belongs to {self.user_own.name}.")

    def test_history_of_merged_leads_is_not_taken_for_the_own_one(self):
        with self._at("2026-06-03 12:00:00"):
            lead = self._lead(user_id=False, priority="3")
            lead.with_user(self.user_manager).user_id = self.user_own
        with self._now():
            other = self._lead(user_id=False)
            other.with_user(self.user_manager).user_id = self.user_all
            self._events(other).flush_recordset()
            self.env.cr.execute("UPDATE crm_lead_event SET lead_id = %s WHERE lead_id = %s", [lead.id, other.id])
            self.assertEqual(
                self._told(lead),
                f"Assigned to {self.user_own.name} on June 3, 2026 by {self.user_manager.name}.",
            )


class TestWhoIsTold(WhyCase):
    """The tab is for whoever may see the lead, in the own language and by the own clock."""

    def test_whoever_sees_the_lead_is_told(self):
        lead = self._lead(user_id=self.user_own.id, company_id=self.company.id)
        operator = new_test_user(self.env, "why_operator", "crm_lead_lifecycle.group_call_operator")
        for user in (self.user_own, self.user_all, self.user_manager, self.user_admin):
            self.assertIn("Just in", lead.with_user(user).reasons, user.login)
        for user in (operator, self.user_other_company, self.user_portal, self.user_public):
            with self.assertRaises(AccessError, msg=user.login):
                lead.with_user(user).read(["reasons"])
        lead.user_id = operator
        self.assertIn("Just in", lead.with_user(operator).reasons, "though they may not read the history")
        with self.assertRaises(AccessError):
            lead.with_user(self.user_own).read(["reasons"])

    def test_nothing_is_said_of_clients(self):
        self.user_own.group_ids -= self.env.ref("crm_lead_lifecycle.group_client_viewer")
        self.env.ref("sales_team.group_sale_salesman").implied_ids -= self.env.ref(
            "crm_lead_lifecycle.group_client_viewer"
        )
        client = self.env["res.partner"].create({"name": "Marta Verdi"})
        lead = self._lead(user=self.user_manager, user_id=self.user_own.id, partner_id=client.id)
        lead.with_user(self.user_manager).stage_id = self.stage_working
        self.assertNotIn("Marta", lead.with_user(self.user_own).reasons)

    def test_colleagues_of_another_company_have_their_names(self):
        lead = self._lead(user_id=False, team_id=False)
        lead.with_user(self.user_other_company).user_id = self.user_other_company
        self.assertIn(self.user_other_company.name, lead.with_user(self.user_admin).reasons)

    def test_words_and_dates_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.user_own.lang = "it_IT"
        with self._now():
            lead = self._lead(date_due=NOW - timedelta(days=2))
            self._set_in_database(lead, date_last_stage_update=NOW - timedelta(days=12))
            self.stage_new.with_context(lang="it_IT").name = "Appena arrivato"
            told = self._sections(lead.with_context(lang="it_IT"))
        (_level, stage), (_level, due) = told[next(iter(told))][0], list(told.values())[1][0]
        for words in ("“Appena arrivato”", "3 giugno 2026", "12 giorni", "7 giorni", "5 giorni fa"):
            self.assertIn(words, stage)
        for words in ("13 giugno 2026, 14:00", "2 giorni"):
            self.assertIn(words, due)

    def test_days_by_the_readers_clock(self):
        lead = self._lead()
        self._set_in_database(lead, date_last_stage_update=datetime.fromisoformat("2026-06-02 22:30:00"))
        with self._now():
            self.assertIn("since June 3, 2026", self._sections(lead)["Stage"][0][1])
            self.assertIn("since June 2, 2026", self._sections(lead, tz="America/New_York")["Stage"][0][1])

    def test_names_are_escaped(self):
        self.stage_new.name = "<b id='x'>Just in</b>"
        reasons = self._lead().with_user(self.user_own).reasons
        self.assertIn("&lt;b id=", reasons)
        self.assertNotIn("<b id", reasons)

    def test_badges_have_words(self):
        with self._now():
            lead = self._lead(date_due=NOW - timedelta(days=2))
            lead.with_user(self.user_own).stage_id = self.stage_working
            self._set_in_database(lead, date_last_stage_update=NOW - timedelta(days=6, hours=1))
            reasons = lead.with_user(self.user_own).reasons
        self.assertRegex(reasons, r'text-bg-danger">\s*Late')
        self.assertRegex(reasons, r'text-bg-success">\s*In order')
        self.assertRegex(reasons, r'text-bg-warning">\s*Attention')
        self.assertRegex(reasons, r'text-bg-info">\s*Note')

    def test_section_that_says_nothing_is_not_shown(self):
        lead = self._lead().with_user(self.user_own)
        with patch.object(type(lead), "_get_ageing_reasons", lambda self: []):
            self.assertNotIn("By itself", lead.reasons)
        lead.invalidate_recordset(["reasons"])
        with patch.object(type(lead), "_get_ageing_reasons", lambda self: [("warning", "It wakes tomorrow.")]):
            self.assertIn("By itself", lead.reasons)
            self.assertIn("It wakes tomorrow.", lead.reasons)

    def test_lead_that_is_being_made_has_no_reasons_yet(self):
        self.assertFalse(self.env["crm.lead"].with_user(self.user_own).new({"name": "Pitch"}).reasons)

    def test_form_has_calls_for_operators_alone(self):
        form = self.env.ref("crm.crm_lead_view_form")
        for groups, calls in (("", False), (",crm_lead_lifecycle.group_call_operator", True)):
            user = new_test_user(self.env, f"why_{calls}", "sales_team.group_sale_salesman" + groups)
            arch = etree.fromstring(self.env["crm.lead"].with_user(user).get_view(form.id, "form")["arch"])
            self.assertTrue(arch.xpath("//page[@name='why']/field[@name='reasons']"))
            self.assertEqual(bool(arch.xpath("//page[@name='why']//field[@name='call_reasons']")), calls)

    def test_long_history_needs_no_more_queries(self):
        def ask(lead):
            self.env.flush_all()
            self.env.invalidate_all()
            reader = lead.with_user(self.user_own)
            return self._count_queries(lambda: reader.reasons)

        lead, eventful = self._lead(), self._lead()
        for _round in range(20):
            eventful.user_id = self.user_all
            eventful.user_id = self.user_own
        ask(lead)
        self.assertEqual(ask(eventful), ask(lead))
