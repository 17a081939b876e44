from datetime import datetime, timedelta

from odoo import api, fields, models

from .crm_call_entry import CHANGED_BY_CALL
from .crm_stage import LOST_TYPES

DONE = {"state": "done", "next_call_at": False, "is_recall": False, "recall_user_id": False, "exclusion": False}
FREE = {"claimed_by_id": False, "claimed_until": False}


class CrmCall(models.Model):
    """What a confirmed outcome does: to the contact in the queue, to the lead, to the list of blocked numbers and to
    planned activities. All of it is noted in the event of the call, so that it can be taken back.

    An outcome's kind is applied by ``_apply_<kind>``, which is given the dialog with what it needs beside the call.
    """

    _inherit = "crm.call"

    @api.model
    def _record(self, lead, entry, outcome, values, wizard):
        """Write a call and all that its outcome does, in the caller's transaction.

        :param lead: single crm.lead
        :param entry: the crm.call.entry that was called, or an empty set
        :param dict values: ``date_start``, ``notes``, ``recall_at``, ``recall_scope``, ``answer_ids`` of the call
        :param wizard: the crm.call.wizard whose outcome is confirmed
        :return: the crm.call
        """
        calls = self.sudo()._confirmed()
        if outcome.kind == "recall" and not entry:
            entry = self.env["crm.call.entry"]._get_outside(lead)
        call = calls.create(
            {
                "lead_id": lead.id,
                "entry_id": entry.id,
                "campaign_id": entry.sudo().campaign_id.id,
                "company_id": (entry.sudo().company_id or lead.sudo().company_id or self.env.company).id,
                "user_id": self.env.uid,
                "date_end": fields.Datetime.now(),
                "outcome_id": outcome.id,
                **values,
            }
        )
        effects = {"entries": {}}
        getattr(call, f"_apply_{outcome.kind}")(effects, wizard.sudo())
        call._finish_activities(effects)
        call._log_confirmed(effects)
        return call.with_env(self.env)

    def _log_confirmed(self, effects):
        self.env["crm.lead.event"]._log(
            "call",
            {
                self.lead_id: {
                    "call": self.id,
                    "outcome": self.outcome_id.name,
                    "reached": self.is_contact,
                    "recall_at": self.recall_at and fields.Datetime.to_string(self.recall_at) or None,
                    "effects": effects,
                }
            },
        )

    def _get_saved_name(self):
        """What was saved, as the operator is told."""
        return self.outcome_id.name

    def _get_notice(self):
        """What the operator should know of this call that is not as usual, as a sentence; empty mostly."""
        return ""

    # ------------------------------------------------------------
    # KINDS
    # ------------------------------------------------------------

    def _apply_recall(self, effects, wizard):
        """Agreed upon: at the time given. Not reached: after the next interval of the outcome's schedule, and when
        there have been enough attempts what is set for that case."""
        outcome, entry = self.outcome_id, self.entry_id
        if self.recall_at:
            self._change_entry(
                effects,
                state="waiting",
                next_call_at=self.recall_at,
                is_recall=True,
                recall_user_id=self.user_id.id if self.recall_scope == "private" else False,
                exclusion=False,
            )
            self._apply_to_lead(outcome, effects)
            return
        attempt = self.search_count([("entry_id", "=", entry.id), ("outcome_id", "=", outcome.id)])
        self.recall_at = entry._get_retry_at(outcome, attempt, self.date_end)
        if not self.recall_at:
            self._apply_exhausted(effects)
            return
        self._change_entry(
            effects,
            state="waiting",
            next_call_at=self.recall_at,
            is_recall=False,
            # outside of campaigns nobody else would try again
            recall_user_id=not entry.campaign_id and self.user_id.id,
            exclusion=False,
        )
        self._apply_to_lead(outcome, effects)

    def _apply_exhausted(self, effects):
        outcome = self.outcome_id
        self._finish_contact(effects)
        if outcome.when_exhausted == "outcome":
            effects["then"] = outcome.exhausted_outcome_id.name
            self._apply_to_lead(outcome.exhausted_outcome_id, effects)
        elif outcome.when_exhausted == "abandon":
            self._move_lead(self.lead_id._map_stages("abandoned")[self.lead_id], False, effects)

    def _apply_negative(self, effects, wizard):
        self._finish_contact(effects)

    def _apply_closing(self, effects, wizard):
        self._finish_contact(effects)

    # ------------------------------------------------------------
    # EFFECTS
    # ------------------------------------------------------------

    def _finish_contact(self, effects):
        """Nobody calls the contact again, and the lead goes where the outcome says."""
        self._change_entry(effects, **DONE)
        self._apply_to_lead(self.outcome_id, effects)

    def _change_entry(self, effects, **values):
        """Set the contact that was called free, with one attempt more."""
        entry = self.entry_id
        if entry:
            entry._change_by_call(effects, **values, attempts=entry.attempts + 1)

    def _apply_to_lead(self, outcome, effects):
        """Move the lead where an outcome says, and block its number if it says so."""
        if outcome.do_not_call:
            self._block_number(effects)
        lead, stage = self.lead_id, outcome.stage_id
        if stage and not lead.lead_type_id._takes_stage(stage):
            stage = lead._map_stages(stage.stage_type)[lead]
        self._move_lead(stage, outcome.lost_reason_id, effects)

    def _move_lead(self, stage, lost_reason, effects):
        """
        :param stage: where the open lead goes; without one it is lost, if there is a reason, by Odoo's own way
        """
        lead = self.lead_id._by_rule()
        if not lead._is_callable() or not (stage or lost_reason) or (stage and stage == lead.stage_id):
            return
        effects.setdefault("lead", lead._get_call_state())
        if stage.stage_type in LOST_TYPES or not stage:
            lead.action_set_lost(
                **({"stage_id": stage.id} if stage else {}),
                **({"lost_reason_id": lost_reason.id} if lost_reason else {}),
            )
        else:
            lead.stage_id = stage
        effects["lead_after"] = lead._get_call_state()

    def _block_number(self, effects):
        """Put the customer's number on Odoo's list of blocked numbers, and take the lead out of all queues."""
        lead = self.lead_id
        number = lead._get_call_number()
        blocked = self.env["phone.blacklist"].sudo()
        if number and not blocked.search_count([("number", "=", number)]):
            blocked._add([number], message=self.env._("Asked for in a call: %(lead)s", lead=lead.number))
            effects["blocked"] = number
        others = self.env["crm.call.entry"].sudo().search(
            [("lead_id", "=", lead.id), ("state", "in", ("ready", "waiting")), ("id", "!=", self.entry_id.id)]
        )  # fmt: skip
        for entry in others:
            entry._change_by_call(effects, state="excluded", exclusion="do_not_call")

    def _finish_activities(self, effects):
        """The operator's planned calls of this lead are done with it."""
        activities = self.lead_id.activity_ids.filtered(
            lambda activity: activity.user_id == self.user_id and activity.activity_type_id.category == "phonecall"
        )
        if activities:
            effects["activities"] = activities.ids
            messages, next_activities = activities._action_done(feedback=self.notes or self.outcome_id.name)
            effects["messages"] = messages.ids
            effects["next_activities"] = next_activities.ids


class CrmCallEntry(models.Model):
    _inherit = "crm.call.entry"

    def _get_call_state(self):
        """What a call may change of this contact, as JSON holds it."""
        self.ensure_one()
        values = {name: self._fields[name].convert_to_write(self[name], self) for name in CHANGED_BY_CALL}
        return {
            name: fields.Datetime.to_string(value) if isinstance(value, datetime) else value
            for name, value in values.items()
        }

    def _change_by_call(self, effects, **values):
        """Write what an outcome makes of this contact, and note what it was before and is now."""
        before = self._get_call_state()
        if before["state"] == "claimed":
            before["state"] = "waiting" if self.next_call_at else "ready"
        self.write({**values, **FREE})
        effects["entries"][str(self.id)] = {"before": before, "after": self._get_call_state()}

    def _get_retry_at(self, outcome, attempt, moment):
        """When this contact is called again by itself after a call that reached nobody.

        :param int attempt: how often it was called with this outcome, that call included
        :param moment: when that call ended
        :return: a datetime; False when there have been enough attempts
        """
        limit = self.campaign_id.max_calls
        if outcome._is_exhausted(attempt) or (limit and self.attempts + 1 >= limit):
            return False
        return self._get_next_open(moment + timedelta(minutes=outcome._get_retry_delay(attempt)))

    def _get_next_open(self, moment):
        """When this contact may be called at the earliest from a moment on; that moment if it is never."""
        if not self.campaign_id:
            return moment
        return self.campaign_id._get_hours().next_open(moment, self.zone_id._get_names()) or moment
