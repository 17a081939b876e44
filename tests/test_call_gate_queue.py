from datetime import timedelta
from itertools import product
from random import Random

from odoo import fields
from odoo.fields import Command

from .call_common import NOW, GateCase, at


class TestCallGateAndQueue(GateCase):
    """What is said of a contact is what the queue does with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outside = cls.env["crm.call.entry"].sudo()._get_outside(cls._lead(phone="+39 333 7654322", user_id=False))
        cls.STATES = {
            "fresh": lambda entry, case: entry.write({"state": "ready"}),
            "own call back": lambda entry, case: case._wait(entry, user=case.operator),
            "own call back later": lambda entry, case: case._wait(entry, hours=3, user=case.operator),
            "own call back put back": lambda entry, case: case._wait(entry, user=case.operator, date_queued=at(1)),
            "call back of a rival": lambda entry, case: case._wait(entry, user=case.rival),
            "call back of a rival later": lambda entry, case: case._wait(entry, hours=3, user=case.rival),
            "call back of a former operator": lambda entry, case: case._wait(entry, user=case.former),
            "public call back": lambda entry, case: case._wait(entry),
            "public call back later": lambda entry, case: case._wait(entry, hours=30),
            "retry": lambda entry, case: case._wait(entry, is_recall=False),
            "retry later": lambda entry, case: case._wait(entry, hours=0.5, is_recall=False),
            "own retry": lambda entry, case: case._wait(entry, is_recall=False, user=case.operator),
            "with a rival": lambda entry, case: case._take(entry, case.rival),
            "with the operator": lambda entry, case: case._take(entry, case.operator),
            "left open by a rival": lambda entry, case: case._take(entry, case.rival, lapsed=True),
            "own call back left open": lambda entry, case: case._take(entry, case.rival, True, case.operator),
            "done": lambda entry, case: entry.write({"state": "done"}),
            "taken out": lambda entry, case: entry.write({"state": "excluded", "exclusion": "hand"}),
        }
        cls.OBSTACLES = {
            "paused": lambda entry, case: case.campaign.action_pause(),
            "draft": lambda entry, case: case.campaign._set_state("draft"),
            "archived campaign": lambda entry, case: case.campaign.write({"active": False}),
            "no operator": lambda entry, case: case.campaign.write({"user_ids": [Command.set(case.rival.ids)]}),
            "any operator": lambda entry, case: case.campaign.write({"user_ids": [Command.clear()]}),
            "other company": lambda entry, case: case._move_operator(),
            "released soon": lambda entry, case: entry.company_id.write({"call_release_minutes": 90}),
            "released": lambda entry, case: entry.company_id.write({"call_release_minutes": 30}),
            "later in the day": lambda entry, case: case.campaign.window_ids.write({"hour_from": 14}),
            "holiday": lambda entry, case: case._add_holiday(),
            "blocked": lambda entry, case: case._block(entry.lead_id._get_call_number()),
            "no longer blocked": lambda entry, case: case._block(entry.lead_id._get_call_number(), active=False),
            "client blocked": lambda entry, case: case._block_client(entry.lead_id),
            "asked to be erased": lambda entry, case: case.env["crm.suppression"]._suppress(
                case.company, [entry.lead_id._get_call_number()], ()
            ),
            "won": lambda entry, case: entry.lead_id.write({"won_status": "won"}),
            "archived": lambda entry, case: entry.lead_id.write({"active": False}),
            "called today": lambda entry, case: case._limit(entry, max_calls_day=1),
            "called within 24 hours": lambda entry, case: case._limit(entry, max_calls_24h=1),
            "called less than the limit": lambda entry, case: case._limit(entry, max_calls_day=2, max_calls_24h=2),
            "called often enough": lambda entry, case: case._limit(entry, max_calls=1),
            "company of the lead": lambda entry, case: case._move_lead(entry.lead_id),
            "rival left the campaign": lambda entry, case: case.campaign.write({"user_ids": case.operator.ids}),
            "rival is no operator any more": lambda entry, case: case._dismiss(case.rival),
            "in a call elsewhere": lambda entry, case: case._take_elsewhere(entry),
        }

    def _take(self, entry, user, lapsed=False, recall_user=None):
        if recall_user or not entry.campaign_id:
            self._wait(entry, user=recall_user)
        until = at(minutes=-1 if lapsed else 3)
        entry.write({"state": "claimed", "claimed_by_id": user.id, "claimed_until": until})

    def _take_elsewhere(self, entry):
        campaign = self._campaign(name="Winter", user_ids=[Command.set(self.rival.ids)])
        self._take(entry.create({"campaign_id": campaign.id, "lead_id": entry.lead_id.id}), self.rival)

    def _move_lead(self, lead):
        """By a way that writes the lead's company alone."""
        self._set_in_database(lead, company_id=self.other_company.id)

    def _dismiss(self, user):
        user.group_ids = [Command.unlink(self.env.ref("crm_lead_lifecycle.group_call_operator").id)]

    def _move_operator(self):
        self.operator.write({"company_ids": [Command.set(self.other_company.ids)], "company_id": self.other_company.id})

    def _add_holiday(self):
        self.campaign.skip_holidays = True
        self.env["resource.calendar.leaves"].create(
            {
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": at(-11),
                "date_to": at(13, seconds=-1),
            }
        )

    def _block_client(self, lead):
        lead.write({"partner_id": self.client.id, "phone": False})
        self._set_in_database(lead, phone=None, phone_sanitized=None)
        self._block(self.client.phone_sanitized)

    def _limit(self, entry, **limits):
        self.campaign.write(limits)
        self._make_call(2, entry)
        entry.attempts = 1

    def _compare(self, entry, state, obstacles):
        """The queue gives the contact if and only if no gate is shut, now and when it can be called at the earliest."""
        with self.subTest(state=state, obstacles=obstacles, outside=not entry.campaign_id), self._tried():
            self.STATES[state](entry, self)
            for name in obstacles:
                self.OBSTACLES[name](entry, self)
            (place,) = entry._get_places(self.operator, fields.Datetime.now())
            self.assertEqual(self._is_given(entry), place.can_be_called, place)
            self.assertEqual(bool(place.turn), place.can_be_called)
            if place.earliest:
                self.assertGreater(place.earliest, fields.Datetime.now())
                with self._at(str(place.earliest - timedelta(seconds=1))):
                    self.assertFalse(self._is_given(entry), f"before {place}")
                with self._at(str(place.earliest)):
                    self.assertTrue(self._is_given(entry), f"at the earliest: {place}")
            return place

    def _is_given(self, entry):
        with self._tried():
            return self._claim() == entry

    def test_every_state_with_every_obstacle(self):
        with self._at(NOW):
            places = [
                self._compare(entry, state, obstacles)
                for entry, state in product((self.entry, self.outside), self.STATES)
                if entry.campaign_id or state != "fresh"
                for obstacles in [(), *((name,) for name in self.OBSTACLES)]
            ]
        # the situations are no empty words: each gate is shut somewhere, and often enough none
        self.assertEqual(
            {gate.key for place in places for gate in place.gates},
            {"campaign", "operator", "closed", "excluded", "done", "claimed", "waits", "owner", "blocked", "attempts",
             "company", "day", "rolling", "hours", "holiday", "suppressed"},
        )  # fmt: skip
        self.assertGreater(sum(place.can_be_called for place in places), 100)
        self.assertGreater(sum(bool(place.earliest) for place in places), 60)

    def test_obstacles_together(self):
        random = Random(7)
        with self._at(NOW):
            for _number in range(150):
                entry = random.choice((self.entry, self.entry, self.outside))
                states = [state for state in self.STATES if entry.campaign_id or state != "fresh"]
                obstacles = random.sample(sorted(self.OBSTACLES), random.choice((2, 3)))
                # what is somewhere else can't be written any more
                obstacles.sort(key=lambda name: name in ("other company", "company of the lead"))
                self._compare(entry, random.choice(states), obstacles)
