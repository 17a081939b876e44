from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime


class CrmCall(models.Model):
    """Taking back the last call: all that its outcome did goes, by what its event noted. What somebody else has done
    since is kept, and named."""

    _inherit = "crm.call"

    @api.depends("user_id", "date_end")
    @api.depends_context("uid")
    def _compute_can_take_back(self):
        for call in self:
            call.can_take_back = not call._get_take_back_refusal()

    def _get_take_back_refusal(self):
        """Why the user can't take this call back, as a sentence; empty if it is possible."""
        user = self.env.user
        minutes = self.company_id.call_take_back_minutes
        if self.user_id != user and not user.has_group("crm_lead_lifecycle.group_call_coordinator"):
            return self.env._(
                "This is a call of %(user)s. Only a coordinator can take it back.", user=self.user_id.name
            )
        if not minutes or fields.Datetime.now() > self.date_end + timedelta(minutes=minutes):
            return self.env._("A call can be taken back within %(minutes)s minutes.", minutes=minutes)
        if self.sudo().search_count([("lead_id", "=", self.lead_id.id), ("id", ">", self.id)], limit=1):
            return self.env._("The customer has been called again since. Only the last call can be taken back.")
        return ""

    def action_take_back(self):
        """Take back the outcome of this call and open it again, with its notes and answers.

        :return: a window action, or a notification first of what was kept
        :raise UserError: when it is too late, or the customer was called again
        """
        self.ensure_one()
        self.check_access("read")
        refusal = self._get_take_back_refusal()
        if refusal:
            raise (AccessError if self.user_id != self.env.user else UserError)(refusal)
        lead, entry = self.lead_id, self.sudo().entry_id.with_env(self.env)
        if entry:
            entry._lock()
            entry._check_not_with_another()
        draft = self.sudo()._prepare_draft_values()
        kept = self.sudo()._undo()
        if entry.sudo().state in ("ready", "waiting"):
            entry._claim()
        else:
            entry = entry.browse()
        action = self.env["crm.call.wizard"]._get_action(lead, entry)
        self.env["crm.call.wizard"].browse(action["res_id"])._fill(draft)
        if not kept:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Taken back, but not everything"),
                "message": "\n".join(kept),
                "next": action,
            },
        }

    def _prepare_draft_values(self):
        return {
            "date_start": self.date_start,
            "notes": self.notes,
            "answers": {answer.step_id.id: answer.answer for answer in self.answer_ids},
        }

    def _undo(self):
        """Undo what this call has done, and delete it.

        :return: sentences on what was kept
        """
        event, appointment = self._get_event(), self.event_id
        effects = (event.data or {}).get("effects") or {}
        kept = [
            *self._undo_order(effects),
            *self._undo_lead(effects, event),
            *self._undo_entries(effects),
            *self._undo_block(effects),
            *self._undo_activities(effects),
            *self._undo_appointment(),
        ]
        data = {"call": self.id, "outcome": self.outcome_id.name, "kept": kept}
        if appointment and not appointment.exists():
            data["event"] = appointment.id
        self.env["crm.lead.event"]._log("call_undo", {self.lead_id: data})
        self.lead_id._rebuild_firsts()
        self._confirmed().unlink()
        return kept

    def _get_event(self):
        return self.env["crm.lead.event"].sudo().search(
            [("lead_id", "=", self.lead_id.id), ("kind", "=", "call")], order="id desc"
        ).filtered(lambda event: (event.data or {}).get("call") == self.id)[:1]  # fmt: skip

    def _undo_lead(self, effects, event):
        if not effects.get("lead"):
            return []
        lead, before, after = self.lead_id._by_rule(), effects["lead"], effects["lead_after"]
        if any(lead._get_call_state()[name] != after.get(name) for name in ("lead", "stage", "type", "won_status")):
            changes = lead.event_ids.filtered(
                lambda change: change.id > event.id
                and change.kind in ("stage", "conclude", "restore", "type", "remove", "merge")
            )
            return [
                self.env._(
                    "%(lead)s stays in %(stage)s: %(user)s has moved it since.",
                    lead=lead.display_name,
                    stage=lead.stage_id.name,
                    user=changes[:1].user_id.name or self.env._("somebody"),
                )
            ]
        if before["type"] != after["type"]:
            return [
                self.env._(
                    "%(lead)s has gone on as %(type)s and stays there.",
                    lead=lead.display_name,
                    type=lead.lead_type_id.display_name,
                )
            ]
        stage = self.env["crm.stage"].browse(before["stage"]).exists()
        if not stage.active:
            return [self.env._("%(lead)s stays in its stage: the one before is gone.", lead=lead.display_name)]
        lead.write(
            {
                "stage_id": stage.id,
                "active": True,
                "lost_reason_id": before["lost_reason"],
                "is_urgent": before["is_urgent"],
            }
        )
        return []

    def _undo_entries(self, effects):
        kept = []
        for entry_id, change in (effects.get("entries") or {}).items():
            entry = self.env["crm.call.entry"].browse(int(entry_id)).exists()
            if not entry:
                continue
            if entry._get_call_state() != change["after"]:
                kept.append(
                    self.env._(
                        "The place of %(lead)s in “%(campaign)s” stays as it is: it has been changed since.",
                        lead=entry.lead_id.display_name,
                        campaign=entry.campaign_id.name or self.env._("call backs"),
                    )
                )
                continue
            entry.write(change["before"])
        return kept

    def _undo_block(self, effects):
        if effects.get("blocked"):
            self.env["phone.blacklist"].sudo()._remove(
                [effects["blocked"]],
                message=self.env._("The call was taken back: %(lead)s", lead=self.lead_id.display_name),
            )
        return []

    def _undo_activities(self, effects):
        activities = self.env["mail.activity"].with_context(active_test=False).browse(effects.get("activities") or [])
        activities.exists().write({"active": True, "date_done": False, "feedback": False})
        self.env["mail.message"].browse(effects.get("messages") or []).exists().unlink()
        # what was planned after it, unless it has been done
        activities.browse(effects.get("next_activities") or []).exists().filtered("active").unlink()
        return []

    def _undo_appointment(self):
        """The meeting goes, as if it were deleted in the calendar: the customer and the agent are told.

        :return: sentences on what was kept
        """
        event = self.event_id.exists()
        if not event or event.appointment_state == "cancelled":
            return []
        if event.appointment_state == "no_show" or not event._is_upcoming():
            return [
                self.env._(
                    "The appointment with %(agent)s on %(time)s stays: it has begun already.",
                    agent=event.user_id.name,
                    time=format_datetime(self.env, event.start, dt_format="short"),
                )
            ]
        event.with_context(appointment_reason=self.env._("The call was taken back.")).unlink()
        return []
