from contextlib import contextmanager

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .appointment_common import AppointmentCase, at

AGENT_FIELDS = {
    "working_calendar_id": False,
    "away_until": "2026-12-01 08:00:00",
    "appointment_minutes": 45,
    "appointment_buffer_minutes": 15,
    "appointment_lead_minutes": 120,
    "appointment_area": "Rome",
}


class TestAppointmentRights(AppointmentCase):
    """Who settles what for agents, and what others get to know of them."""

    # ------------------------------------------------------------
    # COORDINATORS
    # ------------------------------------------------------------

    def test_coordinators_settle_what_holds_for_agents(self):
        skill = self.env["crm.appointment.skill"].with_user(self.coordinator).create({"name": "Boats"})
        agent = self.agent.with_user(self.coordinator)
        agent.write({**AGENT_FIELDS, "appointment_skill_ids": [Command.link(skill.id)]})
        self.assertEqual((self.agent.appointment_minutes, self.agent.appointment_area), (45, "Rome"))
        self.assertEqual((self.agent.away_until, self.agent.appointment_skill_ids), (at("2026-12-01 08:00"), skill))
        self.assertEqual(agent.read(["appointment_lead_minutes"])[0]["appointment_lead_minutes"], 120)

    def test_and_nothing_else(self):
        agent = self.agent.with_user(self.coordinator)
        for vals in (
            {"name": "Gianna"},
            {"appointment_area": "Rome", "login": "mine"},
            {"group_ids": [Command.link(self.env.ref("base.group_system").id)]},
            {"appointment_area": "Rome", "password": "mine"},
            {"resource_calendar_id": self.calendar.id},
            {},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                agent.write(vals)
        with self.assertRaises(AccessError):
            self.env["res.users"].with_user(self.coordinator).create({"name": "New", "login": "new"})
        with self.assertRaises(AccessError):
            agent.unlink()

    def test_only_in_their_companies_and_only_of_colleagues(self):
        for user in (self.user_other_company, self.user_portal, self.agent + self.user_other_company):
            with self.subTest(user=user), self.assertRaises(AccessError):
                user.with_user(self.coordinator).write({"appointment_area": "Rome"})
        self.user_other_company.with_user(self.user_manager).write({"appointment_area": "Rome"})
        self.assertEqual(self.user_other_company.appointment_area, "Rome")

    def test_the_list_of_agents(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_appointment_agent_action")
        users = self.env["res.users"].with_user(self.coordinator)
        listed = users.search(safe_eval(action["domain"], {"allowed_company_ids": self.company.ids}))
        self.assertLessEqual(self.agent + self.user_own + self.user_manager, listed)
        self.assertFalse(listed & (self.operator + self.user_other_company + self.user_portal))
        arch = users.get_view(action["view_id"][0], "list")["arch"]
        for name in AGENT_FIELDS:
            self.assertIn(f'name="{name}"', arch)
        self.assertIn('edit="1"', arch)
        self.assertIn('create="0"', arch)
        self.agent.with_user(self.coordinator).web_save(
            {"appointment_buffer_minutes": 30}, {"name": {}, "appointment_buffer_minutes": {}}
        )  # fmt: skip
        self.assertEqual(self.agent.appointment_buffer_minutes, 30)

    # ------------------------------------------------------------
    # AGENTS
    # ------------------------------------------------------------

    def test_agents_see_what_holds_for_them_and_settle_some_of_it(self):
        agent = self.agent.with_user(self.agent)
        agent.read([*AGENT_FIELDS, "appointment_skill_ids"])
        with Form(agent, "base.view_users_form_simple_modif") as form:
            form.away_until = "2026-12-01 08:00:00"
            form.working_calendar_id = self.calendar
            form.appointment_area = "Rome"
        self.assertEqual((self.agent.away_until, self.agent.appointment_area), (at("2026-12-01 08:00"), "Rome"))
        for name in ("appointment_minutes", "appointment_buffer_minutes", "appointment_lead_minutes"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                agent.write({name: 5})
        with self.assertRaises(AccessError):
            agent.write({"appointment_skill_ids": [Command.create({"name": "Everything"})]})
        with self.assertRaises(AccessError):
            self.user_own.with_user(self.agent).write({"away_until": False})

    # ------------------------------------------------------------
    # OPERATORS AND COLLEAGUES
    # ------------------------------------------------------------

    def test_operators_learn_when_not_why(self):
        meeting = self._meeting("27 08:00", "27 12:00", privacy="private", name="Secret")
        self.agent.away_until = at("27 14:00")
        dialog = self._dialog(lead_id=self.lead.id, outcome_id=self.appointment.id)
        agenda = dialog.get_agenda("2026-11-27", 1)
        self.assertEqual([slot["start"][11:16] for slot in agenda["slots"]], ["14:00", "15:00", "16:00"])
        self.assertNotIn("Secret", str(agenda))
        self.assertEqual(set(agenda["agents"][0]), {"id", "name", "area", "skill_ids"})
        self.env.invalidate_all()
        self.assertEqual(meeting.with_user(self.operator).name, "Busy")
        for name in ("away_until", "working_calendar_id", "appointment_lead_minutes"):
            for user in (self.operator, self.user_own, self.user_portal):
                with self.subTest(name=name, user=user.login), self.assertRaises(AccessError):
                    self.agent.with_user(user).read([name])

    def test_taken_time_is_written_by_nobody(self):
        slot = self._book("27 08:00").appointment_slot_ids
        values = {"user_id": self.agent.id, "start": at("27 10:00"), "stop": at("27 11:00")}
        for user in (self.operator, self.agent, self.coordinator, self.user_manager, self.user_admin):
            mine = slot.with_user(user)
            with self.subTest(user=user.login):
                for act in (lambda: mine.create(values), lambda: mine.write({"start": at("27 07:00")}), mine.unlink):  # noqa: B023
                    with self.assertRaises(AccessError):
                        act()
                if user != self.user_admin:
                    with self.assertRaises(AccessError):
                        mine.read(["start"])

    def test_meetings_can_be_read_by_who_knows_nothing_of_calls(self):
        event = self._meeting("27 08:00", "27 12:00")
        event.with_user(self.user_own).read()
        event.with_user(self.operator).read()

    def test_skills(self):
        skills = self.env["crm.appointment.skill"]
        boats = skills.create({"name": "Boats"})
        self.assertEqual(boats.with_user(self.operator).name, "Boats")
        for user in (self.operator, self.agent):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                skills.with_user(user).create({"name": "Cars"})
        boats.with_user(self.coordinator).name = "Ships"
        boats.with_user(self.coordinator).unlink()

    # ------------------------------------------------------------
    # SETTINGS
    # ------------------------------------------------------------

    def test_minutes_are_neither_below_0_nor_without_end(self):
        day = 24 * 60
        for record, name, most in (
            (self.agent, "appointment_minutes", day),
            (self.agent, "appointment_buffer_minutes", day),
            (self.agent, "appointment_lead_minutes", 90 * day),
            (self.appointment, "appointment_minutes", day),
            (self.company, "appointment_minutes", day),
        ):
            record[name] = most
            self.env.flush_all()
            for minutes in (-1, most + 1):
                with self.subTest(name=name, minutes=minutes), self.assertRaises(CheckViolation), self._quiet():
                    record[name] = minutes
                    self.env.flush_all()

    @contextmanager
    def _quiet(self):
        with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            yield

    def test_settings_of_the_company(self):
        settings = self.env["res.config.settings"].create({})
        reminder = self.env.ref("calendar.alarm_mail_1")
        settings.write({"appointment_minutes": 30, "appointment_alarm_ids": [Command.set(reminder.ids)]})
        settings.execute()
        self.assertEqual((self.company.appointment_minutes, self.company.appointment_alarm_ids), (30, reminder))
        self.assertEqual(self.other_company.appointment_minutes, 60)

    def test_agents_are_chosen_where_appointments_are_agreed(self):
        with Form(self.appointment.with_user(self.user_manager)) as form:
            form.agent_ids.add(self.user_own)
            form.appointment_minutes = 30
        self.assertEqual(self.appointment.agent_ids, self.agent + self.user_own)
        self.assertTrue(self.campaign.has_appointments)
        self.campaign.outcome_ids = self.recall
        self.assertFalse(self.campaign.has_appointments)
        self.campaign.outcome_ids += self.appointment
        with Form(self.campaign.with_user(self.user_manager)) as form:
            form.agent_ids.add(self.user_own)
        self.assertEqual(self.campaign.agent_ids, self.user_own)
