from odoo import models
from odoo.fields import Command


class CrmAssignmentRule(models.Model):
    """Trying rules before they count."""

    _inherit = "crm.assignment.rule"

    def action_try(self):
        """Open the dialog in which rules are tried, with a copy of this rule; with several or none, with the rules as
        they are. A trial of the user that runs in the background, or whose result was not seen yet, comes first.

        :return: an action
        """
        trials = self.env["crm.assignment.trial"]
        trials.check_access("create")
        trial = trials._get_to_show()
        if trial:
            return trial._open()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_lead_lifecycle.crm_assignment_trial_action")
        return {**action, "context": {"default_rule_id": self.id if len(self) == 1 else False}}

    def _prepare_trial_values(self):
        """The copy of this rule that a trial holds; of no rule an empty one."""
        people = [Command.create(member._prepare_copy_values()) for member in self.member_ids]
        return {
            "name": self.name,
            "sequence": self.sequence,
            "company_id": self.company_id.id,
            "domain": self.domain,
            "method": self.method,
            "team_id": self.team_id.id,
            "member_ids": [Command.clear(), *people],
        }


class CrmAssignmentMember(models.Model):
    _inherit = "crm.assignment.member"

    def _prepare_copy_values(self):
        self.ensure_one()
        return {
            "sequence": self.sequence,
            "user_id": self.user_id.id,
            "weight": self.weight,
            "daily_max": self.daily_max,
        }


def describe(rule):
    """What a trial can change of a rule, as JSON can hold it, to be compared.

    :param rule: crm.assignment.rule, or the crm.assignment.trial that holds a copy of it
    """
    members = rule.member_ids.sorted("sequence")
    return [
        rule.domain or "[]",
        rule.method,
        rule.team_id.id,
        [[member.user_id.id, member.weight, member.daily_max] for member in members],
    ]
