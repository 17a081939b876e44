from contextlib import suppress

from .common import LeadCase


class Rollback(Exception):
    pass


class TestScoring(LeadCase):
    """The same history teaches Odoo's scoring the same, whether lost leads have a stage of their own or not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("crm.pls_start_date", "2000-01-01")
        parameters.set_param("crm.pls_fields", "phone_state,email_state,source_id,country_id,tag_ids")
        cls.sources = cls.env["utm.source"].create([{"name": "Fair"}, {"name": "Friends"}])
        cls.tag = cls.env["crm.tag"].create({"name": "Dog"})
        # whatever else is in the database is no history of ours
        cls.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        cls.env["crm.lead.scoring.frequency"].search([]).unlink()

    def _lead(self, stage, source=0, **values):
        values.setdefault("email_from", "anna@camping.example.com")
        return super()._lead(
            stage, source_id=self.sources[source].id, tag_ids=self.tag.ids, team_id=self.team.id, **values
        )

    def _table(self):
        """What was learned and not forgotten again, ``{(variable, value, team): (won, lost)}``, of all variables
        but the
        stages that stand for lost leads."""
        self.env.flush_all()
        frequencies = self.env["crm.lead.scoring.frequency"].search([])
        lost_stages = (self.stage_lost + self.stage_lost_why + self.stage_abandoned).ids
        table = {
            (row.variable, row.value, row.team_id.id): (round(row.won_count, 2), round(row.lost_count, 2))
            for row in frequencies
            if row.variable != "stage_id" or int(row.value) not in lost_stages
        }
        return {key: counts for key, counts in table.items() if counts != (0.1, 0.1)}

    def _history(self):
        """Leads that were won, lost early and late, restored, lost again, reopened; and three that are still open."""
        lose = {"lost_reason_id": self.reason.id}
        for source, stage in ((0, self.stage_new), (0, self.stage_late), (1, self.stage_frozen)):
            self._lead(stage, source).action_set_won()
        for source, stage in (
            (0, self.stage_new),
            (1, self.stage_new),
            (1, self.stage_working),
            (1, self.stage_late),
            (0, self.stage_frozen),
        ):
            self._lead(stage, source, email_from="none").action_set_lost(**lose)
        several = self._lead(self.stage_working) + self._lead(self.stage_late) + self._lead(self.stage_late)
        several.action_set_lost(**lose)
        several.action_restore()
        several[0].action_set_won()
        several[1].stage_id = self.stage_working
        several[1].action_set_lost(**lose)
        several[2].active = False
        wizard = self.env["crm.lead.lost"].create({"lead_ids": several[2].ids, **lose})
        wizard.action_lost_reason_apply()
        won = self._lead(self.stage_late)
        won.action_set_won()
        won.stage_id = self.stage_new
        return won + self._lead(self.stage_working, 1) + self._lead(self.stage_late)

    def _learn(self, like_stock):
        """What is known after the history: learned live, then learned anew from all leads."""
        result = []
        with suppress(Rollback), self.env.cr.savepoint():
            if like_stock:
                self._stage_like_stock()
            leads = self._history()
            for relearn in (lambda: None, self.env["crm.lead"]._rebuild_pls_frequency_table):
                relearn()
                self.env.flush_all()
                self.env["crm.lead"]._update_automated_probabilities()
                result.append((self._table(), leads.mapped("automated_probability")))
            raise Rollback
        self.env.invalidate_all()
        return result

    def assertLearnsLikeStock(self):
        stock_live, stock_rebuilt = self._learn(like_stock=True)
        live, rebuilt = self._learn(like_stock=False)
        self.maxDiff = None
        self.assertTrue(stock_live[0] and stock_rebuilt[0])
        self.assertEqual(live[0], stock_live[0])
        self.assertEqual(rebuilt[0], stock_rebuilt[0])
        self.assertEqual(live[1], stock_live[1])
        self.assertEqual(rebuilt[1], stock_rebuilt[1])
        self.assertEqual(len(set(rebuilt[1])), 3, "the open leads differ, so their probabilities should")

    def test_learns_like_stock_with_lost_stages_at_the_end(self):
        self.assertLearnsLikeStock()

    def test_learns_like_stock_with_a_lost_stage_in_between(self):
        self.stage_lost.sequence = self.stage_working.sequence
        self.assertLearnsLikeStock()

    def test_learns_like_stock_with_a_lost_stage_in_front(self):
        self.stage_lost.sequence = -1
        self.assertLearnsLikeStock()

    def _stage_losses(self):
        return {
            stage: self._table().get(("stage_id", str(stage.id), self.team.id), (0.1, 0.1))[1] for stage in self.stages
        }

    def test_loss_counts_the_stages_it_reached_and_no_others(self):
        self._lead(self.stage_working).action_set_lost()
        for relearn in (lambda: None, self.env["crm.lead"]._rebuild_pls_frequency_table):
            relearn()
            losses = self._stage_losses()
            self.assertEqual([losses[stage] for stage in (self.stage_new, self.stage_working)], [1.1, 1.1])
            self.assertEqual(
                [losses[stage] for stage in (self.stage_late, self.stage_frozen, self.stage_won)], [0.1] * 3
            )

    def test_every_way_to_lose_teaches_the_same(self):
        def ways():
            yield lambda lead: lead.write({"stage_id": self.stage_lost.id})
            yield lambda lead: lead.write({"stage_id": self.stage_abandoned.id})
            yield lambda lead: lead.write({"active": False, "probability": 0})
            yield lambda lead: lead.action_set_lost(stage_id=self.stage_lost.id)
            yield (
                lambda lead: self.env["crm.lead.conclude"]
                .create({"lead_ids": lead.ids, "stage_id": self.stage_lost.id})
                .action_apply()
            )

        tables = []
        for lose in ways():
            with suppress(Rollback), self.env.cr.savepoint():
                lose(self._lead(self.stage_late))
                tables.append(self._table())
                raise Rollback
            self.env.invalidate_all()
        self.assertTrue(tables[0])
        self.assertEqual(tables, [tables[0]] * 5)

    def test_every_way_back_forgets_the_loss(self):
        self._lead(self.stage_frozen).action_set_lost()
        self._lead(self.stage_late).action_set_won()
        before = self._table()
        for restore in (
            lambda lead: lead.action_restore(),
            lambda lead: lead.action_unarchive(),
            lambda lead: lead.write({"stage_id": self.stage_new.id}),
            lambda lead: lead.write({"active": True}),
        ):
            lead = self._lead(self.stage_late)
            lead.action_set_lost()
            self.assertNotEqual(self._table(), before)
            restore(lead)
            self.assertEqual(self._table(), before)

    def test_moves_between_lost_stages_teach_nothing(self):
        lead = self._lead(self.stage_late)
        lead.action_set_lost()
        before = self._table()
        lead.stage_id = self.stage_abandoned
        lead.with_context(active_test=False).write({"stage_id": self.stage_lost.id})
        self.assertEqual(self._table(), before)

    def test_removal_is_never_learned(self):
        remove = {"client_status": "removed", "removal_reason_id": self.removal_reason.id}
        self._lead(self.stage_late).action_set_won()
        before = self._table()
        doubtful, lost = self._lead(self.stage_late), self._lead(self.stage_working)
        doubtful.probability = 0
        lost.action_set_lost()
        (doubtful + lost).write(remove)
        self.assertEqual(self._table(), before)
        self.env["crm.lead"]._rebuild_pls_frequency_table()
        self.assertEqual(self._table(), before)
        (doubtful + lost).action_restore()
        self.assertEqual(self._table(), before)

    def test_leads_lost_before_are_learned_where_they_are(self):
        lead = self._lead(self.stage_working)
        self._lose_by_sql(lead)
        self.env["crm.lead"]._rebuild_pls_frequency_table()
        losses = self._stage_losses()
        self.assertEqual((losses[self.stage_working], losses[self.stage_late]), (1.1, 0.1))
