from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import new_test_user

from .common import TypeCase


class AgeingCase(TypeCase):
    """Beside that a team with a leader, a company that works from nine to five in Rome, an abandoned stage of repairs,
    and the clock: Monday, 1 March 2027; Rome is an hour ahead of UTC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader = new_test_user(
            cls.env,
            "lead_leader",
            "sales_team.group_sale_salesman_all_leads",
            name="Leader",
            email="leader@example.org",
        )
        cls.team.user_id = cls.leader
        cls.given_up = cls._add_stages(cls.repair, ("Given up", "abandoned"))
        cls.given_up.sequence = 200
        # those of the demo data do not act among ours
        cls.env["crm.stage.escalation"].search([]).unlink()
        cls._set_hours(cls.company)

    @classmethod
    def _set_hours(cls, company, hour_from=9, hour_to=17):
        hours = [
            Command.create(
                {
                    "name": "Day",
                    "dayofweek": str(day),
                    "hour_from": hour_from,
                    "hour_to": hour_to,
                    "day_period": "full_day",
                }
            )
            for day in range(5)
        ]
        company.resource_calendar_id = cls.env["resource.calendar"].create(
            {"name": "Hours", "tz": "Europe/Rome", "attendance_ids": [Command.clear(), *hours]}
        )

    def _run_job(self, name):
        """As the scheduler does."""
        with self.enter_registry_test_mode():
            self.env.ref(f"crm_lead_lifecycle.ir_cron_lead_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _old_lead(self, moment, **values):
        """A repair that came at a moment."""
        with self._at(moment):
            lead = self._repair(**{"team_id": self.team.id, **values})
            self._set_in_database(lead, create_date=moment)
            return lead

    def _batches_of(self, count):
        return patch.object(type(self.env["crm.lead"]), "_ageing_batch", count)
