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
# what says no more than where it went
STEPS = ("forward", "back")


class CrmLeadStay(models.Model):
    """How long leads were in their open and frozen stages: a row a stay, written along with the log.

    A stay begins when a lead comes in, is moved or restored, and ends when it is moved, concluded, removed, merged or
    gets another type. Whoever leaves a stage in the second of coming there has not been there: the stay before it ends
    as the last move of that second says.
    ``_rebuild`` reads all of it anew from the log.
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
        stays = self._read_open(known, date)
        ended, begun = [], []
        stages = self.env["crm.stage"].sudo()
        for lead_id, move in moves.items():
            stay = stays.get(lead_id)
            stage = stages.browse(move.get("stage_id"))
            place = (stage.id, move["lead_type_id"])
            if stay and not (move.get("way_out") or stay["date_left"]) and place == self._get_place(stay):
                continue
            if stay:
                ended.append(self._get_end(stay, move, stage, date))
            came_from = stages.browse(move.get("from_stage_id"))
            is_open = move.get("way_out") in (None, "succeeded") and stage.stage_type in PENDING_TYPES
            if is_open and (stay or came_from.stage_type not in PENDING_TYPES):
                begun.append({**move, "lead_id": lead_id})
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
    def _get_place(self, stay):
        return stay["stage_id"], stay["lead_type_id"]

    @api.model
    def _get_end(self, stay, move, stage, date):
        """How a stay ends by a move, or by another one of the same second before it.

        :param dict move: as :meth:`_get_move` gives it
        :param stage: where it goes
        :param datetime date: when, naive UTC
        """
        before = self.env["crm.stage"].sudo().browse(stay["stage_id"])
        ways = {
            move.get("way_out"),
            stay["way_out"] if stay["way_out"] not in STEPS else None,
            "type" if stay["lead_type_id"] != move["lead_type_id"] else None,
            "back" if (stage.sequence, stage.id) < (before.sequence, before.id) else "forward",
        }
        return {
            **move,
            **{name: move.get(name) or stay[name] for name in ("lost_reason_id", "removal_reason_id")},
            "id": stay["id"],
            "is_brief": stay["date_entered"] >= date,
            "way_out": next(way for way, _label in WAYS if way in ways),
        }

    @api.model
    def _read_open(self, lead_ids, date):
        """Where leads are now. Where they came in this very second they have not been: instead there is the stay that
        ended in it, if there is one.

        :return: ``{lead id: values of the stay}``
        """
        if not lead_ids:
            return {}
        rows = self.env.execute_query_dict(
            SQL(
                """SELECT *, date_entered >= %(date)s AS is_passed FROM crm_lead_stay
                    WHERE lead_id = ANY(%(ids)s) AND (date_left IS NULL OR date_left = %(date)s)
                      AND way_out IS DISTINCT FROM 'merged'
                 ORDER BY is_passed DESC, date_left IS NOT NULL DESC, id""",
                ids=lead_ids,
                date=date,
            )
        )
        stays = {row["lead_id"]: row for row in rows}
        passed = [row["id"] for row in rows if row["is_passed"] and row is not stays[row["lead_id"]]]
        if passed:
            self.env.cr.execute(SQL("DELETE FROM crm_lead_stay WHERE id = ANY(%s)", passed))
        return stays

    @api.model
    def _end_merged(self, leads, date):
        """These leads are merged into another one."""
        move = {"way_out": "merged", "lead_type_id": None}
        nowhere = self.env["crm.stage"]
        stays = self._read_open(leads.ids, date)
        self._write_ended([self._get_end(stay, move, nowhere, date) for stay in stays.values()], date)

    @api.model
    def _write_ended(self, ended, date):  # pylint: disable=missing-return
        brief = [stay["id"] for stay in ended if stay["is_brief"]]
        lasting = [stay for stay in ended if not stay["is_brief"]]
        if brief:
            self.env.cr.execute(SQL("DELETE FROM crm_lead_stay WHERE id = ANY(%s)", brief))
        if lasting:
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
                    json.dumps(lasting),
                )
            )
        if ended:
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
        self.env["crm.lead.stay"]._end_merged(opportunities, fields.Datetime.now())
        res = super()._merge_dependences(opportunities)
        self.env.cr.execute(
            SQL("UPDATE crm_lead_stay SET lead_id = %s WHERE lead_id = ANY(%s)", self.id, opportunities.ids)
        )
        self.env["crm.lead.stay"].invalidate_model(flush=False)
        return res
