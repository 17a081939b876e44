from odoo import models

from .crm_lead_assignment_choice import Choices


class CrmLead(models.Model):
    """Why a lead belongs to whom it does, as far as rules decided it."""

    _inherit = "crm.lead"

    def _get_assignment_data(self):
        """What the event of an assignment says beside who: where a rule did it, under ``why`` how.

        =========  ==================================================================
        rule       id of the rule, and under ``name`` what it was called
        method     its method
        others     ``{user id: reason}`` of those of the rule who did not get the lead
        loads      ``{user id: open leads}``, where they decided
        passed     names of rules that fit but had nobody to give it to
        fallback   ``source`` or ``leader``, where no rule had anybody
        no_answer  minutes within which the one before did not answer
        =========  ==================================================================
        """
        choices = self.env.context.get("lead_choices")
        if not isinstance(choices, Choices):
            return {}
        why = self._prepare_why(choices[self.id])
        if choices[self.id].no_answer:
            why["no_answer"] = choices[self.id].no_answer
        return {"why": why}

    def _get_assignment_reasons(self):
        """Where a rule chose its salesperson: why this one, and why not the others."""
        event = self.sudo().event_ids.filtered(lambda event: event.kind == "assign")[:1]
        data = event.data or {}
        why = data.get("why")
        if not why or data.get("to_user") != self.sudo().user_id.id:
            return super()._get_assignment_reasons()
        sentences = self._get_choice_sentences(why)
        if "no_answer" not in why:
            return sentences
        if "rule" not in why:
            notice = self.env._("Nobody answered in time: everybody who can have it has had it, so it stays.")
            return [("warning", notice), *sentences[1:]]
        notice = self.env._(
            "%(user)s did not answer within %(minutes)s minutes.",
            user=event._get_names().get(("from_user", data["from_user"])) or self.env._("(none)"),
            minutes=why["no_answer"],
        )
        return [sentences[0], ("info", notice), *sentences[1:]]


class CrmLeadEvent(models.Model):
    _inherit = "crm.lead.event"

    def _get_summary(self, data, names):
        """Who gave the lead to whom by which rule."""
        why = data.get("why")
        if self.kind != "assign" or not why:
            return super()._get_summary(data, names)
        none = self.env._("(none)")
        values = {
            "from_user": names.get(("from_user", data.get("from_user"))) or none,
            "to_user": names.get(("to_user", data.get("to_user"))) or none,
            "rule": why.get("name"),
            "minutes": why.get("no_answer"),
        }
        match why:
            case {"no_answer": _, "rule": _}:
                return self.env._(
                    "%(from_user)s did not answer within %(minutes)s minutes: given to %(to_user)s by the rule "
                    "“%(rule)s”",
                    **values,
                )
            case {"no_answer": _}:
                return self.env._(
                    "Nobody answered within %(minutes)s minutes: stays with %(to_user)s, the last one", **values
                )
            case {"fallback": "source"}:
                return self.env._("Given to %(to_user)s, who gets what no rule gives away of the source", **values)
            case {"fallback": _}:
                return self.env._("Given to %(to_user)s, the team leader: no rule had anybody", **values)
        return self.env._("Given to %(to_user)s by the rule “%(rule)s”", **values)
