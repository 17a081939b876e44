from odoo import models

CONTRACT_MODELS = ("sale.order", "sale.order.line")
CALL_GROUPS = ("crm_lead_lifecycle.group_call_operator", "crm_lead_lifecycle.group_call_coordinator")


class IrRule(models.Model):
    """Contracts: that operators see theirs takes nothing from who reads orders by another right.

    Rules of groups add up, but who has none sees everything: accounting, for instance. The rules of contracts would be
    the first ones of such a user, and hide all other orders.
    """

    _inherit = "ir.rule"

    def _get_rules(self, model_name, mode="read"):
        rules = super()._get_rules(model_name, mode)
        if model_name not in CONTRACT_MODELS:
            return rules
        call_groups = self.env["res.groups"].union(*map(self.env.ref, CALL_GROUPS))
        of_groups = rules.sudo().filtered("groups")
        of_contracts = of_groups.filtered(lambda rule: rule.groups <= call_groups)
        if of_contracts and of_contracts == of_groups and self._has_other_access(model_name, mode, call_groups):
            return rules - of_contracts
        return rules

    def _has_other_access(self, model_name, mode, groups):
        """Whether the user has an access right that comes from none of these groups."""
        others = self.env.user.all_group_ids - groups
        return bool(
            self.env["ir.model.access"].sudo().search_count(
                [
                    ("model_id.model", "=", model_name),
                    (f"perm_{mode}", "=", True),
                    ("group_id", "in", [False, *others.ids]),
                ],
                limit=1,
            )
        )  # fmt: skip
