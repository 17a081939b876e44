import json

from odoo import api, fields, models
from odoo.tools import SQL

from .crm_stage import PENDING_TYPES

# what of the log takes a lead into a stage, or out of it
MOVING_KINDS = ("create", "stage", "conclude", "restore", "remove", "type", "succeed")
# how a lead left a stage; of several at once the first one counts
WAYS = [
    ("succeeded", "Went On as Another Type"),
    ("removed", "Removed"),
    ("won", "Won"),
    ("lost", "Lost"),
    ("merged", "Merged"),
    ("type", "Other Type"),
    ("forward", "Forward"),
    ("back", "Back"),
]


class CrmLeadStay(models.Model):
    """How long leads were in their open and frozen stages: a row a stay, written along with the log.

    A stay begins when a lead comes in, is moved or restored, and ends when it is moved, concluded, removed, merged or
    gets another type. Whoever leaves a stage in the second of coming there has not been there.
    :meth:`_rebuild` reads all of it anew from the log.
    """

    _name = "crm.lead.stay"
    _description = "Stay in a Stage"
    _order = "date_entered desc, id desc"
    _rec_name = "stage_id"
    _log_access = False

    lead_id = fields.Many2one("crm.lead", "Lead", required=True, ondelete="cascade", index=True)
    stage_id = fields.Many2one("crm.stage", "Stage", required=True, ondelete="cascade", index=True)
    lead_type_id = fields.Many2one("crm.lead.type", "Lead Type", ondelete="set null", index="btree_not_null")
    date_entered = fields.Datetime("Entered", required=True, index=True)
    date_left = fields.Datetime("Left")
    way_out = fields.Selection(WAYS, "How It Left")
    next_stage_id = fields.Many2one("crm.stage", "Next Stage", ondelete="set null", index="btree_not_null")
    lost_reason_id = fields.Many2one("crm.lost.reason", "Lost Reason", ondelete="set null", index="btree_not_null")
    removal_reason_id = fields.Many2one(
        "crm.removal.reason", "Removal Reason", ondelete="set null", index="btree_not_null"
    )

    _one_at_a_time = models.UniqueIndex("(lead_id) WHERE date_left IS NULL", "A lead is in one stage at a time.")

    # ------------------------------------------------------------
    # ALONG WITH THE LOG
    # ------------------------------------------------------------

    @api.model
    def _follow(self, events, date):
        """End the stays that these events end, and begin those that they begin.

        :param list events: as :meth:`crm.lead.event._log_many` takes them
        :param datetime date: when they happened, naive UTC
        """
        moves, known = {}, []
        for kind, lead, data in events:
            if kind in MOVING_KINDS:
                moves.setdefault(lead.id, {}).update(self._get_move(kind, lead, data))
                if kind != "create":
                    known.append(lead.id)
        stays = self._read_open(known)
        ended, begun, brief = [], [], []
        stages = self.env["crm.stage"].sudo()
        for lead_id, move in moves.items():
            stay = stays.get(lead_id)
            stage = stages.browse(move.get("stage_id"))
            place = (stage.id, move["lead_type_id"])
            if stay and not move.get("way_out") and (stay["stage_id"], stay["lead_type_id"]) == place:
                continue
            if stay and stay["date_entered"] >= date:
                brief.append(stay["id"])
            elif stay:
                ended.append({**move, "id": stay["id"], "way_out": self._get_way_out(stay, move, stage)})
            came_from = stages.browse(move.get("from_stage_id"))
            is_open = move.get("way_out") in (None, "succeeded") and stage.stage_type in PENDING_TYPES
            if is_open and (stay or came_from.stage_type not in PENDING_TYPES):
                begun.append({**move, "lead_id": lead_id})
        self._forget(brief)
        self._write_ended(ended, date)
        self._write_begun(begun, date)

    @api.model
    def _get_move(self, kind, lead, data):
        """What an event says of where a lead goes, and how; ``from_stage_id`` where it has to be there to go on."""
        move = {"lead_type_id": lead.lead_type_id.id or None, "stage_id": data.get("to_stage") or None}
        match kind:
            case "stage":
                move["from_stage_id"] = data["from_stage"]
            case "type":
                move.update(from_stage_id=data["from_stage"], stage_id=lead.stage_id.id or None)
            case "succeed":
                move["way_out"] = "succeeded"
            case "remove":
                move.update(way_out="removed", removal_reason_id=data["removal_reason"] or None)
            case "conclude":
                move.update(way_out=data["won_status"], lost_reason_id=data["lost_reason"] or None)
        return move

    @api.model
    def _get_way_out(self, stay, move, stage):
        if move.get("way_out"):
            return move["way_out"]
        if stay["lead_type_id"] != move["lead_type_id"]:
            return "type"
        before = self.env["crm.stage"].sudo().browse(stay["stage_id"])
        return "back" if (stage.sequence, stage.id) < (before.sequence, before.id) else "forward"

    @api.model
    def _read_open(self, lead_ids):
        """Where leads are now.

        :return: ``{lead id: {id, lead_id, stage_id, lead_type_id, date_entered}}``
        """
        if not lead_ids:
            return {}
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT id, lead_id, stage_id, lead_type_id, date_entered FROM crm_lead_stay
                    WHERE lead_id = ANY(%s) AND date_left IS NULL""",
                lead_ids,
            )
        )
        return {row["lead_id"]: row for row in rows}

    @api.model
    def _forget(self, ids):  # pylint: disable=missing-return
        """What came and went in one second was no stay."""
        if not ids:
            return
        self.env.cr.execute(SQL("DELETE FROM crm_lead_stay WHERE id = ANY(%s)", ids))
        self.invalidate_model(flush=False)

    @api.model
    def _write_ended(self, ended, date):  # pylint: disable=missing-return
        if not ended:
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lead_stay stay
                   SET date_left = %s, way_out = ended.way_out, next_stage_id = ended.stage_id,
                       lost_reason_id = ended.lost_reason_id, removal_reason_id = ended.removal_reason_id
                  FROM jsonb_to_recordset(%s::jsonb)
                    AS ended(id integer, way_out varchar, stage_id integer, lost_reason_id integer,
                             removal_reason_id integer)
                 WHERE stay.id = ended.id
                """,
                date,
                json.dumps(ended),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _write_begun(self, begun, date):  # pylint: disable=missing-return
        if not begun:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_lead_stay (lead_id, stage_id, lead_type_id, date_entered)
                SELECT lead_id, stage_id, lead_type_id, %s
                  FROM jsonb_to_recordset(%s::jsonb)
                    AS begun(lead_id integer, stage_id integer, lead_type_id integer)
                ON CONFLICT (lead_id) WHERE date_left IS NULL DO NOTHING
                """,
                date,
                json.dumps(begun),
            )
        )

    # ------------------------------------------------------------
    # FROM THE LOG
    # ------------------------------------------------------------

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
                    SELECT max(id), lead_id, max(date), kind, jsonb_build_object('way_out', 'merged'),
                           NULLIF(data->>'lead', 'false')::int, NULL, NULL
                      FROM crm_lead_event
                     WHERE kind = 'merge' AND data ? 'lead' AND %(asked)s
                  GROUP BY lead_id, kind, data->>'lead'
                ),
                move AS (  -- all of one moment is one move
                    SELECT origin, lead_id, date,
                           COALESCE(
                               max(CASE kind WHEN 'succeed' THEN 'succeeded' WHEN 'remove' THEN 'removed'
                                             WHEN 'conclude' THEN data->>'won_status'
                                             WHEN 'merge' THEN 'merged' END),
                               max(CASE kind WHEN 'type' THEN 'type' END)
                           ) AS way_out,
                           (array_agg(from_stage_id ORDER BY id)
                               FILTER (WHERE kind IN ('stage', 'type')))[1] AS from_stage_id,
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
            )
        )
        self.invalidate_model(flush=False)


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    @api.model
    def _log_many(self, events, date=None):  # pylint: disable=missing-return
        date = date or fields.Datetime.now()
        super()._log_many(events, date)
        self.env["crm.lead.stay"]._follow(events, date)


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _merge_dependences(self, opportunities):
        """What was merged leaves its stage, and what it did before stays apart from what the winner did."""
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead_event SET data = jsonb_build_object('of_lead', lead_id) || COALESCE(data, '{}')
                    WHERE lead_id = ANY(%s)""",
                opportunities.ids,
            )
        )
        res = super()._merge_dependences(opportunities)
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead_stay
                      SET lead_id = %s, date_left = COALESCE(date_left, %s), way_out = COALESCE(way_out, 'merged')
                    WHERE lead_id = ANY(%s)""",
                self.id,
                fields.Datetime.now(),
                opportunities.ids,
            )
        )
        self.env["crm.lead.stay"].invalidate_model(flush=False)
        return res
