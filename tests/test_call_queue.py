from odoo import fields
from odoo.tests import tagged, warmup

from ..models import crm_call_queue
from .call_common import CallCase


@tagged("post_install", "-at_install")
class TestCallQueue(CallCase):
    """How the line is looked through; who comes first is tested with the outcomes and the gates."""

    def _look_at(self, number):
        """Let a claim look at so few contacts at first."""
        self.patch(crm_call_queue, "LOOKED_AT", number)
        self.patch(crm_call_queue, "LOOKED_AT_EACH", number)

    def _block(self, lead):
        self.env["phone.blacklist"].sudo().create({"number": lead.phone_sanitized})

    def test_contacts_barred_without_the_queue_hearing_of_it_leave_the_line(self):
        self._look_at(2)
        self._set_in_database(self.leads[0], active=False)
        self._block(self.leads[1])
        self.assertEqual(self._claim(), self.entries[2])
        self.assertEqual(self.entries[:2].mapped("state"), ["excluded", "excluded"])
        self.assertEqual(self.entries[:2].mapped("exclusion"), ["closed", "do_not_call"])

    def test_contacts_return_when_their_numbers_are_no_longer_blocked(self):
        self._look_at(3)
        for lead in self.leads:
            self._block(lead)
        self.entries[1].next_call_at = "2020-01-01"
        self.assertFalse(self._claim())
        self.assertEqual(set(self.entries.mapped("exclusion")), {"do_not_call"})
        self.env["phone.blacklist"].sudo().remove(self.leads[0].phone_sanitized)
        self.assertEqual(self.entries.mapped("state"), ["ready", "excluded", "excluded"])
        self.env["phone.blacklist"].sudo().search([("number", "in", self.leads.mapped("phone_sanitized"))]).unlink()
        self.assertEqual(self.entries.mapped("state"), ["ready", "waiting", "ready"])
        self.assertEqual(self._claim(), self.entries[1])

    def test_contacts_that_may_be_called_later_stay_in_line(self):
        self._look_at(1)
        self.campaign.max_calls_day = 1
        now = fields.Datetime.now()
        self.env["crm.call"]._confirmed().create(
            [
                {
                    "lead_id": lead.id,
                    "user_id": self.rival.id,
                    "outcome_id": self.no_answer.id,
                    "date_start": now,
                    "date_end": now,
                }
                for lead in self.leads[:2]
            ]
        )
        campaigns = self.campaign + self.campaign.concat(*(self._campaign() for _number in range(8)))
        self.assertEqual(self._claim(campaign=campaigns), self.entries[2])
        self.assertEqual(self.entries[:2].mapped("state"), ["ready", "ready"])

    def test_a_line_of_nobody_who_may_be_called_ends(self):
        self._look_at(1)
        self.campaign.max_calls = 1
        self.entries.attempts = 1
        self.assertFalse(self._claim())
        self.assertEqual(set(self.entries.mapped("state")), {"ready"})

    def test_the_first_of_all_campaigns_and_time_zones_comes_first(self):
        leads = self.env["crm.lead"].create(
            [{"name": f"Abroad {number}", "phone": f"+44 20 7031 30{number:02}", "type": "lead"} for number in range(2)]
        )
        entries = self._campaign(leads).entry_ids.sorted("id")
        self.assertNotEqual(entries.zone_id, self.entries.zone_id)
        entries[1].priority = self.entries[2].priority = 1
        entries[1].date_queued = "2020-01-01"
        campaigns = self.campaign + entries.campaign_id
        order = [self._claim(campaign=campaigns) for _number in range(3)]
        self.assertEqual(order, [entries[1], self.entries[2], self.entries[0]])

    def test_nobody_is_passed_over_by_another_time_zone_when_rivals_take_all_that_was_looked_at(self):
        abroad = self.env["crm.lead"].create({"name": "Abroad", "phone": "+44 20 7031 3000", "type": "lead"})
        self.campaign.add_leads(abroad)
        self.patch(crm_call_queue, "LOOKED_AT_EACH", 2)
        campaigns, now = self.campaign.sudo(), fields.Datetime.now()
        line = campaigns._get_line(self.operator, campaigns._get_open_zones(now), now, crm_call_queue.LOOKED_AT)
        self.assertEqual(list(line), self.entries[:2].ids, "the third here is before the one abroad")

    def test_a_campaign_closes_for_the_holidays_of_its_company(self):
        calendar = self.company.resource_calendar_id
        now = fields.Datetime.now()
        holiday = self.env["resource.calendar.leaves"].create(
            {
                "name": "Feast",
                "calendar_id": calendar.id,
                "company_id": self.company.id,
                "date_from": fields.Datetime.subtract(now, days=2),
                "date_to": fields.Datetime.add(now, days=2),
            }
        )
        self.assertTrue(self._claim())
        self.campaign.skip_holidays = True
        self.assertFalse(self._claim())
        holiday.resource_id = self.env["resource.resource"].create({"name": "One of us"})
        self.assertTrue(self._claim())

    def test_leads_are_called_in_the_order_in_which_they_were_added(self):
        leads = self.leads.sorted("id", reverse=True)
        campaign = self._campaign(leads)
        self.assertEqual([self._claim(campaign=campaign).lead_id for _lead in leads], list(leads))

    @warmup
    def test_a_claim_takes_as_many_queries_of_many_campaigns_as_of_one(self):
        campaigns = self.campaign
        for _number in range(5):
            campaigns += self._campaign(self.leads)
        self.env.flush_all()
        self.env.invalidate_all()
        claiming = campaigns.with_user(self.operator).with_context(allowed_company_ids=self.company.ids)
        for campaign in campaigns:
            campaign._get_rules()  # from Odoo's cache, which changes of users and campaigns empty
        with self.assertQueryCount(4):
            entry = claiming._claim_next(claiming.env.user)
        self.assertTrue(entry)

    @warmup
    def test_confirming_takes_few_queries(self):
        dialog = self._dialog(self._claim(), outcome_id=self.no_answer.id)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(35):
            dialog.action_confirm()
            self.env.flush_all()
