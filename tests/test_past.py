from datetime import datetime, timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import LeadCase
from .test_metric import MetricCase

CAME = datetime.fromisoformat("2027-03-01 09:00:00")  # a Monday


@tagged("post_install", "-at_install")
class TestPast(MetricCase, LeadCase):
    """Leads are written down as if each step had been taken when it was."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.lead.sla"].search([]).active = False
        cls.sla = cls.env["crm.lead.sla"].create({"clock": "all", "minutes_within": 30, "minutes_late": 120})
        cls.values = {
            "name": "A week",
            "type": "opportunity",
            "user_id": cls.user_own.id,
            "email_from": "a@example.com",
        }

    def _past(self, *done, lead=None):
        """
        :param done: tuples of minutes after it came in, name of a method and its arguments
        """
        acts = {number: what for number, (_after, *what) in enumerate(done)}
        past = (lead.id if lead else self.values, CAME, self.user_own.id)
        return self.env["crm.lead"]._record_past([(*past, [(done[act][0] / 60, act) for act in acts])], acts)

    def test_first_acts_have_their_minutes(self):
        lead = self._past((20, "_act", "touch", "mail"), (50, "_act", "touch", "call"))
        self.assertEqual((lead.create_date, lead.date_first_touch), (CAME, CAME + timedelta(minutes=20)))
        self.assertEqual(lead.date_first_call, CAME + timedelta(minutes=50))
        self.assertMinutes(lead, to_first_touch=20)
        self.assertEqual(self._events(lead, "act").user_id, self.user_own)

    def test_by_when_it_was_to_be_answered_follows_from_when_it_came(self):
        self.assertEqual([self._past((after, "_act", "touch")).sla_status for after in (30, 31, 121)],
                         ["within", "late", "missed"])  # fmt: skip
        self.assertEqual(self._past().sla_id, self.sla)

    def test_stages_are_stayed_in_as_long_as_they_were(self):
        lead = self._past(
            (60, "write", {"stage_id": self.stage_working.id}),
            (180, "write", {"stage_id": self.stage_lost.id, "lost_reason_id": self.reason.id}),
        )
        stays = self.env["crm.lead.stay"].search([("lead_id", "=", lead.id)], order="date_entered")
        self.assertEqual(
            [(stay.stage_id, stay.date_left - stay.date_entered, stay.way_out) for stay in stays],
            [(self.stage_new, timedelta(hours=1), "forward"), (self.stage_working, timedelta(hours=2), "lost")],
        )
        self.assertEqual((lead.date_closed, lead.date_last_stage_update), (CAME + timedelta(hours=3),) * 2)
        self.assertLeadState(lead, self.stage_lost, "lost", lost_from=self.stage_working, reason=self.reason)

    def test_its_client_was_known_then(self):
        client = self.env["res.partner"].create({"name": "Anna"})
        lead = self._past((15, "write", {"partner_id": client.id}), (40, "_act", "touch", "call"))
        self.assertEqual((lead.client_status, lead.date_client), ("linked", CAME + timedelta(minutes=15)))
        self.assertMinutes(lead, to_client=15, to_first_touch=40, to_first_call=25)

    def test_a_lead_that_is_there_already(self):
        lead = self._lead(name="Another week")
        self.assertEqual(self._past((10, "_act", "touch", "meeting"), lead=lead), lead)
        self.assertEqual(self._events(lead).mapped("date"), [CAME, CAME + timedelta(minutes=10)])
        self.assertMinutes(lead, to_first_touch=10)

    def test_what_is_refused_today_was_refused_then(self):
        with self.assertRaises(UserError):  # without a reason
            self._past((10, "write", {"stage_id": self.stage_lost_why.id}))
