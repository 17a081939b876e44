from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from threading import Barrier, Thread

from odoo import SUPERUSER_ID, Command, api
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from .call_common import TABLES

NAME, OPERATORS, ATTEMPTS = "Race for a time", 5, 50
LOGINS = "slot_race_"
# of the appointment that was made: how many depends on what else is installed
OWN_TRACES = ("crm.lead.event", "mail.message", "mail.activity")


@tagged("post_install", "-at_install")
class TestAppointmentRace(TransactionCase):
    """Operators who want one time of one agent at the same moment, each with a connection of their own and repeated as
    Odoo repeats a request; what they commit is cleaned up."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        # a Monday at 10:00 in UTC, in two weeks or so
        monday = datetime.now() + timedelta(days=21 - datetime.now().weekday())  # noqa: DTZ005
        self.start = monday.replace(hour=10, minute=0, second=0, microsecond=0)
        self.stop = self.start + timedelta(hours=1)
        with self._connection() as env:
            self.user_ids = [
                new_test_user(env, f"{LOGINS}{number}", "crm_lead_lifecycle.group_call_operator").id
                for number in range(OPERATORS)
            ]
            agent = new_test_user(env, f"{LOGINS}agent", "sales_team.group_sale_salesman", name="Gianni", tz="UTC")
            calendar = env["resource.calendar"].create(
                {
                    "name": NAME,
                    "attendance_ids": [
                        Command.create({"name": "Work", "dayofweek": "0", "hour_from": 8, "hour_to": 18})
                    ],
                }
            )  # fmt: skip
            agent.working_calendar_id = calendar
            self.agent_id = agent.id
            self.lead_ids = env["crm.lead"].create(
                [
                    {"name": NAME, "phone": f"+39 333 66{number:05}", "user_id": self.user_ids[number % OPERATORS]}
                    for number in range(ATTEMPTS)
                ]
            ).ids  # fmt: skip
            env.cr.commit()

    def _clean_up(self):
        with self._connection() as env:
            leads = env["crm.lead"].with_context(active_test=False).search([("name", "=", NAME)])
            leads.call_ids.event_id.unlink()
            leads.call_ids._confirmed().unlink()
            leads.unlink()
            users = env["res.users"].with_context(active_test=False).search([("login", "=like", f"{LOGINS}%")])
            env["calendar.event"].with_context(active_test=False).search([("user_id", "in", users.ids)]).unlink()
            partners = users.partner_id
            users.unlink()
            partners.unlink()
            env["resource.calendar"].search([("name", "=", NAME)]).unlink()
            env.cr.commit()

    @contextmanager
    def _connection(self, user=SUPERUSER_ID):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, user, DISABLED_MAIL_CONTEXT)

    def _dialogs(self, **values):
        """Open dialogs of so many calls, each by its operator."""
        dialogs = []
        for number, lead_id in enumerate(self.lead_ids):
            with self._connection(self.user_ids[number % OPERATORS]) as env:
                outcome = env.ref("crm_lead_lifecycle.crm_call_outcome_appointment")
                dialog = env["crm.call.wizard"].create({"lead_id": lead_id, "outcome_id": outcome.id, **values})
                dialogs.append((env.uid, dialog.id))
                env.cr.commit()
        return dialogs

    def _request(self, env, act):
        """As Odoo does with a request: repeated when PostgreSQL says so, refused in words.

        :return: the refusal, or None
        """
        for _try in range(5):
            try:
                act(env)
                env.flush_all()
                env.cr.commit()
                return None
            except UserError as error:
                env.cr.rollback()
                return str(error)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                env.cr.rollback()
        raise AssertionError("repeated too often")

    def _race(self, dialogs, act):
        """All at once, each in a transaction that has begun before any other is committed.

        :return: what each was refused with, by the id of the dialog
        """
        start, answers, errors = Barrier(len(dialogs)), {}, []

        def work(env, dialog_id):
            try:
                start.wait(timeout=30)
                dialog = env["crm.call.wizard"].browse(dialog_id)
                answers[dialog_id] = self._request(env, lambda _env: act(dialog))
            except Exception as error:  # noqa: BLE001 - a thread has nobody to raise it to
                errors.append(error)

        with ExitStack() as stack, mute_logger("odoo.sql_db"):
            # made here: a thread would wait for the registry, which the test holds
            envs = [stack.enter_context(self._connection(user_id)) for user_id, _dialog_id in dialogs]
            for env in envs:
                env.cr.execute("SELECT count(*) FROM crm_appointment_slot")
            threads = [
                Thread(target=work, args=(env, dialog_id), daemon=True)
                for env, (_user_id, dialog_id) in zip(envs, dialogs, strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=120)
                self.assertFalse(thread.is_alive())
        self.assertFalse(errors)
        return answers

    def _counts(self):
        with self._connection() as env:
            return {name: env[name].with_context(active_test=False).search_count([]) for name in TABLES}

    def _slots(self, env):
        return env["crm.appointment.slot"].search([("user_id", "=", self.agent_id)])

    def _assert_one_winner(self, answers):
        """Who came too late is told so, in words that name the agent."""
        refusals = [answer for answer in answers.values() if answer]
        self.assertEqual((len(answers), len(refusals)), (ATTEMPTS, ATTEMPTS - 1))
        for refusal in refusals:
            self.assertRegex(refusal, "Gianni.*(is not free|has just been taken).*Choose another")
        (winner,) = (dialog_id for dialog_id, answer in answers.items() if not answer)
        return winner

    # ------------------------------------------------------------
    # MANY AT ONCE
    # ------------------------------------------------------------

    def test_fifty_confirmations_of_one_time_make_one_appointment(self):
        dialogs = self._dialogs(agent_id=self.agent_id, slot_start=self.start, slot_stop=self.stop)
        before = self._counts()
        winner = self._assert_one_winner(self._race(dialogs, lambda dialog: dialog.action_confirm()))
        once = {"crm.call": 1, "calendar.event": 1, "crm.appointment.slot": 1, "crm.call.wizard": -1}
        after = self._counts()
        changed = {name: after[name] - before[name] for name in after if name not in OWN_TRACES}
        self.assertEqual({name: change for name, change in changed.items() if change}, once)
        with self._connection() as env:
            calls = env["crm.lead"].browse(self.lead_ids).call_ids
            self.assertEqual(calls.event_id, self._slots(env).event_id)
            self.assertEqual(calls.event_id.start, self.start)
        # the losers agree on another time, in the dialogs that are still open
        user_id, loser = next(dialog for dialog in dialogs if dialog[1] != winner)
        with self._connection(user_id) as env:
            dialog = env["crm.call.wizard"].browse(loser)
            dialog.write({"slot_start": self.stop, "slot_stop": False})
            self.assertIsNone(self._request(env, lambda _env: dialog.action_confirm()))
        with self._connection() as env:
            self.assertEqual(self._slots(env).mapped("start"), [self.start, self.stop])

    def test_fifty_holds_of_one_time_make_one(self):
        dialogs = self._dialogs()
        text = (self.start.isoformat(" "), self.stop.isoformat(" "))
        winner = self._assert_one_winner(self._race(dialogs, lambda dialog: dialog.hold_slot(self.agent_id, *text)))
        with self._connection() as env:
            slot = self._slots(env)
            dialog = env["crm.call.wizard"].browse(winner)
            self.assertEqual((slot.lead_id, slot.held_by_id), (dialog.lead_id, dialog.create_uid))

    def test_a_lapsed_hold_stands_in_nobodys_way(self):
        """All drop it at the same time."""
        with self._connection() as env:
            env["crm.appointment.slot"].create(
                {
                    "user_id": self.agent_id,
                    "start": self.start,
                    "stop": self.stop,
                    "held_by_id": SUPERUSER_ID,
                    "held_since": self.start - timedelta(days=60),
                    "held_until": self.start - timedelta(days=60),
                }
            )
            env.cr.commit()
        dialogs = self._dialogs(agent_id=self.agent_id, slot_start=self.start)
        self._assert_one_winner(self._race(dialogs, lambda dialog: dialog.action_confirm()))
        with self._connection() as env:
            self.assertEqual(self._slots(env).event_id.appointment_state, "booked")

    def test_half_of_it_is_too_much(self):
        """Times that overlap, each with another beginning."""
        dialogs = self._dialogs(agent_id=self.agent_id)
        for number, (user_id, dialog_id) in enumerate(dialogs):
            with self._connection(user_id) as env:
                env["crm.call.wizard"].browse(dialog_id).slot_start = self.start + timedelta(minutes=number)
                env.cr.commit()
        self._assert_one_winner(self._race(dialogs, lambda dialog: dialog.action_confirm()))

    # ------------------------------------------------------------
    # TWO
    # ------------------------------------------------------------

    def test_who_waits_for_a_rival_that_gives_up_gets_it(self):
        dialogs = self._dialogs(agent_id=self.agent_id, slot_start=self.start)[:2]
        (one, first), (other, second) = dialogs
        with self._connection(one) as rival, self._connection(other) as env:
            rival["crm.call.wizard"].browse(first).action_confirm()
            rival.flush_all()
            answers = []
            env.cr.execute("SELECT pg_backend_pid()")
            (pid,) = env.cr.fetchone()
            dialog = env["crm.call.wizard"].browse(second)
            thread = Thread(
                target=lambda: answers.append(self._request(env, lambda _env: dialog.action_confirm())), daemon=True
            )
            thread.start()
            self._wait_until_it_waits(rival, pid)
            rival.cr.rollback()
            thread.join(timeout=30)
        self.assertEqual(answers, [None])

    # ------------------------------------------------------------
    # CUSTOMERS
    # ------------------------------------------------------------

    def _agreed(self, dialogs, start):
        """The meeting of an appointment that the first of these dialogs has agreed on, and its call."""
        user_id, dialog_id = dialogs[0]
        with self._connection(user_id) as env:
            dialog = env["crm.call.wizard"].browse(dialog_id)
            lead = dialog.lead_id.sudo()
            dialog.slot_start = start
            self.assertIsNone(self._request(env, lambda _env: dialog.action_confirm()))
            return lead.call_ids.event_id.id, lead.call_ids.id

    def _race_customer(self, dialogs, event_id, of_customer, of_operator):
        """As :meth:`_race`, and a customer beside the operators."""

        def act(dialog):
            if dialog.id:
                return of_operator(dialog)
            return of_customer(dialog.env["calendar.event"].browse(event_id))

        return self._race([(SUPERUSER_ID, False), *dialogs], act)

    def test_a_customer_who_moves_is_one_rival_more(self):
        dialogs = self._dialogs(agent_id=self.agent_id, slot_start=self.start)[:11]
        event_id, _call_id = self._agreed(dialogs, self.stop)
        answers = self._race_customer(
            dialogs[1:],
            event_id,
            lambda event: event._move_appointment(self.start, self.stop),
            lambda dialog: dialog.action_confirm(),
        )
        self.assertEqual(len([answer for answer in answers.values() if not answer]), 1)
        with self._connection() as env:
            event = env["calendar.event"].browse(event_id)
            self.assertEqual(event.start, self.stop if answers[False] else self.start)
            slots = self._slots(env)
            self.assertEqual([slot.event_id.start for slot in slots], slots.mapped("start"))
            self.assertEqual(slots.mapped("start").count(self.start), 1)

    def test_a_customer_cancels_while_the_call_is_taken_back(self):
        dialogs = self._dialogs(agent_id=self.agent_id)[:1]
        event_id, call_id = self._agreed(dialogs, self.start)
        operator = (dialogs[0][0], call_id)
        answers = self._race_customer(
            [operator],
            event_id,
            lambda event: event._cancel_appointment(),
            lambda dialog: dialog.env["crm.call"].browse(call_id).action_take_back(),
        )
        self.assertFalse(answers[call_id])
        with self._connection() as env:
            self.assertFalse(env["crm.call"].browse(call_id).exists())
            self.assertNotEqual(env["calendar.event"].browse(event_id).exists().appointment_state, "booked")
            self.assertFalse(self._slots(env).event_id)

    def _wait_until_it_waits(self, env, pid):
        for _try in range(10_000):
            env.cr.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", [pid])
            if env.cr.fetchone() == ("Lock",):
                return
        self.fail("it does not wait")
