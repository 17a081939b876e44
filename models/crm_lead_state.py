from collections import defaultdict

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .crm_stage import LOST_TYPES, PENDING_TYPES

# what a write may change of a lead's state
STATE_FIELDS = {
    "stage_id", "active", "probability", "client_status", "user_id", "is_urgent", "lost_reason_id", "lead_type_id",
    "partner_id",
}  # fmt: skip
# lost in Odoo's sense
LOST_VALUES = {"active": False, "probability": 0, "automated_probability": 0}
# the value of a key that must not be written at all
UNCHANGED = object()
# an object, not a flag: no client can send it in a context
REMAPPING = object()


class CrmLead(models.Model):
    """State: the stage of a lead and Odoo's won and lost say the same, whoever writes which of the two; what changes is
    logged."""

    _inherit = "crm.lead"

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        vals = self._check_values(vals)
        if vals.get("lead_type_id") and {"active", "client_status"} & vals.keys():
            # one after the other: the lead is lost, removed or restored as one of its new type
            first = {name: vals.pop(name) for name in ("lead_type_id", "team_id") if name in vals}
            self.write(first)
        forms = self._get_forms(vals)
        if STATE_FIELDS & vals.keys():
            self._write_states(vals)
        else:
            super().write(vals)
        self.invalidate_recordset(["is_incomplete"], flush=False)
        self._check_forms(forms, vals)
        return True

    def _write_states(self, vals):  # pylint: disable=missing-return
        """Write what changes the state of leads, with all that follows from it."""
        self._detach_swapped(vals)
        if vals.get("lead_type_id") and not vals.get("stage_id", True):
            del vals["stage_id"]  # a form has none where the person has to choose
        if "stage_id" in vals:
            stage = self.env["crm.stage"].browse(vals["stage_id"])
            moving = self.filtered(lambda lead: lead.stage_id != stage)
            if vals.get("lead_type_id"):
                moving = moving.filtered(lambda lead: lead.lead_type_id.id == vals["lead_type_id"])
            self._check_moves(dict.fromkeys(moving, stage))
        self._check_stage_choice(vals)
        before = self._get_states()
        prepared = self._prepare_state_values(vals)
        concluded = self._prepare_successions(vals, prepared)
        for lead, values in self._prepare_client_values(vals).items():
            prepared[lead].update(values)
        clients = {lead: lead._get_client_state() for lead in self} if "partner_id" in vals else {}
        retyped = self.filtered(lambda lead: prepared[lead].get("lead_type_id") or "lead_type_id" in vals)
        properties = retyped._map_property_texts()
        groups = defaultdict(self.browse)
        for lead, values in prepared.items():
            groups[tuple(sorted(values.items()))] += lead
        for values, leads in groups.items():
            merged = {**vals, **dict(values)}
            super(CrmLead, leads).write({name: value for name, value in merged.items() if value is not UNCHANGED})
        # only now: Odoo's scoring has to unlearn the loss in the stage that it was learned in
        left = self.filtered(lambda lead: lead.lost_from_stage_id and lead.stage_type not in LOST_TYPES)
        if left:
            super(CrmLead, left).write({"lost_from_stage_id": False})
        self._log_state_changes(before, concluded, properties)
        self.env["crm.lead.event"]._log_many(self._get_client_events(clients))

    def _complete_states(self, vals_list):
        """Make the values of new leads agree: a lead in a closed stage is won or lost, a lost lead is in such a
        stage."""
        stages = self.env["crm.stage"]
        lost = {}
        for vals in vals_list:
            stage = stages.browse(vals.get("stage_id"))
            self._check_stage_active(stage)
            vals["client_status"] = "linked" if vals.get("partner_id") else "new"
            vals["date_client"] = vals.get("partner_id") and fields.Datetime.now()
            if stage.stage_type == "qualified":
                vals["is_urgent"] = False
            if self._says_lost(vals) or stage.stage_type in LOST_TYPES:
                lead = self.new({name: vals.get(name) for name in ("lead_type_id", "team_id", "lost_reason_id")})
                lost[lead] = vals
        leads = self.browse().concat(*lost)
        lost_stages, initial_stages = leads._map_stages("not_interested"), leads._map_initial_stages()
        for lead, vals in lost.items():
            stage = stages.browse(vals.get("stage_id"))
            lost_stage = stage if stage.stage_type in LOST_TYPES else lost_stages[lead]
            from_stage = stage if stage.stage_type in PENDING_TYPES else initial_stages[lead]
            if lost_stage and self._is_asked():
                lead._check_lost_reason(lost_stage, vals)
            vals.update(
                active=False,
                probability=0,
                automated_probability=0,
                date_closed=vals.get("date_closed") or fields.Datetime.now(),
                stage_id=lost_stage.id or stage.id,
                lost_from_stage_id=from_stage.id if lost_stage else False,
                stage_type=(lost_stage or stage).stage_type,
            )

    def copy_data(self, default=None):
        """A copy of a lost or removed lead is a new inquiry."""
        vals_list = super().copy_data(default=default)
        for lead, vals in zip(self, vals_list, strict=True):
            if lead.won_status == "lost" or lead.client_status == "removed":
                vals.update(active=True, lost_reason_id=False)
        return vals_list

    def _settle_lost(self):  # pylint: disable=missing-return
        """New leads that turned out lost in an open stage: archived ones whose probability Odoo computed to be 0."""
        lost = self.filtered(lambda lead: lead.won_status == "lost" and lead.stage_type in PENDING_TYPES)
        lost_stages = lost._map_stages("not_interested")
        for (stage, came_from), leads in lost.grouped(lambda lead: (lost_stages[lead], lead.stage_id)).items():
            if not stage:
                continue
            if self._is_asked():
                leads._check_lost_reason(stage, {})
            super(CrmLead, leads).write({**LOST_VALUES, "stage_id": stage.id, "lost_from_stage_id": came_from.id})

    def _prepare_state_values(self, vals):
        """What has to be written along with ``vals`` so that stage, won and lost agree afterwards.

        :return: ``{lead: values}`` for every lead of the set, with :data:`UNCHANGED` for what must not be written
        """
        removal = self.filtered(lambda lead: "removed" in (lead.client_status, vals.get("client_status")))
        values = removal._prepare_removal_values(vals)
        rest = self - removal
        values.update({lead: {} for lead in rest})
        changed = self._prepare_type_change(vals)
        for lead in removal.filtered(changed.get):
            values[lead]["stage_id"] = changed[lead].id
        stages = self.env["crm.stage"]
        if "stage_id" in vals:
            targets = dict.fromkeys(rest, stages.browse(vals["stage_id"]))
        else:
            targets = {lead: stage for lead, stage in changed.items() if lead in rest}
        moving = rest.filtered(lambda lead: lead in targets and lead.stage_id != targets[lead])
        # an open stage for a lead that is lost by the same write: the loss prevails
        losing = moving.filtered(
            lambda lead: targets[lead].stage_type in PENDING_TYPES
            and (self._says_lost(vals) or (lead.won_status != "lost" and lead._ends_lost(vals)))
        )
        won = moving.filtered(
            lambda lead: targets[lead].stage_type in LOST_TYPES and lead.stage_type not in PENDING_TYPES
        )
        last_stages = won._map_last_pending_stages()
        for lead in moving - losing:
            values[lead] = lead._prepare_move_values(targets[lead], vals, last_stages.get(lead))
            if lead in changed:
                values[lead]["stage_id"] = targets[lead].id
        # Odoo's own ways to lose and to restore, which do not name a stage
        staying = rest - moving
        lost = staying.filtered(lambda lead: lead._ends_lost(vals))
        losing |= lost.filtered(lambda lead: lead.won_status != "lost" and lead.stage_type in PENDING_TYPES)
        lost_stages = losing._map_stages("not_interested")
        self._check_moves({lead: lost_stage for lead, lost_stage in lost_stages.items() if lost_stage})
        for lead, lost_stage in lost_stages.items():
            if lost_stage:
                lead._check_lost_reason(lost_stage, vals)
                values[lead] = {**lead._prepare_move_values(lost_stage, vals), "stage_id": lost_stage.id}
        restoring = (staying - lost).filtered(lambda lead: lead.won_status == "lost" and lead.stage_type in LOST_TYPES)
        for lead, open_stage in restoring._map_restore_stages().items():
            values[lead] = {"stage_id": open_stage.id, "lost_reason_id": False, "date_closed": False}
        if vals.get("is_urgent"):
            for lead in staying.filtered(lambda lead: lead.won_status == "won"):
                values[lead]["is_urgent"] = False
        return values

    def _ends_lost(self, vals):
        """Whether this lead is lost in Odoo's sense once ``vals`` are written, whatever its stage."""
        return not vals.get("active", self.active) and not vals.get("probability", self.probability)

    def _says_lost(self, vals):
        """Whether ``vals`` alone say lost in Odoo's words."""
        return vals.get("active") is False and vals.get("probability") == 0

    def _prepare_move_values(self, stage, vals=None, last_stage=None):
        """What has to be written along with a move of this lead to ``stage``.

        :param dict vals: what else is being written
        :param last_stage: the open stage that a lead in a closed one was in before
        """
        is_lost = self.won_status == "lost"
        if stage.stage_type in LOST_TYPES and is_lost and self.stage_type in LOST_TYPES:
            return {"probability": 0, "active": UNCHANGED}  # it was lost before: the date of the loss stays
        if stage.stage_type in LOST_TYPES:
            came_from = self.stage_id if self.stage_type in PENDING_TYPES else last_stage or self.lost_from_stage_id
            return {**LOST_VALUES, "lost_from_stage_id": came_from.id}
        if stage.stage_type == "qualified":
            return {"is_urgent": False, **({"lost_reason_id": False} if self.lost_reason_id else {})}
        if not is_lost:
            return {}
        if self.stage_type in LOST_TYPES:
            return {"active": True, "lost_reason_id": False, "date_closed": False}
        if (vals or {}).get("active"):
            return {}  # Odoo restores it
        return {"probability": 0}  # lost by Odoo in an open stage: it stays lost, with its date

    def _map_last_pending_stages(self):
        """The open or frozen stage that each won lead was in before, by its log; else the initial one.

        :return: ``{lead: stage}``
        """
        if not self:
            return {}
        self.env["crm.stage"].flush_model(["active", "stage_type"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (event.lead_id) event.lead_id, stage.id
                  FROM crm_lead_event event
                  JOIN crm_stage stage
                    ON stage.id::text IN (event.data->>'to_stage', event.data->>'from_stage')
                 WHERE event.lead_id = ANY(%s) AND stage.active AND stage.stage_type = ANY(%s)
                 ORDER BY event.lead_id, event.id DESC, stage.id::text = event.data->>'to_stage' DESC
                """,
                self.ids,
                list(PENDING_TYPES),
            )
        )
        stages = {self.browse(lead_id): self.env["crm.stage"].browse(stage_id) for lead_id, stage_id in rows}
        return {**self.browse(set(self.ids) - {lead.id for lead in stages})._map_initial_stages(), **stages}

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    def _check_stage_choice(self, vals):
        """Refuse a stage that can't be chosen, or that asks for a reason which is missing."""
        if not vals.get("stage_id"):
            if not vals.get("lost_reason_id", True):
                for stage, leads in self.filtered(lambda lead: lead.won_status == "lost").grouped("stage_id").items():
                    if not vals.get("active"):
                        leads._check_lost_reason(stage, vals)
            return
        stage = self.env["crm.stage"].browse(vals["stage_id"])
        moving = self.filtered(lambda lead: lead.stage_id != stage)
        if moving:
            moving._check_stage_active(stage)
            if vals.get("client_status") != "removed" and not self._is_remapping():
                moving.filtered(lambda lead: lead.won_status != "lost")._check_lost_reason(stage, vals)

    def _check_stage_active(self, stage):
        if stage and not stage.active:
            raise UserError(self.env._("The stage “%(stage)s” is archived. Choose another one.", stage=stage.name))

    def _check_lost_reason(self, stage, vals):
        if not stage.lost_reason_required or stage.stage_type not in LOST_TYPES or self._is_free_to_move():
            return
        missing = self.filtered(lambda lead: not vals.get("lost_reason_id", lead.lost_reason_id))
        if missing:
            raise UserError(
                self.env._(
                    "“%(stage)s” needs a reason. Use “Conclude” and choose why it was lost: %(leads)s",
                    stage=stage.name,
                    leads=", ".join(lead.display_name or self.env._("New lead") for lead in missing[:5]),
                )
            )

    def _remap_stage(self, stage):
        """Move leads of a stage that is going to be archived, deleted or re-typed to another one of the same kind.
        Removed
        leads go along and stay removed."""
        archived = self.filtered(lambda lead: not lead.active and lead.won_status == "won")
        self.with_context(lead_remapping=REMAPPING).write({"stage_id": stage.id})
        archived.active = False  # Odoo activates what enters a won stage

    def _is_remapping(self):
        return self.env.context.get("lead_remapping") is REMAPPING

    # ------------------------------------------------------------
    # LOG
    # ------------------------------------------------------------

    def _get_states(self):
        return {
            lead: (lead.stage_id, lead.won_status, lead.user_id, lead.client_status, lead.lead_type_id) for lead in self
        }

    def _log_state_changes(self, before, concluded, properties):
        """Log what a write has changed, in one insert.

        :param dict before: the result of :meth:`_get_states` before the write
        :param dict concluded: the qualified stage in which leads were concluded that go on as another type
        :param dict properties: the typed properties that leads of another type had before, as text
        """
        events = []
        for lead, (stage, won_status, user, client_status, lead_type) in before.items():
            data = {"from_stage": stage.id or None, "to_stage": lead.stage_id.id or None}
            if lead in concluded:
                events.append(lead._get_succession_event(lead_type, concluded[lead], properties.get(lead)))
            elif lead.lead_type_id != lead_type:
                events.append(lead._get_type_event(lead_type, stage, properties.get(lead)))
            if lead in concluded:
                pass  # said by its own event
            elif lead.client_status == "removed" != client_status:
                data = {"removal_reason": lead.removal_reason_id.id, "client_status": client_status}
                events.append(("remove", lead, data))
            elif client_status == "removed" != lead.client_status or (
                won_status == "lost" and lead.won_status == "pending"
            ):
                events.append(("restore", lead, data))
            elif lead.won_status != won_status and lead.won_status in ("won", "lost"):
                data.update(won_status=lead.won_status, lost_reason=lead.lost_reason_id.id)
                events.append(("conclude", lead, data))
            elif lead.stage_id != stage:
                events.append(("stage", lead, data))
            if lead.user_id != user:
                data = {"from_user": user.id, "to_user": lead.user_id.id, **lead._get_assignment_data()}
                events.append(("assign", lead, data))
        self.env["crm.lead.event"]._log_many(events)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_set_lost(self, **additional_values):
        """Lose in one write, in the stage given or else the type's first one of the kind "not interested"; without
        one the
        lead stays in its stage. What Odoo does after that finds its work done."""
        self.write({"active": False, "probability": 0, "automated_probability": 0, **additional_values})
        return super().action_set_lost()

    def action_conclude(self):
        """Open the dialog that ends the work on these leads."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_lead_conclude_action")
        return {**action, "context": {"dialog_size": "medium", "default_lead_ids": self.ids}}
