from odoo.exceptions import UserError

from .appointment_common import AppointmentCase, at


class TestAppointmentHold(AppointmentCase):
    """A time that is kept while the operator talks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rival_lead = cls._lead(name="Other Pitch", user_id=cls.rival.id)

    def setUp(self):
        super().setUp()
        self.dialog = self._dialog(lead_id=self.lead.id, outcome_id=self.appointment.id)
        self.rival_dialog = self._dialog(user=self.rival, lead_id=self.rival_lead.id, outcome_id=self.appointment.id)

    def _hold(self, start="27 08:00", stop="27 09:00", dialog=None):
        return (dialog or self.dialog).hold_slot(self.agent.id, f"2026-11-{start}:00", f"2026-11-{stop}:00")

    def _first(self, dialog):
        return dialog.get_agenda("2026-11-27", 1)["slots"][0]["start"][11:16]

    # ------------------------------------------------------------
    # KEPT
    # ------------------------------------------------------------

    def test_what_is_held(self):
        held = {
            "agent_id": self.agent.id,
            "start": "2026-11-27 08:00:00",
            "stop": "2026-11-27 09:00:00",
            "until": "2026-11-26 10:05:00",
            "seconds_left": 300,
        }
        self.assertEqual(self._hold(), held)
        self.assertEqual(self.dialog.get_agenda("2026-11-27")["held"], held)
        self.assertEqual(self._taken(), ["27 08:00-09:00"])

    def test_others_do_not_get_it(self):
        self._hold()
        self.assertEqual(self._first(self.rival_dialog), "09:00")
        self.assertFalse(self.rival_dialog.get_agenda("2026-11-27")["held"])
        with self.assertRaisesRegex(UserError, "Gianni is not free at"):
            self._hold(dialog=self.rival_dialog)
        self.rival_dialog.write({"agent_id": self.agent.id, "slot_start": at("27 08:30")})
        with self.assertRaisesRegex(UserError, "Gianni is not free at"):
            self.rival_dialog.action_confirm()

    def test_for_who_holds_it_it_stays_free(self):
        self._hold()
        self.assertEqual(self._first(self.dialog), "08:00")
        self._hold("27 08:30", "27 09:30")
        self.assertEqual(self._taken(), ["27 08:30-09:30"], "one at a time")

    def test_but_not_in_another_call_of_theirs(self):
        self._hold()
        other = self._dialog(lead_id=self._lead(user_id=self.operator.id).id, outcome_id=self.appointment.id)
        self.assertEqual(self._first(other), "09:00")

    def test_what_can_not_be_held_leaves_what_was_held(self):
        self._hold()
        with self.assertRaisesRegex(UserError, "not free"), self.env.cr.savepoint():
            self._hold("28 08:00", "28 09:00")
        self.assertEqual(self._taken(), ["27 08:00-09:00"])
        self.assertEqual(self.dialog.slot_start, at("27 08:00"))

    def test_without_an_end_it_is_as_long_as_usual(self):
        held = self.dialog.hold_slot(self.agent.id, "2026-11-27 08:00:00", False)
        self.assertEqual(held["stop"], "2026-11-27 09:00:00")

    # ------------------------------------------------------------
    # LET GO
    # ------------------------------------------------------------

    def test_released(self):
        self._hold()
        self.dialog.release_slot()
        self.assertEqual((self._taken(), bool(self.dialog.agent_id)), ([], False))
        self.assertEqual(self._first(self.rival_dialog), "08:00")

    def test_stop_leaves_nothing(self):
        self.dialog.sudo().unlink()
        before = self._counts()
        self.dialog = self._dialog(lead_id=self.lead.id, outcome_id=self.appointment.id)
        self._hold()
        self.dialog.write({"appointment_location": "Here", "appointment_notes": "There"})
        self.dialog.action_stop()
        self.env.flush_all()
        self.assertEqual(self._counts(), before)

    def test_stopping_leaves_what_others_hold(self):
        self._hold(dialog=self.rival_dialog)
        self.dialog.action_stop()
        self.assertEqual(self._taken(), ["27 08:00-09:00"])

    def test_another_outcome_lets_go(self):
        self._hold()
        self.dialog.outcome_id = self.not_interested
        self.dialog.action_confirm()
        self.assertEqual(self._taken(), [])

    def test_another_time_than_the_one_held_lets_go(self):
        self._hold()
        self.dialog.write({"slot_start": at("27 13:00"), "slot_stop": False})
        self.dialog.action_confirm()
        self.assertEqual(self._taken(), ["27 13:00-14:00"])

    # ------------------------------------------------------------
    # LAPSE
    # ------------------------------------------------------------

    def test_it_lapses(self):
        self._hold()
        with self._at("2026-11-26 10:05:01"):
            self.assertEqual(self._first(self.rival_dialog), "08:00")
            self.assertFalse(self.dialog.get_agenda("2026-11-27")["held"])
            self._hold(dialog=self.rival_dialog)
            self.assertEqual(self._slots().held_by_id, self.rival)
            with self.assertRaisesRegex(UserError, "not free"):
                self.dialog.action_confirm()

    def test_lapsed_it_can_be_confirmed_while_nobody_else_has_come(self):
        self._hold()
        with self._at("2026-11-26 11:00:00"):
            self.dialog.action_confirm()
        self.assertEqual(self._slots().event_id.appointment_state, "booked")

    def test_an_open_dialog_keeps_it_for_a_quarter_of_an_hour(self):
        self._hold()
        for now, until in (("10:04", "10:09"), ("10:08", "10:13"), ("10:12", "10:15"), ("10:14", "10:15")):
            with self._at(f"2026-11-26 {now}:00"):
                self.assertTrue(self.dialog.keep_claim())
                self.assertEqual(self._slots().held_until, at(f"26 {until}"))
        with self._at("2026-11-26 10:16:00"):
            self.assertTrue(self.dialog.keep_claim())
            self.assertEqual(self._first(self.rival_dialog), "08:00")

    def test_lapsed_it_is_not_kept_again(self):
        self._hold()
        with self._at("2026-11-26 10:06:00"):
            self.dialog.keep_claim()
            self.assertEqual(self._slots().held_until, at("26 10:05"))

    def test_lapsed_rows_are_cleared_away(self):
        self._hold()
        self._book("27 10:00", lead=self._lead(user_id=self.operator.id))
        with self._at("2026-11-26 10:04:00"):
            self.env["crm.appointment.slot"]._gc_lapsed()
            self.assertEqual(len(self._slots()), 2)
        with self._at("2026-11-26 10:06:00"):
            self.env["crm.appointment.slot"]._gc_lapsed()
            self.assertEqual(self._taken(), ["27 10:00-11:00"])

    def test_it_goes_with_its_lead(self):
        self._hold()
        self.lead.unlink()
        self.assertEqual(self._taken(), [])
