from contextlib import ExitStack, contextmanager
from threading import Barrier, Thread
from unittest.mock import patch

from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, Command, api
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.exceptions import MissingError, UserError
from odoo.modules import module
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

NAME, CONTACTS, OPERATORS = "Race for contacts", 40, 8


@tagged("post_install", "-at_install")
class TestCallRace(TransactionCase):
    """Operators at the same moment, each with a connection of their own; what they commit is cleaned up."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        with self._connection() as env:
            self.user_ids = [
                new_test_user(env, login, "crm_lead_lifecycle.group_call_operator").id for login in ("race_1", "race_2")
            ]
            self.campaign_id = env["crm.call.campaign"].create(
                {
                    "name": NAME,
                    "state": "running",
                    "skip_holidays": False,
                    "user_ids": [Command.set(self.user_ids)],
                }
            ).id  # fmt: skip
            self.lead_ids = env["crm.lead"].create(
                [{"name": NAME, "phone": f"+39 333 55{number:05}", "user_id": False} for number in range(CONTACTS)]
            ).ids  # fmt: skip
            self.entry_ids = self._campaign(env).add_leads(env["crm.lead"].browse(self.lead_ids)).ids
            env.cr.commit()

    def _clean_up(self):
        with self._connection() as env:
            env.cr.execute("SELECT id FROM crm_call_campaign WHERE name = %s", [NAME])
            campaigns = env["crm.call.campaign"].browse(row[0] for row in env.cr.fetchall())
            campaigns.call_ids._confirmed().unlink()
            campaigns.unlink()
            env["crm.lead"].with_context(active_test=False).search([("name", "=", NAME)]).unlink()
            users = env["res.users"].with_context(active_test=False).search([("login", "=like", "race__")])
            partners = users.partner_id
            users.unlink()
            partners.unlink()
            env.cr.commit()

    @contextmanager
    def _connection(self, user=SUPERUSER_ID):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, user, DISABLED_MAIL_CONTEXT)

    @contextmanager
    def _claiming(self, user):
        """A transaction as that of ``next_contact``, which has begun."""
        with self._connection(user) as env:
            env.cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            env.cr.execute("SET LOCAL lock_timeout = '2s'")
            yield env

    @contextmanager
    def _request(self, user):
        """A transaction as that of any request, which has begun: it does not see what is committed from now on."""
        with self._connection(user) as env:
            env.cr.execute("SELECT count(*) FROM crm_call_entry")
            yield env
            env.cr.rollback()

    def _campaign(self, env):
        return env["crm.call.campaign"].browse(self.campaign_id)

    def _claim(self, env):
        return self._campaign(env)._claim_next(env.user).sudo()

    def _keep_first(self, count):
        """Only so many contacts are left in line."""
        with self._connection() as env:
            env["crm.call.entry"].browse(self.entry_ids[count:]).action_exclude()
            env.cr.commit()

    def _open(self, user, outcome="no_answer"):
        """The id of the dialog of a call that ``user`` has begun, its outcome chosen."""
        with self._claiming(user) as env:
            entry = self._claim(env)
            dialog = env["crm.call.wizard"].browse(
                env["crm.call.wizard"]._get_action(entry.lead_id, entry)["res_id"]
            )  # fmt: skip
            dialog.outcome_id = env.ref(f"crm_lead_lifecycle.crm_call_outcome_{outcome}")
            env.cr.commit()
            return dialog.id

    def _dialog(self, env, dialog_id):
        return env["crm.call.wizard"].browse(dialog_id)

    def _change_entries(self, values, state):
        with self._connection() as env:
            env.cr.execute(
                f"UPDATE crm_call_entry SET {values} WHERE state = %s AND campaign_id = %s", [state, self.campaign_id]
            )
            env.cr.commit()

    def _retry(self, env):
        """As Odoo does with a request that it repeats."""
        env.cr.rollback()
        env.transaction.reset()

    @mute_logger("odoo.sql_db")
    def assertWaits(self, env, act):
        """``act`` does not get ahead while the other transaction is open."""
        env.cr.execute("SET LOCAL lock_timeout = '200ms'")
        with self.assertRaises(LockNotAvailable):
            act(env)
            env.flush_all()
        self._retry(env)
        env.cr.execute("SELECT count(*) FROM crm_call_entry")

    @mute_logger("odoo.sql_db")
    def assertMustRetry(self, env, act):
        with self.assertRaises(SerializationFailure):
            act(env)
            env.flush_all()
        self._retry(env)

    def _count_calls(self):
        with self._connection() as env:
            return env["crm.call"].search_count([("campaign_id", "=", self.campaign_id)])

    # ------------------------------------------------------------
    # CLAIM AGAINST CLAIM
    # ------------------------------------------------------------

    def test_eight_operators_get_each_contact_once(self):
        start, taken, errors = Barrier(OPERATORS), [], []

        def work(env):
            try:
                start.wait(timeout=10)
                while entry := self._claim(env):
                    taken.append(entry.id)
                    env.cr.commit()
                    env.invalidate_all()
                    env.cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            except Exception as error:  # noqa: BLE001 - a thread has nobody to raise it to
                errors.append(error)

        with ExitStack() as stack:
            # made here: a thread would wait for the registry, which the test holds
            envs = [stack.enter_context(self._claiming(self.user_ids[number % 2])) for number in range(OPERATORS)]
            threads = [Thread(target=work, args=(env,), daemon=True) for env in envs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=30)
                self.assertFalse(thread.is_alive())
        self.assertFalse(errors)
        self.assertEqual(sorted(taken), self.entry_ids)
        with self._connection() as env:
            self.assertEqual(set(env["crm.call.entry"].browse(self.entry_ids).mapped("state")), {"claimed"})

    def test_a_claim_neither_waits_for_a_rival_nor_loses_the_order(self):
        one, other = self.user_ids
        with self._claiming(one) as first, self._claiming(other) as second:
            self.assertEqual(self._claim(first).ids, self.entry_ids[:1])
            self.assertEqual(self._claim(second).ids, self.entry_ids[1:2])
            first.cr.rollback()
            second.cr.commit()
        with self._claiming(one) as env:
            self.assertEqual(self._claim(env).ids, self.entry_ids[:1])

    def test_a_claim_leaves_the_last_contact_of_another_time_zone_to_a_rival(self):
        self._keep_first(2)
        with self._connection() as env:
            entries = env["crm.call.entry"].browse(self.entry_ids[:2])
            entries[1].lead_id.phone = "+44 20 7031 3000"
            env.flush_all()
            zones = entries.zone_id
            self.assertEqual(len(zones), 2, (zones.mapped("name"), entries.lead_id.mapped("phone_sanitized")))
            env.cr.commit()
        one, other = self.user_ids
        with self._claiming(one) as first, self._claiming(other) as second:
            self.assertEqual(self._claim(first).ids, self.entry_ids[:1])
            self.assertEqual(self._claim(second).ids, self.entry_ids[1:2])

    def test_a_claim_that_was_committed_in_between_is_passed_over(self):
        one, other = self.user_ids
        with self._claiming(one) as first, self._claiming(other) as second:
            campaigns = self._campaign(second).sudo()
            now = second.cr.now()
            open_now = campaigns._get_open_zones(now)
            line = campaigns._get_line(second.user, open_now, now, 50)
            self._claim(first)
            first.cr.commit()
            self.assertEqual(campaigns._claim_first(line, second.user, now)[0].ids, self.entry_ids[1:2])

    def test_a_request_that_has_begun_before_the_claim_need_not_be_repeated(self):
        with self._request(self.user_ids[0]) as env, patch.object(module, "current_test", None):
            action = self._campaign(env).next_contact()
        with self._connection(self.user_ids[0]) as env:
            dialog = self._dialog(env, action["res_id"]).sudo()
            self.assertEqual(dialog.entry_id.ids, self.entry_ids[:1])
            self.assertEqual(dialog.entry_id.claimed_by_id, env.user)

    # ------------------------------------------------------------
    # CLAIM AGAINST THE COORDINATOR
    # ------------------------------------------------------------

    def test_a_paused_campaign_gives_nothing_to_who_has_just_asked(self):
        with self._claiming(self.user_ids[0]) as env:
            with self._connection() as coordinator:
                self._campaign(coordinator).action_pause()
                coordinator.cr.commit()
            self.assertFalse(self._claim(env))

    def test_a_claim_does_not_wait_for_a_pause_that_is_not_committed(self):
        with self._connection() as coordinator, self._claiming(self.user_ids[0]) as env:
            self._campaign(coordinator).action_pause()
            coordinator.flush_all()
            self.assertEqual(self._claim(env).ids, self.entry_ids[:1])
            coordinator.cr.rollback()

    def _add_leads(self, env):
        return self._campaign(env).add_leads(env["crm.lead"].browse(self.lead_ids))

    def test_leads_added_twice_at_once_are_added_once(self):
        with self._connection() as env:
            env["crm.call.entry"].browse(self.entry_ids).unlink()
            env.cr.commit()
        with self._request(SUPERUSER_ID) as first, self._request(SUPERUSER_ID) as second:
            self.assertEqual(len(self._add_leads(first)), CONTACTS)
            self.assertWaits(second, self._add_leads)
            first.cr.commit()
            self.assertMustRetry(second, self._add_leads)
            self.assertFalse(self._add_leads(second))
        with self._connection() as env:
            self.assertEqual(self._campaign(env).entry_ids.lead_id.sorted("id").ids, self.lead_ids)

    # ------------------------------------------------------------
    # CONFIRM, STOP, TAKE BACK
    # ------------------------------------------------------------

    def test_of_two_dialogs_on_one_contact_only_that_of_the_present_owner_counts(self):
        self._keep_first(1)
        one, other = self.user_ids
        lapsed = self._open(one)
        self._change_entries("claimed_until = now() - INTERVAL '1 day'", "claimed")
        present = self._open(other)
        with self._request(one) as env, self.assertRaisesRegex(UserError, "is in a call with"):
            self._dialog(env, lapsed).action_confirm()
        self.assertEqual(self._count_calls(), 0)
        with self._request(other) as env:
            self._dialog(env, present).action_confirm()
            env.cr.commit()
        with self._request(one) as env, self.assertRaisesRegex(UserError, "since you opened this call"):
            self._dialog(env, lapsed).action_confirm()
        self.assertEqual(self._count_calls(), 1)
        with self._connection() as env:
            entry = env["crm.call.entry"].browse(self.entry_ids[0])
            self.assertEqual((entry.state, entry.attempts, entry.call_ids.user_id.id), ("waiting", 1, other))

    def test_two_confirmations_at_once_make_one_call(self):
        dialog = self._open(self.user_ids[0])

        def confirm(env):
            self._dialog(env, dialog).action_confirm()

        with self._request(self.user_ids[0]) as first, self._request(self.user_ids[0]) as second:
            confirm(first)
            first.flush_all()
            self.assertWaits(second, confirm)
            first.cr.commit()
            self.assertMustRetry(second, confirm)
            with self.assertRaises(MissingError):
                confirm(second)
        self.assertEqual(self._count_calls(), 1)

    def _race_of_stop_and_confirm(self, first_act, second_act):
        """Two tabs with one dialog: whoever comes second finds it gone."""
        dialog = self._open(self.user_ids[0])

        def act(name):
            return lambda env: getattr(self._dialog(env, dialog), name)()

        with self._request(self.user_ids[0]) as first, self._request(self.user_ids[0]) as second:
            act(first_act)(first)
            first.flush_all()
            self.assertWaits(second, act(second_act))
            first.cr.commit()
            self.assertMustRetry(second, act(second_act))
            with self.assertRaises(MissingError):
                act(second_act)(second)
        with self._connection() as env:
            return env["crm.call.entry"].browse(self.entry_ids[0]).read(["state", "attempts"], load="")[0]

    def test_what_was_confirmed_can_not_be_stopped(self):
        entry = self._race_of_stop_and_confirm("action_confirm", "action_stop")
        self.assertEqual((entry["state"], entry["attempts"], self._count_calls()), ("waiting", 1, 1))

    def test_what_was_stopped_can_not_be_confirmed(self):
        entry = self._race_of_stop_and_confirm("action_stop", "action_confirm")
        self.assertEqual((entry["state"], entry["attempts"], self._count_calls()), ("ready", 0, 0))

    def test_a_call_is_not_taken_back_from_under_a_rival(self):
        self._keep_first(1)
        one, other = self.user_ids
        dialog = self._open(one)
        with self._request(one) as env:
            self._dialog(env, dialog).action_confirm()
            env.cr.commit()
        self._change_entries(
            "next_call_at = now() - INTERVAL '1 day', date_queued = now() - INTERVAL '1 day'", "waiting"
        )

        def take_back(env):
            env["crm.call"].search([("campaign_id", "=", self.campaign_id)]).action_take_back()

        with self._claiming(other) as rival, self._request(one) as env:
            self.assertEqual(self._claim(rival).ids, self.entry_ids[:1])
            self.assertWaits(env, take_back)
            rival.cr.commit()
            self.assertMustRetry(env, take_back)
            with self.assertRaisesRegex(UserError, "is in a call with"):
                take_back(env)
        self.assertEqual(self._count_calls(), 1)
