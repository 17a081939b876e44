from datetime import datetime

from odoo.fields import Command
from odoo.tests import new_test_user

from .call_common import NOW, CallCase

WEEKDAYS = range(5)


def at(text):
    """A moment in UTC: a day of November 2026 (or a date) and an hour, such as ``27 09:30``."""
    day, hour = text.split()
    return datetime.fromisoformat(f"{day if '-' in day else f'2026-11-{day}'} {hour}")


class AppointmentCase(CallCase):
    """An operator in a call, and an agent who works on weekdays from 9 to 13 and from 14 to 18 in Rome. It is Thursday,
    11:00 there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.company.resource_calendar_id = cls._calendar("Weekdays")
        cls.other_company.resource_calendar_id = cls._calendar("Other Weekdays", cls.other_company)
        cls.appointment.agent_ids = cls.agent
        cls.lead = cls._lead(name="Pitch", contact_name="Marco", user_id=cls.operator.id)

    def setUp(self):
        super().setUp()
        self.enterContext(self._at(NOW))

    @classmethod
    def _calendar(cls, name, company=None, hours=((9, 13), (14, 18)), days=WEEKDAYS, tz="Europe/Rome", **values):
        return cls.env["resource.calendar"].create(
            {
                "name": name,
                "company_id": (company or cls.company).id,
                "tz": tz,
                "attendance_ids": [
                    Command.create({"name": "Work", "dayofweek": str(day), "hour_from": start, "hour_to": stop})
                    for day in days
                    for start, stop in hours
                ],
                **values,
            }
        )

    @classmethod
    def _agent(cls, name, **values):
        return new_test_user(
            cls.env, f"call_{name}", "sales_team.group_sale_salesman", name=name, tz="Europe/Rome", **values
        )  # fmt: skip

    def _free(self, start, stop, agent=None, company=None, **options):
        """The free stretches of an agent as texts, such as ``27 08:00-12:00``."""
        agent = (agent or self.agent).with_company(company or self.company)
        (free,) = agent._map_free(at(start), at(stop), **options).values()
        return [f"{begin:%d %H:%M}-{end:%H:%M}" for begin, end, _nothing in free]

    def _friday(self, **options):
        """What is free on the day after now: 8-12 and 13-17 in UTC if nothing is there."""
        return [text.removeprefix("27 ") for text in self._free("27 00:00", "28 00:00", **options)]

    def _meeting(self, start, stop, attendees=None, **values):
        """A meeting of the agent, made by somebody else."""
        partners = (attendees or self.agent).partner_id
        return self.env["calendar.event"].create(
            {
                "name": "Dentist",
                "start": at(start),
                "stop": at(stop),
                "partner_ids": [Command.set(partners.ids)],
                "user_id": self.user_all.id,
                **values,
            }
        )

    def _appointment_dialog(self, start=None, stop=None, agent=None, lead=None, **values):
        """The open dialog of a call in which an appointment is agreed."""
        return self._dialog(
            lead_id=(lead or self.lead).id,
            outcome_id=self.appointment.id,
            agent_id=(agent or self.agent).id,
            slot_start=start and at(start),
            slot_stop=stop and at(stop),
            **values,
        )

    def _book(self, start, stop=None, **options):
        """An appointment that was agreed in a call: its calendar.event, for the test to look at."""
        self._appointment_dialog(start, stop, **options).action_confirm()
        return self.env["calendar.event"].search([("appointment_state", "=", "booked")], order="id desc", limit=1)

    def _slots(self):
        return self.env["crm.appointment.slot"].search([("user_id", "=", self.agent.id)])

    def _taken(self):
        """What is taken of the agent's time, as texts."""
        self.env.flush_all()
        self.env.invalidate_all()
        return [f"{slot.start:%d %H:%M}-{slot.stop:%H:%M}" for slot in self._slots()]
