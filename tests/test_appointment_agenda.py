from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .appointment_common import AppointmentCase, at


class TestAppointmentAgenda(AppointmentCase):
    """What the dialog of a call shows of the agents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._agent("Bice")
        cls.second.appointment_area = "Naples"
        cls.english, cls.boats = cls.env["crm.appointment.skill"].create([{"name": "English"}, {"name": "Boats"}])
        cls.agent.write({"appointment_area": "Rome", "appointment_skill_ids": [Command.set(cls.english.ids)]})
        cls.second.appointment_skill_ids = cls.english + cls.boats
        cls.appointment.agent_ids += cls.second
        cls.dialog = cls.env["crm.call.wizard"].with_user(cls.operator).create(
            {"lead_id": cls.lead.id, "outcome_id": cls.appointment.id}
        )  # fmt: skip

    def _agenda(self, day="2026-11-27", days=1, **options):
        return self.dialog.get_agenda(day, days, **options)

    def test_what_there_is_to_choose_from(self):
        agenda = self._agenda()
        self.assertEqual(
            agenda["agents"],
            [
                {"id": self.second.id, "name": "Bice", "area": "Naples", "skill_ids": (self.boats + self.english).ids},
                {"id": self.agent.id, "name": "Gianni", "area": "Rome", "skill_ids": self.english.ids},
            ],
        )
        self.assertEqual([skill["name"] for skill in agenda["skills"]], ["Boats", "English"])
        self.assertEqual(agenda["shown"], (self.second + self.agent).ids)
        self.assertEqual(len(agenda["slots"]), 16)
        self.assertEqual(
            agenda["slots"][0],
            {"agent_id": self.agent.id, "start": "2026-11-27 08:00:00", "stop": "2026-11-27 09:00:00"},
        )
        self.assertEqual((agenda["held"], agenda["next_free"], agenda["zone"]), (False, False, "Europe/Rome"))
        self.assertEqual(agenda["customer_zone"], self.dialog.time_zone)

    def test_filters(self):
        def shown(**options):
            agenda = self._agenda(**options)
            self.assertEqual({slot["agent_id"] for slot in agenda["slots"]}, set(agenda["shown"]))
            self.assertEqual(len(agenda["agents"]), 2, "those to choose from stay")
            return self.env["res.users"].browse(agenda["shown"])

        self.assertEqual(shown(agent_ids=self.agent.ids), self.agent)
        self.assertEqual(shown(skill_ids=self.english.ids), self.second + self.agent)
        self.assertEqual(shown(skill_ids=(self.english + self.boats).ids), self.second)
        self.assertEqual(shown(text="naples"), self.second)
        self.assertEqual(shown(text="boats bice"), self.second)
        self.assertEqual(shown(text="  GIANNI "), self.agent)
        self.assertFalse(shown(text="Milan"))
        self.assertEqual(shown(agent_ids=None, skill_ids=None, text=None), self.second + self.agent)

    def test_days_by_the_users_clock(self):
        self.operator.tz = "Pacific/Auckland"  # their Friday has begun at 11:00 on Thursday in UTC
        starts = [slot["start"] for slot in self._agenda(agent_ids=self.agent.ids)["slots"]]
        self.assertEqual((starts[0], starts[-1]), ("2026-11-26 11:00:00", "2026-11-27 10:00:00"))

    def test_the_next_free_time_where_there_is_none(self):
        self.assertEqual(self._agenda("2026-11-28", 2)["next_free"], "2026-11-30 08:00:00")
        (self.agent + self.second).away_until = at("2027-01-11 08:30")
        self.assertEqual(self._agenda(days=28)["next_free"], "2027-01-11 08:30:00")
        (self.agent + self.second).away_until = at("2027-06-11 08:30")
        self.assertEqual(self._agenda()["next_free"], False)

    def test_agents_of_the_campaign_else_of_the_outcome_else_all(self):
        def agents():
            return self.env["res.users"].browse(agent["id"] for agent in self.dialog.get_agenda("2026-11-27")["agents"])

        self.dialog = self._dialog(self._claim(), outcome_id=self.appointment.id)
        self.assertEqual(agents(), self.second + self.agent)
        self.campaign.agent_ids = self.user_own
        self.assertEqual(agents(), self.user_own)
        self.campaign.agent_ids = self.appointment.agent_ids = False
        everybody = agents()
        self.assertLessEqual(self.agent + self.second + self.user_own + self.user_manager, everybody)
        self.assertFalse(everybody & (self.operator + self.user_portal + self.user_other_company))

    def test_who_has_left_keeps_no_appointments(self):
        self.second.active = False
        self.assertEqual(self._agenda()["shown"], self.agent.ids)
        self.agent.write({"company_ids": [Command.set(self.other_company.ids)], "company_id": self.other_company.id})
        self.assertEqual(self._agenda()["shown"], [])

    def test_an_outcome_that_is_only_chosen_in_the_browser(self):
        other = self.appointment.copy({"name": "Test drive", "agent_ids": self.second.ids, "appointment_minutes": 120})
        self.dialog.outcome_id = False
        agenda = self._agenda(outcome_id=other.id)
        self.assertEqual((agenda["shown"], len(agenda["slots"])), (self.second.ids, 4))
        with self.assertRaisesRegex(UserError, "keeps no appointments of these calls"):
            self.dialog.hold_slot(self.agent.id, "2026-11-27 08:00:00", "2026-11-27 10:00:00", other.id)
        held = self.dialog.hold_slot(self.second.id, "2026-11-27 08:00:00", None, other.id)
        self.assertEqual(held["stop"], "2026-11-27 10:00:00")
        self.assertFalse(self.dialog.outcome_id)

    def test_an_outcome_of_another_campaign_does_not_count(self):
        other = self.appointment.copy({"agent_ids": self.second.ids, "company_id": self.other_company.id})
        self.assertEqual(self._agenda(outcome_id=other.id)["shown"], (self.second + self.agent).ids)

    def test_length(self):
        def first():
            slot = self._agenda(agent_ids=self.agent.ids)["slots"][0]
            return slot["stop"][11:16]

        self.company.appointment_minutes = 30
        self.assertEqual(first(), "08:30")
        self.appointment.appointment_minutes = 120
        self.assertEqual(first(), "10:00")
        self.agent.appointment_minutes = 45
        self.assertEqual(first(), "08:45")

    def test_bad_input(self):
        for day in ("tomorrow", "", None, "0001-01-01", "9999-12-31", False):
            with self.subTest(day=day), self.assertRaisesRegex(UserError, "is no day"):
                self._agenda(day)
        with self.assertRaisesRegex(UserError, "is no day"):
            self._agenda(days="many")
        self.assertLessEqual(len(self._agenda(days=100_000, agent_ids=self.agent.ids)["slots"]), 30 * 8)
        self.assertEqual(len(self._agenda(days=-3, agent_ids=self.agent.ids)["slots"]), 8)
        with self.assertRaisesRegex(UserError, "is no time"):
            self.dialog.hold_slot(self.agent.id, "at noon", "2026-11-27 10:00:00")
        for agent_id in (0, False, None, 999_999_999, "Gianni"):
            with self.subTest(agent_id=agent_id), self.assertRaises(UserError):
                self.dialog.hold_slot(agent_id, "2026-11-27 08:00:00", "2026-11-27 10:00:00")

    def test_only_in_the_own_dialog(self):
        dialog = self.dialog.with_user(self.rival)
        for call in (
            lambda: dialog.get_agenda("2026-11-27"),
            lambda: dialog.hold_slot(self.agent.id, "2026-11-27 08:00:00", "2026-11-27 09:00:00"),
            dialog.release_slot,
        ):
            with self.assertRaises(AccessError):
                call()

    def test_two_companies(self):
        self.agent.company_ids += self.other_company
        stranger = self._agent(
            "Stranger", company_id=self.other_company.id, company_ids=[Command.set(self.other_company.ids)]
        )  # fmt: skip
        self.appointment.agent_ids += stranger
        self.other_company.resource_calendar_id = self._calendar("Early", self.other_company, hours=((6, 8),))
        lead = self._lead(user_id=self.operator_other_company.id, company_id=self.other_company.id)
        dialog = self._dialog(user=self.operator_other_company, lead_id=lead.id, outcome_id=self.appointment.id)
        agenda = dialog.get_agenda("2026-11-27", 1)
        self.assertEqual(agenda["shown"], (self.agent + stranger).ids)
        self.assertEqual({slot["start"][11:] for slot in agenda["slots"]}, {"05:00:00", "06:00:00"})
        self.assertEqual(self._agenda()["shown"], (self.second + self.agent).ids)
