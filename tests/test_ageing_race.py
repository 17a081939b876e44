from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT
from odoo.fields import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

NAME = "Race against the clock"
LONG_AGO = "2020-01-01 08:00:00"


@tagged("post_install", "-at_install")
class TestAgeingRace(TransactionCase):
    """People work with leads while a job runs, each with a connection of their own; what they commit is cleaned up."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        with self._connection() as env:
            stages = env["crm.stage"].create(
                [
                    {"name": NAME, "stage_type": "open", "rotting_threshold_days": 1},
                    {"name": NAME, "stage_type": "open"},
                    {"name": NAME, "stage_type": "frozen"},
                    {"name": NAME, "stage_type": "abandoned"},
                ]
            )
            lead_type = env["crm.lead.type"].create(
                {"name": NAME, "stage_ids": [Command.set(stages.ids)], "abandon_hours": 1}
            )
            lead_type.abandon_since = LONG_AGO
            leads = env["crm.lead"].create(
                [
                    {
                        "name": NAME,
                        "lead_type_id": lead_type.id,
                        "stage_id": stages[0].id,
                        "user_id": False,
                        "team_id": False,
                    }
                    for _number in range(3)
                ]
            )
            env.flush_all()
            env.cr.execute(
                "UPDATE crm_lead SET create_date = %s, date_last_stage_update = %s WHERE id = ANY(%s)",
                [LONG_AGO, LONG_AGO, leads.ids],
            )
            env.cr.commit()
            self.stage_ids, self.lead_ids = stages.ids, leads.ids

    def _clean_up(self):
        with self._connection() as env:
            env["crm.lead"].with_context(active_test=False).search([("name", "=", NAME)]).unlink()
            env["crm.lead.type"].search([("name", "=", NAME)]).unlink()
            env["crm.stage"].with_context(active_test=False).search([("name", "=", NAME)]).unlink()
            env.cr.commit()

    @contextmanager
    def _connection(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, DISABLED_MAIL_CONTEXT)

    def _leads(self, env):
        return env["crm.lead"].browse(self.lead_ids)

    def _get_active(self):
        with self._connection() as env:
            return self._leads(env).mapped("active")

    def _touch(self, env, lead):
        """As the call of a colleague does, in the transaction of ``env``."""
        env.cr.execute("UPDATE crm_lead SET date_first_touch = now() WHERE id = %s", [lead.id])

    def test_a_lead_that_somebody_works_with_is_left_alone(self):
        with self._connection() as person, self._connection() as job:
            self._touch(person, self._leads(person)[0])
            self.assertEqual(job["crm.lead"]._abandon_batch(), 2)
            job.cr.commit()
            person.cr.commit()
        self.assertEqual(self._get_active(), [True, False, False])
        with self._connection() as job:
            self.assertFalse(job["crm.lead"]._abandon_batch())

    @mute_logger("odoo.sql_db")
    def test_a_lead_that_was_touched_while_the_job_began_is_left_alone(self):
        with self._connection() as person, self._connection() as job:
            job.cr.execute("SELECT count(*) FROM crm_lead")  # what it sees is as of now
            self._touch(person, self._leads(person)[0])
            person.cr.commit()
            self.assertEqual(job["crm.lead"]._try_batch(job["crm.lead"]._abandon_batch), 2)
            job.cr.commit()
        self.assertEqual(self._get_active(), [True, False, False])

    def test_two_jobs_at_once_share_the_leads(self):
        with self._connection() as one, self._connection() as other:
            self.assertEqual(one["crm.lead"]._abandon_batch(), 3)
            self.assertFalse(other["crm.lead"]._abandon_batch())
            one.cr.commit()
        with self._connection() as env:
            for lead in self._leads(env):
                self.assertEqual(len(lead.event_ids.filtered(lambda event: event.kind == "abandon")), 1)

    def test_a_job_that_is_killed_has_done_nothing_twice(self):
        with self._connection() as job:
            job["crm.lead"]._abandon_batch()
            job.cr.rollback()
        self.assertEqual(self._get_active(), [True, True, True])
        with self._connection() as job:
            self.assertEqual(job["crm.lead"]._abandon_batch(), 3)
            job.cr.commit()
        with self._connection() as env:
            events = self._leads(env).event_ids.filtered(lambda event: event.kind == "abandon")
            self.assertEqual(len(events), 3)

    def test_a_lead_that_somebody_moves_out_does_not_wake(self):
        with self._connection() as env:
            leads = self._leads(env)
            leads.stage_id = self.stage_ids[2]
            env.flush_all()
            env.cr.execute("UPDATE crm_lead SET frozen_until = %s WHERE id = ANY(%s)", [LONG_AGO, leads.ids])
            env.cr.commit()
        with self._connection() as person, self._connection() as job:
            self._leads(person)[0].stage_id = self.stage_ids[1]
            person.flush_all()
            self.assertEqual(job["crm.lead"]._wake_batch(), 2)
            job.cr.commit()
            person.cr.commit()
        with self._connection() as env:
            stage_ids = [lead.stage_id.id for lead in self._leads(env)]
            self.assertEqual(stage_ids, [self.stage_ids[1], self.stage_ids[0], self.stage_ids[0]])

    @mute_logger("odoo.sql_db")
    def test_a_lead_that_moves_on_is_not_escalated(self):
        with self._connection() as env:
            env["crm.stage.escalation"].create(
                {"stage_id": self.stage_ids[0], "action": "abandon", "date_since": LONG_AGO}
            )
            env.cr.commit()
        with self._connection() as person, self._connection() as job:
            job.cr.execute("SELECT count(*) FROM crm_lead")
            self._leads(person)[0].stage_id = self.stage_ids[1]
            person.cr.commit()
            self.assertEqual(job["crm.lead"]._try_batch(job["crm.lead"]._escalate_batch), 2)
            job.cr.commit()
        self.assertEqual(self._get_active(), [True, False, False])
