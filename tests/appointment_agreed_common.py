from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from .call_common import CallCase


class AgreedCase(CallCase):
    """An agent who works around the clock, and a contact in a campaign whose customer lives in New York."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = new_test_user(
            cls.env,
            "appointment_agent",
            "sales_team.group_sale_salesman",
            name="Gina Agent",
            email="gina@example.com",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            tz="Europe/Rome",
        )
        cls.agent.working_calendar_id = cls.env["resource.calendar"].create(
            {
                "name": "Always",
                "tz": "Europe/Rome",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create({"name": "Day", "dayofweek": str(day), "hour_from": 0, "hour_to": 24})
                        for day in range(7)
                    ),
                ],
            }
        )
        cls.operator.write({"name": "Olga Operator", "email": "olga@example.com"})
        cls.coordinator.email = "carla@example.com"
        cls.appointment.write({"agent_ids": [Command.set(cls.agent.ids)], "stage_id": False})
        cls.lead = cls._lead(
            name="Chalet",
            contact_name="Mary Miller",
            phone="+1 212 555 0123",
            email_from="mary@example.com",
            user_id=False,
        )
        cls.campaign = cls._campaign(cls.lead)
        cls.entry = cls.campaign.entry_ids
        # nothing of the demo data is on the way
        cls.env["mail.mail"].search([]).unlink()

    def _agree(self, start, entry=None, **values):
        """The appointment of a call that the operator has confirmed."""
        values = {"agent_id": self.agent.id, "slot_start": start, "slot_stop": False, **values}
        return self._call(self.appointment, entry or self.entry, **values).event_id

    def _soon(self, **delta):
        """A full hour some time from now."""
        return fields.Datetime.now().replace(minute=0, second=0, microsecond=0) + timedelta(**delta)

    def _words(self, sentence):
        """A sentence, whichever blanks the language writes."""
        return " ".join(sentence.split())

    def _mails(self, address="mary@example.com"):
        """Mails of ours that are on their way to the customer, in their order."""
        return self.env["mail.mail"].sudo().search([("email_to", "ilike", address)], order="id")

    def _notices(self, user):
        """What Odoo has notified a user of, in its order."""
        notifications = (
            self.env["mail.notification"].sudo().search([("res_partner_id", "=", user.partner_id.id)], order="id")
        )
        return notifications.mail_message_id.mapped("subject")
