"""Who gets a lead: plain Python without Odoo.

Members of a rule take turns on a wheel on which each stands as often as the weight says, evenly spread. Turns are
numbers that no two workers draw both, so that the wheel is fair among all of them without a lock: any run of turns as
long as the wheel gives each exactly the own share. Only as many turns are drawn as are used; those of a worker whose
work is undone are passed over, which can set somebody back by one lead for each.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache

# why somebody does not get a lead
TURN, LOAD, FULL, HAD_IT = "turn", "load", "full", "had_it"


@dataclass(frozen=True)
class Member:
    """Somebody who may get leads by a rule."""

    user_id: int
    weight: int = 1
    daily_max: int = 0


@dataclass
class Rule:
    """A rule as far as the choice goes: its members in their order, and who of them can't get anything and why."""

    id: int
    method: str
    members: tuple[Member, ...]
    excluded: dict[int, str] = field(default_factory=dict)


@dataclass
class Choice:
    """Who gets a lead, by which rule, and why not the others; without ``user_id`` nobody does.

    :param others: ``{user id: reason}`` of the members of that rule; where nobody gets it, of all rules that fit
    :param passed: ids of rules that fit but had nobody to give it to
    :param loads: open leads of the members, where they decided
    :param fallback: who it is where no rule had anybody
    :param no_answer: minutes that the one before had to answer
    """

    rule_id: int | None = None
    user_id: int | None = None
    others: dict[int, str] = field(default_factory=dict)
    passed: list[int] = field(default_factory=list)
    loads: dict[int, int] = field(default_factory=dict)
    fallback: str | None = None
    no_answer: int | None = None


class Chooser:
    """Chooses for one lead after the other, and counts what it gives.

    :param rules: :class:`Rule` by their ids
    :param draw_turn: function that gives the next turn of a rule, from 1
    :param loads: open leads by user
    :param given: leads that users got today, by user
    """

    def __init__(self, rules, draw_turn=None, loads=(), given=()):
        self.rules = {rule.id: rule for rule in rules}
        self.draw_turn = draw_turn
        self.loads = Counter(dict(loads))
        self.given = Counter(dict(given))

    def choose(self, rule_ids, had_it=frozenset()):
        """
        :param rule_ids: the rules that fit the lead, in their order
        :param had_it: ids of users who had the lead before
        """
        passed, others = [], {}
        for rule_id in rule_ids:
            choice = self._choose_by(self.rules[rule_id], had_it)
            if choice.user_id:
                self.given[choice.user_id] += 1
                self.loads[choice.user_id] += 1
                return replace(choice, passed=passed)
            passed.append(rule_id)
            others.update(choice.others)
        return Choice(others=others, passed=passed)

    def count_turns(self, requests):
        """How many turns of each rule these choices are going to take; nothing is chosen.

        :param requests: arguments of :meth:`choose`, in their order
        """
        counts = Counter()

        def count(rule_id):
            counts[rule_id] += 1
            return counts[rule_id]

        draft = Chooser(self.rules.values(), count, self.loads, self.given)
        for request in requests:
            draft.choose(*request)
        return counts

    def explain(self, rule_id):
        """Why nobody of a rule that was passed over can have a lead.

        :return: ``{user id: reason}``
        """
        return self._choose_by(self.rules[rule_id], frozenset()).others

    def _choose_by(self, rule, had_it):
        others, free = dict(rule.excluded), []
        for member in rule.members:
            if member.user_id in others:
                continue
            if member.user_id in had_it:
                others[member.user_id] = HAD_IT
            elif member.daily_max and self.given[member.user_id] >= member.daily_max:
                others[member.user_id] = FULL
            else:
                free.append(member)
        choice = Choice(rule.id, others=others)
        if not free:
            return choice
        reason = TURN
        if rule.method == "round_robin":
            wheel = _get_wheel(tuple((member.user_id, member.weight) for member in free))
            choice.user_id = wheel[(self.draw_turn(rule.id) - 1) % len(wheel)]
        elif rule.method == "least_open":
            # who may have twice as many counts half of them
            choice.user_id = min(free, key=lambda member: (self.loads[member.user_id] + 1) / member.weight).user_id
            choice.loads = {member.user_id: self.loads[member.user_id] for member in free}
            reason = LOAD
        else:
            choice.user_id = free[0].user_id
        others.update((member.user_id, reason) for member in free if member.user_id != choice.user_id)
        return choice


@lru_cache(maxsize=1024)
def _get_wheel(weights):
    """Each user as often as the weight says, as evenly as can be.

    :param weights: tuple of (user id, weight)
    :return: tuple of user ids
    """
    places = [
        ((number + 0.5) / weight, order, user_id)
        for order, (user_id, weight) in enumerate(weights)
        for number in range(weight)
    ]
    return tuple(user_id for _place, _order, user_id in sorted(places))
