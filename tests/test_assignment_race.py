from collections import Counter
from contextlib import ExitStack, contextmanager
from threading import Barrier, Thread

from odoo import SUPERUSER_ID, api
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

NAME, WORKERS, LEADS = "Race for leads", 2, 15


@tagged("post_install", "-at_install")
class TestAssignmentRace(TransactionCase):
    """Workers that create leads at the same moment, each with a connection of its own; what they commit is cleaned
    up."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        with self._connection() as env:
            users = env["res.users"].union(
                *(new_test_user(env, f"race_{name}", "sales_team.group_sale_salesman") for name in "abc")
            )
            env["crm.assignment.rule"].create(
                {
                    "name": NAME,
                    "sequence": -1,
                    "domain": repr([("name", "=", NAME)]),
                    "user_ids": [Command.set(users.ids)],
                    "answer_minutes": 1,
                }
            )
            self.user_ids = users.ids
            env.cr.commit()

    def _clean_up(self):
        with self._connection() as env:
            env["crm.lead"].with_context(active_test=False).search([("name", "=", NAME)]).unlink()
            env["crm.assignment.rule"].search([("name", "=", NAME)]).unlink()
            users = env["res.users"].with_context(active_test=False).search([("login", "=like", "race__")])
            partners = users.partner_id
            users.unlink()
            partners.unlink()
            env.cr.commit()

    @contextmanager
    def _connection(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, DISABLED_MAIL_CONTEXT)

    def _create(self, env, count=1):
        return env["crm.lead"].create([{"name": NAME}] * count)

    def _count(self):
        """How many leads each has, as committed."""
        with self._connection() as env:
            leads = env["crm.lead"].search([("name", "=", NAME)])
            return Counter(leads.mapped(lambda lead: lead.user_id.id))

    def assertFair(self, counts, within=1):
        self.assertEqual(set(counts), set(self.user_ids))
        self.assertLessEqual(max(counts.values()) - min(counts.values()), within)

    def test_two_workers_are_fair_within_one(self):
        ready, errors = Barrier(WORKERS), []

        def work(env):
            try:
                ready.wait(60)
                for _number in range(LEADS):
                    self._create(env)
                env.cr.commit()
            except Exception as error:
                errors.append(error)
                raise

        with ExitStack() as stack:  # here: a thread can't get at the registry while its tests run
            envs = [stack.enter_context(self._connection()) for _number in range(WORKERS)]
            threads = [Thread(target=work, args=(env,), daemon=True) for env in envs]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
        self.assertFalse(errors)
        counts = self._count()
        self.assertEqual(sum(counts.values()), WORKERS * LEADS)
        self.assertFair(counts)

    def test_a_worker_that_is_rolled_back_sets_somebody_back_by_its_leads_only(self):
        """Neither waits for the other one; the turns of who gives up are passed over, so that nobody is further behind
        than the leads that were undone."""
        with ExitStack() as stack:
            kept, undone = (stack.enter_context(self._connection()) for _number in range(WORKERS))
            for _number in range(LEADS):
                self._create(kept)
                self._create(undone)
            kept.cr.commit()
            undone.cr.rollback()
        self.assertFair(self._count(), within=LEADS)
        with self._connection() as env:
            leads = self._create(env, 3)
            self.assertEqual(set(leads.user_id.ids), set(self.user_ids), "and from then on all are equal")

    def test_who_touches_a_lead_while_it_is_given_on_keeps_it(self):
        with self._connection() as env:
            leads = self._create(env, 2)
            (touched, other), user_id = leads.ids, leads[0].user_id.id
            env.cr.execute("UPDATE crm_lead SET date_assigned = '2020-01-01' WHERE id = ANY(%s)", [leads.ids])
            env.cr.commit()
        with self._connection() as person, self._connection() as job:
            person["crm.lead"].browse(touched).with_user(user_id)._act("touch")
            self.assertEqual(job["crm.lead"]._lock_unanswered().ids, [other])
            job.cr.rollback()
            person.cr.commit()
            self.assertEqual(job["crm.lead"]._lock_unanswered().ids, [other])
