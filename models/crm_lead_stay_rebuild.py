from odoo import api, models
from odoo.tools import SQL

from .crm_lead_stay import MOVING_KINDS, WAYS
from .crm_stage import PENDING_TYPES


class CrmLeadStay(models.Model):
    """The stays as the log has them, of leads that were there before they were written along, or to check them."""

    _inherit = "crm.lead.stay"

    @api.model
    def _adopt(self):
        """Once, when there are none: the stays of the log; leads of which it says nothing have been in their stage
        since Odoo noted their last move."""
        self.env.cr.execute("SELECT FROM crm_lead_stay LIMIT 1")
        if self.env.cr.rowcount:
            return
        self._rebuild()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lead_stay (lead_id, stage_id, lead_type_id, date_entered)
                SELECT lead.id, lead.stage_id, lead.lead_type_id,
                       COALESCE(lead.date_last_stage_update, lead.create_date)
                  FROM crm_lead lead
                  JOIN crm_stage stage ON stage.id = lead.stage_id AND stage.stage_type = ANY(%s)
                 WHERE lead.won_status = 'pending' AND lead.client_status IS DISTINCT FROM 'removed'
                   AND NOT EXISTS (SELECT FROM crm_lead_stay stay WHERE stay.lead_id = lead.id)
                """,
                list(PENDING_TYPES),
            )
        )

    @api.model
    def _rebuild(self, leads=None):
        """Read the stays anew from the log.

        :param leads: of these leads, of all by default
        """
        self.env.flush_all()
        asked = SQL("TRUE") if leads is None else SQL("lead_id = ANY(%s)", leads.ids)
        self.env.cr.execute(SQL("DELETE FROM crm_lead_stay WHERE %s", asked))
        self.env.cr.execute(
            SQL(
                """
                WITH event AS (  -- what was merged is followed by itself, until it was
                    SELECT id, lead_id, date, kind, data, COALESCE((data->>'of_lead')::int, lead_id) AS origin,
                           NULLIF(data->>'from_stage', 'false')::int AS from_stage_id,
                           NULLIF(data->>'to_stage', 'false')::int AS to_stage_id
                      FROM crm_lead_event
                     WHERE kind = ANY(%(kinds)s) AND %(asked)s
                    UNION ALL
                    SELECT max(id), lead_id, max(date), kind,
                           jsonb_build_object('from_type', max(NULLIF(data->>'from_type', 'false')::int)),
                           NULLIF(data->>'lead', 'false')::int, NULL, NULL
                      FROM crm_lead_event
                     WHERE kind = 'merge' AND data ? 'lead' AND %(asked)s
                  GROUP BY lead_id, kind, data->>'lead'
                ),
                move AS (  -- all of one moment is one move
                    SELECT origin, lead_id, date,
                           (%(ways)s)[min(array_position(%(ways)s, CASE kind
                               WHEN 'succeed' THEN 'succeeded' WHEN 'remove' THEN 'removed'
                               WHEN 'conclude' THEN data->>'won_status' WHEN 'merge' THEN 'merged'
                               WHEN 'type' THEN 'type' END))] AS way_out,
                           CASE WHEN NOT bool_or(kind = 'create') THEN
                               (array_agg(from_stage_id ORDER BY id) FILTER (WHERE kind IN ('stage', 'type')))[1]
                               END AS from_stage_id,
                           (array_agg(CASE kind WHEN 'type' THEN from_stage_id ELSE to_stage_id END
                                      ORDER BY id DESC))[1] AS stage_id,
                           (array_agg(kind ORDER BY id DESC))[1] IN ('conclude', 'remove', 'merge') AS is_over,
                           min(NULLIF(data->>'from_type', 'false')::int) AS from_type_id,
                           max(NULLIF(data->>'lost_reason', 'false')::int) AS lost_reason_id,
                           max(NULLIF(data->>'removal_reason', 'false')::int) AS removal_reason_id
                      FROM event
                  GROUP BY origin, lead_id, date
                ),
                followed AS (
                    SELECT move.*,
                           lag(NOT is_over AND stage.stage_type = ANY(%(pending)s)) OVER trail AS was_there,
                           NOT is_over AND stage.stage_type = ANY(%(pending)s) AS is_there,
                           lead(date) OVER trail AS date_left,
                           lead(way_out) OVER trail AS next_way,
                           lead(stage_id) OVER trail AS next_stage_id,
                           lead(move.lost_reason_id) OVER trail AS next_lost_reason_id,
                           lead(move.removal_reason_id) OVER trail AS next_removal_reason_id,
                           (array_agg(from_type_id) FILTER (WHERE from_type_id IS NOT NULL)
                               OVER (PARTITION BY origin ORDER BY date
                                     ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))[1] AS lead_type_id,
                           stage.sequence
                      FROM move
                      LEFT JOIN crm_stage stage ON stage.id = move.stage_id
                    WINDOW trail AS (PARTITION BY origin ORDER BY date)
                )
                INSERT INTO crm_lead_stay (
                    lead_id, stage_id, lead_type_id, date_entered, date_left, way_out, next_stage_id, lost_reason_id,
                    removal_reason_id
                )
                SELECT followed.lead_id, followed.stage_id, COALESCE(followed.lead_type_id, lead.lead_type_id),
                       followed.date, followed.date_left,
                       CASE WHEN followed.date_left IS NULL THEN NULL
                            WHEN followed.next_way IS NOT NULL THEN followed.next_way
                            WHEN (next_stage.sequence, next_stage.id) < (followed.sequence, followed.stage_id)
                            THEN 'back'
                            ELSE 'forward' END,
                       next_stage.id, reason.id, removal.id
                  FROM followed
                  JOIN crm_lead lead ON lead.id = followed.lead_id
                  LEFT JOIN crm_stage next_stage ON next_stage.id = followed.next_stage_id
                  LEFT JOIN crm_stage came_from ON came_from.id = followed.from_stage_id
                  LEFT JOIN crm_lost_reason reason ON reason.id = followed.next_lost_reason_id
                  LEFT JOIN crm_removal_reason removal ON removal.id = followed.next_removal_reason_id
                 WHERE followed.is_there
                   AND (followed.was_there OR came_from.stage_type IS NULL
                        OR NOT came_from.stage_type = ANY(%(pending)s))
                """,
                asked=asked,
                kinds=list(MOVING_KINDS),
                pending=list(PENDING_TYPES),
                ways=[way for way, _label in WAYS],
            )
        )
        self.invalidate_model(flush=False)
