from itertools import zip_longest

from odoo import api, models

from .assignment_choice import FULL, HAD_IT, LOAD
from .res_users_assignment import ABSENT, INACTIVE, NO_COMPANY, OFF_HOURS


class CrmLead(models.Model):
    """Why somebody got a lead, or would get it, in words."""

    _inherit = "crm.lead"

    @api.model
    def _prepare_why(self, choice):
        """A choice as events keep it: see :meth:`_get_assignment_data`.

        :param Choice choice: one of assignment_choice
        """
        rules = self.env["crm.assignment.rule"].sudo()
        # that of a rule that is not saved is empty, yet an id
        rule = rules.browse([choice.rule_id] if choice.rule_id is not None else ())
        why = {
            "rule": rule.id,
            "name": rule.name,
            "method": rule.method,
            "others": choice.others,
            "loads": choice.loads,
            "passed": rules.browse(choice.passed).mapped("name"),
            "fallback": choice.fallback,
        }
        return {key: value for key, value in why.items() if value}

    @api.model
    def _get_choice_sentences(self, why, passed_others=()):
        """Why this person, which rules came before, and why not the others.

        :param dict why: what :meth:`_prepare_why` gives, or what came back of it from JSON
        :param passed_others: for each of the rules that came before why nobody of it can have the lead, if that is
            known: ``{user id: reason}``
        :return: list of (``success``, ``info`` or ``muted``; sentence in the user's language)
        """
        others, loads = ({int(key): value for key, value in why.get(name, {}).items()} for name in ("others", "loads"))
        passed = why.get("passed", ())
        sentences = [self._get_chosen_sentence(why, [loads[key] for key in loads if key not in others])]
        sentences += self._get_other_sentences(others, loads, why.get("method"))
        if not why.get("name") and not passed:
            sentences.append(("info", self.env._("No rule is for this lead.")))
        for name, reasons in zip_longest(passed, passed_others, fillvalue={}):
            words = self.env._("The rule “%(rule)s” is for it too, but has nobody who can have it.", rule=name)
            sentences += [("info", words), *self._get_other_sentences(reasons)]
        return sentences

    @api.model
    def _get_chosen_sentence(self, why, loads):
        """
        :param list loads: open leads of who was chosen, if that decided
        """
        match why.get("method") or why.get("fallback"):
            case "round_robin":
                return "success", self.env._("By the rule “%(rule)s”, in turn.", rule=why["name"])
            case "least_open":
                return "success", self.env._(
                    "By the rule “%(rule)s”: the fewest open leads for the weight (%(count)s).",
                    rule=why["name"],
                    count=loads[0] if loads else 0,
                )
            case "fixed":
                return "success", self.env._(
                    "By the rule “%(rule)s”: the first of its list who can have it.", rule=why["name"]
                )
            case "source":
                return "success", self.env._("By the source: leads that no rule gives to anybody go to its person.")
            case "leader":
                return "success", self.env._("As team leader: leads that no rule gives to anybody go there.")
        return "info", self.env._("Neither a rule nor the source nor a team leader: nobody gets it.")

    @api.model
    def _get_other_sentences(self, others, loads=(), method=None):
        """Why somebody does not get a lead.

        :param dict others: ``{user id: reason}``
        :param dict loads: ``{user id: open leads}``
        :param str method: that of the rule
        """
        users = self.env["res.users"].sudo().with_context(active_test=False)
        return [
            ("muted", self._get_other_sentence(user.name, others[user.id], dict(loads).get(user.id, 0), method))
            for user in users.browse(others).exists()
        ]

    @api.model
    def _get_other_sentence(self, user, reason, load, method):
        sentences = {
            LOAD: self.env._("%(user)s: has %(count)s open leads.", user=user, count=load),
            FULL: self.env._("%(user)s: has got the most leads of a day already.", user=user),
            HAD_IT: self.env._("%(user)s: has had this lead before.", user=user),
            INACTIVE: self.env._("%(user)s: works here no longer.", user=user),
            NO_COMPANY: self.env._("%(user)s: does not work in this company.", user=user),
            ABSENT: self.env._("%(user)s: is away.", user=user),
            OFF_HOURS: self.env._("%(user)s: is not at work at this hour.", user=user),
        }
        if method == "fixed":
            return sentences.get(reason) or self.env._("%(user)s: comes later in the list.", user=user)
        return sentences.get(reason) or self.env._("%(user)s: it is somebody else's turn.", user=user)
